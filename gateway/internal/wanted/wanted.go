package wanted

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"otasuke/gateway/internal/lastgood"
	"otasuke/internal/atomicfile"
	"otasuke/wire"
)

const (
	// look is how often it is looked whether something has ended.
	look = 10 * time.Second
	// again is when an engine is told once more that has not taken a policy: it may have been starting.
	again = 30 * time.Second
)

// path of the file in a state folder, and of its copy from when it was good.
func path(dir string) string { return filepath.Join(dir, "policy.json") }

func kept(dir string) *lastgood.Folder {
	return &lastgood.Folder{Dir: filepath.Join(dir, "kept", "policy")}
}

// Load reads what is kept in a state folder, at a time: what has ended is left out. It is nil where nothing is. In place of a
// file that cannot be read or understood stands its copy; then there is an error beside it.
func Load(dir string, now time.Time) (*wire.Policy, error) {
	if _, err := os.Stat(path(dir)); errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	f, why := kept(dir).Open(path(dir), func(r io.Reader) error {
		_, err := decode(r)
		return err
	})
	if f == nil {
		return nil, why
	}
	defer f.Close()
	p, err := decode(f)
	if err != nil {
		return nil, errors.Join(err, why)
	}
	p.Stops = slices.DeleteFunc(p.Stops, func(s wire.Stop) bool { return !now.Before(s.Until) })
	p.StopFiles = slices.DeleteFunc(p.StopFiles, func(s wire.StopFile) bool { return !now.Before(s.Until) })
	return p, why
}

func decode(r io.Reader) (*wire.Policy, error) {
	text, err := io.ReadAll(io.LimitReader(r, wire.MaxPolicyBytes+1))
	if err != nil {
		return nil, fmt.Errorf("wanted: %w", err)
	}
	return Decode(text)
}

// Decode reads a policy and checks it.
func Decode(text []byte) (*wire.Policy, error) {
	if len(text) > wire.MaxPolicyBytes {
		return nil, fmt.Errorf("wanted: more than %d bytes", wire.MaxPolicyBytes)
	}
	p := new(wire.Policy)
	if err := json.Unmarshal(text, p); err != nil {
		return nil, fmt.Errorf("wanted: %w", err)
	}
	if err := errors.Join(wire.CheckVersion(p.Version), p.Check()); err != nil {
		return nil, err
	}
	return p, nil
}

// Config says what a keeper works with.
type Config struct {
	// Dir is the state folder.
	Dir string
	// Off says why the box takes no policy; "" for one that does.
	Off string
	// Own are the keys of the box's own file that have the last word.
	Own []string
	// Try tells why a policy would not do, Apply lets the engine read it.
	Try   func(*wire.Policy) error
	Apply func()
	Log   *slog.Logger
	// Now is the time; that of the machine when nil.
	Now func() time.Time
}

// Keeper keeps a policy. It is safe for concurrent use; nil keeps none.
type Keeper struct {
	cfg   Config
	one   sync.Mutex // fetches one at a time
	mu    sync.Mutex
	state wire.PolicyState
	kept  string      // in the file
	seq   int64       // of what the policy in it stops for all
	ends  []time.Time // of what is in the file, later than now
	asked time.Time   // when the engine was told last
	hurry func()
}

// New makes a keeper with what is kept.
func New(cfg Config) *Keeper {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	k := &Keeper{cfg: cfg, hurry: func() {}}
	now := cfg.Now()
	k.state = wire.PolicyState{State: wire.PolicyWaiting, Since: now.UTC(), Own: cfg.Own}
	if cfg.Off != "" {
		k.state.State, k.state.Reason = wire.PolicyOff, cfg.Off
		return k
	}
	p, err := Load(cfg.Dir, now)
	if err != nil {
		cfg.Log.Error("what the company wants is taken from a copy until the centre says it again", "err", err)
	}
	if p != nil {
		k.kept, k.state.ID = p.ID, p.ID
		k.until(p)
	}
	if err != nil {
		k.kept = "" // so that it is fetched
	}
	return k
}

// until notes when what it stops for all ends.
func (k *Keeper) until(p *wire.Policy) {
	k.ends, k.seq = k.ends[:0], p.StopsSeq
	for i := range p.Stops {
		k.ends = append(k.ends, p.Stops[i].Until)
	}
	for i := range p.StopFiles {
		k.ends = append(k.ends, p.StopFiles[i].Until)
	}
	slices.SortFunc(k.ends, time.Time.Compare)
}

// Hurry sets what is called when the centre should hear something at once.
func (k *Keeper) Hurry(f func()) {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.hurry = f
}

