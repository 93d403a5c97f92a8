package qr

import (
	"errors"
	"fmt"
	"strings"
)

// ErrTooLong: more than [MaxBytes].
var ErrTooLong = errors.New("qr: too long")

// MaxBytes is what version 10-M holds.
const MaxBytes = 213

// quiet is the white border that scanners need, in modules (ISO/IEC 18004 9.1).
const quiet = 4

// shape of a version at level M (ISO/IEC 18004 tables 1, 9 and E.1).
type shape struct {
	total, blocks, check int // codewords in all, blocks, check codewords of a block
	align                []int
}

var shapes = [...]shape{
	1: {26, 1, 10, nil}, 2: {44, 1, 16, []int{6, 18}}, 3: {70, 1, 26, []int{6, 22}}, 4: {100, 2, 18, []int{6, 26}}, 5: {134, 2, 24, []int{6, 30}},
	6: {172, 4, 16, []int{6, 34}}, 7: {196, 4, 18, []int{6, 22, 38}}, 8: {242, 4, 22, []int{6, 24, 42}}, 9: {292, 5, 22, []int{6, 26, 46}}, 10: {346, 5, 26, []int{6, 28, 50}},
}

func (s *shape) data() int { return s.total - s.blocks*s.check }

// Code is a square of black and white modules, without its white border.
type Code struct {
	Size  int // modules on a side: 21 to 57
	black []bool
	fixed []bool // patterns and their places, which carry no data
}

// Black says whether the module in column x and row y is black; outside all is white.
func (c *Code) Black(x, y int) bool {
	return x >= 0 && y >= 0 && x < c.Size && y < c.Size && c.black[y*c.Size+x]
}

// Path is the black modules as a path of SVG, for a viewBox of [Code.Side].
func (c *Code) Path() string {
	var b strings.Builder
	for y := range c.Size {
		for x := 0; x < c.Size; x++ {
			n := 0
			for c.Black(x+n, y) {
				n++
			}
			if n > 0 {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", x+quiet, y+quiet, n, n)
				x += n
			}
		}
	}
	return b.String()
}

// Side is the length of the whole square with its border.
func (c *Code) Side() int { return c.Size + 2*quiet }

// Encode makes the smallest code for a text.
func Encode(text string) (*Code, error) {
	version := 1
	for ; version < len(shapes); version++ {
		if 4+countBits(version)+8*len(text) <= 8*shapes[version].data() {
			break
		}
	}
	if version == len(shapes) {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrTooLong, len(text), MaxBytes)
	}
	s := &shapes[version]
	c := &Code{Size: 17 + 4*version}
	c.black, c.fixed = make([]bool, c.Size*c.Size), make([]bool, c.Size*c.Size)
	c.patterns(version, s)
	c.place(interleave(codewords(text, version, s), s))
	best, least := 0, -1
	for mask := range len(masks) {
		c.mask(mask)
		c.format(mask)
		if p := c.penalty(); least < 0 || p < least {
			best, least = mask, p
		}
		c.mask(mask) // and back
	}
	c.mask(best)
	c.format(best)
	return c, nil
}

// countBits of the length's field in byte mode (table 3).
func countBits(version int) int {
	if version < 10 {
		return 8
	}
	return 16
}

// codewords are mode, length, text and padding (7.4).
func codewords(text string, version int, s *shape) []byte {
	var bits []bool
	put := func(v, n int) {
		for i := n - 1; i >= 0; i-- {
			bits = append(bits, v>>i&1 == 1)
		}
	}
	put(4, 4) // byte mode
	put(len(text), countBits(version))
	for i := range len(text) {
		put(int(text[i]), 8)
	}
	put(0, min(4, 8*s.data()-len(bits)))
	put(0, (8-len(bits)%8)%8)
	out := make([]byte, len(bits)/8, s.data())
	for i, b := range bits {
		if b {
			out[i/8] |= 0x80 >> (i % 8)
		}
	}
	for pad := byte(0xec); len(out) < s.data(); pad ^= 0xec ^ 0x11 {
		out = append(out, pad)
	}
	return out
}

// interleave cuts data into blocks, adds their check codewords and mixes them (7.6). Longer
// blocks come last.
func interleave(data []byte, s *shape) []byte {
	short := s.data() / s.blocks
	long := s.data() % s.blocks
	var blocks, checks [][]byte
	for i := range s.blocks {
		n := short
		if i >= s.blocks-long {
			n++
		}
		blocks, checks = append(blocks, data[:n]), append(checks, check(data[:n], s.check))
		data = data[n:]
	}
	out := make([]byte, 0, s.total)
	for i := range short + 1 {
		for _, b := range blocks {
			if i < len(b) {
				out = append(out, b[i])
			}
		}
	}
	for i := range s.check {
		for _, b := range checks {
			out = append(out, b[i])
		}
	}
	return out
}

// place writes the bits in two columns at a time, upwards and downwards (7.7.3).
func (c *Code) place(data []byte) {
	i, up := 0, true
	for right := c.Size - 1; right > 0; right -= 2 {
		if right == 6 { // the timing pattern's column
			right--
		}
		for n := range c.Size {
			y := n
			if up {
				y = c.Size - 1 - n
			}
			for _, x := range [2]int{right, right - 1} {
				if at := y*c.Size + x; !c.fixed[at] {
					c.black[at] = i < 8*len(data) && data[i/8]>>(7-i%8)&1 == 1
					i++
				}
			}
		}
		up = !up
	}
}
