package journal

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func open(t testing.TB, cfg Config) *Journal {
	t.Helper()
	j, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

func add(t testing.TB, j *Journal, texts ...string) {
	t.Helper()
	var records [][]byte
	for _, s := range texts {
		records = append(records, []byte(s))
	}
	if err := j.Append(records...); err != nil {
		t.Fatal(err)
	}
}

// unread gives what is left as "number:text".
func unread(t testing.TB, j *Journal) (out []string) {
	t.Helper()
	records, err := j.Read(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		out = append(out, fmt.Sprintf("%d:%s", r.Seq, r.Data))
	}
	return out
}

func TestAppendReadAck(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, Config{Dir: dir})
	add(t, j, "a", "b", "c")
	two, err := j.Read(2)
	if err != nil || len(two) != 2 || two[1].Seq != 2 {
		t.Fatalf("Read(2) gave %v, %v", two, err)
	}
	if err := j.Ack(1); err != nil {
		t.Fatal(err)
	}
	if err := j.Ack(0); err != nil {
		t.Fatal(err)
	}
	want := []string{"2:b", "3:c"}
	if d := cmp.Diff(want, unread(t, j)); d != "" {
		t.Error(d)
	}
	j.Close()
	if err := j.Append([]byte("x")); !errors.Is(err, ErrClosed) {
		t.Errorf("append after close: %v", err)
	}
	j = open(t, Config{Dir: dir})
	if d := cmp.Diff(want, unread(t, j)); d != "" {
		t.Errorf("after reopening: %s", d)
	}
	add(t, j, "d")
	if err := j.Ack(1000); err != nil { // more than there is counts as all
		t.Fatal(err)
	}
	add(t, j, "e")
	if d := cmp.Diff([]string{"5:e"}, unread(t, j)); d != "" {
		t.Error(d)
	}
	for _, bad := range [][]byte{nil, make([]byte, MaxRecord+1)} {
		if err := j.Append(bad); !errors.Is(err, ErrTooLarge) {
			t.Errorf("record of %d bytes: %v", len(bad), err)
		}
	}
}

const firstSegment = "00000000000000000001.seg"

// Whatever a crash leaves of the last record, all before it are there and the
// journal goes on.
func TestTornTailAtEveryByte(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, Config{Dir: dir})
	add(t, j, "first", "second")
	kept := j.bytes()
	add(t, j, "torn away")
	j.Close()
	whole, err := os.ReadFile(filepath.Join(dir, firstSegment))
	if err != nil {
		t.Fatal(err)
	}
	for n := kept; n < int64(len(whole)); n++ {
		for _, tail := range [][]byte{nil, make([]byte, 700)} { // cut, or blocks of zeros
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, firstSegment), append(bytes.Clone(whole[:n]), tail...), 0o600); err != nil {
				t.Fatal(err)
			}
			j := open(t, Config{Dir: dir})
			add(t, j, "next")
			if d := cmp.Diff([]string{"1:first", "2:second", "3:next"}, unread(t, j)); d != "" {
				t.Fatalf("cut at %d: %s", n, d)
			}
			j.Close()
		}
	}
}

// A damaged byte in the middle costs one record at most.
func TestDamageInTheMiddle(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, Config{Dir: dir})
	add(t, j, "one", "two", "three", "four")
	j.Close()
	path := filepath.Join(dir, firstSegment)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[headBytes+3+headBytes] ^= 0x40 // in the data of "two"
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	j = open(t, Config{Dir: dir})
	add(t, j, "five")
	if d := cmp.Diff([]string{"1:one", "2:", "3:three", "4:four", "5:five"}, unread(t, j)); d != "" {
		t.Error(d)
	}
}

// Acknowledged records that a damaged disk took away must not lend their numbers
// to new ones: those would never be sent.
func TestNumbersAreNotUsedTwice(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, Config{Dir: dir})
	add(t, j, "one", "two", "three")
	if err := j.Ack(3); err != nil {
		t.Fatal(err)
	}
	j.Close()
	if err := os.Truncate(filepath.Join(dir, firstSegment), 5); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"4:four", "5:four"} {
		j := open(t, Config{Dir: dir})
		add(t, j, "four")
		if got := unread(t, j); len(got) == 0 || got[len(got)-1] != want {
			t.Errorf("got %v, want %s at the end", got, want)
		}
		j.Close()
	}
}

