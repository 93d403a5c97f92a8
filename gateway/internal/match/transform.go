package match

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"

	"otasuke/rule"
)

// transformed returns data as the variant shows it. The result lies in the
// scratch and is good until the same variant is asked again.
func (s *Set) transformed(sc *Scratch, v uint16, data []byte) []byte {
	list := s.variants[v].transforms
	if len(list) == 0 {
		return data
	}
	for _, t := range list {
		// Each step reads one of two buffers and writes the other.
		out := transform(sc.swap[:0], t, data)
		sc.swap, sc.shown[v] = sc.shown[v], out
		data = out
	}
	return data
}

func transform(dst []byte, t rule.Transform, data []byte) []byte {
	switch t.Kind {
	case rule.DotPrefix:
		return append(append(dst, '.'), data...)
	case rule.ToLower, rule.HeaderLowercase:
		if t.Kind == rule.HeaderLowercase {
			return lowerHeaderNames(dst, data)
		}
		for _, c := range data {
			dst = append(dst, lower[c])
		}
	case rule.ToUpper:
		for _, c := range data {
			if c >= 'a' && c <= 'z' {
				c &^= 0x20
			}
			dst = append(dst, c)
		}
	case rule.URLDecode:
		return urlDecode(dst, data)
	case rule.StripWhitespace, rule.CompressWhitespace:
		return whitespace(dst, data, t.Kind == rule.CompressWhitespace)
	case rule.StripPseudoHeaders:
		return stripPseudoHeaders(dst, data)
	case rule.ToMD5:
		sum := md5.Sum(data)
		return append(dst, sum[:]...)
	case rule.ToSHA1:
		sum := sha1.Sum(data)
		return append(dst, sum[:]...)
	case rule.ToSHA256:
		sum := sha256.Sum256(data)
		return append(dst, sum[:]...)
	case rule.XOR:
		for i, c := range data {
			dst = append(dst, c^t.Key[i%len(t.Key)])
		}
	case rule.FromBase64:
		return appendBase64(dst, data)
	}
	return dst
}

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

func whitespace(dst, data []byte, keepOne bool) []byte {
	before := false
	for _, c := range data {
		space := isSpace(c)
		if !space || keepOne && !before {
			dst = append(dst, c)
		}
		before = space
	}
	return dst
}

func urlDecode(dst, data []byte) []byte {
	digit := func(c byte) int { return bytes.IndexByte([]byte("0123456789abcdef"), lower[c]) }
	for i := 0; i < len(data); i++ {
		c := data[i]
		switch {
		case c == '+':
			c = ' '
		case c == '%' && i+2 < len(data):
			if h, l := digit(data[i+1]), digit(data[i+2]); h >= 0 && l >= 0 {
				c = byte(h<<4 | l)
				i += 2
			}
		}
		dst = append(dst, c)
	}
	return dst
}

// lowerHeaderNames lowers each line up to its colon.
func lowerHeaderNames(dst, data []byte) []byte {
	name := true
	for _, c := range data {
		switch c {
		case ':':
			name = false
		case '\n':
			name = true
		}
		if name {
			c = lower[c]
		}
		dst = append(dst, c)
	}
	return dst
}

// stripPseudoHeaders leaves out the lines that begin with a colon (HTTP/2).
func stripPseudoHeaders(dst, data []byte) []byte {
	for line := range bytes.Lines(data) {
		if line[0] != ':' {
			dst = append(dst, line...)
		}
	}
	return dst
}
