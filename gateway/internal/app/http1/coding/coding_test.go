package coding

import (
	"bytes"
	"compress/gzip"
	"testing"
)

// taker takes at most limit bytes.
type taker struct {
	bytes.Buffer
	limit  int
	broken bool
}

func (k *taker) Plain(b []byte) bool { k.Write(b); return k.Len() < k.limit }
func (k *taker) Broken()             { k.broken = true }

func undo(p *Pool, codings string, body []byte, cut, limit int) *taker {
	k := &taker{limit: limit}
	var c Chain
	c.Response([]byte(codings), 3, p, k)
	for len(body) > 0 && c.Any() {
		n := min(cut, len(body))
		c.Write(body[:n])
		body = body[n:]
	}
	c.End()
	c.Release(p)
	return k
}

func zip(t testing.TB, b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestStops: who has enough stops the work.
func TestStops(t *testing.T) {
	t.Parallel()
	p := new(Pool)
	k := undo(p, "gzip", zip(t, make([]byte, 100<<20)), 1<<20, 1000)
	if k.Len() > 128<<10 || k.broken {
		t.Errorf("%d bytes", k.Len())
	}
	if inUse, kept := p.Count(); inUse != 0 || kept != 1 {
		t.Errorf("%d in use, %d kept", inUse, kept)
	}
}

// TestManyBrotli: more bodies in "br" than a worker may undo at once pass as they are.
func TestManyBrotli(t *testing.T) {
	t.Parallel()
	p := new(Pool)
	chains := make([]Chain, maxBrotli+1)
	for i := range chains {
		k := &taker{limit: 100}
		chains[i].Response([]byte("br"), 1, p, k)
		chains[i].Write([]byte("\x00\x00"))
		if (k.String() == "\x00\x00") != (i == maxBrotli) {
			t.Errorf("body %d: %q", i, &k.Buffer)
		}
	}
	for i := range chains {
		chains[i].Release(p)
	}
	if n, _ := p.Count(); n != 0 {
		t.Errorf("%d in use", n)
	}
}

// FuzzChain undoes anything, in any cut.
func FuzzChain(f *testing.F) {
	one := zip(f, []byte("some text"))
	f.Add("gzip", one, 3)
	f.Add("gzip, deflate", zip(f, one), 1)
	f.Add("br, x-gzip", one, 2)
	f.Add("br", []byte("\x0b\x02\x80text\x03"), 1)
	f.Add("deflate", []byte("\x78\x9c\x03\x00"), 1)
	f.Fuzz(func(t *testing.T, codings string, body []byte, cut int) {
		p := new(Pool)
		k := undo(p, codings, body, max(1, cut&0xff), 1<<20)
		if k.Len() > 2<<20 {
			t.Errorf("%d bytes came out", k.Len())
		}
		if inUse, _ := p.Count(); inUse != 0 {
			t.Errorf("%d in use", inUse)
		}
	})
}
