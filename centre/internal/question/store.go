package question

import (
	"encoding/json"
	"fmt"
	"time"

	"otasuke/centre/internal/store"
)

func insert(tx *store.Tx, q *Asked, body string) error {
	_, err := tx.Exec(`INSERT INTO question (tenant_id, id, box_id, who, body, asked_at, taken_at, answered_at, answer) VALUES ($1, $2, $3, $4, $5, $6, 0, 0, '')`,
		q.ID, q.BoxID, q.Who, body, store.Micros(q.At))
	return err
}

// forget removes what is older than a time.
func forget(tx *store.Tx, before time.Time) error {
	_, err := tx.Exec(`DELETE FROM question WHERE tenant_id = $1 AND asked_at < $2`, store.Micros(before))
	return err
}

func countOpen(tx *store.Tx, boxID string, since time.Time) (n int, err error) {
	err = tx.QueryRow(`SELECT count(*) FROM question WHERE tenant_id = $1 AND box_id = $2 AND answered_at = 0 AND asked_at >= $3`, boxID, store.Micros(since)).Scan(&n)
	return n, err
}

// due lists the bodies of questions to a box that were asked since a time, and not given to
// it since another.
func due(tx *store.Tx, boxID string, asked, taken time.Time, most int) ([]string, error) {
	return store.Collect[string](tx.Query(`SELECT body FROM question WHERE tenant_id = $1 AND box_id = $2 AND answered_at = 0 AND asked_at >= $3 AND taken_at < $4
		ORDER BY asked_at, id LIMIT $5`, boxID, store.Micros(asked), store.Micros(taken), most))(func(scan func(...any) error) (body string, err error) {
		err = scan(&body)
		return body, err
	})
}

func markTaken(tx *store.Tx, id string, at time.Time) error {
	_, err := tx.Exec(`UPDATE question SET taken_at = $3 WHERE tenant_id = $1 AND id = $2`, id, store.Micros(at))
	return err
}

// setAnswer keeps the answer of a box to a question that is its own and open; n counts it.
func setAnswer(tx *store.Tx, boxID, id, answer string, at, since time.Time) (n int64, err error) {
	return tx.Exec(`UPDATE question SET answer = $4, answered_at = $5 WHERE tenant_id = $1 AND id = $2 AND box_id = $3 AND answered_at = 0 AND asked_at >= $6`,
		id, boxID, answer, store.Micros(at), store.Micros(since))
}

func get(tx *store.Tx, id string) (q Asked, body, answer string, err error) {
	var at, taken, answered int64
	err = tx.QueryRow(`SELECT id, box_id, who, body, asked_at, taken_at, answered_at, answer FROM question WHERE tenant_id = $1 AND id = $2`, id).
		Scan(&q.ID, &q.BoxID, &q.Who, &body, &at, &taken, &answered, &answer)
	q.At, q.Taken, q.Answered = store.Time(at), store.Time(taken), store.Time(answered)
	return q, body, answer, err
}

// insertTest keeps a self-test, and lets the oldest of the box go.
func insertTest(tx *store.Tx, t *Test, answer string) error {
	if _, err := tx.Exec(`INSERT INTO box_test (tenant_id, id, box_id, who, asked_at, answered_at, answer) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		t.ID, t.BoxID, t.Who, store.Micros(t.At), store.Micros(t.Answered), answer); err != nil {
		return err
	}
	_, err := tx.Exec(`DELETE FROM box_test WHERE tenant_id = $1 AND box_id = $2 AND id NOT IN
		(SELECT t.id FROM box_test t WHERE t.tenant_id = $1 AND t.box_id = $2 ORDER BY t.answered_at DESC, t.id LIMIT $3)`, t.BoxID, KeepTests)
	return err
}

const testColumns = `id, box_id, who, asked_at, answered_at, answer`

func scanTest(scan func(...any) error) (t Test, err error) {
	var at, answered int64
	var answer string
	if err = scan(&t.ID, &t.BoxID, &t.Who, &at, &answered, &answer); err != nil {
		return t, err
	}
	t.At, t.Answered = store.Time(at), store.Time(answered)
	if err := json.Unmarshal([]byte(answer), &t.Found); err != nil {
		return t, fmt.Errorf("question: %w", err)
	}
	return t, nil
}

func tests(tx *store.Tx, boxID string, most int) ([]Test, error) {
	return store.Collect[Test](tx.Query(`SELECT `+testColumns+` FROM box_test WHERE tenant_id = $1 AND box_id = $2 ORDER BY answered_at DESC, id LIMIT $3`, boxID, most))(scanTest)
}

func oneTest(tx *store.Tx, id string) (Test, error) {
	return scanTest(tx.QueryRow(`SELECT `+testColumns+` FROM box_test WHERE tenant_id = $1 AND id = $2`, id).Scan)
}
