package http1

import (
	"bytes"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/http1/lines"
)

// header is one field; fields of the same name are one, their values joined.
type header struct {
	name, value []byte
	hash        uint32
	repeated    bool
}

// known are the fields that the reader or a buffer looks for.
type known uint8

const (
	hdrNone known = iota
	hdrHost
	hdrUserAgent
	hdrCookie
	hdrReferer
	hdrAccept
	hdrAcceptEncoding
	hdrAcceptLanguage
	hdrConnection
	hdrContentType
	hdrContentLength
	hdrContentEncoding
	hdrContentDisposition
	hdrContentRange
	hdrTransferEncoding
	hdrSetCookie
	hdrServer
	hdrLocation
	hdrUpgrade
	hdrAuthorization
	hdrExpect
	hdrForwarded
	numKnown
)

var knownNames = map[string]known{
	"host": hdrHost, "user-agent": hdrUserAgent, "cookie": hdrCookie, "referer": hdrReferer,
	"accept": hdrAccept, "accept-encoding": hdrAcceptEncoding, "accept-language": hdrAcceptLanguage,
	"connection": hdrConnection, "content-type": hdrContentType, "content-length": hdrContentLength,
	"content-encoding": hdrContentEncoding, "content-disposition": hdrContentDisposition,
	"content-range": hdrContentRange, "transfer-encoding": hdrTransferEncoding,
	"set-cookie": hdrSetCookie, "server": hdrServer, "location": hdrLocation, "upgrade": hdrUpgrade,
	"authorization": hdrAuthorization, "expect": hdrExpect, "x-forwarded-for": hdrForwarded,
}

// longestKnown is the length of "content-disposition".
const longestKnown = 19

// nameOf hashes a name without its NULs and case, and says whether it is known.
func nameOf(name []byte) (uint32, known) {
	var low [longestKnown]byte
	hash, n := uint32(2166136261), 0
	for _, b := range name {
		if b == 0 {
			continue
		}
		b = lower(b)
		if n < len(low) {
			low[n] = b
		}
		n++
		hash = (hash ^ uint32(b)) * 16777619
	}
	if n > len(low) {
		return hash, hdrNone
	}
	return hash, knownNames[string(low[:n])]
}

func lower(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		b += 'a' - 'A'
	}
	return b
}

// sameName compares without NULs and case.
func sameName(a, b []byte) bool {
	i, j := 0, 0
	for {
		for i < len(a) && a[i] == 0 {
			i++
		}
		for j < len(b) && b[j] == 0 {
			j++
		}
		if i == len(a) || j == len(b) {
			return i == len(a) && j == len(b)
		}
		if lower(a[i]) != lower(b[j]) {
			return false
		}
		i, j = i+1, j+1
	}
}

// get returns the value of a field, nil when there is none.
func (m *message) get(k known) []byte {
	if i := m.at[k]; i > 0 {
		if v := m.headers[i-1].value; v != nil {
			return v
		}
		return []byte{}
	}
	return nil
}

func isLWS(b byte) bool   { return b == ' ' || b == '\t' }
func isSpace(b byte) bool { return b == ' ' || '\t' <= b && b <= '\r' }
func isFold(b byte) bool  { return isLWS(b) || b == 0 }

