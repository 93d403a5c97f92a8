package news

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/entry"
)

// States of a seat.
const (
	SeatTaken   = "taken"
	SeatWaiting = "waiting"
	SeatLeft    = "left"
)

const (
	// maxCompany seats that a company may take or wait for: the link in its mail goes round.
	maxCompany = 20
	// maxGuest is the length of a name.
	maxGuest = 60
	// slidesOpen is how long slides can be fetched by the link of a mail.
	slidesOpen = 366 * 24 * time.Hour
)

// Guest is who takes a seat.
type Guest struct{ PersonID, Name, Email, Lang string }

// Seat is one that was taken, with who it is; the name is empty when the company is gone.
type Seat struct {
	ID, TenantID, PersonID   string
	Name, Email, Lang, State string
	Came                     bool
	At                       time.Time
}

func (g *Guest) tidy() FormError {
	bad := FormError{}
	switch s, err := entry.Line(g.Name, maxGuest); {
	case err == nil:
		g.Name = s
	case errors.Is(err, entry.ErrEmpty):
		bad["name"] = Missing
	default:
		bad["name"] = Long
	}
	if g.Email = lower(g.Email); !plainAddress(g.Email) {
		bad["email"] = Malformed
	}
	if len(bad) == 0 {
		return nil
	}
	return bad
}

// seatID is the same for the same address at the same seminar: who asks twice has one seat.
func seatID(seminar, email string) string {
	sum := sha256.Sum256([]byte(seminar + "\x00" + lower(email)))
	return hex.EncodeToString(sum[:16])
}

type tellArgs struct {
	News    string `json:"news"`
	Company string `json:"company"`
	Seat    string `json:"seat"`
	What    string `json:"what"`
	Round   int64  `json:"round"` // of the seat: who left and came again is told again
}

// Take takes a seat for somebody of a company that got the seminar, or a place in the line. It may be done again: the same address
// has one seat.
func (s *Service) Take(ctx context.Context, tenantID, id string, g Guest) (state string, err error) {
	if bad := g.tidy(); bad != nil {
		return "", bad
	}
	p, err := s.Piece(ctx, id)
	switch now := s.Clock.Now(); {
	case err != nil:
		return "", err
	case p.Meeting == nil:
		return "", store.ErrNotFound
	case !p.Meeting.Open(now): // which only those hear who were told of it
		err := s.Store.Read(ctx, tenantID, func(tx *store.Tx) error {
			_, err := selectCopy(tx, id)
			return err
		})
		return "", cmp.Or(err, ErrClosed)
	}
	seat := seatID(id, g.Email)
	if err := s.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		if _, err := selectCopy(tx, id); err != nil {
			return err
		}
		n, err := countSeats(tx, id, seat)
		if err != nil {
			return err
		}
		if n >= maxCompany {
			return ErrMany
		}
		return putSeat(tx, id, seat, &g, s.Clock.Now())
	}); err != nil {
		return "", err
	}
	err = s.Store.Write(ctx, tenant.House, func(tx *store.Tx) error {
		p, err := selectPiece(tx, id) // as it is now that nobody else can take one
		if err != nil {
			return err
		}
		now := s.Clock.Now()
		if !p.Meeting.Open(now) {
			return ErrClosed
		}
		one, err := selectPlace(tx, id, seat)
		switch {
		case err == nil && one.company != tenantID:
			return ErrMany // an address has one seat, at whichever company
		case err == nil && one.state != SeatLeft:
			state = one.state
			return nil
		case err != nil && !errors.Is(err, store.ErrNotFound):
			return err
		}
		taken, err := countTaken(tx, id)
		if err != nil {
			return err
		}
		what := whatTaken
		if state = SeatTaken; p.Meeting.Seats > 0 && taken >= p.Meeting.Seats {
			state, what = SeatWaiting, whatWaiting
		}
		seq, err := putPlace(tx, id, seat, tenantID, state, now)
		if err != nil {
			return err
		}
		return tell(tx, tellArgs{id, tenantID, seat, what, seq})
	})
	return state, err
}

func tell(tx *store.Tx, a tellArgs) error {
	return job.Enqueue(tx, job.Job{Kind: KindTell, Args: a, Unique: fmt.Sprintf("%s %s %s %d", a.News, a.Seat, a.What, a.Round)})
}

