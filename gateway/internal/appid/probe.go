package appid

import (
	"bytes"
	"encoding/binary"
	"slices"

	"otasuke/internal/ascii"
	"otasuke/rule"
)

// answer of a probe.
type answer uint8

const (
	no answer = iota
	yes
	more // not enough bytes yet
)

// probe asks whether bytes at a protocol's port are of that protocol.
type probe struct {
	proto rule.Proto
	udp   bool
	ports []uint16
	least int // bytes needed
	is    func(dir int, b []byte) answer
	// only is the side that can be recognised, server or client; 0 for both.
	only uint8
	// served tells that the port must be the server's.
	served bool
}

// probes in the order in which they are asked: those of streams first. There are fewer than 64.
var probes = []probe{
	{proto: rule.ProtoTLS, ports: []uint16{443}, least: 3, is: sslv2, only: server},
	{proto: rule.ProtoSMB, ports: []uint16{445, 139}, least: 4, is: netbios},
	{proto: rule.ProtoDNS, ports: []uint16{53}, least: 14, is: dnsStream},
	{proto: rule.ProtoLDAP, ports: []uint16{389, 3268}, least: 7, is: ldap},
	{proto: rule.ProtoKRB5, ports: []uint16{88}, least: 14, is: krb5Stream},
	{proto: rule.ProtoNFS, ports: []uint16{2049}, least: 28, is: rpcStream},
	{proto: rule.ProtoMQTT, ports: []uint16{1883}, least: 2, is: mqtt},
	{proto: rule.ProtoRDP, ports: []uint16{3389}, least: 4, is: tpkt},
	{proto: rule.ProtoSMTP, ports: []uint16{25, 465}, least: 5, is: greeting, only: client},
	{proto: rule.ProtoPOP3, ports: []uint16{110}, least: 4, is: pop3, only: server},
	{proto: rule.ProtoFTP, ports: []uint16{21}, least: 5, is: greets, only: client},
	{proto: rule.ProtoTelnet, ports: []uint16{23}, least: 2, is: telnet},
	{proto: rule.ProtoModbus, ports: []uint16{502}, least: 8, is: modbus},
	{proto: rule.ProtoDNP3, ports: []uint16{20000}, least: 10, is: dnp3},
	{proto: rule.ProtoENIP, ports: []uint16{44818}, least: 24, is: enip},
	{proto: rule.ProtoPGSQL, ports: []uint16{5432}, least: 8, is: pgsql},

	{proto: rule.ProtoDNS, udp: true, ports: []uint16{53}, least: 12, is: dns},
	{proto: rule.ProtoMDNS, udp: true, ports: []uint16{5353}, least: 12, is: mdns},
	{proto: rule.ProtoQUIC, udp: true, ports: []uint16{443, 80}, least: 5, is: quic, served: true},
	{proto: rule.ProtoNTP, udp: true, ports: []uint16{123}, least: 48, is: ntp},
	{proto: rule.ProtoDHCP, udp: true, ports: []uint16{67, 68}, least: 240, is: dhcp},
	{proto: rule.ProtoSNMP, udp: true, ports: []uint16{161, 162}, least: 7, is: snmp},
	{proto: rule.ProtoTFTP, udp: true, ports: []uint16{69}, least: 4, is: tftp},
	{proto: rule.ProtoKRB5, udp: true, ports: []uint16{88}, least: 10, is: krb5},
	{proto: rule.ProtoIKE, udp: true, ports: []uint16{500, 4500}, least: 28, is: ike},
	{proto: rule.ProtoNFS, udp: true, ports: []uint16{2049}, least: 44, is: rpc},
	{proto: rule.ProtoLDAP, udp: true, ports: []uint16{389, 3268}, least: 7, is: ldap},
	{proto: rule.ProtoENIP, udp: true, ports: []uint16{44818}, least: 24, is: enip},
	{proto: rule.ProtoDNP3, udp: true, ports: []uint16{20000}, least: 10, is: dnp3},
}

// streamProbes is how many probes are those of streams.
var streamProbes = slices.IndexFunc(probes, func(p probe) bool { return p.udp })

