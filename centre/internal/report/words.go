package report

import (
	"time"

	"otasuke/content/text"
	"otasuke/internal/ja"
)

// MonthName is a month as it is read: "2026年11月", "November 2026".
func MonthName(month, lang string) string {
	from, _, err := Span(month)
	switch {
	case err != nil:
		return month
	case lang == "en":
		return from.Format("January 2006")
	}
	return from.Format("2006年1月")
}

// Sentences are the three that say everything, after which come the notes on what the report
// cannot know.
func (f *Figures) Sentences(t text.Texts) (say, notes []string) {
	month := MonthName(f.Month, t.Lang())
	switch {
	case !f.Box:
		say = append(say, t.T("report.say_box_none", "month", month))
	case f.Attacks == 0:
		say = append(say, t.T("report.say_none", "month", month))
	case f.Stopped >= f.Attacks:
		say = append(say, t.T("report.say_all", "month", month, "n", ja.Number(f.Attacks)))
	default:
		say = append(say, t.T("report.say_some", "month", month, "n", ja.Number(f.Attacks), "stopped", ja.Number(f.Stopped)))
	}
	switch {
	case !f.Box:
	case f.Inside == 0:
		say = append(say, t.T("report.say_inside_none"))
	default:
		say = append(say, t.T("report.say_inside", "n", ja.Number(f.Inside)))
	}
	if f.Todo != nil {
		say = append(say, t.T("report.say_todo"))
	} else {
		say = append(say, t.T("report.say_todo_none"))
	}
	if f.Joined {
		notes = append(notes, t.T("report.note_joined", "day", ja.Date(f.From, t.Lang())))
	}
	if f.Box && f.Silent > 0 {
		notes = append(notes, t.T("report.note_silent", "n", ja.Number(f.Silent)))
	}
	return say, notes
}

var by = []string{"report.by_0", "report.by_1", "report.by_2", "report.by_3"}

// Compared is the comparison in one sentence.
func (f *Figures) Compared(t text.Texts) string {
	c := &f.Compare
	if c.Companies == 0 || c.By < 0 || c.By >= len(by) {
		return t.T("report.compare_none")
	}
	return t.T("report.compare_say", "who", t.T(by[c.By]), "n", ja.Number(c.Companies), "middle", ja.Number(c.Middle),
		"low", ja.Number(c.Low), "high", ja.Number(c.High), "own", ja.Number(f.Attacks))
}

// Line is the comparison at a glance, "" where there is nobody to compare with.
func (f *Figures) Line(t text.Texts) string {
	c := &f.Compare
	if c.Companies == 0 || c.By < 0 || c.By >= len(by) {
		return ""
	}
	return t.T("report.compare_line", "month", MonthName(f.Month, t.Lang()), "who", t.T(by[c.By]), "n", ja.Number(c.Companies), "middle", ja.Number(c.Middle), "own", ja.Number(f.Attacks))
}

// Board is what everybody in the company may read.
func (f *Figures) Board(t text.Texts) string {
	month := MonthName(f.Month, t.Lang())
	switch {
	case !f.Box:
		return t.T("report.say_box_none", "month", month)
	case f.Stopped == 0 && f.Attacks == 0:
		return t.T("report.say_none", "month", month)
	}
	return t.T("report.board_stopped", "n", ja.Number(f.Stopped))
}

// Places are where a company stands among others, in hundredths of a line from zero.
type Places struct{ Low, Middle, High, Own int }

// Places tells them; false is that there is nobody to compare with.
func (f *Figures) Places() (Places, bool) {
	c := &f.Compare
	if c.Companies == 0 {
		return Places{}, false
	}
	most := max(c.High*3/2, f.Attacks*10/9, 1)
	at := func(n int) int { return n * 100 / most }
	return Places{at(c.Low), at(c.Middle), at(c.High), at(f.Attacks)}, true
}

// Last is the last day of the report.
func (f *Figures) Last() time.Time { return f.To.Add(-time.Second) }
