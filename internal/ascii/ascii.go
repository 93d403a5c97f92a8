// Package ascii compares and changes the case of bytes as network protocols do: only the
// letters A to Z have another case. Those of Unicode's rules in the standard library take a
// Kelvin sign for a K and replace bytes that are no UTF-8, which a server does not.
//
// Pure. Callers: whoever reads bytes from the wire.
package ascii

// Lower is each byte in lower case.
var Lower = func() (t [256]byte) {
	for i := range t {
		t[i] = byte(i)
		if i >= 'A' && i <= 'Z' {
			t[i] = byte(i) | 0x20
		}
	}
	return t
}()

// ToLower returns a copy in lower case.
func ToLower(b []byte) []byte {
	out := make([]byte, len(b))
	for i, c := range b {
		out[i] = Lower[c]
	}
	return out
}

// ToUpper returns a copy in upper case.
func ToUpper(b []byte) []byte {
	out := ToLower(b)
	for i, c := range out {
		if c >= 'a' && c <= 'z' {
			out[i] = c &^ 0x20
		}
	}
	return out
}

// EqualFold tells that a and b differ in the case of letters at most.
func EqualFold[A, B ~[]byte | ~string](a A, b B) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if Lower[a[i]] != Lower[b[i]] {
			return false
		}
	}
	return true
}
