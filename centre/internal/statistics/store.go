package statistics

import (
	"encoding/json"
	"time"

	"otasuke/centre/internal/store"
)

// keep writes a month down; the first stays.
func keep(tx *store.GlobalTx, month, text string, at time.Time) error {
	_, err := tx.Exec(`INSERT INTO statistics_month (month, made_at, figures) VALUES ($1, $2, $3) ON CONFLICT (month) DO NOTHING`, month, store.Micros(at), text)
	return err
}

func months(tx *store.GlobalTx) ([]Month, error) {
	return store.Collect[Month](tx.Query(`SELECT figures FROM statistics_month ORDER BY month DESC LIMIT $1`, maxMonths))(
		func(scan func(...any) error) (m Month, err error) {
			var text string
			if err = scan(&text); err != nil {
				return m, err
			}
			return m, json.Unmarshal([]byte(text), &m)
		})
}
