package store_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
)

// cats is a domain of two tables, with the pair that some migrations need.
var cats = store.Schema{Name: "cats", FS: fstest.MapFS{
	"0001_create.sql": {Data: []byte(`-- +goose Up
CREATE TABLE cat (tenant_id TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (tenant_id, id));
CREATE TABLE kitten (tenant_id TEXT NOT NULL, id TEXT NOT NULL, mother TEXT NOT NULL, PRIMARY KEY (tenant_id, id),
	FOREIGN KEY (tenant_id, mother) REFERENCES cat (tenant_id, id));
CREATE TABLE breed (name TEXT PRIMARY KEY);
`)},
	"0002_pair.sqlite.sql":   {Data: []byte("-- +goose Up\nINSERT INTO breed VALUES ('sqlite');\n")},
	"0002_pair.postgres.sql": {Data: []byte("-- +goose Up\nINSERT INTO breed VALUES ('postgres');\n")},
}}

// suite runs fn with two tenants that have look-alike rows.
func suite(t *testing.T, fn func(t *testing.T, s *store.Store)) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		for _, tenant := range []string{"own", "decoy"} {
			must(t, s.Write(t.Context(), tenant, func(tx *store.Tx) error {
				return addCat(tx, "1", "Tama of "+tenant)
			}))
		}
		fn(t, s)
	}, cats)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func addCat(tx *store.Tx, id, name string) error {
	_, err := tx.Exec(`INSERT INTO cat (tenant_id, id, name) VALUES ($1, $2, $3)`, id, name)
	return err
}

func names(tx *store.Tx, query string) ([]string, error) {
	return store.Collect[string](tx.Query(query))(func(scan func(...any) error) (n string, err error) {
		err = scan(&n)
		return n, err
	})
}

func TestTenantSeesOwnRowsOnly(t *testing.T) {
	t.Parallel()
	suite(t, func(t *testing.T, s *store.Store) {
		must(t, s.Read(t.Context(), "own", func(tx *store.Tx) error {
			got, err := names(tx, `SELECT name FROM cat WHERE tenant_id = $1`)
			if diff := cmp.Diff([]string{"Tama of own"}, got); diff != "" {
				t.Error(diff)
			}
			return err
		}))
		// A query that mentions $1 and yet forgets the tenant: row-level security
		// is what is left.
		must(t, s.Read(t.Context(), "own", func(tx *store.Tx) error {
			got, err := names(tx, `SELECT name FROM cat WHERE $1 <> ''`)
			if s.Engine() == store.Postgres && len(got) != 1 {
				t.Errorf("forgetful query saw %v", got)
			}
			return err
		}))
	})
}

func TestEngineRefusesOtherTenantsRow(t *testing.T) {
	t.Parallel()
	suite(t, func(t *testing.T, s *store.Store) {
		err := s.Write(t.Context(), "own", func(tx *store.Tx) error {
			must(t, addCat(tx, "2", "Mike"))
			_, err := tx.Exec(`INSERT INTO kitten (tenant_id, id, mother) VALUES ($1, 'k', $2)`, "3")
			return err
		})
		if err == nil {
			t.Error("a kitten without a mother of its own tenant was accepted")
		}
		if s.Engine() != store.Postgres {
			return
		}
		err = s.Write(t.Context(), "own", func(tx *store.Tx) error {
			_, err := tx.Exec(`INSERT INTO cat (tenant_id, id, name) VALUES ('decoy', $1, 'thief')`)
			return err
		})
		if err == nil {
			t.Error("a row was written into another tenant")
		}
		must(t, s.Write(t.Context(), "own", func(tx *store.Tx) error {
			n, err := tx.Exec(`DELETE FROM cat WHERE $1 = 'own' AND tenant_id = 'decoy'`)
			if n != 0 {
				t.Errorf("%d rows of another tenant were deleted", n)
			}
			return err
		}))
	})
}

func TestGuard(t *testing.T) {
	t.Parallel()
	suite(t, func(t *testing.T, s *store.Store) {
		refuse := func(query string) {
			t.Helper()
			must(t, s.Read(t.Context(), "own", func(tx *store.Tx) error {
				if _, err := tx.Exec(query); !errors.Is(err, store.ErrGuard) {
					t.Errorf("Exec(%q): %v, want ErrGuard", query, err)
				}
				if rows, err := tx.Query(query); !errors.Is(err, store.ErrGuard) {
					t.Errorf("Query(%q): %v %v, want ErrGuard", query, rows, err)
				}
				if err := tx.QueryRow(query).Scan(); !errors.Is(err, store.ErrGuard) {
					t.Errorf("QueryRow(%q): %v, want ErrGuard", query, err)
				}
				return nil
			}))
		}
		refuse(`SELECT name FROM cat`)
		refuse(`SELECT name FROM cat WHERE id = $2`)
		refuse(`SELECT name FROM cat WHERE id = $10`)
		must(t, s.GlobalRead(t.Context(), func(tx *store.GlobalTx) error {
			for _, query := range []string{`SELECT count(*) FROM cat`, `SELECT 1 FROM breed, "Kitten"`} {
				var n int
				if err := tx.QueryRow(query).Scan(&n); !errors.Is(err, store.ErrGuard) {
					t.Errorf("global %q: %v, want ErrGuard", query, err)
				}
			}
			var breed string
			if err := tx.QueryRow(`SELECT name FROM breed`).Scan(&breed); err != nil || breed != string(s.Engine()) {
				t.Errorf("breed %q, %v: the wrong half of the pair ran", breed, err)
			}
			return nil
		}))
		for _, tenant := range []string{""} {
			if err := s.Write(t.Context(), tenant, nil); !errors.Is(err, store.ErrNoTenant) {
				t.Errorf("transaction without a tenant: %v", err)
			}
		}
	})
}

