package feed

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"time"

	"otasuke/wire"
)

// ErrSource tells what is wrong with a source in the configuration.
var ErrSource = errors.New("feed")

// Source is one public source of the configuration.
type Source struct {
	// Name is ours for it: letters, digits and hyphens. Files of the bundle begin with it.
	Name string `toml:"name" json:"name,omitempty"`
	// Kind of the bundle that it goes into: rules, lists, applications or virus.
	Kind string `toml:"kind" json:"kind,omitempty"`
	// URL is where it is: https, or file:// for a file or folder of our own.
	URL string `toml:"url" json:"url,omitempty"`
	// Licence and Home say whose it is and under what terms, for the console.
	Licence string `toml:"licence" json:"licence,omitempty"`
	Home    string `toml:"home" json:"home,omitempty"`
	// Every is how often it is asked for: a day when 0.
	Every time.Duration `toml:"every" json:"every_ns,omitempty"`
	// Files of an archive or folder that count, as patterns of whole paths or names; by the
	// endings of the kind when empty.
	Files []string `toml:"files" json:"files,omitempty"`
	// Category, Format, Allow and Deny of a list, as in the box's configuration.
	Category string `toml:"category" json:"category,omitempty"`
	Format   string `toml:"format" json:"format,omitempty"`
	Allow    bool   `toml:"allow" json:"allow,omitempty"`
	Deny     bool   `toml:"deny" json:"deny,omitempty"`
	// Least is the number of entries below which it is broken; half of what it had when 0.
	Least int `toml:"least" json:"least,omitempty"`
}

const (
	// usualEvery, leastEvery: public sources ask not to be fetched more often.
	usualEvery = 24 * time.Hour
	leastEvery = 5 * time.Minute
	// maxSources is far over what a provider looks after.
	maxSources = 200
)

var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

// usualFiles of an archive by kind; every file of the others.
var usualFiles = map[string][]string{
	wire.BundleRules: {"*.rules", "*.lst", "*.list"},
	wire.BundleVirus: {"*.ndb", "*.hdb", "*.hsb", "*.ldb", "*.cdb", "*.mdb", "*.msb", "*.yar", "*.yara", "*.fp", "*.sfp", "*.ign2", "*.cvd", "*.cld", "*.db", "*.ftm", "*.idb"},
}

// Check checks sources and fills in what is usual.
func Check(all []Source) error {
	if len(all) > maxSources {
		return fmt.Errorf("%w: %d sources are over %d", ErrSource, len(all), maxSources)
	}
	seen := map[string]bool{}
	for i := range all {
		s := &all[i]
		if err := s.check(); err != nil {
			return fmt.Errorf("%w: %q: %w", ErrSource, s.Name, err)
		}
		if seen[s.Name] {
			return fmt.Errorf("%w: %q: two have this name", ErrSource, s.Name)
		}
		seen[s.Name] = true
	}
	return nil
}

func (s *Source) check() error {
	if !nameForm.MatchString(s.Name) {
		return errors.New("name: letters a-z, digits and hyphens, at most 40")
	}
	if s.Every == 0 {
		s.Every = usualEvery
	}
	if s.Every < leastEvery {
		return fmt.Errorf("every: at least %v", leastEvery)
	}
	u, err := url.Parse(s.URL)
	switch {
	case err != nil:
		return fmt.Errorf("url: %w", err)
	case u.Scheme == "file" && u.Host == "" && filepath.IsAbs(u.Path):
	case u.Scheme != "https" || u.Hostname() == "":
		return errors.New("url: write https://… or file:///…; what comes over plain http may be anybody's")
	case u.User != nil:
		return errors.New("url: without name and password")
	}
	for _, p := range s.Files {
		if _, err := path.Match(p, ""); err != nil {
			return fmt.Errorf("files: %q: %w", p, err)
		}
	}
	switch s.Kind {
	case wire.BundleRules, wire.BundleVirus, wire.BundleApplications:
	case wire.BundleLists:
		if s.Category == "" && !s.Allow {
			return errors.New("category is missing: malware, phishing, c2, scam, or another")
		}
		if s.Allow && s.Deny {
			return errors.New("allow and deny exclude each other")
		}
	default:
		return fmt.Errorf("kind %q: rules, lists, applications or virus", s.Kind)
	}
	if len(s.Files) == 0 {
		s.Files = usualFiles[s.Kind]
	}
	return nil
}

// counts says whether a file of an archive counts.
func (s *Source) counts(name string) bool {
	for _, p := range s.Files {
		whole, _ := path.Match(p, name)
		base, _ := path.Match(p, path.Base(name))
		if whole || base {
			return true
		}
	}
	return len(s.Files) == 0
}
