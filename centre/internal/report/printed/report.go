package printed

import (
	"cmp"
	"fmt"

	"otasuke/centre/internal/report"
	"otasuke/content/text"
	"otasuke/internal/ja"
	"otasuke/internal/paper"
)

// Reader is whom the report is for, and who wrote it.
type Reader struct {
	Company  string
	Provider string
	Phone    string // of the desk
	// Title is a threat family's name in the reader's language.
	Title func(family string) string
	// Do is what to do about it at a device.
	Do func(family, device string) string
}

// Report is the whole report.
func Report(f *report.Figures, r Reader, t text.Texts) *paper.Document {
	d := document(f, r, t)
	d.Title = t.T("report.title", "month", report.MonthName(f.Month, t.Lang()))
	d.Foot = t.T("report.paper_foot", "title", d.Title, "company", r.Company, "phone", r.Phone)
	d.Pages = []paper.Page{{Blocks: letter(f, r, t)}, {Blocks: network(f, t)}, {Blocks: technical(f, r, t)}, board(f, t)}
	return d
}

// Board is the page for the notice board alone. Nothing in the file names the company.
func Board(f *report.Figures, r Reader, t text.Texts) *paper.Document {
	d := document(f, r, t)
	d.Title, d.Pages = t.T("report.board"), []paper.Page{board(f, t)}
	return d
}

// document is dated by the end of its month: the same whenever it is asked for.
func document(f *report.Figures, r Reader, t text.Texts) *paper.Document {
	return &paper.Document{Author: r.Provider, Lang: t.Lang(), Made: f.To}
}

// letter is the first page: what happened, and what to do.
func letter(f *report.Figures, r Reader, t text.Texts) []paper.Block {
	lang := t.Lang()
	blocks := []paper.Block{
		paper.Text{S: t.T("report.to", "company", r.Company), Style: paper.Letter, Lines: 2},
		paper.Text{S: t.T("report.title", "month", report.MonthName(f.Month, lang)), Style: paper.Title, Mark: true},
		paper.Text{S: t.T("report.span", "from", ja.Date(f.From, lang), "to", ja.Date(f.Last(), lang)), Style: paper.Small},
		paper.Gap(2), paper.Rule{Color: paper.LineStrong, Double: true}, paper.Gap(5),
	}
	say, notes := f.Sentences(t)
	for _, s := range say {
		blocks = append(blocks, paper.Text{S: s, Style: paper.Letter.Sized(13), Even: true})
	}
	for _, s := range notes {
		blocks = append(blocks, paper.Gap(2), paper.Box{Fill: paper.CareFaint, Bar: paper.Care, Pad: 3.5, Blocks: []paper.Block{paper.Text{S: s, Style: paper.Body.Sized(9.5)}}})
	}
	unit := paper.Style{Face: paper.Sans, Size: 10.5, Lead: 1.5, Color: paper.InkSoft}
	// A page full of notes leaves the comparison to the next, and why something is to be done to the alert.
	var compared paper.Block = paper.Gap(0)
	if len(notes) < 2 {
		compared = paper.Text{S: f.Compared(t), Style: paper.Body.Sized(9.5), Align: paper.Center, Even: true}
	}
	// The words stand close to the figure: a digit of this size is 11 mm wide.
	figure := float64(11*len(ja.Number(f.Stopped)) + 6)
	side := max((paper.Width-6-figure)/2, 25)
	blocks = append(blocks, paper.Gap(5), paper.Rule{}, paper.Gap(3),
		paper.Columns{Middle: true, Gap: 3, Shares: []float64{side, figure, side}, Cells: [][]paper.Block{
			{paper.Text{S: t.T("report.big"), Style: unit, Align: paper.Right}},
			{paper.Text{S: ja.Number(f.Stopped), Style: paper.Style{Face: paper.Serif, Size: 50, Lead: 1.1, Color: paper.Key}, Align: paper.Center, Lines: 1}},
			{paper.Text{S: t.T("report.big_unit"), Style: unit}},
		}},
		compared, paper.Gap(3), paper.Rule{}, paper.Gap(5),
		paper.Text{S: t.T("report.funnel"), Style: paper.Head, Mark: true}, paper.Gap(2),
		paper.Funnel{
			{Label: t.T("report.funnel_flows"), Figure: ja.Number(f.Flows)}, {Label: t.T("report.funnel_attacks"), Figure: ja.Number(f.Attacks)},
			{Label: t.T("report.funnel_stopped"), Figure: ja.Number(f.Stopped)}, {Label: t.T("report.funnel_tasks"), Figure: ja.Number(f.Tasks)},
		},
		paper.Gap(5))
	todo := []paper.Block{paper.Text{S: t.T("report.todo"), Style: paper.Head.Colored(paper.Key), Mark: true}, paper.Gap(1)}
	if x := f.Todo; x != nil {
		what := t.T("report.todo_device", "device", x.Device, "what", r.Title(x.Family))
		if do := r.Do(x.Family, x.Device); do != "" {
			todo = append(todo, paper.Text{S: do, Style: paper.Strong.Sized(12), Lines: 2})
			if len(notes) < 2 {
				todo = append(todo, paper.Text{S: what, Style: paper.Body, Lines: 1})
			}
		} else {
			todo = append(todo, paper.Text{S: what, Style: paper.Strong.Sized(12), Lines: 2})
		}
		todo = append(todo,
			paper.Text{S: t.T("report.todo_case", "case", ja.CaseNumber(x.Case)) + "　" + r.Phone, Style: paper.Body})
	} else {
		todo = append(todo, paper.Text{S: t.T("report.todo_none"), Style: paper.Body.Sized(11)})
	}
	return append(blocks, paper.Box{Border: paper.Key, Thick: 0.7, Pad: 5, Blocks: todo})
}

