package oidc

import (
	"time"

	"otasuke/centre/internal/store"
)

const linkColumns = `SELECT id, person_id, issuer, subject, created_at, used_at FROM oidc_link WHERE tenant_id = $1`

func scanLink(scan func(...any) error) (l Link, err error) {
	var created, used int64
	err = scan(&l.ID, &l.PersonID, &l.Issuer, &l.Subject, &created, &used)
	l.Created, l.Used = store.Time(created), store.Time(used)
	return l, err
}

func selectLink(tx *store.Tx, id string) (Link, error) {
	return scanLink(tx.QueryRow(linkColumns+` AND id = $2`, id).Scan)
}

func selectLinkOf(tx *store.Tx, personID, issuer string) (Link, error) {
	return scanLink(tx.QueryRow(linkColumns+` AND person_id = $2 AND issuer = $3`, personID, issuer).Scan)
}

// insertLink is [store.ErrTaken] when account or person is bound already.
func insertLink(tx *store.Tx, l *Link) error {
	n, err := tx.Exec(`INSERT INTO oidc_link (tenant_id, id, person_id, issuer, subject, created_at, used_at) VALUES ($1, $2, $3, $4, $5, $6, 0) ON CONFLICT DO NOTHING`,
		l.ID, l.PersonID, l.Issuer, store.Text(l.Subject), store.Micros(l.Created))
	if err == nil && n == 0 {
		err = store.ErrTaken
	}
	return err
}

func useLink(tx *store.Tx, id string, at time.Time) error {
	_, err := tx.Exec(`UPDATE oidc_link SET used_at = $3 WHERE tenant_id = $1 AND id = $2`, id, store.Micros(at))
	return err
}

func dropLinks(tx *store.Tx, personID string) error {
	_, err := tx.Exec(`DELETE FROM oidc_link WHERE tenant_id = $1 AND person_id = $2`, personID)
	return err
}

// insertSpent is [store.ErrTaken] for a state that was used.
func insertSpent(tx *store.Tx, id string, expires time.Time) error {
	n, err := tx.Exec(`INSERT INTO oidc_spent (tenant_id, id, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, id, store.Micros(expires))
	if err == nil && n == 0 {
		err = store.ErrTaken
	}
	return err
}

// dropSpent forgets states that nobody could use any more anyway.
func dropSpent(tx *store.Tx, now time.Time) error {
	_, err := tx.Exec(`DELETE FROM oidc_spent WHERE tenant_id = $1 AND expires_at <= $2`, store.Micros(now))
	return err
}
