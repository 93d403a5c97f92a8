package capture

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// A session's frames (RFC 2516 section 4): version and type 1, code 0, number, length; then
// the PPP protocol (RFC 1661 section 2).
const (
	pppoeVersion = 0x11
	pppoeHeader  = 8 // with the PPP protocol
	pppIPv4      = 0x0021
	pppIPv6      = 0x0057
)

// tagOf reads what package enforce lets the kernel copy from the frame into a packet's mark,
// where the queue itself does not tell it: the header of a VLAN tag, or the first four bytes
// of a PPPoE session's. mark is the attribute, of which the kernel has turned the bytes to
// the network's order.
func tagOf(mark []byte) (t Tag) {
	if len(mark) < 4 {
		return t
	}
	var b [4]byte
	binary.NativeEndian.PutUint32(b[:], binary.BigEndian.Uint32(mark))
	second := binary.BigEndian.Uint16(b[2:])
	switch binary.BigEndian.Uint16(b[:]) {
	case unix.ETH_P_8021Q:
		t.VLAN = second & 0xfff
	case pppoeVersion << 8:
		t.Session = second
	}
	return t
}

// unwrap takes the header of a PPPoE session from a payload, which the queue of a bridge
// leaves there. What is not IP within it has nothing to judge.
func (p *Packet) unwrap() {
	b := p.Data
	if len(b) < pppoeHeader || b[0] != pppoeVersion || b[1] != 0 {
		return
	}
	p.Session, p.Data = binary.BigEndian.Uint16(b[2:]), nil
	if proto := binary.BigEndian.Uint16(b[6:]); proto == pppIPv4 || proto == pppIPv6 {
		p.Data = b[pppoeHeader:]
	}
}
