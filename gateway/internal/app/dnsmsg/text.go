package dnsmsg

import (
	"unicode/utf8"

	"otasuke/gateway/internal/eve/object"
)

// text makes bytes fit for JSON: what is no UTF-8 has all bytes beyond ASCII as "\\xNN".
func text(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	const digits = "0123456789abcdef"
	out := make([]byte, 0, len(b)+16)
	for _, c := range b {
		if c < utf8.RuneSelf {
			out = append(out, c)
		} else {
			out = append(out, '\\', 'x', digits[c>>4], digits[c&15])
		}
	}
	return string(out)
}

// quoted writes text as JSON.
func quoted(b, s []byte) []byte {
	if !utf8.Valid(s) {
		return object.Quote(b, text(s))
	}
	return object.Quote(b, s)
}
