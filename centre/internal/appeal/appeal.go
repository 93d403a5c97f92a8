package appeal

import (
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/clock"
	"otasuke/wire"
)

//go:embed migrate
var migrations embed.FS

// Schema is the table of requests; it points to those of tenant.
func Schema() store.Schema { return store.Sub("appeal", migrations) }

// KindTell is the job that tells people of a request or of its answer.
const KindTell = "appeal.tell"

// TellArgs are its arguments.
type TellArgs struct {
	ID string `json:"id"`
	// Person is who is told; "" for a job that finds out who they are.
	Person string `json:"person,omitempty"`
	// Answer tells the customer the answer; without it the desk hears of the request.
	Answer bool `json:"answer,omitempty"`
}

const (
	// Keep is how long answered requests are kept: a year, to see what was decided.
	Keep = 366 * 24 * time.Hour
	// maxOpen of a company; a box takes 50 a day, and a desk that is further behind needs
	// no more of the same.
	maxOpen = 200
	// maxList bounds what is listed.
	maxList = 200
	// MaxNote and maxName in characters.
	MaxNote = 500
	maxName = 300
)

// Errors. What does not exist, or is another company's, is [store.ErrNotFound].
var (
	// ErrAnswered: somebody was faster.
	ErrAnswered = errors.New("appeal: it was answered already")
	// ErrTooMany: so many of the company wait.
	ErrTooMany = errors.New("appeal: too many wait for an answer")
)

// State is where a request stands.
type State string

// States.
const (
	Open     State = "open"
	Accepted State = "accepted" // it was wrong, and will be let through
	Refused  State = "refused"  // it stays blocked
)

// Appeal is one request.
type Appeal struct {
	TenantID, ID         string
	Device, PersonID     string
	What, Category, List string
	Reason, Note         string
	Times                int
	State                State
	Answer, AnsweredBy   string
	Asked, Answered      time.Time
}

// Why is the key of the text of the button that was pressed, "" for none.
func (a *Appeal) Why() string {
	switch a.Reason {
	case "known":
		return "block.wrong_known"
	case "work":
		return "block.wrong_work"
	}
	return ""
}

// Item is a request in the desk's queue.
type Item struct {
	Company string
	Appeal
}

// Service is the way to requests. It is safe for concurrent use.
type Service struct {
	store *store.Store
	clock clock.Clock
	allow Allow
}

// Allow has the company of a transaction let a site through from now on, in the name of somebody of the staff, with a reason
// that the company reads. It says whether it could: not everything that is blocked is a site with a name.
type Allow func(tx *store.Tx, who, why, what string) (bool, error)

// New makes the service. Its tables must have been migrated. A nil clock is the machine's; without allow an answer changes
// nothing by itself.
func New(s *store.Store, c clock.Clock, allow Allow) *Service {
	if c == nil {
		c = clock.System{}
	}
	if allow == nil {
		allow = func(*store.Tx, string, string, string) (bool, error) { return false, nil }
	}
	return &Service{store: s, clock: c, allow: allow}
}

// Record takes what a box was told on a block page by a device. The event must have been
// checked. More than can wait are let go: the box is believed, its office is not.
func (s *Service) Record(tx *store.Tx, device string, e *wire.Appeal) error {
	err := s.add(tx, &Appeal{Device: clean(device, maxName), What: clean(e.What, maxName), Category: word(e.Category), List: clean(e.List, maxName), Reason: word(e.Reason)})
	if errors.Is(err, ErrTooMany) {
		return nil
	}
	return err
}

// Ask takes what somebody says in the portal.
func (s *Service) Ask(ctx context.Context, tenantID, personID string, a Appeal) error {
	return s.store.Write(ctx, tenantID, func(tx *store.Tx) error {
		return s.add(tx, &Appeal{PersonID: personID, What: clean(a.What, maxName), Category: word(a.Category), List: clean(a.List, maxName), Note: clean(a.Note, MaxNote)})
	})
}

func (s *Service) add(tx *store.Tx, a *Appeal) error {
	now := s.clock.Now()
	if err := forget(tx, now.Add(-Keep)); err != nil {
		return err
	}
	open, err := selectSome(tx, Open, maxOpen)
	if err != nil {
		return err
	}
	for i := range open {
		if same := &open[i]; strings.EqualFold(same.What, a.What) {
			return again(tx, same.ID, a)
		}
	}
	if len(open) >= maxOpen {
		return ErrTooMany
	}
	a.ID, a.State, a.Times, a.Asked = rand.Text(), Open, 1, now
	if err := insert(tx, a); err != nil {
		return err
	}
	return job.Enqueue(tx, job.Job{Kind: KindTell, Args: TellArgs{ID: a.ID}})
}

// Requests gives a company's requests, the newest first.
func (s *Service) Requests(ctx context.Context, tenantID string) (all []Appeal, err error) {
	err = s.store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		all, err = selectSome(tx, "", maxList)
		return err
	})
	return all, err
}

// Request gives one.
func (s *Service) Request(ctx context.Context, tenantID, id string) (a Appeal, err error) {
	err = s.store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		a, err = selectOne(tx, id)
		return err
	})
	return a, err
}

// Waiting lists what waits for an answer, of all companies, the oldest first. It is written
// down who reads it, and why.
func (s *Service) Waiting(ctx context.Context, who, why string) (items []Item, err error) {
	err = s.store.AsOperator(ctx, who, why, func(tx *store.AllTx) error {
		names, err := tenant.Names(tx)
		if err != nil {
			return err
		}
		all, err := selectQueue(tx)
		for _, a := range all {
			items = append(items, Item{names[a.TenantID], a})
		}
		return err
	})
	return items, err
}

// Decide answers an open request as somebody of the staff. What is accepted is let through in the same transaction, where it
// is a site: through says so. why stands in the company's policy.
func (s *Service) Decide(ctx context.Context, tenantID, id, who string, accept bool, answer, why string) (through bool, err error) {
	err = s.store.Write(ctx, tenantID, func(tx *store.Tx) error {
		a, err := selectOne(tx, id)
		if err != nil {
			return err
		}
		if a.State != Open {
			return ErrAnswered
		}
		a.State, a.Answer, a.AnsweredBy, a.Answered = Refused, clean(answer, MaxNote), who, s.clock.Now()
		if accept {
			a.State = Accepted
			if through, err = s.allow(tx, who, clean(why, MaxNote), a.What); err != nil {
				return err
			}
		}
		if err := decide(tx, &a); err != nil {
			return err
		}
		if err := tenant.Audit(tx, a.Answered, tenant.Entry{Who: who, Action: "appeal." + string(a.State), Object: a.ID, Why: a.Answer}); err != nil {
			return err
		}
		return job.Enqueue(tx, job.Job{Kind: KindTell, Args: TellArgs{ID: a.ID, Answer: true}})
	})
	return through && err == nil, err
}

// word is an id, or nothing.
func word(s string) string {
	if len(s) > wire.MaxWord || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return ""
	}
	return s
}

// clean keeps what can be shown of a text, on one line.
func clean(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError:
			return -1
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, s)
	if r := []rune(strings.TrimSpace(s)); len(r) > limit {
		return string(r[:limit])
	}
	return strings.TrimSpace(s)
}
