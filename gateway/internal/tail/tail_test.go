package tail

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// bench is a file, its follower and what was taken.
type bench struct {
	t    testing.TB
	path string
	got  []string
	fail error
	f    *Follower
}

func newBench(t testing.TB) *bench {
	b := &bench{t: t, path: filepath.Join(t.TempDir(), "eve.json")}
	b.restart()
	return b
}

func (b *bench) restart() {
	b.t.Helper()
	if b.f != nil {
		b.f.close()
	}
	var err error
	b.f, err = New(Config{Path: b.path, State: b.path[:len(b.path)-8] + "position", Log: slog.New(slog.DiscardHandler), Take: func(lines [][]byte) error {
		if b.fail != nil {
			return b.fail
		}
		for _, l := range lines {
			b.got = append(b.got, string(l))
		}
		return nil
	}})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(b.f.close)
}

func (b *bench) write(flag int, text string) {
	b.t.Helper()
	f, err := os.OpenFile(b.path, os.O_WRONLY|os.O_CREATE|flag, 0o600)
	if err == nil {
		_, err = io.WriteString(f, text)
	}
	if err := errors.Join(err, f.Close()); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) append(text string) { b.t.Helper(); b.write(os.O_APPEND, text) }

func (b *bench) rename(from, to string) {
	b.t.Helper()
	if err := os.Rename(b.path+from, b.path+to); err != nil {
		b.t.Fatal(err)
	}
}

// want looks until nothing is new and compares with all that came since the last want.
func (b *bench) want(lines ...string) {
	b.t.Helper()
	for n, quiet := 0, 0; quiet < 3 && n < 100; n, quiet = n+1, quiet+1 { // polls without news
		if more, _ := b.f.step(); more {
			quiet = -1
		}
	}
	if d := cmp.Diff(lines, b.got); d != "" {
		b.t.Errorf("lines: %s", d)
	}
	b.got = nil
}

func TestFollow(t *testing.T) {
	b := newBench(t)
	b.want() // not there yet
	b.append("one\ntwo\r\n\nthr")
	b.want("one", "two")
	b.append("ee")
	b.want()
	b.append("\nfour\n")
	b.want("three", "four")
	b.want()
}

func TestRestart(t *testing.T) {
	b := newBench(t)
	b.append("one\ntwo\nthr")
	b.want("one", "two")
	b.restart()
	b.want()
	b.append("ee\n")
	b.want("three")
	b.restart()
	b.append("four\n")
	b.want("four")
	if err := os.WriteFile(b.f.cfg.State, []byte("garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.restart()
	b.want("one", "two", "three", "four")
}

func TestRotation(t *testing.T) {
	b := newBench(t)
	b.append("one\n")
	b.want("one")
	b.append("late\nhalf a li")
	b.rename("", ".1")
	b.append("two\n")
	b.want("late", "two")
	b.rename(".1", ".2")
	b.rename("", ".1")
	b.want()
	b.append("three\n")
	b.want("three")
}

// A program that rotates makes the new file first and tells the sensor then, which goes on in the old one until it has heard:
// that is read, too.
func TestRotationThatIsHeardLate(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.append("a\n")
	b.want("a")
	b.rename("", ".1")
	b.append("")
	if more, err := b.f.step(); more || err != nil { // it waits after that, for as long as a poll
		t.Errorf("more %v: %v", more, err)
	}
	old, err := os.OpenFile(b.path+".1", os.O_WRONLY|os.O_APPEND, 0)
	if err == nil {
		_, err = io.WriteString(old, "b\n")
	}
	if err := errors.Join(err, old.Close()); err != nil {
		t.Fatal(err)
	}
	b.append("c\n")
	b.want("b", "c")
}

func TestRotationWhileAway(t *testing.T) {
	b := newBench(t)
	b.append("one\n")
	b.want("one")
	b.f.close()
	b.append("unseen\n")
	b.rename("", "-20261121")
	b.append("new\n")
	b.restart()
	b.want("unseen", "new")
	// Rotated and compressed away: the new file from its beginning.
	b.f.close()
	b.rename("", ".1")
	b.append("newer\n")
	if err := os.Remove(b.path + ".1"); err != nil {
		t.Fatal(err)
	}
	b.restart()
	b.want("newer")
}

func TestTruncation(t *testing.T) {
	b := newBench(t)
	b.append("one\ntwo\n")
	b.want("one", "two")
	b.write(os.O_TRUNC, "a\n")
	b.want("a")
	b.write(os.O_TRUNC, strings.Repeat("longer than before\n", 3))
	b.want("longer than before", "longer than before", "longer than before")
	b.restart()
	b.write(os.O_TRUNC, strings.Repeat("other words, longer again\n", 4))
	b.want("other words, longer again", "other words, longer again", "other words, longer again", "other words, longer again")
}

// Lines that could not be kept come again.
func TestTakeFails(t *testing.T) {
	b := newBench(t)
	b.append("one\ntwo\n")
	b.fail = errors.New("disk full")
	if _, err := b.f.step(); !errors.Is(err, b.fail) {
		t.Errorf("got %v", err)
	}
	b.restart()
	b.fail = nil
	b.want("one", "two")
}

func TestLongLine(t *testing.T) {
	b := newBench(t)
	b.append(strings.Repeat("x", 2*chunk+7) + "\nshort\n")
	for more := true; more; {
		var err error
		if more, err = b.f.step(); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(b.got); n == 0 || b.got[n-1] != "short" {
		t.Errorf("%d lines", n)
	}
}

func TestManyLines(t *testing.T) {
	b := newBench(t)
	var text strings.Builder
	var want []string
	for i := range 50_000 {
		line := fmt.Sprintf("line %d %s", i, strings.Repeat("y", i%100))
		want = append(want, line)
		text.WriteString(line + "\n")
	}
	b.append(text.String())
	b.want(want...)
}

func TestRun(t *testing.T) {
	b := newBench(t)
	got := make(chan string, 10)
	f, err := New(Config{Path: b.path, State: b.path + "-pos", Poll: time.Millisecond, Log: slog.New(slog.DiscardHandler), Take: func(lines [][]byte) error {
		for _, l := range lines {
			got <- string(l)
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- f.Run(ctx) }()
	b.append("one\n")
	if l := <-got; l != "one" {
		t.Errorf("got %q", l)
	}
	b.append("two\n")
	if l := <-got; l != "two" {
		t.Errorf("got %q", l)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestConfig(t *testing.T) {
	if _, err := New(Config{Path: "x"}); !errors.Is(err, ErrConfig) {
		t.Errorf("got %v", err)
	}
}
