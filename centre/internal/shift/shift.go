package shift

import (
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/clock"
)

//go:embed migrate
var migrations embed.FS

// Schema is the tables of this room; they point to those of tenant.
func Schema() store.Schema { return store.Sub("shift", migrations) }

// Limits.
const (
	// MaxText of a note, in characters: a page.
	MaxText = 3000
	// MaxPoint and MaxPoints bound open points, in characters and number: what is more is no hand-over but a plan.
	MaxPoint, MaxPoints = 300, 20
	// MaxHours of a turn: nobody watches longer than a day.
	MaxHours = 24
	// MaxRepeat is for how many days a turn is entered at once.
	MaxRepeat = 31
	// MaxAhead is how far the rota goes.
	MaxAhead = 400 * 24 * time.Hour
	// keep is how long notes are kept: to next year's same season.
	keep = 400 * 24 * time.Hour
	// MaxNotes are shown.
	MaxNotes = 20
	// maxOpen bounds the open points that are shown.
	maxOpen = 200
	// maxDuties bounds what is read of the rota: four people an hour for two months.
	maxDuties = 4 * 24 * 62
)

// Errors.
var (
	// ErrNotFound: there is no such note, point, turn or request. It is [store.ErrNotFound].
	ErrNotFound = store.ErrNotFound
	// ErrInvalid: a text is missing or too long, or a time is none.
	ErrInvalid = errors.New("shift: invalid input")
	// ErrOverlap: the person is on duty at that time already.
	ErrOverlap = errors.New("shift: on duty already")
	// ErrOver: it was done, answered or begun before.
	ErrOver = errors.New("shift: over already")
	// ErrOthers: it is somebody else's.
	ErrOthers = errors.New("shift: somebody else's")
)

// Config says what the service works with.
type Config struct {
	Store  *store.Store
	Alerts *alert.Service
	Clock  clock.Clock // default: the machine's
}

// Service is safe for concurrent use.
type Service struct{ Config }

// New makes the service.
func New(cfg Config) *Service {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	return &Service{cfg}
}

// Point is something that the next shift has to do.
type Point struct {
	ID, NoteID, Text   string
	CompanyID, AlertID string // of the case that it is about; "" for none
	Done               time.Time
	DoneBy             string
	From               time.Time // when its note was written
}

// Read is who has read a note.
type Read struct {
	PersonID string
	At       time.Time
}

// Note is what one shift tells the next.
type Note struct {
	ID, Who, Text string
	At            time.Time
	Points        []Point
	Read          []Read
}

// ReadBy says whether somebody wrote or has read a note.
func (n *Note) ReadBy(person string) bool {
	for _, r := range n.Read {
		if r.PersonID == person {
			return true
		}
	}
	return n.Who == person
}

func (n *Note) check() error {
	if strings.TrimSpace(n.Text) == "" || utf8.RuneCountInString(n.Text) > MaxText || len(n.Points) > MaxPoints || n.Who == "" || n.ID == "" {
		return fmt.Errorf("%w: note", ErrInvalid)
	}
	for i := range n.Points {
		if strings.TrimSpace(n.Points[i].Text) == "" || utf8.RuneCountInString(n.Points[i].Text) > MaxPoint {
			return fmt.Errorf("%w: point", ErrInvalid)
		}
	}
	return nil
}

func id() string { return strings.ToLower(rand.Text()) }

func (s *Service) write(ctx context.Context, fn func(tx *store.Tx, now time.Time) error) error {
	return s.Store.Write(ctx, tenant.House, func(tx *store.Tx) error { return fn(tx, s.Clock.Now()) })
}

// Write keeps a note with its open points. n.ID is the caller's: the same note sent twice is one.
func (s *Service) Write(ctx context.Context, n Note) error {
	if err := n.check(); err != nil {
		return err
	}
	return s.write(ctx, func(tx *store.Tx, now time.Time) error {
		if err := forget(tx, now.Add(-keep)); err != nil {
			return err
		}
		n.At = now
		fresh, err := insertNote(tx, &n)
		if err != nil || !fresh {
			return err
		}
		for i := range n.Points {
			p := &n.Points[i]
			p.ID, p.NoteID = id(), n.ID
			if err := insertPoint(tx, p); err != nil {
				return err
			}
		}
		return tenant.Audit(tx, now, tenant.Entry{Who: n.Who, Action: "shift.note", Object: n.ID})
	})
}

// Notes are the newest, newest first.
func (s *Service) Notes(ctx context.Context) (all []Note, err error) {
	err = s.Store.Read(ctx, tenant.House, func(tx *store.Tx) error {
		all, err = selectNotes(tx, MaxNotes)
		return err
	})
	return all, err
}

// Open are the points that are not done, the oldest first, whatever shift they came from.
func (s *Service) Open(ctx context.Context) (all []Point, err error) {
	err = s.Store.Read(ctx, tenant.House, func(tx *store.Tx) error {
		all, err = selectOpen(tx, maxOpen)
		return err
	})
	return all, err
}

