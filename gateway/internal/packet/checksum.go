package packet

import "encoding/binary"

// sum adds b to a ones' complement sum (RFC 1071 section 1), eight bytes at a time.
func sum(s uint64, b []byte) uint64 {
	for len(b) >= 8 {
		v := binary.BigEndian.Uint64(b)
		s += v>>32 + v&0xffffffff
		b = b[8:]
	}
	for len(b) >= 2 {
		s += uint64(binary.BigEndian.Uint16(b))
		b = b[2:]
	}
	if len(b) == 1 {
		s += uint64(b[0]) << 8
	}
	return s
}

func fold(s uint64) uint16 {
	for s > 0xffff {
		s = s>>16 + s&0xffff
	}
	return ^uint16(s)
}

// pseudo is the sum of the pseudo header (RFC 9293 section 3.1, RFC 8200 section 8.1).
func (p *Packet) pseudo(length int) uint64 {
	s := uint64(p.Proto) + uint64(length)
	if p.Version == 4 {
		return sum(s, p.Data[12:20])
	}
	return sum(s, p.Data[8:40])
}

// ChecksumOK tells whether the TCP, UDP or ICMP checksum is right. A UDP packet
// without one over IPv4 is right (RFC 768); so is every other protocol.
func (p *Packet) ChecksumOK() bool {
	if p.Fragment || p.Version == 4 && fold(sum(0, p.Data[:p.IP])) != 0 {
		return p.Fragment
	}
	b := p.Data[p.transportOff:]
	switch p.Proto {
	case TCP:
		return fold(sum(p.pseudo(len(b)), b)) == 0
	case UDP:
		b = b[:len(p.Payload)+8]
		if p.Version == 4 && b[6] == 0 && b[7] == 0 {
			return true
		}
		return fold(sum(p.pseudo(len(b)), b)) == 0
	case ICMP:
		return fold(sum(0, b)) == 0
	case ICMPv6:
		return fold(sum(p.pseudo(len(b)), b)) == 0
	}
	return true
}
