package packet

import "encoding/binary"

// icmpHead takes the part that both versions of ICMP share.
func (p *Packet) icmpHead(off int, small string) bool {
	b := p.Data[off:]
	p.transportOff = off
	if len(b) < 8 {
		p.invalid(small)
		return false
	}
	p.ICMPType, p.ICMPCode = b[0], b[1]
	p.ICMPID, p.ICMPSeq = binary.BigEndian.Uint16(b[4:]), binary.BigEndian.Uint16(b[6:])
	p.transportLen, p.Payload = 8, b[8:]
	return true
}

// codes4 holds the highest code of each ICMP type that is known (the registry of
// ICMP type numbers); what is known and has only code 0 stands with 0. Router
// solicitation (10) is missing where the events are defined.
var codes4 = map[uint8]uint8{
	0: 0, 3: 15, 4: 0, 5: 3, 8: 0, 9: 16, 11: 1, 12: 2, 13: 0, 14: 0, 15: 0, 16: 0, 17: 0, 18: 0,
}

// icmp4 reads an ICMP message (RFC 792).
func (p *Packet) icmp4(off int) {
	if !p.icmpHead(off, "icmpv4.pkt_too_small") {
		return
	}
	most, known := codes4[p.ICMPType]
	switch {
	case !known:
		p.event("icmpv4.unknown_type")
	case p.ICMPCode > most || p.ICMPType == 9 && p.ICMPCode != 0 && p.ICMPCode != 16: // RFC 5944 section 2.1.1
		p.event("icmpv4.unknown_code")
	case p.ICMPError() && len(p.Payload) > 0:
		p.cause4(p.Payload)
	}
}

func (p *Packet) cause4(b []byte) {
	switch {
	case len(b) < 20:
		p.invalid("icmpv4.ipv4_trunc_pkt")
	case b[0]>>4 != 4:
		p.invalid("icmpv4.ipv4_unknown_ver")
	default:
		p.Cause = quoted(4, b)
	}
}

// codes6 is the same for ICMPv6.
var codes6 = map[uint8]uint8{
	1: 6, 2: 0, 3: 1, 4: 2, 128: 0, 129: 0, 130: 0, 131: 0, 132: 0, 133: 0, 134: 0, 135: 0, 136: 0, 137: 0,
	138: 255, 139: 2, 140: 2, 141: 0, 142: 0, 143: 0, 144: 0, 145: 0, 146: 0, 147: 0, 148: 0, 149: 0,
	150: 255, 151: 255, 152: 255, 153: 255, 154: 255, 155: 255, 156: 255, 157: 255, 158: 255,
}

// icmp6 reads an ICMPv6 message (RFC 4443).
func (p *Packet) icmp6(off int) {
	if !p.icmpHead(off, "icmpv6.pkt_too_small") {
		return
	}
	t := p.ICMPType
	most, known := codes6[t]
	switch {
	case !known:
		p.event(unknown6(t))
		return
	case p.ICMPCode > most || t == 138 && p.ICMPCode > 1 && p.ICMPCode != 255: // RFC 2894 section 3.1
		p.event("icmpv6.unknown_code")
	case t < 128:
		p.cause6(p.Payload)
	}
	if t == 2 {
		p.ICMPMTU = binary.BigEndian.Uint32(p.Data[off+4:])
	}
	if t >= 130 && t <= 132 && p.TTL != 1 { // RFC 2710 section 3
		p.event("icmpv6.mld_message_with_invalid_hl")
	}
}

func unknown6(t uint8) string {
	switch {
	case t > 4 && t < 100, t >= 159 && t < 200:
		return "icmpv6.unassigned_type"
	case t == 100, t == 101, t == 200, t == 201: // private experimentation, RFC 4443 section 2.1
		return "icmpv6.experimentation_type"
	}
	return "icmpv6.unknown_type"
}

func (p *Packet) cause6(b []byte) {
	switch {
	case len(b) < 40:
		p.invalid("icmpv6.ipv6_trunc_pkt")
	case b[0]>>4 != 6:
		p.invalid("icmpv6.ipv6_unknown_version")
	default:
		p.Cause = quoted(6, b)
	}
}
