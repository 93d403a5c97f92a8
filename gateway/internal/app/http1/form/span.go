package form

import (
	"bytes"

	"otasuke/internal/ascii"
)

// Range is what a Content-Range says; -1 is unknown.
type Range struct{ Start, End, Size int64 }

// ParseRange reads a Content-Range (RFC 9110 section 14.4).
func ParseRange(v []byte) (r Range, ok bool) {
	v = bytes.Trim(v, space)
	if len(v) < 5 || !ascii.EqualFold(v[:5], "bytes") {
		return r, false
	}
	v = bytes.Trim(v[5:], space)
	span, size, found := bytes.Cut(v, []byte("/"))
	if !found {
		return r, false
	}
	r.Size = -1
	if string(size) != "*" {
		if r.Size, ok = number(size); !ok {
			return r, false
		}
	}
	if string(span) == "*" {
		return Range{-1, -1, r.Size}, r.Size >= 0
	}
	start, end, found := bytes.Cut(span, []byte("-"))
	var okStart, okEnd bool
	r.Start, okStart = number(start)
	r.End, okEnd = number(end)
	return r, found && okStart && okEnd
}

// number reads digits and nothing else.
func number(b []byte) (n int64, ok bool) {
	for _, ch := range b {
		if ch < '0' || ch > '9' || n > (1<<63-1-9)/10 {
			return 0, false
		}
		n = n*10 + int64(ch-'0')
	}
	return n, len(b) > 0
}
