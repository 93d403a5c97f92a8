package knowledge

import (
	"strconv"
	"strings"
	"sync"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/content/families"
	"otasuke/content/playbook"
	"otasuke/content/text"
	"otasuke/content/threats"
	"otasuke/internal/ja"
	"otasuke/wire"
)

// Knowledge explains alerts. It does not change and may be shared.
type Knowledge struct {
	families *families.Set
	texts    *text.Catalogue
	threats  threats.Year
	playbook *playbook.Book // nil without
}

// New joins families and texts.
func New(f *families.Set, t *text.Catalogue, y threats.Year) *Knowledge {
	return &Knowledge{families: f, texts: t, threats: y}
}

// Load is [New] with what is built in. It is read once in a process.
func Load() (*Knowledge, error) { return builtIn() }

var builtIn = sync.OnceValues(read)

func read() (*Knowledge, error) {
	f, err := families.Load()
	if err != nil {
		return nil, err
	}
	t, err := text.Load()
	if err != nil {
		return nil, err
	}
	y, err := threats.Load()
	if err != nil {
		return nil, err
	}
	k := New(f, t, y)
	k.playbook, err = playbook.Load()
	return k, err
}

// Playbook is what the staff do about each family.
func (k *Knowledge) Playbook() *playbook.Book { return k.playbook }

// Texts gives the catalogue in a language.
func (k *Knowledge) Texts(lang string) text.Texts { return k.texts.In(lang) }

// Family is the key of the family that explains an event.
func (k *Knowledge) Family(e *wire.Event) string {
	seen := families.Seen{Kind: string(e.Kind), Direction: string(e.Direction), App: e.App}
	if e.Rule != nil {
		seen.Class, seen.Msg, seen.Family, seen.Mitre = e.Rule.Class, e.Rule.Msg, e.Rule.Family, e.Rule.Mitre
	}
	if e.Site != nil {
		seen.Site = e.Site.Category
	}
	if e.File != nil {
		seen.Virus = e.File.Virus
	}
	return k.families.Of(seen)
}

// Controlled says whether a family means that a device is probably under
// somebody else's control.
func (k *Knowledge) Controlled(family string) bool { return k.get(family).Controlled }

// Outside says whether a family begins outside the office.
func (k *Knowledge) Outside(family string) bool { return k.get(family).Class == families.Outside }

// MaxStars is the highest importance of a family: things that are no attack as
// such never become ★★★, whether they were stopped or not.
func (k *Knowledge) MaxStars(family string) alert.Stars {
	if n := k.get(family).MaxStars; n > 0 {
		return alert.Stars(n)
	}
	return alert.High
}

// Title names a family in a few words.
func (k *Knowledge) Title(family, lang string) string { return k.get(family).In(lang).Title }

// get never fails: a family that a newer centre knew is shown as the fallback.
// Do is the one thing to do about a family at a device, "" for nothing.
func (k *Knowledge) Do(family, device, lang string) string {
	return strings.NewReplacer("{device}", device).Replace(k.get(family).In(lang).Do)
}

// Advice is the one thing to do about a threat family, without a device's name.
func (k *Knowledge) Advice(family, lang string) string { return k.get(family).In(lang).Board }

func (k *Knowledge) get(family string) *families.Family {
	if f, ok := k.families.Get(family); ok {
		return f
	}
	f, _ := k.families.Get("inside")
	return f
}

// Explained is an alert in words, in one language.
type Explained struct {
	Lang        string
	Stars       alert.Stars
	StarsSign   string // "★★★"
	StarsWords  string // "重要度 高（★★★）"
	Case        string // "482 913"
	Title       string // few words
	Device      string
	What        string // one sentence with the device, as in the mail's subject
	Done        string // few words: what we already did
	Happened    string
	Stopped     string
	Danger      string
	NothingToDo bool // then Steps and Dont are empty
	Do          string
	Deadline    string    // words: "本日中にお願いします"
	Due         time.Time // zero when there is nothing to do
	DueText     string    // "11月21日(土) 18:00 まで", "" without Due
	Risk        string
	Steps       []string
	Dont        string
	Phone       []string // what the desk asks
	Boss        string   // "" when there is nothing to do, as Board
	Board       string
	Threat      string // which of the year's ten threats it belongs to, in a sentence
	State       string
	Answer      string
	Count       string // follows Happened: "同じことが 3 回ありました…"; "" for a single event
	Technical   []Fact
	Records     []Record // all evidence, newest first
	Newest      string   // says that Records are not all of them; "" when they are
}

// Fact is one line of the technical block.
type Fact struct{ Label, Value string }

// Record is one event of the technical block: in one line, and in all its facts.
type Record struct {
	ID, Time, What, Verdict, Src, Dst, URL string
	Facts                                  []Fact
}

// threat says which of the year's ten threats a family belongs to.
func (k *Knowledge) threat(f *families.Family, t text.Texts) string {
	one, ok := k.threats.Get(f.Threat)
	if !ok {
		return ""
	}
	what := one.Ja
	if t.Lang() == ja.English {
		what = one.En
	}
	return t.T("alert.threat", "year", strconv.Itoa(k.threats.Year), "rank", one.Rank, "what", what)
}

