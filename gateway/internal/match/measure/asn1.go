package measure

import "otasuke/rule"

// maxValues bounds the values looked at: a rule must not hold a packet for long.
const maxValues = 256

// Tags of the universal class (X.680 section 8.6).
const (
	bitString = 3
	real      = 9
)

// longReal is the length of a decimal real number that no honest sender needs.
const longReal = 256

// Overflows tells whether one of the values from b[at] on is what the rule looks for.
func Overflows(b []byte, at int, m *rule.ASN1) bool {
	if at < 0 {
		return false
	}
	for range maxValues {
		tag, constructed, universal, size, body, ok := head(b, at)
		if !ok {
			return m.Oversize > 0 && body > 0 && size > m.Oversize
		}
		rest := b[min(body, len(b)):min(body+size, len(b))]
		switch {
		case m.Oversize > 0 && size > m.Oversize:
			return true
		case m.Bits && universal && !constructed && tag == bitString && len(rest) > 0 && (rest[0] > 7 || rest[0] > 0 && size == 1):
			return true
		case m.Double && universal && !constructed && tag == real && len(rest) > 0 && rest[0]&0xc0 == 0 && size > longReal:
			return true
		}
		if at = body; !constructed {
			at += size
		}
	}
	return false
}

// head reads tag and length at b[at]; body is where the contents begin. A length of more than
// four octets is no length, but is told as the largest.
func head(b []byte, at int) (tag int, constructed, universal bool, size, body int, ok bool) {
	if at+2 > len(b) {
		return 0, false, false, 0, 0, false
	}
	tag, constructed, universal = int(b[at]&0x1f), b[at]&0x20 != 0, b[at]&0xc0 == 0
	at++
	if tag == 0x1f { // more octets of the tag follow
		for at < len(b) && b[at]&0x80 != 0 {
			at++
		}
		if at++; at >= len(b) {
			return 0, false, false, 0, 0, false
		}
	}
	size, at = int(b[at]), at+1
	if size < 0x80 {
		return tag, constructed, universal, size, at, true
	}
	n := size & 0x7f
	if n == 0 { // the end is marked
		return tag, constructed, universal, 0, at, true
	}
	if n > 4 || at+n > len(b) {
		return tag, constructed, universal, 1 << 31, at, false
	}
	size = 0
	for _, c := range b[at : at+n] {
		size = size<<8 | int(c)
	}
	return tag, constructed, universal, size, at + n, true
}
