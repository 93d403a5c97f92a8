// Package question carries questions of people to boxes, and their answers back: a box
// waits at the centre's door, so that nothing needs to be opened in the office.
//
// Answers tell who talked to whom: they are kept for a day, for the company's people and the
// staff that asked. What a box found when it tested itself tells nothing of that, and is kept for longer. Everything is bound to a company. Level 3: the intake hands questions out
// and takes answers, the faces ask.
package question

import (
	"context"
	"crypto/rand"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/clock"
	"otasuke/wire"
)

//go:embed migrate
var migrations embed.FS

// Schema is the tables of this domain; they point to those of tenant.
func Schema() store.Schema { return store.Sub("question", migrations) }

const (
	// Keep is how long questions and answers are kept.
	Keep = 24 * time.Hour
	// patience is how long a box may take to come for a question: later nobody waits for it.
	patience = 10 * time.Minute
	// again is when a question is handed out once more whose answer did not come.
	again = time.Minute
	// maxOpen questions to one box at a time: a person asks one after the other.
	maxOpen = 20
	// atOnce questions are handed out together.
	atOnce = 4
)

// Errors.
var (
	// ErrTooMany: the box has not answered what was asked before.
	ErrTooMany = errors.New("question: too many open questions to this box")
	// ErrUnknown: no such question is open.
	ErrUnknown = errors.New("question: no such open question")
)

// Asked is a question, with its answer when it is there.
type Asked struct {
	ID, BoxID string
	Who       string // asked
	At        time.Time
	Taken     time.Time // by the box, zero for not yet
	Answered  time.Time // zero for not yet
	Question  wire.Question
	Answer    *wire.Answer // nil for not yet
}

// Service is the way to boxes. It is safe for concurrent use.
type Service struct {
	store *store.Store
	clock clock.Clock
}

// New makes the service. Its tables must have been migrated. A nil clock is the machine's.
func New(s *store.Store, c clock.Clock) *Service {
	if c == nil {
		c = clock.System{}
	}
	return &Service{store: s, clock: c}
}

func asks(boxID string) string    { return "question:" + boxID }
func answers(boxID string) string { return "answer:" + boxID }

// Ask asks a box of the company, and writes into its record who did and why.
func (s *Service) Ask(ctx context.Context, tenantID, boxID, who, why string, q wire.Question) (id string, err error) {
	q.ID = rand.Text()
	body, err := json.Marshal(q)
	if err != nil {
		return "", fmt.Errorf("question: %w", err)
	}
	now := s.clock.Now()
	asked := Asked{ID: q.ID, BoxID: boxID, Who: who, At: now}
	return q.ID, s.store.Write(ctx, tenantID, func(tx *store.Tx) error {
		if err := forget(tx, now.Add(-Keep)); err != nil {
			return err
		}
		n, err := countOpen(tx, boxID, now.Add(-patience))
		if err != nil {
			return err
		}
		if n >= maxOpen {
			return ErrTooMany
		}
		if err := insert(tx, &asked, string(body)); err != nil {
			return err
		}
		tx.WakeAll(asks(boxID))
		return tenant.Audit(tx, now, tenant.Entry{Who: who, Action: action(&q), Object: boxID, Why: why})
	})
}

// action is how the company's record calls it.
func action(q *wire.Question) string {
	switch {
	case q.Spread != nil:
		return "view.spread"
	case q.Test != nil:
		return "box.test" // nothing of the company is looked at
	}
	return "view.traffic"
}

// Next waits for questions to a box until there are some, one of two others is closed, or ctx ends.
func (s *Service) Next(ctx context.Context, tenantID, boxID string, one, other <-chan struct{}) ([]wire.Question, error) {
	for {
		woken := s.store.Woken(asks(boxID))
		list, err := s.take(ctx, tenantID, boxID)
		if len(list) > 0 || ctx.Err() != nil {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		select {
		case <-ctx.Done():
		case <-woken:
		case <-one:
			return nil, nil
		case <-other:
			return nil, nil
		}
	}
}

// take hands out what is due.
func (s *Service) take(ctx context.Context, tenantID, boxID string) (list []wire.Question, err error) {
	now := s.clock.Now()
	look := func(tx *store.Tx) ([]string, error) {
		return due(tx, boxID, now.Add(-patience), now.Add(-again), atOnce)
	}
	var bodies []string
	if err := s.store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		bodies, err = look(tx)
		return err
	}); err != nil || len(bodies) == 0 {
		return nil, err // mostly there is nothing, and nothing is written
	}
	err = s.store.Write(ctx, tenantID, func(tx *store.Tx) error {
		list = nil
		bodies, err := look(tx)
		if err != nil {
			return err
		}
		for _, body := range bodies {
			var q wire.Question
			if err := json.Unmarshal([]byte(body), &q); err != nil {
				return fmt.Errorf("question: %w", err)
			}
			if err := markTaken(tx, q.ID, now); err != nil {
				return err
			}
			list = append(list, q)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// Take keeps the answer of a box, which must have been checked. [ErrUnknown] tells that
// nobody waits for it.
func (s *Service) Take(ctx context.Context, tenantID, boxID string, a *wire.Answer) error {
	text, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("question: %w", err)
	}
	now := s.clock.Now()
	return s.store.Write(ctx, tenantID, func(tx *store.Tx) error {
		n, err := setAnswer(tx, boxID, a.ID, string(text), now, now.Add(-Keep))
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrUnknown
		}
		if a.Test != nil {
			if err := keepTest(tx, a, now); err != nil {
				return err
			}
		}
		tx.WakeAll(answers(boxID))
		return nil
	})
}

// Get returns a question of the company.
func (s *Service) Get(ctx context.Context, tenantID, id string) (q Asked, err error) {
	var body, answer string
	err = s.store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		q, body, answer, err = get(tx, id)
		return err
	})
	if err != nil {
		return q, err
	}
	if err := json.Unmarshal([]byte(body), &q.Question); err != nil {
		return q, fmt.Errorf("question: %w", err)
	}
	if answer != "" {
		q.Answer = new(wire.Answer)
		if err := json.Unmarshal([]byte(answer), q.Answer); err != nil {
			return q, fmt.Errorf("question: %w", err)
		}
	}
	return q, nil
}

// Wait returns a question when it is answered, or as it is when ctx ends.
func (s *Service) Wait(ctx context.Context, tenantID, id string) (Asked, error) {
	first, err := s.Get(ctx, tenantID, id)
	if err != nil || first.Answer != nil {
		return first, err
	}
	for {
		woken := s.store.Woken(answers(first.BoxID))
		q, err := s.Get(context.WithoutCancel(ctx), tenantID, id)
		if err != nil || q.Answer != nil || ctx.Err() != nil {
			return q, err
		}
		wait := time.NewTimer(time.Second) // the database may be away when another process takes the answer
		select {
		case <-ctx.Done():
		case <-woken:
		case <-wait.C:
		}
		wait.Stop()
	}
}
