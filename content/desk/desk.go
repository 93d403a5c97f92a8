package desk

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"otasuke/internal/ja"
)

//go:embed data
var files embed.FS

// ErrData tells what is wrong with a file.
var ErrData = errors.New("desk: bad data")

// Words are a text in both languages.
type Words struct {
	Ja string `toml:"ja"`
	En string `toml:"en"`
}

// In is the text in a language.
func (w Words) In(lang string) string {
	if lang == ja.English {
		return w.En
	}
	return w.Ja
}

func (w Words) whole() bool { return w.Ja != "" && w.En != "" }

// Answer is a text that is ready.
type Answer struct {
	ID    string `toml:"id"`
	Title Words  `toml:"title"`
	Text  Words  `toml:"text"`
}

// Desk is a public one, to which a case is handed over.
type Desk struct {
	ID      string `toml:"id"`
	Name    Words  `toml:"name"`
	When    Words  `toml:"when"`  // for what it is there
	URL     string `toml:"url"`   // its page
	Phone   string `toml:"phone"` // "" where there is none
	Mail    string `toml:"mail"`
	Hours   Words  `toml:"hours"`
	Bring   Words  `toml:"bring"` // what it asks for
	Text    Words  `toml:"text"`  // what to say, with holes: [Holes]
	Checked string `toml:"checked"`
	Source  string `toml:"source"`
}

// Holes of [Desk].Text.
var Holes = []string{"company", "contact", "phone", "what", "since", "device", "done", "alert", "number"}

// Say fills the text of a desk.
func (d *Desk) Say(lang string, holes map[string]string) string {
	pairs := make([]string, 0, 2*len(Holes))
	for _, h := range Holes {
		pairs = append(pairs, "{"+h+"}", holes[h])
	}
	return strings.NewReplacer(pairs...).Replace(d.Text.In(lang))
}

// Book is everything.
type Book struct {
	Hours    []Hours
	Holidays []Holiday
	Answers  []Answer
	Desks    []Desk
	// Banks are days of every year on which banks are closed, 12-31, next to weekends and public holidays.
	Banks []string

	holidays map[string]Words
}

// Load reads what is built in.
func Load() (*Book, error) {
	b := &Book{}
	var all struct {
		Source   string    `toml:"source"`
		Hours    []Hours   `toml:"hours"`
		Holidays []Holiday `toml:"holiday"`
		Answers  []Answer  `toml:"answer"`
		Desks    []Desk    `toml:"desk"`
		Banks    []string  `toml:"banks_closed"`
	}
	names, err := fs.Glob(files, "data/*.toml")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if err := decode(files, name, &all); err != nil {
			return nil, err
		}
	}
	b.Hours, b.Holidays, b.Answers, b.Desks, b.Banks = all.Hours, all.Holidays, all.Answers, all.Desks, all.Banks
	return b, b.check()
}

// Read is [Load] with the hours of a file of the provider's own. A year whose holidays stand there is as it stands there.
func Read(dir fs.FS, name string) (*Book, error) {
	b, err := Load()
	if err != nil {
		return nil, err
	}
	var own struct {
		Hours    []Hours   `toml:"hours"`
		Holidays []Holiday `toml:"holiday"`
	}
	if err := decode(dir, name, &own); err != nil {
		return nil, err
	}
	b.Hours = own.Hours
	theirs := years(own.Holidays)
	b.Holidays = append(slices.DeleteFunc(slices.Clone(b.Holidays), func(h Holiday) bool { return theirs[h.year()] }), own.Holidays...)
	return b, b.check()
}

func decode(dir fs.FS, name string, to any) error {
	raw, err := fs.ReadFile(dir, name)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrData, err)
	}
	meta, err := toml.NewDecoder(bytes.NewReader(raw)).Decode(to)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrData, name, err)
	}
	if u := meta.Undecoded(); len(u) > 0 {
		return fmt.Errorf("%w: %s: unknown field %v", ErrData, name, u[0])
	}
	return nil
}

func (b *Book) check() error {
	if len(b.Hours) == 0 {
		return fmt.Errorf("%w: no hours", ErrData)
	}
	for i := range b.Hours {
		if err := b.Hours[i].check(); err != nil {
			return err
		}
		if i > 0 && b.Hours[i].From <= b.Hours[i-1].From {
			return fmt.Errorf("%w: hours from %q come after later ones", ErrData, b.Hours[i].From)
		}
	}
	b.holidays = map[string]Words{}
	for _, h := range b.Holidays {
		if _, err := time.Parse(time.DateOnly, h.Day); err != nil || !h.Name.whole() {
			return fmt.Errorf("%w: holiday %q", ErrData, h.Day)
		}
		b.holidays[h.Day] = h.Name
	}
	written := years(b.Holidays)
	for year := firstComputed; year <= LastComputed; year++ {
		if written[fmt.Sprint(year)] {
			continue
		}
		for _, h := range Computed(year) {
			b.holidays[h.Day] = h.Name
		}
	}
	for _, day := range b.Banks {
		if _, err := time.Parse("01-02", day); err != nil {
			return fmt.Errorf("%w: banks_closed %q", ErrData, day)
		}
	}
	for _, a := range b.Answers {
		if a.ID == "" || !a.Title.whole() || !a.Text.whole() {
			return fmt.Errorf("%w: answer %q", ErrData, a.ID)
		}
	}
	for _, d := range b.Desks {
		if d.ID == "" || d.URL == "" || d.Source == "" || d.Checked == "" || !d.Name.whole() || !d.When.whole() || !d.Bring.whole() || !d.Text.whole() {
			return fmt.Errorf("%w: desk %q", ErrData, d.ID)
		}
	}
	return nil
}

// Desk is one by its id.
func (b *Book) Desk(id string) (*Desk, bool) {
	for i := range b.Desks {
		if b.Desks[i].ID == id {
			return &b.Desks[i], true
		}
	}
	return nil, false
}