// network is the second page: the others, devices and applications.
func network(f *report.Figures, t text.Texts) []paper.Block {
	blocks := []paper.Block{paper.Text{S: t.T("report.compare"), Style: paper.Head, Mark: true}, paper.Gap(2)}
	if at, ok := f.Places(); ok {
		part := func(n int) float64 { return float64(n) / 100 }
		blocks = append(blocks, paper.Scale{Low: part(at.Low), Middle: part(at.Middle), High: part(at.High), Own: part(at.Own),
			OwnWord: t.T("report.key_own"), MiddleWord: t.T("report.key_middle"), BandedWord: t.T("report.key_band")}, paper.Gap(2))
	}
	blocks = append(blocks, paper.Text{S: f.Compared(t)}, paper.Text{S: t.T("report.compare_note"), Style: paper.Small}, paper.Gap(6),
		paper.Text{S: t.T("report.network"), Style: paper.Head, Mark: true}, paper.Gap(1),
		paper.Text{S: t.T("report.network_say", "n", ja.Number(f.Devices), "new", ja.Number(f.New))})
	if f.Unknown > 0 {
		blocks = append(blocks, paper.Text{S: t.T("report.network_unknown", "n", ja.Number(f.Unknown))})
	}
	for _, part := range []struct {
		key string
		all []report.Use
	}{{"report.apps", f.Apps}, {"report.users", f.Users}} {
		blocks = append(blocks, paper.Gap(4), paper.Text{S: t.T(part.key), Style: paper.Sub, Mark: true}, paper.Gap(1))
		if len(part.all) == 0 {
			blocks = append(blocks, paper.Text{S: t.T("report.use_none")})
		}
		blocks = append(blocks, bars(part.all, t))
	}
	return append(blocks, paper.Gap(1), paper.Text{S: t.T("report.down") + " ↓　" + t.T("report.up") + " ↑", Style: paper.Small, Align: paper.Right})
}

func bars(all []report.Use, t text.Texts) paper.Bars {
	var rows paper.Bars
	var most int64 = 1
	for _, u := range all {
		most = max(most, u.Up+u.Down)
	}
	for _, u := range all {
		rows = append(rows, paper.Bar{Label: cmp.Or(u.In(t.Lang()), t.T("report.other")), Note: "↓ " + ja.Size(u.Down) + "　↑ " + ja.Size(u.Up), Share: float64(u.Up+u.Down) / float64(most)})
	}
	return rows
}