func TestOperatorReadsAllAndIsWrittenDown(t *testing.T) {
	t.Parallel()
	suite(t, func(t *testing.T, s *store.Store) {
		count := func(tx *store.AllTx) error {
			var n int
			err := tx.QueryRow(`SELECT count(*) FROM cat`).Scan(&n)
			if err == nil && n != 2 {
				t.Errorf("operator saw %d cats, want 2", n)
			}
			return err
		}
		must(t, s.AsOperator(t.Context(), "op-1", "case 482913", count))
		if err := s.AsOperator(t.Context(), "op-1", "", count); !errors.Is(err, store.ErrNoTenant) {
			t.Errorf("no reason given: %v", err)
		}
		err := s.AsOperator(t.Context(), "op-1", "curious", func(tx *store.AllTx) error {
			return tx.QueryRow(`INSERT INTO cat (tenant_id, id, name) VALUES ('own', '9', 'x') RETURNING id`).Scan(new(string))
		})
		if err == nil {
			t.Error("an operator wrote across tenants")
		}
		all, err := s.Accesses(t.Context(), 10)
		if err != nil || len(all) != 2 || all[0].Who != "op-1" {
			t.Errorf("accesses on record: %+v, %v; want 2", all, err)
		}
		// A part that looks at every event is written down once.
		for range 3 {
			must(t, s.AsWatcher(t.Context(), "system:part", "every event", count))
		}
		if err := s.AsWatcher(t.Context(), "system:part", "", count); !errors.Is(err, store.ErrNoTenant) {
			t.Errorf("no reason given: %v", err)
		}
		if all, err = s.Accesses(t.Context(), 10); err != nil || len(all) != 3 {
			t.Errorf("accesses on record: %+v, %v; want 3", all, err)
		}
		// The permission must not stay on the connection.
		for range 5 {
			must(t, s.Read(t.Context(), "own", func(tx *store.Tx) error {
				got, err := names(tx, `SELECT name FROM cat WHERE $1 <> ''`)
				if s.Engine() == store.Postgres && len(got) != 1 {
					t.Errorf("after an operator's read a tenant saw %v", got)
				}
				return err
			}))
		}
	})
}

func TestEveryTenantTableIsLocked(t *testing.T) {
	t.Parallel()
	s, err := store.Open(t.Context(), store.Config{URL: storetest.PostgresURL(t)})
	must(t, err)
	defer s.Close()
	must(t, s.Migrate(t.Context(), cats))
	must(t, s.Migrate(t.Context(), cats)) // again, as at every start
	must(t, s.GlobalRead(t.Context(), func(tx *store.GlobalTx) error {
		var locked int
		err := tx.QueryRow(`SELECT count(*) FROM pg_class WHERE relrowsecurity AND relforcerowsecurity`).Scan(&locked)
		if locked != 2 {
			t.Errorf("%d tables under row-level security, want 2", locked)
		}
		return err
	}))
}

func TestSuperuserIsRefused(t *testing.T) {
	t.Parallel()
	_, err := store.Open(t.Context(), store.Config{URL: storetest.PostgresAdminURL(t)})
	if !errors.Is(err, store.ErrRole) {
		t.Errorf("got %v, want ErrRole", err)
	}
}

func TestBadURL(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"", "file.db", "mysql://x/y", "sqlite://"} {
		if _, err := store.Open(t.Context(), store.Config{URL: url}); !errors.Is(err, store.ErrURL) {
			t.Errorf("Open(%q): %v, want ErrURL", url, err)
		}
	}
}

func TestRollback(t *testing.T) {
	t.Parallel()
	suite(t, func(t *testing.T, s *store.Store) {
		changed := errors.New("changed my mind")
		woken := s.Woken("cats")
		err := s.Write(t.Context(), "own", func(tx *store.Tx) error {
			must(t, addCat(tx, "2", "Mike"))
			tx.Wake("cats")
			return changed
		})
		if !errors.Is(err, changed) {
			t.Errorf("got %v", err)
		}
		func() {
			defer func() { _ = recover() }()
			_ = s.Write(t.Context(), "own", func(tx *store.Tx) error {
				must(t, addCat(tx, "3", "Kuro"))
				panic("bug")
			})
		}()
		must(t, s.Write(t.Context(), "own", func(tx *store.Tx) error {
			got, err := names(tx, `SELECT name FROM cat WHERE tenant_id = $1`)
			if len(got) != 1 {
				t.Errorf("rows of undone transactions: %v", got)
			}
			return err
		}))
		select {
		case <-woken:
			t.Error("an undone transaction woke somebody")
		default:
		}
		must(t, s.Write(t.Context(), "own", func(tx *store.Tx) error { tx.Wake("cats"); return nil }))
		<-woken
	})
}