// HandleTell has somebody told about a seat.
func (s *Service) HandleTell(ctx context.Context, _ string, raw json.RawMessage) error {
	var a tellArgs
	if err := json.Unmarshal(raw, &a); err != nil {
		return fmt.Errorf("%w: news: %w", job.ErrGiveUp, err)
	}
	return s.Store.Write(ctx, a.Company, func(tx *store.Tx) error {
		seat, err := selectSeat(tx, a.News, a.Seat)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		what := a.What
		if a.Round > 0 {
			what = fmt.Sprintf("%s.%d", what, a.Round)
		}
		return s.post(tx, letter{News: a.News, What: what, To: a.Seat, Email: seat.Email, State: mailWaiting})
	})
}

// Open says whether seats can be taken.
func (m *Meeting) Open(now time.Time) bool {
	end := m.Starts
	if !m.Closes.IsZero() {
		end = m.Closes
	}
	return m.Cancelled.IsZero() && now.Before(end)
}

// GiveBack frees a seat; the first of the line gets it.
func (s *Service) GiveBack(ctx context.Context, tenantID, id, seat string) error {
	return s.Store.Write(ctx, tenant.House, func(tx *store.Tx) error {
		p, err := selectPiece(tx, id)
		if err != nil {
			return err
		}
		one, err := selectPlace(tx, id, seat)
		if err != nil || one.company != tenantID || p.Meeting == nil {
			return firstOf(err, store.ErrNotFound)
		}
		now := s.Clock.Now()
		if one.state == SeatLeft || now.After(p.Meeting.Starts) {
			return nil
		}
		if err := setPlace(tx, id, seat, SeatLeft, now); err != nil || one.state == SeatWaiting || !p.Meeting.Cancelled.IsZero() {
			return err
		}
		next, err := firstWaiting(tx, id)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return errors.Join(setPlace(tx, id, next.seat, SeatTaken, now), tell(tx, tellArgs{id, next.company, next.seat, whatTaken, next.seq}))
	})
}

// Move says where a seminar is that was sent already; who has a seat, or waits for one, is told.
func (s *Service) Move(ctx context.Context, who, id, where, online string) error {
	return s.Store.Write(ctx, tenant.House, func(tx *store.Tx) error {
		p, err := selectPiece(tx, id)
		if err != nil || p.Meeting == nil {
			return firstOf(err, store.ErrNotFound)
		}
		now, m := s.Clock.Now(), *p.Meeting
		if p.State != Sent || !m.Cancelled.IsZero() || now.After(m.Starts) {
			return ErrState
		}
		bad := FormError{}
		m.Place, m.Online = where, online
		if m.tidy(bad); m.Place == "" && m.Online == "" {
			bad["place"] = Missing
		}
		switch {
		case len(bad) > 0:
			return bad
		case m.Place == p.Meeting.Place && m.Online == p.Meeting.Online:
			return nil // pressed twice
		}
		p.Meeting, p.Revision = &m, p.Revision+1
		return errors.Join(putPiece(tx, &p), tenant.Audit(tx, now, tenant.Entry{Who: who, Action: "news.move", Object: id}), each(tx, id, whatMoved, p.Revision, SeatTaken, SeatWaiting))
	})
}

// CancelMeeting calls a seminar off; who has a seat is told.
func (s *Service) CancelMeeting(ctx context.Context, who, id string) error {
	return s.Store.Write(ctx, tenant.House, func(tx *store.Tx) error {
		p, err := selectPiece(tx, id)
		if err != nil || p.Meeting == nil {
			return firstOf(err, store.ErrNotFound)
		}
		now := s.Clock.Now()
		if p.State != Sent || !p.Meeting.Cancelled.IsZero() || now.After(p.Meeting.Starts) {
			return ErrState
		}
		p.Meeting.Cancelled = now
		if err := errors.Join(putPiece(tx, &p), tenant.Audit(tx, now, tenant.Entry{Who: who, Action: "news.cancel", Object: id})); err != nil {
			return err
		}
		return each(tx, id, whatCancel, 0, SeatTaken, SeatWaiting)
	})
}

// each has everybody told whose seat is in one of some states.
func each(tx *store.Tx, id, what string, round int64, states ...string) error {
	all, err := selectPlaces(tx, id)
	for _, one := range all {
		for _, state := range states {
			if one.state == state {
				err = errors.Join(err, tell(tx, tellArgs{id, one.company, one.seat, what, round}))
			}
		}
	}
	return err
}