// byProbe asks the probes of either port; when all of them have said no, dir is done.
func (c *Config) byProbe(t *Track, e Ends, dir int, b []byte) rule.Proto {
	open := false
	first, end := 0, streamProbes
	if e.UDP {
		first, end = streamProbes, len(probes)
	}
	for i := first; i < end; i++ {
		p := &probes[i]
		if !p.at(e) || t.failed[dir]&(1<<i) != 0 || !c.Enabled(p.proto) || p.only != 0 && p.only&(1<<dir) == 0 {
			continue
		}
		if len(b) < p.least {
			open = true
			continue
		}
		switch p.is(dir, b) {
		case yes:
			return p.proto
		case more:
			open = true
		default:
			t.failed[dir] |= 1 << i
		}
	}
	t.probes[dir] = !open
	return rule.ProtoUnknown
}

// at tells whether a conversation has one of the probe's ports.
func (p *probe) at(e Ends) bool {
	for _, port := range p.ports {
		if port == e.Server || port == e.Client && !p.served {
			return true
		}
	}
	return false
}

func answerOf(ok bool) answer {
	if ok {
		return yes
	}
	return no
}

// sslv2 is a hello of version 2 (the record's two-byte header with its top bit).
func sslv2(_ int, b []byte) answer { return answerOf(b[0]&0x80 != 0 && b[2] == 1) }

func http2Settings(_ int, b []byte) answer {
	if len(b) < 9 {
		return no
	}
	return answerOf(b[3] == 4 && b[4] == 0 && binary.BigEndian.Uint32(b[5:]) == 0 && int(b[2])%6 == 0)
}

func line(b []byte) []byte {
	l, _, _ := bytes.Cut(b, []byte("\n"))
	return l
}

// greeting is the first reply of mail and file servers: code 220 and the server's name
// (RFC 5321 section 4.2, RFC 959 section 4.2), in a line that has ended.
func greeting(dir int, b []byte) answer {
	a := greets(dir, b)
	if a == yes {
		return answerOf(named(b[4:]))
	}
	return a
}

// greets is the same of a server whose client is known to speak the protocol.
func greets(_ int, b []byte) answer {
	switch {
	case !bytes.HasPrefix([]byte("220"), b[:min(len(b), 3)]), len(b) > 3 && b[3] != ' ' && b[3] != '-':
		return no
	case len(b) > 4 && bytes.IndexByte(b[4:], '\n') >= 0:
		return yes
	}
	return unended(b)
}

// maxLine is how long a first line may be whose end is waited for (RFC 5321 section
// 4.5.3.1.5).
const maxLine = 512

// unended waits for the end of a line, but not for ever.
func unended(b []byte) answer {
	if len(b) < maxLine {
		return more
	}
	return no
}

// named tells that text begins with a host name.
func named(b []byte) bool {
	n := 0
	for n < len(b) && (b[n] == '-' || b[n] == '.' || b[n] >= '0' && b[n] <= '9' || b[n]|0x20 >= 'a' && b[n]|0x20 <= 'z') {
		n++
	}
	return n > 0 && b[0] != '.' && b[0] != '-'
}

// dceHeader is the common header of connection-oriented DCE/RPC (C706 section
// 12.6.3.1): its version and a data representation that exists.
func dceHeader(_ int, b []byte) answer {
	if len(b) < 16 {
		return more
	}
	return answerOf(b[4]&0xee == 0 && b[5] <= 3)
}

// pop3 is a command of RFC 1939, 2449 and 2595.
func pop3(_ int, b []byte) answer {
	if bytes.IndexByte(b, '\n') < 0 && unended(b) == more {
		return more
	}
	switch string(ascii.ToUpper(b[:4])) {
	case "USER", "PASS", "QUIT", "STAT", "LIST", "RETR", "DELE", "NOOP", "RSET", "APOP", "TOP ", "UIDL", "CAPA", "AUTH", "STLS":
		return yes
	}
	return no
}

// dceUDP is the header of connectionless DCE/RPC.
func dceUDP(_ int, b []byte) answer {
	return answerOf(len(b) >= 80 && b[1] <= 10 && b[4]>>4 <= 1 && b[5] <= 3)
}

// noHTTP tells a request of SIP from one of UPnP, which has some of its methods, and of
// HTTP, by the end of its line.
func noHTTP(_ int, b []byte) answer {
	switch l := line(b); {
	case bytes.Contains(l, []byte(" HTTP/")):
		return no
	case len(l) == len(b) && unended(b) == more:
		return more
	}
	return yes
}

