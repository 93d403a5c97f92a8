package httpmsg

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
)

// MaxDecoded bounds a body whose content coding was taken off: a bomb stops here.
const MaxDecoded = 256 << 10

// AppendURI appends the request target as a server reads it: scheme and host
// taken off, percent signs decoded once, "." and ".." segments of the path resolved.
func (m *Message) AppendURI(out []byte) []byte {
	_, target := m.absolute()
	path, query, found := bytes.Cut(target, []byte("?"))
	start := len(out)
	out = appendDecoded(out, path)
	out = out[:start+resolve(out[start:])]
	if found {
		out = appendDecoded(append(out, '?'), query)
	}
	return out
}

// absolute splits a target in absolute form (RFC 9112 section 3.2.2) into its
// authority and the rest. The authority of every other target is nil.
func (m *Message) absolute() (authority, rest []byte) {
	i := bytes.Index(m.Target, []byte("://"))
	if i <= 0 || i > maxScheme {
		return nil, m.Target
	}
	for _, c := range m.Target[:i] {
		if c |= 0x20; c < 'a' || c > 'z' {
			return nil, m.Target // "/?x=://" is a path
		}
	}
	rest = m.Target[i+3:]
	if j := bytes.IndexAny(rest, "/?"); j >= 0 {
		return rest[:j:j], rest[j:]
	}
	return rest, nil
}

// maxScheme is longer than the schemes that servers and proxies take.
const maxScheme = 7

// appendDecoded appends b with %XX decoded once.
func appendDecoded(out, b []byte) []byte {
	for i := 0; i < len(b); i++ {
		if b[i] == '%' && i+2 < len(b) {
			if hi, ok1 := unhex(b[i+1]); ok1 {
				if lo, ok2 := unhex(b[i+2]); ok2 {
					out = append(out, hi<<4|lo)
					i += 2
					continue
				}
			}
		}
		out = append(out, b[i])
	}
	return out
}

func unhex(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}

// resolve removes dot segments in place (RFC 3986 section 5.2.4) and returns the length.
func resolve(p []byte) int {
	w := 0
	for r := 0; r < len(p); {
		if p[r] == '/' {
			rest := p[r:]
			switch {
			case bytes.HasPrefix(rest, []byte("/./")):
				r += 2
				continue
			case bytes.Equal(rest, []byte("/.")):
				p[w] = '/'
				return w + 1
			case bytes.HasPrefix(rest, []byte("/../")), bytes.Equal(rest, []byte("/..")):
				for w > 0 {
					if w--; p[w] == '/' {
						break
					}
				}
				if r += 3; r >= len(p) {
					p[w] = '/'
					return w + 1
				}
				continue
			}
		}
		p[w] = p[r]
		w, r = w+1, r+1
	}
	return w
}

// Host returns the host that the request is for, without port, lower-cased in
// place of out: the target's own, else the Host header (RFC 9112 section 3.2.2).
func (m *Message) AppendHost(out []byte) []byte {
	host := m.Header("host")
	if authority, _ := m.absolute(); authority != nil {
		host = authority
	} else if string(m.Method) == "CONNECT" {
		host = m.Target
	}
	host = host[bytes.LastIndexByte(host, '@')+1:] // without user name and password
	if len(host) > 0 && host[0] == '[' {
		if i := bytes.IndexByte(host, ']'); i > 0 {
			host = host[:i+1]
		}
	} else if i := bytes.IndexByte(host, ':'); i >= 0 {
		host = host[:i]
	}
	for _, c := range bytes.TrimRight(host, ".") {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		out = append(out, c)
	}
	return out
}

// AppendHeader appends the headers one a line, "Name: value\r\n", without cookies.
func (m *Message) AppendHeader(out []byte) []byte {
	for _, h := range m.Headers {
		if fold(h.Name, "cookie") || fold(h.Name, "set-cookie") {
			continue
		}
		out = append(append(out, h.Name...), ": "...)
		out = append(append(out, h.Value...), "\r\n"...)
	}
	return out
}

// AppendNames appends the names of the headers: "\r\nHost\r\nAccept\r\n\r\n".
func (m *Message) AppendNames(out []byte) []byte {
	out = append(out, "\r\n"...)
	for _, h := range m.Headers {
		out = append(append(out, h.Name...), "\r\n"...)
	}
	return append(out, "\r\n"...)
}

// AppendStart appends start line and headers as sent.
func (m *Message) AppendStart(out []byte) []byte {
	out = append(append(out, m.Line...), "\r\n"...)
	out = append(out, m.Raw...)
	return append(out, "\r\n"...)
}

// AppendPlain appends the body with its content coding (gzip, deflate) taken
// off, as far as it is there and up to MaxDecoded. A body that does not decode is
// appended as it is.
func (m *Message) AppendPlain(out []byte) []byte {
	coding := m.Header("content-encoding")
	var r io.Reader
	var err error
	switch {
	case fold(coding, "gzip"), fold(coding, "x-gzip"):
		r, err = gzip.NewReader(bytes.NewReader(m.Body))
	case fold(coding, "deflate"):
		if r, err = zlib.NewReader(bytes.NewReader(m.Body)); err != nil {
			r, err = flate.NewReader(bytes.NewReader(m.Body)), nil
		}
	default:
		return append(out, m.Body...)
	}
	if err != nil {
		return append(out, m.Body...)
	}
	start := len(out)
	buf := bytes.NewBuffer(out)
	_, _ = io.Copy(buf, io.LimitReader(r, MaxDecoded)) // a cut body decodes up to the cut
	if buf.Len() == start {
		return append(out, m.Body...)
	}
	return buf.Bytes()
}
