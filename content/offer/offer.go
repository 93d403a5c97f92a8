package offer

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

	"otasuke/internal/ja"
)

//go:embed data
var files embed.FS

// ErrOffer tells what is wrong with a version.
var ErrOffer = errors.New("offer: not fit to be offered")

// Words are a text in both languages.
type Words struct {
	Ja string `toml:"ja" json:"ja"`
	En string `toml:"en" json:"en"`
}

// In is the text in a language.
func (w Words) In(lang string) string {
	if lang == ja.English {
		return w.En
	}
	return w.Ja
}

// Version is an offer of a time.
type Version struct {
	ID     string `toml:"id"`     // "2026-12"
	From   string `toml:"from"`   // first day on which it can be signed, 2026-12-01
	Until  string `toml:"until"`  // last one; "" while it is open
	Source string `toml:"source"` // where it is published

	Name Words `toml:"name"` // of the service
	// Class of the scheme, 1 or 2; 0 is outside of it.
	Class     int `toml:"class"`
	MaxPCs    int `toml:"max_pcs"`
	MinMonths int `toml:"min_months"` // of the contract
	// NoticeDays before the end of a month for ending with it.
	NoticeDays int     `toml:"notice_days"`
	Prices     Prices  `toml:"price"`
	Billing    Billing `toml:"billing"`
	Cover      Cover   `toml:"cover"`

	Includes []Words   `toml:"includes"` // what it is
	Cannot   []Words   `toml:"cannot"`   // what it cannot do
	Terms    []Clause  `toml:"terms"`
	Consents []Consent `toml:"consent"`
}

// Prices in yen with tax.
type Prices struct {
	Member     int `toml:"member"` // a month, for members of any chamber
	Other      int `toml:"other"`  // a month, for everybody else
	Visit      int `toml:"visit"`  // once, when somebody comes to install
	TaxPercent int `toml:"tax_percent"`
}

// Billing is from when until when is paid.
type Billing struct {
	Start string `toml:"start"` // [NextMonth] or [SameMonth]
	End   string `toml:"end"`   // [FullMonth]
	Due   int    `toml:"due"`   // day of the month after, on which it is to be paid
}

// Values of [Billing].
const (
	NextMonth = "next-month" // the month after the box was installed is the first that is paid
	SameMonth = "same-month" // the month in which it was
	FullMonth = "full-month" // the last month is paid in full
)

// Cover is the insurance of the first response.
type Cover struct {
	Yen   int    `toml:"yen"`   // at most
	Times int    `toml:"times"` // in a policy year
	Stars int    `toml:"stars"` // importance of the alert that it needs
	By    string `toml:"by"`    // insurer; "" while the provider has none
}

// Clause of the terms.
type Clause struct {
	Title Words `toml:"title"`
	Text  Words `toml:"text"`
}

// Consent is one thing that the box tells the centre, or that is done with it.
type Consent struct {
	Key      string `toml:"key"`
	Required bool   `toml:"required"` // the service does not work without it
	Use      bool   `toml:"use"`      // it is done with what was told, and not told itself
	What     Words  `toml:"what"`
	Why      Words  `toml:"why"`
}

// Scheme is the limits of a public scheme to what belongs to it.
type Scheme struct {
	Name      string `toml:"name"`
	Version   string `toml:"version"`
	From      string `toml:"from"`
	Source    string `toml:"source"`
	Class     int    `toml:"class"`
	MaxYen    int    `toml:"max_yen_without_tax"` // a month, for watching a network
	MaxMonths int    `toml:"max_min_months"`      // longest shortest term
}

// Book is all versions and schemes.
type Book struct {
	Versions []Version // the newest first
	Schemes  []Scheme
}

// Load reads what is built in.
func Load() (*Book, error) {
	sub, err := fs.Sub(files, "data")
	if err != nil {
		return nil, err
	}
	return Read(sub)
}

