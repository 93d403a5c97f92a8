package packet

import (
	"encoding/binary"
	"net/netip"
)

// transport reads the header at off that is the same over both versions of IP;
// false when the protocol is not known.
func (d *Decoder) transport(p *Packet, off int) bool {
	p.transportOff = off
	switch p.Proto {
	case TCP:
		p.tcp(off)
	case UDP:
		d.udp(p, off)
	case SCTP:
		p.short(off, 12, "sctp.pkt_too_small")
		if p.transportLen > 0 {
			p.ports(p.Data[off:])
		}
	case ESP:
		p.short(off, 8, "esp.pkt_too_small")
	case IGMP:
		p.short(off, 8, "igmp.pkt_too_small")
	case GRE:
		d.gre(p, p.Data[off:])
	default:
		return false
	}
	return true
}

// short takes a header of which nothing is checked but that it is there.
func (p *Packet) short(off, size int, wrong string) {
	b := p.Data[off:]
	if len(b) < size {
		p.invalid(wrong)
		return
	}
	p.transportOff, p.transportLen, p.Payload = off, size, b[size:]
}

func (p *Packet) ports(b []byte) {
	p.SrcPort, p.DstPort = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
}

// tcp reads a TCP header (RFC 9293 section 3.1).
func (p *Packet) tcp(off int) {
	b := p.Data[off:]
	p.transportOff = off
	if len(b) < 20 {
		p.invalid("tcp.pkt_too_small")
		return
	}
	head := int(b[12]>>4) * 4
	if len(b) < head {
		p.invalid("tcp.hlen_too_small")
		return
	}
	if head < 20 {
		p.invalid("tcp.invalid_optlen")
		return
	}
	p.ports(b)
	p.Seq, p.Ack = binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[8:])
	p.Flags, p.Window, p.TCPHeader = b[13], binary.BigEndian.Uint16(b[14:]), head
	p.transportLen, p.Payload = head, b[head:]
	if head > 20 {
		p.optionsTCP(b[20:head])
	}
}

// optionsTCP reads the options of a TCP header (RFC 9293 section 3.2).
func (p *Packet) optionsTCP(b []byte) {
	for len(b) > 0 && b[0] != 0 {
		if b[0] == 1 {
			b = b[1:]
			continue
		}
		if len(b) < 2 {
			return
		}
		size := int(b[1])
		if size < 2 || size > len(b) {
			p.event("tcp.opt_invalid_len")
			return
		}
		p.optionTCP(b[0], b[2:size])
		b = b[size:]
	}
}

// optionTCP reads one option. v is what follows its length.
func (p *Packet) optionTCP(kind byte, v []byte) {
	t := &p.TCP
	switch kind {
	case 2:
		if p.option(len(v) == 2, &t.HasMSS) {
			t.MSS = binary.BigEndian.Uint16(v)
		}
	case 3:
		if p.option(len(v) == 1, &t.HasScale) {
			t.Scale = v[0]
		}
	case 4:
		p.option(len(v) == 0, &t.SACKPermitted)
	case 5: // 0 to 4 blocks
		if p.option(len(v)%8 == 0 && len(v) <= 32, &t.hasSACK) {
			t.SACK = v
		}
	case 8:
		if p.option(len(v) == 8, &t.HasTimes) {
			t.Time, t.Reply = binary.BigEndian.Uint32(v), binary.BigEndian.Uint32(v[4:])
		}
	case 19: // RFC 2385
		p.option(len(v) == 16, &t.hasMD5)
	case 29: // RFC 5925 section 2.2
		if len(v) < 2 {
			p.event("tcp.opt_invalid_len")
		}
	case 34: // RFC 7413 section 4.1.1
		p.option(len(v) == 0 || len(v) >= 4 && len(v) <= 16 && len(v)%2 == 0, &t.FastOpen)
	case 253, 254: // experiments, RFC 6994: fast open was one
		if len(v) >= 2 && v[0] == 0xf9 && v[1] == 0x89 {
			p.option(len(v) == 2 || len(v) == 10, &t.FastOpen) // a request, or a cookie of 8 bytes
		}
	}
}

// option notes an option that may stand once; false when it is not to be read.
func (p *Packet) option(fits bool, has *bool) bool {
	switch {
	case !fits:
		p.event("tcp.opt_invalid_len")
		return false
	case *has:
		p.event("tcp.opt_duplicate")
		return false
	}
	*has = true
	return true
}

