package survey

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
)

// Notes are what a mail is about.
const (
	NoteAsk    = "ask"
	NoteRemind = "remind"
)

// Args is of all jobs of this package.
type Args struct {
	ID     string `json:"id"`
	Note   string `json:"note,omitempty"`
	Person string `json:"person,omitempty"`
	// At makes mails of the same kind different ones, microseconds.
	At int64 `json:"at,omitempty"`
}

func decode(raw json.RawMessage) (a Args, err error) {
	if err = json.Unmarshal(raw, &a); err != nil {
		return a, fmt.Errorf("%w: survey: %w", job.ErrGiveUp, err)
	}
	return a, nil
}

// HandleSpread gives a questionnaire to each company that lets its asker look, or tells those that have it that it was closed.
// What has arrived is not given again, so that it goes on where it was broken off.
func (s *Service) HandleSpread(ctx context.Context, tenantID string, raw json.RawMessage) error {
	args, err := decode(raw)
	if err != nil {
		return err
	}
	v, have, err := s.Get(ctx, tenantID, args.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	own, err := s.Shares.CompanyByID(ctx, tenantID)
	if err != nil {
		return err
	}
	names, err := s.Viewed(ctx, tenantID)
	if err != nil {
		return err
	}
	if !v.Closed.IsZero() {
		clear(names) // nobody else is asked
	}
	for _, r := range have {
		names[r.Company] = r.Name
	}
	for company, name := range names {
		if err := s.give(ctx, tenantID, own.Name, &v, company, name); err != nil {
			return err
		}
	}
	return nil
}

// give does that for one company: first in the list of who asks, so that an answer finds its place.
func (s *Service) give(ctx context.Context, tenantID, asker string, v *Survey, company, name string) error {
	now := s.Clock.Now()
	err := s.Store.Write(ctx, tenantID, func(tx *store.Tx) error { return ensureReply(tx, v.ID, company, name, now) })
	if err != nil {
		return err
	}
	err = s.Store.Write(ctx, company, func(tx *store.Tx) error {
		a, err := selectAsked(tx, v.ID)
		switch {
		case errors.Is(err, store.ErrNotFound):
			return s.ask(tx, &Asked{ID: v.ID, Asker: tenantID, AskerName: asker, Title: v.Title, Lead: v.Lead, Questions: v.Questions, Due: v.Due, At: now, Closed: v.Closed})
		case err != nil:
			return err
		case !v.Closed.IsZero():
			return closeAsked(tx, v.ID, v.Closed)
		case a.Answered.IsZero() && v.Urged.After(a.At):
			return job.Enqueue(tx, job.Job{Kind: KindRemind, Args: Args{ID: v.ID, Note: NoteRemind, At: v.Urged.UnixMicro()}, Unique: fmt.Sprint(v.ID, " ", v.Urged.UnixMicro())})
		}
		return nil
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil // the company is gone
	}
	return err
}

// ask keeps a questionnaire at who is asked, and leaves the mails.
func (s *Service) ask(tx *store.Tx, a *Asked) error {
	n, err := countOpen(tx)
	if err != nil || n >= maxAsked || !a.Closed.IsZero() {
		return err
	}
	if err := insertAsked(tx, a); err != nil {
		return err
	}
	if err := job.Enqueue(tx, job.Job{Kind: KindTell, Args: Args{ID: a.ID, Note: NoteAsk, At: a.At.UnixMicro()}, Unique: a.ID}); err != nil {
		return err
	}
	for _, at := range []time.Time{a.Due.Add(-before), a.Due.Add(after)} {
		if at.After(a.At.Add(after)) {
			if err := job.Enqueue(tx, job.Job{Kind: KindRemind, Args: Args{ID: a.ID, Note: NoteRemind, At: at.UnixMicro()}, RunAt: at, Unique: fmt.Sprint(a.ID, " ", at.UnixMicro())}); err != nil {
				return err
			}
		}
	}
	return tenant.Audit(tx, a.At, tenant.Entry{Who: "system", Action: "survey.asked", Object: a.AskerName, Why: a.Title})
}

// HandleRemind leaves a mail when a company has not answered.
func (s *Service) HandleRemind(ctx context.Context, tenantID string, raw json.RawMessage) error {
	args, err := decode(raw)
	if err != nil {
		return err
	}
	return s.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		a, err := selectAsked(tx, args.ID)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil || !a.Answered.IsZero() || !a.Closed.IsZero() {
			return err
		}
		return job.Enqueue(tx, job.Job{Kind: KindTell, Args: args, Unique: fmt.Sprint(args.ID, " ", args.At)})
	})
}

// HandleDeliver brings an answer to who asked.
func (s *Service) HandleDeliver(ctx context.Context, tenantID string, raw json.RawMessage) error {
	args, err := decode(raw)
	if err != nil {
		return err
	}
	a, err := s.AskedByID(ctx, tenantID, args.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil || a.Answered.IsZero() {
		return err
	}
	by, err := s.Shares.PersonByID(ctx, tenantID, a.By)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	err = s.Store.Write(ctx, a.Asker, func(tx *store.Tx) error {
		return setReply(tx, a.ID, tenantID, by.Name, a.Answered, a.Answers)
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}
