package storetest

import (
	"path/filepath"
	"testing"

	"otasuke/centre/internal/store"
)

// Run runs suite on each engine as the subtests "sqlite" and "postgres", in
// parallel, each with an empty database that has the tables of schemas.
func Run(t *testing.T, suite func(t *testing.T, s *store.Store), schemas ...store.Schema) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		suite(t, open(t, SQLiteURL(t), schemas))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		suite(t, open(t, PostgresURL(t), schemas))
	})
}

// SQLiteURL is the address of a new database in a temporary file.
func SQLiteURL(t testing.TB) string {
	t.Helper()
	// The disk need not be waited for: the file dies with the test.
	return "sqlite://" + filepath.Join(t.TempDir(), "test.db") + "?_pragma=synchronous(OFF)"
}

func open(t testing.TB, url string, schemas []store.Schema) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := s.Migrate(t.Context(), schemas...); err != nil {
		t.Fatal(err)
	}
	return s
}
