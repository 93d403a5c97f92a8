package packet

import "encoding/binary"

// maxTags bounds stacked VLAN tags: QinQ has two, nothing real has more than four.
const maxTags = 4

// Frame is the link layer of a captured frame.
type Frame struct {
	SrcMAC, DstMAC [6]byte
	VLAN           uint16 // outermost tag, 0 when there is none
	IP             []byte // nil when the frame carries no IP packet
}

// Strip takes the link layer off b. ok is false for a link type that is not
// known or a frame that carries no IP packet.
func Strip(link uint32, b []byte) (f Frame, ok bool) {
	switch link {
	case LinkEthernet:
		if len(b) < 14 {
			return f, false
		}
		copy(f.DstMAC[:], b)
		copy(f.SrcMAC[:], b[6:])
		f.IP = f.etherType(binary.BigEndian.Uint16(b[12:]), b[14:])
	case LinkRaw, LinkRawBSD, LinkRawOpen, LinkIPv4, LinkIPv6:
		f.IP = b
	case LinkNull, LinkLoop:
		if len(b) >= 4 {
			f.IP = b[4:]
		}
	case LinkLinuxSLL:
		if len(b) < 16 {
			return f, false
		}
		copy(f.SrcMAC[:], b[6:12])
		f.IP = f.etherType(binary.BigEndian.Uint16(b[14:]), b[16:])
	case LinkLinuxSLL2:
		if len(b) < 20 {
			return f, false
		}
		copy(f.SrcMAC[:], b[12:18])
		f.IP = f.etherType(binary.BigEndian.Uint16(b), b[20:])
	}
	return f, len(f.IP) > 0
}

// etherType follows VLAN tags (IEEE 802.1Q) and PPPoE sessions (RFC 2516) to an IP packet.
func (f *Frame) etherType(t uint16, b []byte) []byte {
	for range maxTags + 1 {
		switch t {
		case 0x0800, 0x86dd:
			return b
		case 0x8100, 0x88a8, 0x9100:
			if len(b) < 4 {
				return nil
			}
			if f.VLAN == 0 {
				f.VLAN = binary.BigEndian.Uint16(b) & 0xfff
			}
			t, b = binary.BigEndian.Uint16(b[2:]), b[4:]
		case 0x8864:
			if len(b) < 8 || b[0] != 0x11 || b[1] != 0 {
				return nil
			}
			switch binary.BigEndian.Uint16(b[6:]) {
			case 0x0021, 0x0057: // IPv4, IPv6 in PPP
				return b[8:]
			}
			return nil
		default:
			return nil
		}
	}
	return nil
}
