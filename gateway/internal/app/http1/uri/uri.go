package uri

import "bytes"

// space is the white space that is overlooked.
const space = " \t\n\v\f\r"

// Target is a request target in its parts (RFC 9112 section 3.2).
type Target struct {
	Scheme, Host, Port, Path, Query, Fragment []byte
	// HasAuthority tells that it names a host.
	HasAuthority bool
}

// Split parts a target. Only one with a scheme has an authority.
func Split(b []byte) (t Target) {
	if len(b) == 0 {
		return t
	}
	if b[0] != '/' {
		if i := bytes.IndexByte(b, ':'); i >= 0 {
			t.Scheme, b = b[:i:i], b[i+1:]
			if len(b) > 2 && b[0] == '/' && b[1] == '/' && b[2] != '/' {
				b = t.authority(b[2:])
			}
		}
	}
	t.Path = b
	if i := bytes.IndexAny(b, "?#"); i >= 0 {
		t.Path = b[:i:i]
		b = b[i:]
		if b[0] == '?' {
			t.Query = b[1:]
			if j := bytes.IndexByte(t.Query, '#'); j >= 0 {
				t.Query, t.Fragment = t.Query[:j:j], t.Query[j+1:]
			}
		} else {
			t.Fragment = b[1:]
		}
	}
	return t
}

// authority cuts user, host and port off and returns the rest.
func (t *Target) authority(b []byte) []byte {
	end := bytes.IndexAny(b, "/?#")
	if end < 0 {
		end = len(b)
	}
	a := b[:end:end]
	if i := bytes.IndexByte(a, '@'); i >= 0 {
		a = a[i+1:]
	}
	t.HasAuthority = true
	t.Host, t.Port = HostPort(a)
	return b[end:]
}

// HostPort parts a host and its port; an IPv6 address keeps its brackets.
func HostPort(b []byte) (host, port []byte) {
	b = bytes.Trim(b, space)
	from := 0
	if len(b) > 0 && b[0] == '[' {
		if from = bytes.IndexByte(b, ']'); from < 0 {
			return b, nil
		}
	}
	if i := bytes.IndexByte(b[from:], ':'); i >= 0 {
		return b[: from+i : from+i], b[from+i+1:]
	}
	return b, nil
}

// ParsePort reads a port; -1 is none that is good.
func ParsePort(b []byte) int {
	n := 0
	for _, ch := range bytes.Trim(b, space) {
		if ch < '0' || ch > '9' || n > 65535 {
			return -1
		}
		n = n*10 + int(ch-'0')
	}
	if n == 0 || n > 65535 {
		return -1
	}
	return n
}

// AppendHost appends a host in small letters.
func AppendHost(out, host []byte) []byte {
	for _, ch := range host {
		out = append(out, lower(ch))
	}
	return out
}

// GoodHost says whether a host is a name or an IPv6 address. Underscores are good:
// names in use have them.
func GoodHost(host []byte) bool {
	if len(host) == 0 || len(host) > 255 {
		return false
	}
	if host[0] == '[' {
		return goodAddress(host)
	}
	host = bytes.TrimSuffix(host, []byte("."))
	label := 0
	for _, ch := range host {
		switch {
		case ch == '.':
			if label == 0 {
				return false
			}
			label = 0
			continue
		case ch|0x20 >= 'a' && ch|0x20 <= 'z', ch >= '0' && ch <= '9', ch == '-', ch == '_':
		default:
			return false
		}
		if label++; label > 63 {
			return false
		}
	}
	return label > 0
}

func goodAddress(b []byte) bool {
	if b[len(b)-1] != ']' {
		return false
	}
	for _, ch := range b[1 : len(b)-1] {
		if _, ok := Unhex(ch); !ok && ch != ':' && ch != '.' && ch != '%' {
			return false
		}
	}
	return bytes.Count(b, []byte(":")) >= 2
}

