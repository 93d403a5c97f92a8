package discovery

import (
	"encoding/json"
	"time"

	"otasuke/centre/internal/store"
	"otasuke/wire"
)

const columns = `SELECT id, kind, value, category, state, company_id, alert_id, made_at, made_by, confirmed_at, ends_at, days, shown_seq, gone_seq FROM discovery WHERE tenant_id = $1`

func scan(row func(...any) error) (d Discovery, err error) {
	var made, confirmed, ends int64
	err = row(&d.ID, &d.Kind, &d.Value, &d.Category, &d.State, &d.CompanyID, &d.AlertID, &made, &d.MadeBy, &confirmed, &ends, &d.Days, &d.ShownSeq, &d.GoneSeq)
	d.Made, d.Confirmed, d.Ends = store.Time(made), store.Time(confirmed), store.Time(ends)
	return d, err
}

func insert(tx *store.Tx, d *Discovery) error {
	_, err := tx.Exec(`INSERT INTO discovery (tenant_id, id, kind, value, category, state, company_id, alert_id, made_at, made_by, confirmed_at, ends_at, days, shown_seq, gone_seq)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, 0, $11, 0, 0)`, d.ID, d.Kind, d.Value, d.Category, d.State, d.CompanyID, d.AlertID, store.Micros(d.Made), d.MadeBy, d.Days)
	return err
}

// update keeps what steps change.
func update(tx *store.Tx, d *Discovery) error {
	_, err := tx.Exec(`UPDATE discovery SET state = $3, confirmed_at = $4, ends_at = $5, days = $6, shown_seq = $7, gone_seq = $8 WHERE tenant_id = $1 AND id = $2`,
		d.ID, d.State, store.Micros(d.Confirmed), store.Micros(d.Ends), d.Days, d.ShownSeq, d.GoneSeq)
	return err
}

func get(tx *store.Tx, id string) (Discovery, error) {
	return scan(tx.QueryRow(columns+` AND id = $2`, id).Scan)
}

func same(tx *store.Tx, kind, value string) ([]Discovery, error) {
	return store.Collect[Discovery](tx.Query(columns+` AND kind = $2 AND value = $3 ORDER BY made_at`, kind, value))(scan)
}

func list(tx *store.Tx, most int) ([]Discovery, error) {
	return store.Collect[Discovery](tx.Query(columns+` ORDER BY made_at DESC, id LIMIT $2`, most))(scan)
}

// since are those that were confirmed and end after a time, the newest last.
func since(tx *store.Tx, at time.Time) ([]Discovery, error) {
	return store.Collect[Discovery](tx.Query(columns+` AND confirmed_at > 0 AND ends_at > $2 ORDER BY confirmed_at, id`, store.Micros(at)))(scan)
}

func countActive(tx *store.Tx, now time.Time) (n int, err error) {
	err = tx.QueryRow(`SELECT count(*) FROM discovery WHERE tenant_id = $1 AND state = $2 AND ends_at > $3`, Active, store.Micros(now)).Scan(&n)
	return n, err
}

func lastSeq(tx *store.Tx) (seq int64, err error) {
	err = tx.QueryRow(`SELECT coalesce(max(seq), 0) FROM discovery_step WHERE tenant_id = $1 AND what NOT IN ($2, $3)`, StepPropose, StepDrop).Scan(&seq)
	return seq, err
}

// insertStep gives a step its number.
func insertStep(tx *store.Tx, s *Step) (seq int64, err error) {
	if err := tx.QueryRow(`SELECT coalesce(max(seq), 0) + 1 FROM discovery_step WHERE tenant_id = $1`).Scan(&seq); err != nil {
		return 0, err
	}
	_, err = tx.Exec(`INSERT INTO discovery_step (tenant_id, seq, discovery_id, at, who, what, why) VALUES ($1, $2, $3, $4, $5, $6, $7)`, seq, s.ID, store.Micros(s.At), s.Who, s.What, s.Why)
	return seq, err
}

