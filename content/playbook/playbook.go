package playbook

import (
	_ "embed"
	"errors"
	"fmt"

	"github.com/BurntSushi/toml"
)

//go:embed playbook.toml
var text string

// Phase is what a step is for, in the order in which they are done.
type Phase string

// Phases.
const (
	Check Phase = "check"
	Ring  Phase = "ring"
	Visit Phase = "visit"
	Close Phase = "close"
)

// Phases in their order.
var Phases = []Phase{Check, Ring, Visit, Close}

// Act is what a step leads to; the pages know where that is.
type Act string

// Acts.
const (
	ActNone    Act = ""
	ActTraffic Act = "traffic" // search of the traffic log
	ActRing    Act = "ring"    // a call, noted at the desk
	ActVisit   Act = "visit"   // somebody is sent
	ActSimilar Act = "similar" // cases of before
)

// Step is one thing to do.
type Step struct {
	Key   string `toml:"key"`
	Phase Phase  `toml:"phase"`
	Act   Act    `toml:"act"`
	Ja    string `toml:"ja"`
	En    string `toml:"en"`
}

// In is the step in a language; anything but "en" is Japanese.
func (s *Step) In(lang string) string {
	if lang == "en" {
		return s.En
	}
	return s.Ja
}

// Book is all playbooks. It does not change and may be shared.
type Book struct {
	steps    map[string]*Step
	families map[string][]string
	fallback []string
}

var errData = errors.New("playbook: bad data")

// Load reads what is built in. It fails only when the file is wrong, which the package's tests rule out.
func Load() (*Book, error) { return read(text) }

func read(text string) (*Book, error) {
	var f struct {
		Steps    []Step              `toml:"step"`
		Families map[string][]string `toml:"family"`
		Fallback []string            `toml:"fallback"`
	}
	meta, err := toml.Decode(text, &f)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errData, err)
	}
	if u := meta.Undecoded(); len(u) > 0 {
		return nil, fmt.Errorf("%w: unknown field %v", errData, u[0])
	}
	b := &Book{steps: map[string]*Step{}, families: f.Families, fallback: f.Fallback}
	for i := range f.Steps {
		s := &f.Steps[i]
		if s.Key == "" || s.Ja == "" || s.En == "" || b.steps[s.Key] != nil {
			return nil, fmt.Errorf("%w: step %q lacks a text or is there twice", errData, s.Key)
		}
		b.steps[s.Key] = s
	}
	for _, list := range append([][]string{f.Fallback}, values(f.Families)...) {
		for _, key := range list {
			if b.steps[key] == nil {
				return nil, fmt.Errorf("%w: there is no step %q", errData, key)
			}
		}
	}
	return b, nil
}

func values(m map[string][]string) (all [][]string) {
	for _, v := range m {
		all = append(all, v)
	}
	return all
}

// Step finds one by its key; nil for one that another version had.
func (b *Book) Step(key string) *Step { return b.steps[key] }

// Of are the steps for a family, by phase; a family of another version gets those for anything.
func (b *Book) Of(family string) []*Step {
	keys, ok := b.families[family]
	if !ok {
		keys = b.fallback
	}
	all := make([]*Step, 0, len(keys))
	for _, phase := range Phases {
		for _, key := range keys {
			if s := b.steps[key]; s.Phase == phase {
				all = append(all, s)
			}
		}
	}
	return all
}
