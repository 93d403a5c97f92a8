package erase

import (
	"context"
	"crypto/rand"
	"embed"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/content/text"
	"otasuke/internal/clock"
)

//go:embed migrate
var migrations embed.FS

// Schema is the tables of this package.
func Schema() store.Schema { return store.Sub("erase", migrations) }

// Kinds of jobs.
const (
	KindRun  = "erase.run"  // of the house: deletes a company when its time has come
	KindTell = "erase.tell" // of the company: its owners hear that it is asked for, or not any more
	KindCert = "erase.cert" // of the house: the certificate to one of those who were its owners
)

// Wait is how long a deletion can be undone: the notice reaches an owner who is away for a week, and there is time to
// take the data along.
const Wait = 14 * 24 * time.Hour

// States of an erasure.
const (
	Waiting   = "waiting"
	Cancelled = "cancelled"
	Running   = "running" // cannot be undone any more
	Done      = "done"    // the centre's own log and the owners do not know yet
	Told      = "told"
)

var (
	// ErrName: what was typed is not the company's name.
	ErrName = errors.New("erase: not the name of the company")
	// ErrOpen: it is asked for already.
	ErrOpen = errors.New("erase: it is asked for already")
	// ErrLate: it has begun, or is over.
	ErrLate = errors.New("erase: it cannot be undone any more")
)

// Erasure is one that was asked for.
type Erasure struct {
	ID          string    `json:"id"`
	Company     string    `json:"company_id"`
	Name        string    `json:"company"`
	Lang        string    `json:"-"`
	By          string    `json:"asked_by"`
	Why         string    `json:"why"`
	Asked       time.Time `json:"asked"`
	Due         time.Time `json:"due"`
	State       string    `json:"state"`
	Ended       time.Time `json:"ended,omitzero"`
	People      []Person  `json:"-"`
	Counts      Counts    `json:"rows,omitempty"`
	Facts       Facts     `json:"-"`
	Certificate string    `json:"certificate,omitempty"`
}

// Counts are rows by table.
type Counts map[string]int64

// Person gets the certificate.
type Person struct{ Name, Email, Lang string }

// Facts are what the certificate says beside counts.
type Facts struct {
	Boxes   int64  // certificates that are worth nothing any more
	Entries int64  // of the audit log
	Head    string // hash of its last
	Whole   bool   // the chain added up
	Kept    Counts // set aside because law asks for it
}

// Args are those of the jobs.
type Args struct {
	Erasure string `json:"erasure"`
	// Person gets the certificate.
	Person *Person `json:"person,omitempty"`
}

// Kept is a table that law wants to be kept for some years, such as invoices.
type Kept struct {
	Table string
	// For counts from the deletion on.
	For time.Duration
}

// Config says what the service works with.
type Config struct {
	Store  *store.Store
	Verify func(ctx context.Context, tenantID string) (entries int64, head string, err error) // tenant.Service.VerifyAudit
	Texts  *text.Catalogue
	// Kept is what law asks to keep. Rooms that keep such things (billing) are named here, and nowhere else.
	Kept []Kept
	// Backups is how many nights a copy lives on in backups.
	Backups int
	Clock   clock.Clock
	Log     *slog.Logger
}

// Service is safe for concurrent use.
type Service struct{ cfg Config }

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

// Ask has a company deleted after [Wait]. Who of the staff asks types the company's name, and says why.
func (s *Service) Ask(ctx context.Context, who, tenantID, name, why string) (e Erasure, err error) {
	if tenantID == tenant.House {
		return e, store.ErrNotFound
	}
	now := s.cfg.Clock.Now()
	e = Erasure{ID: rand.Text(), Company: tenantID, By: who, Why: why, Asked: now.UTC().Truncate(time.Microsecond), State: Waiting}
	e.Due = e.Asked.Add(Wait)
	err = s.cfg.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		if e.Name, e.Lang, err = companyOf(tx); err != nil {
			return err
		}
		if name != e.Name {
			return ErrName
		}
		if fresh, err := insert(tx, &e); err != nil || !fresh {
			return errors.Join(err, ErrOpen)
		}
		return errors.Join(tenant.Audit(tx, now, tenant.Entry{Who: who, Action: "company.erase_ask", Object: tenantID, Why: why}),
			job.Enqueue(tx, job.Job{Kind: KindTell, Args: Args{Erasure: e.ID}, Unique: e.ID}))
	})
	if err != nil {
		return e, err
	}
	return e, s.plan(ctx, &e) // were this to fail, Plan would do it at the next start
}

// Cancel undoes what has not begun.
func (s *Service) Cancel(ctx context.Context, who, tenantID string) error {
	return s.cfg.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		e, err := open(tx)
		if err != nil {
			return err
		}
		if e.State != Waiting {
			return ErrLate
		}
		now := s.cfg.Clock.Now()
		e.State, e.Ended = Cancelled, now
		return errors.Join(save(tx, &e), tenant.Audit(tx, now, tenant.Entry{Who: who, Action: "company.erase_cancel", Object: tenantID}),
			job.Enqueue(tx, job.Job{Kind: KindTell, Args: Args{Erasure: e.ID}, Unique: e.ID + " cancelled"}))
	})
}

// Open is what is asked for of a company, or [store.ErrNotFound].
func (s *Service) Open(ctx context.Context, tenantID string) (e Erasure, err error) {
	err = s.cfg.Store.Read(ctx, tenantID, func(tx *store.Tx) (err error) { e, err = open(tx); return err })
	return e, err
}

// Get is one by its id, or [store.ErrNotFound].
func (s *Service) Get(ctx context.Context, id string) (e Erasure, err error) {
	err = s.cfg.Store.GlobalRead(ctx, func(tx *store.GlobalTx) (err error) { e, err = byID(tx, id); return err })
	return e, err
}

// List lists all, the newest first.
func (s *Service) List(ctx context.Context) (all []Erasure, err error) {
	err = s.cfg.Store.GlobalRead(ctx, func(tx *store.GlobalTx) (err error) { all, err = list(tx); return err })
	return all, err
}

// Plan has what is asked for done in its time; it is called when a process starts.
func (s *Service) Plan(ctx context.Context) error {
	all, err := s.List(ctx)
	for i := range all {
		if e := &all[i]; e.State == Waiting || e.State == Running || e.State == Done {
			err = errors.Join(err, s.plan(ctx, e))
		}
	}
	return err
}

func (s *Service) plan(ctx context.Context, e *Erasure) error {
	return s.cfg.Store.Write(ctx, tenant.House, func(tx *store.Tx) error {
		return job.Enqueue(tx, job.Job{Kind: KindRun, Args: Args{Erasure: e.ID}, RunAt: e.Due, Unique: e.ID})
	})
}

// TidyKept deletes what law does not ask to keep any more; it returns how many rows went.
func (s *Service) TidyKept(ctx context.Context) (n int64, err error) {
	err = s.cfg.Store.Global(ctx, func(tx *store.GlobalTx) (err error) { n, err = tidy(tx, s.cfg.Clock.Now()); return err })
	return n, err
}

// encode is JSON of our own types, which cannot fail.
func encode(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}
