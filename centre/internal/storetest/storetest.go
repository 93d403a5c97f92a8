package storetest

import (
	"os"
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
		suite(t, open(t, SQLiteURL(t, schemas...), schemas))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		suite(t, open(t, PostgresURL(t, schemas...), schemas))
	})
}

// SQLiteURL is the address of a new database in a temporary file that has the tables of schemas; without, the file is made
// by who opens it.
func SQLiteURL(t testing.TB, schemas ...store.Schema) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "test.db")
	if len(schemas) > 0 {
		template, err := sqliteTemplates.get(schemas)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, template, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return sqliteURL(file)
}

// sqliteURL does not wait for the disk: the file dies with the test.
func sqliteURL(file string) string { return "sqlite://" + file + "?_pragma=synchronous(OFF)" }

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
