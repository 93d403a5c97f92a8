package news

import (
	"context"
	"errors"
	"time"

	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
)

type spreadArgs struct {
	News string `json:"news"`
}

// Write makes a draft, or changes one that is at p.Revision; the new revision is returned with it. A [FormError] says what does not do;
// what is missing is no fault before it is sent.
func (s *Service) Write(ctx context.Context, who string, p Piece) (Piece, error) {
	if bad := p.tidy(); bad != nil {
		return p, bad
	}
	now := s.Clock.Now()
	err := s.Store.Write(ctx, tenant.House, func(tx *store.Tx) error {
		action := "news.write"
		if p.ID == "" {
			p.ID, p.State, p.By, p.Made, p.Revision = newID(), Draft, who, now, 1
			action = "news.make"
		} else {
			old, err := selectPiece(tx, p.ID)
			switch {
			case err != nil:
				return err
			case old.State != Draft || old.Revision != p.Revision:
				return ErrState
			}
			p.State, p.By, p.Made, p.Revision = old.State, old.By, old.Made, old.Revision+1
			p.Source, p.Key, p.URL, p.Digest, p.Changed = old.Source, old.Key, old.URL, old.Digest, false
			if p.Meeting != nil && old.Meeting != nil {
				p.Meeting.Slides = old.Meeting.Slides
			}
		}
		p.Edited, p.Moved, p.Asked, p.Checked = who, now, "", ""
		return errors.Join(putPiece(tx, &p), tenant.Audit(tx, now, tenant.Entry{Who: who, Action: action, Object: p.ID}))
	})
	return p, err
}

// change takes a piece at a revision a step further, in the transaction that writes down who did it.
func (s *Service) change(ctx context.Context, who, id string, revision int64, action string, fn func(tx *store.Tx, p *Piece, now time.Time) error) error {
	now := s.Clock.Now()
	return s.Store.Write(ctx, tenant.House, func(tx *store.Tx) error {
		p, err := selectPiece(tx, id)
		if err != nil {
			return err
		}
		if p.Revision != revision {
			return ErrState
		}
		if err := fn(tx, &p, now); err != nil {
			return err
		}
		p.Moved, p.Revision = now, p.Revision+1
		return errors.Join(putPiece(tx, &p), tenant.Audit(tx, now, tenant.Entry{Who: who, Action: action, Object: id}))
	})
}

// Send lets a draft out at its time; where a second look is wanted it waits for that first.
func (s *Service) Send(ctx context.Context, who, id string, revision int64) error {
	return s.change(ctx, who, id, revision, "news.send", func(tx *store.Tx, p *Piece, now time.Time) error {
		if p.State != Draft {
			return ErrState
		}
		if bad := p.ready(now); bad != nil {
			return bad
		}
		if p.Asked = who; s.SecondLook {
			p.State = Asked
			return nil
		}
		return s.schedule(tx, p, now)
	})
}

// Approve is the second look, by somebody who neither wrote it last nor asked.
func (s *Service) Approve(ctx context.Context, who, id string, revision int64) error {
	return s.change(ctx, who, id, revision, "news.approve", func(tx *store.Tx, p *Piece, now time.Time) error {
		switch {
		case p.State != Asked:
			return ErrState
		case who == p.Asked, who == p.Edited:
			return ErrSecond
		}
		if bad := p.ready(now); bad != nil {
			return bad
		}
		p.Checked = who
		return s.schedule(tx, p, now)
	})
}

func (s *Service) schedule(tx *store.Tx, p *Piece, now time.Time) error {
	p.State = Scheduled
	if p.SendAt.Before(now) {
		p.SendAt = now
	}
	return job.Enqueue(tx, job.Job{Kind: KindSpread, Args: spreadArgs{p.ID}, RunAt: p.SendAt, Unique: p.ID})
}

// Back makes a draft again of what is not out yet.
func (s *Service) Back(ctx context.Context, who, id string, revision int64) error {
	return s.change(ctx, who, id, revision, "news.back", func(tx *store.Tx, p *Piece, _ time.Time) error {
		// Once the first company has it there is no way back, though the rest is still to come.
		if p.State != Asked && p.State != Scheduled || !p.Out.IsZero() {
			return ErrState
		}
		p.State, p.Asked, p.Checked = Draft, "", ""
		return nil
	})
}

// Drop puts a draft away. What came from a source does not come again.
func (s *Service) Drop(ctx context.Context, who, id string, revision int64) error {
	return s.change(ctx, who, id, revision, "news.drop", func(_ *store.Tx, p *Piece, _ time.Time) error {
		if p.State != Draft {
			return ErrState
		}
		p.State = Dropped
		return nil
	})
}

// Piece is one piece of news.
func (s *Service) Piece(ctx context.Context, id string) (p Piece, err error) {
	err = s.Store.Read(ctx, tenant.House, func(tx *store.Tx) (err error) {
		p, err = selectPiece(tx, id)
		return err
	})
	return p, err
}

// Pieces are those in some states, the newest first.
func (s *Service) Pieces(ctx context.Context, states ...State) (all []Piece, err error) {
	err = s.Store.Read(ctx, tenant.House, func(tx *store.Tx) error {
		for _, state := range states {
			some, err := selectPieces(tx, state)
			if err != nil {
				return err
			}
			all = append(all, some...)
		}
		return nil
	})
	return all, err
}