// Read notes that somebody has read a note.
func (s *Service) Read(ctx context.Context, who, noteID string) error {
	return s.write(ctx, func(tx *store.Tx, now time.Time) error {
		author, err := authorOf(tx, noteID)
		if err != nil || author == who {
			return err
		}
		return insertRead(tx, noteID, who, now)
	})
}

// Done says that a point is done.
func (s *Service) Done(ctx context.Context, who, pointID string) error {
	return s.write(ctx, func(tx *store.Tx, now time.Time) error {
		n, err := setDone(tx, pointID, who, now)
		switch {
		case err != nil:
			return err
		case n > 0:
			return tenant.Audit(tx, now, tenant.Entry{Who: who, Action: "shift.done", Object: pointID})
		}
		if err := pointIs(tx, pointID); err != nil {
			return err
		}
		return ErrOver
	})
}

// Roster enters somebody's turn on each of some days from the first on; all of them or none.
func (s *Service) Roster(ctx context.Context, who, person string, starts time.Time, long time.Duration, days int) error {
	now := s.Clock.Now()
	if person == "" || long <= 0 || long > MaxHours*time.Hour || days < 1 || days > MaxRepeat || starts.Before(now.Add(-MaxHours*time.Hour)) || starts.After(now.Add(MaxAhead)) {
		return fmt.Errorf("%w: turn", ErrInvalid)
	}
	return s.write(ctx, func(tx *store.Tx, now time.Time) error {
		for i := range days {
			d := Duty{ID: id(), PersonID: person, Starts: starts.AddDate(0, 0, i)}
			d.Ends = d.Starts.Add(long)
			if err := free(tx, &d); err != nil {
				return err
			}
			if err := insertDuty(tx, &d); err != nil {
				return err
			}
		}
		return tenant.Audit(tx, now, tenant.Entry{Who: who, Action: "shift.rota", Object: person})
	})
}

// Drop takes a turn out of the rota.
func (s *Service) Drop(ctx context.Context, who, dutyID string) error {
	return s.write(ctx, func(tx *store.Tx, now time.Time) error {
		d, err := selectDuty(tx, dutyID)
		if err != nil {
			return err
		}
		if !d.Ends.After(now) {
			return ErrOver
		}
		if err := deleteDuty(tx, dutyID); err != nil {
			return err
		}
		return tenant.Audit(tx, now, tenant.Entry{Who: who, Action: "shift.dropped", Object: d.PersonID})
	})
}

// Duties are those that touch a time, by their beginning.
func (s *Service) Duties(ctx context.Context, from, to time.Time) (all []Duty, err error) {
	err = s.Store.Read(ctx, tenant.House, func(tx *store.Tx) error {
		all, err = selectDuties(tx, from, to, maxDuties)
		return err
	})
	return all, err
}

// Swap is a turn that somebody asks another to take over.
type Swap struct {
	ID, FromID, ToID string
	Duty             Duty
	Asked            time.Time
}

// AskSwap asks somebody to take a turn of one's own over; asked twice is once.
func (s *Service) AskSwap(ctx context.Context, who, dutyID, to string) error {
	return s.write(ctx, func(tx *store.Tx, now time.Time) error {
		d, err := selectDuty(tx, dutyID)
		switch {
		case err != nil:
			return err
		case d.PersonID != who:
			return ErrOthers
		case !d.Starts.After(now):
			return ErrOver
		case to == "" || to == who:
			return fmt.Errorf("%w: nobody else", ErrInvalid)
		}
		return insertSwap(tx, id(), &d, to, now)
	})
}

// Swaps are those that wait for an answer.
func (s *Service) Swaps(ctx context.Context) (all []Swap, err error) {
	err = s.Store.Read(ctx, tenant.House, func(tx *store.Tx) error {
		all, err = selectSwaps(tx, s.Clock.Now())
		return err
	})
	return all, err
}

// AnswerSwap takes a turn over, or says no. Only who was asked answers, once, before it begins.
func (s *Service) AnswerSwap(ctx context.Context, who, swapID string, yes bool) error {
	return s.write(ctx, func(tx *store.Tx, now time.Time) error {
		w, answered, err := selectSwap(tx, swapID)
		switch {
		case err != nil:
			return err
		case w.ToID != who:
			return ErrOthers
		case !answered.IsZero() || !w.Duty.Starts.After(now) || w.Duty.PersonID != w.FromID:
			return ErrOver
		}
		if yes {
			w.Duty.PersonID = who
			if err := free(tx, &w.Duty); err != nil {
				return err
			}
			if err := moveDuty(tx, &w.Duty); err != nil {
				return err
			}
		}
		if err := answerSwap(tx, swapID, yes, now); err != nil {
			return err
		}
		return tenant.Audit(tx, now, tenant.Entry{Who: who, Action: "shift.swap", Object: w.FromID})
	})
}
