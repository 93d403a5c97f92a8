package flowlog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"otasuke/gateway/internal/traffic"
)

const day = 86400 * second

var begin = time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC).UnixMicro()

// office makes the flows of an office of 100 devices: few names very often, many rarely.
type office struct {
	r     *rand.Rand
	zipf  *rand.Zipf
	names []string
	peers []netip.Addr
}

func newOffice() *office {
	o := &office{r: rand.New(rand.NewPCG(1, 2))}
	for i := range 100_000 {
		o.names = append(o.names, fmt.Sprintf("h%x.site%d.example.%s", o.r.Uint32N(1<<16), i%9000, [...]string{"jp", "com", "net"}[i%3]))
		o.peers = append(o.peers, netip.AddrFrom4([4]byte{byte(20 + i%150), byte(o.r.Uint32()), byte(o.r.Uint32()), byte(o.r.Uint32())}))
	}
	o.zipf = rand.NewZipf(o.r, 1.15, 8, uint64(len(o.names)-1))
	return o
}

func mac(d int) [6]byte { return [6]byte{2, 0, 0, 0, 0, byte(d)} }

func (o *office) flow(at int64) traffic.Flow {
	d, n := o.r.IntN(100), int(o.zipf.Uint64())
	f := traffic.Flow{Start: at, End: at + int64(o.r.ExpFloat64()*3000)*1000, MAC: mac(d), Device: netip.AddrFrom4([4]byte{192, 168, 1, byte(10 + d)}), DevicePort: uint16(32768 + o.r.IntN(28000)),
		Peer: o.peers[n], PeerPort: 443, Proto: 6, Name: o.names[n], Country: [...]string{"JP", "US", "SG"}[n%3], App: fmt.Sprintf("app%d", n%300), Category: fmt.Sprintf("category%d", n%20),
		Up: 500 + uint64(o.r.ExpFloat64()*4000), Down: 700 + uint64(o.r.ExpFloat64()*80000), Packets: 12}
	if o.r.IntN(2) == 0 { // every name is asked for first
		f.Proto, f.Peer, f.PeerPort, f.Inside, f.Country, f.App, f.Category = 17, netip.MustParseAddr("192.168.1.1"), 53, true, "", "dns", "network"
		f.Up, f.Down, f.Packets = uint64(60+len(f.Name)), uint64(90+o.r.IntN(100)), 2
	}
	if o.r.IntN(300) == 0 {
		f.Verdict, f.Why = traffic.Blocked, "site:list"
	}
	return f
}

