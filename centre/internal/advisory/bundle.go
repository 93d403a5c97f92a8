package advisory

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	content "otasuke/content/advisory"
	"otasuke/internal/ja"
	"otasuke/internal/outward"
)

const (
	// KindFetch brings a new bundle of advisories.
	KindFetch = "advisory.fetch"
	// fetchEvery: makers announce within days, and a bundle that nobody changed costs one small question.
	fetchEvery = 6 * time.Hour
	// patience with a whole bundle.
	patience = 2 * time.Minute
	// maxFault of what is kept of why none was taken.
	maxFault = 300
)

// Errors of bundles, besides those of content.
var (
	// ErrOld: a newer one, or this one, was taken already.
	ErrOld = errors.New("advisory: this bundle is not newer than the last one")
	// ErrOver: its time is over; somebody may be keeping a newer one from us.
	ErrOver = errors.New("advisory: the time of this bundle is over")
	// ErrFetch: its address does not answer with it.
	ErrFetch = errors.New("advisory: the bundle cannot be fetched")
)

// Source says who signs bundles of advisories, and where they lie; without keys none is taken.
type Source struct {
	URL     string // "" for none: they are brought by hand
	Keys    []ed25519.PublicKey
	Private bool // the address may lie in a private network
}

// Taken is the last bundle, and what became of the last attempt to fetch one.
type Taken struct {
	Serial      int64
	Until       string // a day
	By          string
	At          time.Time
	Drafts      int
	Fault       string
	FaultAt     time.Time
	Automatical bool // there is an address
}

// Trusts tells that bundles can be taken at all.
func (s *Service) Trusts() bool { return len(s.Source.Keys) > 0 }

// TakeBundle leaves the advisories of a signed bundle as drafts for an operator; n are new or newer. What was published is not
// changed: a newer text of it is a draft of its own, named by its version. Of two at once one is [ErrOld].
func (s *Service) TakeBundle(ctx context.Context, who string, data []byte) (n int, err error) {
	b, err := content.OpenBundle(data, s.Source.Keys)
	if err != nil {
		return 0, err
	}
	now := s.Clock.Now()
	if b.Until < now.In(ja.Zone).Format(time.DateOnly) {
		return 0, fmt.Errorf("%w: %s", ErrOver, b.Until)
	}
	err = s.Store.Write(ctx, tenant.House, func(tx *store.Tx) error {
		n = 0
		newer, err := advance(tx, &b, who, now)
		if err != nil {
			return err
		}
		if !newer {
			return fmt.Errorf("%w: %d", ErrOld, b.Serial)
		}
		for i := range b.Rules {
			put, err := s.putSigned(tx, b.Rules[i], now)
			if err != nil {
				return err
			}
			n += int(put)
		}
		if err := counted(tx, n); err != nil {
			return err
		}
		return tenant.Audit(tx, now, tenant.Entry{Who: who, Action: "advisory.bundle", Object: strconv.FormatInt(b.Serial, 10)})
	})
	return n, err
}

// putSigned keeps one as a draft.
func (s *Service) putSigned(tx *store.Tx, r content.Rule, now time.Time) (int64, error) {
	was, err := selectAdvisory(tx, r.ID)
	switch {
	case errors.Is(err, store.ErrNotFound):
	case err != nil:
		return 0, err
	case was.State != Draft && was.Version >= r.Version:
		return 0, nil
	case was.State != Draft:
		r.ID = fmt.Sprintf("%s-v%d", r.ID, r.Version)
		if r.Check() != nil { // the longest ids only
			return 0, nil
		}
	}
	return putDraft(tx, &Advisory{Rule: r, MadeBy: "system:bundle", Made: now}, false)
}

// Bundle is the last one that was taken; zero when there was none.
func (s *Service) Bundle(ctx context.Context) (t Taken, err error) {
	err = s.Store.Read(ctx, tenant.House, func(tx *store.Tx) (err error) { t, err = selectTaken(tx); return err })
	if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	t.Automatical = s.Source.URL != "" && s.Trusts()
	return t, err
}

// planFetch leaves the job of the next time.
func (s *Service) planFetch(ctx context.Context) error {
	if s.Source.URL == "" || !s.Trusts() {
		return nil
	}
	at := s.Clock.Now().Truncate(fetchEvery).Add(fetchEvery)
	return s.Store.Write(ctx, tenant.House, func(tx *store.Tx) error {
		return job.Enqueue(tx, job.Job{Kind: KindFetch, Args: struct{}{}, RunAt: at, Unique: at.UTC().Format(time.RFC3339)})
	})
}

// HandleFetch fetches the bundle. What is wrong with it is kept for the desk to see, and asked again next time.
func (s *Service) HandleFetch(ctx context.Context, _ string, _ json.RawMessage) error {
	if err := s.planFetch(ctx); err != nil {
		return err
	}
	data, err := s.fetch(ctx)
	if err == nil {
		_, err = s.TakeBundle(ctx, "system:bundle", data)
	}
	if errors.Is(err, ErrOld) {
		err = nil // nothing new
	}
	said := ""
	for _, known := range []error{ErrFetch, ErrOver, content.ErrBundle, content.ErrSigned, content.ErrRule} {
		if errors.Is(err, known) {
			said, err = err.Error(), nil
		}
	}
	if r := []rune(said); len(r) > maxFault {
		said = string(r[:maxFault])
	}
	if err != nil {
		return err
	}
	return s.Store.Write(ctx, tenant.House, func(tx *store.Tx) error { return faulted(tx, said, s.Clock.Now()) })
}

func (s *Service) fetch(ctx context.Context) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Source.URL, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFetch, err)
	}
	r.Header.Set("User-Agent", "Otasuke")
	resp, err := outward.Client(patience, s.Source.Private).Do(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFetch, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%w: %d", ErrFetch, resp.StatusCode)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, content.MaxBundle+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFetch, err)
	}
	return data, nil
}
