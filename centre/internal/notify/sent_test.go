package notify

import (
	"maps"
	"testing"
	"time"

	"otasuke/centre/internal/store"
)

// Mails are counted by the day in Japan on which they went out.
func TestMailsByDay(t *testing.T) {
	onDesk(t, func(t *testing.T, d *desk) {
		at := func(day, hour int) time.Time { return time.Date(2026, 11, day, hour, 0, 0, 0, time.UTC) }
		sent := []time.Time{at(20, 14), at(20, 15), at(21, 14), at(21, 15), {}}
		people, err := d.cfg.Companies.People(t.Context(), d.id)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.cfg.Store.Write(t.Context(), d.id, func(tx *store.Tx) error {
			for i, when := range sent {
				state := StateSent
				if when.IsZero() {
					state = StateBounced
				}
				if _, err := tx.Exec(`INSERT INTO delivery (tenant_id, alert_id, person_id, step, email, message_id, subject, state, tries, deaths, created_at, tried_at, sent_at, latency, error)
					VALUES ($1, 'x', $2, $3, 'a@b.example', 'x', 'x', $4, 1, 0, 1, 1, $5, 0, '')`, people[0].ID, 100+i, string(state), store.Micros(when)); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		got, err := d.SentByDay(t.Context(), "op", "figures", at(20, 20), at(21, 14))
		if err != nil || !maps.Equal(got, map[string]int{"2026-11-21": 2}) {
			t.Errorf("%v, %v", got, err)
		}
	})
}
