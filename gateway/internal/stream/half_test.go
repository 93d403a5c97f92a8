package stream

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// bytesAt are the sender's true bytes.
func bytesAt(off, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		p := off + i
		b[i] = byte(p ^ p>>8 ^ p>>16)
	}
	return b
}

// reader collects what a Half gives, as its caller does.
type reader struct {
	h    Half
	pool Pool
	out  []byte
}

func (r *reader) push(seq uint32, b []byte) Result {
	fresh, res := r.h.Push(seq, b, &r.pool)
	if res == InOrder {
		r.take(fresh)
		r.pop()
	}
	return res
}

func (r *reader) pop() {
	for b := r.h.Pop(&r.pool); b != nil; b = r.h.Pop(&r.pool) {
		r.take(b)
	}
}

func (r *reader) take(b []byte) {
	r.h.Keep(b, &r.pool)
	r.out = append(r.out, b...)
}

type seg struct {
	at   int // from the first byte
	data string
	want Result
}

func TestSegments(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		segs []seg
		want string
	}{
		{"in order", []seg{{0, "ab", InOrder}, {2, "cd", InOrder}}, "abcd"},
		{"sent again", []seg{{0, "ab", InOrder}, {0, "ab", Old}}, "ab"},
		{"sent again with more", []seg{{0, "ab", InOrder}, {0, "abcd", InOrder}}, "abcd"},
		{"sent again in part", []seg{{0, "abcd", InOrder}, {1, "bc", Old}}, "abcd"},
		{"gap and its filling", []seg{{2, "cd", Waiting}, {0, "ab", InOrder}}, "abcd"},
		{"gap that stays", []seg{{0, "a", InOrder}, {2, "cd", Waiting}}, "a"},
		{"two gaps", []seg{{4, "ef", Waiting}, {2, "cd", Waiting}, {0, "ab", InOrder}}, "abcdef"},
		{"filling covers the waiting", []seg{{2, "cd", Waiting}, {0, "abcdef", InOrder}}, "abcdef"},
		{"filling reaches into the waiting", []seg{{2, "cdef", Waiting}, {0, "abcd", InOrder}}, "abcdef"},
		{"waiting twice", []seg{{2, "cd", Waiting}, {2, "cd", Old}, {0, "ab", InOrder}}, "abcd"},
		{"waiting, then more of it", []seg{{2, "cd", Waiting}, {2, "cdef", Waiting}, {0, "ab", InOrder}}, "abcdef"},
		{"waiting ones overlap", []seg{{2, "cde", Waiting}, {4, "efg", Waiting}, {0, "ab", InOrder}}, "abcdefg"},
		{"conflict behind", []seg{{0, "abcd", InOrder}, {1, "Xc", Conflict}, {4, "e", InOrder}}, "abcde"},
		{"conflict behind, then new bytes", []seg{{0, "abcd", InOrder}, {2, "cXef", Conflict}, {4, "ef", InOrder}}, "abcdef"},
		{"conflict ahead", []seg{{2, "cd", Waiting}, {0, "abXd", Conflict}, {0, "ab", InOrder}}, "abcd"},
		{"conflict among waiting", []seg{{2, "cd", Waiting}, {3, "Xe", Conflict}, {3, "de", Waiting}, {0, "ab", InOrder}}, "abcde"},
		{"conflict with the second that waits", []seg{{2, "cd", Waiting}, {6, "gh", Waiting}, {2, "cdefX", Conflict}, {0, "abcdef", InOrder}}, "abcdefgh"},
		{"half the number space away", []seg{{0, "ab", InOrder}, {2 - 1<<31, "XX", Refused}, {2, "cd", InOrder}}, "abcd"},
		{"before the first byte", []seg{{-3, "XX", Refused}, {-1, "Xa", Refused}, {-1, "X", Old}, {0, "ab", InOrder}, {-2, "XXab", Refused}}, "ab"},
		{"nothing", []seg{{0, "", InOrder}, {0, "ab", InOrder}, {5, "", Old}}, "ab"},
	} {
		for _, start := range []uint32{1000, 0, 0xffffffff, 0xfffffffd, 0x7ffffffe, 0x80000000} {
			t.Run(fmt.Sprintf("%s from %x", c.name, start), func(t *testing.T) {
				var r reader
				r.h.Start(start)
				for i, s := range c.segs {
					if got := r.push(start+uint32(s.at), []byte(s.data)); got != s.want {
						t.Errorf("segment %d: %d, want %d", i, got, s.want)
					}
				}
				if string(r.out) != c.want || r.h.Total != uint64(len(c.want)) || r.h.Next() != start+uint32(len(c.want)) {
					t.Errorf("read %q (%d, next %d), want %q", r.out, r.h.Total, r.h.Next(), c.want)
				}
			})
		}
	}
}

