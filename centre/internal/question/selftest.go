package question

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"otasuke/centre/internal/store"
	"otasuke/wire"
)

// KeepTests is how many self-tests of a box are kept, the newest: a test a week for a year, and some for a bad day.
const KeepTests = 100

// Test is a self-test of a box, as it was answered.
type Test struct {
	ID, BoxID string
	Who       string // asked
	At        time.Time
	Answered  time.Time
	Found     wire.TestAnswer
}

// keepTest keeps what a box found when it was asked to test itself; an answer to another question, and one that puts the
// test off, are nothing to keep.
func keepTest(tx *store.Tx, a *wire.Answer, now time.Time) error {
	q, body, _, err := get(tx, a.ID)
	if err != nil {
		return err
	}
	var asked wire.Question
	if err := json.Unmarshal([]byte(body), &asked); err != nil {
		return fmt.Errorf("question: %w", err)
	}
	if asked.Test == nil || len(a.Test.Points) == 0 {
		return nil
	}
	text, err := json.Marshal(a.Test)
	if err != nil {
		return fmt.Errorf("question: %w", err)
	}
	return insertTest(tx, &Test{ID: a.ID, BoxID: q.BoxID, Who: q.Who, At: q.At, Answered: now}, string(text))
}

// Tests are the newest self-tests of a company's box, at most so many, the newest first.
func (s *Service) Tests(ctx context.Context, tenantID, boxID string, most int) (all []Test, err error) {
	err = s.store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		all, err = tests(tx, boxID, most)
		return err
	})
	return all, err
}

// Test is one self-test of the company.
func (s *Service) Test(ctx context.Context, tenantID, id string) (t Test, err error) {
	err = s.store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		t, err = oneTest(tx, id)
		return err
	})
	return t, err
}
