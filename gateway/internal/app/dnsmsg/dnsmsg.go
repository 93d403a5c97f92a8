package dnsmsg

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"strconv"
)

// Errors.
var (
	ErrShort   = errors.New("dnsmsg: message ends early")
	ErrName    = errors.New("dnsmsg: impossible name")
	ErrTooMany = errors.New("dnsmsg: more questions than any client asks")
)

const (
	headerLen = 12
	// maxQuestions: every client asks one; a few tools ask two.
	maxQuestions = 4
	// maxAnswers that are read; later ones are not needed for a judgement.
	maxAnswers = 64
	// maxName bytes on the wire (RFC 1035 section 2.3.4).
	maxName = 255
)

// Types of records that matter here.
const (
	TypeA     = 1
	TypeNS    = 2
	TypeCNAME = 5
	TypeAAAA  = 28
	TypeHTTPS = 65
)

// Question of a message.
type Question struct {
	Name  string
	Raw   []byte // the name's labels joined by dots, bytes as sent
	Type  uint16
	Class uint16
}

// Answer of a message; only what the box uses.
type Answer struct {
	Name string
	Type uint16
	TTL  uint32
	Addr netip.Addr // A and AAAA
	Host string     // CNAME
}

// Message is a DNS message.
type Message struct {
	ID        uint16
	Response  bool
	Opcode    uint8
	RCode     uint8
	Flags     uint16
	Questions []Question
	Answers   []Answer
	questEnd  int
}

// Parse reads a message. The slices of m are reused.
func (m *Message) Parse(b []byte) error {
	q, a := m.Questions[:0], m.Answers[:0]
	*m = Message{Questions: q, Answers: a}
	if len(b) < headerLen {
		return ErrShort
	}
	m.ID, m.Flags = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	m.Response, m.Opcode, m.RCode = m.Flags&0x8000 != 0, uint8(m.Flags>>11&15), uint8(m.Flags&15)
	questions, answers := int(binary.BigEndian.Uint16(b[4:])), int(binary.BigEndian.Uint16(b[6:]))
	if questions > maxQuestions {
		return ErrTooMany
	}
	off := headerLen
	for range questions {
		name, raw, next, err := readName(b, off)
		if err != nil {
			return err
		}
		if next+4 > len(b) {
			return ErrShort
		}
		m.Questions = append(m.Questions, Question{name, raw, binary.BigEndian.Uint16(b[next:]), binary.BigEndian.Uint16(b[next+2:])})
		off = next + 4
	}
	m.questEnd = off
	if !m.Response {
		return nil
	}
	for range min(answers, maxAnswers) {
		next, err := m.answer(b, off)
		if err != nil {
			return err
		}
		off = next
	}
	return nil
}

func (m *Message) answer(b []byte, off int) (int, error) {
	name, _, off, err := readName(b, off)
	if err != nil {
		return 0, err
	}
	if off+10 > len(b) {
		return 0, ErrShort
	}
	r := Answer{Name: name, Type: binary.BigEndian.Uint16(b[off:]), TTL: binary.BigEndian.Uint32(b[off+4:])}
	data := off + 10
	next := data + int(binary.BigEndian.Uint16(b[off+8:]))
	if next > len(b) {
		return 0, ErrShort
	}
	switch {
	case r.Type == TypeA && next-data == 4, r.Type == TypeAAAA && next-data == 16:
		r.Addr, _ = netip.AddrFromSlice(b[data:next])
	case r.Type == TypeCNAME:
		if r.Host, _, _, err = readName(b, data); err != nil {
			return 0, err
		}
	}
	m.Answers = append(m.Answers, r)
	return next, nil
}

// readName reads a name at off and returns where the next field starts.
func readName(b []byte, off int) (name string, raw []byte, next int, err error) {
	var text, bytes []byte
	size, lowest := 0, off
	for {
		if off >= len(b) {
			return "", nil, 0, ErrShort
		}
		n := int(b[off])
		switch {
		case n == 0:
			if next == 0 {
				next = off + 1
			}
			return string(text), bytes, next, nil
		case n&0xc0 == 0xc0:
			if off+1 >= len(b) {
				return "", nil, 0, ErrShort
			}
			to := n&0x3f<<8 | int(b[off+1])
			if to >= lowest || to < headerLen {
				return "", nil, 0, ErrName // a pointer must go back: RFC 1035 section 4.1.4
			}
			if next == 0 {
				next = off + 2
			}
			off, lowest = to, to
		case n&0xc0 != 0:
			return "", nil, 0, ErrName
		default:
			if off+1+n > len(b) {
				return "", nil, 0, ErrShort
			}
			if size += n + 1; size >= maxName { // the empty label at the end counts
				return "", nil, 0, ErrName
			}
			if len(text) > 0 {
				text, bytes = append(text, '.'), append(bytes, '.')
			}
			label := b[off+1 : off+1+n]
			bytes = append(bytes, label...)
			text = appendLabel(text, label)
			off += 1 + n
		}
	}
}

// appendLabel lowers a label and escapes what is not printable, and dots.
func appendLabel(text, label []byte) []byte {
	for _, c := range label {
		switch {
		case 'A' <= c && c <= 'Z':
			text = append(text, c+'a'-'A')
		case c <= ' ' || c >= 0x7f || c == '.' || c == '\\':
			text = append(text, '\\')
			if c < 100 {
				text = append(text, '0')
			}
			if c < 10 {
				text = append(text, '0')
			}
			text = strconv.AppendUint(text, uint64(c), 10)
		default:
			text = append(text, c)
		}
	}
	return text
}

// Answering.
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
