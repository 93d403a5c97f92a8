package families

import (
	"embed"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

//go:embed data/*.toml
var files embed.FS

// Class says on which side of the box a threat begins.
type Class string

// Classes.
const (
	Inside  Class = "inside"  // a device of the office did, fetched or asked for something
	Outside Class = "outside" // somebody outside knocked
)

// Within says how soon a person should act; the words are in the text catalogue.
type Within string

// Deadlines.
const (
	Now   Within = "now"   // immediately
	Today Within = "today" // by the end of the working day
	Week  Within = "week"  // within seven days
)

// Family is one kind of threat.
type Family struct {
	Key   string `toml:"-"` // file name without ".toml"
	Class Class  `toml:"class"`
	// Threat is the key of the one of the year's ten threats (content/threats) that it belongs to.
	Threat string `toml:"threat"`
	// Controlled is set when an inside device that shows this is probably under
	// somebody else's control, even if the connection was stopped.
	Controlled bool   `toml:"controlled"`
	Within     Within `toml:"within"`
	// MaxStars caps the importance of families that are no attack as such; 0 is no cap.
	MaxStars int      `toml:"max_stars"`
	Fallback bool     `toml:"fallback"`
	Mitre    []string `toml:"mitre"` // ATT&CK technique ids that are shown where the rule has none
	// Outbound and Internal are the families of an outside threat when an inside
	// device is the one that attacks, outwards or inside the office.
	Outbound string `toml:"outbound"`
	Internal string `toml:"internal"`

	Words       []string `toml:"words"`           // beginnings of words in a rule's message
	WordsIn     []string `toml:"words_in"`        // beginnings of messages in which those words count; empty: all
	Prefixes    []string `toml:"prefixes"`        // beginnings of a rule's message
	Classtypes  []string `toml:"classtypes"`      // classtypes that say more than the prefix
	Techniques  []string `toml:"techniques"`      // ATT&CK techniques that tell it where the message does not
	WeakClasses []string `toml:"weak_classtypes"` // classtypes that say less than prefix and technique
	Sites       []string `toml:"sites"`           // categories of dangerous sites

	Ja Text `toml:"ja"`
	En Text `toml:"en"`
}

// Text is everything that people read about a family in one language.
type Text struct {
	Title        string   `toml:"title"`         // few words
	Subject      string   `toml:"subject"`       // with {device}
	StoppedShort string   `toml:"stopped_short"` // for the subject, when it was stopped
	PassedShort  string   `toml:"passed_short"`  // for the subject, when it was not
	Happened     string   `toml:"happened"`      // with {device}
	Stopped      string   `toml:"stopped"`       // did we stop it? yes, with {time}
	Passed       string   `toml:"passed"`        // did we stop it? no, with {time}
	Danger       string   `toml:"danger"`        // is it dangerous now, when it was stopped
	DangerPassed string   `toml:"danger_passed"` // … when it was not
	Do           string   `toml:"do"`            // the one thing to do
	DoPassed     string   `toml:"do_passed"`     // … when it was not stopped; Do if empty
	Risk         string   `toml:"risk"`
	Steps        []string `toml:"steps"` // at most MaxSteps
	Dont         string   `toml:"dont"`
	Phone        []string `toml:"phone"` // what the desk asks, in order
	Boss         string   `toml:"boss"`  // one line for the boss
	Board        string   `toml:"board"` // one line for the notice board, no names
}

// MaxSteps keeps the instructions on the first screen of a phone.
const MaxSteps = 4

// In gives the texts in a language; anything but "en" is Japanese.
func (f *Family) In(lang string) *Text {
	if lang == "en" {
		return &f.En
	}
	return &f.Ja
}

// Set is all families. It does not change after [Load] and may be shared.
type Set struct {
	byKey   map[string]*Family
	keys    []string // sorted
	words   []match
	prefix  []match
	strong  map[string]string
	tricks  map[string]string // ATT&CK techniques
	weak    map[string]string
	sites   map[string]string
	inside  string
	outside string
}

type match struct {
	text, key string
	in        []string // beginnings of messages in which it counts
}

// fits says whether a match counts in a message.
func (m *match) fits(msg string) bool {
	for _, p := range m.in {
		if strings.HasPrefix(msg, p) {
			return true
		}
	}
	return len(m.in) == 0
}

var errData = errors.New("families: bad data")

// technique is the form of ATT&CK's ids.
var technique = regexp.MustCompile(`^T\d{4}(\.\d{3})?$`)

// Load reads the families that are built in. It fails only when a file is wrong,
// which the package's tests rule out for a released build.
func Load() (*Set, error) {
	s := &Set{byKey: map[string]*Family{}, strong: map[string]string{}, tricks: map[string]string{}, weak: map[string]string{}, sites: map[string]string{}}
	names, err := files.ReadDir("data")
	if err != nil {
		return nil, fmt.Errorf("families: %w", err)
	}
	for _, n := range names {
		if err := s.read(n.Name()); err != nil {
			return nil, err
		}
	}
	return s, s.finish()
}

func (s *Set) read(name string) error {
	f := &Family{Key: strings.TrimSuffix(name, ".toml")}
	meta, err := toml.DecodeFS(files, path.Join("data", name), f)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", errData, name, err)
	}
	if u := meta.Undecoded(); len(u) > 0 {
		return fmt.Errorf("%w: %s: unknown field %v", errData, name, u[0])
	}
	s.byKey[f.Key] = f
	s.keys = append(s.keys, f.Key)
	in := make([]string, len(f.WordsIn))
	for i, p := range f.WordsIn {
		in[i] = strings.ToLower(p)
	}
	for _, w := range f.Words {
		s.words = append(s.words, match{strings.ToLower(w), f.Key, in})
	}
	for _, p := range f.Prefixes {
		s.prefix = append(s.prefix, match{strings.ToLower(p), f.Key, nil})
	}
	if f.Fallback && f.Class == Inside {
		s.inside = f.Key
	}
	if f.Fallback && f.Class == Outside {
		s.outside = f.Key
	}
	for _, id := range f.Techniques {
		if !technique.MatchString(id) {
			return fmt.Errorf("%w: %s: %q is no technique of ATT&CK", errData, name, id)
		}
	}
	return errors.Join(claim(s.strong, f.Classtypes, f.Key), claim(s.tricks, f.Techniques, f.Key), claim(s.weak, f.WeakClasses, f.Key), claim(s.sites, f.Sites, f.Key))
}

