package misfire

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/clock"
)

//go:embed migrate
var migrations embed.FS

// Schema is the tables of this package.
func Schema() store.Schema { return store.Sub("misfire", migrations) }

const (
	// window, leastCompanies and share (percent of the companies with a box): a rule that fires at so many
	// within an hour is more likely wrong than that all of them are under control at once.
	window         = time.Hour
	leastCompanies = 5
	share          = 20
	// leastMarks companies whose alert somebody of the staff called wrong hold the rule.
	leastMarks = 2
	// trusted is how long a rule that was released is not held again by itself.
	trusted = 24 * time.Hour
	// gather is how long alerts come together before they are looked at; a mail waits as long at least.
	gather = 500 * time.Millisecond
	// fresh is how long what was read of held rules is used.
	fresh = time.Second
	// shown are listed.
	shown = 100
	// system is who reads across companies here.
	system = "system:misfire"
)

// States of a rule.
const (
	Held      = "held"
	Released  = "released"
	Withdrawn = "withdrawn"
)

// Reasons why a rule is held.
const (
	Spread = "spread"
	Marked = "marked"
)

// Jobs.
const (
	// KindHeld tells the staff that a rule is held.
	KindHeld = "misfire.held"
	// KindWithdrawn tells people of a company that an alert was none.
	KindWithdrawn = "misfire.withdrawn"
)

// HeldArgs are those of [KindHeld].
type HeldArgs struct {
	alert.RuleKey
	Msg       string `json:"msg"`
	Companies int    `json:"companies"`
	Person    string `json:"person,omitempty"` // who is told; empty for all
}

// WithdrawnArgs are those of [KindWithdrawn], whose tenant is the alert's.
type WithdrawnArgs struct {
	Alert  string `json:"alert"`
	Reason string `json:"reason"`
	Person string `json:"person,omitempty"` // who is told; empty for all who had a mail
}

// ErrNone tells that a rule is not held.
var ErrNone = errors.New("misfire: this rule is not held")

// Rule is one that is or was held.
type Rule struct {
	alert.RuleKey
	Msg, State, Why string
	Companies       int
	At, Decided     time.Time
	DecidedBy       string
}

// Config says what the service works with.
type Config struct {
	Store  *store.Store
	Alerts *alert.Service
	Clock  clock.Clock
	Log    *slog.Logger
}

// Service is safe for concurrent use.
type Service struct {
	cfg Config

	mu   sync.Mutex
	read time.Time
	held map[alert.RuleKey]bool
}

// New makes the service. Its tables must have been migrated.
func New(cfg Config) *Service {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{cfg: cfg}
}

// Run looks at alerts as they come, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	for {
		woken := s.cfg.Store.Woken(alert.TopicRule)
		select {
		case <-ctx.Done():
			return nil
		case <-woken:
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(gather):
		}
		if err := s.Look(ctx); err != nil && ctx.Err() == nil {
			s.cfg.Log.Error("misfire", "err", err)
		}
	}
}

// Look holds rules that fire at too many companies.
func (s *Service) Look(ctx context.Context) error {
	now := s.cfg.Clock.Now()
	var fired []alert.Fired
	companies := 0
	if err := s.cfg.Store.AsWatcher(ctx, system, "rules that fire at many companies", func(tx *store.AllTx) (err error) {
		if fired, err = s.cfg.Alerts.FiredSince(tx, now.Add(-window), leastCompanies); err != nil || len(fired) == 0 {
			return err
		}
		companies, err = protected(tx)
		return err
	}); err != nil {
		return err
	}
	var errs []error
	for _, f := range fired {
		if f.Companies*100 >= companies*share {
			errs = append(errs, s.hold(ctx, &Rule{RuleKey: f.RuleKey, Msg: f.Msg, Why: Spread, Companies: f.Companies}))
		}
	}
	return errors.Join(errs...)
}

// hold holds a rule that is not, and was not released lately, and tells the staff.
func (s *Service) hold(ctx context.Context, r *Rule) error {
	now := s.cfg.Clock.Now()
	r.State, r.At = Held, now
	var n int64
	err := s.cfg.Store.Global(ctx, func(tx *store.GlobalTx) (err error) {
		n, err = upsert(tx, r, now.Add(-trusted))
		return err
	})
	if err != nil || n == 0 {
		return err
	}
	s.forget()
	s.cfg.Log.Warn("a rule is held: it may be wrong", "sid", r.SID, "msg", r.Msg, "why", r.Why, "companies", r.Companies)
	return s.cfg.Store.Write(ctx, tenant.House, func(tx *store.Tx) error {
		return job.Enqueue(tx, job.Job{Kind: KindHeld, Args: HeldArgs{RuleKey: r.RuleKey, Msg: r.Msg, Companies: r.Companies}, Unique: fmt.Sprint(r.GID, ":", r.SID, " ", now.UnixMicro())})
	})
}

