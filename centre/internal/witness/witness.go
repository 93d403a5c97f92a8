package witness

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/internal/clock"
)

// ErrChanged tells that a record is not as it was kept elsewhere.
var ErrChanged = errors.New("witness: an audit record was changed")

// reader is who reads across companies, and why.
const (
	reader = "system:witness"
	why    = "how audit records end"
)

// Chain is one company's record; the provider's own house is one.
type Chain struct {
	Company string `json:"company"`
	Entries int64  `json:"entries"`
	Head    string `json:"head"`            // hash of the last entry
	Fault   string `json:"fault,omitempty"` // why it does not add up
}

// Report is what to keep elsewhere.
type Report struct {
	At     time.Time `json:"at"`
	Digest string    `json:"digest"` // of all chains, in one line of a log
	Chains []Chain   `json:"chains"`
}

// Faults are those of all chains.
func (r *Report) Faults() (all []string) {
	for _, c := range r.Chains {
		if c.Fault != "" {
			all = append(all, c.Company+": "+c.Fault)
		}
	}
	return all
}

// Config of [New]; all but clock and log is needed.
type Config struct {
	Store  *store.Store
	Verify func(ctx context.Context, tenantID string) (entries int64, head string, err error) // tenant.Service.VerifyAudit
	Clock  clock.Clock                                                                        // the machine's when nil
	Log    *slog.Logger                                                                       // of the program; none when nil
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

// Look verifies every record. A chain that does not add up is told of in it and is no error.
func (s *Service) Look(ctx context.Context) (r Report, err error) {
	var ids []string
	if err := s.cfg.Store.AsOperator(ctx, reader, why, func(tx *store.AllTx) (err error) { ids, err = tenants(tx); return err }); err != nil {
		return r, err
	}
	r.At = s.cfg.Clock.Now().UTC()
	sum := sha256.New()
	for _, id := range ids {
		c := Chain{Company: id}
		var broken error
		if c.Entries, c.Head, broken = s.cfg.Verify(ctx, id); ctx.Err() != nil {
			return r, ctx.Err()
		}
		if broken != nil {
			c.Fault = broken.Error()
		}
		r.Chains = append(r.Chains, c)
		_, _ = fmt.Fprintf(sum, "%s %d %s\n", c.Company, c.Entries, c.Head) // never fails
	}
	r.Digest = hex.EncodeToString(sum.Sum(nil))
	return r, nil
}

// Against looks whether every record goes on from how it was: [ErrChanged] names those that do not. Entries that were let go since, as too
// old, cannot be compared; a company that was deleted has no record any more and is named.
func (s *Service) Against(ctx context.Context, before *Report) error {
	var all []error
	for _, c := range before.Chains {
		var hash string
		var gone bool
		if err := s.cfg.Store.Read(ctx, c.Company, func(tx *store.Tx) (err error) { hash, gone, err = hashAt(tx, c.Entries); return err }); err != nil {
			return err
		}
		switch {
		case gone:
		case hash == "":
			all = append(all, fmt.Errorf("%w: %s has no entry %d any more", ErrChanged, c.Company, c.Entries))
		case hash != c.Head:
			all = append(all, fmt.Errorf("%w: entry %d of %s is another", ErrChanged, c.Entries, c.Company))
		}
	}
	return errors.Join(all...)
}

// Ask is [Service.Look], after [Service.Against] what a file has of it, when one is named.
func (s *Service) Ask(ctx context.Context, file string) (Report, error) {
	if file != "" {
		data, err := os.ReadFile(file)
		if err != nil {
			return Report{}, fmt.Errorf("witness: %w", err)
		}
		var before Report
		if err := json.Unmarshal(data, &before); err != nil {
			return Report{}, fmt.Errorf("witness: %s: %w", file, err)
		}
		if err := s.Against(ctx, &before); err != nil {
			return Report{}, err
		}
	}
	return s.Look(ctx)
}

// After does a job, that of the nightly backup, and then writes into the log of the program, which another machine may keep, how the
// records end.
func (s *Service) After(do job.Handler) job.Handler {
	return func(ctx context.Context, tenantID string, raw json.RawMessage) error {
		if err := do(ctx, tenantID, raw); err != nil {
			return err
		}
		r, err := s.Look(ctx)
		if err != nil {
			return err
		}
		s.cfg.Log.Info("audit records", "companies", len(r.Chains), "digest", r.Digest)
		for _, fault := range r.Faults() {
			s.cfg.Log.Error("an audit record does not add up", "company", fault)
		}
		return nil
	}
}
