package passkey

import (
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"otasuke/centre/internal/store"
)

// Kinds of keys in the directory: hashes of credentials, and of challenges that were used.
const (
	keyOf   = "passkey"
	spentOf = "passkey_challenge"
)

const keyColumns = `SELECT id, person_id, name, host, credential, public_key, transports, eligible, sign_count, created_at, used_at FROM passkey WHERE tenant_id = $1`

func scanKey(scan func(...any) error) (k Key, err error) {
	var credential, public, transports string
	var count, created, used int64
	if err := scan(&k.ID, &k.PersonID, &k.Name, &k.Host, &credential, &public, &transports, &k.eligible, &count, &created, &used); err != nil {
		return k, err
	}
	k.count, k.Created, k.Used, k.transports = uint32(count), store.Time(created), store.Time(used), strings.Fields(transports)
	var err1, err2 error
	k.credential, err1 = base64.RawURLEncoding.DecodeString(credential)
	k.public, err2 = base64.RawURLEncoding.DecodeString(public)
	return k, errors.Join(err1, err2)
}

func selectKey(tx *store.Tx, id string) (Key, error) {
	return scanKey(tx.QueryRow(keyColumns+` AND id = $2`, id).Scan)
}

func selectKeys(tx *store.Tx, personID string) ([]Key, error) {
	return store.Collect[Key](tx.Query(keyColumns+` AND person_id = $2 ORDER BY created_at, id`, personID))(scanKey)
}

// countKeys counts a person's that work at a host.
func countKeys(tx *store.Tx, personID, host string) (n int, err error) {
	err = tx.QueryRow(`SELECT count(*) FROM passkey WHERE tenant_id = $1 AND person_id = $2 AND host = $3`, personID, host).Scan(&n)
	return n, err
}

func insertKey(tx *store.Tx, k *Key) error {
	if err := tx.Point(keyOf, k.ID); err != nil {
		return err
	}
	b64 := base64.RawURLEncoding.EncodeToString
	_, err := tx.Exec(`INSERT INTO passkey (tenant_id, id, person_id, name, host, credential, public_key, transports, eligible, sign_count, created_at, used_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0)`,
		k.ID, k.PersonID, k.Name, k.Host, b64(k.credential), b64(k.public), strings.Join(k.transports, " "), k.eligible, int64(k.count), store.Micros(k.Created))
	return err
}

func renameKey(tx *store.Tx, id, name string) error {
	_, err := tx.Exec(`UPDATE passkey SET name = $3 WHERE tenant_id = $1 AND id = $2`, id, name)
	return err
}

// useKey notes a use. The counter stands in the statement too: of two at once one is refused, and so is what was removed
// meanwhile. Devices that do not count say 0 always.
func useKey(tx *store.Tx, id string, count uint32, at time.Time) (ok bool, err error) {
	n, err := tx.Exec(`UPDATE passkey SET sign_count = $3, used_at = $4 WHERE tenant_id = $1 AND id = $2 AND (sign_count < $3 OR $3 = 0 AND sign_count = 0)`, id, int64(count), store.Micros(at))
	return n == 1, err
}

func dropKey(tx *store.Tx, k *Key) error {
	if err := tx.Unpoint(keyOf, k.ID); err != nil {
		return err
	}
	_, err := tx.Exec(`DELETE FROM passkey WHERE tenant_id = $1 AND id = $2`, k.ID)
	return err
}

func dropKeys(tx *store.Tx, personID string) error {
	all, err := selectKeys(tx, personID)
	for i := range all {
		err = errors.Join(err, dropKey(tx, &all[i]))
	}
	return err
}

// holdPerson lets of two who change a person's passkeys at once one wait for the other.
func holdPerson(tx *store.Tx, personID string) error {
	n, err := tx.Exec(`UPDATE person SET name = name WHERE tenant_id = $1 AND id = $2 AND left_at = 0`, personID)
	if err == nil && n == 0 {
		err = store.ErrNotFound
	}
	return err
}

func selectOnly(tx *store.Tx, personID string) (bool, error) {
	var n int
	err := tx.QueryRow(`SELECT count(*) FROM passkey_only WHERE tenant_id = $1 AND person_id = $2`, personID).Scan(&n)
	return n > 0, err
}

func insertOnly(tx *store.Tx, personID string, at time.Time) error {
	_, err := tx.Exec(`INSERT INTO passkey_only (tenant_id, person_id, at) VALUES ($1, $2, $3)`, personID, store.Micros(at))
	return err
}

func dropOnly(tx *store.Tx, personID string) error {
	_, err := tx.Exec(`DELETE FROM passkey_only WHERE tenant_id = $1 AND person_id = $2`, personID)
	return err
}

func selectOffer(tx *store.Tx, personID string) (heard bool, err error) {
	var n int
	err = tx.QueryRow(`SELECT count(*) FROM passkey_offer WHERE tenant_id = $1 AND person_id = $2`, personID).Scan(&n)
	return n > 0, err
}

func insertOffer(tx *store.Tx, personID string, at time.Time) error {
	_, err := tx.Exec(`INSERT INTO passkey_offer (tenant_id, person_id, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, personID, store.Micros(at))
	return err
}

func insertSpent(tx *store.Tx, id string, expires time.Time) error {
	if err := tx.Point(spentOf, id); err != nil {
		return err
	}
	_, err := tx.Exec(`INSERT INTO passkey_spent (tenant_id, id, expires_at) VALUES ($1, $2, $3)`, id, store.Micros(expires))
	return err
}

// dropSpent forgets challenges that nobody could use any more anyway.
func dropSpent(tx *store.Tx, now time.Time) error {
	ids, err := store.Collect[string](tx.Query(`SELECT id FROM passkey_spent WHERE tenant_id = $1 AND expires_at <= $2`, store.Micros(now)))(
		func(scan func(...any) error) (id string, err error) { err = scan(&id); return id, err })
	for _, id := range ids {
		err = errors.Join(err, tx.Unpoint(spentOf, id))
	}
	if err != nil || len(ids) == 0 {
		return err
	}
	_, err = tx.Exec(`DELETE FROM passkey_spent WHERE tenant_id = $1 AND expires_at <= $2`, store.Micros(now))
	return err
}

func keepSeal(tx *store.Tx, fresh string) (kept string, err error) {
	if _, err := tx.Exec(`INSERT INTO passkey_seal (tenant_id, secret) VALUES ($1, $2) ON CONFLICT DO NOTHING`, fresh); err != nil {
		return "", err
	}
	err = tx.QueryRow(`SELECT secret FROM passkey_seal WHERE tenant_id = $1`).Scan(&kept)
	return kept, err
}
