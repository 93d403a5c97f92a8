package packet

import (
	"encoding/binary"
	"net/netip"
)

// ipv4 reads an IPv4 packet (RFC 791 section 3.1) and what it carries.
func (d *Decoder) ipv4(p *Packet, b []byte) bool {
	if !p.layer() {
		return false
	}
	if len(b) < 20 {
		p.invalid("ipv4.pkt_too_small")
		return false
	}
	head, total := int(b[0]&15)*4, int(binary.BigEndian.Uint16(b[2:]))
	if total == 0 && d.bundle {
		total = len(b) // a segmentation bundle
	}
	switch {
	case b[0]>>4 != 4:
		p.invalid("ipv4.wrong_ip_version")
		return false
	case head < 20:
		p.invalid("ipv4.hlen_too_small")
		return false
	case total < head:
		p.invalid("ipv4.iplen_smaller_than_hlen")
		return false
	case len(b) < total:
		p.invalid("ipv4.trunc_pkt")
		return false
	case !p.options4(b[20:head]):
		return false
	}
	p.Version, p.IP, p.Data = 4, head, b[:total]
	p.TOS, p.TTL, p.Proto = b[1], b[8], b[9]
	p.ID = uint32(binary.BigEndian.Uint16(b[4:]))
	p.Src = netip.AddrFrom4([4]byte(b[12:16]))
	p.Dst = netip.AddrFrom4([4]byte(b[16:20]))
	frag := binary.BigEndian.Uint16(b[6:])
	p.MoreFrags, p.FragOffset = frag&0x2000 != 0, int(frag&0x1fff)*8
	if p.MoreFrags || p.FragOffset > 0 {
		p.Fragment, p.transportOff = true, head
		d.piece(p)
		return true
	}
	d.inside4(p)
	return true
}

// inside4 reads what an IPv4 packet carries.
func (d *Decoder) inside4(p *Packet) {
	b := p.Data[p.IP:]
	switch p.Proto {
	case ICMP:
		p.icmp4(p.IP)
	case ipv4Inside:
		d.tunnel(p, b, false, (*Decoder).ipv4)
	case ipv6Inside:
		d.tunnel(p, b, false, (*Decoder).ipv6)
	case ICMPv6:
		p.invalid("ipv4.icmpv6")
	case hopByHop:
		if p.vj { // the sender put its connection number there
			p.Proto = TCP
			p.tcp(p.IP)
		}
	default:
		d.transport(p, p.IP)
	}
}

// Numbers of IPv4 options with their copy bit (the registry of IP options).
const (
	optRecordRoute = 7
	optQuickStart  = 25
	optTimestamp   = 68
	optSecurity    = 130
	optLooseRoute  = 131
	optExtSecurity = 133
	optCIPSO       = 134
	optStream      = 136
	optStrictRoute = 137
	optRouterAlert = 148
)

func optionBit(kind byte) IPOption {
	switch kind {
	case optRecordRoute:
		return OptRecordRoute
	case optQuickStart:
		return OptQuickStart
	case optTimestamp:
		return OptTimestamp
	case optSecurity:
		return OptSecurity
	case optLooseRoute:
		return OptLooseRoute
	case optExtSecurity:
		return OptExtSecurity
	case optCIPSO:
		return OptCIPSO
	case optStream:
		return OptStream
	case optStrictRoute:
		return OptStrictRoute
	case optRouterAlert:
		return OptRouterAlert
	}
	return 0
}

// options4 reads the options of an IPv4 header; false when where one ends is not
// known, which makes the packet unreadable. Other mistakes in them are only noted.
func (p *Packet) options4(b []byte) bool {
	if len(b)%8 != 0 {
		p.event("ipv4.opt_pad_required")
	}
	for len(b) > 0 {
		switch b[0] {
		case 0:
			p.IPOptions |= OptEnd
			return true
		case 1:
			p.IPOptions |= OptNop
			b = b[1:]
			continue
		}
		if len(b) < 2 {
			p.event("ipv4.opt_eol_required")
			return true
		}
		size := int(b[1])
		if size < 2 || size > len(b) {
			p.invalid("ipv4.opt_invalid_len")
			return false
		}
		p.option4(b[0], b[2:size])
		b = b[size:]
	}
	return true
}

// option4 checks one option. v is what follows its length.
func (p *Packet) option4(kind byte, v []byte) {
	bit := optionBit(kind)
	switch {
	case bit == 0:
		p.event("ipv4.opt_invalid")
		return
	case p.IPOptions&bit != 0:
		p.event("ipv4.opt_duplicate")
		return
	}
	if wrong := optionFault(bit, v); wrong != "" {
		p.invalid(wrong)
		return
	}
	p.IPOptions |= bit
}

// optionFault returns the event of what is wrong with an option.
func optionFault(bit IPOption, v []byte) string {
	const short, malformed = "ipv4.opt_invalid_len", "ipv4.opt_malformed"
	size := len(v) + 2
	switch bit {
	case OptQuickStart:
		if size < 8 {
			return short
		}
	case OptSecurity: // RFC 1108 section 2.1, as IPv4 stacks sent it
		if size != 11 {
			return short
		}
	case OptExtSecurity:
		if size < 3 {
			return short
		}
	case OptStream, OptRouterAlert:
		if size != 4 {
			return short
		}
	case OptRecordRoute, OptLooseRoute, OptStrictRoute: // a pointer counted from 1, in steps of an address
		if size < 3 {
			return short
		}
		if at := int(v[0]); at < 4 || at%4 != 0 || at > size+1 {
			return malformed
		}
	case OptTimestamp:
		if size < 5 {
			return short
		}
		step := 4
		if flag := v[1] & 15; flag == 1 || flag == 3 { // addresses with the times
			step = 8
		}
		if at := int(v[0]); at < 5 || (at-5)%step != 0 || at > size+1 {
			return malformed
		}
	case OptCIPSO:
		if size < 10 {
			return short
		}
		if !cipso(v[4:]) {
			return malformed
		}
	}
	return ""
}

// cipso checks the tags of a CIPSO option.
func cipso(b []byte) bool {
	for len(b) > 0 {
		if len(b) < 2 {
			return false
		}
		kind, size := b[0], int(b[1])
		switch kind {
		case 1, 2, 5, 6, 7:
		default:
			return false
		}
		if size < 4 || size > len(b) || kind != 7 && b[2] != 0 { // an alignment byte
			return false
		}
		b = b[size:]
	}
	return true
}
