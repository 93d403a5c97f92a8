package literal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// many patterns, so that the cache keeps their database.
func many(word string) (patterns []Pattern) {
	for i := range minCached {
		patterns = append(patterns, Pattern{fmt.Appendf(nil, "%s %d.", word, i), i%2 == 0})
	}
	return patterns
}

// cached compiles by a cache of its own and says whether the database was found.
func cached(t *testing.T, dir string, patterns []Pattern) (found bool, trouble error) {
	t.Helper()
	c := Cache{Dir: dir}
	db, err := c.Compile(patterns)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	sc, err := NewScratch(db)
	if err != nil {
		t.Fatal(err)
	}
	defer sc.Close()
	if ids := sc.Scan(db, slices.Concat([]byte("so "), patterns[3].Bytes)); !slices.Contains(ids, 3) {
		t.Errorf("the database finds %v, want pattern 3", ids)
	}
	n, trouble := c.Close()
	return n > 0, trouble
}

// entry is the one file of a cache.
func entry(t *testing.T, dir string) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*"+entrySuffix))
	if err != nil || len(names) != 1 {
		t.Fatalf("files %v, %v; want one", names, err)
	}
	return names[0]
}

func needLibrary(t *testing.T) {
	t.Helper()
	if !serializes {
		t.Skipf("%s keeps no databases: there is nothing to damage", Engine)
	}
}

func TestCacheFindsWhatItKept(t *testing.T) {
	t.Parallel()
	needLibrary(t)
	dir := filepath.Join(t.TempDir(), "cache")
	for i, want := range []bool{false, true, true} {
		if found, err := cached(t, dir, many("needle")); found != want || err != nil {
			t.Errorf("compilation %d: found %v, %v; want %v", i, found, err, want)
		}
	}
	other := many("needle")
	other[5].Nocase = !other[5].Nocase
	if found, err := cached(t, dir, other); found || err != nil {
		t.Errorf("patterns in another case: found %v, %v", found, err)
	}
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("folder: %v, %v", info, err)
	}
}

// What is damaged is not used, said, and made anew.
func TestCacheRebuildsDamage(t *testing.T) {
	t.Parallel()
	needLibrary(t)
	resign := func(b []byte) []byte {
		at := len(entryMagic) + sha256.Size
		sum := sha256.Sum256(b[at+sha256.Size:])
		copy(b[at:], sum[:])
		return b
	}
	head := len(entryMagic) + 2*sha256.Size
	for name, damage := range map[string]func([]byte) []byte{
		"empty":                  func([]byte) []byte { return nil },
		"cut in the header":      func(b []byte) []byte { return b[:head-3] },
		"header alone":           func(b []byte) []byte { return b[:head] },
		"header alone, signed":   func(b []byte) []byte { return resign(b[:head]) },
		"cut in the body":        func(b []byte) []byte { return b[:len(b)/2] },
		"cut in the body,signed": func(b []byte) []byte { return resign(b[:len(b)-8]) },
		"longer":                 func(b []byte) []byte { return append(b, 0) },
		"longer, signed":         func(b []byte) []byte { return resign(append(b, 0)) },
		"bit of the magic":       func(b []byte) []byte { b[3] ^= 1; return b },
		"bit of the key":         func(b []byte) []byte { b[len(entryMagic)+1] ^= 1; return b },
		"bit of the digest":      func(b []byte) []byte { b[head-1] ^= 0x80; return b },
		"bit of the body":        func(b []byte) []byte { b[len(b)*3/4] ^= 4; return b },
		"version, signed":        func(b []byte) []byte { b[head+4] ^= 1; return resign(b) },
		"length, signed":         func(b []byte) []byte { b[head+8] ^= 0xff; return resign(b) },
		"length huge, signed":    func(b []byte) []byte { copy(b[head+8:], "\xff\xff\xff\xff"); return resign(b) },
		"bytecode, signed":       func(b []byte) []byte { b[len(b)*3/4] ^= 4; return resign(b) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			cached(t, dir, many("needle"))
			path := entry(t, dir)
			good, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, damage(bytes.Clone(good)), 0o600); err != nil {
				t.Fatal(err)
			}
			if found, err := cached(t, dir, many("needle")); found || !errors.Is(err, errEntry) {
				t.Errorf("used: %v, said: %v", found, err)
			}
			if found, err := cached(t, dir, many("needle")); !found || err != nil {
				t.Errorf("made anew: %v, %v", found, err)
			}
		})
	}
}

