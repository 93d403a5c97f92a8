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

// ChecksumOK tells that no checksum of the packet is wrong.
func (p *Packet) ChecksumOK() bool {
	return p.IPChecksum() != ChecksumWrong && p.TransportChecksum() != ChecksumWrong
}

// Checksum is what the keywords ipv4-csum, tcpv4-csum and so on ask for.
type Checksum uint8

// Checksums.
const (
	NoChecksum Checksum = iota // there is none to judge
	ChecksumRight
	ChecksumWrong
)

func judged(s uint64) Checksum {
	if fold(s) == 0 {
		return ChecksumRight
	}
	return ChecksumWrong
}

// IPChecksum judges the IPv4 header's checksum, once.
func (p *Packet) IPChecksum() Checksum {
	if !p.ipSummed {
		p.ipSummed = true
		if p.Version == 4 {
			p.ipSum = judged(sum(0, p.Data[:p.IP]))
		}
	}
	return p.ipSum
}

// TransportChecksum judges the checksum of TCP, UDP, ICMP or ICMPv6, once. The
// destination is taken from the IPv6 header, also when a routing header says that it
// is not the last one. A UDP packet over IPv4 that has none (RFC 768) is not judged,
// nor is a fragment, nor a bundle of
// segments in a capture.
func (p *Packet) TransportChecksum() Checksum {
	if !p.summed {
		p.summed = true
		p.sum = p.transportChecksum()
	}
	return p.sum
}

func (p *Packet) transportChecksum() Checksum {
	if p.transportLen == 0 || p.unsummed {
		return NoChecksum
	}
	b := p.Data[p.transportOff : p.transportOff+p.transportLen+len(p.Payload)]
	switch p.Proto {
	case TCP, ICMPv6:
		return judged(sum(p.pseudo(len(b)), b))
	case UDP:
		if b[6]|b[7] == 0 && p.Version == 4 {
			return NoChecksum
		}
		return judged(sum(p.pseudo(len(b)), b))
	case ICMP:
		return judged(sum(0, b))
	}
	return NoChecksum
}
