package hold

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"slices"
	"sync"

	"otasuke/internal/atomicfile"
	"otasuke/wire"
)

// Config says what a keeper works with.
type Config struct {
	// Path of the file that remembers.
	Path string
	// Apply lets the kernel drop what these send, and nobody else; enforce.Hold is one.
	Apply func([]net.HardwareAddr) error
	Log   *slog.Logger
}

// Keeper holds devices. It is safe for concurrent use.
type Keeper struct {
	cfg Config

	mu      sync.Mutex
	wanted  []string
	inForce int
	failed  bool // said once until it works
}

// New makes a keeper with what a file remembers, and puts that in force.
func New(cfg Config) *Keeper {
	k := &Keeper{cfg: cfg}
	text, err := os.ReadFile(cfg.Path)
	if err == nil {
		err = json.Unmarshal(text, &k.wanted)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		cfg.Log.Error("which devices are held is not known until the centre says so again", "err", err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.wanted = tidy(k.wanted); len(k.wanted) > 0 {
		k.apply()
	}
	return k
}

// tidy leaves hardware addresses, in order and once. What is none is left out: a centre of
// another time must not make the list fail as a whole.
func tidy(list []string) []string {
	out := make([]string, 0, len(list))
	for _, s := range list[:min(len(list), wire.MaxHeld)] {
		if hw, err := net.ParseMAC(s); err == nil && len(hw) == 6 && hw[0]&1 == 0 {
			out = append(out, hw.String())
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Want takes the whole list of who is to be held, and tells whether that has changed
// something.
func (k *Keeper) Want(list []string) (changed bool) {
	list = tidy(list)
	k.mu.Lock()
	defer k.mu.Unlock()
	if slices.Equal(list, k.wanted) && !k.failed {
		return false
	}
	k.wanted = list
	before := k.inForce
	k.apply()
	if err := k.save(); err != nil {
		k.cfg.Log.Error("who is held is forgotten at the next start", "err", err)
	}
	return !k.failed || before != k.inForce
}

// Release lets everybody speak and forgets nobody: a box that is switched off is in nobody's
// way.
func (k *Keeper) Release() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.inForce > 0 && k.cfg.Apply(nil) == nil {
		k.inForce = 0
	}
}

// InForce counts devices that are held.
func (k *Keeper) InForce() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.inForce
}

func (k *Keeper) apply() {
	macs := make([]net.HardwareAddr, len(k.wanted))
	for i, s := range k.wanted {
		macs[i], _ = net.ParseMAC(s)
	}
	if err := k.cfg.Apply(macs); err != nil {
		if !k.failed {
			k.cfg.Log.Error("devices cannot be held", "err", err)
		}
		k.failed = true
		return
	}
	k.failed, k.inForce = false, len(macs)
	k.cfg.Log.Info("devices are held on their owner's word", "devices", k.wanted)
}

func (k *Keeper) save() error {
	text, err := json.Marshal(k.wanted)
	if err == nil {
		err = atomicfile.Write(k.cfg.Path, text, 0o600)
	}
	if err != nil {
		return fmt.Errorf("hold: %w", err)
	}
	return nil
}
