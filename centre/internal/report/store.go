package report

import (
	"encoding/json"
	"fmt"
	"time"

	"otasuke/centre/internal/store"
)

// keep writes a report down, unless there is one: the first stays.
func keep(tx *store.Tx, f *Figures, at time.Time) (fresh bool, err error) {
	text, err := json.Marshal(f)
	if err != nil {
		return false, fmt.Errorf("report: %w", err)
	}
	n, err := tx.Exec(`INSERT INTO report (tenant_id, month, made_at, figures) VALUES ($1, $2, $3, $4) ON CONFLICT (tenant_id, month) DO NOTHING`,
		f.Month, store.Micros(at), string(text))
	return n == 1, err
}

func load(tx *store.Tx, month string) (*Figures, error) {
	var text string
	if err := tx.QueryRow(`SELECT figures FROM report WHERE tenant_id = $1 AND month = $2`, month).Scan(&text); err != nil {
		return nil, err
	}
	f := &Figures{}
	if err := json.Unmarshal([]byte(text), f); err != nil {
		return nil, fmt.Errorf("report: stored figures: %w", err)
	}
	return f, nil
}

func loadAll(tx *store.AllTx, month string) (map[string]*Figures, error) {
	type row struct{ tenant, text string }
	rows, err := store.Collect[row](tx.Query(`SELECT tenant_id, figures FROM report WHERE month = $1`, month))(
		func(scan func(...any) error) (r row, err error) { err = scan(&r.tenant, &r.text); return r, err })
	all := make(map[string]*Figures, len(rows))
	for _, r := range rows {
		f := &Figures{}
		if err := json.Unmarshal([]byte(r.text), f); err != nil {
			return nil, fmt.Errorf("report: stored figures: %w", err)
		}
		all[r.tenant] = f
	}
	return all, err
}

// shown bounds a list: ten years.
const shown = 120

func list(tx *store.Tx) ([]Made, error) {
	return store.Collect[Made](tx.Query(`SELECT month, made_at FROM report WHERE tenant_id = $1 ORDER BY month DESC LIMIT $2`, shown))(
		func(scan func(...any) error) (m Made, err error) {
			var at int64
			err = scan(&m.Month, &at)
			m.At = store.Time(at)
			return m, err
		})
}

// freeze keeps the month's comparisons, unless they are kept already, and gives those kept.
func freeze(tx *store.GlobalTx, month string, cells map[string]Comparison) (map[string]Comparison, error) {
	text, err := json.Marshal(cells)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	if _, err := tx.Exec(`INSERT INTO report_month (month, cells) VALUES ($1, $2) ON CONFLICT (month) DO NOTHING`, month, string(text)); err != nil {
		return nil, err
	}
	var kept string
	if err := tx.QueryRow(`SELECT cells FROM report_month WHERE month = $1`, month).Scan(&kept); err != nil {
		return nil, err
	}
	clear(cells)
	if err := json.Unmarshal([]byte(kept), &cells); err != nil {
		return nil, fmt.Errorf("report: stored cells: %w", err)
	}
	return cells, nil
}

// Mail is how the mail of a report to one person went.
type Mail string

// States of a mail.
const (
	Sending Mail = "sending" // the server is being spoken to, or we died doing so
	Waiting Mail = "waiting" // not accepted for now
	Sent    Mail = "sent"
	Refused Mail = "refused"
	Unsure  Mail = "unsure" // we died twice while sending
)

// maxDeaths is how often a mail may be sent again, under the same Message-ID, after a process
// died while sending it.
const maxDeaths = 1

// Begin tells whether a person's mail is to be sent now, and notes that it is.
func Begin(tx *store.Tx, month, person string) (bool, error) {
	if _, err := tx.Exec(`INSERT INTO report_mail (tenant_id, month, person_id, state, deaths) VALUES ($1, $2, $3, $4, 0) ON CONFLICT (tenant_id, month, person_id) DO NOTHING`,
		month, person, string(Waiting)); err != nil {
		return false, err
	}
	var state string
	var deaths int
	if err := tx.QueryRow(`SELECT state, deaths FROM report_mail WHERE tenant_id = $1 AND month = $2 AND person_id = $3`, month, person).Scan(&state, &deaths); err != nil {
		return false, err
	}
	next := Sending
	switch Mail(state) {
	case Sent, Refused, Unsure:
		return false, nil
	case Sending:
		if deaths++; deaths > maxDeaths {
			next = Unsure
		}
	case Waiting:
	}
	_, err := tx.Exec(`UPDATE report_mail SET state = $4, deaths = $5 WHERE tenant_id = $1 AND month = $2 AND person_id = $3`, month, person, string(next), deaths)
	return next == Sending, err
}

// End notes how it went.
func End(tx *store.Tx, month, person string, how Mail) error {
	_, err := tx.Exec(`UPDATE report_mail SET state = $4 WHERE tenant_id = $1 AND month = $2 AND person_id = $3`, month, person, string(how))
	return err
}
