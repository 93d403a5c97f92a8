package storetest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"otasuke/centre/internal/store"
)

// templates keeps one database per set of schemas, which the tests of a binary copy: to migrate takes longer than most of
// them, above all under the race detector (goose takes a buffer of 4 MiB for each line, and the detector makes its pool
// forget them).
type templates[T any] struct {
	mu   sync.Mutex
	made map[[sha256.Size]byte]func() (T, error)
	make func([]store.Schema) (T, error)
}

var sqliteTemplates = newTemplates(sqliteTemplate)

func newTemplates[T any](making func([]store.Schema) (T, error)) *templates[T] {
	return &templates[T]{made: map[[sha256.Size]byte]func() (T, error){}, make: making}
}

func (m *templates[T]) get(schemas []store.Schema) (T, error) {
	key, err := keyOf(schemas)
	if err != nil {
		var none T
		return none, err
	}
	m.mu.Lock()
	once, ok := m.made[key]
	if !ok {
		once = sync.OnceValues(func() (T, error) { return m.make(schemas) })
		m.made[key] = once
	}
	m.mu.Unlock()
	return once()
}

// keyOf tells sets of schemas apart by all that they say.
func keyOf(schemas []store.Schema) (key [sha256.Size]byte, err error) {
	h := sha256.New()
	for _, s := range schemas {
		fmt.Fprintf(h, "%q", s.Name)
		names, err := fs.Glob(s.FS, "*.sql")
		if err != nil {
			return key, err
		}
		for _, n := range names {
			text, err := fs.ReadFile(s.FS, n)
			if err != nil {
				return key, err
			}
			fmt.Fprintf(h, "%q%q", n, text)
		}
	}
	return [sha256.Size]byte(h.Sum(nil)), nil
}

func sqliteTemplate(schemas []store.Schema) ([]byte, error) {
	dir, err := os.MkdirTemp("", "otasuke-sqlite-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "template.db")
	if err := migrate(sqliteURL(file), schemas); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
}

func migrate(url string, schemas []store.Schema) error {
	s, err := store.Open(context.Background(), store.Config{URL: url})
	if err != nil {
		return err
	}
	return errors.Join(s.Migrate(context.Background(), schemas...), s.Close())
}
