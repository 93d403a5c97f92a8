package packet

import "encoding/binary"

// PPP protocols (the registry of PPP DLL protocol numbers).
const (
	pppIPv4   = 0x0021
	pppVJFull = 0x002f // uncompressed Van Jacobson headers, RFC 1144
	pppIPv6   = 0x0057
)

// pppNetwork tells of network protocols that are not looked into.
func pppNetwork(proto uint16) bool {
	switch proto {
	case 0x0023, 0x0025, 0x0027, 0x0029, 0x002b, 0x002d, 0x0031, 0x0033, 0x0035, 0x0201, 0x0231, 0x0233, 0x0281, 0x0283:
		return true
	}
	return false
}

// pppControl tells of the line's own protocols and those that set network protocols
// up: nothing is odd about them.
func pppControl(proto uint16) bool {
	switch proto {
	case 0x8021, 0x8023, 0x8025, 0x8027, 0x8029, 0x802b, 0x8031, 0x8033, 0x8035, 0x8057, 0x80fd, 0x8281,
		0xc021, 0xc023, 0xc025, 0xc223:
		return true
	}
	return false
}

// ppp reads a frame of RFC 1661, with or without the address and control fields of
// RFC 1662 section 3.1.
func (d *Decoder) ppp(p *Packet, b []byte) bool {
	if len(b) < 4 {
		p.invalid("ppp.pkt_too_small")
		return false
	}
	if !p.layer() {
		return false
	}
	if b[0] == 0xff && b[1] == 3 {
		b = b[2:]
	}
	return d.pppProtocol(p, b)
}

// pppProtocol reads the protocol field, which may be cut to one byte (RFC 1661
// section 6.5), and what follows.
func (d *Decoder) pppProtocol(p *Packet, b []byte) bool {
	proto, rest := uint16(b[0]), b[1:]
	if b[0]&1 == 0 {
		proto, rest = binary.BigEndian.Uint16(b), b[2:]
	}
	switch {
	case proto == pppIPv4:
		if len(rest) < 20 {
			p.invalid("ppp.ip4_pkt_too_small")
			return false
		}
		return d.ipv4(p, rest)
	case proto == pppIPv6:
		if len(rest) < 40 {
			p.invalid("ppp.ip6_pkt_too_small")
			return false
		}
		return d.ipv6(p, rest)
	case proto == pppVJFull:
		if len(rest) < 20 {
			p.invalid("ppp.vju_pkt_too_small")
			return false
		}
		if rest[0]>>4 == 4 {
			p.vj = true
			return d.ipv4(p, rest)
		}
		return true
	case pppControl(proto):
		return true
	case pppNetwork(proto), b[0]&1 != 0:
		p.event("ppp.unsup_proto")
		return true
	}
	p.invalid("ppp.wrong_type")
	return true
}

// pppoe reads a packet of a PPPoE session (RFC 2516 section 4).
func (d *Decoder) pppoe(p *Packet, b []byte) bool {
	if len(b) < 8 {
		p.invalid("pppoe.pkt_too_small")
		return false
	}
	if !p.layer() {
		return false
	}
	if b[1] != 0 {
		p.invalid("pppoe.wrong_code")
	}
	return d.pppProtocol(p, b[6:])
}

// pppoeDiscovery checks a packet of PPPoE's search for a concentrator (RFC 2516 section 5).
func pppoeDiscovery(p *Packet, b []byte) {
	if len(b) < 6 {
		p.invalid("pppoe.pkt_too_small")
		return
	}
	switch b[1] {
	case 0x09, 0x07, 0x19, 0x65, 0xa7: // PADI, PADO, PADR, PADS, PADT
	default:
		p.invalid("pppoe.wrong_code")
		return
	}
	said, tags := int(binary.BigEndian.Uint16(b[4:])), b[6:]
	if said > len(tags) {
		p.invalid("pppoe.malformed_tags")
		return
	}
	for tags = tags[:said]; len(tags) >= 4; {
		size := 4 + int(binary.BigEndian.Uint16(tags[2:]))
		if size > len(tags) {
			p.invalid("pppoe.malformed_tags")
			return
		}
		tags = tags[size:]
	}
}