// Append appends path and query as a server reads them: percent signs decoded,
// and of the path slashes joined, letters fitted and dot segments taken out.
func (t *Target) Append(out []byte) []byte {
	start := len(out)
	out = appendPath(out, t.Path)
	out = out[:start+fitLetters(out[start:])]
	out = out[:start+resolve(out[start:])]
	if t.Query != nil {
		out = appendDecoded(append(out, '?'), t.Query)
	}
	if t.Fragment != nil {
		out = append(append(out, '#'), t.Fragment...)
	}
	return out
}

// appendPath decodes a path. Of slashes in a row one is kept; a backslash is one.
func appendPath(out, b []byte) []byte {
	slash := false
	for i := 0; i < len(b); {
		ch, n := decodeOne(b[i:])
		i += n
		if ch == '\\' {
			ch = '/'
		}
		if ch == '/' && slash {
			continue
		}
		slash = ch == '/'
		out = append(out, ch)
	}
	return out
}

// appendDecoded decodes a query, where a plus is a plus.
func appendDecoded(out, b []byte) []byte {
	for i := 0; i < len(b); {
		j := bytes.IndexByte(b[i:], '%')
		if j < 0 {
			return append(out, b[i:]...)
		}
		out = append(out, b[i:i+j]...)
		ch, n := decodeOne(b[i+j:])
		out = append(out, ch)
		i += j + n
	}
	return out
}

// decodeOne decodes what b begins with: %XX, %uXXXX, or a byte as it is. A percent
// sign that begins neither stays.
func decodeOne(b []byte) (ch byte, n int) {
	if b[0] != '%' || len(b) < 3 {
		return b[0], 1
	}
	if b[1]|0x20 == 'u' {
		if len(b) < 6 {
			return '%', 1
		}
		hi, ok1 := hexByte(b[2:])
		lo, ok2 := hexByte(b[4:])
		if !ok1 || !ok2 {
			return '%', 1
		}
		return bestFit(rune(hi)<<8 | rune(lo)), 6
	}
	if v, ok := hexByte(b[1:]); ok {
		return v, 3
	}
	return '%', 1
}

func hexByte(b []byte) (byte, bool) {
	hi, ok1 := Unhex(b[0])
	lo, ok2 := Unhex(b[1])
	return hi<<4 | lo, ok1 && ok2
}

// Unhex reads a hexadecimal digit.
func Unhex(ch byte) (byte, bool) {
	switch {
	case '0' <= ch && ch <= '9':
		return ch - '0', true
	case 'a' <= ch|0x20 && ch|0x20 <= 'f':
		return ch | 0x20 - 'a' + 10, true
	}
	return 0, false
}

// Twice says whether b can still be decoded.
func Twice(b []byte) bool {
	for i := bytes.IndexByte(b, '%'); i >= 0 && i+2 < len(b); {
		if _, n := decodeOne(b[i:]); n > 1 {
			return true
		}
		j := bytes.IndexByte(b[i+1:], '%')
		if j < 0 {
			break
		}
		i += j + 1
	}
	return false
}

// resolve takes dot segments out in place (RFC 3986 section 5.2.4) and returns the
// length.
func resolve(p []byte) int {
	w, r := 0, 0
	for r < len(p) {
		rest := p[r:]
		switch {
		case hasPrefix(rest, "../"):
			if w == 0 {
				r += 3
				continue
			}
		case hasPrefix(rest, "./"):
			if w == 0 {
				r += 2
				continue
			}
		case w == 0 && (string(rest) == "." || string(rest) == ".."):
			return 0
		case hasPrefix(rest, "/./"):
			r += 2
			continue
		case string(rest) == "/.":
			p[w] = '/'
			return w + 1
		case hasPrefix(rest, "/../"), string(rest) == "/..":
			if w = bytes.LastIndexByte(p[:w], '/'); w < 0 {
				w = 0
			}
			if r += 3; r >= len(p) {
				p[w] = '/'
				return w + 1
			}
			continue
		}
		p[w] = p[r]
		for w, r = w+1, r+1; r < len(p) && p[r] != '/'; w, r = w+1, r+1 {
			p[w] = p[r]
		}
	}
	return w
}

func hasPrefix(b []byte, s string) bool { return len(b) >= len(s) && string(b[:len(s)]) == s }
