package dispatch

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"

	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/store"
	"otasuke/internal/entry"
)

// NewToken makes the secret of the page on which the vendor of an offer answers, for its mail. Only its hash is kept.
func (s *Service) NewToken(ctx context.Context, tenantID, id string, seq int) (token string, err error) {
	token = strings.ToLower(rand.Text())
	err = s.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		if n, err := countLinks(tx, id, seq); err != nil || n >= maxLinks {
			return errors.Join(err, map[bool]error{true: ErrTooMany}[n >= maxLinks])
		}
		return errors.Join(tx.Point("visit", hash(token)), insertLink(tx, token, id, seq, s.Clock.Now()))
	})
	return token, err
}

// owner of a token; one that was never given out is [store.ErrNotFound].
func (s *Service) owner(ctx context.Context, token string) (string, error) {
	return s.Store.Owner(ctx, "visit", hash(token))
}

// sees says whether the vendor of an offer still sees a visit: while the offer is open, and once accepted until [Sight] after the end.
func (s *Service) sees(d *Dispatch, o *Offer) bool {
	now := s.Clock.Now()
	switch o.Answer {
	case "":
		return d.State == Offered && d.Round == o.Seq && now.Before(o.Due)
	case AnswerAccepted:
		return d.Ended.IsZero() || now.Before(d.Ended.Add(Sight))
	}
	return false
}

// ByToken is the visit of a vendor's link, with its offer. With [ErrExpired] nothing of it comes but the offer.
func (s *Service) ByToken(ctx context.Context, token string) (w Whole, o Offer, err error) {
	tenantID, err := s.owner(ctx, token)
	if err != nil {
		return w, o, err
	}
	err = s.Store.Read(ctx, tenantID, func(tx *store.Tx) error {
		id, seq, err := linked(tx, token)
		if err != nil {
			return err
		}
		if w, err = whole(tx, id); err != nil {
			return err
		}
		o = w.Offers[seq-1]
		return nil
	})
	if err == nil && !s.sees(&w.Dispatch, &o) {
		return Whole{}, o, ErrExpired
	}
	return w, o, err
}

// by runs fn on the visit of a token whose vendor still sees it.
func (s *Service) by(ctx context.Context, token string, fn func(tx *store.Tx, d *Dispatch, o *Offer) error) error {
	tenantID, err := s.owner(ctx, token)
	if err != nil {
		return err
	}
	return s.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		id, seq, err := linked(tx, token)
		if err != nil {
			return err
		}
		d, err := selectOne(tx, id)
		if err != nil {
			return err
		}
		all, err := selectOffers(tx, id)
		if err != nil {
			return err
		}
		if !s.sees(&d, &all[seq-1]) {
			return ErrExpired
		}
		return fn(tx, &d, &all[seq-1])
	})
}

// Accept takes an offer; when somebody will be there, in the vendor's words. Of two at once one gets [ErrState] or [ErrExpired].
func (s *Service) Accept(ctx context.Context, token, arrival string) error {
	arrival, err := entry.Line(arrival, MaxLine)
	if err != nil {
		return &FieldError{"arrival"}
	}
	vendors, err := s.Vendors(ctx)
	if err != nil {
		return err
	}
	return s.by(ctx, token, func(tx *store.Tx, d *Dispatch, o *Offer) error {
		if d.State != Offered {
			return ErrState
		}
		d.VendorID, d.VendorName, d.Arrival = o.VendorID, o.VendorName, arrival
		for i := range vendors {
			if vendors[i].ID == o.VendorID {
				d.VendorPhone = vendors[i].Phone
			}
		}
		return errors.Join(answer(tx, d.ID, o.Seq, "", AnswerAccepted, "", s.Clock.Now()), s.move(tx, d, Accepted, byVendor+o.VendorID, arrival))
	})
}

