package appeal

import (
	"time"

	"otasuke/centre/internal/store"
)

const columns = `tenant_id, id, device, person_id, what, category, list, reason, note, times, state, answer, answered_by, asked_at, answered_at`

func scan(scan func(...any) error) (a Appeal, err error) {
	var state string
	var asked, answered int64
	err = scan(&a.TenantID, &a.ID, &a.Device, &a.PersonID, &a.What, &a.Category, &a.List, &a.Reason, &a.Note, &a.Times, &state, &a.Answer, &a.AnsweredBy, &asked, &answered)
	a.State, a.Asked, a.Answered = State(state), store.Time(asked), store.Time(answered)
	return a, err
}

func insert(tx *store.Tx, a *Appeal) error {
	_, err := tx.Exec(`INSERT INTO appeal (`+columns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, '', '', $12, 0)`,
		a.ID, a.Device, a.PersonID, a.What, a.Category, a.List, a.Reason, a.Note, a.Times, string(a.State), store.Micros(a.Asked))
	return err
}

// again counts a request that waits already, and keeps what it did not have.
func again(tx *store.Tx, id string, a *Appeal) error {
	_, err := tx.Exec(`UPDATE appeal SET times = times + 1, note = CASE WHEN note = '' THEN $3 ELSE note END,
		person_id = CASE WHEN person_id = '' THEN $4 ELSE person_id END WHERE tenant_id = $1 AND id = $2 AND state = 'open'`, id, a.Note, a.PersonID)
	return err
}

func decide(tx *store.Tx, a *Appeal) error {
	_, err := tx.Exec(`UPDATE appeal SET state = $3, answer = $4, answered_by = $5, answered_at = $6 WHERE tenant_id = $1 AND id = $2`,
		a.ID, string(a.State), a.Answer, a.AnsweredBy, store.Micros(a.Answered))
	return err
}

func forget(tx *store.Tx, before time.Time) error {
	_, err := tx.Exec(`DELETE FROM appeal WHERE tenant_id = $1 AND state <> 'open' AND answered_at < $2`, store.Micros(before))
	return err
}

func selectOne(tx *store.Tx, id string) (Appeal, error) {
	return scan(tx.QueryRow(`SELECT `+columns+` FROM appeal WHERE tenant_id = $1 AND id = $2`, id).Scan)
}

func selectSome(tx *store.Tx, state State, limit int) ([]Appeal, error) {
	return store.Collect[Appeal](tx.Query(`SELECT `+columns+` FROM appeal WHERE tenant_id = $1 AND ($2 = '' OR state = $2)
		ORDER BY asked_at DESC, id LIMIT $3`, string(state), limit))(scan)
}

func selectQueue(tx *store.AllTx) ([]Appeal, error) {
	return store.Collect[Appeal](tx.Query(`SELECT `+columns+` FROM appeal WHERE state = 'open' ORDER BY asked_at, id LIMIT $1`, maxList))(scan)
}