// Read reads a folder: scheme.toml and one file for each version. What breaks a rule of the scheme that it
// says it belongs to is refused with [ErrOffer], and so is what is incomplete.
func Read(dir fs.FS) (*Book, error) {
	names, err := fs.Glob(dir, "*.toml")
	if err != nil {
		return nil, err
	}
	b := new(Book)
	for _, name := range names {
		var file struct {
			Version
			Schemes []Scheme `toml:"scheme"`
		}
		meta, err := toml.DecodeFS(dir, name, &file)
		if err == nil && len(meta.Undecoded()) > 0 {
			err = fmt.Errorf("unknown key %q", meta.Undecoded()[0].String())
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrOffer, name, err)
		}
		b.Schemes = append(b.Schemes, file.Schemes...)
		if len(file.Schemes) > 0 {
			continue
		}
		if file.Version.ID != strings.TrimSuffix(path.Base(name), ".toml") {
			return nil, fmt.Errorf("%w: %s: its id is %q", ErrOffer, name, file.Version.ID)
		}
		b.Versions = append(b.Versions, file.Version)
	}
	if len(b.Versions) == 0 {
		return nil, fmt.Errorf("%w: there is no version", ErrOffer)
	}
	slices.SortFunc(b.Versions, func(x, y Version) int { return cmp.Or(cmp.Compare(y.From, x.From), cmp.Compare(y.ID, x.ID)) })
	for i := range b.Versions {
		if err := b.check(&b.Versions[i]); err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrOffer, b.Versions[i].ID, err)
		}
	}
	return b, nil
}

// On is the version that is signed on a day.
func (b *Book) On(t time.Time) (*Version, bool) {
	day := t.In(ja.Zone).Format(time.DateOnly)
	for i := range b.Versions {
		if v := &b.Versions[i]; v.From <= day && (v.Until == "" || day <= v.Until) {
			return v, true
		}
	}
	return nil, false
}

// Get finds the version that somebody signed.
func (b *Book) Get(id string) (*Version, bool) {
	for i := range b.Versions {
		if b.Versions[i].ID == id {
			return &b.Versions[i], true
		}
	}
	return nil, false
}

// Without is a price without the tax in it, rounded down.
func (v *Version) Without(yen int) int { return yen * 100 / (100 + v.Prices.TaxPercent) }

func (b *Book) check(v *Version) error {
	if _, err := time.Parse(time.DateOnly, v.From); err != nil {
		return fmt.Errorf("from: %w", err)
	}
	if v.Until != "" && v.Until < v.From {
		return errors.New("it ends before it begins")
	}
	p := v.Prices
	switch {
	case p.Member <= 0 || p.Other < p.Member || p.Visit < 0 || p.TaxPercent < 0 || p.TaxPercent > 100:
		return errors.New("price: member, other (not less) and visit are needed")
	case v.Billing.Start != NextMonth && v.Billing.Start != SameMonth, v.Billing.End != FullMonth, v.Billing.Due < 1 || v.Billing.Due > 28:
		return errors.New("billing: start, end or due is not known")
	case v.MinMonths < 1 || v.NoticeDays < 0 || v.MaxPCs < 1:
		return errors.New("min_months, notice_days and max_pcs are needed")
	case len(v.Includes) == 0 || len(v.Cannot) == 0 || len(v.Terms) == 0 || len(v.Consents) == 0:
		return errors.New("includes, cannot, terms and consent are needed")
	}
	return errors.Join(v.words(), b.scheme(v))
}

// words must be there in both languages.
func (v *Version) words() error {
	all := slices.Concat([]Words{v.Name}, v.Includes, v.Cannot)
	for _, c := range v.Terms {
		all = append(all, c.Title, c.Text)
	}
	seen := map[string]bool{}
	for _, c := range v.Consents {
		if c.Key == "" || seen[c.Key] {
			return fmt.Errorf("consent %q: keys are needed, each once", c.Key)
		}
		seen[c.Key] = true
		all = append(all, c.What, c.Why)
	}
	for _, w := range all {
		if strings.TrimSpace(w.Ja) == "" || strings.TrimSpace(w.En) == "" {
			return fmt.Errorf("a text is missing in one language: %q / %q", w.Ja, w.En)
		}
	}
	return nil
}

// scheme holds a version to the rules of its class.
func (b *Book) scheme(v *Version) error {
	for _, s := range b.Schemes {
		if s.Class != v.Class || s.From > v.From {
			continue
		}
		if yen, limit := max(v.Prices.Member, v.Prices.Other), s.MaxYen*(100+v.Prices.TaxPercent)/100; s.MaxYen > 0 && yen > limit {
			return fmt.Errorf("%d yen a month are more than %d, the %d without tax that %s %s allows for class %d", yen, limit, s.MaxYen, s.Name, s.Version, s.Class)
		}
		if s.MaxMonths > 0 && v.MinMonths > s.MaxMonths {
			return fmt.Errorf("%d months at least are more than the %d that %s %s allows", v.MinMonths, s.MaxMonths, s.Name, s.Version)
		}
	}
	return nil
}
