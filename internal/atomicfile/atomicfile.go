package atomicfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Write makes path hold data with permissions perm (not changed by umask).
// When it returns nil the contents are on the disk. When it returns an error
// the file is whole all the same: the old contents, or, when only the last
// sync of the folder failed, the new ones.
func Write(path string, data []byte, perm fs.FileMode) error {
	return Copy(path, bytes.NewReader(data), perm)
}

// Copy is Write of all that r gives.
func Copy(path string, r io.Reader, perm fs.FileMode) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("atomicfile: make temporary file: %w", err)
	}
	if err := fill(f, r, perm); err != nil {
		return fmt.Errorf("atomicfile: %w", errors.Join(err, os.Remove(f.Name())))
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("atomicfile: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return syncDir(dir)
}

// fill writes what r gives to the disk and closes f.
func fill(f *os.File, r io.Reader, perm fs.FileMode) error {
	_, err := io.Copy(f, r)
	if err == nil {
		err = f.Chmod(perm)
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// syncDir makes a rename in dir survive a power cut.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("atomicfile: open folder: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("atomicfile: sync folder: %w", err)
	}
	return nil
}
