package literal

import (
	"bytes"

	"otasuke/internal/ascii"
)

// HasPrefix compares b, or its beginning, with a pattern, which is in lower case when
// nocase is set.
func HasPrefix(b, pattern []byte, nocase bool) bool {
	if len(b) < len(pattern) {
		return false
	}
	if !nocase {
		return bytes.Equal(b[:len(pattern)], pattern)
	}
	for i, c := range pattern {
		if ascii.Lower[b[i]] != c {
			return false
		}
	}
	return true
}

// Index finds a pattern, which is in lower case when nocase is set.
func Index(b, pattern []byte, nocase bool) int {
	if !nocase {
		return bytes.Index(b, pattern)
	}
	n := len(pattern)
	first, last := pattern[0], pattern[n-1]
	for i := 0; i+n <= len(b); i++ {
		if ascii.Lower[b[i]] == first && ascii.Lower[b[i+n-1]] == last && HasPrefix(b[i:], pattern, true) {
			return i
		}
	}
	return -1
}