func steps(tx *store.Tx, id string) ([]Step, error) {
	return store.Collect[Step](tx.Query(`SELECT seq, discovery_id, at, who, what, why FROM discovery_step WHERE tenant_id = $1 AND discovery_id = $2 ORDER BY seq DESC`, id))(func(row func(...any) error) (s Step, err error) {
		var at int64
		err = row(&s.Seq, &s.ID, &at, &s.Who, &s.What, &s.Why)
		s.At = store.Time(at)
		return s, err
	})
}

// noteAsked keeps which question a company's box was asked.
func noteAsked(tx *store.Tx, id, question string, at time.Time) error {
	_, err := tx.Exec(`INSERT INTO discovery_asked (tenant_id, discovery_id, question_id, at) VALUES ($1, $2, $3, $4) ON CONFLICT (tenant_id, discovery_id) DO UPDATE SET question_id = $3, at = $4`, id, question, store.Micros(at))
	return err
}

// hit counts an event at the transaction's company.
func hit(tx *store.Tx, id string, at time.Time) error {
	_, err := tx.Exec(`INSERT INTO discovery_hit (tenant_id, discovery_id, events, first_at, last_at) VALUES ($1, $2, 1, $3, $3)
		ON CONFLICT (tenant_id, discovery_id) DO UPDATE SET events = discovery_hit.events + 1, last_at = $3`, id, store.Micros(at))
	return err
}

// place is a box that can be asked.
type place struct{ tenantID, boxID string }

// places are the boxes in use that were heard of since a time.
func places(tx *store.AllTx, since time.Time) ([]place, error) {
	return store.Collect[place](tx.Query(`SELECT tenant_id, id FROM box WHERE returned_at = 0 AND last_seen >= $1 ORDER BY tenant_id, id`, store.Micros(since)))(func(row func(...any) error) (p place, err error) {
		return p, row(&p.tenantID, &p.boxID)
	})
}

// answers calls do with each question about a discovery and its answer, "" for none yet.
func answers(tx *store.AllTx, id string, do func(asked time.Time, text string) error) error {
	rows, err := tx.Query(`SELECT a.at, coalesce(q.answer, '') FROM discovery_asked a LEFT JOIN question q ON q.tenant_id = a.tenant_id AND q.id = a.question_id WHERE a.discovery_id = $1`, id)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var at int64
		var text string
		if err := rows.Scan(&at, &text); err != nil {
			return err
		}
		if err := do(store.Time(at), text); err != nil {
			return err
		}
	}
	return rows.Err()
}

// seenAt counts the companies but one that have alerts about something since a time.
func seenAt(tx *store.AllTx, peer, but string, since time.Time) (n int, err error) {
	err = tx.QueryRow(`SELECT count(DISTINCT tenant_id) FROM alert WHERE peer = $1 AND first_at >= $2 AND tenant_id <> $3`, peer, store.Micros(since), but).Scan(&n)
	return n, err
}

// told is what a box said of its policy last.
type told struct {
	seq   int64
	state string
	seen  time.Time
}

// heardBoxes are the boxes in use.
func heardBoxes(tx *store.AllTx) ([]told, error) {
	return store.Collect[told](tx.Query(`SELECT b.last_seen, coalesce(p.said, '{}') FROM box b LEFT JOIN policy_box p ON p.tenant_id = b.tenant_id AND p.box_id = b.id WHERE b.returned_at = 0`))(func(row func(...any) error) (b told, err error) {
		var seen int64
		var text string
		if err := row(&seen, &text); err != nil {
			return b, err
		}
		var s wire.PolicyState
		err = json.Unmarshal([]byte(text), &s)
		return told{s.StopsSeq, s.State, store.Time(seen)}, err
	})
}

// hits counts what was stopped, by discovery.
func hits(tx *store.AllTx) (map[string]Measure, error) {
	rows, err := tx.Query(`SELECT discovery_id, count(*), CAST(sum(events) AS BIGINT), max(last_at) FROM discovery_hit GROUP BY discovery_id`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string]Measure{}
	for rows.Next() {
		var id string
		var m Measure
		var last int64
		if err := rows.Scan(&id, &m.Companies, &m.Stopped, &last); err != nil {
			return nil, err
		}
		m.Last, out[id] = store.Time(last), m
	}
	return out, rows.Err()
}
