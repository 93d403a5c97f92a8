package literal

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"otasuke/internal/atomicfile"
)

// Limits of the cache.
const (
	// minCached is the number of patterns from which a database is kept: smaller ones
	// compile faster than a file is read with care.
	minCached = 24
	// maxEntry bounds one file; the largest database of 40,000 public rules has 5 MiB.
	maxEntry = 64 << 20
	// maxEntries and maxCache bound the folder: some generations of a rule set, of
	// which each has under 60 databases and under 16 MiB.
	maxEntries = 256
	maxCache   = 128 << 20
	// entrySuffix marks the files that are ours; no other one is touched.
	entrySuffix = ".litdb"
)

// entryMagic is the first line of a file; a new format gets another one.
const entryMagic = "otasuke literal database 1\n"

// errEntry is a file that is not what it should be; it is made anew.
var errEntry = errors.New("literal: damaged or foreign cache file")

// Cache keeps compiled databases in a folder between starts. A file is named by a digest of
// the patterns, of the library's version and of the processor, and holds a digest of its
// contents: what is cut, changed or of another build is not read, but made anew. Whoever may
// write into the folder decides what the library runs: it and its files belong to our user
// alone. May be used by several goroutines. The zero value keeps nothing.
type Cache struct {
	// Dir is made when it is missing; "" for no cache.
	Dir string

	mu    sync.Mutex
	found int
	err   error
}

// Compile returns the database from the cache, or builds and keeps it. Trouble with the
// folder is noted and does not hinder.
func (c *Cache) Compile(patterns []Pattern) (*DB, error) {
	if c.Dir == "" || !serializes || len(patterns) < minCached {
		return Compile(patterns)
	}
	key := keyOf(patterns, platform())
	path := filepath.Join(c.Dir, hex.EncodeToString(key[:])+entrySuffix)
	db, err := readEntry(path, key, patterns)
	if err == nil {
		now := time.Now()
		c.note(os.Chtimes(path, now, now)) // what is used stays longest
		c.mu.Lock()
		c.found++
		c.mu.Unlock()
		return db, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		c.note(err)
	}
	if db, err = Compile(patterns); err == nil {
		c.note(c.keep(path, key, db))
	}
	return db, err
}

// Close removes what is too much, the oldest first, and tells how many databases were found
// and what went wrong.
func (c *Cache) Close() (found int, err error) {
	if c.Dir != "" {
		c.note(trim(c.Dir, maxEntries, maxCache))
	}
	return c.found, c.err
}

func (c *Cache) note(err error) {
	c.mu.Lock()
	c.err = cmp.Or(c.err, err)
	c.mu.Unlock()
}

// keyOf digests all that a database depends on.
func keyOf(patterns []Pattern, platform string) (key [sha256.Size]byte) {
	h := sha256.New()
	b := fmt.Appendf(nil, "%s%s\x00", entryMagic, platform)
	for _, p := range patterns {
		flag := byte(0)
		if p.Nocase {
			flag = 1
		}
		b = append(binary.AppendUvarint(append(b, flag), uint64(len(p.Bytes))), p.Bytes...)
		if len(b) > 4096 {
			h.Write(b)
			b = b[:0]
		}
	}
	h.Write(b)
	return [sha256.Size]byte(h.Sum(nil))
}

// keep writes an entry: magic, key, digest of the body, body up to the end of the file.
func (c *Cache) keep(path string, key [sha256.Size]byte, db *DB) error {
	body, err := db.serialize()
	if err != nil || len(body) > maxEntry {
		return err
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return fmt.Errorf("literal: cache: %w", err)
	}
	sum := sha256.Sum256(body)
	return atomicfile.Write(path, slices.Concat([]byte(entryMagic), key[:], sum[:], body), 0o600)
}

// readEntry returns the database of a file if every byte is as it was written.
func readEntry(path string, key [sha256.Size]byte, patterns []Pattern) (*DB, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("literal: cache: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("literal: cache: %w", err)
	}
	if !ours(info) {
		return nil, fmt.Errorf("%w: %s may be written by others", errEntry, path)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxEntry+int64(len(entryMagic)+2*sha256.Size)))
	if err != nil {
		return nil, fmt.Errorf("literal: cache: %w", err)
	}
	rest, ok := bytes.CutPrefix(b, []byte(entryMagic))
	if !ok || len(rest) < 2*sha256.Size || [sha256.Size]byte(rest) != key {
		return nil, fmt.Errorf("%w: %s", errEntry, path)
	}
	rest = rest[sha256.Size:]
	body := rest[sha256.Size:]
	if sha256.Sum256(body) != [sha256.Size]byte(rest) {
		return nil, fmt.Errorf("%w: %s", errEntry, path)
	}
	return deserialize(body, patterns)
}

// trim removes the files that were not used for longest until so many with so many bytes are left.
func trim(dir string, entries int, size int64) error {
	list, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("literal: cache: %w", err)
	}
	var files []fs.FileInfo
	for _, e := range list {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() && strings.HasSuffix(e.Name(), entrySuffix) {
			files = append(files, info)
		}
	}
	slices.SortFunc(files, func(a, b fs.FileInfo) int { return b.ModTime().Compare(a.ModTime()) })
	for i, f := range files {
		if size -= f.Size(); i < entries && size >= 0 {
			continue
		}
		if e := os.Remove(filepath.Join(dir, f.Name())); e != nil && !errors.Is(e, fs.ErrNotExist) { // another process may trim, too
			err = errors.Join(err, e)
		}
	}
	return err
}