// netbios is a session service message with SMB inside (RFC 1002 section 4.3.1). A small
// one may come first: a request for a session, or what it is answered.
func netbios(_ int, b []byte) answer {
	const head, mark, longest = 4, 4, 256
	if b[0] >= 0x81 && b[0] <= 0x85 {
		n := head + (int(b[1])<<16 | int(b[2])<<8 | int(b[3]))
		if n > longest {
			return no
		}
		if len(b) < n+head+mark {
			return more
		}
		b = b[n:]
	}
	switch {
	case b[0] != 0:
		return no
	case len(b) < head+mark:
		return more
	}
	return answerOf((b[4] == 0xff || b[4] == 0xfe || b[4] == 0xfd) && string(b[5:8]) == "SMB")
}

// dns is a header of RFC 1035 section 4.1.1 that makes sense.
func dns(dir int, b []byte) answer {
	flags := binary.BigEndian.Uint16(b[2:])
	questions, answers := binary.BigEndian.Uint16(b[4:]), binary.BigEndian.Uint16(b[6:])
	authority, extra := binary.BigEndian.Uint16(b[8:]), binary.BigEndian.Uint16(b[10:])
	if int(questions)+int(answers)+int(authority)+int(extra) == 0 && flags&0x8000 == 0 {
		return no
	}
	if questions > 16 || int(answers)+int(authority)+int(extra) > 2000 {
		return no
	}
	if questions == 0 {
		return yes
	}
	return answerOf(nameEnds(b, 12))
}

// nameEnds tells that a name that begins at off ends within the message.
func nameEnds(b []byte, off int) bool {
	for range 128 {
		if off >= len(b) {
			return false
		}
		n := int(b[off])
		switch {
		case n == 0:
			return off+5 <= len(b)
		case n&0xc0 == 0xc0:
			return off+6 <= len(b)
		case n > 63:
			return false
		}
		off += n + 1
	}
	return false
}

func mdns(dir int, b []byte) answer { return dns(dir, b) }

func dnsStream(dir int, b []byte) answer {
	n := int(binary.BigEndian.Uint16(b))
	if n < 12 {
		return no
	}
	if len(b) < 2+n && len(b) < 300 {
		return more
	}
	return dns(dir, b[2:min(len(b), 2+n)])
}

// quic is a header, long or short (RFC 9000 section 17): at its ports nothing else is expected.
func quic(dir int, b []byte) answer {
	if b[0]&0x80 == 0 && len(b) >= quicShort || b[0]&0x80 != 0 && len(b) > 6 && b[5] <= quicID {
		return yes
	}
	return answerOf(b[0]&0xc0 == 0xc0 && binary.BigEndian.Uint32(b[1:]) != 0 || dir == toClient && b[0]&0x80 != 0 ||
		b[0]&0x08 != 0 && b[0]&0xc0 == 0 && len(b) > 14 && string(b[9:10]) == "Q")
}

const (
	quicShort = 17 // bytes of a short header with the usual identifier
	quicID    = 20 // the longest identifier of version 1
)

// ntp is RFC 5905 section 7.3.
func ntp(_ int, b []byte) answer {
	version, mode := b[0]>>3&7, b[0]&7
	return answerOf((version == 3 || version == 4) && mode != 0 && mode != 6 && mode != 7)
}

// dhcp is RFC 2131 section 2 with the cookie of RFC 1497.
func dhcp(_ int, b []byte) answer {
	return answerOf((b[0] == 1 || b[0] == 2) && binary.BigEndian.Uint32(b[236:]) == 0x63825363)
}

// tlv reads tag and length of ASN.1 BER; head is their size.
func tlv(b []byte) (tag byte, size, head int, ok bool) {
	if len(b) < 2 {
		return 0, 0, 0, false
	}
	tag, size, head = b[0], int(b[1]), 2
	if size&0x80 != 0 {
		n := size & 0x7f
		if n == 0 || n > 4 || len(b) < 2+n {
			return 0, 0, 0, false
		}
		size = 0
		for _, c := range b[2 : 2+n] {
			size = size<<8 | int(c)
		}
		head += n
	}
	return tag, size, head, true
}

// snmp is a sequence that begins with its version (RFC 1157, RFC 3412).
func snmp(_ int, b []byte) answer {
	tag, size, head, ok := tlv(b)
	if !ok || tag != 0x30 || size > len(b)-head || len(b) < head+3 {
		return no
	}
	return answerOf(b[head] == 2 && b[head+1] == 1 && (b[head+2] <= 1 || b[head+2] == 3))
}

