package contract

import (
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"math/big"
	"time"

	"otasuke/centre/internal/device"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/content/offer"
	"otasuke/internal/clock"
)

//go:embed migrate
var migrations embed.FS

// Schema is the tables of applications and contracts; they point to those of tenant.
func Schema() store.Schema { return store.Sub("contract", migrations) }

// Kinds of jobs.
const (
	KindTell   = "contract.tell"   // somebody is told of a step
	KindRemind = "contract.remind" // a signed form is still waited for
	KindFound  = "contract.found"  // a company is made of an application
	KindWatch  = "contract.watch"  // has the box been connected?
	KindEnd    = "contract.end"    // the last day is over
)

// TellArgs are those of [KindTell]. The job is the centre's own for an application, and the company's for a contract.
type TellArgs struct {
	ID    string `json:"id"`
	State State  `json:"state"`
	// Note is the key of other words than the state's: a reminder, a form sent back.
	Note string `json:"note,omitempty"`
	Why  string `json:"why,omitempty"`
	// Staff: the desk is told, not the customer; Person is one of them.
	Staff  bool   `json:"staff,omitempty"`
	Person string `json:"person,omitempty"`
}

// Notes of [TellArgs].
const (
	NoteRemind = "remind"
	NoteBack   = "back"
	NoteEnding = "ending"
)

// Errors. What does not exist, or is another's, is [store.ErrNotFound].
var (
	// ErrState: that step does not exist from where it stands; somebody was faster.
	ErrState = errors.New("contract: no such step from here")
	// ErrTooMany: so many wait.
	ErrTooMany = errors.New("contract: too many applications")
)

// FormError is what does not do in a form.
type FormError struct{ Faults []Fault }

// Error is for logs; people read the page's words.
func (e *FormError) Error() string { return fmt.Sprintf("contract: form: %v", e.Faults) }

const (
	// maxDrafts that were typed and not sent: whoever fills the table stops at it.
	maxDrafts = 5000
	// maxWhy in characters.
	maxWhy = 500
	// maxList bounds what is listed.
	maxList = 1000
	// maxAll bounds what is read of all companies: more than a centre has.
	maxAll = 100_000
	// watchEvery is how often it is looked whether a box was connected.
	watchEvery = 10 * time.Minute
	// Applicant is who did a step in whose name nobody is known to the centre.
	Applicant = "applicant"
	system    = "system"
)

// Application is one.
type Application struct {
	ID, Number string
	State      State
	Form       Form
	Offer      string // version
	Paper      string // attachment
	CompanyID  string
	Entered    time.Time
	Moved      time.Time
}

// Contract is that of a company.
type Contract struct {
	TenantID, ID, Application string
	Number                    string
	State                     State
	Offer                     string
	Form                      Form
	Visit                     bool
	Signed, Installed, Ends   time.Time // zero: not yet, open
	Moved                     time.Time
}

// Step is one of a life.
type Step struct {
	At       time.Time
	State    State
	Who, Why string
}

// Member says from which month on a company pays which price.
type Member struct {
	Month  string // 2026-12
	Member bool
	Proof  string
	Who    string
	At     time.Time
}

// Companies makes and knows companies; tenant.Service is one.
type Companies interface {
	CompanyByID(ctx context.Context, tenantID string) (tenant.Company, error)
	CreateCompany(ctx context.Context, who string, c tenant.Company) (string, error)
	People(ctx context.Context, tenantID string) ([]tenant.Person, error)
	Invites(ctx context.Context, tenantID string) ([]tenant.Invite, error)
	Invite(ctx context.Context, who string, p tenant.Person) (string, error)
}

// Boxes knows which are connected; device.Service is one.
type Boxes interface {
	Boxes(ctx context.Context, tenantID string) ([]device.Box, error)
}

// Config says what the service works with.
type Config struct {
	Store     *store.Store
	Companies Companies
	Boxes     Boxes
	Offers    *offer.Book
	Clock     clock.Clock // default: the machine's
}

// Service is the way to applications and contracts. It is safe for concurrent use.
type Service struct{ Config }

// New makes the service. Its tables must have been migrated.
func New(cfg Config) *Service {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	return &Service{cfg}
}

// Offer is what can be signed now; false when nothing is offered.
func (s *Service) Offer() (*offer.Version, bool) { return s.Offers.On(s.Clock.Now()) }

// Version is the offer that somebody signed.
func (s *Service) Version(id string) (*offer.Version, error) {
	v, ok := s.Offers.Get(id)
	if !ok {
		return nil, fmt.Errorf("contract: offer %q is in no file: versions that were signed must be kept", id)
	}
	return v, nil
}

// house runs fn in a transaction of the centre's own company, where applications lie.
func (s *Service) house(ctx context.Context, fn func(tx *store.Tx) error) error {
	return s.Store.Write(ctx, tenant.House, fn)
}

