package report

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/device"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/usage"
	"otasuke/internal/clock"
	"otasuke/internal/ja"
)

//go:embed migrate
var migrations embed.FS

// Schema is the tables of this domain; they follow the tenant's.
func Schema() store.Schema { return store.Sub("report", migrations) }

// Kinds of jobs.
const (
	KindMonth = "report-month" // of the house: starts one for every company
	KindMake  = "report-make"  // makes one company's
	KindMail  = "report-mail"  // mails it to one person
)

// Args of the jobs.
type Args struct {
	Month   string
	Person  string     `json:",omitempty"`
	Compare Comparison `json:",omitzero"`
}

// hour in Japan at which reports are made on the 1st: they are there when offices open, and
// boxes had the night to send what they held back.
const hour = 7

// maxAlerts that are looked at one by one; sums count all.
const maxAlerts = 500

// Alerts counts and lists; alert.Service is one.
type Alerts interface {
	Counts(ctx context.Context, tenantID string, from, to time.Time) (alert.Counts, error)
	List(ctx context.Context, tenantID string, f alert.Filter) ([]alert.Alert, error)
}

// Network knows boxes and devices; device.Service is one.
type Network interface {
	Boxes(ctx context.Context, tenantID string) ([]device.Box, error)
	Known(ctx context.Context, tenantID string) ([]device.Known, error)
	Gaps(ctx context.Context, tenantID string, limit int) ([]device.Gap, error)
}

// Usage knows what was used; usage.Service is one.
type Usage interface {
	Days(ctx context.Context, tenantID string, from, to time.Time) ([]usage.Day, error)
	Apps(ctx context.Context, tenantID, endpointID string, from, to time.Time) ([]usage.Row, error)
	Devices(ctx context.Context, tenantID string, from, to time.Time, categories []string) ([]usage.Row, error)
}

// Companies knows customers; tenant.Service is one.
type Companies interface {
	CompanyByID(ctx context.Context, tenantID string) (tenant.Company, error)
	People(ctx context.Context, tenantID string) ([]tenant.Person, error)
}

// Config says what the service works with.
type Config struct {
	Store     *store.Store
	Alerts    Alerts
	Network   Network
	Usage     Usage
	Companies Companies
	// Withheld are companies that do not want to be compared with; nil for none.
	Withheld func(ctx context.Context) (map[string]bool, error)
	// App names an application that the centre knows, in Japanese and English; nil knows none.
	App   func(id string) (nameJA, nameEN string, known bool)
	Clock clock.Clock
}

// Service is safe for concurrent use.
type Service struct{ cfg Config }

// New makes the service. Its tables must have been migrated.
func New(cfg Config) *Service {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	return &Service{cfg: cfg}
}

// Plan has the reports made on the coming 1st, once for all processes; it is called when a
// process starts.
func (s *Service) Plan(ctx context.Context) error {
	return s.cfg.Store.Write(ctx, tenant.House, s.next)
}

func (s *Service) next(tx *store.Tx) error {
	now := s.cfg.Clock.Now()
	first, _, err := Span(now.In(ja.Zone).Format(monthLayout))
	if err != nil {
		return err
	}
	at := first.Add(hour * time.Hour)
	if !at.After(now) {
		at = first.AddDate(0, 1, 0).Add(hour * time.Hour)
	}
	month := before(at)
	return job.Enqueue(tx, job.Job{Kind: KindMonth, Args: Args{Month: month}, RunAt: at, Unique: month})
}

// HandleMonth starts the report of every company. The comparisons are frozen first, so that
// a second run gives the same.
func (s *Service) HandleMonth(ctx context.Context, _ string, raw json.RawMessage) error {
	args, from, to, err := parse(raw)
	if err != nil {
		return err
	}
	if err := s.Plan(ctx); err != nil { // the next first: whatever becomes of this one
		return err
	}
	var all []tenant.Company
	var totals map[string]int
	err = s.cfg.Store.AsOperator(ctx, "system:report", "monthly comparison "+args.Month, func(tx *store.AllTx) (err error) {
		if all, err = tenant.All(tx); err != nil {
			return err
		}
		totals, err = alert.Totals(tx, from, to.Add(-time.Second))
		return err
	})
	if err != nil {
		return err
	}
	withheld := map[string]bool{}
	if s.cfg.Withheld != nil {
		if withheld, err = s.cfg.Withheld(ctx); err != nil {
			return err
		}
	}
	var members []Member
	for _, c := range all {
		if c.Created.Before(from) && !withheld[c.ID] { // a part of a month is no comparison
			members = append(members, Member{Tenant: c.ID, Industry: c.Industry, Region: c.Region, Size: c.Size, N: totals[c.ID]})
		}
	}
	cells := Compare(members)
	err = s.cfg.Store.Global(ctx, func(tx *store.GlobalTx) (err error) {
		cells, err = freeze(tx, args.Month, cells)
		return err
	})
	if err != nil {
		return err
	}
	for _, c := range all {
		if !c.Created.Before(to) {
			continue
		}
		one := Args{Month: args.Month, Compare: cells[c.ID]}
		if err := s.cfg.Store.Write(ctx, c.ID, func(tx *store.Tx) error {
			return job.Enqueue(tx, job.Job{Kind: KindMake, Args: one, Unique: args.Month})
		}); err != nil {
			return err
		}
	}
	return nil
}

