package packet

import "encoding/binary"

// Flags of GRE (RFC 2784, RFC 2890 and, for the first version, RFC 1701; RFC 2637
// section 4.1 for version 1).
const (
	greSum    = 0x8000
	greRoute  = 0x4000
	greKey    = 0x2000
	greSeq    = 0x1000
	greStrict = 0x0800
	greRecur  = 0x0700
	greAck    = 0x0080
	greRest0  = 0x00f8
	greRest1  = 0x0078
)

// gre reads a GRE header and what it carries as a packet of its own.
func (d *Decoder) gre(p *Packet, b []byte) {
	if !p.layer() {
		return
	}
	if len(b) < 4 {
		p.invalid("gre.pkt_too_small")
		return
	}
	flags, proto := binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	var size int
	var wrong string
	switch flags & 7 {
	case 0:
		size, wrong = gre0(flags, b)
	case 1:
		size, wrong = gre1(flags, proto, b)
	default:
		wrong = "gre.wrong_version"
	}
	if wrong != "" {
		p.invalid(wrong)
		return
	}
	b = b[size:]
	switch proto {
	case etherIPv4:
		d.tunnel(p, b, false, (*Decoder).ipv4)
	case etherIPv6:
		d.tunnel(p, b, false, (*Decoder).ipv6)
	case etherPPP:
		d.tunnel(p, b, false, (*Decoder).ppp)
	case etherVLAN:
		d.tunnel(p, b, false, (*Decoder).vlan)
	case etherBridge:
		d.tunnel(p, b, false, (*Decoder).ethernet)
	case etherERSPAN:
		if flags&greSeq == 0 { // type I has no header
			d.tunnel(p, b, false, (*Decoder).ethernet)
		} else {
			d.tunnel(p, b, false, (*Decoder).erspan)
		}
	case etherARP:
		d.tunnel(p, b, false, func(_ *Decoder, p *Packet, b []byte) bool { return arp(p, b) })
	}
}

// gre0 returns the header's length, or the event of what is wrong with it.
func gre0(flags uint16, b []byte) (int, string) {
	switch {
	case flags&greRecur != 0:
		return 0, "gre.version0_recur"
	case flags&greRest0 != 0:
		return 0, "gre.version0_flags"
	}
	size := 4
	if flags&greKey != 0 {
		size += 4
	}
	if flags&greSeq != 0 {
		size += 4
	}
	if flags&(greSum|greRoute) != 0 {
		size += 4
	}
	if size > len(b) {
		return 0, "gre.version0_hdr_too_big"
	}
	if flags&greRoute == 0 {
		return size, ""
	}
	for { // source route entries, ended by an empty one
		if size+4 > len(b) {
			return 0, "gre.version0_malformed_sre_hdr"
		}
		family, length := binary.BigEndian.Uint16(b[size:]), int(b[size+3])
		size += 4
		if family == 0 && length == 0 {
			return size, ""
		}
		size += length
	}
}

// gre1 is the same for the GRE of PPTP.
func gre1(flags, proto uint16, b []byte) (int, string) {
	switch {
	case flags&greSum != 0:
		return 0, "gre.version1_chksum"
	case flags&greRoute != 0:
		return 0, "gre.version1_route"
	case flags&greStrict != 0:
		return 0, "gre.version1_ssr"
	case flags&greRecur != 0:
		return 0, "gre.version1_recur"
	case flags&greRest1 != 0:
		return 0, "gre.version1_flags"
	case proto != etherPPP:
		return 0, "gre.version1_wrong_protocol"
	case flags&greKey == 0:
		return 0, "gre.version1_no_key"
	}
	size := 8
	if flags&greSeq != 0 {
		size += 4
	}
	if flags&greAck != 0 {
		size += 4
	}
	if size > len(b) {
		return 0, "gre.version1_hdr_too_big"
	}
	return size, ""
}

// erspan reads the header of a mirrored frame, type II (draft-foschiano-erspan-03
// section 4.2).
func (d *Decoder) erspan(p *Packet, b []byte) bool {
	if len(b) < 8 {
		p.invalid("erspan.header_too_small")
		return false
	}
	if !p.layer() {
		return false
	}
	head := binary.BigEndian.Uint16(b)
	if head>>12 != 1 {
		p.invalid("erspan.unsupported_version")
		return false
	}
	if id := binary.BigEndian.Uint16(b) & 0xfff; id > 0 {
		if p.VLANLayers >= MaxVLANs {
			p.invalid("erspan.too_many_vlan_layers")
			return false
		}
		p.VLANs[p.VLANLayers] = id
		p.VLANLayers++
	}
	return d.ethernet(p, b[8:])
}
