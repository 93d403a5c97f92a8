package lastgood

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"

	"otasuke/internal/atomicfile"
)

// maxCopy bytes of a file are kept: the largest public lists of sites have 100 MiB.
const maxCopy = 256 << 20

// maxName of a file: Linux has 255, and a temporary name is longer. A path that is longer once
// escaped is not kept.
const maxName = 240

// ErrKept tells that a copy stands in for a file.
var ErrKept = errors.New("lastgood: the copy from when it was good is in use")

// Folder has the copies. Without a Dir nothing is kept, and files are what they are.
type Folder struct {
	Dir string

	used map[string]bool // copies of files that were named
}

// Open opens the file at path, at its beginning. good is asked about contents that are not those of
// the copy; nil takes all. When the file cannot be read or is not good, the copy is opened, and
// the error, an [ErrKept] with the reason, comes beside it. Without a copy the file is nil, but
// one that can be read and is not good is given out as it is, with no error.
func (d *Folder) Open(path string, good func(io.Reader) error) (*os.File, error) {
	copied := d.name(path)
	if copied == "" { // a pipe is as good as a file then
		f, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("lastgood: %w", err)
		}
		return f, nil
	}
	f, err := open(path)
	if err == nil {
		if d.same(f, copied) {
			return f, nil
		}
		if good != nil {
			err = good(f)
		}
		_, back := f.Seek(0, io.SeekStart)
		if err = errors.Join(err, back); err == nil {
			err = d.keep(f, copied)
			_, back = f.Seek(0, io.SeekStart)
			return f, errors.Join(err, back)
		}
	}
	if old, e := os.Open(copied); e == nil {
		if f != nil {
			f.Close()
		}
		return old, fmt.Errorf("%w: %s: %w", ErrKept, path, err)
	}
	if f != nil {
		return f, nil // its reader tells what it is worth
	}
	return nil, fmt.Errorf("lastgood: %w", err)
}

// open opens a regular file.
func open(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		f.Close()
		return nil, errors.Join(err, fmt.Errorf("%s is no file", path))
	}
	return f, nil
}

// name is where the copy of a file is; "" for none.
func (d *Folder) name(path string) string {
	n := url.PathEscape(path)
	if d.Dir == "" || path == "" || len(n) > maxName {
		return ""
	}
	if d.used == nil {
		d.used = map[string]bool{}
	}
	d.used[n] = true
	return filepath.Join(d.Dir, n)
}

// same tells that a file has not changed since it was copied: a copy has its time.
func (d *Folder) same(f *os.File, copied string) bool {
	now, err1 := f.Stat()
	then, err2 := os.Stat(copied)
	return err1 == nil && err2 == nil && now.Size() == then.Size() && now.ModTime().Equal(then.ModTime())
}

// keep copies a file. One that cannot be copied is used all the same.
func (d *Folder) keep(f *os.File, copied string) error {
	info, err := f.Stat()
	if err != nil || info.Size() > maxCopy {
		return err
	}
	if err := os.MkdirAll(d.Dir, 0o700); err != nil {
		return fmt.Errorf("lastgood: %w", err)
	}
	if err := atomicfile.Copy(copied, io.LimitReader(f, maxCopy), 0o600); err != nil {
		return fmt.Errorf("lastgood: %w", err)
	}
	return os.Chtimes(copied, info.ModTime(), info.ModTime())
}

// Has tells whether there is a copy of the file at path.
func (d *Folder) Has(path string) bool {
	copied := d.name(path)
	_, err := os.Stat(copied)
	return copied != "" && err == nil
}

// Match lists the files that a pattern names, in order. When it names none any more, those are
// listed whose copies are there.
func (d *Folder) Match(pattern string) ([]string, error) {
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) > 0 || d.Dir == "" {
		return names, err
	}
	entries, _ := os.ReadDir(d.Dir) // a folder that is not there has none
	for _, e := range entries {
		path, err := url.PathUnescape(e.Name())
		if err != nil {
			continue
		}
		if ok, _ := filepath.Match(pattern, path); ok {
			names = append(names, path)
		}
	}
	slices.Sort(names)
	return names, nil
}

// Prune removes the copies of files that were not named since the last time.
func (d *Folder) Prune() {
	if d.Dir == "" {
		return
	}
	entries, _ := os.ReadDir(d.Dir)
	for _, e := range entries {
		if !d.used[e.Name()] {
			_ = os.RemoveAll(filepath.Join(d.Dir, e.Name()))
		}
	}
	d.used = nil
}
