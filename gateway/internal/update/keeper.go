package update

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"otasuke/gateway/internal/update/unpack"
	"otasuke/wire"
)

const (
	// stepEvery is how often the keeper looks whether there is something to do.
	stepEvery = 2 * time.Second
	// retryFirst and retryMax bound the wait after something failed.
	retryFirst = time.Minute
	retryMax   = time.Hour
	// checkEvery is how often the centre is asked what the keys say though nothing is wanted: one
	// that only keeps silent would keep us at what is old.
	checkEvery = 6 * time.Hour
)

// Standing and Moving are the notes of health that updates are standing still, and no longer.
const (
	Standing = "updates-standing"
	Moving   = "updates-moving"
)

// Config of a keeper. Functions are called one at a time, but for Minute, which only Apply does not go along with.
type Config struct {
	// StateDir is the box's; bundles lie in [Folder] of it.
	StateDir string
	// RootFile has the root of trust; "" to take the centre's first one and to stay with it.
	RootFile string
	// Hours is when programs are changed.
	Hours Hours
	// Check tries what lies in dir; an error refuses it for good.
	Check func(ctx context.Context, kind, dir string) error
	// Apply makes use of what state.json names now.
	Apply func(kind string)
	// Minute is called each minute, for what changes by itself beside bundles; nil for nobody.
	Minute func()
	// Note tells people, in a key of health.
	Note func(string)
	Log  *slog.Logger

	step func(string) // before each thing that changes the disk; for tests
}

// Keeper keeps bundles current. Nil takes what it is told and does nothing.
type Keeper struct {
	cfg    Config
	folder string
	arch   string
	trust  trust
	fetch  Fetch

	using sync.Mutex // held while what is in use is changed

	mu       sync.Mutex
	state    *State
	wanted   map[string]wire.BundleWanted
	waits    map[string]string // why a wanted kind is not fetched yet
	attempt  map[string]attempt
	watch    *watch
	figures  Figures
	heard    bool
	checked  time.Time
	standing bool
	problem  string
}

// attempt that failed.
type attempt struct {
	next  time.Time
	delay time.Duration
}

// New opens the folder; the box goes on without bundles after an error.
func New(cfg Config) (*Keeper, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.step == nil {
		cfg.step = func(string) {}
	}
	k := &Keeper{cfg: cfg, folder: Folder(cfg.StateDir), arch: runtime.GOOS + "-" + runtime.GOARCH,
		wanted: map[string]wire.BundleWanted{}, waits: map[string]string{}, attempt: map[string]attempt{}}
	if err := os.MkdirAll(k.folder, 0o755); err != nil {
		return nil, fmt.Errorf("update: %w", err)
	}
	var root []byte
	var err error
	if cfg.RootFile != "" {
		if root, err = os.ReadFile(cfg.RootFile); err != nil {
			return nil, fmt.Errorf("update: root of trust: %w", err)
		}
	}
	if k.state, err = load(k.folder); err != nil {
		cfg.Log.Error("what bundles are in use is not known any more: what came with the program is", "err", err)
	}
	if err := k.state.tidy(k.folder); err != nil {
		cfg.Log.Warn("bundles that are over cannot be removed", "err", err)
	}
	for name, kind := range k.state.Kinds {
		if kind.Trial != nil {
			k.watch = &watch{kind: name, version: kind.Active, base: kind.Trial.Base, since: time.Now()}
		}
	}
	k.trust = trust{folder: k.folder, root: root, now: time.Now, step: cfg.step, fetch: func(ctx context.Context, path string) (body io.ReadCloser, err error) {
		k.mu.Lock()
		f := k.fetch
		k.mu.Unlock()
		if f == nil {
			return nil, errors.New("update: the centre is not reached yet")
		}
		return f(ctx, path)
	}}
	return k, nil
}

// Reach sets how the centre is reached.
func (k *Keeper) Reach(f Fetch) {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.fetch = f
}

// Want takes the answer to a heartbeat.
func (k *Keeper) Want(list []wire.BundleWanted) {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.heard = true
	clear(k.wanted)
	for _, w := range list {
		if wire.ValidBundleKind(w.Kind) && w.Version > 0 {
			k.wanted[w.Kind] = w
		}
	}
}

// Saw takes the engine's figures.
func (k *Keeper) Saw(f Figures) {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.watch != nil {
		k.watch.sees(f, time.Now())
	}
	k.figures = f
}

// Died takes that the engine ended.
func (k *Keeper) Died() {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if w := k.watch; w != nil && w.bad == "" && w.kind != wire.BundleVirus {
		w.bad = "the engine ended"
	}
}

