package packet

import (
	"encoding/binary"
	"net/netip"
)

// ipv6 reads an IPv6 packet (RFC 8200 sections 3 and 4) and what it carries.
func (d *Decoder) ipv6(p *Packet, b []byte) bool {
	if !p.layer() {
		return false
	}
	if len(b) < 40 {
		return false // the event ipv6.pkt_too_small exists and is never raised
	}
	if b[0]>>4 != 6 {
		p.invalid("ipv6.wrong_ip_version")
		return false
	}
	total := int(binary.BigEndian.Uint16(b[4:])) + 40
	if total == 40 && b[6] != noNext && d.bundle {
		total = len(b) // jumbogram or segmentation bundle
	}
	if len(b) < total {
		p.invalid("ipv6.trunc_pkt")
		return false
	}
	p.Version, p.IP, p.Data = 6, 40, b[:total]
	p.TOS = b[0]<<4 | b[1]>>4
	p.TTL = b[7]
	p.Src = netip.AddrFrom16([16]byte(b[8:24]))
	p.Dst = netip.AddrFrom16([16]byte(b[24:40]))
	p.Proto = b[6]
	d.inside6(p)
	return true
}

// inside6 walks over the extension headers to what an IPv6 packet carries. Each
// step takes at least 8 bytes, so that their number is bounded by the packet.
func (d *Decoder) inside6(p *Packet) {
	for {
		rest := p.Data[p.IP:]
		switch p.Proto {
		case noNext:
			if len(rest) > 0 {
				p.event("ipv6.data_after_none_header")
			}
			return
		case hopByHop, routing, destOptions, mobility, hostID, shim6, authHeader, fragment:
			if !d.extension(p, rest) {
				return
			}
		case ESP:
			if len(rest) < 8 {
				p.invalid("ipv6.trunc_exthdr")
				return
			}
			p.Extensions |= ExtESP
			d.transport(p, p.IP)
			return
		case ICMPv6:
			p.icmp6(p.IP)
			return
		case ICMP:
			p.event("ipv6.icmpv4")
			return
		case ipv4Inside:
			d.inIPv6(p, rest, 20, 4)
			return
		case ipv6Inside:
			d.inIPv6(p, rest, 40, 6)
			return
		default:
			if !d.transport(p, p.IP) {
				p.event("ipv6.unknown_next_header")
			}
			return
		}
	}
}

// inIPv6 reads an IP packet within an IPv6 packet (RFC 2473).
func (d *Decoder) inIPv6(p *Packet, b []byte, least int, version byte) {
	name := [2]string{"ipv6.ipv4_in_ipv6_too_small", "ipv6.ipv4_in_ipv6_wrong_version"}
	decode := (*Decoder).ipv4
	if version == 6 {
		name = [2]string{"ipv6.ipv6_in_ipv6_too_small", "ipv6.ipv6_in_ipv6_wrong_version"}
		decode = (*Decoder).ipv6
	}
	switch {
	case len(b) < least:
		p.invalid(name[0])
	case b[0]>>4 != version:
		p.invalid(name[1])
	default:
		d.tunnel(p, b, false, decode)
	}
}

// extension steps over one extension header; false when the walk ends there.
func (d *Decoder) extension(p *Packet, b []byte) bool {
	kind := p.Proto
	size := extensionSize(kind, b)
	if size == 0 || size > len(b) {
		p.invalid("ipv6.trunc_exthdr")
		return false
	}
	b = b[:size]
	switch kind {
	case routing:
		if p.first(ExtRouting, "ipv6.exthdr_dupl_rh") && b[2] == 0 {
			p.event("ipv6.rh_type_0") // RFC 5095
		}
	case hopByHop:
		if p.first(ExtHopByHop, "ipv6.exthdr_dupl_hh") {
			p.options6(kind, b[2:])
		}
	case destOptions:
		if p.Extensions&ExtDestOptions == 0 {
			p.Extensions |= ExtDestOptions
			p.options6(kind, b[2:])
		} else if p.first(extDestOptions2, "ipv6.exthdr_dupl_dh") {
			p.options6(kind, b[2:])
		}
	case authHeader:
		if b[2]|b[3] != 0 {
			p.event("ipv6.exthdr_ah_res_not_null")
		}
		p.first(ExtAuth, "ipv6.exthdr_dupl_ah")
	case fragment:
		if d.fragment6(p, b) {
			return false
		}
	}
	p.Proto, p.IP = b[0], p.IP+size
	return true
}

// extensionSize is the length of an extension header in bytes, 0 when even that is cut off.
func extensionSize(kind uint8, b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch kind {
	case fragment:
		return 8
	case authHeader: // RFC 4302 section 2.2; no length means no check value
		return 12 + 4*max(int(b[1])-1, 0)
	}
	return 8 + 8*int(b[1])
}

// first notes an extension header; false, with an event, when there was one already.
func (p *Packet) first(e Extension, again string) bool {
	if p.Extensions&e != 0 {
		p.event(again)
		return false
	}
	p.Extensions |= e
	return true
}

// fragment6 reads a fragment header; true when the packet is a piece.
func (d *Decoder) fragment6(p *Packet, b []byte) bool {
	if b[1] != 0 {
		p.event("ipv6.fh_non_zero_reserved_field")
	}
	if !p.first(ExtFragment, "ipv6.exthdr_dupl_fh") {
		return false
	}
	frag := binary.BigEndian.Uint16(b[2:])
	p.MoreFrags, p.FragOffset = frag&1 != 0, int(frag&^7)
	p.ID = binary.BigEndian.Uint32(b[4:])
	if !p.MoreFrags && p.FragOffset == 0 { // an atomic fragment, RFC 6946
		p.event("ipv6.exthdr_useless_fh")
		return false
	}
	p.Fragment, p.IP = true, p.IP+8
	p.transportOff = p.IP
	d.piece(p)
	return true
}

// options6 reads the options of a hop-by-hop or destination options header (RFC
// 8200 section 4.2).
func (p *Packet) options6(kind uint8, b []byte) {
	pads, others := 0, 0
	for len(b) > 0 {
		if b[0] == 0 {
			pads++
			b = b[1:]
			continue
		}
		if len(b) < 2 || int(b[1])+2 > len(b) {
			p.invalid("ipv6.exthdr_invalid_optlen")
			break
		}
		size := int(b[1]) + 2
		least := 0
		switch b[0] {
		case 1: // PadN
			pads++
			if size == 2 {
				p.event("ipv6.zero_len_padn")
			}
		case 5: // router alert, RFC 2711
			least, others = 4, others+1
		case 0xc2: // jumbo payload, RFC 2675
			least = 6
		case 0xc9: // home address, RFC 6275 section 6.3
			least, others = 18, others+1
		default:
			others++
			if kind == hopByHop {
				p.event("ipv6.hopopts_unknown_opt")
			} else {
				p.event("ipv6.dstopts_unknown_opt")
			}
		}
		if size < least {
			p.invalid("ipv6.exthdr_invalid_optlen")
			others--
			break
		}
		b = b[size:]
	}
	if pads == 0 || others > 0 {
		return
	}
	if kind == hopByHop {
		p.event("ipv6.hopopts_only_padding")
	} else {
		p.event("ipv6.dstopts_only_padding")
	}
}
