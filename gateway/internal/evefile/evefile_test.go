package evefile

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// clock is a time that tests move.
type clock struct{ at time.Time }

func (c *clock) now() time.Time {
	c.at = c.at.Add(time.Millisecond)
	return c.at
}

func opened(t *testing.T, cfg Config) (*File, string, *clock) {
	t.Helper()
	c := &clock{time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)}
	if cfg.Path == "" {
		cfg.Path = filepath.Join(t.TempDir(), "eve.json")
	}
	cfg.Now = c.now
	f, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return f, cfg.Path, c
}

func write(t *testing.T, f *File, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		if _, err := fmt.Fprintf(f, `{"timestamp":"2026-11-22T05:00:00.000000+0000","n":%04d}`+"\n", i); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Flush(); err != nil {
		t.Fatal(err)
	}
}

// On a full disk lines are lost and counted; when there is room again the next line is
// whole, whether the file is then moved aside or not.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	for _, aside := range []int64{0, 300 << 10} {
		dir := t.TempDir()
		if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=512k"); err != nil {
			t.Skipf("needs root for a small disk: %v", err)
		}
		t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
		path := filepath.Join(dir, "eve.json")
		f, _, _ := opened(t, Config{Path: path, MaxBytes: aside, Keep: 9})
		written, failed := 0, false
		for range 2000 {
			if _, err := fmt.Fprintf(f, "{%q:%q}\n", "n", strings.Repeat("x", 1000)); err != nil {
				failed = true
			}
			written++
			if written%10 == 0 && f.Flush() != nil {
				failed = true
			}
		}
		lost := f.Lost()
		lines, _ := read(t, path)
		whole := 0
		for _, line := range lines {
			if len(line) == len(`{"n":""}`)+1001 {
				whole++
			}
		}
		if !failed || lost == 0 || whole+int(lost) < written || whole+int(lost) > written+20 {
			t.Errorf("aside at %d: %d lines written, %d are there, %d counted as lost", aside, written, whole, lost)
		}
		for _, name := range []string{path + ".*", path} { // somebody makes room
			names, _ := filepath.Glob(name)
			for _, n := range names {
				if err := os.Truncate(n, 0); err != nil {
					t.Fatal(err)
				}
			}
		}
		write(t, f, 1, 3)
		if lines, _ := read(t, path); len(lines) < 2 || !strings.Contains(lines[len(lines)-1], `"n":0002}`) || f.Lost() != 0 {
			t.Errorf("aside at %d: with room again: %q", aside, lines)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

// read returns all lines of the log, the files that were moved aside first.
func read(t *testing.T, path string) (lines []string, files int) {
	t.Helper()
	names, _ := filepath.Glob(path + ".*") // sorted
	for _, name := range append(names, path) {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(b)) {
			lines = append(lines, line)
		}
	}
	return lines, len(names)
}

func TestBySize(t *testing.T) {
	t.Parallel()
	f, path, _ := opened(t, Config{MaxBytes: 600})
	write(t, f, 0, 100)
	lines, files := read(t, path)
	if len(lines) != 100 || files < 9 {
		t.Fatalf("%d lines, %d files", len(lines), files)
	}
	for i, line := range lines {
		if !strings.HasSuffix(line, fmt.Sprintf("%04d}\n", i)) {
			t.Fatalf("line %d: %q", i, line)
		}
	}
}

func TestKeep(t *testing.T) {
	t.Parallel()
	f, path, _ := opened(t, Config{MaxBytes: 600, Keep: 3})
	beside := path + ".notes"
	if err := os.WriteFile(beside, []byte("kept\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	write(t, f, 0, 100)
	if names, _ := filepath.Glob(path + ".2*"); len(names) != 3 {
		t.Errorf("kept %v", names)
	}
	if _, err := os.Stat(beside); err != nil {
		t.Error("a file of somebody else is gone")
	}
}

// The age counts from the first record, over restarts.
func TestByAge(t *testing.T) {
	t.Parallel()
	f, path, c := opened(t, Config{MaxAge: time.Hour})
	write(t, f, 0, 2)
	c.at = c.at.Add(50 * time.Minute)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	g, err := Open(Config{Path: path, MaxAge: time.Hour, Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	write(t, g, 2, 3)
	if _, files := read(t, path); files != 0 {
		t.Error("moved aside too early")
	}
	c.at = c.at.Add(11 * time.Minute)
	write(t, g, 3, 4)
	if lines, files := read(t, path); files != 1 || len(lines) != 4 {
		t.Errorf("%d files, %q", files, lines)
	}
}

// Killed in the middle of a line, or between moving and creating: the next start goes on.
func TestKilled(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "eve.json")
	if err := os.WriteFile(path, []byte("{\"n\":1}\n{\"n\":"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, _, _ := opened(t, Config{Path: path})
	write(t, f, 2, 3)
	lines, _ := read(t, path)
	if len(lines) != 3 || lines[1] != "{\"n\":\n" || !strings.HasSuffix(lines[2], "0002}\n") {
		t.Errorf("%q", lines)
	}
	if err := os.Rename(path, path+".20261122T050000.000000000"); err != nil {
		t.Fatal(err)
	}
	g, _, _ := opened(t, Config{Path: path})
	write(t, g, 3, 4)
	if lines, _ := read(t, path); len(lines) != 4 {
		t.Errorf("%q", lines)
	}
}

// Another program moves the file and says so.
func TestReopen(t *testing.T) {
	t.Parallel()
	f, path, _ := opened(t, Config{})
	write(t, f, 0, 1)
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	if err := f.Reopen(); err != nil {
		t.Fatal(err)
	}
	write(t, f, 1, 2)
	if lines, _ := read(t, path); len(lines) != 2 {
		t.Errorf("%q", lines)
	}
	if b, _ := os.ReadFile(path); strings.Count(string(b), "\n") != 1 {
		t.Errorf("the new file holds %q", b)
	}
}
