package discovery

import (
	"cmp"
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"otasuke/centre/internal/policy"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/clock"
	"otasuke/wire"
)

//go:embed migrate
var migrations embed.FS

// Schema is the tables of this package.
func Schema() store.Schema { return store.Sub("discovery", migrations) }

const (
	day = 24 * time.Hour
	// Days is how long something is stopped unless somebody says otherwise: attackers leave a name within weeks, and what
	// is still needed then somebody should look at again. MaxDays is the longest at a time.
	Days    = 30
	MaxDays = 90
	// MaxActive is stopped at a time; more belongs into a list, which boxes get as a bundle. Each box reads it with its
	// policy, and 200 keep that under 30 KiB.
	MaxActive = 200
	// stale is when a proposal cannot be confirmed any more: what boxes said about it was of that day.
	stale = day
	// MaxWhy and minWhy bound a reason, in characters.
	MaxWhy, minWhy = 200, 4
	// counted is how long after its end something that is stopped at a box is still counted: a box that was away tells later.
	counted = 90 * day
	// shown is how many are listed.
	shown = 300
)

// farAway is an end for checks that need one.
var farAway = time.Unix(1<<32, 0).UTC()

// States.
const (
	Proposed  = "proposed"
	Active    = "active"
	Ended     = "ended" // of itself; kept as active
	Withdrawn = "withdrawn"
	Dropped   = "dropped" // a proposal that came to nothing
)

// What a step was.
const (
	StepPropose  = "propose"
	StepConfirm  = "confirm"
	StepRenew    = "renew"
	StepWithdraw = "withdraw"
	StepDrop     = "drop"
)

// Errors.
var (
	// ErrWhy asks for a reason of 4 to 200 characters.
	ErrWhy = errors.New("discovery: a reason is missing")
	// ErrCategory and ErrDays tell of a choice that is none.
	ErrCategory = errors.New("discovery: no such category")
	ErrDays     = errors.New("discovery: 1 to 90 days")
	// ErrState tells that somebody else was faster, or that it has ended.
	ErrState = errors.New("discovery: not in this state any more")
	// ErrStale tells that a proposal is too old.
	ErrStale = errors.New("discovery: the proposal is too old")
	// ErrEarly tells that too few boxes have answered yet.
	ErrEarly = errors.New("discovery: too few boxes have answered yet")
	// ErrSecond asks for another person than who proposed it.
	ErrSecond = errors.New("discovery: another person has to confirm this")
	// ErrFull tells that too much is stopped already.
	ErrFull = errors.New("discovery: too much is stopped already")
)

// Known tells that something is proposed or stopped already.
type Known struct{ ID string }

// Error says so.
func (k *Known) Error() string { return "discovery: known already: " + k.ID }

// Discovery is something dangerous that was found at a company.
type Discovery struct {
	ID, Kind, Value, Category string
	State                     string
	CompanyID, AlertID        string // where it was found, for the staff alone; "" when nobody knows any more
	Made                      time.Time
	MadeBy                    string
	Confirmed                 time.Time // zero for not
	Ends                      time.Time // zero for a proposal
	Days                      int
	ShownSeq, GoneSeq         int64
}

// Step is what somebody did about one.
type Step struct {
	Seq            int64
	ID             string // of the discovery
	At             time.Time
	Who, What, Why string
}

// Config says what the service works with.
type Config struct {
	Store *store.Store
	Guard *Guard
	// Ask asks a box, as question.Service does; nil asks none.
	Ask   func(ctx context.Context, tenantID, boxID, who, why string, q wire.Question) (id string, err error)
	Clock clock.Clock // default: the machine's
	Log   *slog.Logger
}

// Service is safe for concurrent use.
type Service struct {
	Config
	mu    sync.Mutex
	known *known
}

// New makes the service. Its tables must have been migrated.
func New(cfg Config) *Service {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{Config: cfg}
}

// Proposal is what somebody wants to have stopped for all.
type Proposal struct {
	Kind, Value, Category string // Value as typed
	Days                  int    // Days when 0
	CompanyID, AlertID    string
	Who, Why              string
	// AskWhy is what the companies whose boxes are asked read in their record.
	AskWhy string
}

func reason(why string) (string, error) {
	why = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(why, "?"), "\r\n", "\n")) // as browsers send lines
	unseen := func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }
	if n := utf8.RuneCountInString(why); n < minWhy || n > MaxWhy || strings.ContainsFunc(why, unseen) {
		return "", ErrWhy
	}
	return why, nil
}

// Propose writes down what is to be stopped, and asks boxes who uses it. Nothing is stopped yet.
func (s *Service) Propose(ctx context.Context, p Proposal) (id string, err error) {
	now := s.Clock.Now()
	d := Discovery{ID: strings.ToLower(rand.Text()), Kind: p.Kind, Category: p.Category, State: Proposed, CompanyID: p.CompanyID, AlertID: p.AlertID, Made: now, MadeBy: p.Who, Days: cmp.Or(p.Days, Days)}
	if d.Value, err = s.Guard.Check(p.Kind, p.Value); err != nil {
		return "", err
	}
	if !slices.Contains(Categories, d.Category) {
		return "", ErrCategory
	}
	if d.Days < 1 || d.Days > MaxDays {
		return "", ErrDays
	}
	why, err := reason(p.Why)
	if err != nil {
		return "", err
	}
	err = s.Store.Write(ctx, tenant.House, func(tx *store.Tx) error {
		all, err := same(tx, d.Kind, d.Value)
		if err != nil {
			return err
		}
		for i := range all {
			if x := &all[i]; x.now(now) == Active || x.State == Proposed && now.Sub(x.Made) < stale {
				return &Known{x.ID}
			}
		}
		if err := insert(tx, &d); err != nil {
			return err
		}
		_, err = s.step(tx, &d, StepPropose, p.Who, why)
		return err
	})
	if err != nil {
		return "", err
	}
	if err := s.ask(ctx, &d, cmp.Or(p.AskWhy, why)); err != nil {
		s.Log.Warn("boxes are not asked who uses what is to be stopped", "err", err) // then nobody confirms it alone
	}
	return d.ID, nil
}

