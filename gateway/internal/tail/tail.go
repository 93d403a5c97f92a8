package tail

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"otasuke/internal/atomicfile"
)

const (
	// chunk is read at a time; a line that is longer comes in pieces.
	chunk = 1 << 20
	// proof is how many bytes before the position tell that the file is still the same.
	proof = 256
	// defaultPoll is well under what a person notices.
	defaultPoll = time.Second
)

// ErrConfig tells what is missing in a Config.
var ErrConfig = errors.New("tail: configuration")

// Config of a follower.
type Config struct {
	// Path of the file. It need not exist yet.
	Path string
	// State is the file in which the position is kept.
	State string
	// Poll is the time between two looks at a file without news; 1 s when 0.
	Poll time.Duration
	// Take gets whole lines without their ends; they are good until it returns. On an
	// error the same lines come again later.
	Take func(lines [][]byte) error
	// Log gets what the operator should know.
	Log *slog.Logger
}

// position in a file.
type position struct {
	Inode  uint64 `json:"inode"`
	Offset int64  `json:"offset"`
	// Sum of up to proof bytes before Offset.
	Sum uint32 `json:"sum"`
}

// Follower follows one file.
type Follower struct {
	cfg  Config
	pos  position
	file *os.File
	left bool // another file has the name: what is still written to this one is awaited once
	buf  []byte
}

// New reads the position that was kept. An unreadable one means the beginning.
func New(cfg Config) (*Follower, error) {
	if cfg.Path == "" || cfg.State == "" || cfg.Take == nil || cfg.Log == nil {
		return nil, fmt.Errorf("%w: Path, State, Take and Log are needed", ErrConfig)
	}
	if cfg.Poll == 0 {
		cfg.Poll = defaultPoll
	}
	f := &Follower{cfg: cfg, buf: make([]byte, chunk)}
	text, err := os.ReadFile(cfg.State)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("tail: %w", err)
	}
	if json.Unmarshal(text, &f.pos) != nil || f.pos.Offset < 0 {
		f.pos = position{}
	}
	return f, nil
}

// Run follows until ctx ends.
func (f *Follower) Run(ctx context.Context) error {
	defer f.close()
	quiet := false
	for ctx.Err() == nil {
		more, err := f.step()
		if err != nil && !quiet {
			f.cfg.Log.Warn("cannot follow the file, trying again", "path", f.cfg.Path, "err", err)
		}
		quiet = err != nil
		if more && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
		case <-time.After(f.cfg.Poll):
		}
	}
	return nil
}

func (f *Follower) close() {
	if f.file != nil {
		_ = f.file.Close()
		f.file = nil
	}
}

// step gives what is new. more tells that there may be more at once.
func (f *Follower) step() (more bool, err error) {
	if f.file == nil {
		if err := f.open(); err != nil {
			return false, err
		}
	}
	// Asked before reading: what is read after the name has gone to another file is all there will be.
	rotated := f.rotated()
	if err := f.check(); err != nil {
		return false, err
	}
	n, err := f.file.ReadAt(f.buf, f.pos.Offset)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, fmt.Errorf("tail: %w", err)
	}
	end := bytes.LastIndexByte(f.buf[:n], '\n') + 1
	if end == 0 && n == len(f.buf) {
		end = n // longer than any line should be
	}
	if end > 0 {
		return true, f.take(f.buf[:end])
	}
	if before := f.left; !rotated || !before {
		f.left = rotated
		return false, nil
	}
	f.left = false
	f.close()
	f.pos = position{}
	return true, f.save()
}

// take hands lines over and keeps the new position.
func (f *Follower) take(b []byte) error {
	last := b[max(0, len(b)-proof):]
	sum := crc32.ChecksumIEEE(last)
	var lines [][]byte
	for line := range bytes.Lines(b) {
		if line = bytes.TrimRight(line, "\r\n"); len(line) > 0 {
			lines = append(lines, line)
		}
	}
	if len(lines) > 0 {
		if err := f.cfg.Take(lines); err != nil {
			return err
		}
	}
	f.pos.Offset += int64(len(b))
	if f.pos.Sum = sum; len(b) < proof {
		var err error
		if f.pos.Sum, err = f.sum(); err != nil {
			return err
		}
	}
	return f.save()
}

func (f *Follower) save() error {
	text, err := json.Marshal(f.pos)
	if err == nil {
		err = atomicfile.Write(f.cfg.State, text, 0o600)
	}
	if err != nil {
		return fmt.Errorf("tail: %w", err)
	}
	return nil
}

// open opens the file that the position is in, or else the one that has the name now.
func (f *Follower) open() error {
	names := []string{f.cfg.Path}
	if f.pos.Inode != 0 {
		old, err := filepath.Glob(f.cfg.Path + "?*") // where rotation puts it
		if err != nil {
			return fmt.Errorf("tail: %w", err)
		}
		names = append(names, old...)
	}
	for _, name := range names {
		file, err := os.Open(name)
		if err != nil {
			continue
		}
		if id := inode(file.Stat()); id == f.pos.Inode {
			f.file = file
			return nil
		}
		file.Close()
	}
	file, err := os.Open(f.cfg.Path)
	if err != nil {
		return fmt.Errorf("tail: %w", err)
	}
	f.file, f.pos = file, position{Inode: inode(file.Stat())}
	return nil
}

// rotated tells that the name stands for another file now.
func (f *Follower) rotated() bool {
	now, err := os.Stat(f.cfg.Path)
	return err == nil && inode(now, nil) != f.pos.Inode
}

// check goes back to the beginning when the file was truncated, also when it has
// grown past the old position since.
func (f *Follower) check() error {
	if f.pos.Offset == 0 {
		return nil
	}
	info, err := f.file.Stat()
	if err != nil {
		return fmt.Errorf("tail: %w", err)
	}
	if info.Size() == f.pos.Offset {
		return nil
	}
	sum, err := f.sum()
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("tail: %w", err)
	}
	if info.Size() < f.pos.Offset || err != nil || sum != f.pos.Sum {
		f.cfg.Log.Info("the file was truncated, reading it from its beginning", "path", f.cfg.Path)
		f.pos.Offset, f.pos.Sum = 0, 0
	}
	return nil
}

// sum is the checksum of the bytes before the position.
func (f *Follower) sum() (uint32, error) {
	b := make([]byte, min(proof, f.pos.Offset))
	if _, err := f.file.ReadAt(b, f.pos.Offset-int64(len(b))); err != nil {
		return 0, err
	}
	return crc32.ChecksumIEEE(b), nil
}

func inode(info fs.FileInfo, err error) uint64 {
	if err != nil {
		return 0
	}
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return s.Ino
	}
	return 0
}
