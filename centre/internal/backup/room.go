package backup

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Where backups are made and proven, beside them. A process that is killed leaves its room behind, as large as the database.
const makeRoom, proveRoom = ".backup-", ".prove-"

// newRoom makes an empty folder that is ours until leave, which removes it. File systems of a network may lock no folders: there
// nobody sweeps.
func newRoom(beside, name string) (dir string, leave func(), err error) {
	dir, err = os.MkdirTemp(filepath.Dir(beside), name)
	if err != nil {
		return "", nil, fmt.Errorf("backup: %w", err)
	}
	key, _ := lock(dir)
	return dir, func() {
		_ = os.RemoveAll(dir)
		if key != nil {
			_ = key.Close()
		}
	}, nil
}

// lock takes a room for as long as this process lives, or until the file is closed.
func lock(dir string) (*os.File, error) {
	f, err := os.Open(dir)
	if err == nil {
		if err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
			_ = f.Close()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	return f, nil
}

// sweep removes rooms in a folder whose process is gone.
func sweep(dir string) error {
	var errs []error
	for _, name := range []string{makeRoom, proveRoom} {
		rooms, err := filepath.Glob(filepath.Join(dir, name+"*"))
		errs = append(errs, err)
		for _, room := range rooms {
			key, err := lock(room)
			if err != nil {
				continue // somebody is in it, or nobody can say
			}
			errs = append(errs, os.RemoveAll(room), key.Close())
		}
	}
	return errors.Join(errs...)
}
