package news

import (
	"context"
	"errors"
	"time"

	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
)

// Shown is a piece as a company has it.
type Shown struct {
	Piece
	Got  time.Time
	Read bool // by who asks
}

// Archive is what a company got, the newest first, with what a person has read.
func (s *Service) Archive(ctx context.Context, tenantID, personID string, limit int) (all []Shown, err error) {
	if limit <= 0 || limit > maxShown {
		limit = maxShown
	}
	var copies []copied
	err = s.Store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		copies, err = selectCopies(tx, personID, limit)
		return err
	})
	if err != nil || len(copies) == 0 {
		return nil, err
	}
	err = s.Store.Read(ctx, tenant.House, func(tx *store.Tx) error {
		for _, c := range copies {
			p, err := selectPiece(tx, c.id)
			if errors.Is(err, store.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			all = append(all, Shown{Piece: p, Got: c.at, Read: c.read})
		}
		return nil
	})
	return all, err
}

// Open is one piece that a company got; from now on the person has read it.
func (s *Service) Open(ctx context.Context, tenantID, personID, id string) (Shown, error) {
	var c copied
	err := s.Store.Write(ctx, tenantID, func(tx *store.Tx) (err error) {
		if c, err = selectCopy(tx, id); err != nil {
			return err
		}
		return putRead(tx, id, personID, s.Clock.Now())
	})
	if err != nil {
		return Shown{}, err
	}
	p, err := s.Piece(ctx, id)
	return Shown{Piece: p, Got: c.at, Read: true}, err
}

// Choice is what somebody of a company gets by mail.
type Choice struct {
	PersonID, Name, Email string
	Warnings, Offers      bool
	Broken                string // mail to the address did not arrive: what the server said
}

// Choices are those of a company's people.
func (s *Service) Choices(ctx context.Context, tenantID string) (all []Choice, err error) {
	err = s.Store.Read(ctx, tenantID, func(tx *store.Tx) error {
		people, err := selectOwnReaders(tx)
		if err != nil {
			return err
		}
		broken, err := selectBroken(tx)
		for i := range people {
			r := &people[i]
			all = append(all, Choice{r.ID, r.Name, r.Email, r.wants(Warning), r.wants(Offer), broken[lower(r.Email)]})
		}
		return err
	})
	return all, err
}

// Choose sets what a person of a company gets. who is one of the company.
func (s *Service) Choose(ctx context.Context, tenantID, who, personID string, warnings, offers bool) error {
	return s.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		all, err := selectOwnReaders(tx)
		if err != nil {
			return err
		}
		var one *reader
		others := 0
		for i := range all {
			switch r := &all[i]; {
			case r.ID == personID:
				one = r
			case r.wants(Warning):
				others++
			}
		}
		switch {
		case one == nil:
			return store.ErrNotFound
		case !warnings && others == 0:
			return ErrLast
		}
		return s.choose(tx, one, warnings, offers, "portal", who)
	})
}

func (s *Service) choose(tx *store.Tx, r *reader, warnings, offers bool, how, who string) error {
	now := s.Clock.Now()
	if r.Chosen && r.Warnings == warnings && r.Offers == offers {
		return nil
	}
	action := "news.offers_off"
	if offers {
		action = "news.offers_on"
	}
	if r.wants(Warning) != warnings {
		action = map[bool]string{true: "news.warnings_on", false: "news.warnings_off"}[warnings]
	}
	return errors.Join(putChoice(tx, r.ID, warnings, offers, how, now), tenant.Audit(tx, now, tenant.Entry{Who: who, Action: action, Object: r.ID}))
}

func (s *Service) readersOf(ctx context.Context, tenantID string) (all []reader, err error) {
	err = s.Store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		all, err = selectOwnReaders(tx)
		return err
	})
	return all, err
}
