package sites

import (
	"net/netip"
	"testing"
)

// A clock that is put back, as from a wrong hour to the right one, makes nobody silent until it is that late again.
func TestClockPutBack(t *testing.T) {
	t.Parallel()
	const late = 9 * 60 * recentTime
	var r recent
	a := netip.MustParseAddr("192.168.1.1")
	for key := range uint64(2 * mostTold) {
		r.first(key, a, late, notedTime)
	}
	if !r.first(1, a, recentTime, notedTime) || !r.first(mostTold+1, a, recentTime, notedTime) {
		t.Error("what a client reaches is not told any more")
	}
	if r.first(1, a, recentTime, notedTime) {
		t.Error("told twice")
	}
}

func TestRecent(t *testing.T) {
	t.Parallel()
	var r recent
	a, b := netip.MustParseAddr("192.168.1.1"), netip.MustParseAddr("192.168.1.2")
	for i, c := range []struct {
		key   uint64
		now   int64
		first bool
	}{{1, recentTime, true}, {1, 2*recentTime - 1, false}, {2, recentTime + 1, true}, {1, 2 * recentTime, true}} {
		if got := r.first(c.key, a, c.now, recentTime); got != c.first {
			t.Errorf("%d: %v", i, got)
		}
	}
	// A client with thousands of names does not hide what another does.
	n := 0
	for key := range uint64(10_000) {
		if r.first(10+key, b, 3*recentTime, recentTime) {
			n++
		}
	}
	if n != mostTold || r.untold != 10_000-mostTold || !r.first(1, a, 3*recentTime, recentTime) {
		t.Errorf("%d are told, %d not", n, r.untold)
	}
	if !r.first(1<<40, b, 4*recentTime, recentTime) {
		t.Error("a client is never told again")
	}
	for i := range uint64(3 * recentMax) {
		r.first(1<<50+i, netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), 5*recentTime, recentTime)
	}
	if len(r.seen) > recentMax || len(r.clients) > clientsMax {
		t.Errorf("%d things of %d clients are remembered", len(r.seen), len(r.clients))
	}
}
