package uri

// Best fit: the byte that a server of one-byte letters (Windows code page 1252) takes
// for a code point. Paths are compared that way, so that "ｅｔｃ" is "etc".

// unknownLetter stands for a code point that no byte fits.
const unknownLetter = '?'

// extendedA are the fits of U+0100 to U+017F, Latin Extended-A.
const extendedA = "AaAaAaCcCcCcCcDd\xd0dEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIi??JjKk?LlLlLl" +
	"??LlNnNnNn???OoOoOo\x8c\x9cRrRrRrSsSsSs\x8a\x9aTtTtTtUuUuUuUuUuUuWwYy\x9fZzZz\x8e\x9e?"

// bestFit returns the byte for a code point.
func bestFit(r rune) byte {
	switch {
	case r < 0x100:
		return byte(r)
	case r < 0x180:
		return extendedA[r-0x100]
	case r > 0xff00 && r <= 0xff5e: // full width
		return byte(r - 0xff00 + 0x20)
	}
	switch r {
	case 0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x3000:
		return ' '
	case 0x2010, 0x2011:
		return '-'
	case 0x2044, 0x2215:
		return '/'
	case 0x2216:
		return '\\'
	case 0x2024:
		return '.'
	}
	return unknownLetter
}

// fitLetters takes the best fit of letters in UTF-8 in place and returns the length.
// A letter may be written longer than it needs: old servers read "%c0%af" as "/".
// Bytes that are no UTF-8 stay.
func fitLetters(b []byte) int {
	w := 0
	for i := 0; i < len(b); {
		r, n := rune(b[i]), 1
		if r >= 0x80 {
			if r, n = letter(b[i:]); n > 1 {
				b[w] = bestFit(r)
				w, i = w+1, i+n
				continue
			}
		}
		b[w] = b[i]
		w, i = w+1, i+1
	}
	return w
}

// letter reads a code point in UTF-8 of two to four bytes, overlong or not; n is 1
// when there is none.
func letter(b []byte) (r rune, n int) {
	switch c := b[0]; {
	case c >= 0xc0 && c < 0xe0:
		r, n = rune(c&0x1f), 2
	case c >= 0xe0 && c < 0xf0:
		r, n = rune(c&0x0f), 3
	case c >= 0xf0 && c < 0xf8:
		r, n = rune(c&0x07), 4
	default:
		return 0, 1
	}
	if len(b) < n {
		return 0, 1
	}
	for _, c := range b[1:n] {
		if c&0xc0 != 0x80 {
			return 0, 1
		}
		r = r<<6 | rune(c&0x3f)
	}
	return r, n
}

func lower(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		b += 'a' - 'A'
	}
	return b
}