// technical is the third page.
func technical(f *report.Figures, r Reader, t text.Texts) []paper.Block {
	lang, small := t.Lang(), paper.Body.Sized(9)
	small.Lead = 1.5
	most := 0
	for _, n := range f.Daily {
		most = max(most, n)
	}
	blocks := []paper.Block{paper.Text{S: t.T("report.technical"), Style: paper.Head, Mark: true}, paper.Gap(3),
		paper.Text{S: t.T("report.daily"), Style: paper.Sub}}
	if first, _, err := report.Span(f.Month); err == nil && len(f.Daily) > 0 {
		blocks = append(blocks, paper.Days{Values: f.Daily, Most: t.T("report.daily_most", "n", ja.Number(most)),
			First: ja.MonthDay(first, lang), Last: ja.MonthDay(first.AddDate(0, 0, len(f.Daily)-1), lang)})
	}
	blocks = append(blocks, paper.Text{S: fmt.Sprintf("%s %s　%s %s", t.T("report.outside"), ja.Number(f.Outside), t.T("report.inside"), ja.Number(f.Inside))})
	if len(f.Kinds) > 0 {
		table := paper.Table{Head: []string{t.T("report.kind"), t.T("report.alerts"), t.T("report.events")}, Shares: []float64{6, 1.3, 1.3}, Right: []bool{false, true, true}, Style: small, Lines: 1}
		for _, k := range f.Kinds {
			table.Rows = append(table.Rows, []string{r.Title(k.Family), ja.Number(k.Alerts), ja.Number(k.Events)})
		}
		blocks = append(blocks, paper.Gap(4), paper.Text{S: t.T("report.kinds"), Style: paper.Sub, Mark: true}, table)
	}
	blocks = append(blocks, paper.Gap(4), paper.Text{S: t.T("report.gaps"), Style: paper.Sub, Mark: true})
	for _, g := range f.Gaps {
		until := t.T("report.gap_open")
		if !g.Until.IsZero() {
			until = ja.Long(g.Until, lang)
		}
		blocks = append(blocks, paper.Text{S: t.T("report.gap", "box", g.Box, "since", ja.Long(g.Since, lang), "until", until), Style: small, Lines: 1})
	}
	if len(f.Gaps) == 0 {
		blocks = append(blocks, paper.Text{S: t.T("report.gaps_none"), Style: small})
	}
	if len(f.Boxes) > 0 {
		blocks = append(blocks, paper.Gap(4), paper.Text{S: t.T("report.boxes"), Style: paper.Sub, Mark: true})
	}
	for _, b := range f.Boxes {
		blocks = append(blocks, paper.Text{S: t.T("report.box", "name", b.Name, "model", b.Model, "software", b.Software), Style: small, Lines: 1})
	}
	return blocks
}

// board is a poster: large, with no names, and read from two metres.
func board(f *report.Figures, t text.Texts) paper.Page {
	lead := paper.Style{Face: paper.Serif, Size: 17, Lead: 1.7, Color: paper.InkSoft}
	ask := paper.Style{Face: paper.Sans, Size: 17, Lead: 1.6, Color: paper.Ink}
	blocks := []paper.Block{
		paper.Gap(6),
		paper.Text{S: t.T("report.board"), Even: true, Style: paper.Style{Face: paper.Serif, Size: 38, Lead: 1.35, Color: paper.Ink}, Mark: true},
		paper.Text{S: t.T("report.board_lead", "month", report.MonthName(f.Month, t.Lang())), Style: lead},
		paper.Gap(6),
	}
	said := []paper.Block{}
	if f.Stopped > 0 {
		said = append(said, paper.Text{S: ja.Number(f.Stopped), Align: paper.Center, Lines: 1, Style: paper.Style{Face: paper.Serif, Size: 110, Lead: 1.1, Color: paper.Key}})
	}
	said = append(said, paper.Text{S: f.Board(t), Align: paper.Center, Even: true, Style: paper.Style{Face: paper.Bold, Size: 16, Lead: 1.6, Color: paper.Key}})
	blocks = append(blocks, paper.Box{Fill: paper.KeyFaint, Pad: 7, Blocks: said}, paper.Gap(10),
		paper.Text{S: t.T("report.board_ask"), Style: paper.Style{Face: paper.Serif, Size: 22, Lead: 1.4, Color: paper.Ink}}, paper.Gap(3))
	for i, s := range []string{t.T("report.board_ask_1"), t.T("report.board_ask_2"), t.T("report.board_ask_3")} {
		blocks = append(blocks, paper.Rule{}, paper.Gap(3), paper.Columns{Shares: []float64{1, 9}, Gap: 2, Cells: [][]paper.Block{
			{paper.Text{S: fmt.Sprint(i + 1), Style: paper.Style{Face: paper.Serif, Size: 34, Lead: 1.1, Color: paper.Key}}}, {paper.Text{S: s, Style: ask, Even: true}},
		}}, paper.Gap(4))
	}
	blocks = append(blocks, paper.Gap(3), paper.Box{Border: paper.LineStrong, Thick: 0.4, Pad: 5, Blocks: []paper.Block{
		paper.Text{S: t.T("report.board_contact"), Style: paper.Style{Face: paper.Sans, Size: 13, Lead: 1.5, Color: paper.InkSoft}}, paper.Gap(16)}})
	return paper.Page{Bare: true, Band: paper.Key, Blocks: blocks}
}
