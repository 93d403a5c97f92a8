package pairing

import (
	"time"

	"otasuke/centre/internal/store"
)

type row struct {
	Waiting
	token, keyHash string
}

func insert(tx *store.GlobalTx, code string, r *row, now time.Time) error {
	_, err := tx.Exec(`INSERT INTO pairing (code, token, key_hash, number, model, software, remote, asked_at, expires_at, owner) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '')`,
		code, r.token, r.keyHash, r.Number, r.Model, r.Software, r.Remote, store.Micros(now), store.Micros(r.Expires))
	return err
}

// forget deletes what is over, and what the same key asked for before.
func forget(tx *store.GlobalTx, keyHash string, now time.Time) error {
	_, err := tx.Exec(`DELETE FROM pairing WHERE expires_at <= $1 OR key_hash = $2 AND owner = ''`, store.Micros(now), keyHash)
	return err
}

func count(tx *store.GlobalTx) (n int, err error) {
	err = tx.QueryRow(`SELECT count(*) FROM pairing`).Scan(&n)
	return n, err
}

func expiry(tx *store.GlobalTx, token string) (time.Time, error) {
	var at int64
	err := tx.QueryRow(`SELECT expires_at FROM pairing WHERE token = $1`, token).Scan(&at)
	return store.Time(at), err
}

const columns = `SELECT number, model, software, remote, asked_at, expires_at, token, key_hash FROM pairing`

func scan(dest func(...any) error) (r row, err error) {
	var asked, expires int64
	err = dest(&r.Number, &r.Model, &r.Software, &r.Remote, &asked, &expires, &r.token, &r.keyHash)
	r.Asked, r.Expires = store.Time(asked), store.Time(expires)
	return r, err
}

func open(tx *store.GlobalTx, code string, now time.Time) (row, error) {
	return scan(tx.QueryRow(columns+` WHERE code = $1 AND owner = '' AND expires_at > $2`, code, store.Micros(now)).Scan)
}

// take makes a code the company's, once; [store.ErrNotFound] when it does not count any more.
func take(tx *store.Tx, code string, now time.Time) (row, error) {
	n, err := tx.Exec(`UPDATE pairing SET owner = $1 WHERE code = $2 AND owner = '' AND expires_at > $3`, code, store.Micros(now))
	if err != nil {
		return row{}, err
	}
	if n == 0 {
		return row{}, store.ErrNotFound
	}
	return scan(tx.QueryRow(columns+` WHERE owner = $1 AND code = $2`, code).Scan)
}
