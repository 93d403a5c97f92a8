package retention

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/clock"
	"otasuke/internal/ja"
)

const (
	// Kind is the job of the night.
	Kind = "retention.nightly"
	// hour of it, in Japan: after the backup, so that what goes was saved once more.
	hour = 4
	// piece is how many rows go in one transaction: some milliseconds, in which SQLite lets nobody else write.
	piece = 2000
	day   = 24 * time.Hour
)

// ErrDays tells what is wrong with a configured time.
var ErrDays = errors.New("retention")

// Days by kind, as configured.
type Days map[string]int

// Check says whether all of them are kinds and can be kept as long.
func (d Days) Check() error {
	for _, name := range slices.Sorted(maps.Keys(d)) {
		i := slices.IndexFunc(Kinds, func(k KindOf) bool { return k.Name == name })
		switch {
		case i < 0:
			return fmt.Errorf("%w: %q is no kind of data; these are: %s", ErrDays, name, strings.Join(names(), ", "))
		case d[name] < Kinds[i].Least || d[name] > Kinds[i].Most:
			return fmt.Errorf("%w: %s = %d: from %d to %d days", ErrDays, name, d[name], Kinds[i].Least, Kinds[i].Most)
		}
	}
	return nil
}

func names() (all []string) {
	for _, k := range Kinds {
		all = append(all, k.Name)
	}
	return all
}

// Config says what the service works with.
type Config struct {
	Store *store.Store
	Days  Days
	// Exports and Kept let go what has a time of its own, of a company and of those that are gone.
	Exports func(ctx context.Context, tenantID string) (int64, error)
	Kept    func(ctx context.Context) (int64, error)
	Clock   clock.Clock
	Log     *slog.Logger
}

// Service is safe for concurrent use.
type Service struct{ cfg Config }

// New makes the service.
func New(cfg Config) *Service {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{cfg: cfg}
}

// Plan has it done each night, once for all processes; it is called when a process starts.
func (s *Service) Plan(ctx context.Context) error {
	return s.cfg.Store.Write(ctx, tenant.House, s.next)
}

func (s *Service) next(tx *store.Tx) error {
	now := s.cfg.Clock.Now()
	at := ja.Midnight(now).Add(hour * time.Hour)
	if !at.After(now) {
		at = ja.Midnight(now).AddDate(0, 0, 1).Add(hour * time.Hour)
	}
	return job.Enqueue(tx, job.Job{Kind: Kind, Args: struct{}{}, RunAt: at, Unique: at.In(ja.Zone).Format(time.DateOnly)})
}

// Handle does the work of a night.
func (s *Service) Handle(ctx context.Context, _ string, _ json.RawMessage) error {
	if err := s.Plan(ctx); err != nil { // the next first: whatever becomes of this one
		return err
	}
	began := time.Now()
	gone, err := s.Run(ctx)
	s.cfg.Log.Info("retention", "gone", gone, "took", time.Since(began).Round(time.Millisecond), "err", err)
	return err
}

// Run deletes what is too old and counts it by kind. What fails of one kind does not keep the others.
func (s *Service) Run(ctx context.Context) (gone map[string]int64, err error) {
	gone = map[string]int64{}
	now := s.cfg.Clock.Now()
	for i := range Kinds {
		k := &Kinds[i]
		days := k.Usual
		if d, set := s.cfg.Days[k.Name]; set {
			days = d
		}
		n, e := s.kind(ctx, k, now.Add(-time.Duration(days)*day))
		if e != nil {
			err = errors.Join(err, fmt.Errorf("retention: %s: %w", k.Name, e))
		}
		if n > 0 {
			gone[k.Name] = n
		}
	}
	return gone, errors.Join(err, s.others(ctx, now, gone))
}

// kind lets one kind of data go, of the companies that have something too old.
func (s *Service) kind(ctx context.Context, k *KindOf, before time.Time) (gone int64, err error) {
	if k.global != nil {
		err = s.cfg.Store.Global(ctx, func(tx *store.GlobalTx) error { gone, err = k.global(tx, before); return err })
		return gone, err
	}
	var tenants []string
	err = s.cfg.Store.AsOperator(ctx, "system:retention", "what is too old: "+k.Name, func(tx *store.AllTx) error { tenants, err = who(tx, k, before); return err })
	if err != nil {
		return 0, err
	}
	for _, id := range tenants {
		for i := range k.steps {
			for n := int64(piece); n >= piece; gone += n {
				err := s.cfg.Store.Write(ctx, id, func(tx *store.Tx) (err error) { n, err = k.steps[i].do(tx, before); return err })
				if err != nil {
					return gone, err
				}
			}
		}
	}
	return gone, nil
}

// others are what has a time of its own.
func (s *Service) others(ctx context.Context, now time.Time, gone map[string]int64) error {
	var tenants []string
	var err error
	if s.cfg.Exports != nil {
		err = s.cfg.Store.AsOperator(ctx, "system:retention", "exports that are too old", func(tx *store.AllTx) (err error) {
			tenants, err = exporters(tx)
			return err
		})
	}
	for _, id := range tenants {
		n, e := s.cfg.Exports(ctx, id)
		if err = errors.Join(err, e); n > 0 {
			gone["exports"] += n
		}
	}
	if s.cfg.Kept != nil {
		n, e := s.cfg.Kept(ctx)
		if err = errors.Join(err, e); n > 0 {
			gone["kept"] = n
		}
	}
	return err
}
