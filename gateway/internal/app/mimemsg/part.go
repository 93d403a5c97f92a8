package mimemsg

import "bytes"

// bodyLine reads a line of a body: a boundary or contents.
func (m *Message) bodyLine(b, eol []byte, more bool) {
	if m.AnyBoundary && len(m.boundaries) == 0 && len(b) > 2 && b[0] == '-' && b[1] == '-' && len(b) <= MaxBoundary+2 && !more {
		m.boundaries = append(m.boundaries, bytes.Clone(bytes.TrimRight(b, " \t")))
	}
	if !more && len(b) >= 2 && b[0] == '-' && b[1] == '-' && m.boundary(b) {
		return
	}
	m.out = m.out[:0]
	switch m.encoding {
	case base64Coded:
		m.limit(b, maxEncoded, LongEncoded)
		var ok bool
		if m.out, ok = m.sextet.append(m.out, b); !ok {
			m.h.MIMEEvent(BadBase64)
		}
	case quoted:
		m.limit(b, maxEncoded, LongEncoded)
		m.out = append(m.out, m.eol...)
		m.eol = m.eol[:0]
		var ok bool
		if m.out, ok = m.qp.append(m.out, b, len(eol) > 0); !ok {
			m.h.MIMEEvent(BadQP)
		}
		if !m.qp.soft {
			m.eol = append(m.eol, eol...)
		}
	default:
		m.limit(b, maxLine, LongLine)
		m.out = append(append(m.out, m.eol...), b...)
		m.eol = append(m.eol[:0], eol...)
	}
	m.contents(m.out)
}

func (m *Message) limit(b []byte, n int, event string) {
	if len(b) > n {
		m.h.MIMEEvent(event)
	}
}

// contents takes decoded bytes of the current part.
func (m *Message) contents(b []byte) {
	if len(m.filename) == 0 {
		m.name(m.unnamed)
	}
	if len(m.filename) == 0 {
		if m.text {
			m.search(b)
		}
		return
	}
	if !m.open {
		m.h.OpenFile(m.filename)
		m.open = true
	}
	if len(b) > 0 {
		m.h.WriteFile(b)
	}
}

// boundary tells whether the line is one (RFC 2046 section 5.1.1) and goes to the
// next part, or out of the multipart. An outer boundary ends what is inside.
func (m *Message) boundary(b []byte) bool {
	for i := len(m.boundaries) - 1; i >= 0; i-- {
		border := m.boundaries[i]
		if !bytes.HasPrefix(b, border) {
			continue
		}
		m.closePart()
		m.headers = m.headers[:m.main]
		if bytes.HasPrefix(b[len(border):], []byte("--")) {
			m.boundaries = m.boundaries[:i]
			m.state, m.text = body, false // what follows is for no one to read
			return true
		}
		m.boundaries = m.boundaries[:i+1]
		m.state, m.text = start, true
		m.parts, m.size, m.length = m.parts+1, 0, 0
		if m.Begins != nil {
			m.Begins(m.parts)
		}
		return true
	}
	return false
}

// closePart ends the current part's contents.
func (m *Message) closePart() {
	m.out = m.out[:0]
	switch m.encoding {
	case base64Coded:
		m.out = m.sextet.flush(m.out)
	case quoted:
		m.out = m.qp.flush(m.out)
	}
	if len(m.out) > 0 {
		m.contents(m.out)
	}
	if len(m.line) > 0 {
		m.findURLs(m.line)
		m.line = m.line[:0]
	}
	if m.open {
		m.h.CloseFile()
	}
	m.open, m.filename, m.unnamed, m.encoding = false, nil, nil, plain
	m.sextet, m.qp, m.eol = base64Decoder{}, qpDecoder{}, m.eol[:0]
}
