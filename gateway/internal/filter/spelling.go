package filter

import (
	"encoding/binary"
	"math/bits"

	"golang.org/x/net/idna"
)

// maxLabels has a name of maxName bytes.
const maxLabels = (maxName + 1) / 2

// spelling is a name in the form in which lists have it.
type spelling struct {
	buf    [maxName + 3]byte // read in words of eight
	at     [maxLabels + 1]uint8
	labels int // at says where each begins
}

const (
	ones  = 0x0101010101010101
	highs = ones << 7
)

// small makes the letters among eight characters of ASCII small (RFC 4343).
func small(x uint64) uint64 {
	upper := ((x + (0x80-'A')*ones) ^ (x + (0x7f-'Z')*ones)) & highs
	return x | upper>>2
}

// dotsOf are the high bits of those of eight characters of ASCII that are dots.
func dotsOf(x uint64) uint64 {
	y := x ^ '.'*ones
	return ^(y + 0x7f*ones) & highs // no carry: all are below 0x80
}

// read copies a name in small letters, without its last dot, labels of other writing in
// their ASCII form (RFC 5890), and finds its labels. whole is false for one that is longer
// than any name: its end is given.
func (s *spelling) read(name []byte) (n []byte, whole bool) {
	n, whole, plain := s.copy(name)
	if !plain {
		if a, err := idna.Lookup.ToASCII(string(name)); err == nil {
			n, whole, _ = s.copy([]byte(a))
		}
	}
	return n, whole
}

// copy is read without the other writing; plain is false where there is any in n.
func (s *spelling) copy(name []byte) (n []byte, whole, plain bool) {
	if n := len(name); n > 0 && name[n-1] == '.' {
		name = name[:n-1]
	}
	whole, plain = len(name) <= maxName, true
	if !whole {
		name = name[len(name)-maxName:]
	}
	n = s.buf[:len(name)]
	s.at[0], s.labels = 0, min(len(name), 1)
	i := 0
	for ; i+8 <= len(name); i += 8 {
		x := binary.LittleEndian.Uint64(name[i:])
		if x&highs != 0 {
			break // one by one
		}
		binary.LittleEndian.PutUint64(s.buf[i:], small(x))
		for dots := dotsOf(x); dots != 0; dots &= dots - 1 {
			s.label(i + bits.TrailingZeros64(dots)>>3 + 1)
		}
	}
	for ; i < len(name); i++ {
		c := name[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		plain = plain && c < 0x80
		n[i] = c
		if c == '.' {
			s.label(i + 1)
		}
	}
	return n, whole, plain
}

// label notes where one begins. Empty ones, which no name has, are left out: there could be
// more than at holds.
func (s *spelling) label(at int) {
	if last := s.labels - 1; last >= 0 && int(s.at[last]) == at-1 {
		s.at[last] = uint8(at)
		return
	}
	s.at[s.labels] = uint8(at)
	s.labels++
}
