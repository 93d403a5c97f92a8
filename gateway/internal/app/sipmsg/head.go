package sipmsg

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"otasuke/internal/ascii"
)

// maxHeaders of a message are read.
const maxHeaders = 256

// header is one, its name in lower case and in its long form.
type header struct {
	name  string
	value []byte
}

// message is one, read; slices of its bytes.
type message struct {
	request      bool
	line         []byte // the first, without its end
	method, uri  []byte
	version      []byte
	code, reason []byte
	headers      []header
	sdp          *session // nil for none
}

// compact are the short forms of names that somebody asks for (RFC 3261 section 7.3.3).
var compact = map[string]string{"f": "from", "t": "to", "v": "via", "c": "content-type", "l": "content-length"}

var crlf = []byte("\r\n")

// headEnd is the length of the head with its empty line, -1 when it has no end yet.
func headEnd(b []byte) int {
	if i := bytes.Index(b, []byte("\r\n\r\n")); i >= 0 {
		return i + 4
	}
	return -1
}

// readHead reads first line and headers of a message of dir, empty line included.
func readHead(b []byte, request bool) (m message, ok bool) {
	m.request = request
	var rest []byte
	m.line, rest, ok = bytes.Cut(b, crlf)
	if !ok {
		return m, false
	}
	if request {
		ok = m.requestLine()
	} else {
		ok = m.statusLine()
	}
	return m, ok && m.readHeaders(rest)
}

// requestLine is RFC 3261 section 7.1.
func (m *message) requestLine() bool {
	method, rest, ok := bytes.Cut(m.line, []byte(" "))
	uri, version, ok2 := bytes.Cut(rest, []byte(" "))
	m.method, m.uri, m.version = method, uri, version
	return ok && ok2 && len(method) > 0 && len(uri) > 0 && all(method, alpha) && all(uri, visible) && isVersion(version)
}

// statusLine is RFC 3261 section 7.2.
func (m *message) statusLine() bool {
	version, rest, ok := bytes.Cut(m.line, []byte(" "))
	code, reason, ok2 := bytes.Cut(rest, []byte(" "))
	m.version, m.code, m.reason = version, code, reason
	return ok && ok2 && len(code) > 0 && all(code, digit) && all(reason, printed) && isVersion(version)
}

func isVersion(b []byte) bool {
	major, minor, ok := bytes.Cut(bytes.TrimPrefix(b, []byte("SIP/")), []byte("."))
	return ok && bytes.HasPrefix(b, []byte("SIP/")) && len(major) > 0 && len(minor) > 0 && all(major, digit) && all(minor, digit)
}

// readHeaders reads headers up to the empty line; lines that begin with space go on with
// the value before (section 7.3.1).
func (m *message) readHeaders(b []byte) bool {
	for len(m.headers) < maxHeaders {
		if bytes.HasPrefix(b, crlf) {
			return true
		}
		name, rest, ok := bytes.Cut(b, []byte(":"))
		name = bytes.TrimRight(name, " \t")
		if !ok || len(name) == 0 || !all(name, token) {
			return false
		}
		n := 0
		for {
			i := bytes.Index(rest[n:], crlf)
			if i < 0 {
				return false
			}
			n += i
			if n+2 < len(rest) && (rest[n+2] == ' ' || rest[n+2] == '\t') {
				n += 2
				continue
			}
			break
		}
		value := bytes.TrimLeft(rest[:n], " \t")
		if !utf8.Valid(value) || !all(value, text) {
			return false
		}
		long := string(ascii.ToLower(name))
		if s, ok := compact[long]; ok {
			long = s
		}
		m.headers = append(m.headers, header{long, value})
		b = rest[n+2:]
	}
	return true
}

// get returns the first header of the name.
func (m *message) get(name string) []byte {
	for _, h := range m.headers {
		if h.name == name {
			return h.value
		}
	}
	return nil
}

// bodySize is what Content-Length says, 0 without it.
func (m *message) bodySize() int {
	n, err := strconv.ParseUint(string(bytes.TrimSpace(m.get("content-length"))), 10, 31)
	if err != nil {
		return 0
	}
	return int(n)
}

func all(b []byte, is func(byte) bool) bool {
	for _, c := range b {
		if !is(c) {
			return false
		}
	}
	return true
}

func alpha(c byte) bool   { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func digit(c byte) bool   { return c >= '0' && c <= '9' }
func visible(c byte) bool { return c > ' ' && c < 0x7f }
func text(c byte) bool    { return printed(c) || c == '\t' || c == '\r' || c == '\n' }
func printed(c byte) bool { return c >= ' ' && c != 0x7f }
func token(c byte) bool {
	return alpha(c) || digit(c) || bytes.IndexByte([]byte("-.!%*_+`'~"), c) >= 0
}