func trim(b []byte, is func(byte) bool) []byte {
	for len(b) > 0 && is(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && is(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

// fields reads the header lines of buf, a head or a trailer.
func (c *Conn) fields(dir int, x *exchange, m *message, buf []byte, from []lines.Line) {
	var pending []byte // a line that others may be folded onto
	for _, f := range from {
		line := buf[f.From:f.To]
		if blank(line) {
			if pending == nil {
				c.field(dir, x, m, line[:0])
			}
			continue
		}
		line = bytes.TrimLeft(line, "\r")
		if !isFold(line[0]) {
			if pending != nil {
				c.field(dir, x, m, pending)
			}
			pending = line
			continue
		}
		folded := trim(line, isFold)
		switch {
		case pending == nil:
			if dir == app.ToServer && len(folded) > 0 && m.once(flagFolding) {
				c.event(x, dir, evRequestFolding)
			}
			pending = folded
		case dir == app.ToClient && m.protocol == http11 && bytes.IndexByte(folded, ':') >= 0 && bytes.IndexByte(pending, ':') >= 0:
			c.field(dir, x, m, pending) // browsers read a field of its own
			pending = folded
		default:
			pending = m.unfold(pending, folded)
		}
	}
	if pending != nil {
		c.field(dir, x, m, pending)
	}
}

// blank tells a line of nothing but CR and white space after a CR.
func blank(line []byte) bool {
	for i, b := range line {
		if b != '\r' && (i == 0 || !isLWS(b)) {
			return false
		}
	}
	return true
}

// unfold joins a folded line (RFC 9112 section 5.2) with a space.
func (m *message) unfold(line, folded []byte) []byte {
	line = bytes.TrimRight(line, " \t")
	if len(folded) == 0 {
		return line
	}
	return m.join(line, " ", folded)
}

// join keeps a, sep and b one behind the other. What was joined last grows in place.
func (m *message) join(a []byte, sep string, b []byte) []byte {
	n := len(m.text)
	if len(a) > 0 && n >= len(a) && &m.text[n-1] == &a[len(a)-1] {
		n -= len(a)
	} else {
		m.text = append(m.text, a...)
	}
	m.text = append(append(m.text, sep...), b...)
	return m.text[n:len(m.text):len(m.text)]
}

// field reads one unfolded header line (RFC 9112 section 5).
func (c *Conn) field(dir int, x *exchange, m *message, line []byte) {
	name, value := []byte{}, line
	i := bytes.IndexByte(line, ':')
	if dir == app.ToServer {
		if k := bytes.IndexByte(line, 0); k >= 0 && k < i {
			i = -1 // servers in C end the line there
		}
	}
	if i <= 0 && m.once(flagNoColon) {
		c.event(x, dir, bySide(dir, evRequestNoColon, evResponseNoColon))
	}
	if i >= 0 {
		name, value = line[:i], line[i+1:]
	}
	if dir == app.ToServer {
		name = bytes.TrimRight(name, " \t")
	} else {
		name = trim(name, isSpace)
	}
	value = trim(value, isSpace)
	c.add(dir, x, m, name, value)
}

// add puts a field among the others.
func (c *Conn) add(dir int, x *exchange, m *message, name, value []byte) {
	hash, k := nameOf(name)
	for i := range m.headers {
		if h := &m.headers[i]; h.hash == hash && sameName(h.name, name) {
			c.repeat(dir, x, m, h, k, value)
			return
		}
	}
	if len(m.headers) >= maxHeaders {
		c.event(x, dir, bySide(dir, evRequestTooMany, evResponseTooMany))
		return
	}
	m.headers = append(m.headers, header{name: name, value: value, hash: hash})
	if k != hdrNone {
		m.at[k] = int16(len(m.headers))
	}
}

// repeat joins the value of a field that was there already (RFC 9110 section 5.3).
func (c *Conn) repeat(dir int, x *exchange, m *message, h *header, k known, value []byte) {
	if !h.repeated {
		h.repeated = true
		c.event(x, dir, bySide(dir, evRequestRepetition, evResponseRepetition))
	} else if m.repeats++; m.repeats > maxRepeats {
		return
	}
	if k == hdrContentLength {
		a, okA := parseLength(h.value)
		b, okB := parseLength(value)
		if !okA || !okB || a != b {
			c.event(x, dir, bySide(dir, evRequestTwoLengths, evResponseTwoLengths))
		}
		return
	}
	h.value = m.join(h.value, ", ", value)
}

// parseLength reads the first number of a Content-Length. ok is false without one.
func parseLength(v []byte) (n int64, ok bool) {
	for len(v) > 0 && (v[0] < '0' || v[0] > '9') {
		v = v[1:]
	}
	for _, b := range v {
		if b < '0' || b > '9' {
			break
		}
		if n > (1<<63-1-9)/10 {
			return 0, false
		}
		n, ok = n*10+int64(b-'0'), true
	}
	return n, ok
}
