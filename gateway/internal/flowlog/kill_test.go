package flowlog

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"otasuke/gateway/internal/traffic"
)

// childDir names the folder in which a started copy of this test writes.
const childDir = "OTASUKE_FLOWLOG_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		child(dir)
	}
	os.Exit(m.Run())
}

// child writes rows with numbers for ever, a segment for every few, and says each number
// that is kept.
func child(dir string) {
	fail := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	l, err := Open(Config{Dir: dir})
	fail(err)
	n, q := uint64(0), Query{}
	err = l.Each(context.Background(), &q, States, func(f *traffic.Flow) bool { n = max(n, f.ID); return true })
	fail(err)
	for {
		var b []byte
		for range 20 {
			n++
			f := traffic.Flow{ID: n, Start: begin + int64(n)*second, End: begin + int64(n)*second, MAC: mac(int(n % 9)), Name: fmt.Sprintf("n%d.example", n%50)}
			b = f.Append(b)
		}
		fail(l.Append(bytes.Clone(b)))
		fmt.Println(n)
		if n%100 == 0 {
			fail(l.Seal())
		}
	}
}

// A writer that is killed at any moment keeps every row that it was told is kept, once.
func TestKilledWriterLosesNothing(t *testing.T) {
	t.Parallel()
	dir, last := t.TempDir(), uint64(0)
	for round := range 20 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childDir+"="+dir)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			if _, err := fmt.Sscan(lines.Text(), &last); err != nil {
				t.Fatal(err)
			}
			if n == 3+7*round%23 {
				_ = cmd.Process.Kill()
			}
		}
		_ = cmd.Wait()
		l := open(t, Config{Dir: dir})
		seen := map[uint64]int{}
		for _, f := range find(t, l, Query{}) {
			seen[f.ID]++
		}
		l.Close()
		for id := uint64(1); id <= last; id++ {
			if seen[id] != 1 {
				t.Fatalf("round %d: row %d of %d is there %d times", round, id, last, seen[id])
			}
		}
	}
}