func TestStart(t *testing.T) {
	t.Parallel()
	var h Half
	if h.Started() || h.Acked(5, nil) {
		t.Error("nothing was seen yet")
	}
	h.Start(7)
	h.Start(9)
	if !h.Started() || h.Next() != 7 {
		t.Errorf("the first start counts, not %d", h.Next())
	}
	var late Half // seen from the middle
	if fresh, r := late.Push(500, []byte("x"), new(Pool)); r != InOrder || string(fresh) != "x" {
		t.Error("the first bytes of a conversation seen from the middle are in order")
	}
	late.Reset(new(Pool))
	if late.Started() || late.Total != 0 {
		t.Error("Reset leaves something")
	}
}

// TestAnySegmentation: however the bytes are cut, ordered and repeated, the same
// bytes come out, across the end of the number space.
func TestAnySegmentation(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 1))
	for range 300 {
		n := 1 + rng.IntN(60000)
		start := uint32(-rng.IntN(n + 1))
		all := bytesAt(0, n)
		type part struct{ from, to int }
		var parts []part
		for from := 0; from < n; {
			to := min(n, from+1+rng.IntN(1500))
			parts = append(parts, part{max(0, from-rng.IntN(200)), to})
			from = to
		}
		for i := range parts { // order within a window, copies
			j := min(len(parts)-1, i+rng.IntN(20))
			parts[i], parts[j] = parts[j], parts[i]
		}
		for range rng.IntN(10) {
			parts = slices.Insert(parts, rng.IntN(len(parts)+1), parts[rng.IntN(len(parts))])
		}
		var r reader
		r.h.Start(start)
		for _, p := range parts {
			if res := r.push(start+uint32(p.from), all[p.from:p.to]); res == Conflict || res == Refused {
				t.Fatalf("true bytes are refused: %d", res)
			}
			if rng.IntN(3) == 0 {
				r.h.Acked(r.h.Next(), &r.pool)
			}
		}
		if !bytes.Equal(r.out, all) {
			t.Fatalf("%d bytes of %d, or other ones", len(r.out), n)
		}
		if waits(&r.h) != 0 || r.h.Skipped != 0 {
			t.Fatalf("%d bytes wait, %d skipped", waits(&r.h), r.h.Skipped)
		}
	}
}

// TestWindow: the window of a match holds the right bytes of the past.
func TestWindow(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(2, 2))
	var h Half
	var pool Pool
	total := 0
	for i := range 3000 {
		n := 1 + rng.IntN(1500)
		if i%100 == 0 {
			n = 64 << 10
		}
		b := bytesAt(total, n)
		fresh, _ := h.Push(uint32(total), b, &pool)
		window, at := h.Keep(fresh, &pool)
		if want := min(total, Tail); at < want {
			t.Fatalf("%d bytes of the past, want %d", at, want)
		}
		if !bytes.Equal(window, bytesAt(total-at, at+n)) {
			t.Fatalf("window at %d is wrong", total)
		}
		total += n
		if cap(h.kept) > classes[len(classes)-1] {
			t.Fatalf("%d bytes kept", cap(h.kept))
		}
		switch rng.IntN(4) {
		case 0:
			h.Acked(uint32(total), &pool)
			if cap(h.kept) > 2*Tail {
				t.Fatalf("%d bytes kept although all is acknowledged", cap(h.kept))
			}
		case 1:
			h.Acked(uint32(total-rng.IntN(3000)), &pool)
		}
	}
	h.Forget(&pool)
	if _, at := h.Keep([]byte("x"), &pool); at != 0 {
		t.Error("forgotten bytes are in the window")
	}
}

