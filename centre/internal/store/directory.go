package store

import "context"

// The directory maps a key to the one tenant that owns it, for requests that
// come without a tenant. It holds no tenant's data beyond that fact: keys that
// are secret or personal are put in as their hash.

// Point makes key of kind belong to the transaction's tenant. [ErrTaken] when it
// already belongs to any tenant, this one too.
func (t *Tx) Point(kind, key string) error {
	n, err := t.Exec(`INSERT INTO directory (kind, item, owner) VALUES ($2, $3, $1) ON CONFLICT DO NOTHING`, kind, key)
	if err == nil && n == 0 {
		return ErrTaken
	}
	return err
}

// Owns says whether key of kind belongs to the transaction's tenant.
func (t *Tx) Owns(kind, key string) (bool, error) {
	var n int
	err := t.QueryRow(`SELECT count(*) FROM directory WHERE owner = $1 AND kind = $2 AND item = $3`, kind, key).Scan(&n)
	return n > 0, err
}

// Owned counts the transaction's tenant's keys of kind.
func (t *Tx) Owned(kind string) (n int, err error) {
	err = t.QueryRow(`SELECT count(*) FROM directory WHERE owner = $1 AND kind = $2`, kind).Scan(&n)
	return n, err
}

// Unpoint frees key of kind if it is the tenant's own.
func (t *Tx) Unpoint(kind, key string) error {
	_, err := t.Exec(`DELETE FROM directory WHERE owner = $1 AND kind = $2 AND item = $3`, kind, key)
	return err
}

// Owner is the tenant that key of kind belongs to, or [ErrNotFound].
func (s *Store) Owner(ctx context.Context, kind, key string) (tenant string, err error) {
	err = s.GlobalRead(ctx, func(tx *GlobalTx) error {
		return tx.QueryRow(`SELECT owner FROM directory WHERE kind = $1 AND item = $2`, kind, key).Scan(&tenant)
	})
	return tenant, err
}
