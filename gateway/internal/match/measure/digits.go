package measure

import "otasuke/internal/ascii"

// maxDigits is how many digits are read when the rule does not say.
const maxDigits = 23

// Digits reads a number written in text; used is 0 when there is none.
func Digits(b []byte, n, base int) (v uint64, used int) {
	if n == 0 || n > maxDigits {
		n = maxDigits
	}
	n = min(n, len(b))
	i := 0
	for i < n && (b[i] == ' ' || b[i] == '\t') {
		i++
	}
	if base == 16 && i+2 < n && b[i] == '0' && ascii.Lower[b[i+1]] == 'x' {
		i += 2
	}
read:
	for ; i < n; i++ {
		d := 99
		switch c := ascii.Lower[b[i]]; {
		case c >= '0' && c <= '9':
			d = int(c - '0')
		case c >= 'a' && c <= 'f':
			d = int(c-'a') + 10
		}
		if d >= base {
			break read
		}
		v, used = v*uint64(base)+uint64(d), i+1
	}
	return v, used
}
