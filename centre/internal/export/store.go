package export

import (
	"time"

	"otasuke/centre/internal/store"
)

const columns = `id, asked_by, asked_at, state, made_at, size, sum`

func insert(tx *store.Tx, e *Export) error {
	_, err := tx.Exec(`INSERT INTO export (tenant_id, `+columns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		e.ID, e.By, store.Micros(e.Asked), e.State, store.Micros(e.Made), e.Size, e.Sum)
	return err
}

// list lists a company's, the newest first; there are a few.
func list(tx *store.Tx) ([]Export, error) {
	return store.Collect[Export](tx.Query(`SELECT ` + columns + ` FROM export WHERE tenant_id = $1 ORDER BY asked_at DESC, id`))(func(scan func(...any) error) (e Export, err error) {
		var asked, made int64
		err = scan(&e.ID, &e.By, &asked, &e.State, &made, &e.Size, &e.Sum)
		e.Asked, e.Made = store.Time(asked), store.Time(made)
		return e, err
	})
}

func finish(tx *store.Tx, id string, at time.Time, size int64, sum string) error {
	_, err := tx.Exec(`UPDATE export SET state = $3, made_at = $4, size = $5, sum = $6 WHERE tenant_id = $1 AND id = $2`, id, Ready, store.Micros(at), size, sum)
	return err
}

func remove(tx *store.Tx, id string) error {
	_, err := tx.Exec(`DELETE FROM export WHERE tenant_id = $1 AND id = $2`, id)
	return err
}

func keep(tx *store.Tx, id string, seq int64, data []byte) error {
	_, err := tx.Exec(`INSERT INTO export_part (tenant_id, export_id, seq, data) VALUES ($1, $2, $3, $4)`, id, seq, data)
	return err
}

func load(tx *store.Tx, id string, seq int64) (data []byte, err error) {
	err = tx.QueryRow(`SELECT data FROM export_part WHERE tenant_id = $1 AND export_id = $2 AND seq = $3`, id, seq).Scan(&data)
	return data, err
}

func language(tx *store.Tx) (lang string, err error) {
	err = tx.QueryRow(`SELECT lang FROM company WHERE tenant_id = $1`).Scan(&lang)
	return lang, err
}

// notes are those of the staff, ticket by ticket; the tables are the desk's.
func notes(tx *store.Tx) ([]kept, error) {
	return store.Collect[kept](tx.Query(`SELECT t.number, t.subject, m.at, m.name, m.body FROM desk_message m JOIN desk_ticket t ON t.tenant_id = m.tenant_id AND t.id = m.ticket_id
		WHERE m.tenant_id = $1 AND m.side = 'note' ORDER BY t.number, m.seq`))(func(scan func(...any) error) (kept, error) {
		var number, subject, name, body string
		var at int64
		err := scan(&number, &subject, &at, &name, &body)
		return kept{"number": number, "subject": subject, "at": at, "name": name, "body": body}, err
	})
}
