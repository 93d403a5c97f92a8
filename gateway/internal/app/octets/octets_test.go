package octets

import (
	"bytes"
	"strings"
	"testing"
)

func TestCursor(t *testing.T) {
	c := New([]byte{1, 2, 3, 4, 5, 6, 7, 8, 9})
	if c.U8() != 1 || c.U16() != 0x203 || c.U16LE() != 0x504 || c.At() != 5 || c.Len() != 4 || !bytes.Equal(c.Peek(9), []byte{6, 7, 8, 9}) {
		t.Error("numbers")
	}
	s := c.Sub(3)
	if !bytes.Equal(s.Rest(), []byte{6, 7, 8}) || !s.OK() || s.U32() != 0 || s.OK() {
		t.Error("a part")
	}
	if !c.OK() {
		t.Error("a part's failure is its own")
	}
	for name, ask := range map[string]func(*Cursor){
		"behind the end": func(c *Cursor) { c.U32() }, "negative": func(c *Cursor) { c.Take(-1) }, "huge": func(c *Cursor) { c.Skip(1 << 62) },
		"part too long": func(c *Cursor) {
			if s := c.Sub(2); s.OK() {
				t.Error("part is whole")
			}
		},
	} {
		d := c
		if ask(&d); d.OK() || d.U8() != 0 || d.Len() != 0 {
			t.Error(name, "is not refused for good")
		}
	}
}

// lines takes words up to ";" and ends at "!".
func lines(got *[]string) func(b []byte) (int, int) {
	return func(b []byte) (int, int) {
		if b[0] == '!' {
			return 0, 0
		}
		i := bytes.IndexByte(b, ';')
		if i < 0 {
			return 0, len(b) + 1
		}
		*got = append(*got, string(b[:i]))
		return i + 1, 0
	}
}

func TestBuffer(t *testing.T) {
	const text = "one;two;;three;!lost;four;"
	for n := 1; n < len(text); n++ {
		var g Buffer
		var got []string
		for b := []byte("one;two;;three;rest"); len(b) > 0; {
			k := min(n, len(b))
			g.Feed(b[:k], lines(&got))
			b = b[k:]
		}
		if s := strings.Join(got, ","); s != "one,two,,three" || g.Len() != 4 {
			t.Error(n, s, g.Len())
		}
	}
	var g Buffer
	var got []string
	g.Feed([]byte("one;!lost;"), lines(&got))
	g.Feed([]byte("two;"), lines(&got))
	if s := strings.Join(got, ","); s != "one,two" {
		t.Error(s)
	}
}

// TestNeed: parse is not asked again before what it needs is there.
func TestNeed(t *testing.T) {
	var g Buffer
	asked := 0
	for range 1000 {
		g.Feed([]byte("x"), func(b []byte) (int, int) {
			asked++
			if len(b) < 1000 {
				return 0, 1000
			}
			return len(b), 0
		})
	}
	if asked != 2 || g.Len() != 0 {
		t.Error(asked, g.Len())
	}
}

func TestText(t *testing.T) {
	for in, want := range map[string]string{"plain": "plain", "é\n": "é\n", "a\xa0\x00": `a\xa0\x00`} {
		if got := Text([]byte(in)); got != want {
			t.Errorf("%q", got)
		}
	}
}

// FuzzCursor: no steps lead outside; a cursor that has failed stays so.
func FuzzCursor(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 5, 6, 7, 8, 9}, []byte{0, 1, 2, 3, 4, 5, 6, 200})
	f.Fuzz(func(t *testing.T, b, steps []byte) {
		c := New(b)
		for _, s := range steps {
			ok := c.OK()
			switch s % 8 {
			case 0:
				c.U8()
			case 1:
				c.U16()
			case 2:
				c.U16LE()
			case 3:
				c.U32()
			case 4:
				c.Take(int(int8(s)))
			case 5:
				c.Skip(int(s))
			case 6:
				sub := c.Sub(int(s >> 3))
				sub.Rest()
			default:
				c.Peek(int(s))
			}
			if c.At() > len(b) || c.Len() > len(b) || !ok && (c.OK() || c.Len() != 0) {
				t.Fatalf("at %d of %d, %v", c.At(), len(b), c.OK())
			}
		}
	})
}

// FuzzBuffer: what is found does not depend on the cut, up to where reading ends: from
// there on whoever calls must give nothing more.
func FuzzBuffer(f *testing.F) {
	f.Add([]byte("one;two;;three;!lost;four;"), uint8(3))
	f.Fuzz(func(t *testing.T, b []byte, cut uint8) {
		b, _, _ = bytes.Cut(b, []byte("!"))
		feed := func(n int) string {
			var g Buffer
			var got []string
			for b := bytes.Clone(b); len(b) > 0; {
				k := min(max(n, 1), len(b))
				g.Feed(b[:k], lines(&got))
				b = b[k:]
			}
			return strings.Join(got, ",")
		}
		if whole, pieces := feed(len(b)), feed(int(cut)); whole != pieces {
			t.Errorf("whole %q, in pieces %q", whole, pieces)
		}
	})
}
