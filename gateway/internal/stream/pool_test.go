package stream

import (
	"bytes"
	"testing"
)

// TestManyGaps: whatever waits behind gaps of many connections stays within the bound of
// all of them, who fills the gap goes on, and all memory comes back.
func TestManyGaps(t *testing.T) {
	t.Parallel()
	var pool Pool
	data := bytesAt(0, 32<<10)
	halves := make([]Half, 10_000)
	refused := 0
	for i := range halves {
		halves[i].Start(1)
		for n := range 4 {
			if _, r := halves[i].Push(uint32(2+n*len(data)), data, &pool); r == Refused {
				refused++
			}
		}
		if got := pool.Memory(); got > maxPoolWaiting {
			t.Fatalf("%d bytes wait, at most %d may", got, maxPoolWaiting)
		}
	}
	if refused == 0 || pool.Short != uint64(refused) {
		t.Errorf("%d segments refused, %d counted", refused, pool.Short)
	}
	var late Half
	late.Start(1)
	if _, r := late.Push(6, data, &pool); r != Refused {
		t.Errorf("a gap where there is no memory: %d", r)
	}
	if b, r := late.Push(1, []byte("then "), &pool); r != InOrder || string(b) != "then " {
		t.Errorf("bytes in order where there is no memory: %d", r)
	}
	late.Reset(&pool)
	for i := range halves {
		if b, r := halves[i].Push(1, []byte{data[0]}, &pool); r == InOrder {
			for halves[i].Keep(b, &pool); b != nil; b = halves[i].Pop(&pool) {
			}
		}
		halves[i].Reset(&pool)
	}
	if got := pool.Memory(); got != 0 {
		t.Errorf("%d bytes never came back", got)
	}
}

// TestManyUnacknowledged: bytes that nobody acknowledges are kept within the bound of all
// connections; past it the window to match in is what it is else.
func TestManyUnacknowledged(t *testing.T) {
	t.Parallel()
	var pool Pool
	halves := make([]Half, 4000)
	for round := range 4 {
		for i := range halves {
			h := &halves[i]
			b := bytesAt(round*48<<10, 48<<10)
			fresh, _ := h.Push(h.next, b, &pool)
			window, at := h.Keep(fresh, &pool)
			if want := min(Tail, round*48<<10); at < want || !bytes.Equal(window, bytesAt(round*48<<10-at, at+len(b))) {
				t.Fatalf("round %d, connection %d: the window has %d bytes of the past", round, i, at)
			}
		}
	}
	if most := maxPoolKept + len(halves)*Tail; pool.Memory() > most || pool.Forgot == 0 {
		t.Errorf("%d bytes kept, at most %d may be; forgotten %d times", pool.Memory(), most, pool.Forgot)
	}
	for i := range halves {
		halves[i].Reset(&pool)
	}
	if got := pool.Memory(); got != 0 {
		t.Errorf("%d bytes never came back", got)
	}
}