func TestConflictFarBehind(t *testing.T) {
	t.Parallel()
	var r reader
	for off := 0; off < MaxKept; off += 1024 {
		r.push(uint32(off), bytesAt(off, 1024))
	}
	if r.push(1000, []byte("not what it was")) != Conflict {
		t.Error("bytes in flight may not change")
	}
	r.h.Acked(r.h.Next(), &r.pool)
	if r.push(1000, []byte("not what it was")) != Old {
		t.Error("what was acknowledged is nobody's business")
	}
}

func TestBounded(t *testing.T) {
	t.Parallel()
	var r reader
	r.h.Start(0)
	big := bytesAt(0, 60000)
	sent := 0
	for i := range 20 {
		res := r.push(uint32(1+i*60000), bytesAt(1+i*60000, len(big)))
		if res == Waiting {
			sent++
		} else if res != Refused {
			t.Fatalf("result %d", res)
		}
	}
	if waits(&r.h) > MaxWaiting || sent != MaxWaiting/60000 {
		t.Errorf("%d bytes wait in %d segments", waits(&r.h), sent)
	}
	if r.push(1, bytesAt(1, 60000)) != Old {
		t.Error("a copy of what waits needs no room")
	}
	r.push(0, bytesAt(0, 1))
	if len(r.out) != 1+sent*60000 || waits(&r.h) != 0 {
		t.Errorf("%d bytes read, %d wait", len(r.out), waits(&r.h))
	}
	var tiny reader
	tiny.h.Start(0)
	for i := range 2 * maxSegments {
		tiny.push(uint32(2+2*i), []byte{1})
	}
	if len(tiny.h.waiting()) != maxSegments {
		t.Errorf("%d segments wait", len(tiny.h.waiting()))
	}
}

func TestAcked(t *testing.T) {
	t.Parallel()
	open := func() *reader {
		r := new(reader)
		r.h.Start(100)
		r.push(100, []byte("abc"))
		return r
	}
	r := open()
	r.push(110, []byte("klm"))
	if r.h.Acked(107, &r.pool) {
		t.Error("the gap is acknowledged in part only")
	}
	if !r.h.Acked(113, &r.pool) {
		t.Fatal("the receiver has what we did not see: go on")
	}
	r.pop()
	if string(r.out) != "abcklm" || r.h.Skipped != 7 || r.h.Total != 6 {
		t.Errorf("read %q, skipped %d", r.out, r.h.Skipped)
	}
	if window, at := r.h.Keep(nil, &r.pool); string(window) != "klm" || at != 3 {
		t.Errorf("window %q reaches over the gap", window)
	}

	r = open() // nothing waits: the sender has to go on behind the gap
	if r.h.Acked(110, &r.pool) || r.h.Next() != 103 || r.h.Skipped != 0 {
		t.Error("an acknowledgement alone moves nothing")
	}
	if r.push(110, []byte("klm")) != InOrder || r.h.Skipped != 7 {
		t.Error("the sender went on behind the acknowledged gap")
	}
	if r.push(104, []byte("x")) != Old {
		t.Error("bytes of the gap come late and are not judged")
	}

	r = open() // forged: the sender goes on where it was
	r.h.Acked(5000, &r.pool)
	if r.push(103, []byte("def")) != InOrder || string(r.out) != "abcdef" {
		t.Errorf("a forged acknowledgement hides bytes: %q", r.out)
	}

	r = open() // the acknowledgement of a FIN counts one more
	if r.h.Acked(104, &r.pool) || r.h.Skipped != 0 {
		t.Error("a FIN is no gap")
	}
	for _, far := range []uint32{103 + maxWindow + 1, 103 + 1<<31, 102 + 1<<31 + maxWindow} {
		r = open()
		r.h.Acked(far, &r.pool)
		if r.push(200, []byte("z")) != Waiting {
			t.Errorf("acknowledgement %d belongs to nobody", far)
		}
	}
}

