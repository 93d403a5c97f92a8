package capture

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// Netlink messages of the packet queue, from the kernel's
// include/uapi/linux/netfilter/nfnetlink_queue.h.
const (
	subsysQueue = 3

	msgPacket  = 0
	msgVerdict = 1
	msgConfig  = 2
	msgBatch   = 3

	attrPacketHdr  = 1
	attrVerdictHdr = 2
	attrMark       = 3
	attrTimestamp  = 4
	attrIn         = 5
	attrPhysIn     = 7
	attrPhysOut    = 8
	attrHWAddr     = 9
	attrPayload    = 10
	attrSKBInfo    = 14
	attrVLAN       = 19

	cfgCmd    = 1
	cfgParams = 2
	cfgMaxLen = 3
	cfgMask   = 4
	cfgFlags  = 5

	cmdBind    = 1
	copyPacket = 2

	flagFailOpen = 1
	flagGSO      = 4

	skbNotVerified = 4

	nfDrop   = 0
	nfAccept = 1
)

const (
	nlHeader = 16
	nfHeader = 4
)

// message appends the netlink and nfnetlink headers of a queue message; end fills
// in its length.
func message(b []byte, kind, flags uint16, queue uint16) (out []byte, start int) {
	start = len(b)
	b = append(b, 0, 0, 0, 0)
	b = binary.NativeEndian.AppendUint16(b, subsysQueue<<8|kind)
	b = binary.NativeEndian.AppendUint16(b, unix.NLM_F_REQUEST|flags)
	b = append(b, 0, 0, 0, 0, 0, 0, 0, 0) // sequence, port
	b = append(b, unix.AF_UNSPEC, 0)      // family, version
	return binary.BigEndian.AppendUint16(b, queue), start
}

func end(b []byte, start int) []byte {
	binary.NativeEndian.PutUint32(b[start:], uint32(len(b)-start))
	return b
}

// attr appends an attribute, padded to four bytes.
func attr(b []byte, kind uint16, data ...byte) []byte {
	b = binary.NativeEndian.AppendUint16(b, uint16(4+len(data)))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = append(b, data...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

func be32(v uint32) []byte { return binary.BigEndian.AppendUint32(nil, v) }

// configMessage asks for one setting of a queue, with an acknowledgement.
func configMessage(queue uint16, kind uint16, data []byte) []byte {
	b, start := message(nil, msgConfig, unix.NLM_F_ACK, queue)
	return end(attr(b, kind, data...), start)
}

// flagsMessage sets and masks the queue's flags.
func flagsMessage(queue uint16, flags uint32) []byte {
	b, start := message(nil, msgConfig, unix.NLM_F_ACK, queue)
	b = attr(b, cfgFlags, be32(flags)...)
	return end(attr(b, cfgMask, be32(flags)...), start)
}

// appendVerdict appends the verdict for one packet, or for all up to id when
// kind is msgBatch. It does not allocate when b has room.
func appendVerdict(b []byte, kind, queue uint16, id, verdict, mark uint32) []byte {
	b, start := message(b, kind, 0, queue)
	b = binary.NativeEndian.AppendUint16(b, 12)
	b = binary.NativeEndian.AppendUint16(b, attrVerdictHdr)
	b = binary.BigEndian.AppendUint32(b, verdict)
	b = binary.BigEndian.AppendUint32(b, id)
	if mark != 0 {
		b = binary.NativeEndian.AppendUint16(b, 8)
		b = binary.NativeEndian.AppendUint16(b, attrMark)
		b = binary.BigEndian.AppendUint32(b, mark)
	}
	return end(b, start)
}

// parse fills p from the body of a packet message (after the netlink header).
// It reports false for a message without id, which cannot be answered. Where the
// message is cut or has no payload, p.Data is nil.
func parse(b []byte, p *Packet) bool {
	if len(b) < nfHeader {
		return false
	}
	b = b[nfHeader:]
	var gotID bool
	for len(b) >= 4 {
		size, kind := int(binary.NativeEndian.Uint16(b)), binary.NativeEndian.Uint16(b[2:])&0x3fff
		if size < 4 || size > len(b) {
			p.Data = nil
			return gotID
		}
		v := b[4:size]
		switch kind {
		case attrPacketHdr:
			if len(v) < 4 {
				return false
			}
			p.ID, gotID = binary.BigEndian.Uint32(v), true
		case attrIn: // of a routed packet; a bridged one has its port beside it
			if p.InPort == 0 {
				p.InPort = number(v)
			}
		case attrPhysIn:
			p.InPort = number(v)
		case attrPhysOut:
			p.OutPort = number(v)
		case attrHWAddr:
			if len(v) >= 10 {
				copy(p.MAC[:], v[4:10])
			}
		case attrSKBInfo:
			p.Unverified = number(v)&skbNotVerified != 0
		case attrPayload:
			if p.Data = v; len(v) == 0 {
				p.Data = nil
			}
			p.unwrap()
		case attrVLAN:
			p.VLAN = vlan(v)
		case attrMark:
			if t := tagOf(v); t != (Tag{}) {
				p.Tag = t
			}
		}
		b = b[min((size+3)&^3, len(b)):]
	}
	return gotID
}

func number(v []byte) int {
	if len(v) < 4 {
		return 0
	}
	return int(binary.BigEndian.Uint32(v))
}

// vlan reads the tag control information of the nested VLAN attribute (kind 2).
func vlan(b []byte) uint16 {
	for len(b) >= 4 {
		size, kind := int(binary.NativeEndian.Uint16(b)), binary.NativeEndian.Uint16(b[2:])&0x3fff
		if size < 4 || size > len(b) {
			return 0
		}
		if kind == 2 && size >= 6 {
			return binary.BigEndian.Uint16(b[4:]) & 0xfff
		}
		b = b[min((size+3)&^3, len(b)):]
	}
	return 0
}
