package backup

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/clock"
	"otasuke/internal/ja"
)

//go:embed migrate
var migrations embed.FS

// Schema is the tables of this package.
func Schema() store.Schema { return store.Sub("backup", migrations) }

const (
	// Kind is the job that makes a backup in the night.
	Kind = "backup.nightly"
	// hour of it, in Japan.
	hour = 3
	// UsualKeep is how many are kept.
	UsualKeep = 14
	// Old is the age from which on the last good one is a fault.
	Old = 36 * time.Hour

	prefix, suffix = "otasuke-", ".backup"
	// shown are listed.
	shown = 30
	// maxTrouble bounds what is kept of an error.
	maxTrouble = 500
)

// Config says what the service works with.
type Config struct {
	Store *store.Store
	// Dir gets the backups; empty: none are made by themselves.
	Dir      string
	Keep     int
	StateDir string
	Software string
	Clock    clock.Clock
	Log      *slog.Logger
}

// Service makes backups.
type Service struct{ cfg Config }

// New makes the service. Its tables must have been migrated.
func New(cfg Config) *Service {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Keep <= 0 {
		cfg.Keep = UsualKeep
	}
	return &Service{cfg: cfg}
}

// Run is one backup.
type Run struct {
	At      time.Time     `json:"at"`
	File    string        `json:"file"`
	Bytes   int64         `json:"bytes"`
	Took    time.Duration `json:"took_ns"`
	Trouble string        `json:"trouble,omitempty"`
}

// Make makes one in a folder and proves it. It is written down, also when it fails.
func (s *Service) Make(ctx context.Context, dir string) (r Run, err error) {
	r.At = s.cfg.Clock.Now().UTC().Truncate(time.Microsecond)
	began := time.Now()
	defer func() {
		r.Took = time.Since(began)
		if err != nil {
			text := strings.Join(strings.Fields(err.Error()), " ")
			r.Trouble = strings.ToValidUTF8(text[:min(len(text), maxTrouble)], "")
		}
		err = errors.Join(err, s.cfg.Store.Global(context.WithoutCancel(ctx), func(tx *store.GlobalTx) error { return insert(tx, &r) }))
	}()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return r, fmt.Errorf("backup: %w", err)
	}
	if err := sweep(dir); err != nil {
		return r, fmt.Errorf("backup: %w", err)
	}
	r.File = filepath.Join(dir, prefix+r.At.Format("20060102-150405")+suffix)
	if _, err := Write(ctx, s.cfg.Store, s.cfg.StateDir, s.cfg.Software, r.File, r.At); err != nil {
		return r, err
	}
	if _, err := Prove(ctx, r.File); err != nil {
		return r, errors.Join(err, os.Remove(r.File)) // it would be counted among the good ones, and there is a next try
	}
	info, err := os.Stat(r.File)
	if err != nil {
		return r, fmt.Errorf("backup: %w", err)
	}
	r.Bytes = info.Size()
	return r, nil
}

// Plan has one made each night, once for all processes; it is called when a process starts.
func (s *Service) Plan(ctx context.Context) error {
	if s.cfg.Dir == "" {
		return nil
	}
	return s.cfg.Store.Write(ctx, tenant.House, s.next)
}

// next enqueues the job of the coming night.
func (s *Service) next(tx *store.Tx) error {
	now := s.cfg.Clock.Now()
	at := ja.Midnight(now).Add(hour * time.Hour)
	if !at.After(now) {
		at = ja.Midnight(now).AddDate(0, 0, 1).Add(hour * time.Hour)
	}
	return job.Enqueue(tx, job.Job{Kind: Kind, Args: struct{}{}, RunAt: at, Unique: at.In(ja.Zone).Format(time.DateOnly)})
}

// Handle makes the one of this night.
func (s *Service) Handle(ctx context.Context, _ string, _ json.RawMessage) error {
	if s.cfg.Dir == "" {
		return nil // not on this machine
	}
	if err := s.cfg.Store.Write(ctx, tenant.House, s.next); err != nil { // the next first: whatever becomes of this one
		return err
	}
	r, err := s.Make(ctx, s.cfg.Dir)
	if err != nil {
		s.cfg.Log.Error("the backup of this night failed", "err", err)
		return err
	}
	s.cfg.Log.Info("backup", "file", r.File, "bytes", r.Bytes, "took", r.Took.Round(time.Millisecond))
	return s.tidy()
}

// tidy removes all but the newest; others in the folder are left alone.
func (s *Service) tidy() error {
	names, err := filepath.Glob(filepath.Join(s.cfg.Dir, prefix+"*"+suffix))
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	slices.Sort(names)
	for _, name := range names[:max(0, len(names)-s.cfg.Keep)] {
		if err := os.Remove(name); err != nil {
			return fmt.Errorf("backup: %w", err)
		}
	}
	return nil
}

// List lists backups, the newest first.
func (s *Service) List(ctx context.Context) (all []Run, err error) {
	err = s.cfg.Store.GlobalRead(ctx, func(tx *store.GlobalTx) (err error) {
		all, err = list(tx)
		return err
	})
	return all, err
}

// Good is when the last one was made that is whole; zero for none.
func (s *Service) Good(ctx context.Context) (at time.Time, err error) {
	err = s.cfg.Store.GlobalRead(ctx, func(tx *store.GlobalTx) error {
		at, err = good(tx)
		return err
	})
	return at, err
}

// Wanted says whether backups are made here by themselves.
func (s *Service) Wanted() bool { return s.cfg.Dir != "" }
