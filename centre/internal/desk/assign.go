package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"otasuke/centre/internal/desk/letter"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
)

const (
	// ringEvery is how often the staff hears of one ticket at most: what is said in between is told together.
	ringEvery = time.Hour
	// callLasts is how long a note of a call waits before the others hear of it: most are answered while they are written.
	callLasts = time.Minute
)

// TellArgs are those of [KindTell]: without a person it finds out who is told.
type TellArgs struct {
	ID     string `json:"id"`
	Person string `json:"person,omitempty"`
	At     int64  `json:"at,omitempty"` // microseconds
	// Given is who gave the ticket to the person; "" when it is about what was said.
	Given string `json:"given,omitempty"`
}

// ring has the staff told of a ticket, at once or when an hour has passed since the last time.
func (s *Service) ring(tx *store.Tx, t *Ticket, now time.Time) error {
	at := now
	if t.Channel == Phone {
		at = at.Add(callLasts)
	}
	if next := t.Rung.Add(ringEvery); !t.Rung.IsZero() && next.After(at) {
		at = next
	}
	return job.Enqueue(tx, job.Job{Kind: KindTell, Args: TellArgs{ID: t.ID}, Unique: t.ID, RunAt: at})
}

// News is a ticket with what was said by or for the customer since the staff was last told, for who tells them.
func (s *Service) News(ctx context.Context, tenantID, id string) (t Ticket, news []Message, err error) {
	t, all, err := s.Ticket(ctx, tenantID, id, true)
	for _, m := range all {
		if m.Side == Customer && !m.Auto && m.At.After(t.Rung) {
			news = append(news, m)
		}
	}
	return t, news, err
}

// Rang keeps when the staff was told, in the transaction that leaves the mails.
func (s *Service) Rang(tx *store.Tx, id string, at time.Time) error { return setRung(tx, id, at) }

// Workers are who of the staff a ticket can be given to.
func (s *Service) Workers(ctx context.Context) (all []tenant.Person, err error) {
	people, err := s.People.People(ctx, tenant.House)
	for _, p := range people {
		if p.Role.May(tenant.MayWrite) {
			all = append(all, p)
		}
	}
	return all, err
}

// Assign gives a ticket to somebody of the staff, or with to "" to nobody. from is who had it when who looked: when somebody was
// faster it is [ErrHeld] and nothing changes. Who gets it from another is told.
func (s *Service) Assign(ctx context.Context, tenantID, id string, who tenant.Person, from, to string) error {
	name := ""
	if to != "" {
		workers, err := s.Workers(ctx)
		if err != nil {
			return fmt.Errorf("desk: people: %w", err)
		}
		for _, p := range workers {
			if p.ID == to {
				name = p.Name
			}
		}
		if name == "" {
			return store.ErrNotFound
		}
	}
	return s.change(ctx, tenantID, id, who.ID, "assign", name, func(tx *store.Tx, t *Ticket, now time.Time) error {
		if t.State == Closed {
			return ErrState
		}
		n, err := setAssignee(tx, id, from, to)
		switch {
		case err != nil:
			return err
		case n == 0:
			return ErrHeld
		case to == "" || to == who.ID:
			return nil
		}
		at := now.UnixMicro()
		return job.Enqueue(tx, job.Job{Kind: KindTell, Args: TellArgs{ID: id, Person: to, At: at, Given: letter.Line(who.Name, MaxName)}, Unique: fmt.Sprint(id, " ", to, " ", at)})
	})
}

// Late says whether an error means that somebody else was faster, so that whoever looked has to look again.
func Late(err error) bool {
	return errors.Is(err, ErrState) || errors.Is(err, ErrHeld) || errors.Is(err, ErrMoved)
}
