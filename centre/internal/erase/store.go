package erase

import (
	"encoding/json"
	"errors"
	"time"

	"otasuke/centre/internal/store"
)

// columns of an erasure; subject is the tenant of a transaction.
const columns = `id, subject, name, lang, asked_by, asked_at, why, due_at, state, ended_at, people, counts, facts, certificate FROM erasure`

func scanErasure(scan func(...any) error) (e Erasure, err error) {
	var asked, due, ended int64
	var people, counts, facts string
	err = scan(&e.ID, &e.Company, &e.Name, &e.Lang, &e.By, &asked, &e.Why, &due, &e.State, &ended, &people, &counts, &facts, &e.Certificate)
	if err != nil {
		return e, err
	}
	e.Asked, e.Due, e.Ended = store.Time(asked).UTC(), store.Time(due).UTC(), store.Time(ended)
	return e, errors.Join(json.Unmarshal([]byte(people), &e.People), json.Unmarshal([]byte(counts), &e.Counts), json.Unmarshal([]byte(facts), &e.Facts))
}

func insert(tx *store.Tx, e *Erasure) (fresh bool, err error) {
	n, err := tx.Exec(`INSERT INTO erasure (subject, id, name, lang, asked_by, asked_at, why, due_at, state, ended_at, people, counts, facts, certificate)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 'null', 'null', '{}', '') ON CONFLICT DO NOTHING`,
		e.ID, e.Name, e.Lang, e.By, store.Micros(e.Asked), e.Why, store.Micros(e.Due), e.State)
	return n > 0, err
}

// save keeps what changes.
func save(tx *store.Tx, e *Erasure) error {
	_, err := tx.Exec(`UPDATE erasure SET state = $3, ended_at = $4, people = $5, counts = $6, facts = $7, certificate = $8 WHERE subject = $1 AND id = $2`,
		e.ID, e.State, store.Micros(e.Ended), encode(e.People), encode(e.Counts), encode(e.Facts), e.Certificate)
	return err
}

// told is save for a transaction of the house, when the company is no more. It says whether it was still to be told.
func told(tx *store.Tx, id string) (bool, error) {
	n, err := tx.Exec(`UPDATE erasure SET state = $3, people = 'null' WHERE subject <> $1 AND id = $2 AND state = $4`, id, Told, Done)
	return n > 0, err
}

func open(tx *store.Tx) (Erasure, error) {
	return scanErasure(tx.QueryRow(`SELECT `+columns+` WHERE subject = $1 AND state IN ($2, $3)`, Waiting, Running).Scan)
}

func byID(tx *store.GlobalTx, id string) (Erasure, error) {
	return scanErasure(tx.QueryRow(`SELECT `+columns+` WHERE id = $1`, id).Scan)
}

func list(tx *store.GlobalTx) ([]Erasure, error) {
	return store.Collect[Erasure](tx.Query(`SELECT ` + columns + ` ORDER BY asked_at DESC, id`))(scanErasure)
}

func companyOf(tx *store.Tx) (name, lang string, err error) {
	err = tx.QueryRow(`SELECT name, lang FROM company WHERE tenant_id = $1`).Scan(&name, &lang)
	return name, lang, err
}

// ownersOf are those who get the certificate.
func ownersOf(tx *store.Tx, role string) ([]Person, error) {
	return store.Collect[Person](tx.Query(`SELECT name, email, lang FROM person WHERE tenant_id = $1 AND role = $2 AND left_at = 0 ORDER BY created_at, id`, role))(
		func(scan func(...any) error) (p Person, err error) { return p, scan(&p.Name, &p.Email, &p.Lang) })
}

// cutOff makes the certificates of the company's boxes worth nothing, and ends all logins.
func cutOff(tx *store.Tx, at time.Time) (boxes int64, err error) {
	if boxes, err = tx.Exec(`UPDATE box SET returned_at = $2 WHERE tenant_id = $1 AND returned_at = 0`, store.Micros(at)); err != nil {
		return 0, err
	}
	_, err = tx.Exec(`UPDATE login_session SET expires_at = 0 WHERE tenant_id = $1`)
	return boxes, err
}

// applications deletes, among the centre's own rows, those of the application that a company came from.
func applications(tx *store.Tx, company string) (Counts, error) {
	const of = ` IN (SELECT id FROM application WHERE tenant_id = $1 AND company_id = $2)`
	const papers = ` IN (SELECT paper FROM application WHERE tenant_id = $1 AND company_id = $2 AND paper <> '')`
	gone := Counts{}
	for _, one := range [][2]string{{"attachment_part", "attachment_id" + papers}, {"attachment", "id" + papers}, {"application_link", "application_id" + of}, {"contract_step", "subject" + of}, {"application", "company_id = $2"}} {
		n, err := tx.Exec(`DELETE FROM `+one[0]+` WHERE tenant_id = $1 AND `+one[1], company)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			gone[one[0]] = n
		}
	}
	return gone, nil
}

// forgetFound has nobody know any more that something which is stopped for all was found at the company.
func forgetFound(tx *store.Tx, company string) error {
	_, err := tx.Exec(`UPDATE discovery SET company_id = '', alert_id = '' WHERE tenant_id = $1 AND company_id = $2`, company)
	return err
}

func setAside(tx *store.Tx, id, table string, seq int64, until time.Time, body string) error {
	_, err := tx.Exec(`INSERT INTO erasure_kept (erasure_id, item, seq, until_at, body) SELECT id, $3, $4, $5, $6 FROM erasure WHERE subject = $1 AND id = $2 ON CONFLICT DO NOTHING`,
		id, table, seq, store.Micros(until), body)
	return err
}

func tidy(tx *store.GlobalTx, now time.Time) (int64, error) {
	return tx.Exec(`DELETE FROM erasure_kept WHERE until_at < $1`, store.Micros(now))
}