func open(t testing.TB, cfg Config) *Log {
	t.Helper()
	l, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// put appends flows as the supervisor does.
func put(t testing.TB, l *Log, flows []traffic.Flow) {
	t.Helper()
	var g traffic.Gather
	var batches [][]byte
	for i := range flows {
		g.Add(&flows[i])
	}
	g.Take(func(b []byte) { batches = append(batches, bytes.Clone(b)) })
	if err := l.Append(batches...); err != nil {
		t.Fatal(err)
	}
}

func find(t testing.TB, l *Log, q Query) (all []traffic.Flow) {
	t.Helper()
	if err := l.Each(t.Context(), &q, All, func(f *traffic.Flow) bool {
		all = append(all, *f)
		return true
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

var sameAddr = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })

// Whatever is asked, rows in memory and rows in segments give the same answer, before and
// after a start.
func TestSearch(t *testing.T) {
	t.Parallel()
	o, dir := newOffice(), t.TempDir()
	l := open(t, Config{Dir: dir})
	var all []traffic.Flow
	for i := range 6000 {
		f := o.flow(begin + int64(i)*day/1000)
		f.End -= f.End % 1000
		f.Start -= f.Start % 1000
		f.More, f.Silent, f.Inbound = i%7 == 0, i%11 == 0, i%13 == 0 && !f.Inside
		if i%7 == 0 {
			f.ID = uint64(i)<<40 + 1
		}
		all = append(all, f)
		if i%2000 == 1999 {
			put(t, l, all[i-1999:])
			if i < 5000 {
				if err := l.Seal(); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	queries := map[string]Query{
		"everything": {}, "a device": {MAC: mac(7)}, "a name": {Name: all[3].Name}, "in capitals": {Name: "." + "EXAMPLE.jp."}, "a domain": {Name: ".example.jp"}, "an address inside": {Device: all[9].Device},
		"an address": {Peer: all[5].Peer}, "a port": {PeerPort: 53}, "an application": {App: "app3"}, "a category": {Category: "network"}, "a country": {Country: "SG"}, "what was blocked": {Verdict: "blocked"},
		"why": {Why: "site:list"}, "some list": {Why: "site:"}, "nobody": {MAC: mac(250)}, "no name": {Name: "nonsense.example"}, "a time": {From: begin + day, To: begin + 3*day},
		"a device, a day, a country": {MAC: mac(9), From: begin + day, To: begin + 2*day, Country: "JP"}, "since": {From: begin + 5*day}, "until": {To: begin + day/100},
	}
	check := func(when string) {
		t.Helper()
		for what, q := range queries {
			var want []traffic.Flow
			tests := q.tests()
			for i := range all {
				if q.matches(tests, &all[i]) {
					want = append(want, all[i])
				}
			}
			got := find(t, l, q)
			slices.SortFunc(got, func(a, b traffic.Flow) int { return int(a.Start - b.Start) })
			if d := cmp.Diff(want, got, sameAddr); d != "" {
				t.Errorf("%s, %s: %d, want %d: %.300s", when, what, len(got), len(want), d)
			}
			if len(want) == 0 && what[:2] != "no" {
				t.Errorf("%s finds nothing", what)
			}
		}
	}
	check("running")
	l.Close()
	l = open(t, Config{Dir: dir})
	check("started again")
	if s := l.Stats(); s.Segments != 2 || s.Waiting != 2000 || s.Oldest.UnixMicro() > begin || s.Bytes == 0 {
		t.Errorf("%+v", s)
	}
	n := 0
	if err := l.Each(t.Context(), &Query{}, All, func(*traffic.Flow) bool { n++; return n < 2500 }); err != nil || n != 2500 {
		t.Errorf("stopped after %d: %v", n, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.Each(ctx, &Query{}, All, func(*traffic.Flow) bool { return true }); !errors.Is(err, context.Canceled) {
		t.Errorf("nobody waits for it any more: %v", err)
	}
}

// A start between a segment and the word that the journal may forget it takes no row twice,
// and a journal that is lost costs only what it had.
func TestSealedOnce(t *testing.T) {
	t.Parallel()
	o, dir := newOffice(), t.TempDir()
	flows := make([]traffic.Flow, 1000)
	for i := range flows {
		flows[i] = o.flow(begin + int64(i)*second)
	}
	l := open(t, Config{Dir: dir})
	put(t, l, flows)
	before, err := os.ReadFile(filepath.Join(dir, "new", fmt.Sprintf("%020d.seg", 1)))
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Seal(); err != nil {
		t.Fatal(err)
	}
	l.Close()
	new := filepath.Join(dir, "new")
	if err := errors.Join(os.RemoveAll(new), os.Mkdir(new, 0o700), os.WriteFile(filepath.Join(new, fmt.Sprintf("%020d.seg", 1)), before, 0o600)); err != nil {
		t.Fatal(err)
	}
	l = open(t, Config{Dir: dir})
	if got := find(t, l, Query{}); len(got) != 1000 {
		t.Errorf("%d of 1000", len(got))
	}
	l.Close()
	if err := os.RemoveAll(new); err != nil {
		t.Fatal(err)
	}
	for round := range 3 {
		l = open(t, Config{Dir: dir})
		if got := find(t, l, Query{}); len(got) != 1000+10*round {
			t.Errorf("round %d: %d", round, len(got))
		}
		put(t, l, flows[:10])
		l.Close()
	}
}

// Damaged and foreign files cost what they have, and somebody is told.
func TestDamaged(t *testing.T) {
	t.Parallel()
	o, dir := newOffice(), t.TempDir()
	l := open(t, Config{Dir: dir})
	var first string
	for range 2 {
		flows := make([]traffic.Flow, 3000)
		for i := range flows {
			flows[i] = o.flow(begin + int64(i)*second)
		}
		put(t, l, flows)
		if err := l.Seal(); err != nil {
			t.Fatal(err)
		}
		if first == "" {
			first = l.segs[0].path
		}
	}
	l.Close()
	whole, err := os.ReadFile(first)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "unfinished"), whole[:100], 0o600), os.WriteFile(filepath.Join(dir, "notes.parquet"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	for what, b := range map[string][]byte{
		"empty": nil, "cut": whole[:len(whole)/2], "without its head": append(make([]byte, 64), whole[64:]...), "a footer without end": append(bytes.Clone(whole[:len(whole)-8]), 0xff, 0xff, 0xff, 0x7f, 'P', 'A', 'R', '1'),
		"zeroes within": append(append(bytes.Clone(whole[:2000]), make([]byte, 4000)...), whole[6000:]...), "text": []byte("no such thing"),
	} {
		if err := os.WriteFile(first, b, 0o600); err != nil {
			t.Fatal(err)
		}
		l := open(t, Config{Dir: dir})
		n := 0
		err := l.Each(t.Context(), &Query{}, All, func(*traffic.Flow) bool { n++; return true })
		if n < 3000 || n > 6000 || n == 6000 && err != nil || n < 6000 && !errors.Is(err, errSegment) {
			t.Errorf("%s: %d flows, %v", what, n, err)
		}
		l.Close()
	}
}

// The oldest go when there are too many or they are too old.
func TestBudget(t *testing.T) {
	t.Parallel()
	o := newOffice()
	l := open(t, Config{Dir: t.TempDir(), MaxBytes: 150_000, MaxAge: 100 * 24 * time.Hour})
	for d := range 10 {
		flows := make([]traffic.Flow, 1000)
		for i := range flows {
			flows[i] = o.flow(begin + int64(d)*day + int64(i)*second)
		}
		put(t, l, flows)
		if err := l.Seal(); err != nil {
			t.Fatal(err)
		}
		l.trim(time.UnixMicro(begin + int64(d)*day))
	}
	if s := l.Stats(); s.Bytes > 150_000 || s.Segments < 2 || s.Oldest.UnixMicro() < begin+day {
		t.Errorf("%+v", s)
	}
	l.trim(time.UnixMicro(begin + 108*day))
	if s := l.Stats(); s.Segments != 2 {
		t.Errorf("%+v", s)
	}
	names, err := filepath.Glob(filepath.Join(l.cfg.Dir, "*"+ext))
	if err != nil || len(names) != 2 {
		t.Errorf("%v %v", names, err)
	}
}

// A disk without room costs the oldest; with none at all rows wait in memory.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	o, dir := newOffice(), t.TempDir()
	l := open(t, Config{Dir: dir, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	flows := make([]traffic.Flow, 100)
	for i := range flows {
		flows[i] = o.flow(begin + int64(i)*second)
	}
	put(t, l, flows)
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "unfinished"), 0o700); err != nil && os.Getuid() != 0 {
		t.Log("not root: the folder itself cannot be written")
	}
	if err := l.Seal(); err == nil {
		t.Error("a segment is written where none can be")
	}
	if got := find(t, l, Query{}); len(got) != 100 {
		t.Errorf("%d of 100", len(got))
	}
	if err := errors.Join(os.Chmod(dir, 0o700), os.RemoveAll(filepath.Join(dir, "unfinished"))); err != nil {
		t.Fatal(err)
	}
	if err := l.Seal(); err != nil || len(find(t, l, Query{})) != 100 {
		t.Errorf("with room again: %v", err)
	}
}

func FuzzSegment(f *testing.F) {
	o, dir := newOffice(), f.TempDir()
	flows := make([]traffic.Flow, 50)
	for i := range flows {
		flows[i] = o.flow(begin + int64(i)*second)
	}
	s, err := writeSegment(dir, flows, 1)
	if err != nil {
		f.Fatal(err)
	}
	b, err := os.ReadFile(s.path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		s := segment{path: filepath.Join(t.TempDir(), "x"), size: int64(len(b)), sum: s.sum, to: 1 << 40}
		if err := os.WriteFile(s.path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		_ = s.scan(t.Context(), &Query{Country: "JP"}, All, func(*traffic.Flow) bool { return true })
		_ = s.scan(t.Context(), &Query{Peer: flows[3].Peer}, Who, func(*traffic.Flow) bool { return true })
	})
}
