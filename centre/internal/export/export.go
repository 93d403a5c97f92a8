package export

import (
	"context"
	"crypto/rand"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/content/text"
	"otasuke/internal/clock"
)

//go:embed migrate
var migrations embed.FS

// Schema is the tables of exports; they point to those of tenant.
func Schema() store.Schema { return store.Sub("export", migrations) }

// Kinds of jobs.
const (
	KindMake = "export.make" // writes one
	KindTell = "export.tell" // says to who asked that it is there
)

const (
	// Life is how long an export can be fetched: a week, so that a holiday does not matter, and no longer, because it is
	// everything about a company in one file.
	Life = 7 * 24 * time.Hour
	// between two exports of a company: it is work for the whole centre.
	between = time.Hour
	// part is how much lies in one row: as much as a database moves at once without noticing.
	part = 256 << 10
	// maxSize is where an export is given up: a company of 100 devices has some 20 MiB a year.
	maxSize = 4 << 30
	// attempts of a job: what fails five times needs somebody who looks.
	attempts = 5
	// patience is after when one that is not there will not come any more: its attempts are used up.
	patience = 24 * time.Hour
)

// States of an export.
const (
	Making = "making"
	Ready  = "ready"
	Failed = "failed" // never kept: it is how one looks that should be there for long
)

var (
	// ErrSoon: one is being made, or was asked for within the hour.
	ErrSoon  = errors.New("export: another one is too young")
	errLarge = fmt.Errorf("export: more than %d bytes", int64(maxSize))
)

// Args are those of the jobs.
type Args struct {
	Export string `json:"export"`
}

// Export is one that was asked for.
type Export struct {
	ID, By, State, Sum string
	Asked, Made        time.Time
	Size               int64
}

// Until is when it is deleted.
func (e *Export) Until() time.Time { return e.Made.Add(Life) }

// Config says what the service works with.
type Config struct {
	Store *store.Store
	Texts *text.Catalogue
	Words Words
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

// Ask has an export of a company made for one of its owners.
func (s *Service) Ask(ctx context.Context, tenantID, personID string) error {
	return s.cfg.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		now := s.cfg.Clock.Now()
		all, err := list(tx)
		if err != nil {
			return err
		}
		for _, e := range all {
			if now.Sub(e.Asked) < between {
				return ErrSoon
			}
		}
		e := Export{ID: rand.Text(), By: personID, State: Making, Asked: now}
		return errors.Join(insert(tx, &e), tenant.Audit(tx, now, tenant.Entry{Who: personID, Action: "export.ask", Object: e.ID}),
			job.Enqueue(tx, job.Job{Kind: KindMake, Args: Args{e.ID}, Attempts: attempts}))
	})
}

// List lists a company's exports that are not too old, the newest first.
func (s *Service) List(ctx context.Context, tenantID string) (all []Export, err error) {
	err = s.cfg.Store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		all, err = s.living(tx)
		return err
	})
	return all, err
}

func (s *Service) living(tx *store.Tx) (out []Export, err error) {
	all, err := list(tx)
	now := s.cfg.Clock.Now()
	for _, e := range all {
		if e.State == Making && now.Sub(e.Asked) > patience {
			e.State = Failed
		}
		if e.State != Ready || now.Before(e.Until()) {
			out = append(out, e)
		}
	}
	return out, err
}

// Get is one that can be fetched, or [store.ErrNotFound].
func (s *Service) Get(ctx context.Context, tenantID, id string) (Export, error) {
	all, err := s.List(ctx, tenantID)
	for _, e := range all {
		if e.ID == id && e.State == Ready {
			return e, err
		}
	}
	return Export{}, errors.Join(err, store.ErrNotFound)
}

// Fetch writes one to w and notes who fetched it. Each part is a transaction of its own, so that a slow line holds
// nothing up.
func (s *Service) Fetch(ctx context.Context, tenantID, personID, id string, w io.Writer) error {
	e, err := s.Get(ctx, tenantID, id)
	if err != nil {
		return err
	}
	err = s.cfg.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		return tenant.Audit(tx, s.cfg.Clock.Now(), tenant.Entry{Who: personID, Action: "export.fetch", Object: id})
	})
	for seq, sent := int64(0), int64(0); err == nil && sent < e.Size; seq++ {
		var data []byte
		err = s.cfg.Store.Read(ctx, tenantID, func(tx *store.Tx) (err error) { data, err = load(tx, id, seq); return err })
		if err == nil {
			_, err = w.Write(data)
		}
		sent += int64(len(data))
	}
	return err
}

