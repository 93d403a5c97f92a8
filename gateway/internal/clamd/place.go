package clamd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"otasuke/gateway/internal/scan"
)

// Place makes folder hold the signatures of both folders by name; more, "" for none, is a bundle's
// and replaces those of base of the same name, whatever their ending: daily.cld is daily.cvd, newer.
// Call it again when either has changed.
func Place(folder, base, more string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("clamd: %w", err)
	}
	stem := func(name string) string { return strings.TrimSuffix(name, filepath.Ext(name)) }
	want, theirs := map[string]string{}, map[string]bool{}
	for _, from := range []string{more, base} {
		names, _ := filepath.Glob(filepath.Join(from, "*")) // a folder that is not there has none
		for _, name := range names {
			b := filepath.Base(name)
			if from == more && more != "" {
				theirs[stem(b)] = true
			} else if theirs[stem(b)] {
				continue
			}
			if from != "" {
				want[b] = name
			}
		}
	}
	var errs []error
	have, _ := os.ReadDir(folder)
	for _, e := range have {
		path := filepath.Join(folder, e.Name())
		if to, err := os.Readlink(path); err == nil && want[e.Name()] == to {
			delete(want, e.Name())
			continue
		}
		errs = append(errs, os.RemoveAll(path))
	}
	for name, to := range want {
		errs = append(errs, os.Symlink(to, filepath.Join(folder, name)))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("clamd: %w", err)
	}
	return nil
}

// endings of files of signatures by themselves; others in such a folder only go with them.
var endings = []string{".cvd", ".cld", ".cud", ".db", ".hdb", ".hdu", ".hsb", ".hsu", ".mdb", ".mdu", ".msb", ".msu", ".ndb", ".ndu", ".ldb", ".ldu", ".cdb", ".cbc", ".yar", ".yara"}

// Signed tells that a folder has signatures, so that clamd can start.
func Signed(folder string) bool {
	if folder == "" {
		folder = DefaultDatabase
	}
	names, _ := os.ReadDir(folder) // a folder that is not there has none
	return slices.ContainsFunc(names, func(e os.DirEntry) bool {
		if !slices.Contains(endings, filepath.Ext(e.Name())) {
			return false
		}
		info, err := os.Stat(filepath.Join(folder, e.Name())) // behind a link
		return err == nil && info.Mode().IsRegular() && info.Size() > 0
	})
}

// tryTime is how long signatures may take to load: all of clamd's take a minute on a small box.
const tryTime = 4 * time.Minute

// Try starts a clamd of its own on c.Database and ends it: an error says that these signatures do
// not load.
func Try(ctx context.Context, c Config) error {
	c.complete()
	c.Dir = filepath.Join(c.Dir, "try")
	if err := os.MkdirAll(c.Dir, 0o755); err != nil {
		return fmt.Errorf("clamd: %w", err)
	}
	defer os.RemoveAll(c.Dir)
	who, err := c.prepare()
	if err != nil {
		return fmt.Errorf("clamd: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, tryTime)
	defer cancel()
	ready := false
	var others sync.WaitGroup
	others.Go(func() {
		s := scan.Scanner{Socket: Socket(c.Dir)}
		for tick := time.NewTicker(100 * time.Millisecond); ctx.Err() == nil; <-tick.C {
			if s.Ping(ctx) == nil {
				ready = true
				cancel()
			}
		}
	})
	said, err := c.once(ctx, who)
	cancel()
	others.Wait()
	if !ready {
		return fmt.Errorf("clamd: these signatures do not load: %w: %s", err, said)
	}
	return nil
}
