package parcel

import (
	"otasuke/centre/internal/store"
)

func insertItem(tx *store.Tx, i *Item) error {
	n, err := tx.Exec(`INSERT INTO stock (tenant_id, serial, model, state, company_id, contract_id, replaces, carrier, tracking, moved_at) VALUES ($1, $2, $3, $4, '', '', '', '', '', $5) ON CONFLICT DO NOTHING`,
		i.Serial, i.Model, string(i.State), store.Micros(i.Moved))
	if err == nil && n == 0 {
		return ErrKnown
	}
	return err
}

func updateItem(tx *store.Tx, i *Item) error {
	_, err := tx.Exec(`UPDATE stock SET state = $3, company_id = $4, contract_id = $5, replaces = $6, carrier = $7, tracking = $8, moved_at = $9 WHERE tenant_id = $1 AND serial = $2`,
		i.Serial, string(i.State), i.CompanyID, i.ContractID, i.Replaces, i.Carrier, i.Tracking, store.Micros(i.Moved))
	return err
}

const itemColumns = `SELECT serial, model, state, company_id, contract_id, replaces, carrier, tracking, moved_at FROM stock WHERE tenant_id = $1`

func scanItem(scan func(...any) error) (i Item, err error) {
	var moved int64
	err = scan(&i.Serial, &i.Model, &i.State, &i.CompanyID, &i.ContractID, &i.Replaces, &i.Carrier, &i.Tracking, &moved)
	i.Moved = store.Time(moved)
	return i, err
}

func selectItem(tx *store.Tx, serial string) (Item, error) {
	return scanItem(tx.QueryRow(itemColumns+` AND serial = $2`, serial).Scan)
}

func selectItems(tx *store.Tx) ([]Item, error) {
	return store.Collect[Item](tx.Query(itemColumns+` ORDER BY state, moved_at, serial LIMIT $2`, maxList))(scanItem)
}

// selectAt are the things that are at, or on their way to, a contract.
func selectAt(tx *store.Tx, contractID string) ([]Item, error) {
	return store.Collect[Item](tx.Query(itemColumns+` AND contract_id = $2 AND state IN ($3, $4) ORDER BY moved_at, serial`, contractID, string(Sent), string(Out)))(scanItem)
}

func step(tx *store.Tx, i *Item, who, why string) error {
	_, err := tx.Exec(`INSERT INTO stock_step (tenant_id, serial, seq, at, state, company_id, who, why)
		VALUES ($1, $2, (SELECT coalesce(max(seq), 0) + 1 FROM stock_step WHERE tenant_id = $1 AND serial = $2), $3, $4, $5, $6, $7)`,
		i.Serial, store.Micros(i.Moved), string(i.State), i.CompanyID, who, why)
	return err
}

func selectSteps(tx *store.Tx, serial string) ([]Step, error) {
	return store.Collect[Step](tx.Query(`SELECT at, state, company_id, who, why FROM stock_step WHERE tenant_id = $1 AND serial = $2 ORDER BY seq`, serial))(
		func(scan func(...any) error) (s Step, err error) {
			var at int64
			err = scan(&at, &s.State, &s.CompanyID, &s.Who, &s.Why)
			s.At = store.Time(at)
			return s, err
		})
}
