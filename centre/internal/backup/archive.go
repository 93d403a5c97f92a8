package backup

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"otasuke/centre/internal/store"
)

// ErrArchive tells that a file is no backup, or not whole.
var ErrArchive = errors.New("backup: not a whole backup")

const (
	format       = 1
	manifestName = "manifest.json"
	databaseName = "database"
	// maxManifest and maxFiles bound what is read of a foreign file.
	maxManifest, maxFiles = 16 << 20, 100_000
)

// kept are the folders of the state folder that cannot be made again.
var kept = []string{"authority", "bundles"}

// Manifest says what is in a backup; it is the last file of it.
type Manifest struct {
	Format   int       `json:"format"`
	Made     time.Time `json:"made"`
	Software string    `json:"software"`
	Engine   string    `json:"engine"`
	// Tables counts rows, from a moment before the database's copy.
	Tables map[string]int64 `json:"tables"`
	// Files are the SHA-256 of all others, hex, by their name.
	Files map[string]string `json:"files"`
}

// Write makes a backup at path, which is whole or absent.
func Write(ctx context.Context, s *store.Store, stateDir, software, path string, now time.Time) (m Manifest, err error) {
	m = Manifest{Format: format, Made: now.UTC(), Software: software, Engine: string(s.Engine()), Files: map[string]string{}}
	if m.Tables, err = s.Tables(ctx); err != nil {
		return m, err
	}
	dir, leave, err := newRoom(path, makeRoom)
	if err != nil {
		return m, err
	}
	defer leave()
	snapshot := filepath.Join(dir, databaseName)
	if err := s.Snapshot(ctx, snapshot); err != nil {
		return m, err
	}
	f, err := os.OpenFile(filepath.Join(dir, "archive"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return m, fmt.Errorf("backup: %w", err)
	}
	defer f.Close()
	z, err := zstd.NewWriter(f, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return m, fmt.Errorf("backup: %w", err)
	}
	w := tar.NewWriter(z)
	err = m.add(w, databaseName, snapshot)
	for _, name := range kept {
		err = errors.Join(err, m.addFolder(ctx, w, stateDir, name))
	}
	if err != nil {
		return m, err
	}
	text, err := json.MarshalIndent(m, "", "\t")
	if err != nil {
		return m, fmt.Errorf("backup: %w", err)
	}
	err = w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: manifestName, Mode: 0o600, Size: int64(len(text)), ModTime: now})
	if err == nil {
		_, err = w.Write(text)
	}
	if err = errors.Join(err, w.Close(), z.Close(), f.Sync(), f.Close()); err != nil {
		return m, fmt.Errorf("backup: %w", err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return m, fmt.Errorf("backup: %w", err)
	}
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return m, fmt.Errorf("backup: %w", err)
	}
	return m, errors.Join(d.Sync(), d.Close())
}

// addFolder adds the regular files below a folder of the state folder; it need not be there.
func (m *Manifest) addFolder(ctx context.Context, w *tar.Writer, stateDir, name string) error {
	return filepath.WalkDir(filepath.Join(stateDir, name), func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, os.ErrNotExist) {
			return nil // never made, or renewed this moment
		}
		if err != nil || ctx.Err() != nil || !d.Type().IsRegular() {
			return errors.Join(err, ctx.Err())
		}
		rel, err := filepath.Rel(stateDir, path)
		if err != nil {
			return err
		}
		if err := m.add(w, filepath.ToSlash(rel), path); !errors.Is(err, os.ErrNotExist) {
			return err
		}
		return nil
	})
}

func (m *Manifest) add(w *tar.Writer, name, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: int64(info.Mode().Perm()), Size: info.Size(), ModTime: info.ModTime()}); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	sum := sha256.New()
	if _, err := io.CopyN(io.MultiWriter(w, sum), f, info.Size()); err != nil {
		return fmt.Errorf("backup: %s: %w", name, err)
	}
	m.Files[name] = hex.EncodeToString(sum.Sum(nil))
	return nil
}

