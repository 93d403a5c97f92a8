package mimemsg

import "bytes"

// maxText bounds the decoded line in which addresses are looked for.
const maxText = 8 << 10

// search collects decoded text and looks for addresses in whole lines.
func (m *Message) search(b []byte) {
	for len(b) > 0 {
		n := bytes.IndexByte(b, '\n') + 1
		whole := n > 0
		if !whole {
			n = len(b)
		}
		if room := maxText - len(m.line); n >= room {
			n, whole = room, true
		}
		m.line = append(m.line, b[:n]...)
		b = b[n:]
		if whole {
			m.findURLs(m.line)
			m.line = m.line[:0]
		}
	}
	// The last line ends where the part does.
}

// findURLs looks for addresses in a line.
func (m *Message) findURLs(line []byte) {
	for at := 0; ; {
		i := bytes.Index(line[at:], []byte("://"))
		if i < 0 {
			return
		}
		i += at
		at = i + 3
		if !m.wanted(line[:at]) {
			continue
		}
		end := at
		for end < len(line) && inURL(line[end]) {
			end++
		}
		m.addURL(line[at:min(end, at+MaxURL)])
		at = end
	}
}

// wanted tells whether b ends in one of the schemes.
func (m *Message) wanted(b []byte) bool {
	for _, s := range m.schemes {
		if len(b) >= len(s) && equalFold(b[len(b)-len(s):], string(s)) &&
			(len(b) == len(s) || !letter(b[len(b)-len(s)-1])) {
			return true
		}
	}
	return false
}

func (m *Message) addURL(u []byte) {
	if len(u) == 0 || len(m.urls) == MaxURLs {
		return
	}
	for _, have := range m.urls {
		if bytes.Equal(have, u) {
			return
		}
	}
	u = bytes.Clone(u)
	m.urls = append(m.urls, u)
	m.h.URL(u)
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// inURL tells whether an address goes on with c (RFC 3986 section 2, and what people
// put around addresses).
func inURL(c byte) bool {
	return c > ' ' && c < 0x7f && c != '"' && c != '\'' && c != '<' && c != '>'
}
