package alert

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
)

// MaxTogether is how many alerts one act decides: as many as somebody reads through before they decide, and no more
// than are written within a request.
const MaxTogether = 100

// Verdict is what staff decide about several alerts at once.
type Verdict string

// Verdicts.
const (
	VerdictTake  Verdict = "take"
	VerdictNote  Verdict = "note"
	VerdictClose Verdict = "close"
)

// Seen is an alert as somebody saw it.
type Seen struct {
	Alert
	Version int    // grows with each change
	Taker   string // of the staff who works on it; "" for nobody
}

// Pick names an alert and the version that somebody decided by.
type Pick struct {
	TenantID, ID string
	Version      int
}

// Fit says why an alert cannot be decided together with others.
type Fit string

// Fits.
const (
	FitYes     Fit = ""
	FitGone    Fit = "gone"    // there is no such alert
	FitClosed  Fit = "closed"  // it is over
	FitOthers  Fit = "others"  // somebody else works on it
	FitChanged Fit = "changed" // it is not what was seen
	FitTaken   Fit = "taken"   // it is in hand already, for who wants to take it
)

// Weighed is an alert that was picked, as it is now.
type Weighed struct {
	Pick
	Seen    Seen // nothing of one that is gone
	Company string
	Fit     Fit
}

// fit judges an alert as it is now.
func (p *Pick) fit(s *Seen, who string, v Verdict) Fit {
	switch {
	case s.State == Closed:
		return FitClosed
	case s.Taker != "" && s.Taker != who:
		return FitOthers
	case s.Version != p.Version:
		return FitChanged
	case v == VerdictTake && s.State != Open:
		return FitTaken
	}
	return FitYes
}

// Weigh shows which of the picked alerts somebody of the staff can decide together. who looks, and why, is written down.
func (s *Service) Weigh(ctx context.Context, who, why string, v Verdict, picks []Pick) (all []Weighed, err error) {
	err = s.cfg.Store.AsOperator(ctx, who, why, func(tx *store.AllTx) error {
		names, err := tenant.Names(tx)
		if err != nil {
			return err
		}
		for _, p := range picks {
			w := Weighed{Pick: p, Company: names[p.TenantID]}
			w.Seen, err = selectSeen(tx, p.TenantID, p.ID)
			switch {
			case errors.Is(err, ErrNotFound):
				w.Fit = FitGone
			case err != nil:
				return err
			default:
				w.Fit = p.fit(&w.Seen, who, v)
			}
			all = append(all, w)
		}
		return nil
	})
	return all, err
}

// Decision is what is done with each of several alerts. Note is read by the customers; Was goes with closing.
type Decision struct {
	Verdict Verdict
	Was     Outcome
	Note    string
	// Why stands in each company's record of who looked.
	Why string
}

func (d *Decision) check() error {
	switch {
	case d.Verdict != VerdictTake && d.Verdict != VerdictNote && d.Verdict != VerdictClose:
		return fmt.Errorf("%w: unknown verdict %q", ErrInvalid, d.Verdict)
	case d.Verdict != VerdictTake && strings.TrimSpace(d.Note) == "":
		return fmt.Errorf("%w: no reason", ErrInvalid)
	case utf8.RuneCountInString(d.Note) > maxText || d.Why == "":
		return fmt.Errorf("%w: text is too long, or it is not said why", ErrInvalid)
	}
	return nil
}

// Decide does with one alert what was decided about several, unless it is not what was seen any more: then nothing
// changes, and it says why. The look and the deed are written into the company's record.
func (s *Service) Decide(ctx context.Context, who string, d Decision, p Pick) (fit Fit, err error) {
	if err := d.check(); err != nil {
		return FitYes, err
	}
	err = s.cfg.Store.Write(ctx, p.TenantID, func(tx *store.Tx) error {
		now, err := seenTx(tx, p.ID)
		if err != nil {
			return err
		}
		if fit = p.fit(&now, who, d.Verdict); fit != FitYes {
			return nil
		}
		if err := tenant.Audit(tx, s.cfg.Clock.Now(), tenant.Entry{Who: who, Action: "view.alert", Object: p.ID, Why: d.Why}); err != nil {
			return err
		}
		switch d.Verdict {
		case VerdictTake:
			if err := s.TakeTx(tx, p.ID, who); err != nil || strings.TrimSpace(d.Note) == "" {
				return err
			}
			return s.note(tx, p.ID, who, d.Note)
		case VerdictNote:
			return s.note(tx, p.ID, who, d.Note)
		}
		return s.CloseTx(tx, p.ID, who, d.Was, d.Note)
	})
	if errors.Is(err, ErrNotFound) || errors.Is(err, store.ErrNoTenant) {
		return FitGone, nil
	}
	return fit, err
}

// TakeTx is [Service.Take] in the caller's transaction.
func (s *Service) TakeTx(tx *store.Tx, id, who string) error {
	return s.change(tx, id, who, ChangeTaken, "", func(o *open, _ time.Time) { o.State = Acknowledged })
}

func (s *Service) note(tx *store.Tx, id, who, note string) error {
	return s.change(tx, id, who, ChangeNoted, note, func(*open, time.Time) {})
}