// Unpack takes a backup apart into an empty folder and checks every byte of it.
func Unpack(ctx context.Context, path, dir string) (m Manifest, err error) {
	f, err := os.Open(path)
	if err != nil {
		return m, fmt.Errorf("backup: %w", err)
	}
	defer f.Close()
	z, err := zstd.NewReader(f, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(1<<40))
	if err != nil {
		return m, fmt.Errorf("%w: %w", ErrArchive, err)
	}
	defer z.Close()
	root, err := os.OpenRoot(dir) // no name leads out of it
	if err != nil {
		return m, fmt.Errorf("backup: %w", err)
	}
	defer root.Close()
	sums := map[string]string{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		switch {
		case err != nil:
			return m, fmt.Errorf("%w: %w", ErrArchive, err)
		case ctx.Err() != nil:
			return m, ctx.Err()
		case h.Typeflag != tar.TypeReg || !filepath.IsLocal(h.Name) || len(sums) == maxFiles:
			return m, fmt.Errorf("%w: %.100q", ErrArchive, h.Name)
		case h.Name == manifestName:
			if err := json.NewDecoder(io.LimitReader(r, maxManifest)).Decode(&m); err != nil {
				return m, fmt.Errorf("%w: %w", ErrArchive, err)
			}
			continue
		}
		if sums[h.Name], err = write(root, h, r); err != nil {
			return m, fmt.Errorf("%w: %.100q: %w", ErrArchive, h.Name, err)
		}
	}
	return m, m.compare(sums)
}

func write(root *os.Root, h *tar.Header, in io.Reader) (string, error) {
	if err := root.MkdirAll(filepath.Dir(h.Name), 0o700); err != nil {
		return "", err
	}
	f, err := root.OpenFile(h.Name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fs.FileMode(h.Mode)&0o700|0o600)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	_, err = io.Copy(io.MultiWriter(f, sum), in)
	return hex.EncodeToString(sum.Sum(nil)), errors.Join(err, f.Sync(), f.Close())
}

// compare checks what was read against what the manifest says.
func (m *Manifest) compare(sums map[string]string) error {
	if m.Format != format {
		return fmt.Errorf("%w: format %d; this program knows %d, or its end is missing", ErrArchive, m.Format, format)
	}
	if sums[databaseName] == "" {
		return fmt.Errorf("%w: it has no database", ErrArchive)
	}
	var wrong []string
	for name, sum := range m.Files {
		if sums[name] != sum {
			wrong = append(wrong, name)
		}
	}
	if len(wrong) > 0 || len(sums) != len(m.Files) {
		slices.Sort(wrong)
		return fmt.Errorf("%w: %d files, %d are meant; not as they were: %.200s", ErrArchive, len(sums), len(m.Files), strings.Join(wrong, ", "))
	}
	return nil
}

// Restore makes database and state folder of a centre from a backup; neither may be there.
func Restore(ctx context.Context, path, database, stateDir string) (m Manifest, err error) {
	if err := os.MkdirAll(stateDir, 0o700); err != nil {
		return m, fmt.Errorf("backup: %w", err)
	}
	for _, name := range kept {
		if _, err := os.Stat(filepath.Join(stateDir, name)); !errors.Is(err, os.ErrNotExist) {
			return m, fmt.Errorf("%w: %s is there: move it away first", store.ErrNotEmpty, filepath.Join(stateDir, name))
		}
	}
	dir, err := os.MkdirTemp(stateDir, ".restore-")
	if err != nil {
		return m, fmt.Errorf("backup: %w", err)
	}
	defer os.RemoveAll(dir)
	if m, err = Unpack(ctx, path, dir); err != nil {
		return m, err
	}
	if engine, _, _ := strings.Cut(database, "://"); strings.HasPrefix(engine, "sqlite") != (m.Engine == string(store.SQLite)) {
		return m, fmt.Errorf("backup: it is of %s: restore it into the same, then start the centre", m.Engine)
	}
	if err := store.Restore(ctx, database, filepath.Join(dir, databaseName)); err != nil {
		return m, err
	}
	for _, name := range kept {
		err := os.Rename(filepath.Join(dir, name), filepath.Join(stateDir, name))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return m, fmt.Errorf("backup: %w", err)
		}
	}
	return m, nil
}

// Prove takes a backup apart beside itself and looks at it as a centre would: every byte is as it was, the
// database opens and is sound, and has the rows that it is said to have. Of PostgreSQL, whose dump needs a
// server, the bytes count; to be sure, restore it into an empty database.
func Prove(ctx context.Context, path string) (m Manifest, err error) {
	dir, leave, err := newRoom(path, proveRoom)
	if err != nil {
		return m, err
	}
	defer leave()
	if m, err = Unpack(ctx, path, dir); err != nil || m.Engine != string(store.SQLite) {
		return m, err
	}
	s, err := store.Open(ctx, store.Config{URL: "sqlite://" + filepath.Join(dir, databaseName)})
	if err != nil {
		return m, err
	}
	defer s.Close()
	if err := s.Sound(ctx); err != nil {
		return m, err
	}
	now, err := s.Tables(ctx)
	if err != nil {
		return m, err
	}
	for name, n := range m.Tables {
		if now[name] == 0 && n > 0 { // between counting and copying, work went on
			return m, fmt.Errorf("%w: table %s had %d rows and has none", ErrArchive, name, n)
		}
	}
	return m, nil
}