// HandleRemind reminds who has a seat, a day before.
func (s *Service) HandleRemind(ctx context.Context, _ string, raw json.RawMessage) error {
	var args spreadArgs
	if err := json.Unmarshal(raw, &args); err != nil {
		return fmt.Errorf("%w: news: %w", job.ErrGiveUp, err)
	}
	return s.Store.Write(ctx, tenant.House, func(tx *store.Tx) error {
		p, err := selectPiece(tx, args.News)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil || p.Meeting == nil || !p.Meeting.Cancelled.IsZero() || s.Clock.Now().After(p.Meeting.Starts) {
			return err
		}
		return each(tx, p.ID, whatReminder, 0, SeatTaken)
	})
}

// Seats are who comes to a seminar, in the order in which they asked. Who looks is written down.
func (s *Service) Seats(ctx context.Context, who, id string) (all []Seat, err error) {
	err = s.Store.AsOperator(ctx, who, "who comes to seminar "+id, func(tx *store.AllTx) (err error) {
		all, err = selectAttendance(tx, tenant.House, id)
		return err
	})
	return all, err
}

// Came ticks somebody off, or not.
func (s *Service) Came(ctx context.Context, who, id, seat string, came bool) error {
	return s.Store.Write(ctx, tenant.House, func(tx *store.Tx) error {
		n, err := setCame(tx, id, seat, came)
		if err != nil || n == 0 {
			return firstOf(err, store.ErrNotFound)
		}
		return tenant.Audit(tx, s.Clock.Now(), tenant.Entry{Who: who, Action: map[bool]string{true: "news.came", false: "news.came_not"}[came], Object: id + " " + seat})
	})
}

// PutSlides gives out a file; who had a seat is told where it is, once for each file.
func (s *Service) PutSlides(ctx context.Context, who, id string, u *attach.Upload) error {
	return s.Store.Write(ctx, tenant.House, func(tx *store.Tx) error {
		p, err := selectPiece(tx, id)
		if err != nil || p.Meeting == nil {
			return firstOf(err, store.ErrNotFound)
		}
		now := s.Clock.Now()
		if p.State != Sent || !p.Meeting.Cancelled.IsZero() {
			return ErrState
		}
		old := p.Meeting.Slides
		p.Meeting.Slides = u.ID
		if err := errors.Join(attach.Put(tx, u, who, now), putPiece(tx, &p), tenant.Audit(tx, now, tenant.Entry{Who: who, Action: "news.slides", Object: id})); err != nil {
			return err
		}
		if old != "" {
			return attach.Drop(tx, old) // a better version: the link in the mail leads to it
		}
		return each(tx, id, whatSlides, 0, SeatTaken)
	})
}

// Slides are the file of a seminar that a company got.
func (s *Service) Slides(ctx context.Context, tenantID, id string) (f attach.File, data []byte, err error) {
	if err := s.Store.Read(ctx, tenantID, func(tx *store.Tx) error {
		_, err := selectCopy(tx, id)
		return err
	}); err != nil {
		return f, nil, err
	}
	err = s.Store.Read(ctx, tenant.House, func(tx *store.Tx) error {
		p, err := selectPiece(tx, id)
		if err != nil || p.Meeting == nil || p.Meeting.Slides == "" || s.Clock.Now().After(p.Meeting.Starts.Add(slidesOpen)) {
			return firstOf(err, store.ErrNotFound)
		}
		f, data, err = attach.Get(tx, p.Meeting.Slides)
		return err
	})
	return f, data, err
}

// Own are the seats of a company at a seminar.
func (s *Service) Own(ctx context.Context, tenantID, id string) (all []Seat, err error) {
	err = s.Store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		all, err = selectSeats(tx, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	err = s.Store.Read(ctx, tenant.House, func(tx *store.Tx) error {
		for i := range all {
			one, err := selectPlace(tx, id, all[i].ID)
			if errors.Is(err, store.ErrNotFound) {
				all[i].State = SeatLeft // we died in between: it can be taken again
				continue
			}
			if err != nil {
				return err
			}
			if all[i].State, all[i].Came = one.state, one.came; one.company != tenantID {
				all[i].State = SeatLeft
			}
		}
		return nil
	})
	return all, err
}

func (s *Service) seat(ctx context.Context, tenantID, id, seat string) (Seat, error) {
	all, err := s.Own(ctx, tenantID, id)
	for _, one := range all {
		if one.ID == seat {
			return one, err
		}
	}
	return Seat{}, firstOf(err, store.ErrNotFound)
}
