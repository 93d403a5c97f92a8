package devices

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
)

//go:embed data/*.toml
var files embed.FS

// Unknown is the kind of a device about which nothing telling was heard.
const Unknown = "unknown"

// ErrData tells what is wrong with a file.
var ErrData = errors.New("devices: bad data")

// Kind is what a device is.
type Kind struct {
	ID string `toml:"id"`
	Ja string `toml:"ja"`
	En string `toml:"en"`
	// LookJa and LookEn say what to look for when one wonders which device it is.
	LookJa string `toml:"look_ja"`
	LookEn string `toml:"look_en"`
}

// OS is an operating system.
type OS struct {
	ID     string `toml:"id"`
	Ja     string `toml:"ja"`
	En     string `toml:"en"`
	Family string `toml:"family"`
	// End is the last day with updates for everybody, zero while there are some.
	End    time.Time `toml:"end"`
	Source string    `toml:"source"`
	// NoteJa and NoteEn say what cannot be told from outside.
	NoteJa string `toml:"note_ja"`
	NoteEn string `toml:"note_en"`
}

// Old tells that there are no updates any more.
func (o *OS) Old(now time.Time) bool { return !o.End.IsZero() && now.After(o.End.AddDate(0, 0, 1)) }

// Hint is what a thing that was heard says about a device.
type Hint struct {
	By     string   `toml:"by"`     // what was heard, as the box calls it
	Is     []string `toml:"is"`     // the whole of it
	Starts []string `toml:"starts"` // its beginning
	Has    []string `toml:"has"`    // a part of it
	Kind   string   `toml:"kind"`
	OS     string   `toml:"os"`
	Maker  string   `toml:"maker"`
	Sure   int      `toml:"sure"` // percent, by this alone
	Source string   `toml:"source"`
}

// Set is everything. It does not change after [Load] and may be shared.
type Set struct {
	Kinds []Kind `toml:"kind"`
	OSes  []OS   `toml:"os"`
	Hints []Hint `toml:"hint"`

	by    map[string][]*Hint
	hosts map[string]*Hint // names asked for
}

// Sources of what is heard in conversations; the others are of package heard of the box.
const (
	ByHost  = "host"  // a name that was asked for, or one below it
	ByAgent = "agent" // how a program calls itself over HTTP
	ByJA4   = "ja4"   // how a program says hello over TLS (FoxIO, "JA4 Technical details")
	ByMaker = "maker" // whom the hardware address was given to
	ByName  = "name"  // what the device calls itself
)

// Load reads what is built in. It fails only when a file is wrong, which the package's tests
// rule out for a released build.
func Load() (*Set, error) {
	s := &Set{by: map[string][]*Hint{}, hosts: map[string]*Hint{}}
	names, err := files.ReadDir("data")
	if err != nil {
		return nil, fmt.Errorf("devices: %w", err)
	}
	for _, n := range names {
		var one Set
		meta, err := toml.DecodeFS(files, "data/"+n.Name(), &one)
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrData, n.Name(), err)
		}
		if u := meta.Undecoded(); len(u) > 0 {
			return nil, fmt.Errorf("%w: %s: unknown field %v", ErrData, n.Name(), u[0])
		}
		s.Kinds, s.OSes, s.Hints = append(s.Kinds, one.Kinds...), append(s.OSes, one.OSes...), append(s.Hints, one.Hints...)
	}
	return s, s.finish()
}

func (s *Set) finish() error {
	for i := range s.Hints {
		h := &s.Hints[i]
		if _, ok := s.Kind(h.Kind); h.Kind != "" && !ok {
			return fmt.Errorf("%w: kind %q", ErrData, h.Kind)
		}
		if _, ok := s.OS(h.OS); h.OS != "" && !ok {
			return fmt.Errorf("%w: os %q", ErrData, h.OS)
		}
		for _, list := range [][]string{h.Is, h.Starts, h.Has} {
			for j := range list {
				list[j] = strings.ToLower(list[j])
			}
		}
		if h.By != ByHost {
			s.by[h.By] = append(s.by[h.By], h)
			continue
		}
		for _, name := range h.Is {
			if s.hosts[name] != nil {
				return fmt.Errorf("%w: %q twice", ErrData, name)
			}
			s.hosts[name] = h
		}
	}
	return nil
}

// Kind finds one by its id.
func (s *Set) Kind(id string) (*Kind, bool) {
	i := slices.IndexFunc(s.Kinds, func(k Kind) bool { return k.ID == id })
	if i < 0 {
		return nil, false
	}
	return &s.Kinds[i], true
}

// OS finds one by its id.
func (s *Set) OS(id string) (*OS, bool) {
	i := slices.IndexFunc(s.OSes, func(o OS) bool { return o.ID == id })
	if i < 0 {
		return nil, false
	}
	return &s.OSes[i], true
}

// Host finds the hint of a name that was asked for, which must be in lower case, and what of
// it told. It does not allocate.
func (s *Set) Host(name []byte) (told string, ok bool) {
	for {
		if h := s.hosts[string(name)]; h != nil {
			return h.Is[slices.IndexFunc(h.Is, func(n string) bool { return n == string(name) })], true
		}
		i := slices.Index(name, '.')
		if i < 0 {
			return "", false
		}
		name = name[i+1:]
	}
}

// Part finds what of a text in lower case that was heard by ByAgent or ByJA4 tells something.
// It does not allocate.
func (s *Set) Part(by string, b []byte) (told string, ok bool) {
	for _, h := range s.by[by] {
		for _, p := range h.Has {
			if index(b, p) {
				return p, true
			}
		}
	}
	return "", false
}

func index(b []byte, p string) bool {
	for i := 0; i+len(p) <= len(b); i++ {
		if string(b[i:i+len(p)]) == p {
			return true
		}
	}
	return false
}

// Of gives what something that was heard says: all hints that it fits.
func (s *Set) Of(by, text string) (out []*Hint) {
	text = strings.ToLower(text)
	if by == ByHost {
		if h := s.hosts[text]; h != nil {
			out = append(out, h)
		}
		return out
	}
	for _, h := range s.by[by] {
		if h.fits(text) {
			out = append(out, h)
		}
	}
	slices.SortStableFunc(out, func(a, b *Hint) int { return cmp.Compare(b.Sure, a.Sure) })
	return out
}

func (h *Hint) fits(text string) bool {
	return slices.Contains(h.Is, text) ||
		slices.ContainsFunc(h.Starts, func(p string) bool { return strings.HasPrefix(text, p) }) ||
		slices.ContainsFunc(h.Has, func(p string) bool { return strings.Contains(text, p) })
}

// KindName and OSName are for people; "" for what is not known.
func (s *Set) KindName(id, lang string) string {
	k, ok := s.Kind(id)
	if !ok {
		k, _ = s.Kind(Unknown)
	}
	if lang == "en" {
		return k.En
	}
	return k.Ja
}

// OSName names an operating system; "" for what is not known.
func (s *Set) OSName(id, lang string) string {
	o, ok := s.OS(id)
	switch {
	case !ok:
		return ""
	case lang == "en":
		return o.En
	}
	return o.Ja
}
