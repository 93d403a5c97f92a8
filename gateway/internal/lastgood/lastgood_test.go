package lastgood

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

var errBad = errors.New("bad")

// words are good unless they begin with "bad".
func words(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err == nil && bytes.HasPrefix(b, []byte("bad")) {
		err = errBad
	}
	return err
}

func TestOpen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "a b.list")
	d := &Folder{Dir: filepath.Join(dir, "kept")}
	is := func(want string, kept bool) {
		t.Helper()
		f, err := d.Open(file, words)
		if f == nil {
			t.Fatalf("nothing: %v", err)
		}
		defer f.Close()
		got, _ := io.ReadAll(f)
		if string(got) != want || errors.Is(err, ErrKept) != kept || !kept && err != nil {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
		if kept && !bytes.Contains([]byte(err.Error()), []byte(file)) {
			t.Errorf("the reason does not name the file: %v", err)
		}
	}
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	write := func(text string) {
		t.Helper()
		at = at.Add(time.Hour)
		if err := errors.Join(os.WriteFile(file, []byte(text), 0o600), os.Chtimes(file, at, at)); err != nil {
			t.Fatal(err)
		}
	}
	if f, err := d.Open(file, words); f != nil || !errors.Is(err, os.ErrNotExist) || d.Has(file) {
		t.Errorf("a file that never was: %v", err)
	}
	write("bad from the first")
	is("bad from the first", false)
	write("one")
	is("one", false)
	write("bad now")
	is("one", true)
	write("two")
	is("two", false)
	if err := errors.Join(os.Remove(file), os.Mkdir(file, 0o700)); err != nil {
		t.Fatal(err)
	}
	is("two", true)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	is("two", true)
	again := &Folder{Dir: d.Dir} // another process
	d = again
	is("two", true)
	if got, err := d.Match(filepath.Join(dir, "*.list")); err != nil || !slices.Equal(got, []string{file}) {
		t.Errorf("names %q, %v", got, err)
	}
	d.Prune()
	if !d.Has(file) {
		t.Error("a copy of a file that was named went")
	}
	d.used = nil
	d.Prune()
	if d.Has(file) {
		t.Error("a copy of a file that nobody names stays")
	}
}

// What has not changed is not asked about again: lists have a million lines.
func TestUnchanged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "list")
	if err := os.WriteFile(file, []byte("one"), 0o600); err != nil {
		t.Fatal(err)
	}
	asked := 0
	for range 3 {
		f, err := (&Folder{Dir: filepath.Join(dir, "kept")}).Open(file, func(io.Reader) error { asked++; return nil })
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
}

// A disk on which nothing can be kept costs the copy, not the file.
func TestNowhere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "list")
	if err := os.WriteFile(file, []byte("one"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := (&Folder{Dir: filepath.Join(file, "kept")}).Open(file, nil)
	if f == nil || err == nil || errors.Is(err, ErrKept) {
		t.Fatalf("%v, %v", f, err)
	}
	defer f.Close()
	if got, _ := io.ReadAll(f); string(got) != "one" {
		t.Errorf("%q", got)
	}
	for _, name := range []string{file, os.DevNull} { // and pipes, as shells make them
		f, err := (&Folder{}).Open(name, words)
		if err != nil {
			t.Error(err)
			continue
		}
		f.Close()
	}
}
