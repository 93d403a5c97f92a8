package packet

import (
	"encoding/binary"
	"net/netip"
)

// Segment is a TCP segment that the box itself sends.
type Segment struct {
	Src, Dst         netip.Addr
	SrcPort, DstPort uint16
	Seq, Ack         uint32
	Flags            uint8
	Payload          []byte
}

// hopLimit of packets that the box makes: the recommended default (RFC 1700).
const hopLimit = 64

// AppendTCP appends a whole IP packet with the segment and right checksums.
func AppendTCP(b []byte, s Segment) []byte {
	start := len(b)
	b = appendIP(b, s.Src, s.Dst, TCP, 20+len(s.Payload))
	off := len(b)
	b = binary.BigEndian.AppendUint16(b, s.SrcPort)
	b = binary.BigEndian.AppendUint16(b, s.DstPort)
	b = binary.BigEndian.AppendUint32(b, s.Seq)
	b = binary.BigEndian.AppendUint32(b, s.Ack)
	window := uint16(0xffff)
	if s.Flags&RST != 0 {
		window = 0
	}
	b = append(b, 5<<4, s.Flags, byte(window>>8), byte(window), 0, 0, 0, 0)
	b = append(b, s.Payload...)
	return Seal(b, start, off, off+16)
}

// AppendUDP appends a whole IP packet with a UDP datagram and right checksums.
func AppendUDP(b []byte, src, dst netip.AddrPort, payload []byte) []byte {
	start := len(b)
	b = appendIP(b, src.Addr(), dst.Addr(), UDP, 8+len(payload))
	off := len(b)
	b = binary.BigEndian.AppendUint16(b, src.Port())
	b = binary.BigEndian.AppendUint16(b, dst.Port())
	b = binary.BigEndian.AppendUint16(b, uint16(8+len(payload)))
	b = append(b, 0, 0)
	b = append(b, payload...)
	return Seal(b, start, off, off+6)
}

func appendIP(b []byte, src, dst netip.Addr, proto uint8, size int) []byte {
	if src.Is4() {
		s, d := src.As4(), dst.As4()
		b = append(b, 0x45, 0)
		b = binary.BigEndian.AppendUint16(b, uint16(20+size))
		b = append(b, 0, 0, 0x40, 0, hopLimit, proto, 0, 0)
		b = append(append(b, s[:]...), d[:]...)
		return b
	}
	s, d := src.As16(), dst.As16()
	b = append(b, 0x60, 0, 0, 0)
	b = binary.BigEndian.AppendUint16(b, uint16(size))
	b = append(b, proto, hopLimit)
	return append(append(b, s[:]...), d[:]...)
}

// Seal fills in the IPv4 header checksum and the transport checksum at field.
func Seal(b []byte, start, off, field int) []byte {
	if b[start]>>4 == 4 {
		binary.BigEndian.PutUint16(b[start+10:], fold(sum(0, b[start:off])))
	}
	p := Packet{Data: b[start:], Version: b[start] >> 4}
	if p.Version == 4 {
		p.Proto = b[start+9]
	} else {
		p.Proto = b[start+6]
	}
	c := fold(sum(p.pseudo(len(b)-off), b[off:]))
	if c == 0 && p.Proto == UDP {
		c = 0xffff // RFC 768: zero means none
	}
	binary.BigEndian.PutUint16(b[field:], c)
	return b
}
