package watch

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/file"
	"otasuke/gateway/internal/scan"
	"otasuke/rule"
)

// scanner finds "EVIL".
func scanner(t *testing.T) *scan.Scanner {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	t.Cleanup(func() { l.Close(); wg.Wait() })
	serve := func(c net.Conn) {
		defer c.Close()
		_, _ = io.ReadFull(c, make([]byte, len("zINSTREAM\x00")))
		var all strings.Builder
		for head := make([]byte, 4); ; {
			if _, err := io.ReadFull(c, head); err != nil {
				return
			}
			n := int64(binary.BigEndian.Uint32(head))
			if n == 0 {
				break
			}
			_, _ = io.CopyN(&all, c, n)
		}
		answer := "stream: OK\x00"
		if strings.Contains(all.String(), "EVIL") {
			answer = "stream: Test.Virus FOUND\x00"
		}
		_, _ = io.WriteString(c, answer)
	}
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { serve(c) })
		}
	})
	return &scan.Scanner{Socket: path}
}

func open(t *testing.T, s *scan.Scanner, p rule.Proto) *File {
	t.Helper()
	f := &File{State: file.New(nil, false, [file.NumDigests]bool{}), App: &app.File{Dir: app.ToServer}}
	f.Open(s, p, nil)
	t.Cleanup(func() { f.Scan.Abort(scan.ErrEnded) })
	return f
}

// next waits until a packet need not wait any longer.
func next(t *testing.T, h *Held, now int64) *scan.Result {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); ; runtime.Gosched() {
		if r, wait := h.Next(now); !wait {
			return r
		}
		if time.Now().After(end) {
			t.Fatal("waits for ever")
		}
	}
}

func TestModes(t *testing.T) {
	t.Parallel()
	for p, want := range map[rule.Proto]Mode{
		rule.ProtoHTTP: Stop, rule.ProtoHTTP2: Stop, rule.ProtoSMB: Stop, rule.ProtoFTPData: Stop,
		rule.ProtoSMTP: Report, rule.ProtoPOP3: Report, rule.ProtoIMAP: Report, rule.ProtoNFS: None, rule.ProtoUnknown: None,
	} {
		if got := ModeOf(p); got != want {
			t.Errorf("%v: %d, want %d", p, got, want)
		}
	}
}

// A tail waits until it is quiet, then for the word on what there is; more of the file sets
// it free.
func TestTail(t *testing.T) {
	t.Parallel()
	s := scanner(t)
	f := open(t, s, rule.ProtoSMB)
	var q Queue
	for i, c := range []struct {
		data  string
		quiet bool
		virus bool
	}{{"some ", false, false}, {"harmless words", true, false}, {" EVIL", true, true}} {
		f.Take([]byte(c.data))
		q.Grown(f)
		why, waits := f.Ends(false)
		if why != Tail || !waits {
			t.Fatal("does not wait")
		}
		now := int64(i) * 1_000_000
		q.Add(Held{ID: uint32(i), Since: now, End: 10, File: f, Why: why}, 0)
		if i > 0 && !q.Free() && i != 2 {
			t.Error("the one before is not free")
		}
		for q.Free() {
			q.Pop()
		}
		if _, wait := q[0].Next(now + quiet - 1); !wait {
			t.Error("does not wait for more")
		}
		if !c.quiet {
			continue
		}
		r := next(t, &q[0], now+quiet)
		if r == nil || (r.Virus != "") != c.virus || f.Arrived() {
			t.Errorf("%q: %+v", c.data, r)
		}
		q.Pop()
	}
}

// Pauses are looked at so often only, announced ends a little more often; what passes then
// has arrived.
func TestPauses(t *testing.T) {
	t.Parallel()
	s := scanner(t)
	f := open(t, s, rule.ProtoFTPData)
	n := 0
	for ; n < 2*maxEnds; n++ {
		f.Take([]byte("x"))
		why, waits := f.Ends(n >= maxPauses)
		if !waits {
			break
		}
		next(t, &Held{File: f, Why: why}, quiet)
		if f.Arrived() {
			t.Fatal("passed without a look")
		}
	}
	if _, waits := f.Ends(false); n != maxEnds || waits || !f.Arrived() || s.Limits()["scan_unguarded"] == 0 {
		t.Errorf("%d pauses, arrived %v, %v", n, f.Arrived(), s.Limits())
	}
	f.Take([]byte("more"))
	if f.Arrived() {
		t.Error("what comes later has arrived already")
	}
}

// Where the announced end is believed, what comes behind it makes the file not scanned.
func TestBehindTheEnd(t *testing.T) {
	t.Parallel()
	f := open(t, scanner(t), rule.ProtoHTTP2)
	f.Take([]byte("harmless"))
	if r := next(t, &Held{File: f, Why: End}, 0); r == nil || r.Err != nil || r.Virus != "" {
		t.Fatalf("%+v", r)
	}
	f.Take([]byte("EVIL"))
	if r := f.Answer(); r == nil || r.Err != scan.ErrGaps {
		t.Errorf("%+v", r)
	}
}