// now is the state at a time.
func (d *Discovery) now(at time.Time) string {
	if d.State == Active && !at.Before(d.Ends) {
		return Ended
	}
	return d.State
}

// step writes down what was done, and in the house's record.
func (s *Service) step(tx *store.Tx, d *Discovery, what, who, why string) (seq int64, err error) {
	now := s.Clock.Now()
	if seq, err = insertStep(tx, &Step{ID: d.ID, At: now, Who: who, What: what, Why: why}); err != nil {
		return 0, err
	}
	return seq, tenant.Audit(tx, now, tenant.Entry{Who: who, Action: "discovery." + what, Object: d.ID, Why: why})
}

// change does a step about a discovery that is in a state.
func (s *Service) change(ctx context.Context, id, state, what, who, why string, do func(tx *store.Tx, d *Discovery, seq int64) error) error {
	why, err := reason(why)
	if err != nil {
		return err
	}
	return s.Store.Write(ctx, tenant.House, func(tx *store.Tx) error {
		d, err := get(tx, id)
		if err != nil {
			return err
		}
		if d.now(s.Clock.Now()) != state {
			return ErrState
		}
		seq, err := s.step(tx, &d, what, who, why)
		if err != nil {
			return err
		}
		if err := do(tx, &d, seq); err != nil {
			return err
		}
		if what != StepDrop {
			tx.WakeAll(policy.TopicAll)
		}
		return update(tx, &d)
	})
}

// Confirm has a proposal stopped at all boxes.
func (s *Service) Confirm(ctx context.Context, id, who, why string) error {
	d, err := s.Get(ctx, id)
	if err != nil {
		return err
	}
	if _, err := s.Guard.Check(d.Kind, d.Value); err != nil { // the centre may have got another name
		return err
	}
	reach, err := s.Reach(ctx, &d, who)
	if err != nil {
		return err
	}
	if err := reach.Verdict(who != d.MadeBy); err != nil {
		return err
	}
	return s.change(ctx, id, Proposed, StepConfirm, who, why, func(tx *store.Tx, d *Discovery, seq int64) error {
		now := s.Clock.Now()
		if now.Sub(d.Made) >= stale {
			return ErrStale
		}
		n, err := countActive(tx, now)
		if err != nil {
			return err
		}
		if n >= MaxActive {
			return ErrFull
		}
		d.State, d.Confirmed, d.Ends, d.ShownSeq = Active, now, now.Add(time.Duration(d.Days)*day).Truncate(time.Second), seq
		return nil
	})
}

// Renew has something stopped for so many days from now.
func (s *Service) Renew(ctx context.Context, id, who, why string, days int) error {
	if days < 1 || days > MaxDays {
		return ErrDays
	}
	return s.change(ctx, id, Active, StepRenew, who, why, func(_ *store.Tx, d *Discovery, _ int64) error {
		d.Days, d.Ends = days, s.Clock.Now().Add(time.Duration(days)*day).Truncate(time.Second)
		return nil
	})
}

// Withdraw has boxes let it through again.
func (s *Service) Withdraw(ctx context.Context, id, who, why string) error {
	return s.change(ctx, id, Active, StepWithdraw, who, why, func(_ *store.Tx, d *Discovery, seq int64) error {
		d.State, d.Ends, d.GoneSeq = Withdrawn, s.Clock.Now(), seq
		return nil
	})
}

// Drop lets a proposal go.
func (s *Service) Drop(ctx context.Context, id, who, why string) error {
	return s.change(ctx, id, Proposed, StepDrop, who, why, func(_ *store.Tx, d *Discovery, _ int64) error {
		d.State = Dropped
		return nil
	})
}

// Get is one of them; its state is as of now.
func (s *Service) Get(ctx context.Context, id string) (d Discovery, err error) {
	err = s.Store.Read(ctx, tenant.House, func(tx *store.Tx) (err error) {
		d, err = get(tx, id)
		return err
	})
	d.State = d.now(s.Clock.Now())
	return d, err
}

// List lists the newest first; their states are as of now.
func (s *Service) List(ctx context.Context) (all []Discovery, err error) {
	err = s.Store.Read(ctx, tenant.House, func(tx *store.Tx) (err error) {
		all, err = list(tx, shown)
		return err
	})
	for i := range all {
		all[i].State = all[i].now(s.Clock.Now())
	}
	return all, err
}

// History is what was done about one, the newest first.
func (s *Service) History(ctx context.Context, id string) (all []Step, err error) {
	err = s.Store.Read(ctx, tenant.House, func(tx *store.Tx) (err error) {
		all, err = steps(tx, id)
		return err
	})
	return all, err
}
