package httpmsg

import (
	"bytes"
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
	for len(b) > 0 && len(m.Headers) < maxHeaders {
		var line []byte
		line, b = cutLine(b)
		for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') && len(bytes.TrimSpace(line)) > 0 { // obs-fold
			var more []byte
			more, b = cutLine(b)
			line = append(append(append([]byte(nil), line...), ' '), bytes.TrimSpace(more)...)
		}
		name, value, ok := bytes.Cut(line, []byte(":"))
		name = bytes.TrimSpace(name)
		if !ok || len(name) == 0 {
			continue
		}
		m.Headers = append(m.Headers, Header{name, bytes.TrimSpace(value)})
	}
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
	te := m.Header("transfer-encoding")
	length, haveLength := m.length()
	isChunked := len(te) >= 7 && fold(te[len(te)-7:], "chunked")
	if te != nil && haveLength {
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
	case te != nil && m.Response:
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

func (m *Message) length() (n int64, ok bool) {
	for i := range m.Headers {
		if !fold(m.Headers[i].Name, "content-length") {
			continue
		}
		v, err := strconv.ParseInt(string(m.Headers[i].Value), 10, 63)
		if err != nil || v < 0 || ok && v != n {
			m.Odd = true
			continue
		}
		n, ok = v, true
	}
	return n, ok
}
