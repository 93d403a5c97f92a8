package news

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"otasuke/centre/internal/job"
	"otasuke/centre/internal/mail"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/ja"
)

// What a mail says. All but whatNews are about a seat that somebody took, and go to who took it.
const (
	whatNews     = "news"
	whatTaken    = "taken"
	whatWaiting  = "in-line"
	whatReminder = "reminder"
	whatSlides   = "slides"
	whatMoved    = "moved"
	whatCancel   = "cancelled"
)

const (
	// kindMessage of the directory: whose mail a Message-ID is.
	kindMessage = "newsmail"
	// recordTimeout lets us write down what the server said while we are being stopped.
	recordTimeout = 10 * time.Second
	// dayBefore a seminar people are reminded.
	dayBefore = 24 * time.Hour
)

type mailArgs struct {
	News string `json:"news"`
	What string `json:"what"`
	To   string `json:"to"`
}

// HandleSpread gives a piece to its companies, each once. Run again after it was cut off, it goes on where it was: what is written
// down is not written twice.
func (s *Service) HandleSpread(ctx context.Context, _ string, raw json.RawMessage) error {
	var args spreadArgs
	if err := json.Unmarshal(raw, &args); err != nil {
		return fmt.Errorf("%w: news: %w", job.ErrGiveUp, err)
	}
	now := s.Clock.Now()
	var p Piece
	due := false
	err := s.Store.Write(ctx, tenant.House, func(tx *store.Tx) (err error) {
		if p, err = selectPiece(tx, args.News); err != nil || p.State != Scheduled {
			return err
		}
		if p.SendAt.After(now) { // put off since
			return job.Enqueue(tx, job.Job{Kind: KindSpread, Args: args, RunAt: p.SendAt, Unique: p.ID})
		}
		due = true
		if p.Out.IsZero() {
			p.Out = now // from here there is no way back
			p.Revision++
			return putPiece(tx, &p)
		}
		return nil
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil || !due {
		return err
	}
	r, err := s.Reach(ctx, system, &p)
	if err != nil {
		return err
	}
	for _, id := range r.ids {
		if err := s.Store.Write(ctx, id, func(tx *store.Tx) error { return s.give(tx, &p) }); err != nil {
			return err
		}
	}
	return s.Store.Write(ctx, tenant.House, func(tx *store.Tx) error {
		p, err := selectPiece(tx, args.News)
		if err != nil || p.State != Scheduled {
			return err
		}
		if p.Meeting != nil && p.Meeting.Starts.Add(-dayBefore).After(now) {
			if err := job.Enqueue(tx, job.Job{Kind: KindRemind, Args: args, RunAt: p.Meeting.Starts.Add(-dayBefore), Unique: p.ID}); err != nil {
				return err
			}
		}
		p.State, p.Revision = Sent, p.Revision+1
		return errors.Join(putPiece(tx, &p), tenant.Audit(tx, now, tenant.Entry{Who: system, Action: "news.sent", Object: p.ID}))
	})
}

// give writes down that a company gets a piece, and has its people told.
func (s *Service) give(tx *store.Tx, p *Piece) error {
	if err := putCopy(tx, p.ID, p.Out); err != nil {
		return err
	}
	all, err := selectOwnReaders(tx)
	if err != nil {
		return err
	}
	broken, err := selectBroken(tx)
	if err != nil {
		return err
	}
	for _, r := range p.readers(all) {
		l := letter{News: p.ID, What: whatNews, To: r.ID, Email: r.Email, State: mailWaiting}
		if why := broken[lower(r.Email)]; why != "" && p.Kind.Promotion() {
			l.State, l.Answer = mailHeld, why
		}
		if err := s.post(tx, l); err != nil {
			return err
		}
	}
	return nil
}

// post has one mail sent, once.
func (s *Service) post(tx *store.Tx, l letter) error {
	l.At = s.Clock.Now()
	fresh, err := insertLetter(tx, &l)
	if err != nil || !fresh || l.State != mailWaiting {
		return err
	}
	return job.Enqueue(tx, job.Job{Kind: KindMail, Args: mailArgs{l.News, l.What, l.To}, Unique: l.News + " " + l.What + " " + l.To})
}

// HandleMail sends one mail.
func (s *Service) HandleMail(ctx context.Context, tenantID string, raw json.RawMessage) error {
	var args mailArgs
	if err := json.Unmarshal(raw, &args); err != nil {
		return fmt.Errorf("%w: news: %w", job.ErrGiveUp, err)
	}
	if s.Sender == nil {
		return nil
	}
	p, err := s.Piece(ctx, args.News)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	// What can fail on our side fails before anybody could have got it.
	to, err := s.recipient(ctx, tenantID, &p, args)
	if err != nil {
		return err
	}
	l, going, err := s.begin(ctx, tenantID, &p, args, to != nil)
	if err != nil || !going {
		return err
	}
	m, err := s.compose(ctx, &p, &l, to)
	if err == nil {
		err = s.Sender.Send(ctx, m)
	}
	l.At = s.Clock.Now()
	switch {
	case err == nil:
		l.State, l.Answer = mailSent, ""
	case errors.Is(err, mail.ErrPermanent), errors.Is(err, mail.ErrMessage):
		s.Log.Error("mail of news refused", "tenant", tenantID, "news", p.ID, "to", l.To, "error", err)
		l.State, l.Answer = mailRefused, clip(err.Error(), maxWhy)
	default:
		l.State, l.Answer = mailWaiting, clip(err.Error(), maxWhy)
	}
	lost := errors.Is(err, mail.ErrPermanent)
	if l.State == mailRefused {
		err = nil
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	return errors.Join(err, s.Store.Write(end, tenantID, func(tx *store.Tx) error {
		if lost {
			if err := putBroken(tx, l.Email, l.Answer, l.At); err != nil {
				return err
			}
		}
		return updateLetter(tx, &l)
	}))
}

// begin takes a mail up, unless it is done; after it the mail counts as tried.
func (s *Service) begin(ctx context.Context, tenantID string, p *Piece, args mailArgs, wanted bool) (l letter, going bool, err error) {
	now := s.Clock.Now()
	err = s.Store.Write(ctx, tenantID, func(tx *store.Tx) (err error) {
		if l, err = selectLetter(tx, args.News, args.What, args.To); errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil || l.State != mailWaiting && l.State != mailTrying {
			return err
		}
		l.At = now
		switch {
		case !wanted:
			l.State = mailDeclined
		case l.State == mailTrying && args.What == whatNews && p.Kind.Promotion():
			l.State = mailUnknown
		default:
			going = true
			l.State, l.Tries = mailTrying, l.Tries+1
			if l.MessageID == "" {
				// Nobody can guess it: what comes back with it is about this mail.
				l.MessageID = "news." + newID() + "@" + s.Domain
				if err := tx.Point(kindMessage, messageKey(l.MessageID)); err != nil {
					return err
				}
			}
		}
		return updateLetter(tx, &l)
	})
	return l, going, err
}

func messageKey(id string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(id)))
	return hex.EncodeToString(sum[:])
}

// addressee is who gets a mail.
type addressee struct {
	ID, Name, Email, Lang string
	company               tenant.Company
	seat                  *Seat
}

// recipient is who gets a mail; nil when nobody does any more.
func (s *Service) recipient(ctx context.Context, tenantID string, p *Piece, args mailArgs) (*addressee, error) {
	c, err := s.Companies.CompanyByID(ctx, tenantID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if args.What != whatNews {
		seat, err := s.seat(ctx, tenantID, p.ID, args.To)
		if errors.Is(err, store.ErrNotFound) {
			return nil, nil
		}
		// "Tomorrow" is not true any more when the mail server or the centre was away.
		late := args.What == whatReminder && (!p.Meeting.Cancelled.IsZero() || !s.Clock.Now().Before(ja.Midnight(p.Meeting.Starts)))
		if err != nil || seat.State == SeatLeft && args.What != whatCancel || late {
			return nil, err
		}
		return &addressee{ID: seat.ID, Name: seat.Name, Email: seat.Email, Lang: seat.Lang, company: c, seat: &seat}, nil
	}
	all, err := s.readersOf(ctx, tenantID)
	if err != nil {
		return nil, err
	}
	for i := range all {
		r := &all[i]
		if r.ID == args.To && (!p.Kind.Promotion() || r.wants(p.Kind)) {
			return &addressee{ID: r.ID, Name: r.Name, Email: r.Email, Lang: r.Lang, company: c}, nil
		}
	}
	return nil, nil
}

// Delivery is how the mails of a piece stand.
type Delivery struct {
	States   map[string]int // of the news itself
	Troubled []Trouble
}

// Trouble is a mail that did not go well.
type Trouble struct {
	TenantID, Email, State, Answer string
	At                             time.Time
}

// Delivery says how the mails of a piece stand. Who asks is written down.
func (s *Service) Delivery(ctx context.Context, who, id string) (d Delivery, err error) {
	err = s.Store.AsOperator(ctx, who, "mails of news "+id, func(tx *store.AllTx) (err error) {
		if d.States, err = countLetters(tx, id); err != nil {
			return err
		}
		all, err := selectTroubled(tx, id)
		for _, l := range all {
			d.Troubled = append(d.Troubled, Trouble{l.TenantID, l.Email, l.State, l.Answer, l.At})
		}
		return err
	})
	return d, err
}

// Broken are the addresses at which mail does not arrive, of all companies.
func (s *Service) Broken(ctx context.Context, who string) (all []Broken, err error) {
	err = s.Store.AsOperator(ctx, who, "addresses at which mail does not arrive", func(tx *store.AllTx) (err error) {
		all, err = selectAllBroken(tx)
		return err
	})
	return all, err
}

// Repaired says that an address is right again, or another one.
func (s *Service) Repaired(ctx context.Context, who, tenantID, email string) error {
	if tenantID == "" {
		return store.ErrNotFound
	}
	return s.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		there, err := dropBroken(tx, email)
		if err != nil || !there {
			return firstOf(err, store.ErrNotFound)
		}
		return tenant.Audit(tx, s.Clock.Now(), tenant.Entry{Who: who, Action: "news.address", Object: "address"})
	})
}
