package text

import (
	"embed"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"
)

//go:embed data/*.toml
var files embed.FS

// entry is one text in both languages.
type entry struct {
	Ja  string `toml:"ja"`
	En  string `toml:"en"`
	One string `toml:"one"` // English for exactly one
}

// Catalogue is all texts. It does not change and may be shared.
type Catalogue struct{ entries map[string]entry }

// Texts is the catalogue in one language.
type Texts struct {
	entries map[string]entry
	lang    string
}

var errData = errors.New("text: bad data")

// Load gives the catalogue that is built in. It is read once in a process.
func Load() (*Catalogue, error) { return builtIn() }

var builtIn = sync.OnceValues(read)

func read() (*Catalogue, error) {
	c := &Catalogue{entries: map[string]entry{}}
	names, err := files.ReadDir("data")
	if err != nil {
		return nil, fmt.Errorf("text: %w", err)
	}
	for _, n := range names {
		part := map[string]entry{}
		meta, err := toml.DecodeFS(files, path.Join("data", n.Name()), &part)
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", errData, n.Name(), err)
		}
		if u := meta.Undecoded(); len(u) > 0 {
			return nil, fmt.Errorf("%w: %s: unknown field %v", errData, n.Name(), u[0])
		}
		for key, e := range part {
			if e.Ja == "" || e.En == "" {
				return nil, fmt.Errorf("%w: %s: %s lacks a language", errData, n.Name(), key)
			}
			c.entries[strings.TrimSuffix(n.Name(), ".toml")+"."+key] = e
		}
	}
	return c, nil
}

// Keys lists every key in alphabetical order.
func (c *Catalogue) Keys() []string {
	keys := make([]string, 0, len(c.entries))
	for k := range c.entries {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// In gives the texts in a language; anything but "en" is Japanese.
func (c *Catalogue) In(lang string) Texts {
	if lang != "en" {
		lang = "ja"
	}
	return Texts{entries: c.entries, lang: lang}
}

// In gives the same texts in a language.
func (t Texts) In(lang string) Texts { return (&Catalogue{entries: t.entries}).In(lang) }

// Lang is "ja" or "en".
func (t Texts) Lang() string { return t.lang }

// Has says whether a key exists.
func (t Texts) Has(key string) bool { _, ok := t.entries[key]; return ok }

// T gives a text with its holes filled: pairs are a hole's name and its value.
// Filled values are never searched for holes again.
func (t Texts) T(key string, pairs ...any) string {
	e, ok := t.entries[key]
	if !ok {
		return key
	}
	s := e.Ja
	if t.lang == "en" {
		s = e.En
		if e.One != "" && isOne(pairs) {
			s = e.One
		}
	}
	if len(pairs) == 0 {
		return s
	}
	old := make([]string, 0, len(pairs))
	for i := 0; i+1 < len(pairs); i += 2 {
		old = append(old, "{"+fmt.Sprint(pairs[i])+"}", fmt.Sprint(pairs[i+1]))
	}
	return strings.NewReplacer(old...).Replace(s)
}

func isOne(pairs []any) bool {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i] == "n" {
			return fmt.Sprint(pairs[i+1]) == "1"
		}
	}
	return false
}

var use = regexp.MustCompile(`\bT "([a-z]+\.[a-z0-9_.]+)"|\bT\("([a-z]+\.[a-z0-9_.]+)"`)

// Used finds the keys that a template or Go source names literally.
func Used(source string) []string {
	var keys []string
	for _, m := range use.FindAllStringSubmatch(source, -1) {
		keys = append(keys, m[1]+m[2])
	}
	return keys
}