// Explain puts an alert into words as they are read at the moment now.
func (k *Knowledge) Explain(a *alert.Alert, lang string, now time.Time) Explained {
	lang = ja.Lang(lang)
	f, t := k.get(a.Family), k.texts.In(lang)
	w := f.In(lang)
	device := Device(a, t)
	fill := strings.NewReplacer("{device}", device, "{time}", ja.Short(a.Last, lang)).Replace
	x := Explained{
		Lang: lang, Stars: a.Stars, StarsSign: Sign(a.Stars), StarsWords: stars(t, a.Stars),
		Case: ja.CaseNumber(a.Case), Title: w.Title, Device: device, What: fill(w.Subject),
		Happened: fill(w.Happened), Risk: w.Risk, Phone: w.Phone, Boss: w.Boss, Board: w.Board,
		Threat: k.threat(f, t), State: state(t, a), Answer: answer(t, a.Answer), Count: count(t, a, lang),
		NothingToDo: f.Class == families.Outside && a.Blocked,
	}
	if a.Blocked {
		x.Done, x.Stopped, x.Danger, x.Do = w.StoppedShort, fill(w.Stopped), w.Danger, fill(w.Do)
	} else {
		x.Done, x.Stopped, x.Danger, x.Do = w.PassedShort, fill(w.Passed), w.DangerPassed, fill(w.Do)
		if w.DoPassed != "" {
			x.Do = fill(w.DoPassed)
		}
	}
	if x.NothingToDo {
		x.Boss, x.Board = "", "" // they speak of an attack that arrived
	} else {
		x.Steps, x.Dont = w.Steps, w.Dont
		x.Due = Due(f.Within, a.Known())
		x.DueText = t.T("alert.due_until", "time", ja.Short(x.Due, lang))
	}
	if elsewhere(a) {
		x.Happened += space(lang) + t.T("alert.elsewhere")
	}
	x.Deadline = deadline(t, f.Within, x.Due, now, lang)
	k.technical(&x, a, f, t)
	return x
}

// elsewhere tells that what the newest event was stopped for was found at another company.
func elsewhere(a *alert.Alert) bool {
	if len(a.Evidence) == 0 {
		return false
	}
	what := a.Evidence[0].What
	return a.Evidence[0].Kind == string(wire.KindSite) && strings.HasSuffix(what, ", "+wire.ListStops+")") || strings.HasPrefix(what, wire.FileStopped+" ")
}

// Spread adds to Danger whether other devices of the company show signs of the
// same trouble. open is the company's alerts of ★★★ that are not closed: without
// it nothing is claimed.
func (k *Knowledge) Spread(x *Explained, a *alert.Alert, open []alert.Alert) {
	if !k.Controlled(a.Family) || a.Family == "lateral" {
		return
	}
	t, others := k.texts.In(x.Lang), map[string]bool{}
	for i := range open {
		o := &open[i]
		if o.ID == a.ID || o.State == alert.Closed || !k.Controlled(o.Family) {
			continue
		}
		if o.Family == "lateral" || o.DeviceID+o.DeviceAddr != a.DeviceID+a.DeviceAddr {
			others[o.DeviceID+o.DeviceAddr] = true
		}
	}
	x.Danger += space(x.Lang)
	if len(others) == 0 {
		x.Danger += t.T("alert.spread_none")
		return
	}
	x.Danger += t.T("alert.spread_some", "n", len(others))
}

// Sign is the stars as signs. They never stand alone: words go with them.
func Sign(s alert.Stars) string {
	n := min(max(int(s), 1), 3)
	return strings.Repeat("★", n) + strings.Repeat("☆", 3-n)
}

// Device is the name people know the device by.
func Device(a *alert.Alert, t text.Texts) string {
	switch {
	case a.DeviceName != "":
		return a.DeviceName
	case a.DeviceAddr != "":
		return a.DeviceAddr
	}
	return t.T("portal.device_unnamed")
}

func stars(t text.Texts, s alert.Stars) string {
	switch s {
	case alert.High:
		return t.T("alert.stars_3")
	case alert.Medium:
		return t.T("alert.stars_2")
	}
	return t.T("alert.stars_1")
}

func state(t text.Texts, a *alert.Alert) string {
	switch {
	case a.State == alert.Closed:
		return t.T("alert.state_closed")
	case a.State == alert.Acknowledged:
		return t.T("alert.state_acknowledged")
	case a.Stars == alert.Low:
		return t.T("alert.state_low")
	}
	return t.T("alert.state_open")
}

func answer(t text.Texts, a alert.Answer) string {
	switch a {
	case alert.AnswerDone:
		return t.T("alert.answer_done")
	case alert.AnswerExpected:
		return t.T("alert.answer_expected")
	case alert.AnswerCall:
		return t.T("alert.answer_call")
	}
	return ""
}

func count(t text.Texts, a *alert.Alert, lang string) string {
	if a.Count < 2 {
		return ""
	}
	return space(lang) + t.T("alert.count", "n", ja.Number(a.Count), "first", ja.Short(a.First, lang), "last", ja.Short(a.Last, lang))
}

func space(lang string) string {
	if lang == ja.English {
		return " "
	}
	return ""
}
