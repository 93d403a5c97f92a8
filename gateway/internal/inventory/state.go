package inventory

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"otasuke/internal/atomicfile"
	"otasuke/wire"
)

// maxState of a file: all devices with all they can have are 12 MiB.
const maxState = 64 << 20

// stateVersion is that of the file; another one is not read.
const stateVersion = 1

// errState tells that a file is none of ours.
var errState = errors.New("inventory: state file is not readable")

type state struct {
	Version int    `json:"version"`
	Began   int64  `json:"began"`
	Deaf    deaf   `json:"deaf,omitzero"`
	Devices []*one `json:"devices"`
}

// Open makes a table with what a file remembers. With an error there is a new table all the
// same: a box without memory takes its inventory again.
func Open(cfg Config, path string, now int64) (*Table, error) {
	t := New(cfg, now)
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return t, nil
	}
	if err != nil {
		return t, fmt.Errorf("inventory: %w", err)
	}
	if info.Size() > maxState {
		return t, errState
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return t, fmt.Errorf("inventory: %w", err)
	}
	return t, t.restore(text, now)
}

func (t *Table) restore(text []byte, now int64) error {
	var s state
	if err := json.Unmarshal(text, &s); err != nil || s.Version != stateVersion {
		return errState
	}
	t.began = min(s.Began, now) // a clock that was set back must not learn for years
	var heard int64             // last, of anybody
	for _, d := range s.Devices {
		if d == nil || len(t.devices) >= MaxDevices+MaxVisitors || t.devices[d.MAC] != nil || d.Last < d.First {
			continue
		}
		d.Runs = cut(d.Runs, maxRuns)
		d.Addrs, d.Names, d.Clues = cut(d.Addrs, maxAddrs), cut(d.Names, maxNames), cut(d.Clues, maxClues)
		d.ToTell, d.Last = cut(d.ToTell, wire.MaxOfDevice), min(d.Last, now)
		d.First = min(d.First, d.Last)
		d.dirty = len(d.ToTell) > 0
		t.devices[d.MAC] = d
		if random(d.MAC) {
			t.sums[1]++
		} else {
			t.sums[0]++
		}
		heard = max(heard, d.Last)
	}
	if t.deaf = s.Deaf; t.deaf.From < 0 || t.deaf.To < t.deaf.From || t.deaf.To > now {
		t.deaf = deaf{}
	}
	if heard > 0 && now-heard > t.deaf.To-t.deaf.From {
		t.deaf = deaf{heard, now}
	}
	return nil
}

func cut[T any](l []T, most int) []T { return l[:min(len(l), most)] }

// Save writes what is known, if anything has changed since it was written last. Workers wait
// for one device at a time, not for all of them.
func (t *Table) Save(path string) error {
	t.mu.Lock()
	if !t.changed {
		t.mu.Unlock()
		return nil
	}
	t.changed = false // what changes from now on is written with the next
	head, list := state{Version: stateVersion, Began: t.began, Deaf: t.deaf}, t.sorted()
	t.mu.Unlock()
	text, err := t.encode(head, list)
	if err == nil {
		err = atomicfile.Write(path, text, 0o600)
	}
	if err != nil {
		t.mu.Lock()
		t.changed = true
		t.mu.Unlock()
		return fmt.Errorf("inventory: %w", err)
	}
	return nil
}

func (t *Table) encode(head state, list []*one) ([]byte, error) {
	texts := make([]json.RawMessage, len(list))
	for i, o := range list {
		t.mu.Lock()
		b, err := json.Marshal(o)
		t.mu.Unlock()
		if err != nil {
			return nil, err
		}
		texts[i] = b
	}
	return json.Marshal(struct {
		state
		Devices []json.RawMessage `json:"devices"`
	}{head, texts})
}
