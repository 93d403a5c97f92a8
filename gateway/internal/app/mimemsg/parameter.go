package mimemsg

import "bytes"

// maxSections bounds the numbered pieces of one parameter (RFC 2231 section 3).
const maxSections = 16

// parameter returns the value of a parameter of a structured header, nil when it has
// none. Values in numbered pieces are put together (RFC 2231 section 3), the character
// set before a pair of apostrophes is left out and %XX decoded (section 4).
func parameter(value []byte, name string) []byte {
	var pieces []byte
	next := 0
	for {
		i := bytes.IndexByte(value, ';')
		if i < 0 {
			return pieces
		}
		value = bytes.TrimLeft(value[i+1:], " \t\r\n")
		eq := bytes.IndexAny(value, "=;")
		if eq < 0 {
			return pieces
		}
		if value[eq] == ';' {
			value = value[eq:]
			continue
		}
		key := bytes.TrimRight(value[:eq], " \t")
		v, rest := parameterValue(bytes.TrimLeft(value[eq+1:], " \t"))
		value = rest
		if len(key) < len(name) || !equalFold(key[:len(name)], name) {
			continue
		}
		extended, section, ok := suffix(key[len(name):])
		switch {
		case !ok:
			continue
		case extended:
			v = decodeExtended(v, section <= 0)
		}
		if section < 0 {
			return bytes.Clone(v)
		}
		if section == next && next < maxSections {
			pieces = append(pieces, v...)
			next++
		}
	}
}

// suffix reads what stands behind a parameter's name: nothing, "*", "*0" or "*0*".
// section is -1 when there is no number.
func suffix(s []byte) (extended bool, section int, ok bool) {
	if len(s) == 0 {
		return false, -1, true
	}
	if s[0] != '*' {
		return false, 0, false
	}
	if s = s[1:]; len(s) == 0 {
		return true, -1, true
	}
	if s[len(s)-1] == '*' {
		extended, s = true, s[:len(s)-1]
	}
	if len(s) == 0 || len(s) > 2 {
		return false, 0, false
	}
	for _, c := range s {
		if c < '0' || c > '9' {
			return false, 0, false
		}
		section = section*10 + int(c-'0')
	}
	return extended, section, true
}

// parameterValue reads a quoted string or a token; rest begins at its end.
func parameterValue(b []byte) (v, rest []byte) {
	if len(b) > 0 && b[0] == '"' {
		b = b[1:]
		for i := 0; i < len(b); i++ {
			switch b[i] {
			case '"':
				return v, b[i+1:]
			case '\\':
				if i++; i == len(b) {
					return v, nil
				}
			}
			v = append(v, b[i])
		}
		return v, nil
	}
	end := bytes.IndexByte(b, ';')
	if end < 0 {
		end = len(b)
	}
	return bytes.TrimRight(b[:end], " \t\r\n"), b[end:]
}

// decodeExtended decodes an extended value; first tells that the character set and
// language may stand before it.
func decodeExtended(v []byte, first bool) []byte {
	if first {
		if _, rest, ok := bytes.Cut(v, []byte("'")); ok {
			if _, rest, ok = bytes.Cut(rest, []byte("'")); ok {
				v = rest
			}
		}
	}
	out := make([]byte, 0, len(v))
	for i := 0; i < len(v); i++ {
		if v[i] == '%' && i+2 < len(v) {
			if hi, lo := nibble(v[i+1]), nibble(v[i+2]); hi < 16 && lo < 16 {
				out = append(out, hi<<4|lo)
				i += 2
				continue
			}
		}
		out = append(out, v[i])
	}
	return out
}

// equalFold compares b with s, which is in lower case letters of ASCII.
func equalFold(b []byte, s string) bool {
	if len(b) != len(s) {
		return false
	}
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != s[i] {
			return false
		}
	}
	return true
}