// Mark notes that somebody of the staff called an alert wrong. Rules of which several companies have such
// alerts are held.
func (s *Service) Mark(ctx context.Context, tenantID, alertID string) error {
	var rules []alert.Fired
	if err := s.cfg.Store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		rules, err = s.cfg.Alerts.Rules(tx, alertID)
		return err
	}); err != nil || len(rules) != 1 {
		return err // of several, nobody knows which was wrong
	}
	r, n := rules[0], 0
	if err := s.cfg.Store.Global(ctx, func(tx *store.GlobalTx) (err error) {
		n, err = mark(tx, r.RuleKey, tenantID, s.cfg.Clock.Now())
		return err
	}); err != nil || n < leastMarks {
		return err
	}
	return s.hold(ctx, &Rule{RuleKey: r.RuleKey, Msg: r.Msg, Why: Marked, Companies: n})
}

func (s *Service) forget() {
	s.mu.Lock()
	s.read = time.Time{}
	s.mu.Unlock()
}

// Silent says whether nobody is to be told of an alert for now: all rules that have a part in it are held.
func (s *Service) Silent(ctx context.Context, tenantID, alertID string) (bool, error) {
	held, err := s.current(ctx)
	if err != nil || len(held) == 0 {
		return false, err
	}
	var rules []alert.Fired
	if err := s.cfg.Store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		rules, err = s.cfg.Alerts.Rules(tx, alertID)
		return err
	}); err != nil {
		return false, err
	}
	for _, r := range rules {
		if !held[r.RuleKey] {
			return false, nil
		}
	}
	return len(rules) > 0, nil
}

func (s *Service) current(ctx context.Context) (map[alert.RuleKey]bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.cfg.Clock.Now(); s.read.IsZero() || now.Sub(s.read) > fresh || now.Before(s.read) {
		held := map[alert.RuleKey]bool{}
		if err := s.cfg.Store.GlobalRead(ctx, func(tx *store.GlobalTx) error {
			all, err := list(tx, Held)
			for i := range all {
				held[all[i].RuleKey] = true
			}
			return err
		}); err != nil {
			return nil, err
		}
		s.held, s.read = held, now
	}
	return s.held, nil
}

// List lists rules that are held, and what became of others, the newest first.
func (s *Service) List(ctx context.Context) (all []Rule, err error) {
	err = s.cfg.Store.GlobalRead(ctx, func(tx *store.GlobalTx) (err error) {
		all, err = list(tx, "")
		return err
	})
	return all, err
}

// Release lets mails go out that waited: the rule was right.
func (s *Service) Release(ctx context.Context, k alert.RuleKey, who string) error {
	return s.decide(ctx, k, Released, who, func(tx *store.Tx, id string) error {
		return job.Enqueue(tx, job.Job{Kind: alert.KindNotify, Args: alert.NotifyArgs{Alert: id, Cause: alert.CauseNew}, Unique: "released " + id})
	})
}

// Withdraw closes the alerts that only this rule made, and tells who had been told: the rule was wrong. The
// reason is read by customers. The rule stays silent.
func (s *Service) Withdraw(ctx context.Context, k alert.RuleKey, who, reason string) error {
	return s.decide(ctx, k, Withdrawn, who, func(tx *store.Tx, id string) error {
		if err := s.cfg.Alerts.CloseTx(tx, id, who, alert.OutcomeWithdrawn, reason); err != nil && !errors.Is(err, alert.ErrClosed) {
			return err
		}
		return job.Enqueue(tx, job.Job{Kind: KindWithdrawn, Args: WithdrawnArgs{Alert: id, Reason: reason}, Unique: "withdrawn " + id})
	})
}

// decide does something about each open alert of a rule that is held, and then writes the decision down: cut
// off in between, it is done again.
func (s *Service) decide(ctx context.Context, k alert.RuleKey, state, who string, do func(tx *store.Tx, id string) error) error {
	held, err := s.current(ctx)
	if err != nil {
		return err
	}
	if !held[k] {
		return ErrNone
	}
	if state == Released { // before the mails, which look whether it is held
		if err := s.set(ctx, k, state, who); err != nil {
			return err
		}
	}
	var companies []string
	if err := s.cfg.Store.AsOperator(ctx, who, "decided about rule "+fmt.Sprint(k.SID), func(tx *store.AllTx) (err error) {
		companies, err = s.cfg.Alerts.CompaniesOf(tx, k)
		return err
	}); err != nil {
		return err
	}
	for _, id := range companies {
		if err := s.cfg.Store.Write(ctx, id, func(tx *store.Tx) error {
			alerts, err := s.cfg.Alerts.OpenOf(tx, k)
			for _, one := range alerts {
				err = errors.Join(err, do(tx, one))
			}
			return err
		}); err != nil {
			return err
		}
	}
	if state == Released {
		return nil
	}
	return s.set(ctx, k, state, who)
}

func (s *Service) set(ctx context.Context, k alert.RuleKey, state, who string) error {
	defer s.forget()
	return s.cfg.Store.Global(ctx, func(tx *store.GlobalTx) error { return set(tx, k, state, who, s.cfg.Clock.Now()) })
}