func TestReadCannotWrite(t *testing.T) {
	t.Parallel()
	suite(t, func(t *testing.T, s *store.Store) {
		if err := s.Read(t.Context(), "own", func(tx *store.Tx) error { return addCat(tx, "2", "x") }); err == nil {
			t.Error("a reading transaction wrote")
		}
	})
}

func TestDirectory(t *testing.T) {
	t.Parallel()
	suite(t, func(t *testing.T, s *store.Store) {
		point := func(tenant, key string) error {
			return s.Write(t.Context(), tenant, func(tx *store.Tx) error { return tx.Point("case", key) })
		}
		must(t, point("own", "482913"))
		if err := point("decoy", "482913"); !errors.Is(err, store.ErrTaken) {
			t.Errorf("second owner of a key: %v, want ErrTaken", err)
		}
		must(t, s.Write(t.Context(), "decoy", func(tx *store.Tx) error { return tx.Unpoint("case", "482913") }))
		if owner, err := s.Owner(t.Context(), "case", "482913"); err != nil || owner != "own" {
			t.Errorf("owner %q, %v", owner, err)
		}
		must(t, s.Write(t.Context(), "own", func(tx *store.Tx) error { return tx.Unpoint("case", "482913") }))
		if _, err := s.Owner(t.Context(), "case", "482913"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("freed key: %v, want ErrNotFound", err)
		}
	})
}

// TestWritersOfOneTenantTakeTurns counts up by reading and writing, which loses
// counts when two transactions overlap.
func TestWritersOfOneTenantTakeTurns(t *testing.T) {
	t.Parallel()
	suite(t, func(t *testing.T, s *store.Store) {
		const writers, rounds = 8, 10
		var group sync.WaitGroup
		for range writers {
			group.Go(func() {
				for range rounds {
					err := s.Write(t.Context(), "own", func(tx *store.Tx) error {
						var name string
						if err := tx.QueryRow(`SELECT name FROM cat WHERE tenant_id = $1 AND id = '1'`).Scan(&name); err != nil {
							return err
						}
						_, err := tx.Exec(`UPDATE cat SET name = $2 WHERE tenant_id = $1 AND id = '1'`, name+"!")
						return err
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		group.Wait()
		must(t, s.Read(t.Context(), "own", func(tx *store.Tx) error {
			var name string
			err := tx.QueryRow(`SELECT name FROM cat WHERE tenant_id = $1 AND id = '1'`).Scan(&name)
			if got := strings.Count(name, "!"); got != writers*rounds {
				t.Errorf("%d writes remained of %d", got, writers*rounds)
			}
			return err
		}))
	})
}

func TestTimes(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 5, 5, 1, 123456000, time.UTC)
	if got := store.Time(store.Micros(now)); !got.Equal(now) || got.Location() != time.UTC {
		t.Errorf("%v came back as %v", now, got)
	}
	if !store.Time(store.Micros(time.Time{})).IsZero() {
		t.Error("the zero time does not survive")
	}
}

func TestSQLiteFileIsPrivateAndConcurrentMigrate(t *testing.T) {
	t.Parallel()
	url := storetest.SQLiteURL(t)
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			s, err := store.Open(context.Background(), store.Config{URL: url})
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			if err := s.Ping(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

// A text is asked again within its own rows, and again after they are closed; the second time its statement is prepared.
func TestSameTextWithinItself(t *testing.T) {
	t.Parallel()
	const query = `SELECT name FROM cat WHERE tenant_id = $1`
	suite(t, func(t *testing.T, s *store.Store) {
		for range 2 {
			must(t, s.Read(t.Context(), "own", func(tx *store.Tx) error {
				n := 0
				rows, err := tx.Query(query)
				must(t, err)
				defer rows.Close()
				if s.Engine() == store.Postgres { // one conversation at a time
					must(t, rows.Close())
				}
				for range 2 {
					got, err := names(tx, query)
					must(t, err)
					n += len(got)
				}
				for rows.Next() {
					n++
				}
				if want := map[bool]int{true: 2, false: 3}[s.Engine() == store.Postgres]; n != want {
					t.Errorf("%d rows", n)
				}
				return nil
			}))
		}
	})
}

func TestHurry(t *testing.T) {
	t.Parallel()
	suite(t, func(t *testing.T, s *store.Store) {
		calm, err := s.Hurry(t.Context())
		must(t, err)
		must(t, s.Write(t.Context(), "own", func(tx *store.Tx) error { return addCat(tx, "3", "Mike") }))
		must(t, calm())
	})
}