// A file of another version, processor or rule set is not taken for ours, whatever its name.
func TestCacheLeavesForeignFiles(t *testing.T) {
	t.Parallel()
	needLibrary(t)
	patterns := many("needle")
	if keyOf(patterns, platform()) == keyOf(patterns, platform()+"x") {
		t.Error("another version has the same key")
	}
	if keyOf([]Pattern{{[]byte("ab"), false}, {[]byte("c"), false}}, "") == keyOf([]Pattern{{[]byte("a"), false}, {[]byte("bc"), false}}, "") {
		t.Error("other patterns have the same key")
	}
	dir := t.TempDir()
	cached(t, dir, many("other"))
	key := keyOf(patterns, platform())
	path := filepath.Join(dir, hex.EncodeToString(key[:])+entrySuffix)
	if err := os.Rename(entry(t, dir), path); err != nil {
		t.Fatal(err)
	}
	if found, err := cached(t, dir, patterns); found || !errors.Is(err, errEntry) {
		t.Errorf("a renamed file: used %v, said %v", found, err)
	}
	if err := os.Chmod(path, 0o666); err != nil {
		t.Fatal(err)
	}
	if found, err := cached(t, dir, patterns); found || !errors.Is(err, errEntry) {
		t.Errorf("a file that others may write: used %v, said %v", found, err)
	}
}

func TestCacheWithoutFolder(t *testing.T) {
	t.Parallel()
	needLibrary(t)
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if found, err := cached(t, filepath.Join(path, "cache"), many("needle")); found || err == nil {
		t.Errorf("a folder that cannot be made: found %v, said %v", found, err)
	}
	if found, err := cached(t, "", many("needle")); found || err != nil {
		t.Errorf("no cache: found %v, said %v", found, err)
	}
}

func TestTrim(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	start := time.Date(2026, 11, 21, 5, 0, 0, 0, time.UTC)
	for i, name := range []string{"a" + entrySuffix, "b" + entrySuffix, "c" + entrySuffix, "d" + entrySuffix, "notes"} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, make([]byte, 10), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, start, start.Add(time.Duration(i)*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	left := func(entries int, size int64, want ...string) {
		t.Helper()
		if err := trim(dir, entries, size); err != nil {
			t.Error(err)
		}
		var got []string
		list, _ := os.ReadDir(dir)
		for _, e := range list {
			got = append(got, e.Name())
		}
		if !slices.Equal(got, want) {
			t.Errorf("left %v, want %v", got, want)
		}
	}
	left(9, 1000, "a"+entrySuffix, "b"+entrySuffix, "c"+entrySuffix, "d"+entrySuffix, "notes")
	left(3, 1000, "b"+entrySuffix, "c"+entrySuffix, "d"+entrySuffix, "notes")
	left(3, 25, "c"+entrySuffix, "d"+entrySuffix, "notes")
}

// No other bytes than those that were written make a database.
func FuzzEntry(f *testing.F) {
	if !serializes {
		f.Skipf("%s keeps no databases", Engine)
	}
	patterns := many("needle")
	dir := f.TempDir()
	c := Cache{Dir: dir}
	db, err := c.Compile(patterns)
	if err != nil {
		f.Fatal(err)
	}
	db.Close()
	key := keyOf(patterns, platform())
	path := filepath.Join(dir, hex.EncodeToString(key[:])+entrySuffix)
	good, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add([]byte(entryMagic))
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "x"+entrySuffix)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		db, err := readEntry(path, key, patterns)
		if err == nil {
			db.Close()
		}
		if (err == nil) != bytes.Equal(b, good) {
			t.Errorf("%d bytes: %v", len(b), err)
		}
	})
}
