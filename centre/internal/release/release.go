package release

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"net/http"
	"slices"
	"sync"
	"time"

	"otasuke/centre/internal/job"
	"otasuke/centre/internal/release/repo"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/clock"
	"otasuke/wire"
)

const (
	// heard is how long ago a box may have been heard of that counts for a wave.
	heard = 15 * time.Minute
	// goOn is the share of a wave's boxes that must be well before the next one, worse that of
	// boxes that are not, past which a release stops; in the first wave one is enough. Percent.
	goOn, worse = 90, 2
	// fresh is how long what was read of releases is used for heartbeats.
	fresh = 2 * time.Second
	// look is how often waves are looked at.
	look = time.Minute
	// shown releases are listed.
	shown = 50
	// system is who reads across companies here.
	system = "system:release"
)

// Waits are how long a wave lasts at least; a box needs five minutes for its trial.
type Waits struct{ Content, Program time.Duration }

// Usual waits.
var Usual = Waits{Content: time.Hour, Program: 24 * time.Hour}

// Words are what people call the kinds of bundles, as keys of the catalogue.
var Words = map[string]string{wire.BundleRules: "console.bundle_rules", wire.BundleLists: "console.bundle_lists", wire.BundleApplications: "console.bundle_applications",
	wire.BundleVirus: "console.bundle_virus", wire.BundleProgram: "console.bundle_program"}

// shares of the waves in thousandths; the first is one box.
var shares = [...]int{0, 10, 100, 1000}

// KindStopped is the job that tells the staff of a release that has stopped by itself.
const KindStopped = "release.stopped"

// StoppedArgs say which one, and how many boxes were well and not.
type StoppedArgs struct {
	Kind    string `json:"kind"`
	Version int64  `json:"version"`
	Well    int    `json:"well"`
	Bad     int    `json:"bad"`
	Person  string `json:"person,omitempty"` // who is told; empty for all
}

// ErrNone tells that there is no such release.
var ErrNone = errors.New("release: there is no such release")

//go:embed migrate
var migrations embed.FS

// Schema is the tables of this package; they point to those of tenant.
func Schema() store.Schema { return store.Sub("release", migrations) }

// Release is one bundle on its way.
type Release struct {
	Kind    string    `json:"kind"`
	Version int64     `json:"version"`
	Made    time.Time `json:"made"`
	Urgent  bool      `json:"urgent,omitempty"`
	Note    string    `json:"note"`
	Wave    int       `json:"wave"` // from 0 to 3
	WaveAt  time.Time `json:"wave_since"`
	Boxes   int       `json:"boxes"` // that the wave was made for
	Stopped bool      `json:"stopped"`
	Why     string    `json:"why,omitempty"`
	// States counts boxes by what became of it, with the words of package wire.
	States map[string]int `json:"states"`

	upto int64
}

// Config says what the service works with.
type Config struct {
	Store *store.Store
	Repo  *repo.Repo
	Waits Waits
	Clock clock.Clock
	Log   *slog.Logger
}

// Service is safe for concurrent use.
type Service struct {
	cfg Config

	mu   sync.Mutex
	read time.Time
	now  []Release
}

// New makes the service. Its tables must have been migrated.
func New(cfg Config) *Service {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Waits == (Waits{}) {
		cfg.Waits = Usual
	}
	return &Service{cfg: cfg}
}

// place of a box in the order of a release: from 0 to the largest number.
func place(boxID, kind string, version int64) int64 {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d %s", kind, version, boxID))
	return int64(binary.BigEndian.Uint64(sum[:]) >> 1)
}

// Add makes files a bundle and begins its first wave. The key of programs is the file key.
func (s *Service) Add(ctx context.Context, b *Bundle, key string) (r Release, err error) {
	data, note, err := b.pack()
	if err != nil {
		return r, err
	}
	now := s.cfg.Clock.Now()
	r = Release{Kind: b.Kind, Made: now, WaveAt: now, Urgent: b.Urgent, Note: note, Wave: -1, upto: -1}
	if err := s.cfg.Store.GlobalRead(ctx, func(tx *store.GlobalTx) (err error) {
		r.Version, err = last(tx, b.Kind)
		return err
	}); err != nil {
		return r, err
	}
	day := int64(now.UTC().Year()*10_000+int(now.UTC().Month())*100+now.UTC().Day()) * 100
	for r.Version = max(r.Version, day) + 1; ; r.Version++ {
		err := s.cfg.Repo.Add(ctx, b.name(r.Version), data, key)
		if err == nil {
			break
		}
		if !errors.Is(err, repo.ErrTaken) { // by somebody at the same time, or one that was cut short
			return r, err
		}
	}
	if err := s.cfg.Store.Global(ctx, func(tx *store.GlobalTx) error { return insert(tx, &r) }); err != nil {
		return r, err
	}
	return r, s.begin(ctx, &r)
}

