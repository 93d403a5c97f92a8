package dnsmsg

// Limits of names: Suricata's own.
const (
	// maxName bytes of a name's text are kept, dots included.
	maxName = 1025
	// maxLabels labels and pointers are followed.
	maxLabels = 255
	// maxText bounds the text of all names of a message. A message of 64 KiB can point
	// to a long name ten thousand times; real ones stay below 64 KiB.
	maxText = 4 << 20
)

// Name is a name of a message; [Message.Bytes] gives its text.
type Name struct {
	from, to int32
	// Truncated tells that the name is longer than what is kept.
	Truncated bool
}

// Bytes returns the text of a name: labels joined by dots, bytes as sent, nothing for
// the root. It is good until the next Parse.
func (m *Message) Bytes(n Name) []byte { return m.text[n.from:n.to:n.to] }

// name reads the name at off, whose labels end at the latest at end until a pointer is
// followed, and returns where the next field starts.
func (m *Message) name(off, end int) (n Name, next int, ok bool) {
	b, start := m.raw, len(m.text)
	pos, pivot := off, -1
	done := func() (Name, int, bool) {
		if pivot < 0 {
			pivot = pos
		}
		n.from, n.to = int32(start), int32(len(m.text))
		m.Odd.TooLong = m.Odd.TooLong || n.Truncated
		return n, pivot, true
	}
	for count := 1; pos < end; count++ {
		c := int(b[pos])
		switch c >> 6 {
		case 0:
			if c == 0 {
				pos++
				return done()
			}
			if pos+1+c > end {
				return n, 0, false
			}
			m.label(&n, start, b[pos+1:pos+1+c])
			pos += 1 + c
		case 3:
			if pos+2 > end {
				return n, 0, false
			}
			to := c&0x3f<<8 | int(b[pos+1])
			if to > len(b) {
				return n, 0, false
			}
			if to == pos {
				m.Odd.Loop = true
				if pivot < 0 {
					return n, 0, false
				}
				return done()
			}
			if pivot < 0 {
				pivot = pos + 2
			}
			pos, end = to, len(b)
		default:
			return n, 0, false
		}
		if count >= maxLabels {
			m.Odd.ManyLabels = true
			if pivot < 0 {
				return n, 0, false
			}
			n.Truncated = true
			return done()
		}
	}
	return done()
}

// label adds a label to the text of a name that began at start.
func (m *Message) label(n *Name, start int, label []byte) {
	if n.Truncated {
		return
	}
	if len(m.text) > start {
		m.text = append(m.text, '.')
	}
	m.text = append(m.text, label...)
	if len(m.text) > start+maxName {
		m.text, n.Truncated = m.text[:start+maxName], true
	}
	if len(m.text) > maxText {
		m.text, n.Truncated = m.text[:start], true
	}
}