func TestNoAllocs(t *testing.T) {
	var h Half
	var pool Pool
	b := bytesAt(0, 1400)
	seq := uint32(0)
	step := func() {
		fresh, _ := h.Push(seq, b, &pool)
		h.Keep(fresh, &pool)
		seq += uint32(len(b))
		if seq%5 == 0 {
			h.Acked(seq, &pool)
		}
	}
	for range 1000 {
		step()
	}
	if n := testing.AllocsPerRun(5000, step); n != 0 {
		t.Errorf("%v allocations in order", n)
	}
}

func TestPool(t *testing.T) {
	t.Parallel()
	var p Pool
	for range 2 * maxFree {
		p.Put(make([]byte, 0, classes[0]))
	}
	if len(p.free[0]) != maxFree {
		t.Errorf("%d buffers are held back", len(p.free[0]))
	}
	p.Put(make([]byte, 0, 100))
	if b := p.Get(classes[3] + 1); cap(b) < classes[3]+1 {
		t.Error("too small")
	}
	if b := p.Get(1); cap(b) != classes[0] || len(b) != 0 || len(p.free[0]) != maxFree-1 {
		t.Error("not lent again")
	}
}

// FuzzHalf compares with a model that remembers every byte that was let through.
func FuzzHalf(f *testing.F) {
	f.Add(uint32(0), []byte{0, 10, 0, 10, 10, 0})
	f.Add(uint32(0xfffffff0), []byte{20, 10, 0, 0, 30, 0, 5, 10, 1})
	f.Add(uint32(0x7ffffff0), []byte{20, 10, 0, 25, 10, 1, 0, 20, 2, 0, 30, 0})
	f.Fuzz(func(t *testing.T, start uint32, script []byte) {
		var r reader
		r.h.Start(start)
		known := map[int]byte{}
		next := 0
		for n := 0; len(script) >= 3 && n < maxSegments; script, n = script[3:], n+1 {
			at, size := int(script[0]), int(script[1])%64
			b := bytesAt(at, size)
			if size > 0 && script[2]&3 == 1 {
				b[int(script[2]>>2)%size] ^= 0x55
			}
			want := model(known, &next, at, b)
			got := r.push(start+uint32(at), b)
			if got == Old && want == Waiting {
				want = Old // all of it waits already
			}
			if got != want {
				t.Fatalf("segment at %d of %d: %d, want %d", at, size, got, want)
			}
		}
		for i := range next {
			if i >= len(r.out) || r.out[i] != known[i] {
				t.Fatalf("byte %d is wrong", i)
			}
		}
		if len(r.out) != next {
			t.Fatalf("%d bytes read, want %d", len(r.out), next)
		}
	})
}

func model(known map[int]byte, next *int, at int, b []byte) Result {
	for i, c := range b {
		if k, ok := known[at+i]; ok && k != c {
			return Conflict
		}
	}
	before := *next
	if len(b) == 0 {
		if at == before {
			return InOrder
		}
		return Old
	}
	for i, c := range b {
		known[at+i] = c
	}
	for _, ok := known[*next]; ok; _, ok = known[*next] {
		*next++
	}
	switch {
	case at > before:
		return Waiting
	case at+len(b) <= before:
		return Old
	}
	return InOrder
}

func BenchmarkInOrder(b *testing.B) {
	var h Half
	var pool Pool
	data := bytesAt(0, 1400)
	b.SetBytes(1400)
	b.ReportAllocs()
	for b.Loop() {
		fresh, _ := h.Push(h.Next(), data, &pool)
		h.Keep(fresh, &pool)
		h.Acked(h.Next(), &pool)
	}
}

// waits is how many bytes wait.
func waits(h *Half) (n int) {
	for _, s := range h.waiting() {
		n += len(s.data)
	}
	return n
}
