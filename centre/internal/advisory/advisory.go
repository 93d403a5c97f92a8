package advisory

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"otasuke/centre/internal/device"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	content "otasuke/content/advisory"
	"otasuke/internal/clock"
	"otasuke/internal/entry"
)

//go:embed migrate
var migrations embed.FS

// Schema is the tables of advisories; they point to those of tenant.
func Schema() store.Schema { return store.Sub("advisory", migrations) }

// Jobs.
const (
	// KindAll compares every company's devices with what is published.
	KindAll = "advisory.all"
	// KindTell is a mail to a company, [TellArgs].
	KindTell = "advisory.tell"
	// KindRemind looks whether something is still to be done.
	KindRemind = "advisory.remind"
)

// state of an advisory.
type state string

// States of an advisory.
const (
	Draft     state = "draft"
	Published state = "published"
	Withdrawn state = "withdrawn"
)

// Limits.
const (
	// maxWhy of the reason in characters.
	maxWhy = 500
	// fresh is how long the published ones are kept in memory: another process may publish, too.
	fresh = time.Minute
)

// Errors. What does not exist is [store.ErrNotFound].
var (
	// ErrState: somebody was faster, or it has gone out already.
	ErrState = errors.New("advisory: not possible from where it stands")
	// ErrVersion: not a version, or nothing was said at all.
	ErrVersion = errors.New("advisory: not a version")
	// ErrModel: the model is missing.
	ErrModel = errors.New("advisory: no model")
)

// Advisory is one with its life.
type Advisory struct {
	content.Rule
	State                            state
	MadeBy, PublishedBy, WithdrawnBy string
	Made, Published, Withdrawn       time.Time
	Why                              string
}

// Devices is device.Service, as far as it is needed here.
type Devices interface {
	Known(ctx context.Context, tenantID string) ([]device.Known, error)
}

// Config says what the service works with.
type Config struct {
	Store   *store.Store
	Devices Devices
	Source  Source      // of bundles
	Clock   clock.Clock // default: the machine's
}

// Service is the way to advisories. It is safe for concurrent use.
type Service struct {
	Config
	mu   sync.Mutex
	now  *published
	when time.Time
}

// published is what goes out to companies.
type published struct {
	*index
	gone map[string]bool // withdrawn
}

// New makes the service. Its tables must have been migrated.
func New(cfg Config) *Service {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	return &Service{Config: cfg}
}

// Seed leaves the advisories that are shipped as drafts for an operator; a newer text takes the place of an older draft.
func (s *Service) Seed(ctx context.Context) error {
	rules, err := content.Load()
	if err != nil {
		return err
	}
	return s.Store.Write(ctx, tenant.House, func(tx *store.Tx) error {
		for i := range rules {
			if _, err := putDraft(tx, &Advisory{Rule: rules[i], MadeBy: "system:advisory", Made: s.Clock.Now()}, false); err != nil {
				return err
			}
		}
		return nil
	})
}

// All lists every advisory, drafts first.
func (s *Service) All(ctx context.Context) (all []Advisory, err error) {
	err = s.Store.Read(ctx, tenant.House, func(tx *store.Tx) (err error) {
		all, err = selectAdvisories(tx)
		return err
	})
	return all, err
}

// Get is one of them.
func (s *Service) Get(ctx context.Context, id string) (a Advisory, err error) {
	err = s.Store.Read(ctx, tenant.House, func(tx *store.Tx) (err error) {
		a, err = selectAdvisory(tx, id)
		return err
	})
	return a, err
}

// Save keeps drafts of operators, all or none. What has gone out is not changed any more.
func (s *Service) Save(ctx context.Context, who string, rules ...content.Rule) error {
	for i := range rules {
		if err := rules[i].Check(); err != nil {
			return fmt.Errorf("%s: %w", rules[i].ID, err)
		}
	}
	return s.Store.Write(ctx, tenant.House, func(tx *store.Tx) error {
		for i := range rules {
			n, err := putDraft(tx, &Advisory{Rule: rules[i], MadeBy: who, Made: s.Clock.Now()}, true)
			if err != nil {
				return err
			}
			if n == 0 {
				return fmt.Errorf("%w: %s", ErrState, rules[i].ID)
			}
			if err := tenant.Audit(tx, s.Clock.Now(), tenant.Entry{Who: who, Action: "advisory.save", Object: rules[i].ID}); err != nil {
				return err
			}
		}
		return nil
	})
}

