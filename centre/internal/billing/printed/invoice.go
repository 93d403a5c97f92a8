package printed

import (
	"strconv"
	"time"

	"otasuke/centre/internal/billing"
	"otasuke/centre/internal/billing/rule"
	"otasuke/content/text"
	"otasuke/internal/ja"
	"otasuke/internal/paper"
)

// MonthName is 2026年12月 or December 2026.
func MonthName(month, lang string) string {
	at, err := time.Parse(rule.Layout, month)
	if err != nil {
		return month
	}
	if lang == ja.English {
		return at.Format("January 2006")
	}
	return at.Format("2006年1月")
}

// lineKey is that of a line's words.
const lineKey = "bill.line_"

// Line is what a line is for.
func Line(l *rule.Line, t text.Texts) string {
	month := MonthName(l.Month, t.Lang())
	if l.Kind == rule.Return && l.Of != nil {
		return t.T(lineKey+l.Kind, "number", l.Of.Number, "what", t.T(lineKey+l.Was, "month", month, "note", l.Note))
	}
	return t.T(lineKey+l.Kind, "month", month, "note", l.Note)
}

// Title of an invoice.
func Title(inv *billing.Invoice, t text.Texts) string {
	if inv.Corrects != "" {
		return t.T("bill.doc_correction")
	}
	return t.T("bill.doc_title")
}

// Day is a day of the books (2026-12-01) as people read it.
func Day(day, lang string) string {
	at, err := time.ParseInLocation(time.DateOnly, day, ja.Zone)
	if err != nil {
		return day
	}
	return ja.Date(at, lang)
}

// Postcode as it is written: 540-0029.
func Postcode(code string) string {
	if len(code) != 7 {
		return code
	}
	return "〒" + code[:3] + "-" + code[3:]
}

// Yen with its sign.
func Yen(t text.Texts, n int) string { return t.T("bill.yen", "yen", ja.Number(n)) }

// Reissued is when an invoice was issued once more the last time; zero for never.
func Reissued(log []billing.Event) (at time.Time) {
	for _, e := range log {
		if e.What == billing.Reissued {
			at = e.At
		}
	}
	return at
}

// Invoice is the sheet.
func Invoice(inv *billing.Invoice, log []billing.Event, t text.Texts) *paper.Document {
	lang := t.Lang()
	title := Title(inv, t)
	right := paper.Style{Face: paper.Sans, Size: 9.5, Lead: 1.6, Color: paper.Ink}
	to := []paper.Block{paper.Text{S: t.T("bill.doc_to", "company", inv.To.Company), Style: paper.Letter.Sized(14), Lines: 3}, paper.Text{S: Postcode(inv.To.Postcode) + " " + inv.To.Address, Style: paper.Small, Lines: 3}}
	if inv.To.Contact != "" {
		to = append(to, paper.Text{S: t.T("bill.doc_contact", "name", inv.To.Contact), Style: paper.Small, Lines: 2})
	}
	from := []paper.Block{paper.Text{S: t.T("bill.number") + "　" + inv.Number, Style: right}, paper.Text{S: t.T("bill.day") + "　" + Day(inv.Day, lang), Style: right}, paper.Gap(3),
		paper.Text{S: inv.From.Name, Style: paper.Strong.Sized(11), Lines: 2}, paper.Text{S: t.T("bill.doc_registration", "number", inv.From.Number), Style: right}, paper.Text{S: inv.From.Address, Style: right, Lines: 3}}
	if inv.From.Phone != "" {
		from = append(from, paper.Text{S: t.T("bill.doc_phone", "phone", inv.From.Phone), Style: right})
	}
	blocks := []paper.Block{paper.Text{S: title, Style: paper.Title.Sized(24), Mark: true}, paper.Text{S: t.T("bill.doc_kind"), Style: paper.Small}}
	if at := Reissued(log); !at.IsZero() {
		blocks = append(blocks, paper.Text{S: t.T("bill.doc_reissued", "day", ja.Date(at, lang)), Style: paper.Strong.Colored(paper.Care)})
	}
	blocks = append(blocks, paper.Gap(2), paper.Rule{Color: paper.LineStrong, Double: true}, paper.Gap(6), paper.Columns{Shares: []float64{1, 1}, Gap: 6, Cells: [][]paper.Block{to, from}}, paper.Gap(8))
	blocks = append(blocks, amount(inv, t)...)
	blocks = append(blocks, paper.Gap(7), lines(inv, t), paper.Gap(5), sums(inv, t), paper.Gap(2), paper.Text{S: t.T("bill.doc_rounding"), Style: paper.Small})
	if inv.Total > 0 {
		blocks = append(blocks, paper.Gap(6))
		if inv.From.Bank != "" {
			blocks = append(blocks, paper.Text{S: t.T("bill.doc_bank"), Style: paper.Sub}, paper.Text{S: inv.From.Bank, Lines: 4})
		}
		blocks = append(blocks, paper.Text{S: t.T("bill.doc_debit"), Style: paper.Small})
	}
	return &paper.Document{Title: title + " " + inv.Number, Author: inv.From.Name, Lang: lang, Made: inv.Issued,
		Foot: t.T("bill.doc_foot", "title", title, "number", inv.Number, "from", inv.From.Name, "registration", inv.From.Number), Pages: []paper.Page{{Blocks: blocks}}}
}

