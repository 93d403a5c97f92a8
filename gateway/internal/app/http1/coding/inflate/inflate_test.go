package inflate

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

func compress(t testing.TB, level int, b []byte) []byte {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, level)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// undo decodes in pieces of n bytes.
func undo(d *Decoder, in []byte, n int) (out []byte, used int, err error) {
	d.Reset(func(b []byte) bool { out = append(out, b...); return true })
	for len(in) > 0 && err == nil && !d.Done() {
		var k int
		piece := in[:min(n, len(in))]
		k, err = d.Write(piece)
		used += k
		in = in[len(piece):]
	}
	return out, used, err
}

// Whatever the standard library compresses comes out again, in any cut.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	random := make([]byte, 100_000)
	for i := range random {
		random[i] = byte(rng.IntN(256))
	}
	skewed := make([]byte, 200_000)
	for i := range skewed {
		skewed[i] = byte(rng.ExpFloat64() * 20)
	}
	d := new(Decoder)
	for name, plain := range map[string][]byte{
		"empty": nil, "one": []byte("x"), "text": []byte(strings.Repeat("The quick brown fox. ", 9000)),
		"random": random, "skewed": skewed, "zeros": make([]byte, 300_000),
	} {
		for _, level := range []int{0, 1, 6, 9, flate.HuffmanOnly} {
			in := append(compress(t, level, plain), "trailing"...)
			for _, n := range []int{1, 2, 7, 1000, len(in)} {
				out, used, err := undo(d, in, n)
				if err != nil || !bytes.Equal(out, plain) || !d.Done() {
					t.Fatalf("%s level %d cut %d: %d of %d bytes, %v", name, level, n, len(out), len(plain), err)
				}
				if used != len(in)-len("trailing") {
					t.Fatalf("%s level %d cut %d: used %d of %d", name, level, n, used, len(in))
				}
			}
		}
	}
}

func TestMalformed(t *testing.T) {
	t.Parallel()
	d := new(Decoder)
	for name, in := range map[string]string{
		"reserved block type":    "\x07",
		"stored length differs":  "\x01\x01\x00\x01\x00a",
		"distance before start":  "\x03\x02\x00\x00\x00\x00",
		"too many literal codes": "\xfd\xff\xff\xff",
		"plain text":             "X5O!P%@AP[4",
	} {
		if _, _, err := undo(d, []byte(in), len(in)); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	good := compress(t, 6, []byte(strings.Repeat("cut me ", 100)))
	out, _, err := undo(d, good[:len(good)/2], 3)
	if err != nil || d.Done() || len(out) == 0 {
		t.Errorf("cut stream: %d bytes, %v", len(out), err)
	}
}

func TestStops(t *testing.T) {
	t.Parallel()
	d := new(Decoder)
	n := 0
	d.Reset(func(b []byte) bool { n += len(b); return false })
	if _, err := d.Write(compress(t, 9, make([]byte, 50<<20))); !errors.Is(err, ErrStopped) || n > 2*window {
		t.Errorf("%d bytes, %v", n, err)
	}
}

func TestNoAllocations(t *testing.T) {
	in := compress(t, 6, []byte(strings.Repeat("no allocations ", 5000)))
	d := new(Decoder)
	emit := func([]byte) bool { return true }
	if n := testing.AllocsPerRun(20, func() {
		d.Reset(emit)
		if _, err := d.Write(in); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkWrite(b *testing.B) {
	plain := []byte(strings.Repeat("GET /index.html HTTP/1.1 the quick brown fox jumps over 12345 lazy dogs\n", 5000))
	for i := range plain {
		if i%17 == 0 {
			plain[i] = byte('a' + i*7919%26)
		}
	}
	in := compress(b, 6, plain)
	d := new(Decoder)
	b.SetBytes(int64(len(plain)))
	for b.Loop() {
		d.Reset(func([]byte) bool { return true })
		if _, err := d.Write(in); err != nil {
			b.Fatal(err)
		}
	}
}

// FuzzWrite compares with the standard library and cuts differently.
func FuzzWrite(f *testing.F) {
	f.Add(compress(f, 9, []byte("some text, some text")), 1)
	f.Add(compress(f, 0, []byte("stored")), 3)
	f.Add(compress(f, flate.HuffmanOnly, []byte("huffman only text")), 2)
	f.Add([]byte("\x03\x02\x00"), 1)
	f.Fuzz(func(t *testing.T, in []byte, n int) {
		d := new(Decoder)
		one, _, err1 := undo(d, in, len(in)+1)
		done := d.Done()
		cut, _, err2 := undo(d, in, max(1, n&0xff))
		if (err1 == nil) != (err2 == nil) || err1 == nil && !bytes.Equal(one, cut) {
			t.Fatalf("cuts differ: %d %v, %d %v", len(one), err1, len(cut), err2)
		}
		want, err := io.ReadAll(flate.NewReader(bytes.NewReader(in)))
		if (err == nil) != done || done && !bytes.Equal(one, want) {
			t.Fatalf("standard library: %d bytes %v, here %d bytes %v, done %v", len(want), err, len(one), err1, done)
		}
	})
}
