package http1

import "testing"

func TestRanges(t *testing.T) {
	t.Parallel()
	for v, want := range map[string]struct {
		r  byteRange
		ok bool
	}{
		"bytes 0-9/100":                  {byteRange{0, 9, 100}, true},
		"Bytes=5-9/*":                    {byteRange{}, false},
		"bytes 5-9/*":                    {byteRange{5, 9, -1}, true},
		"bytes */100":                    {byteRange{-1, -1, 100}, true},
		"bytes 0--5/*":                   {byteRange{}, false},
		"bytes foo-bar/baz":              {byteRange{}, false},
		"bytes 0-9":                      {byteRange{}, false},
		"bytes 0-9/99999999999999999999": {byteRange{}, false},
	} {
		if r, ok := parseRange([]byte(v)); ok != want.ok || ok && r != want.r {
			t.Errorf("%q: %v %v", v, r, ok)
		}
	}
}

func TestProtocols(t *testing.T) {
	t.Parallel()
	for v, want := range map[string]protocol{
		"HTTP/1.1": http11, "http/1.0": http10, "HTTP/0.9": http09, " HTTP / 1.1 ": http11, "HTTP/01.1": http11,
		"HTTP/1.10": httpInvalid, "HTTP/2.0": httpInvalid, "HTTP": httpInvalid, "": httpInvalid, "HTTP/1.1x": httpInvalid,
	} {
		if got := parseProtocol([]byte(v)); got != want {
			t.Errorf("%q is %d", v, got)
		}
	}
}