// Handle makes one.
func (s *Service) Handle(ctx context.Context, tenantID string, raw json.RawMessage) error {
	var args Args
	if err := json.Unmarshal(raw, &args); err != nil {
		return fmt.Errorf("%w: export: %w", job.ErrGiveUp, err)
	}
	var wanted bool
	err := s.cfg.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		all, err := list(tx)
		for _, e := range all {
			wanted = wanted || e.ID == args.Export && e.State == Making
		}
		return err
	})
	if err != nil || !wanted {
		return err
	}
	if err := s.drop(ctx, tenantID, args.Export); err != nil { // what is left of an attempt that was killed
		return err
	}
	parts := &parts{write: func(seq int64, data []byte) error {
		return s.cfg.Store.Write(ctx, tenantID, func(tx *store.Tx) error { return keep(tx, args.Export, seq, data) })
	}}
	sum, err := s.Write(ctx, tenantID, parts)
	if err == nil {
		err = parts.flush()
	}
	if err != nil {
		return err
	}
	return s.cfg.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		return errors.Join(finish(tx, args.Export, s.cfg.Clock.Now(), sum.Bytes, sum.Sum), job.Enqueue(tx, job.Job{Kind: KindTell, Args: args}))
	})
}

// drop deletes the parts of an export, some at a time.
func (s *Service) drop(ctx context.Context, tenantID, id string) error {
	const most = 100 // parts: some 25 MiB in a transaction
	for {
		var n int64
		err := s.cfg.Store.Write(ctx, tenantID, func(tx *store.Tx) (err error) {
			n, err = tx.Prune("export_part", "tenant_id", "export_id = $2", most, id)
			return err
		})
		if err != nil || n < most {
			return err
		}
	}
}

// Tidy deletes what is too old, and calls off what nobody makes any more; it returns how many went.
func (s *Service) Tidy(ctx context.Context, tenantID string) (n int64, err error) {
	var all []Export
	err = s.cfg.Store.Read(ctx, tenantID, func(tx *store.Tx) (err error) { all, err = list(tx); return err })
	for _, e := range all {
		if err != nil || s.cfg.Clock.Now().Before(e.Until()) || e.State != Ready && s.cfg.Clock.Now().Sub(e.Asked) < Life {
			continue
		}
		err = s.drop(ctx, tenantID, e.ID)
		if err == nil {
			err = s.cfg.Store.Write(ctx, tenantID, func(tx *store.Tx) error { n++; return remove(tx, e.ID) })
		}
	}
	return n, err
}

// Write writes everything of a company to w, as it is at one moment.
func (s *Service) Write(ctx context.Context, tenantID string, w io.Writer) (sum Summary, err error) {
	tables, err := s.cfg.Store.TenantTables(ctx)
	if err != nil {
		return sum, err
	}
	err = s.cfg.Store.Steady(ctx, tenantID, func(tx *store.Tx) error {
		lang, err := language(tx)
		if err != nil {
			return err
		}
		sum, err = write(ctx, tx, tables, w, s.cfg.Words, s.cfg.Texts.In(lang), s.cfg.Clock.Now())
		return err
	})
	return sum, err
}

// File writes an export to a file of somebody who works on the server, which is whole or absent, and notes it.
func (s *Service) File(ctx context.Context, tenantID, who, path string) (sum Summary, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".export-") // only the owner may read it
	if err != nil {
		return sum, fmt.Errorf("export: %w", err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	err = s.cfg.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		return tenant.Audit(tx, s.cfg.Clock.Now(), tenant.Entry{Who: who, Action: "export.file", Object: tenantID})
	})
	if err != nil {
		return sum, err
	}
	if sum, err = s.Write(ctx, tenantID, f); err != nil {
		return sum, err
	}
	if err = errors.Join(f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return sum, fmt.Errorf("export: %w", err)
	}
	return sum, nil
}

// parts cuts what is written into pieces and keeps each.
type parts struct {
	write func(seq int64, data []byte) error
	held  []byte
	seq   int64
}

func (p *parts) Write(b []byte) (int, error) {
	n := len(b)
	if p.seq*part > maxSize {
		return 0, errLarge
	}
	for len(b) > 0 {
		room := min(part-len(p.held), len(b))
		p.held, b = append(p.held, b[:room]...), b[room:]
		if len(p.held) == part {
			if err := p.flush(); err != nil {
				return 0, err
			}
		}
	}
	return n, nil
}

func (p *parts) flush() error {
	if len(p.held) == 0 {
		return nil
	}
	err := p.write(p.seq, p.held)
	p.seq, p.held = p.seq+1, p.held[:0]
	return err
}
