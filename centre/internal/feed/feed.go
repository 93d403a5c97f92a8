package feed

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"otasuke/centre/internal/release"
	"otasuke/centre/internal/store"
	"otasuke/internal/clock"
)

const (
	// look is how often it is looked which sources are due.
	look = time.Minute
	// lease is how long a process may take for a source or a bundle before another tries.
	lease = time.Hour
	// again is when one that failed is asked again.
	again = 30 * time.Minute
	// maxTrouble bounds what is kept of an error.
	maxTrouble = 300
)

//go:embed migrate
var migrations embed.FS

// Schema is the tables of this package.
func Schema() store.Schema { return store.Sub("feed", migrations) }

// Releases let bundles out; release.Service is one.
type Releases interface {
	Ready() bool
	// Moving says whether a release of the kind is on its way to boxes.
	Moving(ctx context.Context, kind string) (bool, error)
	Add(ctx context.Context, b *release.Bundle, key string) (release.Release, error)
}

// Config says what the service works with.
type Config struct {
	Store    *store.Store
	Releases Releases
	Sources  []Source // checked
	// Dir keeps the files of sources.
	Dir string
	// Try tries the files of a bundle as boxes do.
	Try func(ctx context.Context, kind, dir string) error
	// Transport reaches the sources. Default: the net.
	Transport http.RoundTripper
	Clock     clock.Clock
	Log       *slog.Logger
}

// Service is safe for concurrent use by several processes on one database and folder.
type Service struct {
	cfg    Config
	client *http.Client
}

// New makes the service. Its tables must have been migrated.
func New(cfg Config) *Service {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{cfg: cfg, client: client(cfg.Transport)}
}

// Run fetches what is due until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	if len(s.cfg.Sources) == 0 {
		<-ctx.Done()
		return nil
	}
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		if err := s.Once(ctx); err != nil && ctx.Err() == nil {
			s.cfg.Log.Error("feeds", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Once fetches what is due, and lets out what is new.
func (s *Service) Once(ctx context.Context) error {
	var errs []error
	for i := range s.cfg.Sources {
		if err := s.source(ctx, &s.cfg.Sources[i]); err != nil {
			errs = append(errs, err)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return errors.Join(append(errs, s.make(ctx))...)
}

// Now makes every source due, and has what failed its trial tried again.
func (s *Service) Now(ctx context.Context) error {
	return s.cfg.Store.Global(ctx, due)
}

// source fetches one source if it is due. What is wrong with it is kept beside it; the error is
// about our own side.
func (s *Service) source(ctx context.Context, src *Source) error {
	now := s.cfg.Clock.Now()
	var r row
	var mine int64
	err := s.cfg.Store.Global(ctx, func(tx *store.GlobalTx) (err error) {
		r, mine, err = claim(tx, src, now, now.Add(lease))
		return err
	})
	if err != nil || mine == 0 {
		return err
	}
	before := r
	err = s.fetch(ctx, src, &r)
	if ctx.Err() != nil { // we are being stopped: nothing to say about the source
		r, err = before, nil
		r.Next = now
		ctx = context.WithoutCancel(ctx)
	} else {
		r.Next, r.Trouble = now.Add(src.Every), ""
	}
	switch {
	case errors.Is(err, errSame):
		r.Fetched = now
	case err != nil:
		r = before
		r.Next, r.Trouble = now.Add(min(again, src.Every)), trouble(err)
		s.cfg.Log.Warn("a source cannot be fetched; what it had is kept", "source", src.Name, "err", err)
	default:
		if r.Fetched = now; r.Digest != before.Digest {
			r.Changed = now
		}
	}
	if err := s.cfg.Store.Global(ctx, func(tx *store.GlobalTx) error { return keep(tx, &r) }); err != nil {
		return err
	}
	if before.Digest != "" && before.Digest != r.Digest {
		_ = os.RemoveAll(s.folder(src.Name, before.Digest))
	}
	return nil
}

func trouble(err error) string {
	text := strings.Join(strings.Fields(err.Error()), " ")
	return strings.ToValidUTF8(text[:min(len(text), maxTrouble)], "")
}

// folder is where the files of a source are.
func (s *Service) folder(name, digest string) string {
	return filepath.Join(s.cfg.Dir, name, digest[:16])
}

// fetch asks a source and keeps its files.
func (s *Service) fetch(ctx context.Context, src *Source, r *row) error {
	home := filepath.Join(s.cfg.Dir, src.Name)
	if err := os.MkdirAll(home, 0o755); err != nil {
		return err
	}
	fresh, err := os.MkdirTemp(home, "new-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(fresh)
	root, err := os.OpenRoot(fresh) // no name leads out of it
	if err != nil {
		return err
	}
	defer root.Close()
	t := taker{src: src, root: root, left: maxUnpacked}
	if own, ok := strings.CutPrefix(src.URL, "file://"); ok {
		err = t.local(own)
	} else {
		err = s.remote(ctx, &t, home, r)
	}
	switch {
	case err != nil:
		return err
	case len(t.sums) == 0:
		return fmt.Errorf("no file in it counts: %s", strings.Join(src.Files, ", "))
	case t.count < int64(src.Least):
		return fmt.Errorf("it has %d entries, fewer than the %d that the configuration expects", t.count, src.Least)
	case src.Least == 0 && t.count*2 < r.Entries:
		return fmt.Errorf("it has %d entries and had %d: if that is right, set least for it", t.count, r.Entries)
	}
	digest := t.digest()
	if digest == r.Digest {
		return errSame
	}
	to := s.folder(src.Name, digest)
	if err := os.RemoveAll(to); err != nil { // of an attempt that was cut short before it was written down
		return err
	}
	if err := os.Rename(fresh, to); err != nil {
		return err
	}
	r.Digest, r.Entries = digest, t.count
	return nil
}

func (s *Service) remote(ctx context.Context, t *taker, home string, r *row) error {
	f, err := os.CreateTemp(home, "get-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if err := download(ctx, s.client, t.src, r, f); err != nil {
		return err
	}
	size, err := f.Seek(0, 2)
	if err != nil {
		return err
	}
	if _, err := f.Seek(0, 0); err != nil {
		return err
	}
	return t.unpack(f, size)
}

// State is how a source is, for people.
type State struct {
	Source  Source    `json:"source"`
	Entries int64     `json:"entries"`
	Fetched time.Time `json:"fetched"` // asked last with success
	Changed time.Time `json:"changed"` // had something new
	Next    time.Time `json:"next"`
	Trouble string    `json:"trouble,omitempty"`
}

// Made is what became of the files of all sources of a kind.
type Made struct {
	Kind    string    `json:"kind"`
	Version int64     `json:"version"` // of the last release made of them, 0 for none
	At      time.Time `json:"at"`
	Trouble string    `json:"trouble,omitempty"`
}

// List says how all sources are, and what was made of them.
func (s *Service) List(ctx context.Context) (list []State, made []Made, err error) {
	err = s.cfg.Store.GlobalRead(ctx, func(tx *store.GlobalTx) error {
		all, err := rows(tx)
		if err != nil {
			return err
		}
		known := map[string]row{}
		for _, r := range all {
			known[r.Name] = r
		}
		kinds := map[string]bool{}
		for _, src := range s.cfg.Sources {
			r := known[src.Name]
			list, kinds[src.Kind] = append(list, State{src, r.Entries, r.Fetched, r.Changed, r.Next, r.Trouble}), true
		}
		done, err := bundles(tx)
		for kind, b := range done {
			if kinds[kind] {
				made = append(made, Made{kind, b.Version, b.At, b.Trouble})
			}
		}
		return err
	})
	return list, made, err
}
