package evefile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Limits.
const (
	// buffer holds the records of a burst between two flushes.
	buffer = 256 << 10
	// firstLine is how much of a file is read to find out how old it is: the time stands
	// at the beginning of a record.
	firstLine = 256
	// suffix of a file that was moved aside, so that names sort by time.
	suffix = "20060102T150405.000000000"
)

// ErrFile tells that the file cannot be written.
var ErrFile = errors.New("evefile: the EVE log cannot be written")

// Config of a file.
type Config struct {
	Path string
	// MaxBytes and MaxAge say when it is moved aside; 0 for never.
	MaxBytes int64
	MaxAge   time.Duration
	// Keep is how many files that were moved aside stay; 0 keeps all.
	Keep int
	// Now is the clock; time.Now when nil.
	Now func() time.Time
}

// File is an open log.
type File struct {
	cfg  Config
	f    *os.File
	out  *bufio.Writer
	size int64
	born time.Time
	// lines are in the buffer; lost counts those that could not be written; torn tells
	// that a part of one may stand at the end of the file.
	lines, lost uint64
	torn        bool
}

// Lost is how many lines could not be written since it was asked last.
func (f *File) Lost() (n uint64) {
	n, f.lost = f.lost, 0
	return n
}

// failed forgets what could not be written: when the disk has room again, the next line
// must find a writer without a fault.
func (f *File) failed(err error) error {
	f.lost += f.lines
	f.lines, f.torn = 0, true
	if f.f != nil {
		f.out.Reset(f.f)
		if info, err := f.f.Stat(); err == nil {
			f.size = info.Size()
		}
	}
	return fmt.Errorf("%w: %w", ErrFile, err)
}

// Open opens or creates the file.
func Open(cfg Config) (*File, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	f := &File{cfg: cfg}
	return f, f.open()
}

// open takes the file at the path, whatever there is.
func (f *File) open() error {
	file, err := os.OpenFile(f.cfg.Path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrFile, err)
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return fmt.Errorf("%w: %w", ErrFile, err)
	}
	f.f, f.size, f.born = file, info.Size(), f.cfg.Now()
	f.out = bufio.NewWriterSize(file, buffer)
	if info.Mode().IsRegular() && f.size > 0 {
		f.goOn()
	}
	return nil
}

// goOn ends a line that a killed process left and finds out how old the file is.
func (f *File) goOn() {
	last := make([]byte, 1)
	if _, err := f.f.ReadAt(last, f.size-1); err == nil && last[0] != '\n' {
		_ = f.out.WriteByte('\n')
		f.size++
	}
	head := make([]byte, firstLine)
	n, _ := f.f.ReadAt(head, 0)
	if _, rest, ok := bytes.Cut(head[:n], []byte(`"timestamp":"`)); ok {
		text, _, _ := bytes.Cut(rest, []byte(`"`))
		if at, err := time.Parse("2006-01-02T15:04:05.999999-0700", string(text)); err == nil && at.Before(f.born) {
			f.born = at
		}
	}
}

// Write appends one line, which ends with a line feed.
func (f *File) Write(line []byte) (int, error) {
	if f.due(len(line)) || f.f == nil {
		if err := f.rotate(); err != nil && f.f == nil {
			f.lost++
			return 0, err
		}
	}
	f.lines++
	if f.torn {
		f.torn = false
		f.size++
		if err := f.out.WriteByte('\n'); err != nil {
			return 0, f.failed(err)
		}
	}
	n, err := f.out.Write(line)
	f.size += int64(n)
	if err != nil {
		return n, f.failed(err)
	}
	if f.out.Buffered() < len(line) { // those before it are in the file
		f.lines = min(f.lines, 1)
	}
	return n, nil
}

// due tells that the file is to be moved aside before more bytes come.
func (f *File) due(more int) bool {
	if f.size == 0 {
		return false
	}
	return f.cfg.MaxBytes > 0 && f.size+int64(more) > f.cfg.MaxBytes || f.cfg.MaxAge > 0 && f.cfg.Now().Sub(f.born) >= f.cfg.MaxAge
}

// rotate moves the file aside, opens a new one and removes what is too many. A rename is
// whole or not at all: killed in between, the next start finds no file and creates it.
func (f *File) rotate() error {
	broken := f.close() // a file that cannot be written is moved aside all the same
	aside := f.cfg.Path + "." + f.cfg.Now().UTC().Format(suffix)
	if err := os.Rename(f.cfg.Path, aside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(broken, fmt.Errorf("%w: %w", ErrFile, err), f.open())
	}
	f.prune()
	return errors.Join(broken, f.open())
}

// prune removes the oldest of the files that were moved aside.
func (f *File) prune() {
	if f.cfg.Keep <= 0 {
		return
	}
	var old []string
	names, _ := os.ReadDir(filepath.Dir(f.cfg.Path))
	base := filepath.Base(f.cfg.Path) + "."
	for _, e := range names {
		name := e.Name()
		if len(name) > len(base) && name[:len(base)] == base {
			if _, err := time.Parse(suffix, name[len(base):]); err == nil {
				old = append(old, name)
			}
		}
	}
	slices.Sort(old)
	for len(old) > f.cfg.Keep {
		_ = os.Remove(filepath.Join(filepath.Dir(f.cfg.Path), old[0]))
		old = old[1:]
	}
}

// Reopen goes on in the file that stands at the path now, after another program moved
// the one that is open.
func (f *File) Reopen() error {
	return errors.Join(f.close(), f.open())
}

// Flush hands what is buffered to the system.
func (f *File) Flush() error {
	if f.f == nil {
		return nil
	}
	if err := f.out.Flush(); err != nil {
		return f.failed(err)
	}
	f.lines = 0
	return nil
}

func (f *File) close() error {
	if f.f == nil {
		return nil
	}
	err := f.Flush()
	if e := f.f.Close(); e != nil && err == nil {
		err = fmt.Errorf("%w: %w", ErrFile, e)
	}
	f.f, f.torn = nil, false
	return err
}

// Close writes what is left.
func (f *File) Close() error { return f.close() }
