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
