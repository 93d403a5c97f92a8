package qr

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// The check codewords of a message that many textbooks work out by hand.
func TestCheckCodewords(t *testing.T) {
	t.Parallel()
	got := check([]byte{32, 91, 11, 120, 209, 114, 220, 77, 67, 64, 236, 17, 236, 17, 236, 17}, 10)
	if want := []byte{196, 35, 39, 119, 235, 215, 231, 226, 93, 23}; !bytes.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// Format and version bits as annexes C and D of the standard print them.
func TestFormatAndVersionBits(t *testing.T) {
	t.Parallel()
	for mask, want := range map[int]int{0: 0b101010000010010, 3: 0b101101101001011, 5: 0b100000011001110, 7: 0b100101010100000} {
		if got := (mask<<10 | remainder(mask<<10, 0x537, 10)) ^ 0x5412; got != want {
			t.Errorf("mask %d: %015b, want %015b", mask, got, want)
		}
	}
	for version, want := range map[int]int{7: 0x07c94, 8: 0x085bc, 9: 0x09a99, 10: 0x0a4d3} {
		if got := version<<12 | remainder(version<<12, 0x1f25, 12); got != want {
			t.Errorf("version %d: %05x, want %05x", version, got, want)
		}
	}
}

// Every length of text comes back out of the picture, read as a scanner reads it.
func TestScannersReadIt(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("otpauth://totp/お助け?secret=GEZDGNBV&", 8)
	sizes := map[int]bool{}
	for n := range MaxBytes + 1 {
		c, err := Encode(text[:n])
		if err != nil {
			t.Fatalf("%d bytes: %v", n, err)
		}
		sizes[c.Size] = true
		if got := read(t, c); got != text[:n] {
			t.Fatalf("%d bytes: read %q", n, got)
		}
	}
	if len(sizes) != 10 {
		t.Errorf("%d versions were made", len(sizes))
	}
	if _, err := Encode(text[:MaxBytes+1]); !errors.Is(err, ErrTooLong) {
		t.Errorf("too long: %v", err)
	}
}

// read takes a code apart: format, mask, zigzag, blocks, syndromes, text.
func read(t *testing.T, c *Code) string {
	t.Helper()
	version := (c.Size - 17) / 4
	format := 0
	for i, at := range [][2]int{{8, 0}, {8, 1}, {8, 2}, {8, 3}, {8, 4}, {8, 5}, {8, 7}, {8, 8}, {7, 8}, {5, 8}, {4, 8}, {3, 8}, {2, 8}, {1, 8}, {0, 8}} {
		if c.Black(at[0], at[1]) {
			format |= 1 << i
		}
	}
	format ^= 0x5412
	if format>>13 != 0 {
		t.Fatalf("level %b", format>>13)
	}
	mask := format >> 10 & 7
	s := &shapes[version]
	reserved := func(x, y int) bool {
		switch {
		case x < 9 && y < 9, x >= c.Size-8 && y < 9, x < 9 && y >= c.Size-8, x == 6, y == 6:
			return true
		case version >= 7 && (x >= c.Size-11 && y < 6 || y >= c.Size-11 && x < 6):
			return true
		}
		for i, ay := range s.align {
			for j, ax := range s.align {
				corner := i == 0 && (j == 0 || j == len(s.align)-1) || i == len(s.align)-1 && j == 0
				if !corner && abs(x-ax) <= 2 && abs(y-ay) <= 2 {
					return true
				}
			}
		}
		return false
	}
	var raw []byte
	n := 0
	for pair, right := 0, c.Size-1; right > 0; pair, right = pair+1, right-2 {
		if right == 6 {
			right = 5
		}
		for k := range c.Size {
			y := k
			if pair%2 == 0 {
				y = c.Size - 1 - k
			}
			for x := right; x >= right-1; x-- {
				if reserved(x, y) {
					continue
				}
				if n%8 == 0 {
					raw = append(raw, 0)
				}
				if c.Black(x, y) != masks[mask](y, x) {
					raw[n/8] |= 0x80 >> (n % 8)
				}
				n++
			}
		}
	}
	raw = raw[:s.total]
	blocks := make([][]byte, s.blocks)
	short := s.data() / s.blocks
	for i := range short + 1 {
		for b := range blocks {
			if i < short || b >= s.blocks-s.data()%s.blocks {
				blocks[b] = append(blocks[b], raw[0])
				raw = raw[1:]
			}
		}
	}
	var data []byte
	for b := range blocks {
		data = append(data, blocks[b]...)
	}
	for i := range s.check * s.blocks {
		blocks[i%s.blocks] = append(blocks[i%s.blocks], raw[i])
	}
	for b, block := range blocks {
		for i := range s.check {
			var sum byte
			for _, v := range block {
				sum = times(sum, exp[i]) ^ v
			}
			if sum != 0 {
				t.Fatalf("version %d block %d: syndrome %d is %d", version, b, i, sum)
			}
		}
	}
	if data[0]>>4 != 4 {
		t.Fatalf("mode %d", data[0]>>4)
	}
	at := func(i int) byte { return data[i]<<4 | data[i+1]>>4 }
	length, from := int(at(0)), 1
	if version == 10 {
		length, from = length<<8|int(at(1)), 2
	}
	out := make([]byte, length)
	for i := range out {
		out[i] = at(from + i)
	}
	return string(out)
}

func TestPathCoversTheBlackModules(t *testing.T) {
	t.Parallel()
	c, err := Encode("otasuke")
	if err != nil {
		t.Fatal(err)
	}
	if p := c.Path(); c.Side() != 29 || !strings.HasPrefix(p, "M4 4h7v1h-7z") {
		t.Errorf("side %d, %.40s", c.Side(), p)
	}
}

func FuzzEncode(f *testing.F) {
	f.Add("")
	f.Add("https://portal.example.jp/claim")
	f.Add(strings.Repeat("\x00\xff", 100))
	f.Fuzz(func(t *testing.T, s string) {
		c, err := Encode(s)
		if err != nil {
			if len(s) <= MaxBytes {
				t.Fatal(err)
			}
			return
		}
		if got := read(t, c); got != s {
			t.Errorf("%q was read as %q", s, got)
		}
	})
}