// tidy checks a form against what is offered now.
func (s *Service) tidy(f *Form) (*offer.Version, error) {
	v, ok := s.Offer()
	if !ok {
		return nil, store.ErrNotFound
	}
	if faults := f.Tidy(v); len(faults) > 0 {
		return nil, &FormError{faults}
	}
	return v, nil
}

// Enter keeps what somebody typed and returns the token of its page. Nothing is sent yet. What does not do in
// the form is a [FormError].
func (s *Service) Enter(ctx context.Context, f Form) (token string, err error) {
	v, err := s.tidy(&f)
	if err != nil {
		return "", err
	}
	now := s.Clock.Now()
	a := Application{ID: rand.Text(), State: Entered, Form: f, Offer: v.ID, Entered: now, Moved: now}
	err = s.house(ctx, func(tx *store.Tx) error {
		if err := forget(tx, now); err != nil {
			return err
		}
		n, err := countState(tx, Entered)
		if err != nil {
			return err
		}
		if n >= maxDrafts {
			return ErrTooMany
		}
		if err := insertApplication(tx, &a); err != nil {
			return err
		}
		if token, err = link(tx, a.ID, now); err != nil {
			return err
		}
		return step(tx, a.ID, Step{At: now, State: Entered, Who: Applicant})
	})
	return token, err
}

// Change replaces what was typed, until it is sent.
func (s *Service) Change(ctx context.Context, token string, f Form) error {
	v, err := s.tidy(&f)
	if err != nil {
		return err
	}
	return s.byToken(ctx, token, func(tx *store.Tx, a *Application) error {
		if a.State != Entered {
			return ErrState
		}
		a.Form, a.Offer = f, v.ID
		return updateApplication(tx, a)
	})
}

// byToken runs fn for the application that a token opens.
func (s *Service) byToken(ctx context.Context, token string, fn func(tx *store.Tx, a *Application) error) error {
	return s.house(ctx, func(tx *store.Tx) error {
		id, err := linked(tx, token)
		if err != nil {
			return err
		}
		a, err := selectApplication(tx, id)
		if err != nil {
			return err
		}
		return fn(tx, &a)
	})
}

// ByToken is the application that a token opens, with its steps.
func (s *Service) ByToken(ctx context.Context, token string) (a Application, steps []Step, err error) {
	err = s.Store.Read(ctx, tenant.House, func(tx *store.Tx) error {
		id, err := linked(tx, token)
		if err != nil {
			return err
		}
		if a, err = selectApplication(tx, id); err != nil {
			return err
		}
		steps, err = selectSteps(tx, a.ID)
		return err
	})
	return a, steps, err
}

// NewToken makes one more way to an application's page, for a mail.
func (s *Service) NewToken(ctx context.Context, id string) (token string, err error) {
	err = s.house(ctx, func(tx *store.Tx) (err error) {
		token, err = link(tx, id, s.Clock.Now())
		return err
	})
	return token, err
}

// move brings an application a step further, with everything that goes with it.
func (s *Service) move(tx *store.Tx, a *Application, to State, who, why string) error {
	if !a.State.To(to) {
		return ErrState
	}
	a.State, a.Moved = to, s.Clock.Now()
	return errors.Join(updateApplication(tx, a), step(tx, a.ID, Step{At: a.Moved, State: to, Who: who, Why: why}),
		tenant.Audit(tx, a.Moved, tenant.Entry{Who: who, Action: "application." + string(to), Object: a.ID, Why: why}))
}

func tell(tx *store.Tx, args TellArgs) error {
	return job.Enqueue(tx, job.Job{Kind: KindTell, Args: args})
}

// Submit sends an application: it has a number from now on, and its signed form is waited for. Sent twice, it
// is sent once.
func (s *Service) Submit(ctx context.Context, token string) error {
	return s.byToken(ctx, token, func(tx *store.Tx, a *Application) (err error) {
		if a.State != Entered {
			return nil
		}
		if a.Number, err = newNumber(); err != nil {
			return err
		}
		if err := s.move(tx, a, Papers, Applicant, ""); err != nil {
			return err
		}
		for i, after := range append(reminders, paperLife) {
			if err := job.Enqueue(tx, job.Job{Kind: KindRemind, Args: TellArgs{ID: a.ID}, RunAt: a.Moved.Add(after), Unique: fmt.Sprint(a.ID, " ", i)}); err != nil {
				return err
			}
		}
		return errors.Join(tell(tx, TellArgs{ID: a.ID, State: Papers}), tell(tx, TellArgs{ID: a.ID, State: Papers, Staff: true}))
	})
}

// newNumber is eight digits that cannot be guessed from another's.
func newNumber() (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(90_000_000))
	if err != nil {
		return "", fmt.Errorf("contract: random: %w", err)
	}
	return fmt.Sprint(n.Int64() + 10_000_000), nil
}
