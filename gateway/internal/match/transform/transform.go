package transform

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"io"
	"regexp"

	"golang.org/x/net/publicsuffix"

	"otasuke/rule"
)

// List is what a rule does to a buffer before it looks at it, made ready.
type List struct {
	steps    []rule.Transform
	rewrites []*regexp.Regexp // of those that rewrite, by place
}

// Compile makes a list ready. Its expressions were checked when the rule was read.
func Compile(list []rule.Transform) List {
	l := List{steps: list, rewrites: make([]*regexp.Regexp, len(list))}
	for i, t := range list {
		if t.Kind == rule.Rewrite {
			l.rewrites[i], _ = regexp.Compile(t.Key)
		}
	}
	return l
}

// Empty tells that the buffer is looked at as it is.
func (l *List) Empty() bool { return len(l.steps) == 0 }

// Apply returns data as the list shows it, in *shown; *swap is working memory. data
// itself is returned by an empty list.
func (l *List) Apply(shown, swap *[]byte, data []byte) []byte {
	for i, t := range l.steps {
		// Each step reads one of two buffers and writes the other.
		var out []byte
		if t.Kind == rule.Rewrite {
			out = rewrite((*swap)[:0], l.rewrites[i], data)
		} else {
			out = apply((*swap)[:0], t, data)
		}
		*swap, *shown = *shown, out
		data = out
	}
	return data
}

func apply(dst []byte, t rule.Transform, data []byte) []byte {
	switch t.Kind {
	case rule.DotPrefix:
		return append(append(dst, '.'), data...)
	case rule.ToLower, rule.HeaderLowercase:
		if t.Kind == rule.HeaderLowercase {
			return lowerHeaderNames(dst, data)
		}
		for _, c := range data {
			dst = append(dst, lower(c))
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
		return fromBase64(dst, t, data)
	case rule.Domain, rule.TLD:
		return appendDomain(dst, data, t.Kind == rule.TLD)
	case rule.Gunzip, rule.Inflate:
		return inflate(dst, t, data)
	}
	return dst
}

// rewrite gives the first group of the first match, nothing without one.
func rewrite(dst []byte, e *regexp.Regexp, data []byte) []byte {
	if e == nil {
		return dst
	}
	if m := e.FindSubmatchIndex(data); len(m) >= 4 && m[2] >= 0 {
		return append(dst, data[m[2]:m[3]]...)
	}
	return dst
}

// fromBase64 decodes as the mode asks: strict takes nothing but the alphabet, RFC 2045
// passes other signs over, RFC 4648 ends at the first of them.
func fromBase64(dst []byte, t rule.Transform, data []byte) []byte {
	if t.Offset > len(data) {
		return append(dst, data...)
	}
	data = data[t.Offset:]
	if t.Bytes > 0 && t.Bytes < len(data) {
		data = data[:t.Bytes]
	}
	switch t.Mode {
	case "strict":
		if bytes.IndexFunc(bytes.TrimRight(data, "="), notBase64) >= 0 {
			return dst
		}
	case "rfc2045":
		data = bytes.Map(func(c rune) rune {
			if c != '=' && notBase64(c) {
				return -1
			}
			return c
		}, data)
	}
	return AppendBase64(dst, data)
}

// notBase64 tells that a sign is none of the alphabet (RFC 4648 section 4).
func notBase64(c rune) bool {
	return c != '+' && c != '/' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z')
}

// appendDomain gives the public suffix of a host name, or the name registered under it.
func appendDomain(dst, data []byte, suffix bool) []byte {
	name := string(data)
	tld, _ := publicsuffix.PublicSuffix(name)
	if suffix {
		return append(dst, tld...)
	}
	if own, err := publicsuffix.EffectiveTLDPlusOne(name); err == nil {
		return append(dst, own...)
	}
	return dst
}

// maxInflated bounds what a compressed buffer becomes when the rule does not say.
const maxInflated = 1 << 10

// inflate takes a compression off; what does not decode is nothing.
func inflate(dst []byte, t rule.Transform, data []byte) []byte {
	var r io.Reader
	var err error
	if t.Kind == rule.Gunzip {
		r, err = gzip.NewReader(bytes.NewReader(data))
	} else {
		r, err = zlib.NewReader(bytes.NewReader(data))
	}
	if err != nil {
		return dst
	}
	limit := t.Bytes
	if limit == 0 {
		limit = maxInflated
	}
	out := bytes.NewBuffer(dst)
	_, _ = io.Copy(out, io.LimitReader(r, int64(limit))) // a cut stream decodes up to the cut
	return out.Bytes()
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
	digit := func(c byte) int { return bytes.IndexByte([]byte("0123456789abcdef"), lower(c)) }
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
			c = lower(c)
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

// lower is c in lower case, for ASCII.
func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		c |= 0x20
	}
	return c
}
