package cover

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"otasuke/content/offer"
	"otasuke/internal/ja"
)

//go:embed data
var files embed.FS

// ErrCover tells what is wrong with a version.
var ErrCover = errors.New("cover: terms are not fit")

// Version is the terms of a time.
type Version struct {
	ID      string `toml:"id"`
	From    string `toml:"from"`    // first day on which it can be signed
	Until   string `toml:"until"`   // last one; "" while it is open
	Source  string `toml:"source"`  // where it is published
	Insurer string `toml:"insurer"` // "" while there is none: nothing is sure then

	Yen        int           `toml:"yen"` // at most
	Times      int           `toml:"times"`
	Stars      int           `toml:"stars"`
	WithinDays int           `toml:"within_days"`
	Covers     []offer.Words `toml:"covers"`
	NotCovered []offer.Words `toml:"not_covered"`
}

// Book is all versions, the newest first.
type Book []Version

// Load reads what is built in.
func Load() (Book, error) {
	sub, err := fs.Sub(files, "data")
	if err != nil {
		return nil, err
	}
	return Read(sub)
}

// Read reads a folder with one file for each version; what is incomplete is [ErrCover].
func Read(dir fs.FS) (b Book, err error) {
	names, err := fs.Glob(dir, "*.toml")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		var v Version
		meta, err := toml.DecodeFS(dir, name, &v)
		if err == nil && len(meta.Undecoded()) > 0 {
			err = fmt.Errorf("unknown key %q", meta.Undecoded()[0].String())
		}
		if err == nil {
			err = v.check(strings.TrimSuffix(path.Base(name), ".toml"))
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrCover, name, err)
		}
		b = append(b, v)
	}
	if len(b) == 0 {
		return nil, fmt.Errorf("%w: there is no version", ErrCover)
	}
	slices.SortFunc(b, func(x, y Version) int { return cmp.Compare(y.From, x.From) })
	return b, nil
}

func (v *Version) check(id string) error {
	_, err := time.Parse(time.DateOnly, v.From)
	switch {
	case err != nil:
		return fmt.Errorf("from: %w", err)
	case v.ID != id:
		return fmt.Errorf("its id is %q", v.ID)
	case v.Until != "" && v.Until < v.From:
		return errors.New("it ends before it begins")
	case v.Yen <= 0, v.Times <= 0, v.Stars < 1 || v.Stars > 3, v.WithinDays < 1:
		return errors.New("yen, times, stars and within_days are needed")
	case len(v.Covers) == 0 || len(v.NotCovered) == 0 || v.Source == "":
		return errors.New("covers, not_covered and source are needed")
	}
	for _, w := range slices.Concat(v.Covers, v.NotCovered) {
		if w.Ja == "" || w.En == "" {
			return errors.New("a text is missing in one language")
		}
	}
	return nil
}

// On is the version that is signed on a day; the oldest stands for what was signed before it.
func (b Book) On(t time.Time) *Version {
	day := t.In(ja.Zone).Format(time.DateOnly)
	for i := range b {
		if b[i].From <= day && (b[i].Until == "" || day <= b[i].Until) {
			return &b[i]
		}
	}
	return &b[len(b)-1]
}

// Get finds the version of a claim.
func (b Book) Get(id string) (*Version, bool) {
	for i := range b {
		if b[i].ID == id {
			return &b[i], true
		}
	}
	return nil, false
}