// step changes the state of one, once.
func (s *Service) step(ctx context.Context, e tenant.Entry, change func(tx *store.Tx) (int64, error)) error {
	err := s.Store.Write(ctx, tenant.House, func(tx *store.Tx) error {
		if _, err := selectAdvisory(tx, e.Object); err != nil {
			return err
		}
		n, err := change(tx)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrState
		}
		if e.Action != "advisory.drop" {
			if err := job.Enqueue(tx, job.Job{Kind: KindAll, Args: allArgs{Only: e.Object}, Unique: e.Object + " " + e.Action}); err != nil {
				return err
			}
		}
		return tenant.Audit(tx, s.Clock.Now(), e)
	})
	s.forget()
	return err
}

// Drop throws a draft away.
func (s *Service) Drop(ctx context.Context, who, id string) error {
	return s.step(ctx, tenant.Entry{Who: who, Action: "advisory.drop", Object: id}, func(tx *store.Tx) (int64, error) { return dropDraft(tx, id) })
}

// Publish lets one out, once: a second time is [ErrState].
func (s *Service) Publish(ctx context.Context, who, id string) error {
	return s.step(ctx, tenant.Entry{Who: who, Action: "advisory.publish", Object: id}, func(tx *store.Tx) (int64, error) {
		return publish(tx, id, who, s.Clock.Now())
	})
}

// Withdraw takes one back; those who were told hear why.
func (s *Service) Withdraw(ctx context.Context, who, id, why string) error {
	why, err := entry.Line(why, maxWhy)
	if err != nil {
		return err
	}
	return s.step(ctx, tenant.Entry{Who: who, Action: "advisory.withdraw", Object: id, Why: why}, func(tx *store.Tx) (int64, error) {
		return withdraw(tx, id, who, why, s.Clock.Now())
	})
}

func (s *Service) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = nil
}

// current is what is published and valid today.
func (s *Service) current(ctx context.Context) (*published, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.Clock.Now()
	if s.now != nil && now.Sub(s.when) < fresh && !now.Before(s.when) {
		return s.now, nil
	}
	all, err := s.All(ctx)
	if err != nil {
		return nil, err
	}
	var rules []content.Rule
	gone, today := map[string]bool{}, now.Format(time.DateOnly)
	for i := range all {
		switch a := &all[i]; {
		case a.State == Withdrawn:
			gone[a.ID] = true
		case a.State == Published && a.Valid(today):
			rules = append(rules, a.Rule)
		}
	}
	s.now, s.when = &published{newIndex(rules), gone}, now
	return s.now, nil
}

// Finding is one advisory at one device.
type Finding struct {
	TenantID               string // only where findings of several companies are together
	AdvisoryID, EndpointID string
	Device                 string // what it is called
	Product                string // model or program; "" while the model is not known
	Subject                string // [Firmware], or a program
	Seen                   string // version, "" when nobody knows it
	Answer                 Answer
	State                  findingState
	Reopened               bool   // it was done, and the old version was seen again
	DoneBy                 string // a person's id, or "box"
	Done, First, Changed   time.Time
}

type findingState string

// States of a finding.
const (
	Open     findingState = "open"
	AtDesk   findingState = "desk" // nobody at the company can tell: the desk helps
	Finished findingState = "done"
	Nothing  findingState = "none" // it does not concern the device
)

// Wants tells that somebody has to do something.
func (f *Finding) Wants() bool { return f.State == Open || f.State == AtDesk }

// Seems gives the version as people read it.
func (f *Finding) Seems() string { return strings.TrimSuffix(f.Seen, ".x") }