// amount is what it is all about, in large type.
func amount(inv *billing.Invoice, t text.Texts) []paper.Block {
	say, label := t.T("bill.doc_say"), t.T("bill.total")
	if inv.Total < 0 {
		say, label = t.T("bill.doc_say_back"), t.T("bill.total_back")
	}
	left := []paper.Block{paper.Text{S: label, Style: paper.Body.Colored(paper.InkSoft)}}
	if inv.Total > 0 {
		left = append(left, paper.Text{S: t.T("bill.due") + "　" + Day(inv.Due, t.Lang()), Style: paper.Strong})
	}
	blocks := []paper.Block{paper.Text{S: say}}
	if inv.Corrects != "" {
		blocks = append(blocks, paper.Gap(1), paper.Box{Fill: paper.CareFaint, Bar: paper.Care, Pad: 3, Blocks: []paper.Block{paper.Text{S: t.T("bill.corrects", "number", inv.Corrects, "why", inv.Why), Lines: 4}}})
	}
	return append(blocks, paper.Gap(2), paper.Box{Border: paper.LineStrong, Thick: 0.4, Pad: 4, Blocks: []paper.Block{paper.Columns{Middle: true, Shares: []float64{1, 1}, Gap: 4, Cells: [][]paper.Block{
		left, {paper.Text{S: Yen(t, inv.Total), Style: paper.Style{Face: paper.Serif, Size: 28, Lead: 1.2, Color: paper.Ink}, Align: paper.Right, Lines: 1}},
	}}}})
}

func lines(inv *billing.Invoice, t text.Texts) paper.Block {
	table := paper.Table{Head: []string{t.T("bill.doc_what"), t.T("bill.doc_rate"), t.T("bill.doc_amount")}, Shares: []float64{6, 1.2, 3}, Right: []bool{false, true, true}, Lines: 4}
	for i := range inv.Lines {
		l := &inv.Lines[i]
		table.Rows = append(table.Rows, []string{Line(l, t), strconv.Itoa(l.Rate) + "%", Yen(t, l.Yen)})
	}
	return table
}

func sums(inv *billing.Invoice, t text.Texts) paper.Block {
	table := paper.Table{Head: []string{"", t.T("bill.doc_without"), t.T("bill.doc_tax"), t.T("bill.doc_with")}, Shares: []float64{3, 2, 2, 2}, Right: []bool{false, true, true, true}, Style: paper.Strong}
	for _, s := range inv.Sums {
		table.Rows = append(table.Rows, []string{t.T("bill.doc_rate_sum", "rate", s.Rate), Yen(t, s.Without), Yen(t, s.Tax), Yen(t, s.Yen)})
	}
	return table
}
