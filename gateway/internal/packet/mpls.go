package packet

import "encoding/binary"

// Labels with a meaning of their own (RFC 3032 section 2.1, RFC 7274).
const (
	labelIPv4     = 0
	labelAlert    = 1
	labelIPv6     = 2
	labelImplicit = 3
	labelReserved = 16 // the first that is free
)

// mpls reads a stack of labels (RFC 3032). What follows them is not said anywhere,
// so it is guessed from its first half byte (RFC 4928 section 3).
func (d *Decoder) mpls(p *Packet, b []byte) bool {
	if !p.layer() {
		return false
	}
	var shim uint32
	for shim&0x100 == 0 { // until the bottom of the stack
		if len(b) < 4 {
			p.invalid("mpls.header_too_small")
			return false
		}
		shim, b = binary.BigEndian.Uint32(b), b[4:]
		if p.MPLS < 255 {
			p.MPLS++
		}
	}
	switch label := shim >> 12; {
	case label == labelIPv4:
		return d.ipv4(p, b)
	case label == labelIPv6:
		return d.ipv6(p, b)
	case label == labelAlert:
		p.event("mpls.bad_label_router_alert")
		return true
	case label == labelImplicit:
		p.event("mpls.bad_label_implicit_null")
		return true
	case label < labelReserved:
		p.event("mpls.bad_label_reserved")
		return true
	}
	if len(b) < 4 {
		p.invalid("mpls.pkt_too_small")
		return false
	}
	switch b[0] >> 4 {
	case 4:
		return d.ipv4(p, b)
	case 6:
		return d.ipv6(p, b)
	case 0: // a pseudo-wire with a control word, RFC 4448 section 4.6
		return d.ethernet(p, b[4:])
	}
	return d.ethernet(p, b)
}
