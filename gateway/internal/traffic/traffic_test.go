package traffic

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func row(i int) Flow {
	return Flow{ID: uint64(i), Start: 1_795_000_000_000_000 + int64(i), End: 1_795_000_000_500_000 + int64(i), MAC: [6]byte{2, 0, 0, 0, 0, byte(i)},
		Device: netip.MustParseAddr("192.168.1.7"), DevicePort: 50123, Peer: netip.MustParseAddr("2001:db8::7"), PeerPort: 443, Proto: 6,
		Inbound: i%2 == 0, Inside: i%3 == 0, Silent: i%5 == 0, More: i%7 == 0, Name: "www.example.jp", App: "zoom", Category: "business", Country: "JP",
		Verdict: Verdict(i % 3), Why: "rule:2012345", Up: uint64(i) * 1000, Down: 1 << 40, Packets: 99}
}

var sameAddr = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })

func TestRows(t *testing.T) {
	t.Parallel()
	var b []byte
	var want, got []Flow
	for i := range 100 {
		f := row(i)
		want, b = append(want, f), f.Append(b)
	}
	odd := Flow{Start: 5, End: 3, Name: strings.Repeat("n", 999), Why: strings.Repeat("w", 999), Device: netip.MustParseAddr("::ffff:10.0.0.1")}
	b = odd.Append(b)
	if err := Rows(b, func(f *Flow) { got = append(got, *f) }); err != nil {
		t.Fatal(err)
	}
	odd.End, odd.Name, odd.Why, odd.Device = 5, odd.Name[:MaxName], odd.Why[:maxWord], netip.MustParseAddr("10.0.0.1")
	if d := cmp.Diff(append(want, odd), got, sameAddr); d != "" {
		t.Error(d)
	}
}

func TestDamagedRows(t *testing.T) {
	t.Parallel()
	f := row(1)
	whole := f.Append(nil)
	change := func(at int, to byte) []byte {
		b := append([]byte(nil), whole...)
		b[at] = to
		return b
	}
	for what, b := range map[string][]byte{
		"one byte": {0}, "cut": whole[:len(whole)-1], "longer than it says": append(change(1, whole[1]+1), 0), "shorter": change(1, whole[1]-1), "nothing in it": {0, 0},
		"an address of 5 bytes": change(2+1+8+3+6, 5),
	} {
		if err := Rows(b, func(*Flow) {}); !errors.Is(err, ErrRow) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func FuzzRows(f *testing.F) {
	for i := range 4 {
		r := row(i)
		f.Add(r.Append(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var again []byte
		var all []Flow
		if Rows(b, func(f *Flow) { all, again = append(all, *f), f.Append(again) }) != nil {
			return
		}
		var got []Flow
		if err := Rows(again, func(f *Flow) { got = append(got, *f) }); err != nil || cmp.Diff(all, got, sameAddr) != "" {
			t.Errorf("%v %s", err, cmp.Diff(all, got, sameAddr))
		}
	})
}

func TestGather(t *testing.T) {
	t.Parallel()
	var g Gather
	n := 0
	count := func(b []byte) {
		if len(b) > MaxBatch {
			t.Errorf("a batch of %d bytes", len(b))
		}
		if err := Rows(b, func(f *Flow) {
			if f.ID != uint64(n) {
				t.Fatalf("%d in place of %d", f.ID, n)
			}
			n++
		}); err != nil {
			t.Error(err)
		}
	}
	for range 3 {
		n = 0
		for i := range 5000 {
			f := row(i)
			g.Add(&f)
		}
		if lost := g.Take(count); lost != 0 || n != 5000 {
			t.Errorf("%d of 5000, %d lost", n, lost)
		}
	}
	f := row(1)
	for range maxWaiting/len(f.Append(nil)) + 1000 {
		g.Add(&f)
	}
	if lost := g.Take(func([]byte) {}); lost < 1000 {
		t.Errorf("%d are lost", lost)
	}
	(*Gather)(nil).Add(&f)
}

func BenchmarkAdd(b *testing.B) {
	var g Gather
	f := row(3)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if g.Add(&f); i%1000 == 0 {
			g.Take(func([]byte) {})
		}
	}
}
