// Package unpack takes a bundle's archive apart: tar within zstd, into a folder that is not
// there yet, so that after a power cut there is the whole of it or none. What it is given has been
// verified; its limits hold for a maker's mistake, and for keys that were stolen.
package unpack

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// Limits of a bundle.
const (
	// MaxBytes of all files together: clamd's signatures have 400 MiB, the program 100.
	MaxBytes = 2 << 30
	// MaxFiles in it: rule sets have under a hundred.
	MaxFiles = 2000
	// MaxDepth of folders: lists beside rules stand one below them.
	MaxDepth = 4
	// MaxName bytes of a path.
	MaxName = 200
	// maxWindow of zstd in memory: that of its level 19.
	maxWindow = 8 << 20
)

// ErrArchive tells of an archive that is no bundle.
var ErrArchive = errors.New("unpack: not a bundle")

// To writes the files of an archive into dir, whose parent exists, and syncs them to the disk.
// step is called before each thing that changes the disk; nil for nobody.
func To(dir string, in io.Reader, step func(string)) error {
	if step == nil {
		step = func(string) {}
	}
	dec, err := zstd.NewReader(in, zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrArchive, err)
	}
	defer dec.Close()
	step("folder")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	root, err := os.OpenRoot(dir) // no name leads out of it, whatever the checks below overlook
	if err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	defer root.Close()
	u := unpacker{root: root, step: step, left: MaxBytes}
	// Entries without contents cost no bytes of their own: the stream is bounded, too.
	archive := tar.NewReader(io.LimitReader(dec, MaxBytes+MaxFiles<<12))
	for {
		h, err := archive.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("%w: %w", ErrArchive, err)
		}
		if err := u.entry(h, archive); err != nil {
			return err
		}
	}
	if u.files == 0 {
		return fmt.Errorf("%w: no files in it", ErrArchive)
	}
	step("sync")
	return u.sync(dir)
}

type unpacker struct {
	root           *os.Root
	step           func(string)
	entries, files int
	left           int64
}

// entry writes one file or makes one folder.
func (u *unpacker) entry(h *tar.Header, in io.Reader) error {
	name, err := clean(h.Name)
	if err != nil {
		return err
	}
	if u.entries++; u.entries > MaxFiles {
		return fmt.Errorf("%w: more than %d files", ErrArchive, MaxFiles)
	}
	switch h.Typeflag {
	case tar.TypeDir:
		if err := u.root.MkdirAll(name, 0o755); err != nil {
			return fmt.Errorf("%w: %w", ErrArchive, err)
		}
		return nil
	case tar.TypeReg:
	default: // links lead out, devices do worse
		return fmt.Errorf("%w: %.80q is neither a file nor a folder", ErrArchive, h.Name)
	}
	if h.Size < 0 || h.Size > u.left {
		return fmt.Errorf("%w: more than %d bytes", ErrArchive, MaxBytes)
	}
	u.left -= h.Size
	u.files++
	if err := u.root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return fmt.Errorf("%w: %w", ErrArchive, err)
	}
	u.step("file")
	// No file twice: the second would be another one than was looked at.
	f, err := u.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644|os.FileMode(h.Mode)&0o111)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrArchive, err)
	}
	n, err := io.Copy(f, in)
	if err == nil && n != h.Size {
		err = io.ErrUnexpectedEOF
	}
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("unpack: %s: %w", name, err)
	}
	return nil
}

// clean checks a name: relative, printable, and no deeper than bundles are.
func clean(name string) (string, error) {
	short := strings.TrimPrefix(strings.TrimSuffix(name, "/"), "./")
	bad := len(name) > MaxName || strings.Count(short, "/") >= MaxDepth
	bad = bad || short != "." && (!filepath.IsLocal(short) || filepath.ToSlash(filepath.Clean(short)) != short)
	for _, r := range name {
		bad = bad || r <= ' ' || r == '\\' || r > '~'
	}
	if bad {
		return "", fmt.Errorf("%w: a file is called %.80q", ErrArchive, name)
	}
	return short, nil
}

// sync makes the folders survive a power cut; their files do already.
func (u *unpacker) sync(dir string) error {
	return filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || !e.IsDir() {
			return err
		}
		return SyncDir(path)
	})
}

// SyncDir makes what was made or renamed in a folder survive a power cut.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	return nil
}
