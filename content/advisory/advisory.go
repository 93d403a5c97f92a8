package advisory

import (
	"embed"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"otasuke/internal/firmware"
)

//go:embed data/*.toml
var files embed.FS

// Limits of one advisory.
const (
	// MaxProducts: the longest list of a maker so far has 130 models.
	MaxProducts = 300
	// MaxText of a text in characters, MaxName of a name or a title.
	MaxText, MaxName = 2000, 120
	maxID            = 60
)

// ErrRule tells what is wrong with an advisory; the text after it names the field.
var ErrRule = errors.New("advisory: not in order")

// Product is what is concerned: a model of a maker, or a program.
type Product struct {
	// Model of a device, as its label says: "WHR-1166DHP2".
	Model string `toml:"model" json:"model,omitempty"`
	// Program as boxes call it: "chrome", "windows".
	Program string `toml:"program" json:"program,omitempty"`
	// Range of versions in the maker's words: "Ver.2.95以前".
	Range string `toml:"range" json:"range"`
	// Fixed is the first version without the fault; empty where the maker names none.
	Fixed string `toml:"fixed" json:"fixed,omitempty"`
	// End tells that there will be no fix: it must be replaced.
	End bool `toml:"end" json:"end,omitempty"`
}

// Rule is one advisory.
type Rule struct {
	ID      string `toml:"id" json:"id"`
	Version int    `toml:"version" json:"version"` // of this text; a higher one takes its place
	// Date of the warning, From and Until of our rule: "2024-07-19"; Until may be empty.
	Date   string `toml:"date" json:"date"`
	From   string `toml:"from" json:"from"`
	Until  string `toml:"until" json:"until,omitempty"`
	Source string `toml:"source" json:"source"` // link to the maker or agency
	Maker  string `toml:"maker" json:"maker"`
	// Stars of importance: 2 within days, 3 at once.
	Stars int `toml:"stars" json:"stars"`
	// Remind is after how many days one reminds of it.
	Remind   int       `toml:"remind" json:"remind"`
	TitleJa  string    `toml:"title_ja" json:"title_ja"`
	TitleEn  string    `toml:"title_en" json:"title_en"`
	WhyJa    string    `toml:"why_ja" json:"why_ja"`
	WhyEn    string    `toml:"why_en" json:"why_en"`
	DoJa     string    `toml:"do_ja" json:"do_ja"`
	DoEn     string    `toml:"do_en" json:"do_en"`
	Products []Product `toml:"product" json:"products"`
}

// in chooses a language.
func in(lang, ja, en string) string {
	if lang == "en" {
		return en
	}
	return ja
}

// Title, Why and Do are the words in a language; the first line of Do is what comes first.
func (r *Rule) Title(lang string) string { return in(lang, r.TitleJa, r.TitleEn) }

// Why says what may happen.
func (r *Rule) Why(lang string) string { return in(lang, r.WhyJa, r.WhyEn) }

// Do gives the steps, the first one first.
func (r *Rule) Do(lang string) []string {
	return slices.DeleteFunc(strings.Split(in(lang, r.DoJa, r.DoEn), "\n"), func(s string) bool { return strings.TrimSpace(s) == "" })
}

// Valid says whether a day lies in the rule's time.
func (r *Rule) Valid(day string) bool { return r.From <= day && (r.Until == "" || day <= r.Until) }

// Check says what is wrong with a rule, with the name of the field.
func (r *Rule) Check() error {
	bad := func(field string) error { return fmt.Errorf("%w: %s", ErrRule, field) }
	if r.ID == "" || len(r.ID) > maxID || strings.Trim(r.ID, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return bad("id")
	}
	for _, d := range []struct{ field, day string }{{"date", r.Date}, {"from", r.From}, {"until", r.Until}} {
		if _, err := time.Parse(time.DateOnly, d.day); err != nil && (d.field != "until" || d.day != "") {
			return bad(d.field)
		}
	}
	if u, err := url.Parse(r.Source); err != nil || u.Scheme != "https" || u.Host == "" || len(r.Source) > MaxText {
		return bad("source")
	}
	switch {
	case r.Version < 1:
		return bad("version")
	case r.Until != "" && r.Until < r.From:
		return bad("until")
	case r.Stars < 2 || r.Stars > 3:
		return bad("stars")
	case r.Remind < 1 || r.Remind > 365:
		return bad("remind")
	}
	for _, f := range []struct {
		field, text string
		most        int
	}{{"maker", r.Maker, MaxName}, {"title_ja", r.TitleJa, MaxName}, {"title_en", r.TitleEn, MaxName}, {"why_ja", r.WhyJa, MaxText}, {"why_en", r.WhyEn, MaxText}, {"do_ja", r.DoJa, MaxText}, {"do_en", r.DoEn, MaxText}} {
		if n := utf8.RuneCountInString(f.text); n == 0 || n > f.most || strings.TrimSpace(f.text) == "" {
			return bad(f.field)
		}
	}
	if len(r.Products) == 0 || len(r.Products) > MaxProducts {
		return bad("products")
	}
	for i := range r.Products {
		p := &r.Products[i]
		if (p.Model == "") == (p.Program == "") || len(p.Model) > MaxName || len(p.Program) > maxID {
			return bad(fmt.Sprintf("products %d: model", i+1))
		}
		if _, err := firmware.ParseRange(p.Range); err != nil {
			return bad(fmt.Sprintf("products %d: range", i+1))
		}
		if _, err := firmware.Parse(p.Fixed); p.Fixed != "" && err != nil {
			return bad(fmt.Sprintf("products %d: fixed", i+1))
		}
	}
	return nil
}

// Key is a model, maker or program in the form in which it is compared: labels, announcements and lists of makers differ in
// capitals, widths, spaces and dashes.
func Key(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r == ' ' || r == '-' || r == '_' || r == '‐' || r == '−' || r == '–' || r == 'ー':
			return -1
		}
		return r
	}, norm.NFKC.String(s))
}

// Load reads what is built in.
func Load() ([]Rule, error) {
	names, err := files.ReadDir("data")
	if err != nil {
		return nil, fmt.Errorf("advisory: %w", err)
	}
	var all []Rule
	for _, n := range names {
		text, err := files.ReadFile("data/" + n.Name())
		if err != nil {
			return nil, fmt.Errorf("advisory: %w", err)
		}
		r, err := Read(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", n.Name(), err)
		}
		all = append(all, r)
	}
	return all, nil
}
