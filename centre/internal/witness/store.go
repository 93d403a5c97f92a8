package witness

import (
	"errors"

	"otasuke/centre/internal/store"
)

// tenants are all that have a record.
func tenants(tx *store.AllTx) ([]string, error) {
	return store.Collect[string](tx.Query(`SELECT tenant_id FROM audit UNION SELECT tenant_id FROM audit_start ORDER BY tenant_id`))(func(scan func(...any) error) (s string, err error) { return s, scan(&s) })
}

// hashAt is the hash of an entry: "" when there is none, gone when it was let go with what is too old.
func hashAt(tx *store.Tx, seq int64) (hash string, gone bool, err error) {
	var start int64
	if err := tx.QueryRow(`SELECT coalesce(max(seq), 0), coalesce(max(hash), '') FROM audit_start WHERE tenant_id = $1`).Scan(&start, &hash); err != nil || start >= seq {
		if start > seq {
			hash = ""
		}
		return hash, start > seq, err
	}
	err = tx.QueryRow(`SELECT hash FROM audit WHERE tenant_id = $1 AND seq = $2`, seq).Scan(&hash)
	if errors.Is(err, store.ErrNotFound) {
		return "", false, nil
	}
	return hash, false, err
}