// Decline says no to an offer, or gives a visit back before anybody arrived; the next vendor is asked.
func (s *Service) Decline(ctx context.Context, token, why string) error {
	why, err := entry.Line(why, MaxLine)
	if err != nil && !errors.Is(err, entry.ErrEmpty) {
		return &FieldError{"why"}
	}
	vendors, err := s.Vendors(ctx)
	if err != nil {
		return err
	}
	return s.by(ctx, token, func(tx *store.Tx, d *Dispatch, o *Offer) error {
		said := AnswerDeclined
		if d.State == Accepted || d.State == Travelling {
			said = AnswerReturned
		} else if d.State != Offered {
			return ErrState
		}
		return errors.Join(answer(tx, d.ID, o.Seq, o.Answer, said, why, s.Clock.Now()), s.next(tx, d, vendors, byVendor+o.VendorID, why))
	})
}

// Step says that the vendor is on the way, there, or at work. A step that was said already is no error.
func (s *Service) Step(ctx context.Context, token string, to State) error {
	return s.by(ctx, token, func(tx *store.Tx, d *Dispatch, o *Offer) error {
		switch {
		case d.State == to:
			return nil
		case to != Travelling && to != Arrived && to != Working:
			return ErrState
		}
		return s.move(tx, d, to, byVendor+o.VendorID, "")
	})
}

// Attach keeps a photo while the vendor is there, or an invoice.
func (s *Service) Attach(ctx context.Context, token, what string, u *attach.Upload) error {
	return s.by(ctx, token, func(tx *store.Tx, d *Dispatch, o *Offer) error {
		most := maxInvoices
		switch {
		case what == Photo && (d.State == Arrived || d.State == Working):
			most = MaxPhotos
		case what == Invoice && (d.State == Done || d.State == FollowUp || d.State == Closed):
		default:
			return ErrState
		}
		all, err := selectFiles(tx, d.ID)
		if err != nil {
			return err
		}
		for i := range all {
			if all[i].What != what {
				continue
			}
			if all[i].Sum == u.Sum {
				return nil // sent twice
			}
			most--
		}
		if most <= 0 {
			return ErrTooMany
		}
		// The row of the visit changes too, so that of two photos at once the second is counted again.
		return errors.Join(update(tx, d), attach.Put(tx, u, byVendor+o.VendorID, s.Clock.Now()), insertFile(tx, d.ID, u.ID, what))
	})
}

// Tidy brings a report into its normal form; each field that does not do is a [FieldError].
func (r *Report) Tidy() (err error) {
	var faults []error
	for _, f := range []struct {
		name   string
		at     *string
		needed bool
	}{{"found", &r.Found, true}, {"done", &r.Did, true}, {"cause", &r.Cause, r.Known}, {"advice", &r.Advice, false}} {
		if *f.at, err = lines(*f.at, MaxText); err != nil && (f.needed || !errors.Is(err, entry.ErrEmpty)) {
			faults = append(faults, &FieldError{f.name})
		}
	}
	costs := len(r.Costs) <= MaxCosts
	for i := range r.Costs {
		c := &r.Costs[i]
		c.What, err = entry.Line(c.What, MaxLine)
		costs = costs && err == nil && c.Yen >= 0 && c.Yen <= MaxYen
	}
	if !costs {
		faults = append(faults, &FieldError{"cost"})
	}
	if r.Signer, err = entry.Line(r.Signer, MaxLine); err != nil {
		faults = append(faults, &FieldError{"signer"})
	}
	return errors.Join(faults...)
}

// Finish keeps the report that the customer signed, with the drawn signature if there is one.
func (s *Service) Finish(ctx context.Context, token string, r Report, signature *attach.Upload) error {
	if err := r.Tidy(); err != nil {
		return err
	}
	return s.by(ctx, token, func(tx *store.Tx, d *Dispatch, o *Offer) error {
		if d.State != Working {
			return ErrState
		}
		now := s.Clock.Now()
		r.Signed, r.Drawn = now, signature != nil
		d.Report, d.Ended = r, now
		if err := s.move(tx, d, Done, byVendor+o.VendorID, ""); err != nil {
			return err
		}
		if signature == nil {
			return nil
		}
		return errors.Join(attach.Put(tx, signature, byVendor+o.VendorID, now), insertFile(tx, d.ID, signature.ID, Signature))
	})
}