func parse(raw json.RawMessage) (args Args, from, to time.Time, err error) {
	if err = json.Unmarshal(raw, &args); err == nil {
		from, to, err = Span(args.Month)
	}
	if err != nil {
		err = fmt.Errorf("%w: report: %w", job.ErrGiveUp, err)
	}
	return args, from, to, err
}

// HandleMake makes one company's report and starts its mails, both or neither.
func (s *Service) HandleMake(ctx context.Context, tenantID string, raw json.RawMessage) error {
	args, from, to, err := parse(raw)
	if err != nil {
		return err
	}
	f, err := s.figures(ctx, tenantID, args, from, to)
	if err != nil {
		return err
	}
	people, err := s.cfg.Companies.People(ctx, tenantID)
	if err != nil {
		return err
	}
	return s.cfg.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		fresh, err := keep(tx, f, s.cfg.Clock.Now())
		if err != nil || !fresh {
			return err
		}
		for _, p := range people {
			if !p.Mails && p.Role != tenant.RoleOwner {
				continue
			}
			if err := job.Enqueue(tx, job.Job{Kind: KindMail, Args: Args{Month: args.Month, Person: p.ID}, Unique: args.Month + " " + p.ID}); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Service) figures(ctx context.Context, tenantID string, args Args, from, to time.Time) (*Figures, error) {
	c, err := s.cfg.Companies.CompanyByID(ctx, tenantID)
	if err != nil {
		return nil, err
	}
	x := sources{joined: c.Created, comparison: args.Compare}
	for _, read := range []func() error{
		func() (err error) {
			x.counts, err = s.cfg.Alerts.Counts(ctx, tenantID, from, to.Add(-time.Second))
			return err
		},
		func() (err error) {
			x.alerts, err = s.cfg.Alerts.List(ctx, tenantID, alert.Filter{Limit: maxAlerts})
			return err
		},
		func() (err error) {
			x.open, err = s.cfg.Alerts.List(ctx, tenantID, alert.Filter{NotClosed: true, Stars: alert.Medium, Limit: maxAlerts})
			return err
		},
		func() (err error) { x.days, err = s.cfg.Usage.Days(ctx, tenantID, from, to); return err },
		func() (err error) { x.apps, err = s.cfg.Usage.Apps(ctx, tenantID, "", from, to); return err },
		func() (err error) { x.users, err = s.cfg.Usage.Devices(ctx, tenantID, from, to, nil); return err },
		func() (err error) { x.known, err = s.cfg.Network.Known(ctx, tenantID); return err },
		func() (err error) { x.boxes, err = s.cfg.Network.Boxes(ctx, tenantID); return err },
		func() (err error) { x.gaps, err = s.cfg.Network.Gaps(ctx, tenantID, maxAlerts); return err },
	} {
		if err := read(); err != nil {
			return nil, err
		}
	}
	x.named = s.cfg.App
	return figure(args.Month, from, to, &x), nil
}

// Get gives the report of a month: "2026-11".
func (s *Service) Get(ctx context.Context, tenantID, month string) (f *Figures, err error) {
	err = s.cfg.Store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		f, err = load(tx, month)
		return err
	})
	return f, err
}

// List lists a company's reports, the newest first.
func (s *Service) List(ctx context.Context, tenantID string) (all []Made, err error) {
	err = s.cfg.Store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		all, err = list(tx)
		return err
	})
	return all, err
}

// All are the figures of a month of all companies, by company. It is written down who reads them, and why.
func (s *Service) All(ctx context.Context, who, why, month string) (all map[string]*Figures, err error) {
	err = s.cfg.Store.AsOperator(ctx, who, why, func(tx *store.AllTx) (err error) {
		all, err = loadAll(tx, month)
		return err
	})
	return all, err
}