func TestUnreadableAckSendsAgain(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "x", "99999999999999999999999", "18446744073709551615", "-1"} {
		dir := t.TempDir()
		j := open(t, Config{Dir: dir})
		add(t, j, "one")
		j.Close()
		if err := os.WriteFile(filepath.Join(dir, "acked"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		j = open(t, Config{Dir: dir})
		add(t, j, "two")
		if d := cmp.Diff([]string{"1:one", "2:two"}, unread(t, j)); d != "" {
			t.Errorf("acked %q: %s", text, d)
		}
	}
}

// Past the budget the oldest go, the newest stay, and the count says how many.
func TestBudget(t *testing.T) {
	t.Parallel()
	j := open(t, Config{Dir: t.TempDir(), MaxBytes: 3 * segmentBytes})
	record := bytes.Repeat([]byte("x"), 32<<10)
	const total = 200
	for range total {
		if err := j.Append(record); err != nil {
			t.Fatal(err)
		}
	}
	pending, lost := j.Pending()
	if lost == 0 || pending+int(lost) != total {
		t.Errorf("%d pending and %d lost of %d", pending, lost, total)
	}
	got, err := j.Read(total)
	if err != nil || len(got) != pending || got[0].Seq != lost+1 || got[len(got)-1].Seq != total {
		t.Errorf("read %d records, %v", len(got), err)
	}
	files, _ := filepath.Glob(filepath.Join(j.cfg.Dir, "*.seg"))
	if len(files) > 4 {
		t.Errorf("%d segments on the disk", len(files))
	}
	if err := j.Ack(total); err != nil {
		t.Fatal(err)
	}
	if _, again := j.Pending(); again != lost {
		t.Errorf("lost went from %d to %d", lost, again)
	}
}

func TestLostSegmentCounts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, Config{Dir: dir})
	record := bytes.Repeat([]byte("x"), MaxRecord)
	for range 40 {
		if err := j.Append(record); err != nil {
			t.Fatal(err)
		}
	}
	missing := j.segs[1]
	j.Close()
	if err := os.Remove(j.path(missing)); err != nil {
		t.Fatal(err)
	}
	j = open(t, Config{Dir: dir})
	if pending, lost := j.Pending(); lost != missing.count || pending != 40-int(lost) {
		t.Errorf("%d pending, %d lost, want %d lost", pending, lost, missing.count)
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	j := open(t, Config{Dir: t.TempDir()})
	const writers, each = 4, 50
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			for n := range each {
				if err := j.Append(fmt.Appendf(nil, "%d-%d", i, n)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	seen := map[string]bool{}
	for last := uint64(0); last < writers*each; {
		records, err := j.Read(7)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records {
			if r.Seq != last+1 || seen[string(r.Data)] {
				t.Fatalf("record %d %q after %d", r.Seq, r.Data, last)
			}
			last, seen[string(r.Data)] = r.Seq, true
		}
		if err := j.Ack(last); err != nil {
			t.Fatal(err)
		}
		j.Pending()
	}
	wg.Wait()
}

// FuzzOpen: whatever stands in the folder, opening is no panic and new records are kept.
func FuzzOpen(f *testing.F) {
	dir := f.TempDir()
	j := open(f, Config{Dir: dir})
	add(f, j, "one", "two", "three")
	j.Close()
	good, err := os.ReadFile(filepath.Join(dir, firstSegment))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good, "1", uint64(1))
	f.Add(good[:len(good)-2], "9", uint64(1))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff}, "x", uint64(1<<63))
	f.Fuzz(func(t *testing.T, segment []byte, ack string, first uint64) {
		dir := t.TempDir()
		for name, b := range map[string][]byte{fmt.Sprintf("%020d.seg", first): segment, "acked": []byte(ack)} {
			if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			j := open(t, Config{Dir: dir})
			add(t, j, "new")
			if got, err := j.Read(1 << 20); err != nil || len(got) == 0 || string(got[len(got)-1].Data) != "new" {
				t.Fatalf("the new record is not the last one: %v %v", got, err)
			}
			j.Close()
		}
	})
}

func BenchmarkAppend100(b *testing.B) {
	j := open(b, Config{Dir: b.TempDir()})
	batch := make([][]byte, 100)
	for i := range batch {
		batch[i] = bytes.Repeat([]byte("x"), 1000)
	}
	for b.Loop() {
		if err := j.Append(batch...); err != nil {
			b.Fatal(err)
		}
	}
}