// begin begins the next wave with the boxes that are there.
func (s *Service) begin(ctx context.Context, r *Release) error {
	now := s.cfg.Clock.Now()
	var there []string
	if err := s.cfg.Store.AsOperator(ctx, system, "the boxes of a wave", func(tx *store.AllTx) (err error) {
		there, err = boxes(tx, now.Add(-heard))
		return err
	}); err != nil {
		return err
	}
	if len(there) == 0 {
		return nil // nobody to try it on: not at once on all when they come
	}
	places := make([]int64, len(there))
	for i, id := range there {
		places[i] = place(id, r.Kind, r.Version)
	}
	slices.Sort(places)
	before := r.Wave
	r.Wave, r.WaveAt = before+1, now
	n := min(max((len(places)*shares[r.Wave]+999)/1000, r.Wave+1), len(places)) // each wave is one more at least
	if r.Boxes, r.upto = n, math.MaxInt64; r.Wave < len(shares)-1 {
		r.upto = places[n-1]
	}
	return s.cfg.Store.Global(ctx, func(tx *store.GlobalTx) error {
		_, err := setWave(tx, r, before)
		return err
	})
}

// Wanted are the bundles whose wave has come for a box: the newest of each kind that is let
// out to it.
func (s *Service) Wanted(ctx context.Context, boxID string) (out []wire.BundleWanted, err error) {
	list, err := s.current(ctx)
	if err != nil {
		return nil, err
	}
	done := map[string]bool{}
	for i := range list { // the newest first
		r := &list[i]
		if done[r.Kind] || r.Stopped || r.upto < 0 || place(boxID, r.Kind, r.Version) > r.upto {
			continue
		}
		done[r.Kind] = true
		out = append(out, wire.BundleWanted{Kind: r.Kind, Version: r.Version, Now: r.Urgent})
	}
	return out, nil
}

// current are the newest releases, as they were a moment ago.
func (s *Service) current(ctx context.Context) ([]Release, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.cfg.Clock.Now(); s.read.IsZero() || now.Sub(s.read) > fresh || now.Before(s.read) {
		if err := s.cfg.Store.GlobalRead(ctx, func(tx *store.GlobalTx) (err error) {
			s.now, err = newest(tx, shown)
			return err
		}); err != nil {
			return nil, err
		}
		s.read = now
	}
	return s.now, nil
}

// Ready says whether there are keys to sign with.
func (s *Service) Ready() bool { return s.cfg.Repo.Ready() }

// patience is how long a release may take before another of its kind overtakes it.
const patience = 24 * time.Hour

// Moving says whether a release of the kind is on its way to boxes.
func (s *Service) Moving(ctx context.Context, kind string) (bool, error) {
	list, err := s.current(ctx)
	if err != nil {
		return false, err
	}
	for i := range list { // the newest first
		if r := &list[i]; r.Kind == kind {
			return !r.Stopped && r.Wave >= 0 && r.Wave < len(shares)-1 && s.cfg.Clock.Now().Sub(r.Made) < patience, nil
		}
	}
	return false, nil
}

// ServeHTTP serves the repository.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.cfg.Repo.ServeHTTP(w, r) }

// Tell keeps what a box says became of its bundles; it says the same every minute.
func (s *Service) Tell(tx *store.Tx, boxID string, all []wire.BundleState) error {
	for i := range all {
		if err := keepState(tx, boxID, &all[i], s.cfg.Clock.Now()); err != nil {
			return err
		}
	}
	return nil
}