// Tell is the state for a heartbeat.
func (k *Keeper) Tell() (list []wire.BundleState) {
	if k == nil {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, name := range kinds {
		s, w := k.state.Kinds[name], k.wanted[name]
		b := wire.BundleState{Kind: name}
		if s != nil && s.Word != "" {
			b = wire.BundleState{Kind: name, Version: s.Version, State: s.Word, Active: s.Active, Reason: s.Reason}
		}
		if k.due(name) && b.Version != w.Version {
			reason := k.waits[name]
			if reason == "" {
				reason = k.problem
			}
			b.Version, b.State, b.Reason = w.Version, wire.BundleWaiting, short(reason)
		} else if k.standing && b.State == wire.BundleActive {
			b.Reason = short(k.problem)
		}
		if b.State != "" {
			list = append(list, b)
		}
	}
	return list
}

// due tells that a wanted version is a new one. Called with mu held.
func (k *Keeper) due(kind string) bool {
	w, s := k.wanted[kind], k.state.Kinds[kind]
	return w.Version > 0 && (s == nil || w.Version > s.Floor && w.Version != s.Active)
}

// Run works until ctx ends.
func (k *Keeper) Run(ctx context.Context) {
	if k == nil {
		return
	}
	var others sync.WaitGroup
	defer others.Wait()
	others.Go(func() { k.minutes(ctx) })
	tick := time.NewTicker(stepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			k.work(ctx, now)
		}
	}
}

// minutes goes on while a bundle is fetched, which may take an hour.
func (k *Keeper) minutes(ctx context.Context) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for k.cfg.Minute != nil {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			k.using.Lock()
			k.cfg.Minute()
			k.using.Unlock()
		}
	}
}

// apply has what state.json names now used.
func (k *Keeper) apply(kind string) {
	k.using.Lock()
	defer k.using.Unlock()
	k.cfg.Apply(kind)
}

// work does what there is to do: one version is tried at a time, so that it is known which was it.
func (k *Keeper) work(ctx context.Context, now time.Time) {
	k.mu.Lock()
	w, heard := k.watch, k.heard
	var ended bool
	var bad string
	if w != nil {
		ended, bad = w.over(now, heard)
	}
	k.mu.Unlock()
	switch {
	case ended && bad != "":
		k.back(w.kind, bad)
	case ended:
		k.confirm(w.kind)
	case w == nil:
		if next, ok := k.next(now); ok {
			k.take(ctx, next, now)
		} else if heard && now.Sub(k.checked) >= checkEvery {
			_, _ = k.refresh(ctx, now)
		}
	}
}

// next is the version whose time has come.
func (k *Keeper) next(now time.Time) (w wire.BundleWanted, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, kind := range kinds {
		w := k.wanted[kind]
		if !k.due(kind) || now.Before(k.attempt[kind].next) {
			continue
		}
		if kind == wire.BundleProgram && !w.Now && !k.cfg.Hours.Has(now) {
			k.waits[kind] = "for its hour, " + k.cfg.Hours.String()
			continue
		}
		return w, true
	}
	return w, false
}

// refresh asks what the keys say, and tells when updates begin or end to stand still.
func (k *Keeper) refresh(ctx context.Context, now time.Time) (*signed, error) {
	k.checked = now
	s, err := k.trust.refresh(ctx)
	k.mu.Lock()
	before := k.standing
	k.standing = errors.Is(err, ErrExpired) || before && err != nil
	k.problem = ""
	if err != nil {
		k.problem = err.Error()
	}
	after := k.standing
	if s != nil && s.keys != k.state.Keys {
		for _, kind := range k.state.Kinds { // the old keys are not believed any more, nor their numbers
			if k.state.Keys != "" {
				kind.Floor = 0
			}
		}
		k.state.Keys = s.keys
		k.save()
	}
	k.mu.Unlock()
	if after != before {
		if after {
			k.cfg.Log.Error("updates are standing still; protection goes on with what is here", "err", err)
			k.cfg.Note(Standing)
		} else {
			k.cfg.Log.Info("updates go on")
			k.cfg.Note(Moving)
		}
	}
	return s, err
}

// take fetches, verifies, tries and switches to a version.
func (k *Keeper) take(ctx context.Context, w wire.BundleWanted, now time.Time) {
	target := fmt.Sprintf("%s/%d.tar.zst", w.Kind, w.Version)
	if w.Kind == wire.BundleProgram {
		target = fmt.Sprintf("%s/%s/%d.tar.zst", w.Kind, k.arch, w.Version)
	}
	err := k.prepare(ctx, w, target, now)
	if err == nil {
		err = k.change(w)
	}
	if ctx.Err() != nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if err == nil {
		delete(k.attempt, w.Kind)
		delete(k.waits, w.Kind)
		return
	}
	a := k.attempt[w.Kind]
	a.delay = min(max(2*a.delay, retryFirst), retryMax)
	if errors.Is(err, errUnfit) {
		a.delay = 24 * time.Hour // the same bytes stay what they are; another program may see them otherwise
	}
	a.next = now.Add(a.delay)
	k.attempt[w.Kind] = a
	k.waits[w.Kind] = err.Error()
	k.cfg.Log.Warn("a bundle is not taken", "kind", w.Kind, "version", w.Version, "err", err, "again", a.delay)
	if errors.Is(err, ErrTrust) || errors.Is(err, errUnfit) {
		s := k.state.kind(w.Kind)
		s.Version, s.Word, s.Reason = w.Version, wire.BundleRefused, short(err.Error())
		k.save()
	}
}

