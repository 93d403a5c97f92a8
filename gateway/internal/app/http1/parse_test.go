package http1

import "testing"

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