// List lists the newest releases with the states of boxes. who looks, and why, is written down.
func (s *Service) List(ctx context.Context, who, why string) (list []Release, err error) {
	if err := s.cfg.Store.GlobalRead(ctx, func(tx *store.GlobalTx) (err error) {
		list, err = newest(tx, shown)
		return err
	}); err != nil {
		return nil, err
	}
	return list, s.cfg.Store.AsOperator(ctx, who, why, func(tx *store.AllTx) (err error) {
		for i := range list {
			if list[i].States, err = states(tx, list[i].Kind, list[i].Version); err != nil {
				return err
			}
		}
		return nil
	})
}

// Stop keeps a release from boxes that do not have it yet; Go lets it go on.
func (s *Service) Stop(ctx context.Context, kind string, version int64, why string) error {
	return s.setStopped(ctx, kind, version, true, why)
}

// Go lets a release go on.
func (s *Service) Go(ctx context.Context, kind string, version int64) error {
	return s.setStopped(ctx, kind, version, false, "")
}

func (s *Service) setStopped(ctx context.Context, kind string, version int64, stopped bool, why string) error {
	s.mu.Lock()
	s.read = time.Time{}
	s.mu.Unlock()
	return s.cfg.Store.Global(ctx, func(tx *store.GlobalTx) error {
		n, err := setStopped(tx, kind, version, stopped, why)
		if err == nil && n == 0 {
			err = fmt.Errorf("%w: %s %d, or it is so already", ErrNone, kind, version)
		}
		return err
	})
}

// Run looks after waves and signatures until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		if s.cfg.Repo.Ready() {
			if err := errors.Join(s.cfg.Repo.Renew(), s.Advance(ctx)); err != nil && ctx.Err() == nil {
				s.cfg.Log.Error("bundles", "err", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Advance looks at each release that is on its way: it stops, goes on, or waits.
func (s *Service) Advance(ctx context.Context) error {
	var list []Release
	if err := s.cfg.Store.GlobalRead(ctx, func(tx *store.GlobalTx) (err error) {
		list, err = newest(tx, shown)
		return err
	}); err != nil {
		return err
	}
	seen := map[string]bool{}
	list = slices.DeleteFunc(list, func(r Release) bool { // what is superseded goes no further
		old := seen[r.Kind]
		seen[r.Kind] = seen[r.Kind] || !r.Stopped
		return old || r.Stopped || r.Wave == len(shares)-1 && s.cfg.Clock.Now().Sub(r.WaveAt) > s.wait(r.Kind)+heard
	})
	if len(list) == 0 {
		return nil
	}
	if err := s.cfg.Store.AsOperator(ctx, system, "how a release goes", func(tx *store.AllTx) (err error) {
		for i := range list {
			if list[i].States, err = states(tx, list[i].Kind, list[i].Version); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	var errs []error
	for i := range list {
		errs = append(errs, s.advance(ctx, &list[i]))
	}
	return errors.Join(errs...)
}

func (s *Service) wait(kind string) time.Duration {
	if kind == wire.BundleProgram {
		return s.cfg.Waits.Program
	}
	return s.cfg.Waits.Content
}

func (s *Service) advance(ctx context.Context, r *Release) error {
	well, bad := r.States[wire.BundleActive], r.States[wire.BundleReturned]+r.States[wire.BundleRefused]
	switch {
	case bad > 0 && (r.Wave == 0 || bad*100 > worse*max(r.Boxes, well+bad)):
		why := fmt.Sprintf("%d of %d boxes went back or refused it", bad, well+bad)
		s.cfg.Log.Error("a release has stopped by itself", "kind", r.Kind, "version", r.Version, "why", why, "states", fmt.Sprint(slices.Sorted(maps.Keys(r.States))))
		if err := s.cfg.Store.Write(ctx, tenant.House, func(tx *store.Tx) error {
			return job.Enqueue(tx, job.Job{Kind: KindStopped, Args: StoppedArgs{Kind: r.Kind, Version: r.Version, Well: well, Bad: bad}, Unique: fmt.Sprint(r.Kind, " ", r.Version)})
		}); err != nil {
			return err
		}
		return s.Stop(ctx, r.Kind, r.Version, why)
	case r.Wave < 0:
		return s.begin(ctx, r) // when it was made no box was there
	case r.Wave == len(shares)-1 || s.cfg.Clock.Now().Sub(r.WaveAt) < s.wait(r.Kind):
		return nil
	case well*100 < goOn*r.Boxes:
		return nil // not enough are well yet
	}
	return s.begin(ctx, r)
}