// ldap is a sequence that begins with a message number (RFC 4511 section 4.1.1). Some
// servers and clients write its length in more bytes than it needs.
func ldap(_ int, b []byte) answer {
	tag, _, head, ok := tlv(b)
	switch {
	case !ok || tag != 0x30:
		return no
	case len(b) < head+2:
		return more
	case b[head] != 2 || b[head+1] == 0 || b[head+1] > 4:
		return no
	}
	at := head + 2 + int(b[head+1])
	if at >= len(b) {
		return more
	}
	return answerOf(b[at]&0xc0 == 0x40)
}

// krb5 is an application tag of RFC 4120 section 5.10.
func krb5(_ int, b []byte) answer {
	tag, size, _, ok := tlv(b)
	if !ok || tag&0xe0 != 0x60 || size > 64<<10 {
		return no
	}
	switch tag & 0x1f {
	case 10, 11, 12, 13, 14, 15, 30:
		return yes
	}
	return no
}

func krb5Stream(dir int, b []byte) answer {
	if n := binary.BigEndian.Uint32(b); n < 10 || n > 64<<10 {
		return no
	}
	return krb5(dir, b[4:])
}

// rpc is a call or reply of RFC 5531 section 9 to NFS or its helpers.
func rpc(dir int, b []byte) answer {
	kind := binary.BigEndian.Uint32(b[4:])
	if dir == toClient {
		return answerOf(kind == 1 && binary.BigEndian.Uint32(b[8:]) <= 1)
	}
	return answerOf(kind == 0 && binary.BigEndian.Uint32(b[8:]) == 2 && binary.BigEndian.Uint32(b[12:]) == 100003)
}

func rpcStream(dir int, b []byte) answer {
	if binary.BigEndian.Uint32(b)&0x7fffffff < 24 {
		return no
	}
	return rpc(dir, b[4:])
}

// mqtt is a packet whose flags are as its type has them (MQTT 5.0 section 2.1.3).
func mqtt(_ int, b []byte) answer {
	switch kind, flags := b[0]>>4, b[0]&15; kind {
	case 0:
		return no
	case 3:
		return answerOf(flags&6 != 6)
	case 6, 8, 10:
		return answerOf(flags&6 == 2)
	default:
		return answerOf(flags == 0)
	}
}

// tpkt is RFC 1006 section 6.
func tpkt(_ int, b []byte) answer {
	return answerOf(b[0] == 3 && b[1] == 0 && binary.BigEndian.Uint16(b[2:]) >= 7)
}

// telnet is a command of RFC 854.
func telnet(_ int, b []byte) answer { return answerOf(b[0] == 0xff && b[1] >= 0xf0) }

func modbus(_ int, b []byte) answer {
	return answerOf(binary.BigEndian.Uint16(b[2:]) == 0 && binary.BigEndian.Uint16(b[4:]) >= 2 && binary.BigEndian.Uint16(b[4:]) <= 254)
}

func dnp3(_ int, b []byte) answer { return answerOf(b[0] == 5 && b[1] == 0x64 && b[2] >= 5) }

func enip(_ int, b []byte) answer {
	command := binary.LittleEndian.Uint16(b)
	switch command {
	case 0, 1, 4, 0x63, 0x64, 0x65, 0x66, 0x6f, 0x70, 0x72, 0x73:
		return answerOf(binary.LittleEndian.Uint32(b[20:]) == 0 || command == 0)
	}
	return no
}

// pgsql is a startup message, or a tagged one (PostgreSQL protocol section 55.7).
func pgsql(dir int, b []byte) answer {
	if dir == toServer {
		n, code := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
		return answerOf(n >= 8 && n < 10000 && (code == 3<<16 || code == 80877103 || code == 80877102 || code == 80877104))
	}
	return answerOf(b[0] == 'R' || b[0] == 'E' || b[0] == 'S' || b[0] == 'N')
}

// tftp is RFC 1350 section 5.
func tftp(_ int, b []byte) answer {
	op := binary.BigEndian.Uint16(b)
	return answerOf((op == 1 || op == 2) && bytes.IndexByte(b[2:], 0) >= 0)
}

// ike is RFC 7296 section 3.1 or RFC 2408 section 3.1.
func ike(_ int, b []byte) answer {
	if binary.BigEndian.Uint32(b) == 0 && len(b) >= 32 {
		b = b[4:] // the marker of port 4500, RFC 3948
	}
	version, size := b[17], binary.BigEndian.Uint32(b[24:])
	return answerOf((version>>4 == 1 || version>>4 == 2) && int(size) == len(b) && b[18] != 0)
}
