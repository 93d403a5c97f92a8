package contract

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"otasuke/centre/internal/store"
	"otasuke/internal/entry"
)

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return store.Micros(t)
}

func moment(at int64) time.Time {
	if at == 0 {
		return time.Time{}
	}
	return store.Time(at)
}

func formText(f *Form) (string, error) {
	raw, err := json.Marshal(f)
	return string(raw), err
}

func insertApplication(tx *store.Tx, a *Application) error {
	if _, err := tx.Exec(`INSERT INTO application (tenant_id, id, number, state, form, offer, fold, email, phone, corporate, paper, company_id, entered_at, moved_at)
		VALUES ($1, $2, '', '', '', '', '', '', '', '', '', '', $3, 0)`, a.ID, micros(a.Entered)); err != nil {
		return err
	}
	return updateApplication(tx, a)
}

func updateApplication(tx *store.Tx, a *Application) error {
	form, err := formText(&a.Form)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`UPDATE application SET number = $3, state = $4, form = $5, offer = $6, fold = $7, email = $8, phone = $9, corporate = $10, paper = $11, company_id = $12, moved_at = $13
		WHERE tenant_id = $1 AND id = $2`, a.ID, a.Number, string(a.State), form, a.Offer, entry.Fold(a.Form.Company), strings.ToLower(a.Form.Email), a.Form.digits(), a.Form.Corporate, a.Paper, a.CompanyID, micros(a.Moved))
	return err
}

const applicationColumns = `SELECT id, number, state, form, offer, paper, company_id, entered_at, moved_at FROM application WHERE tenant_id = $1`

func scanApplication(scan func(...any) error) (a Application, err error) {
	var form string
	var entered, moved int64
	if err = scan(&a.ID, &a.Number, &a.State, &form, &a.Offer, &a.Paper, &a.CompanyID, &entered, &moved); err != nil {
		return a, err
	}
	a.Entered, a.Moved = moment(entered), moment(moved)
	return a, json.Unmarshal([]byte(form), &a.Form)
}

func selectApplication(tx *store.Tx, id string) (Application, error) {
	return scanApplication(tx.QueryRow(applicationColumns+` AND id = $2`, id).Scan)
}

func selectNumber(tx *store.Tx, number string) (id string, err error) {
	err = tx.QueryRow(`SELECT id FROM application WHERE tenant_id = $1 AND number = $2 AND number <> ''`, number).Scan(&id)
	return id, err
}

func selectApplications(tx *store.Tx, state State) ([]Application, error) {
	where, args := ` AND state = $2`, []any{string(state), maxList}
	if state == "" {
		where, args = ` AND state IN ($2, $4, $5)`, []any{string(Papers), maxList, string(Review), string(Founding)}
	}
	return store.Collect[Application](tx.Query(applicationColumns+where+` ORDER BY moved_at, id LIMIT $3`, args...))(scanApplication)
}

// selectAlike finds others that may be of the same company: the same number, or name and telephone or mail alike.
func selectAlike(tx *store.Tx, a *Application) ([]Application, error) {
	return store.Collect[Application](tx.Query(applicationColumns+` AND id <> $2 AND state NOT IN ($3, $4)
		AND (corporate <> '' AND corporate = $5 OR fold = $6 OR email = $7 OR phone = $8) ORDER BY moved_at DESC, id LIMIT $9`,
		a.ID, string(Entered), string(Withdrawn), a.Form.Corporate, entry.Fold(a.Form.Company), strings.ToLower(a.Form.Email), a.Form.digits(), maxList))(scanApplication)
}

func countState(tx *store.Tx, s State) (n int, err error) {
	err = tx.QueryRow(`SELECT count(*) FROM application WHERE tenant_id = $1 AND state = $2`, string(s)).Scan(&n)
	return n, err
}

// forgetState deletes applications that have been in a state since before a time, with all that hangs on them.
func forgetState(tx *store.Tx, s State, before time.Time) error {
	const old = `SELECT id FROM application WHERE tenant_id = $1 AND state = $2 AND moved_at < $3`
	const papers = `SELECT paper FROM application WHERE tenant_id = $1 AND state = $2 AND moved_at < $3 AND paper <> ''`
	for _, statement := range []string{
		`DELETE FROM attachment_part WHERE tenant_id = $1 AND attachment_id IN (` + papers + `)`,
		`DELETE FROM attachment WHERE tenant_id = $1 AND id IN (` + papers + `)`,
		`DELETE FROM application_link WHERE tenant_id = $1 AND application_id IN (` + old + `)`,
		`DELETE FROM contract_step WHERE tenant_id = $1 AND subject IN (` + old + `)`,
		`DELETE FROM application WHERE tenant_id = $1 AND state = $2 AND moved_at < $3`,
	} {
		if _, err := tx.Exec(statement, string(s), micros(before)); err != nil {
			return err
		}
	}
	return nil
}

func hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// link makes a token for an application, of which only the hash is kept.
func link(tx *store.Tx, id string, now time.Time) (token string, err error) {
	token = strings.ToLower(rand.Text())
	_, err = tx.Exec(`INSERT INTO application_link (tenant_id, id, application_id, made_at) VALUES ($1, $2, $3, $4)`, hash(token), id, micros(now))
	return token, err
}

func linked(tx *store.Tx, token string) (id string, err error) {
	err = tx.QueryRow(`SELECT application_id FROM application_link WHERE tenant_id = $1 AND id = $2`, hash(token)).Scan(&id)
	return id, err
}

func step(tx *store.Tx, subject string, s Step) error {
	_, err := tx.Exec(`INSERT INTO contract_step (tenant_id, subject, seq, at, state, who, why)
		VALUES ($1, $2, (SELECT coalesce(max(seq), 0) + 1 FROM contract_step WHERE tenant_id = $1 AND subject = $2), $3, $4, $5, $6)`,
		subject, micros(s.At), string(s.State), s.Who, s.Why)
	return err
}

func selectSteps(tx *store.Tx, subject string) ([]Step, error) {
	return store.Collect[Step](tx.Query(`SELECT at, state, who, why FROM contract_step WHERE tenant_id = $1 AND subject = $2 ORDER BY seq`, subject))(
		func(scan func(...any) error) (s Step, err error) {
			var at int64
			err = scan(&at, &s.State, &s.Who, &s.Why)
			s.At = moment(at)
			return s, err
		})
}

func insertContract(tx *store.Tx, c *Contract) error {
	form, err := formText(&c.Form)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO contract (tenant_id, id, application_id, number, state, offer, form, visit, signed_at, installed_at, ends_at, moved_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		c.ID, c.Application, c.Number, string(c.State), c.Offer, form, c.Visit, micros(c.Signed), micros(c.Installed), micros(c.Ends), micros(c.Moved))
	return err
}

// updateContract writes what changes in the course of a contract; what was signed does not.
func updateContract(tx *store.Tx, c *Contract) error {
	n, err := tx.Exec(`UPDATE contract SET state = $3, installed_at = $4, ends_at = $5, moved_at = $6 WHERE tenant_id = $1 AND id = $2`, c.ID, string(c.State), micros(c.Installed), micros(c.Ends), micros(c.Moved))
	if err == nil && n != 1 {
		err = fmt.Errorf("contract: %d rows of %s", n, c.ID)
	}
	return err
}

const (
	contractFrom    = `SELECT tenant_id, id, application_id, number, state, offer, form, visit, signed_at, installed_at, ends_at, moved_at FROM contract`
	contractColumns = contractFrom + ` WHERE tenant_id = $1`
)

func scanContract(scan func(...any) error) (c Contract, err error) {
	var form string
	var signed, installed, ends, moved int64
	if err = scan(&c.TenantID, &c.ID, &c.Application, &c.Number, &c.State, &c.Offer, &form, &c.Visit, &signed, &installed, &ends, &moved); err != nil {
		return c, err
	}
	c.Signed, c.Installed, c.Ends, c.Moved = moment(signed), moment(installed), moment(ends), moment(moved)
	return c, json.Unmarshal([]byte(form), &c.Form)
}

func selectContract(tx *store.Tx, id string) (Contract, error) {
	return scanContract(tx.QueryRow(contractColumns+` AND id = $2`, id).Scan)
}

func selectContracts(tx *store.Tx) ([]Contract, error) {
	return store.Collect[Contract](tx.Query(contractColumns + ` ORDER BY signed_at DESC, id`))(scanContract)
}

// selectAll are contracts of all companies; their states are few, and none is every state.
func selectAll(tx *store.AllTx, states []State) ([]Contract, error) {
	where, args := "", []any{maxAll}
	for i, s := range states {
		where += fmt.Sprintf("$%d, ", i+2)
		args = append(args, string(s))
	}
	if where != "" {
		where = ` WHERE state IN (` + strings.TrimSuffix(where, ", ") + `)`
	}
	return store.Collect[Contract](tx.Query(contractFrom+where+` ORDER BY moved_at, id LIMIT $1`, args...))(scanContract)
}

func putMember(tx *store.Tx, m *Member) error {
	_, err := tx.Exec(`INSERT INTO contract_member (tenant_id, month, member, proof, who, at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (tenant_id, month) DO UPDATE SET member = excluded.member, proof = excluded.proof, who = excluded.who, at = excluded.at`,
		m.Month, m.Member, m.Proof, m.Who, micros(m.At))
	return err
}

func selectMembers(tx *store.Tx) ([]Member, error) {
	return store.Collect[Member](tx.Query(`SELECT month, member, proof, who, at FROM contract_member WHERE tenant_id = $1 ORDER BY month`))(
		func(scan func(...any) error) (m Member, err error) {
			var at int64
			err = scan(&m.Month, &m.Member, &m.Proof, &m.Who, &at)
			m.At = moment(at)
			return m, err
		})
}
