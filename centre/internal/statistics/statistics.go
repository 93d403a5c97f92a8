package statistics

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"time"

	"otasuke/centre/internal/job"
	"otasuke/centre/internal/report"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/clock"
	"otasuke/internal/ja"
)

//go:embed migrate
var migrations embed.FS

// Schema is the table of months.
func Schema() store.Schema { return store.Sub("statistics", migrations) }

// Kind is the job that makes a month's.
const Kind = "statistics.month"

// wait after the reports were begun: every company's is made by then.
const wait = 24 * time.Hour

// maxMonths that are shown: three years.
const maxMonths = 36

const layout = "2006-01"

// Reports reads what was kept of a month; report.Service is one.
type Reports interface {
	All(ctx context.Context, who, why, month string) (map[string]*report.Figures, error)
}

// Config says what the service works with.
type Config struct {
	Store   *store.Store
	Reports Reports
	// Withheld are companies that do not want to be counted.
	Withheld func(ctx context.Context) (map[string]bool, error)
	Clock    clock.Clock // default: the machine's
}

// Service makes and reads what is published. It is safe for concurrent use.
type Service struct{ Config }

// New makes the service. Its table must have been migrated.
func New(cfg Config) *Service {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	return &Service{cfg}
}

type args struct {
	Month string `json:"month"`
}

// Plan has the coming month's made, a day after its reports; it is called when a process starts.
func (s *Service) Plan(ctx context.Context) error {
	now := s.Clock.Now().In(ja.Zone)
	first := time.Date(now.Year(), now.Month(), 1, 7, 0, 0, 0, ja.Zone)
	at := first.Add(wait)
	if !at.After(now) {
		at = first.AddDate(0, 1, 0).Add(wait)
	}
	month := at.Add(-wait).AddDate(0, -1, 0).Format(layout)
	return s.Store.Write(ctx, tenant.House, func(tx *store.Tx) error {
		return job.Enqueue(tx, job.Job{Kind: Kind, Args: args{month}, RunAt: at, Unique: month})
	})
}

// Handle makes a month's, unless there is one.
func (s *Service) Handle(ctx context.Context, _ string, raw json.RawMessage) error {
	var a args
	if err := json.Unmarshal(raw, &a); err != nil {
		return fmt.Errorf("%w: statistics: %w", job.ErrGiveUp, err)
	}
	if err := s.Plan(ctx); err != nil {
		return err
	}
	m, err := s.count(ctx, a.Month)
	if err != nil {
		return err
	}
	text, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("%w: statistics: %w", job.ErrGiveUp, err)
	}
	return s.Store.Global(ctx, func(tx *store.GlobalTx) error { return keep(tx, a.Month, string(text), s.Clock.Now()) })
}

// count makes a month of the reports that were kept.
func (s *Service) count(ctx context.Context, month string) (*Month, error) {
	const who, why = "system:statistics", "monthly statistics"
	figures, err := s.Reports.All(ctx, who, why+" "+month, month)
	if err != nil {
		return nil, err
	}
	withheld, err := s.Withheld(ctx)
	if err != nil {
		return nil, err
	}
	var all []Company
	err = s.Store.AsOperator(ctx, who, why+" "+month, func(tx *store.AllTx) error {
		companies, err := tenant.All(tx)
		for _, c := range companies {
			if f := figures[c.ID]; f != nil && !f.Joined && f.Box && !withheld[c.ID] { // a part of a month is none
				all = append(all, Company{Industry: c.Industry, Region: c.Region, Size: c.Size, Figures: f})
			}
		}
		return err
	})
	return count(month, all), err
}

// Months are those that were made, the newest first.
func (s *Service) Months(ctx context.Context) (all []Month, err error) {
	err = s.Store.GlobalRead(ctx, func(tx *store.GlobalTx) (err error) {
		all, err = months(tx)
		return err
	})
	return all, err
}
