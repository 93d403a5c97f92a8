package octets

import "unicode/utf8"

// Text makes bytes fit for records as the field's sensors do: as they are when they are
// UTF-8, else with what is not printable as \xff.
func Text(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	const hex = "0123456789abcdef"
	out := make([]byte, 0, len(b)+16)
	for _, c := range b {
		if c < 0x20 || c > 0x7e {
			out = append(out, '\\', 'x', hex[c>>4], hex[c&15])
		} else {
			out = append(out, c)
		}
	}
	return string(out)
}