// Bytes and a FIN that wait do not pass again, in any part; of what waits the receiver has
// nothing.
func TestQueue(t *testing.T) {
	t.Parallel()
	var q Queue
	q.Add(Held{ID: 1, Dir: 1, End: 20}, 10)
	q.Add(Held{ID: 1, Dir: 1, End: 20}, 10)
	q.Add(Held{ID: 2, Dir: 1, End: 30, FIN: true}, 10)
	for _, c := range []struct {
		dir      int
		from, to uint32
		fin      bool
		want     bool
	}{{1, 10, 20, false, true}, {1, 5, 11, false, true}, {1, 29, 40, false, true}, {1, 30, 40, false, false}, {1, 30, 30, true, true}, {1, 5, 10, false, false}, {0, 10, 20, true, false}} {
		if got := q.Repeats(c.dir, c.from, c.to, c.fin); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
	sent := [2]uint32{7, 30}
	if q.Lacks(&sent); sent != [2]uint32{7, 10} || q[2].Seq != 20 {
		t.Errorf("%v, the second begins at %d", sent, q[2].Seq)
	}
	var ids []uint32
	q.Give(func(id uint32) { ids = append(ids, id) })
	if len(ids) != 2 || ids[0] != 1 || ids[1] != 2 {
		t.Errorf("decided %v", ids)
	}
}

// Reports are told once when the scanner has answered, or at the end without an answer.
func TestReports(t *testing.T) {
	t.Parallel()
	s := scanner(t)
	var r Reports
	told := map[string]int{}
	tell := func(w *Waiting, a *scan.Result) {
		if a.Err != nil {
			told["failed"]++
		}
		told[a.Virus]++
	}
	for _, data := range []string{"words", "EVIL"} {
		f := open(t, s, rule.ProtoSMTP)
		if f.Take([]byte(data)) || !f.Arrived() {
			t.Error("mail waits")
		}
		f.Scan.Close()
		r.Add(Waiting{File: f, Alert: &eve.Record{}}, 0)
	}
	for end := time.Now().Add(10 * time.Second); len(r.list) > 0 && time.Now().Before(end); runtime.Gosched() {
		r.Done(1, false, tell)
	}
	f := open(t, s, rule.ProtoSMTP)
	r.Add(Waiting{File: f}, 0)
	r.Done(1, true, tell)
	if told["Test.Virus"] != 1 || told[""] != 2 || told["failed"] != 1 || len(r.list) != 0 {
		t.Errorf("%v", told)
	}
	for range maxReports {
		r.list = append(r.list, Waiting{File: f})
	}
	if r.Add(Waiting{File: open(t, s, rule.ProtoSMTP)}, 0) {
		t.Error("more than the limit")
	}
}

func TestRecent(t *testing.T) {
	t.Parallel()
	var r Recent
	for i, c := range []struct {
		key   string
		now   int64
		first bool
	}{{"a", 0, true}, {"a", recentTime - 1, false}, {"b", 1, true}, {"a", recentTime, true}} {
		if got := r.First(c.key, c.now); got != c.first {
			t.Errorf("%d: %v", i, got)
		}
	}
	for i := range 3 * recentMax {
		r.First(fmt.Sprint(i), recentTime)
	}
	if len(r.told) > recentMax {
		t.Errorf("%d are remembered", len(r.told))
	}
}

// A packet that waits for two reasons holds its bytes back until both are gone: a sender that gets no
// answer sends the last of them again.
func TestTwoReasonsHoldTheSameBytes(t *testing.T) {
	t.Parallel()
	f := &File{App: &app.File{}}
	var q Queue
	q.Add(Held{ID: 1, File: f, Why: Room, Dir: 0, End: 900}, 500)
	q.Add(Held{ID: 1, File: f, Why: End, Dir: 0, End: 900}, 500)
	q.Add(Held{ID: 2, File: f, Why: Room, Dir: 0, End: 1000}, 500)
	if _, last := q.Pop(); last {
		t.Fatal("the packet waits for nothing else")
	}
	if !q.Repeats(0, 800, 900, false) || !q.Repeats(0, 500, 501, false) || q.Repeats(0, 400, 500, false) || q.Repeats(1, 800, 900, false) {
		t.Error("its bytes pass as a repetition")
	}
	sent := [2]uint32{1000, 7}
	if q.Lacks(&sent); sent != [2]uint32{500, 7} {
		t.Errorf("the receivers have %v", sent)
	}
	q.Pop()
	if q.Repeats(0, 800, 900, false) || !q.Repeats(0, 900, 901, false) {
		t.Error("what was let go is held, or the next is not")
	}
}
