package store_test

import (
	"errors"
	"testing"

	"otasuke/centre/internal/store"
)

// TestHostileTextIsKept: bytes that PostgreSQL refuses come from outside (names of
// files, answers of mail servers, ids in addresses) and must not stop the work.
func TestHostileTextIsKept(t *testing.T) {
	suite(t, func(t *testing.T, s *store.Store) {
		for id, text := range map[string]string{"nul": "a\x00b", "broken": "a\xffb", "cut": "猫"[:2]} {
			must(t, s.Write(t.Context(), "a", func(tx *store.Tx) error {
				if err := addCat(tx, id, text); err != nil {
					return err
				}
				var kept string
				err := tx.QueryRow(`SELECT name FROM cat WHERE tenant_id = $1 AND id = $2`, id).Scan(&kept)
				if want := store.Text(text); kept != want {
					t.Errorf("%s: kept %q, want %q", id, kept, want)
				}
				return err
			}))
		}
		err := s.Read(t.Context(), "a", func(tx *store.Tx) error {
			var name string
			return tx.QueryRow(`SELECT name FROM cat WHERE tenant_id = $1 AND id = $2`, "\x00\xff").Scan(&name)
		})
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("an id that nothing can have: %v, want not found", err)
		}
	})
}