// Ports of tunnels in UDP (RFC 4380 section 2.7, RFC 7348 section 5, RFC 8926 section 3.3).
const (
	portTeredo = 3544
	portVXLAN  = 4789
	portGeneve = 6081
)

// udp reads a UDP header (RFC 768) and the tunnels that use it.
func (d *Decoder) udp(p *Packet, off int) {
	b := p.Data[off:]
	if len(b) < 8 {
		p.invalid("udp.hlen_too_small")
		return
	}
	size := int(binary.BigEndian.Uint16(b[4:]))
	if size == 0 && d.bundle {
		size = len(b) // segmentation bundle or jumbogram
	}
	if len(b) < size {
		p.invalid("udp.pkt_too_small")
		return
	}
	if size < 8 {
		p.invalid("udp.len_invalid")
		return
	}
	p.ports(b)
	p.transportOff, p.transportLen, p.Payload = off, 8, b[8:size]
	switch {
	case p.SrcPort == portTeredo || p.DstPort == portTeredo:
		d.teredo(p)
	case p.DstPort == portVXLAN:
		d.vxlan(p)
	case p.DstPort == portGeneve:
		d.geneve(p)
	}
}

// teredo reads IPv6 in UDP (RFC 4380 section 5.1.1). Nothing marks it, so the
// lengths must fit, and what is no valid packet is not one.
func (d *Decoder) teredo(p *Packet) {
	b := p.Payload
	if len(b) < 40 {
		return
	}
	if b[0] == 0 && b[1] == 0 { // origin indication
		if len(b) < 48 {
			return
		}
		b = b[8:]
	}
	if b[0]>>4 == 6 && len(b) == 40+int(binary.BigEndian.Uint16(b[4:])) {
		d.tunnel(p, b, true, (*Decoder).ipv6)
	}
}

// tunnelled tells of the frames in which packets are looked for.
func tunnelled(t uint16) bool {
	switch t {
	case etherIPv4, etherIPv6, etherVLAN, etherQinQ, etherARP:
		return true
	}
	return false
}

// vxlan reads an Ethernet frame in UDP (RFC 7348 section 5).
func (d *Decoder) vxlan(p *Packet) {
	b := p.Payload
	if len(b) < 8+14 || b[0]&0x08 == 0 || b[7] != 0 || !p.layer() {
		return
	}
	if !tunnelled(binary.BigEndian.Uint16(b[20:])) {
		p.event("vxlan.unknown_payload_type")
		return
	}
	d.tunnel(p, b[8:], false, (*Decoder).ethernet)
}

// geneve reads a packet or frame in UDP (RFC 8926 section 3.4).
func (d *Decoder) geneve(p *Packet) {
	b := p.Payload
	if len(b) < 8 || b[0]>>6 != 0 || b[7] != 0 || !p.layer() {
		return
	}
	size := 8 + int(b[0]&0x3f)*4
	if size > len(b) {
		return
	}
	switch binary.BigEndian.Uint16(b[2:]) {
	case etherBridge:
		d.tunnel(p, b[size:], false, (*Decoder).ethernet)
	case etherIPv4:
		d.tunnel(p, b[size:], false, (*Decoder).ipv4)
	case etherIPv6:
		d.tunnel(p, b[size:], false, (*Decoder).ipv6)
	case etherARP:
		d.tunnel(p, b[size:], false, func(_ *Decoder, p *Packet, b []byte) bool { return arp(p, b) })
	default:
		p.event("geneve.unknown_payload_type")
	}
}

// quoted reads the start of the packet that an ICMP error quotes.
func quoted(version byte, b []byte) (c Cause) {
	c.Known = true
	if version == 4 {
		c.Src, c.Dst = netip.AddrFrom4([4]byte(b[12:16])), netip.AddrFrom4([4]byte(b[16:20]))
		c.Proto = b[9]
		b = b[min(int(b[0]&15)*4, len(b)):]
	} else {
		c.Src, c.Dst = netip.AddrFrom16([16]byte(b[8:24])), netip.AddrFrom16([16]byte(b[24:40]))
		c.Proto = b[6]
		b = b[40:]
	}
	if len(b) >= 4 && (c.Proto == TCP || c.Proto == UDP || c.Proto == SCTP) {
		c.SrcPort, c.DstPort = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	}
	return c
}
