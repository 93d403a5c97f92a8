package dnsmsg

import "encoding/binary"

const (
	rcodeNXDomain = 3
	// blockedTTL keeps clients from asking again at once, and lets a name that
	// was allowed again work within a minute.
	blockedTTL = 60
	edeBlocked = 15 // RFC 8914 section 4.16
)

// AppendBlocked appends the answer to query b, parsed as m, that says that the
// name does not exist, with the reason "blocked" for clients that read it.
func (m *Message) AppendBlocked(out, b []byte) []byte {
	start := len(out)
	out = append(out, b[:m.questEnd]...)
	// Response, recursion as asked and available, name does not exist.
	flags := 0x8000 | m.Flags&0x7900 | 0x0080 | rcodeNXDomain
	binary.BigEndian.PutUint16(out[start+2:], flags)
	extra := uint16(0)
	if binary.BigEndian.Uint16(b[10:]) > 0 {
		extra = 1 // only who sent an OPT record understands one (RFC 6891 section 7)
	}
	for i, v := range []uint16{uint16(len(m.Questions)), 0, 1, extra} {
		binary.BigEndian.PutUint16(out[start+4+2*i:], v)
	}
	if out = appendSOA(out); extra > 0 {
		out = appendOPT(out)
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

func appendOPT(out []byte) []byte {
	out = append(out, 0, 0, 41)
	out = binary.BigEndian.AppendUint16(out, 1232)
	out = append(out, 0, 0, 0, 0)
	out = binary.BigEndian.AppendUint16(out, 6) // one option
	out = binary.BigEndian.AppendUint16(out, 15)
	out = binary.BigEndian.AppendUint16(out, 2)
	return binary.BigEndian.AppendUint16(out, edeBlocked)
}
