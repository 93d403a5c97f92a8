package policy

import (
	"encoding/json"
	"errors"
	"time"

	"otasuke/centre/internal/store"
	"otasuke/wire"
)

const stepColumns = `SELECT subject, seq, at, who, why, undoes, before, after FROM policy_step WHERE tenant_id = $1`

func scanStep(scan func(...any) error) (s Step, err error) {
	var at int64
	var before, after string
	if err = scan(&s.Subject, &s.Seq, &at, &s.Who, &s.Why, &s.Undoes, &before, &after); err != nil {
		return s, err
	}
	s.At = store.Time(at)
	return s, errors.Join(json.Unmarshal([]byte(before), &s.Before), json.Unmarshal([]byte(after), &s.After))
}

func insertStep(tx *store.Tx, id string, s *Step) error {
	before, err1 := json.Marshal(s.Before)
	after, err2 := json.Marshal(s.After)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	_, err := tx.Exec(`INSERT INTO policy_step (tenant_id, id, subject, seq, at, who, why, undoes, before, after) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		id, s.Subject, s.Seq, store.Micros(s.At), s.Who, s.Why, s.Undoes, string(before), string(after))
	return err
}

// last is the step that counts; [store.ErrNotFound] before any.
func last(tx *store.Tx, subject string) (Step, error) {
	return scanStep(tx.QueryRow(stepColumns+` AND subject = $2 ORDER BY seq DESC LIMIT 1`, subject).Scan)
}

func stepAt(tx *store.Tx, subject string, seq int64) (Step, error) {
	return scanStep(tx.QueryRow(stepColumns+` AND subject = $2 AND seq = $3`, subject, seq).Scan)
}

func steps(tx *store.Tx, subject string, most int) ([]Step, error) {
	return store.Collect[Step](tx.Query(stepColumns+` AND subject = $2 ORDER BY seq DESC LIMIT $3`, subject, most))(scanStep)
}

// lasts are the steps that count of all subjects.
func lasts(tx *store.Tx) ([]Step, error) {
	return store.Collect[Step](tx.Query(stepColumns + ` AND seq = (SELECT max(m.seq) FROM policy_step m WHERE m.tenant_id = $1 AND m.subject = policy_step.subject) ORDER BY subject`))(scanStep)
}

// chosen maps companies that have said something to their template.
func chosen(tx *store.AllTx) (map[string]string, error) {
	rows, err := tx.Query(`SELECT s.tenant_id, s.after FROM policy_step s WHERE s.subject = '' AND s.seq = (SELECT max(m.seq) FROM policy_step m WHERE m.tenant_id = s.tenant_id AND m.subject = '')`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string]string{}
	for rows.Next() {
		var id, after string
		var s State
		if err := errors.Join(rows.Scan(&id, &after), json.Unmarshal([]byte(after), &s)); err != nil {
			return nil, err
		}
		out[id] = s.Template
	}
	return out, rows.Err()
}

func said(tx *store.Tx, boxID string) (text string, err error) {
	err = tx.QueryRow(`SELECT said FROM policy_box WHERE tenant_id = $1 AND box_id = $2`, boxID).Scan(&text)
	if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	return text, err
}

func setSaid(tx *store.Tx, boxID, text string, at time.Time) error {
	_, err := tx.Exec(`INSERT INTO policy_box (tenant_id, box_id, said, at) VALUES ($1, $2, $3, $4) ON CONFLICT (tenant_id, box_id) DO UPDATE SET said = $3, at = $4`, boxID, text, store.Micros(at))
	return err
}

func allSaid(tx *store.Tx) (map[string]Said, error) {
	all, err := store.Collect[Said](tx.Query(`SELECT box_id, said, at FROM policy_box WHERE tenant_id = $1`))(func(scan func(...any) error) (s Said, err error) {
		var text string
		var at int64
		if err = scan(&s.BoxID, &text, &at); err != nil {
			return s, err
		}
		s.At, s.PolicyState = store.Time(at), new(wire.PolicyState)
		return s, json.Unmarshal([]byte(text), s.PolicyState)
	})
	out := map[string]Said{}
	for _, s := range all {
		out[s.BoxID] = s
	}
	return out, err
}
