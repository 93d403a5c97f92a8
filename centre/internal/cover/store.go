package cover

import (
	"otasuke/centre/internal/store"
)

// insert keeps a claim; false when its use of the year is taken, or its visit is claimed already.
func insert(tx *store.Tx, c *Claim) (bool, error) {
	n, err := tx.Exec(`INSERT INTO cover_claim (tenant_id, id, visit_id, alert_id, terms, year_from, slot, state, cost, asked, decided, decided_by, decided_on, why, letter, who, made_at, moved_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, '', '', '', '', $11, $12, $12) ON CONFLICT DO NOTHING`,
		c.ID, c.VisitID, c.AlertID, c.Terms, c.Year, c.Slot, string(c.State), c.Cost, c.Asked, c.Who, store.Micros(c.Made))
	return n == 1, err
}

// update moves a claim on from a state; of two at once one gets [ErrState].
func update(tx *store.Tx, c *Claim, before State) error {
	n, err := tx.Exec(`UPDATE cover_claim SET state = $3, decided = $4, decided_by = $5, decided_on = $6, why = $7, letter = $8, who = $9, moved_at = $10, sent_at = $12 WHERE tenant_id = $1 AND id = $2 AND state = $11`,
		c.ID, string(c.State), c.Decided, c.By, c.On, c.Why, c.Letter, c.Who, store.Micros(c.Moved), string(before), store.Micros(c.Sent))
	if err == nil && n == 0 {
		return ErrState
	}
	return err
}

// voidLinks takes the power from the buttons in mails about an alert; nobody needs them after the visit.
func voidLinks(tx *store.Tx, alertID string) error {
	_, err := tx.Exec(`DELETE FROM action_link WHERE tenant_id = $1 AND alert_id = $2`, alertID)
	return err
}

const columns = `SELECT tenant_id, id, visit_id, alert_id, terms, year_from, slot, state, cost, asked, decided, decided_by, decided_on, why, letter, who, made_at, moved_at, sent_at FROM cover_claim`

func scanClaim(scan func(...any) error) (c Claim, err error) {
	var made, moved, sent int64
	err = scan(&c.TenantID, &c.ID, &c.VisitID, &c.AlertID, &c.Terms, &c.Year, &c.Slot, &c.State, &c.Cost, &c.Asked, &c.Decided, &c.By, &c.On, &c.Why, &c.Letter, &c.Who, &made, &moved, &sent)
	c.Made, c.Moved, c.Sent = store.Time(made), store.Time(moved), store.Time(sent)
	return c, err
}

func selectClaim(tx *store.Tx, id string) (Claim, error) {
	return scanClaim(tx.QueryRow(columns+` WHERE tenant_id = $1 AND id = $2`, id).Scan)
}

func selectClaims(tx *store.Tx) ([]Claim, error) {
	return store.Collect[Claim](tx.Query(columns+` WHERE tenant_id = $1 ORDER BY made_at DESC, id LIMIT $2`, maxList))(scanClaim)
}

func selectAll(tx *store.AllTx) ([]Claim, error) {
	return store.Collect[Claim](tx.Query(columns+` ORDER BY CASE WHEN state IN ('prepared', 'sent') THEN 0 ELSE 1 END, moved_at DESC, id LIMIT $1`, maxList))(scanClaim)
}

func selectSent(tx *store.AllTx) ([]Claim, error) {
	return store.Collect[Claim](tx.Query(columns+` WHERE sent_at > 0 ORDER BY CASE WHEN state = 'sent' THEN 0 ELSE 1 END, sent_at DESC, id LIMIT $1`, maxList))(scanClaim)
}

func putInsurer(tx *store.Tx, person, name string) error {
	if name == "" {
		_, err := tx.Exec(`DELETE FROM cover_insurer WHERE tenant_id = $1 AND person_id = $2`, person)
		return err
	}
	_, err := tx.Exec(`INSERT INTO cover_insurer (tenant_id, person_id, insurer) VALUES ($1, $2, $3) ON CONFLICT (tenant_id, person_id) DO UPDATE SET insurer = excluded.insurer`, person, name)
	return err
}

func selectInsurers(tx *store.Tx) (map[string]string, error) {
	all := map[string]string{}
	_, err := store.Collect[struct{}](tx.Query(`SELECT person_id, insurer FROM cover_insurer WHERE tenant_id = $1`))(func(scan func(...any) error) (none struct{}, err error) {
		var person, name string
		err = scan(&person, &name)
		all[person] = name
		return none, err
	})
	return all, err
}
