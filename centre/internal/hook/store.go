package hook

import (
	"time"

	"otasuke/centre/internal/store"
)

func insertHook(tx *store.Tx, h *Hook) error {
	_, err := tx.Exec(`INSERT INTO hook (tenant_id, id, kind, name, url, secret, lang, made_by, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, h.ID, h.Kind, h.Name, h.URL, h.Secret, h.Lang, h.By, store.Micros(h.Made))
	return err
}

const hookColumns = `SELECT id, kind, name, url, secret, lang, made_by, made_at FROM hook WHERE tenant_id = $1`

func scanHook(scan func(...any) error) (h Hook, err error) {
	var at int64
	err = scan(&h.ID, &h.Kind, &h.Name, &h.URL, &h.Secret, &h.Lang, &h.By, &at)
	h.Made = store.Time(at)
	return h, err
}

func selectHook(tx *store.Tx, id string) (Hook, error) {
	return scanHook(tx.QueryRow(hookColumns+` AND id = $2`, id).Scan)
}

func selectHooks(tx *store.Tx) ([]Hook, error) {
	return store.Collect[Hook](tx.Query(hookColumns + ` ORDER BY made_at, id`))(scanHook)
}

func deleteHook(tx *store.Tx, id string) error {
	for _, statement := range []string{`DELETE FROM hook_delivery WHERE tenant_id = $1 AND hook_id = $2`, `DELETE FROM hook WHERE tenant_id = $1 AND id = $2`} {
		if _, err := tx.Exec(statement, id); err != nil {
			return err
		}
	}
	return nil
}

// begin notes that a message is to go out, once.
func begin(tx *store.Tx, hook, alert string, step int, at time.Time) (fresh bool, err error) {
	n, err := tx.Exec(`INSERT INTO hook_delivery (tenant_id, hook_id, alert_id, step, state, tries, answer, at) VALUES ($1, $2, $3, $4, $5, 0, '', $6) ON CONFLICT DO NOTHING`, hook, alert, step, Waiting, store.Micros(at))
	return n == 1, err
}

// end notes how a try went.
func end(tx *store.Tx, d *Delivery) error {
	if _, err := begin(tx, d.Hook, d.Alert, d.Step, d.At); err != nil {
		return err
	}
	_, err := tx.Exec(`UPDATE hook_delivery SET state = $5, tries = tries + 1, answer = $6, at = $7 WHERE tenant_id = $1 AND hook_id = $2 AND alert_id = $3 AND step = $4`, d.Hook, d.Alert, d.Step, d.State, d.Answer, store.Micros(d.At))
	return err
}

func selectDeliveries(tx *store.Tx) ([]Delivery, error) {
	return store.Collect[Delivery](tx.Query(`SELECT hook_id, alert_id, step, state, tries, answer, at FROM hook_delivery WHERE tenant_id = $1 ORDER BY at DESC LIMIT $2`, maxShown))(
		func(scan func(...any) error) (d Delivery, err error) {
			var at int64
			err = scan(&d.Hook, &d.Alert, &d.Step, &d.State, &d.Tries, &d.Answer, &at)
			d.At = store.Time(at)
			return d, err
		})
}

func forgetTrial(tx *store.Tx, id string) error {
	_, err := tx.Exec(`DELETE FROM hook_delivery WHERE tenant_id = $1 AND hook_id = $2 AND alert_id = ''`, id)
	return err
}

func forget(tx *store.Tx, before time.Time) error {
	_, err := tx.Exec(`DELETE FROM hook_delivery WHERE tenant_id = $1 AND at < $2`, store.Micros(before))
	return err
}
