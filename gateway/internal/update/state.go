package update

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"otasuke/internal/atomicfile"
	"otasuke/wire"
)

const (
	stateFile  = "state.json"
	anchorFile = "anchor.root.json"
	metaFolder = "metadata"
	// maxState bytes of the state file: five kinds with a sentence each.
	maxState = 64 << 10
	// Program is the file of a program bundle.
	Program = "otasuke"
)

// Folder is where bundles lie in a state folder.
func Folder(stateDir string) string { return filepath.Join(stateDir, "bundles") }

// State is what the box remembers. Programs of several versions read and write it: fields are only
// added, and a box must be well without them.
type State struct {
	Kinds map[string]*Kind `json:"kinds"`
	// Keys name the keys by which the floors below stand. Other keys begin anew: only the root
	// names them, so that a box comes back from a thief's version 999999.
	Keys string `json:"keys,omitempty"`
}

// Kind is what the box remembers of a kind.
type Kind struct {
	// Active is in use, 0 for what came with the program.
	Active int64 `json:"active"`
	// Floor is the highest version that was ever in use: nothing up to it is taken again,
	// neither an old one nor one that was returned.
	Floor int64 `json:"floor"`
	// Trial is there while the active one is watched.
	Trial *Trial `json:"trial,omitempty"`
	// Version, Word and Reason are what the centre is told, see [wire.BundleState].
	Version int64  `json:"version"`
	Word    string `json:"state,omitempty"`
	Reason  string `json:"reason,omitempty"`
	// Packaged is the mark of the program that came with the package when this was taken; once
	// that one is replaced by hand it counts.
	Packaged string `json:"packaged,omitempty"`
}

// Trial is a version that is watched.
type Trial struct {
	Before int64   `json:"before"` // comes back when it goes wrong
	Starts int     `json:"starts"` // of the box since
	Base   Figures `json:"base"`   // how things were before
}

// kind gives what is known of a kind, made if needed.
func (s *State) kind(name string) *Kind {
	if s.Kinds == nil {
		s.Kinds = map[string]*Kind{}
	}
	k := s.Kinds[name]
	if k == nil {
		k = &Kind{}
		s.Kinds[name] = k
	}
	return k
}

// back ends a trial that went wrong.
func (k *Kind) back(reason string) {
	k.Version, k.Word, k.Reason = k.Active, wire.BundleReturned, short(reason)
	k.Active, k.Trial = k.Trial.Before, nil
}

// short keeps a reason within what may be told.
func short(reason string) string { return reason[:min(len(reason), wire.MaxReason)] }

var errState = errors.New("update: state")

// decode reads a state file. What is not possible is an error, not a path to somewhere.
func decode(text []byte) (*State, error) {
	s := new(State)
	if err := json.Unmarshal(text, s); err != nil {
		return nil, fmt.Errorf("%w: %w", errState, err)
	}
	for name, k := range s.Kinds {
		if !wire.ValidBundleKind(name) || k == nil || k.Active < 0 || k.Version < 0 || k.Floor < 0 {
			return nil, fmt.Errorf("%w: kind %.20q", errState, name)
		}
		if t := k.Trial; t != nil && (t.Before < 0 || t.Before >= k.Active || t.Starts < 0) {
			return nil, fmt.Errorf("%w: trial of %.20q", errState, name)
		}
		k.Reason = short(k.Reason)
		if b := (wire.BundleState{Kind: name, State: k.Word}); k.Word != "" && (&wire.Heartbeat{Bundles: []wire.BundleState{b}}).Check() != nil {
			return nil, fmt.Errorf("%w: word of %.20q", errState, name)
		}
	}
	return s, nil
}

// load reads the state of a folder; an empty one where there is none. After an error, too: then
// what came with the program is in use.
func load(folder string) (*State, error) {
	name := filepath.Join(folder, stateFile)
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return new(State), nil
	}
	if err == nil && info.Size() > maxState {
		err = fmt.Errorf("%w: %d bytes", errState, info.Size())
	}
	var text []byte
	if err == nil {
		text, err = os.ReadFile(name)
	}
	if err != nil {
		return new(State), fmt.Errorf("update: %w", err)
	}
	s, err := decode(text)
	if err != nil {
		return new(State), err
	}
	return s, nil
}

// save makes s what is in use.
func (s *State) save(folder string) error {
	text, err := json.MarshalIndent(s, "", " ")
	if err == nil {
		err = atomicfile.Write(filepath.Join(folder, stateFile), append(text, '\n'), 0o644)
	}
	if err != nil {
		return fmt.Errorf("update: %w", err)
	}
	return nil
}

// dir is where a bundle lies.
func dir(folder, kind string, version int64) string {
	return filepath.Join(folder, kind, strconv.FormatInt(version, 10))
}

// InUse says for each kind which version is in use and where it lies.
type InUse map[string]Bundle

// Bundle is one that is in use.
type Bundle struct {
	Version int64
	Dir     string
}

// Read says what is in use; nothing when nothing is, or is not there any more.
func Read(stateDir string) InUse {
	folder, use := Folder(stateDir), InUse{}
	s, _ := load(folder) // the supervisor tells of it
	for name, k := range s.Kinds {
		d := dir(folder, name, k.Active)
		if info, err := os.Stat(d); k.Active > 0 && err == nil && info.IsDir() {
			use[name] = Bundle{k.Active, d}
		}
	}
	return use
}

// tidy removes what state.json does not name: bundles that were returned, replaced or not finished.
func (s *State) tidy(folder string) error {
	var errs []error
	for _, kind := range kinds {
		names, err := os.ReadDir(filepath.Join(folder, kind))
		if err != nil {
			continue // none yet
		}
		keep, k := map[string]bool{}, s.Kinds[kind]
		if k != nil {
			keep[strconv.FormatInt(k.Active, 10)] = true
			if k.Trial != nil {
				keep[strconv.FormatInt(k.Trial.Before, 10)] = true
			}
		}
		for _, n := range names {
			if !keep[n.Name()] {
				errs = append(errs, os.RemoveAll(filepath.Join(folder, kind, n.Name())))
			}
		}
	}
	return errors.Join(errs...)
}

// kinds in the order in which they are taken: what protects first.
var kinds = []string{wire.BundleRules, wire.BundleLists, wire.BundleVirus, wire.BundleApplications, wire.BundleProgram}
