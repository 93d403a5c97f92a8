package httpmsg

import (
	"bytes"
	"slices"
	"strconv"
)

// Limits.
const (
	// MaxHead bounds start line and headers: servers refuse more than 8 to 64 KiB.
	MaxHead = 64 << 10
	// MaxBody bytes of a body are kept for matching: attacks stand at the start
	// (the field's usual limit is 100 KiB).
	MaxBody = 128 << 10
	// maxHeaders bounds the headers that are read apart.
	maxHeaders = 200
)

// Message is one request or response.
type Message struct {
	Response bool
	// Line is the start line without its end; Raw the headers with line ends and
	// without the final empty line.
	Line, Raw []byte
	// Method, Target and Protocol of a request; Protocol, Status and Reason of a response.
	Method, Target, Protocol, Reason []byte
	Status                           int
	Headers                          []Header
	// Body is the start of the body, transfer coding removed; at most MaxBody.
	Body []byte
	// BodySize counts all of it.
	BodySize int64
	// Length is the announced length, -1 when there is none.
	Length int64
	// Complete is set when the last byte of the body was seen.
	Complete bool
	// Odd tells that the head can be read in two ways.
	Odd bool

	head []byte // owns what the slices above point into
}

// Header is one header field; the value has no outer blanks and no line ends.
type Header struct{ Name, Value []byte }

func (m *Message) reset(response bool) {
	*m = Message{Response: response, Headers: m.Headers[:0], Body: m.Body[:0], head: m.head[:0], Length: -1}
}

// Header returns the value of the first field with a name in lower case, or nil.
func (m *Message) Header(name string) []byte {
	for i := range m.Headers {
		if fold(m.Headers[i].Name, name) {
			return m.Headers[i].Value
		}
	}
	return nil
}

// fold compares without regard to ASCII case; lower must be in lower case.
func fold(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// parseHead reads m.head. False means that this is not HTTP.
func (m *Message) parseHead() bool {
	line, rest := cutLine(m.head)
	m.Line, m.Raw = line, rest
	m.Raw = bytes.TrimSuffix(bytes.TrimSuffix(m.Raw, []byte("\n")), []byte("\r")) // the empty line
	ok := m.requestLine
	if m.Response {
		ok = m.statusLine
	}
	if !ok(line) {
		return false
	}
	m.headers(rest)
	return true
}

// requestLine: method SP target SP protocol; HTTP/0.9 has no protocol.
func (m *Message) requestLine(line []byte) bool {
	i := bytes.IndexByte(line, ' ')
	if i <= 0 || i > 32 {
		return false
	}
	m.Method = line[:i]
	rest := bytes.TrimLeft(line[i:], " \t")
	m.Target = rest
	if j := bytes.LastIndexByte(rest, ' '); j >= 0 && bytes.HasPrefix(rest[j+1:], []byte("HTTP/")) {
		m.Target, m.Protocol = bytes.TrimRight(rest[:j], " \t"), rest[j+1:]
	}
	return true
}

func (m *Message) statusLine(line []byte) bool {
	if !bytes.HasPrefix(line, []byte("HTTP/")) {
		return false
	}
	proto, rest, _ := bytes.Cut(line, []byte(" "))
	code, reason, _ := bytes.Cut(bytes.TrimLeft(rest, " "), []byte(" "))
	n, err := strconv.Atoi(string(code))
	if err != nil || n < 100 || n > 999 {
		return false
	}
	m.Protocol, m.Status, m.Reason = proto, n, reason
	return true
}

func (m *Message) headers(b []byte) {
	for len(b) > 0 {
		var line []byte
		line, b = cutLine(b)
		if folded(b) && len(bytes.TrimSpace(line)) > 0 {
			line = slices.Clone(line)
			for folded(b) {
				var more []byte
				more, b = cutLine(b)
				line = append(append(line, ' '), bytes.TrimSpace(more)...)
			}
		}
		name, value, ok := bytes.Cut(line, []byte(":"))
		name = bytes.TrimSpace(name)
		if !ok || len(name) == 0 || !m.room(name) {
			continue
		}
		m.Headers = append(m.Headers, Header{name, bytes.TrimSpace(value)})
	}
}

// folded tells that b continues the line before it (obs-fold, RFC 9112 section 5.2).
func folded(b []byte) bool { return len(b) > 0 && (b[0] == ' ' || b[0] == '\t') }

// room tells whether another header is read apart. Behind maxHeaders only those
// that say where the body ends are: a flood must not hide them.
func (m *Message) room(name []byte) bool {
	if len(m.Headers) < maxHeaders {
		return true
	}
	m.Odd = true
	return len(m.Headers) < 2*maxHeaders && (fold(name, "content-length") || fold(name, "transfer-encoding"))
}

// cutLine splits at the first line end, CRLF or LF.
func cutLine(b []byte) (line, rest []byte) {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		return b, nil
	}
	return bytes.TrimSuffix(b[:i], []byte("\r")), b[i+1:]
}

// framing decides how the body ends (RFC 9112 section 6.3).
type framing uint8

const (
	noBody framing = iota
	fixed
	chunked
	untilClose
	tunnel
)

// framing of a message; method is that of the request that a response answers.
func (m *Message) framing(method []byte) framing {
	coded, isChunked := m.coding()
	length, haveLength := m.length()
	if coded && (haveLength || !m.Response && !isChunked || string(m.Protocol) == "HTTP/1.0") {
		m.Odd = true
	}
	if m.Response {
		switch {
		case m.Status == 101, string(method) == "CONNECT" && m.Status/100 == 2:
			return tunnel
		case m.Status/100 == 1, m.Status == 204, m.Status == 304, string(method) == "HEAD":
			return noBody
		}
	}
	switch {
	case isChunked:
		return chunked
	case coded && m.Response:
		return untilClose
	case haveLength && length == 0:
		m.Length = 0
		return noBody
	case haveLength:
		m.Length = length
		return fixed
	case m.Response:
		return untilClose
	}
	return noBody
}

// coding reads the transfer codings of all fields as one list; the last one of
// it says whether the body is chunked.
func (m *Message) coding() (coded, isChunked bool) {
	for i := range m.Headers {
		if !fold(m.Headers[i].Name, "transfer-encoding") {
			continue
		}
		v := m.Headers[i].Value
		last := bytes.TrimSpace(v[bytes.LastIndexByte(v, ',')+1:])
		if coded && isChunked { // anything behind chunked is read in two ways
			m.Odd = true
		}
		coded, isChunked = true, fold(last, "chunked")
	}
	return coded, isChunked
}

// length reads the announced length: the first number of all fields and lists
// (RFC 9110 section 8.6). Anything that is not this number once more is odd.
func (m *Message) length() (n int64, ok bool) {
	for i := range m.Headers {
		if !fold(m.Headers[i].Name, "content-length") {
			continue
		}
		for part := range bytes.SplitSeq(m.Headers[i].Value, []byte(",")) {
			part = bytes.TrimSpace(part)
			v, err := strconv.ParseUint(string(part), 10, 63) // digits alone, no sign
			if err != nil || ok && int64(v) != n {
				m.Odd = true
			}
			if err == nil && !ok {
				n, ok = int64(v), true
			}
		}
	}
	return n, ok
}