// claim gives each name one owner.
func claim(m map[string]string, names []string, key string) error {
	for _, n := range names {
		if old, ok := m[n]; ok {
			return fmt.Errorf("%w: %q belongs to both %s and %s", errData, n, old, key)
		}
		m[n] = key
	}
	return nil
}

// finish sorts the longest match first and checks that every reference exists.
func (s *Set) finish() error {
	slices.Sort(s.keys)
	longest := func(a, b match) int {
		if d := len(b.text) - len(a.text); d != 0 {
			return d
		}
		return strings.Compare(a.key, b.key)
	}
	slices.SortFunc(s.words, longest)
	slices.SortFunc(s.prefix, longest)
	if s.inside == "" || s.outside == "" {
		return fmt.Errorf("%w: a fallback family is missing", errData)
	}
	for _, f := range s.byKey {
		for _, k := range []string{f.Outbound, f.Internal} {
			if k != "" && s.byKey[k] == nil {
				return fmt.Errorf("%w: %s refers to unknown family %q", errData, f.Key, k)
			}
		}
	}
	return nil
}

// Keys lists every family in alphabetical order.
func (s *Set) Keys() []string { return slices.Clone(s.keys) }

// Get finds a family by its key.
func (s *Set) Get(key string) (*Family, bool) {
	f, ok := s.byKey[key]
	return f, ok
}