// errUnfit: signed, and even so not usable here.
var errUnfit = errors.New("update: it cannot be used")

// prepare has the version whole and tried on the disk.
func (k *Keeper) prepare(ctx context.Context, w wire.BundleWanted, target string, now time.Time) error {
	s, err := k.refresh(ctx, now)
	if err != nil {
		return err
	}
	place := dir(k.folder, w.Kind, w.Version)
	outer := filepath.Dir(place)
	k.cfg.step("kind")
	if err := os.MkdirAll(outer, 0o755); err != nil {
		return fmt.Errorf("update: %w", err)
	}
	file, fresh := filepath.Join(outer, "unverified"), filepath.Join(outer, "new")
	defer os.Remove(file)
	if err := k.trust.download(ctx, s, target, file); err != nil {
		return err
	}
	if err := errors.Join(os.RemoveAll(fresh), os.RemoveAll(place)); err != nil { // left by a cut
		return fmt.Errorf("update: %w", err)
	}
	defer os.RemoveAll(fresh)
	f, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("update: %w", err)
	}
	err = unpack.To(fresh, f, k.cfg.step)
	f.Close()
	if errors.Is(err, unpack.ErrArchive) {
		return fmt.Errorf("%w: %w", errUnfit, err)
	}
	if err != nil {
		return err
	}
	if err := k.cfg.Check(ctx, w.Kind, fresh); err != nil {
		return fmt.Errorf("%w: %w", errUnfit, err)
	}
	k.cfg.step("place")
	if err := os.Rename(fresh, place); err != nil {
		return fmt.Errorf("update: %w", err)
	}
	return errors.Join(unpack.SyncDir(outer), unpack.SyncDir(k.folder))
}

// change puts a version that is whole on trial.
func (k *Keeper) change(w wire.BundleWanted) error {
	k.mu.Lock()
	s := k.state.kind(w.Kind)
	old := *s
	base := k.figures
	base.Heard = k.heard
	s.Trial = &Trial{Before: s.Active, Base: base}
	if s.Active > w.Version {
		s.Trial.Before = 0 // that number was a thief's
	}
	s.Active, s.Floor, s.Version, s.Word, s.Reason = w.Version, w.Version, w.Version, wire.BundleTrial, ""
	if w.Kind == wire.BundleProgram {
		s.Packaged = packagedMark()
	}
	k.cfg.step("switch")
	if err := k.state.save(k.folder); err != nil {
		*s = old
		k.mu.Unlock()
		return err
	}
	k.cfg.step("switched")
	k.watch = &watch{kind: w.Kind, version: w.Version, base: base, since: time.Now()}
	k.mu.Unlock()
	k.cfg.Log.Info("a bundle is on trial", "kind", w.Kind, "version", w.Version, "before", old.Active)
	k.apply(w.Kind)
	return nil
}

// back returns to the version before.
func (k *Keeper) back(kind, bad string) {
	k.mu.Lock()
	s := k.state.kind(kind)
	k.cfg.Log.Error("a bundle has made things worse: the one before is in use again", "kind", kind, "version", s.Active, "before", s.Trial.Before, "why", bad)
	s.back(bad)
	k.watch = nil
	k.save()
	k.mu.Unlock()
	k.apply(kind)
	k.clean()
}

// confirm ends a trial well.
func (k *Keeper) confirm(kind string) {
	k.mu.Lock()
	s := k.state.kind(kind)
	s.Trial, s.Word, s.Reason = nil, wire.BundleActive, ""
	k.watch = nil
	k.save()
	k.mu.Unlock()
	k.cfg.Log.Info("a bundle has stood its trial", "kind", kind, "version", s.Active)
	k.clean()
}

// save keeps the state; when the disk does not take it the memory goes on. Called with mu held.
func (k *Keeper) save() {
	k.cfg.step("state")
	if err := k.state.save(k.folder); err != nil {
		k.cfg.Log.Error("the state of bundles cannot be kept", "err", err)
	}
}

// clean removes bundles that are over.
func (k *Keeper) clean() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.cfg.step("clean")
	if err := k.state.tidy(k.folder); err != nil && !errors.Is(err, fs.ErrNotExist) {
		k.cfg.Log.Warn("bundles that are over cannot be removed", "err", err)
	}
}
