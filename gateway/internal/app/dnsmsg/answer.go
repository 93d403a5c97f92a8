package dnsmsg

import (
	"encoding/binary"
	"net/netip"
)

const (
	rcodeNXDomain = 3
	// blockedTTL keeps clients from asking again at once, and lets a name that
	// was allowed again work within a minute.
	blockedTTL = 60
	// insteadTTL is that of an address of ours, which may change.
	insteadTTL = 5
	edeForged  = 4  // RFC 8914 section 4.5
	edeBlocked = 15 // RFC 8914 section 4.16
)

// AppendBlocked appends the answer to query b, parsed as m, that says that the
// name does not exist, with the reason "blocked" for clients that read it.
func (m *Message) AppendBlocked(out, b []byte) []byte {
	return m.appendReply(out, b, rcodeNXDomain, nil)
}

// AppendInstead appends the answer to query b, parsed as m, that gives addr for the name asked
// for, whatever server knows it; of other types there is nothing (RFC 2308 section 2.2).
func (m *Message) AppendInstead(out, b []byte, addr netip.Addr) []byte {
	kind := uint16(TypeA)
	if addr.Is6() {
		kind = TypeAAAA
	}
	if len(m.Questions) != 1 || m.Questions[0].Type != kind {
		return m.appendReply(out, b, 0, nil)
	}
	return m.appendReply(out, b, 0, addr.AsSlice())
}

// appendReply appends an answer with a code, and with an address when there is one.
func (m *Message) appendReply(out, b []byte, code uint16, addr []byte) []byte {
	start := len(out)
	out = append(out, b[:m.questEnd]...)
	// Response, recursion as asked and available.
	flags := 0x8000 | m.Flags&0x7900 | 0x0080 | code
	binary.BigEndian.PutUint16(out[start+2:], flags)
	extra, answers, authority, reason := uint16(0), uint16(0), uint16(1), uint16(edeBlocked)
	if binary.BigEndian.Uint16(b[10:]) > 0 {
		extra = 1 // only who sent an OPT record understands one (RFC 6891 section 7)
	}
	if addr != nil {
		answers, authority, reason = 1, 0, edeForged
	}
	for i, v := range []uint16{uint16(len(m.Questions)), answers, authority, extra} {
		binary.BigEndian.PutUint16(out[start+4+2*i:], v)
	}
	if addr != nil {
		out = append(out, 0xc0, headerLen) // the name of the question (RFC 1035 section 4.1.4)
		out = binary.BigEndian.AppendUint16(out, m.Questions[0].Type)
		out = append(out, 0, 1) // IN
		out = binary.BigEndian.AppendUint32(out, insteadTTL)
		out = binary.BigEndian.AppendUint16(out, uint16(len(addr)))
		out = append(out, addr...)
	} else {
		out = appendSOA(out)
	}
	if extra > 0 {
		out = appendOPT(out, reason)
	}
	return out
}

// appendSOA gives the time that the answer may be remembered (RFC 2308 section 3).
func appendSOA(out []byte) []byte {
	out = append(out, 0, 0, 6, 0, 1) // root, SOA, IN
	out = binary.BigEndian.AppendUint32(out, blockedTTL)
	out = binary.BigEndian.AppendUint16(out, 22)
	out = append(out, 0, 0) // names: root
	for _, v := range []uint32{1, 3600, 600, 86400, blockedTTL} {
		out = binary.BigEndian.AppendUint32(out, v)
	}
	return out
}

func appendOPT(out []byte, reason uint16) []byte {
	out = append(out, 0, 0, 41)
	out = binary.BigEndian.AppendUint16(out, 1232)
	out = append(out, 0, 0, 0, 0)
	out = binary.BigEndian.AppendUint16(out, 6) // one option
	out = binary.BigEndian.AppendUint16(out, 15)
	out = binary.BigEndian.AppendUint16(out, 2)
	return binary.BigEndian.AppendUint16(out, reason)
}
