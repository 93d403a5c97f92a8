package packet

import (
	"encoding/binary"
	"errors"
	"net/netip"
)

// Errors of Decode. A packet with one of them has no further fields set.
var (
	ErrShort     = errors.New("packet: shorter than its header says")
	ErrVersion   = errors.New("packet: neither IPv4 nor IPv6")
	ErrHeaderLen = errors.New("packet: impossible header length")
	ErrExtension = errors.New("packet: too many extension headers")
)

// maxExtensions bounds the walk over IPv6 extension headers: real packets have
// at most three, and RFC 8504 section 5.3 lets a node refuse long chains.
const maxExtensions = 8

// Decode reads b, which starts with an IP header. Bytes after the packet's own
// length (link-layer padding) are ignored.
func (p *Packet) Decode(b []byte) error {
	*p = Packet{}
	if len(b) < 1 {
		return ErrShort
	}
	switch b[0] >> 4 {
	case 4:
		return p.decode4(b)
	case 6:
		return p.decode6(b)
	}
	return ErrVersion
}

// decode4 follows RFC 791 section 3.1.
func (p *Packet) decode4(b []byte) error {
	if len(b) < 20 {
		return ErrShort
	}
	head, total := int(b[0]&15)*4, int(binary.BigEndian.Uint16(b[2:]))
	if head < 20 {
		return ErrHeaderLen
	}
	// A segmentation bundle may leave the length 0, then the buffer is the length.
	if total == 0 {
		total = len(b)
	}
	if total < head || len(b) < total {
		return ErrShort
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
		p.Payload = p.Data[head:]
		return nil
	}
	return p.simple(head)
}

// decode6 follows RFC 8200 sections 3 and 4.
func (p *Packet) decode6(b []byte) error {
	if len(b) < 40 {
		return ErrShort
	}
	total := int(binary.BigEndian.Uint16(b[4:])) + 40
	if total == 40 && b[6] != 59 {
		total = len(b) // jumbogram or segmentation bundle
	}
	if len(b) < total {
		return ErrShort
	}
	p.Version, p.Data = 6, b[:total]
	p.TOS = b[0]<<4 | b[1]>>4
	p.TTL = b[7]
	p.Src = netip.AddrFrom16([16]byte(b[8:24]))
	p.Dst = netip.AddrFrom16([16]byte(b[24:40]))
	return p.extensions(b[6])
}

// extensions walks the IPv6 header chain up to the transport header.
func (p *Packet) extensions(next uint8) error {
	off := 40
	for range maxExtensions {
		rest := p.Data[off:]
		switch next {
		case 0, 43, 60: // hop-by-hop, routing, destination options
			if len(rest) < 8 {
				return ErrShort
			}
			size := (int(rest[1]) + 1) * 8
			if len(rest) < size {
				return ErrShort
			}
			next, off = rest[0], off+size
		case 51: // authentication, RFC 4302
			if len(rest) < 8 {
				return ErrShort
			}
			size := (int(rest[1]) + 2) * 4
			if len(rest) < size {
				return ErrShort
			}
			next, off = rest[0], off+size
		case 44: // fragment
			if len(rest) < 8 {
				return ErrShort
			}
			frag := binary.BigEndian.Uint16(rest[2:])
			p.MoreFrags, p.FragOffset = frag&1 != 0, int(frag&^7)
			p.ID = binary.BigEndian.Uint32(rest[4:])
			next, off = rest[0], off+8
			if p.MoreFrags || p.FragOffset > 0 {
				p.Fragment, p.Proto, p.IP, p.transportOff = true, next, off, off
				p.Payload = p.Data[off:]
				return nil
			}
		default:
			p.Proto, p.IP = next, off
			return p.simple(off)
		}
	}
	return ErrExtension
}

// simple reads the TCP, UDP or ICMP header at off.
func (p *Packet) simple(off int) error {
	b := p.Data[off:]
	p.transportOff = off
	switch p.Proto {
	case TCP:
		if len(b) < 20 {
			return ErrShort
		}
		head := int(b[12]>>4) * 4
		if head < 20 {
			return ErrHeaderLen
		}
		if len(b) < head {
			return ErrShort
		}
		p.SrcPort, p.DstPort = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
		p.Seq, p.Ack = binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[8:])
		p.Flags, p.Window, p.TCPHeader = b[13], binary.BigEndian.Uint16(b[14:]), head
		p.Payload = b[head:]
	case UDP:
		if len(b) < 8 {
			return ErrShort
		}
		size := int(binary.BigEndian.Uint16(b[4:]))
		if size == 0 {
			size = len(b) // segmentation bundle or jumbogram
		}
		if size < 8 || len(b) < size {
			return ErrShort
		}
		p.SrcPort, p.DstPort = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
		p.Payload = b[8:size]
	case ICMP, ICMPv6:
		if len(b) < 8 {
			return ErrShort
		}
		p.ICMPType, p.ICMPCode = b[0], b[1]
		p.ICMPID, p.ICMPSeq = binary.BigEndian.Uint16(b[4:]), binary.BigEndian.Uint16(b[6:])
		p.Payload = b[8:]
	default:
		p.Payload = b
	}
	return nil
}

// TCPOptions gives the raw option bytes of a TCP header (RFC 9293 section 3.2).
func (p *Packet) TCPOptions() []byte {
	if p.Proto != TCP || p.TCPHeader <= 20 {
		return nil
	}
	return p.Data[p.transportOff+20 : p.transportOff+p.TCPHeader]
}