// State is what the centre hears; nil of a keeper of none.
func (k *Keeper) State() *wire.PolicyState {
	if k == nil {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	s := k.state
	return &s
}

// Fetch opens what the centre has at a path.
type Fetch func(ctx context.Context, path string) (io.ReadCloser, error)

// fetchTime is how long a policy may take to come: heartbeats wait for it.
const fetchTime = 20 * time.Second

func (f Fetch) policy(ctx context.Context) (*wire.Policy, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	r, err := f(ctx, wire.PathPolicy)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return decode(r)
}

// Want hears which policy the box should have and fetches one that is not here. It tells whether the centre should hear of
// a change.
func (k *Keeper) Want(ctx context.Context, id string, fetch Fetch) (changed bool) {
	if k == nil || id == "" || k.cfg.Off != "" {
		return false
	}
	k.one.Lock()
	defer k.one.Unlock()
	k.mu.Lock()
	known := id == k.kept || id == k.state.ID && k.state.State == wire.PolicyRefused
	k.mu.Unlock()
	if known {
		return k.back(id)
	}
	p, err := fetch.policy(ctx)
	if err != nil {
		if ctx.Err() == nil {
			k.cfg.Log.Warn("what the company wants cannot be fetched, trying again", "err", err)
		}
		return false
	}
	if err = k.take(p); errors.Is(err, errDisk) { // it may have room the next time
		k.cfg.Log.Error("what the company wants cannot be kept, trying again: what it wanted before goes on", "policy", p.ID, "err", err)
		return k.set(p.ID, wire.PolicyWaiting, errDisk.Error())
	}
	if err != nil {
		k.cfg.Log.Error("what the company wants would not do: what it wanted before goes on", "policy", p.ID, "err", err)
		return k.set(p.ID, wire.PolicyRefused, err.Error())
	}
	k.cfg.Log.Info("the company wants something new", "policy", p.ID)
	k.mu.Lock()
	k.kept, k.asked = p.ID, k.cfg.Now()
	k.until(p)
	k.mu.Unlock()
	k.set(p.ID, wire.PolicyWaiting, "")
	k.cfg.Apply()
	return false // the engine's word is worth telling
}

// back returns to the policy that is kept, when the centre wants it again after one that was refused.
func (k *Keeper) back(id string) bool {
	k.mu.Lock()
	same := k.state.ID == id || id != k.kept
	active := k.state.Active == id
	k.mu.Unlock()
	switch {
	case same:
		return false
	case active:
		return k.set(id, wire.PolicyActive, "")
	}
	return k.set(id, wire.PolicyWaiting, "")
}

// errDisk tells that a policy would do, and that the disk does not take it.
var errDisk = errors.New("wanted: it cannot be kept")

// take tries a policy and keeps it.
func (k *Keeper) take(p *wire.Policy) error {
	if err := k.cfg.Try(p); err != nil {
		return err
	}
	text, err := json.Marshal(p)
	if err == nil {
		err = os.MkdirAll(k.cfg.Dir, 0o700)
	}
	if err == nil {
		err = atomicfile.Write(path(k.cfg.Dir), text, 0o600)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errDisk, err)
	}
	return nil
}

func (k *Keeper) set(id, state, reason string) (changed bool) {
	if len(reason) > wire.MaxReason {
		reason = reason[:wire.MaxReason]
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	s := &k.state
	if s.ID == id && s.State == state && s.Reason == reason {
		return false
	}
	s.ID, s.State, s.Reason, s.Since = id, state, reason, k.cfg.Now().UTC()
	return true
}

// InForce hears from the engine which policy it goes by and what was left out of that, and why another would not do.
func (k *Keeper) InForce(id, note, refused string) {
	if k == nil || k.cfg.Off != "" {
		return
	}
	k.mu.Lock()
	news := k.state.Active != id
	k.state.Active = id
	switch id {
	case "":
		k.state.StopsSeq = 0
	case k.kept:
		k.state.StopsSeq = k.seq
	}
	mine, waits, hurry := k.kept, k.state.State == wire.PolicyWaiting, k.hurry
	same := k.state.ID == mine
	k.mu.Unlock()
	switch {
	case id == mine && same && id != "":
		news = k.set(id, wire.PolicyActive, note) || news
	case waits && same && refused != "":
		news = k.set(mine, wire.PolicyRefused, refused) || news
	}
	if news {
		hurry()
	}
}

// Run has the engine read anew what has ended, and what it has not taken, until ctx ends.
func (k *Keeper) Run(ctx context.Context) {
	if k == nil || k.cfg.Off != "" {
		return
	}
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if k.due() {
				k.cfg.Apply()
			}
		}
	}
}

// due tells whether the engine has something to read.
func (k *Keeper) due() bool {
	now := k.cfg.Now()
	k.mu.Lock()
	defer k.mu.Unlock()
	n, _ := slices.BinarySearchFunc(k.ends, now, func(a, b time.Time) int {
		if a.After(b) {
			return 1
		}
		return -1
	})
	k.ends = k.ends[n:]
	late := k.kept != "" && k.state.ID == k.kept && k.state.State == wire.PolicyWaiting && now.Sub(k.asked) > again
	if late {
		k.asked = now
	}
	return n > 0 || late
}
