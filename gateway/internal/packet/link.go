package packet

import "encoding/binary"

// Link types of capture files (the registry of the pcap format).
const (
	LinkNull      = 0
	LinkEthernet  = 1
	LinkPPP       = 9
	LinkRawBSD    = 12
	LinkRawOpen   = 14
	LinkPPPSerial = 50
	LinkRaw       = 101
	LinkCiscoHDLC = 104
	LinkLoop      = 108
	LinkLinuxSLL  = 113
	LinkIPv4      = 228
	LinkIPv6      = 229
	LinkLinuxSLL2 = 276
)

// KnownLink tells whether frames of a link type can be decoded.
func KnownLink(link uint32) bool {
	switch link {
	case LinkNull, LinkEthernet, LinkPPP, LinkRawBSD, LinkRawOpen, LinkPPPSerial, LinkRaw, LinkCiscoHDLC,
		LinkLoop, LinkLinuxSLL, LinkIPv4, LinkIPv6, LinkLinuxSLL2:
		return true
	}
	return false
}

// link decodes a frame by its link type. A type that is not known gives a packet
// without fields.
func (d *Decoder) link(p *Packet, link uint32, b []byte) {
	switch link {
	case LinkEthernet:
		d.ethernet(p, b)
	case LinkRaw, LinkRawBSD, LinkRawOpen, LinkIPv4, LinkIPv6:
		d.raw(p, b)
	case LinkNull, LinkLoop:
		d.null(p, b)
	case LinkLinuxSLL:
		d.sll(p, b)
	case LinkLinuxSLL2:
		d.sll2(p, b)
	case LinkPPP, LinkPPPSerial:
		d.ppp(p, b)
	case LinkCiscoHDLC:
		d.ciscoHDLC(p, b)
	}
}

// raw reads a packet without a link layer.
func (d *Decoder) raw(p *Packet, b []byte) bool {
	if len(b) < 20 {
		p.invalid("ipv4.pkt_too_small")
		return false
	}
	switch b[0] >> 4 {
	case 4:
		return d.ipv4(p, b)
	case 6:
		return d.ipv6(p, b)
	}
	p.event("ipraw.invalid_ip_version")
	return true
}

// null reads the loopback headers of the BSDs: an address family in the byte order
// of whoever captured it.
func (d *Decoder) null(p *Packet, b []byte) bool {
	if len(b) < 4 {
		p.invalid("ltnull.pkt_too_small")
		return false
	}
	family := binary.LittleEndian.Uint32(b)
	if family > 0xffff {
		family = binary.BigEndian.Uint32(b)
	}
	switch family {
	case 2:
		return d.ipv4(p, b[4:])
	case 10, 23, 24, 28, 30: // Linux, Windows, NetBSD, FreeBSD, macOS
		return d.ipv6(p, b[4:])
	}
	p.invalid("ltnull.unsupported_type")
	return true
}

// sll reads the header of Linux's "any" device.
func (d *Decoder) sll(p *Packet, b []byte) bool {
	if len(b) < 16 {
		p.invalid("sll.pkt_too_small")
		return false
	}
	copy(p.SrcMAC[:], b[6:12])
	d.etherType(p, binary.BigEndian.Uint16(b[14:]), b[16:])
	return true
}

// sll2 reads the second version of it.
func (d *Decoder) sll2(p *Packet, b []byte) bool {
	if len(b) < 20 {
		p.invalid("sll2.pkt_too_small")
		return false
	}
	copy(p.SrcMAC[:], b[12:18])
	d.etherType(p, binary.BigEndian.Uint16(b), b[20:])
	return true
}

// ciscoHDLC reads the framing of Cisco's serial lines.
func (d *Decoder) ciscoHDLC(p *Packet, b []byte) bool {
	if len(b) < 4 {
		p.invalid("chdlc.pkt_too_small")
		return false
	}
	d.etherType(p, binary.BigEndian.Uint16(b[2:]), b[4:])
	return true
}
