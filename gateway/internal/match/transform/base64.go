package transform

// maxBase64 bounds what is decoded at one place; rules look at the beginning.
const maxBase64 = 64 << 10

// AppendBase64 decodes text up to the first sign that is not of the alphabet
// (RFC 4648 section 4); line breaks are passed over.
func AppendBase64(dst, text []byte) []byte {
	var group uint32
	n := 0
	for _, c := range text[:min(len(text), maxBase64)] {
		var v uint32
		switch {
		case c >= 'A' && c <= 'Z':
			v = uint32(c - 'A')
		case c >= 'a' && c <= 'z':
			v = uint32(c-'a') + 26
		case c >= '0' && c <= '9':
			v = uint32(c-'0') + 52
		case c == '+':
			v = 62
		case c == '/':
			v = 63
		case c == '\r' || c == '\n':
			continue
		default:
			return appendRest(dst, group, n)
		}
		if group, n = group<<6|v, n+1; n == 4 {
			dst = append(dst, byte(group>>16), byte(group>>8), byte(group))
			group, n = 0, 0
		}
	}
	return appendRest(dst, group, n)
}

func appendRest(dst []byte, group uint32, n int) []byte {
	switch n {
	case 2:
		return append(dst, byte(group>>4))
	case 3:
		return append(dst, byte(group>>10), byte(group>>2))
	}
	return dst
}
