package printed

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"otasuke/centre/internal/contract"
	"otasuke/content/offer"
	"otasuke/content/text"
	"otasuke/internal/ja"
	"otasuke/internal/paper"
)

// Provider is who offers the service.
type Provider struct {
	Name, Phone string
	Portal      string // address of the portal
}

// Parcel is what the step "shipped" has for a reason, the carrier's key and the parcel's digits, as people read it: ヤマト運輸 1234-5678-9012.
func Parcel(why string, t text.Texts) string {
	carrier, digits, ok := strings.Cut(why, " ")
	key := "parcel.carrier_" + carrier
	if !ok || !t.Has(key) {
		return why
	}
	return t.T(key) + " " + strings.Join(slices.Collect(fours(digits)), "-")
}

// fours are digits four by four, as they stand on labels.
func fours(digits string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for len(digits) > 4 && yield(digits[:4]) {
			digits = digits[4:]
		}
		yield(digits)
	}
}

// Line is one of a form: what is asked, and what was said.
type Line struct{ Label, Value string }

// Form is the application as it is signed: what was entered and what was agreed to, with place for date and seals. Its number
// stands there for people and as a QR code for the desk.
func Form(a *contract.Application, v *offer.Version, said []Line, by Provider, t text.Texts) *paper.Document {
	lang := t.Lang()
	title := t.T("paper.form_title", "service", v.Name.In(lang))
	d := &paper.Document{Title: title, Author: by.Name, Lang: lang, Made: a.Moved, Foot: t.T("paper.foot", "title", title, "number", a.Number, "phone", by.Phone)}
	small := paper.Body.Sized(9)
	small.Lead = 1.5
	table := paper.Table{Shares: []float64{3, 7}, Style: small, Grid: true}
	for _, l := range said {
		table.Rows = append(table.Rows, []string{l.Label, l.Value})
	}
	first := []paper.Block{
		paper.Columns{Shares: []float64{8, 2}, Gap: 4, Cells: [][]paper.Block{{
			paper.Text{S: t.T("paper.to", "provider", by.Name), Style: paper.Body.Sized(11)}, paper.Gap(2),
			paper.Text{S: title, Style: paper.Title.Sized(18), Mark: true},
			paper.Text{S: t.T("paper.number", "number", a.Number), Style: paper.Strong.Sized(12)},
			paper.Text{S: t.T("paper.version", "id", v.ID, "day", ja.Date(a.Moved, lang)), Style: paper.Small},
		}, {paper.QR{Text: a.Number, Side: 30}}}},
		paper.Gap(2), paper.Text{S: t.T("paper.form_lead"), Style: small}, paper.Gap(2), table, paper.Gap(4),
		paper.Text{S: t.T("paper.date"), Style: paper.Body.Sized(11)}, paper.Gap(2),
		paper.Text{S: t.T("paper.signed", "company", a.Form.Company), Style: paper.Body.Sized(11)},
		paper.Seals{Labels: []string{t.T("paper.seal_company"), t.T("paper.seal_head")}, Mark: t.T("paper.seal_mark")},
		paper.Gap(2), paper.Text{S: t.T("paper.return", "phone", by.Phone), Style: paper.Small},
	}
	agreed := []paper.Block{paper.Text{S: t.T("paper.consents"), Style: paper.Head, Mark: true}, paper.Gap(1)}
	for _, c := range v.Consents {
		agreed = append(agreed, paper.Columns{Shares: []float64{0.5, 9.5}, Gap: 1, Cells: [][]paper.Block{{paper.Tick{On: slices.Contains(a.Form.Consents, c.Key)}},
			{paper.Text{S: c.What.In(lang), Style: paper.Strong.Sized(9.5)}, paper.Text{S: c.Why.In(lang), Style: paper.Small}}}})
	}
	agreed = append(agreed, paper.Gap(5), paper.Text{S: t.T("paper.terms"), Style: paper.Head, Mark: true})
	for i, c := range v.Terms {
		agreed = append(agreed, paper.Gap(2), paper.Text{S: fmt.Sprintf("%d. %s", i+1, c.Title.In(lang)), Style: paper.Sub, Mark: true}, paper.Text{S: c.Text.In(lang), Style: small})
	}
	d.Pages = []paper.Page{{Blocks: first}, {Blocks: agreed}}
	return d
}

// Guide is the sheet in the parcel: where the box goes, in pictures, and how it is connected to its company. It is one page.
func Guide(company, number string, made time.Time, by Provider, t text.Texts) *paper.Document {
	title := t.T("paper.guide_title")
	big := paper.Body.Sized(11)
	thing := func(key string, ours bool) []paper.Block {
		b := paper.Box{Border: paper.LineStrong, Thick: 0.4, Pad: 4, Blocks: []paper.Block{paper.Text{S: t.T(key), Style: paper.Strong.Sized(12), Align: paper.Center}}}
		if ours {
			b.Border, b.Thick, b.Fill = paper.Key, 0.9, paper.KeyFaint
		}
		return []paper.Block{b}
	}
	cable := func(key string) []paper.Block {
		cells := []paper.Block{paper.Rule{Color: paper.Ink, Double: true}}
		if key != "" {
			cells = append([]paper.Block{paper.Text{S: t.T(key), Style: paper.Small, Align: paper.Center}}, cells...)
		}
		return cells
	}
	step := func(n int, key string) paper.Block {
		return paper.Columns{Shares: []float64{0.7, 9.3}, Gap: 2, Cells: [][]paper.Block{
			{paper.Text{S: fmt.Sprint(n), Style: paper.Style{Face: paper.Serif, Size: 24, Lead: 1.1, Color: paper.Key}}}, {paper.Text{S: t.T(key, "url", by.Portal+"/connect"), Style: big}}}}
	}
	blocks := []paper.Block{
		paper.Text{S: title, Style: paper.Title, Mark: true}, paper.Text{S: t.T("paper.guide_for", "company", company, "number", number), Style: paper.Small}, paper.Gap(2), paper.Rule{}, paper.Gap(3),
		paper.Text{S: t.T("paper.before"), Style: paper.Sub}, paper.Gap(1),
		paper.Columns{Shares: []float64{3, 5, 3}, Middle: true, Cells: [][]paper.Block{thing("paper.router", false), cable(""), thing("paper.hub", false)}}, paper.Gap(5),
		paper.Text{S: t.T("paper.after"), Style: paper.Sub}, paper.Gap(1),
		paper.Columns{Shares: []float64{3, 1.6, 3.4, 1.6, 3}, Middle: true, Cells: [][]paper.Block{thing("paper.router", false), cable("paper.cable_new"), thing("paper.box", true), cable("paper.cable_old"), thing("paper.hub", false)}}, paper.Gap(4),
	}
	for i, key := range []string{"paper.step_1", "paper.step_2", "paper.step_3", "paper.step_4"} {
		blocks = append(blocks, step(i+1, key), paper.Gap(2))
	}
	blocks = append(blocks, paper.Gap(2), paper.Box{Fill: paper.CareFaint, Bar: paper.Care, Pad: 4, Blocks: []paper.Block{paper.Text{S: t.T("paper.trouble"), Style: paper.Strong}, paper.Text{S: t.T("paper.trouble_do")}}}, paper.Gap(4),
		paper.Columns{Shares: []float64{7.5, 2.5}, Gap: 4, Middle: true, Cells: [][]paper.Block{{paper.Text{S: t.T("paper.call", "provider", by.Name), Style: paper.Body}, paper.Text{S: by.Phone, Style: paper.Style{Face: paper.Serif, Size: 26, Lead: 1.3, Color: paper.Ink}}},
			{paper.QR{Text: by.Portal + "/connect", Side: 30}, paper.Text{S: t.T("paper.qr_connect"), Style: paper.Small}}}})
	return &paper.Document{Title: title, Author: by.Name, Lang: t.Lang(), Made: made, Foot: t.T("paper.foot", "title", title, "number", number, "phone", by.Phone), Pages: []paper.Page{{Blocks: blocks}}}
}

// Notice tells the people of an office that its network is watched over, what that means for them and what is not looked at:
// they are to know it beforehand.
func Notice(company string, v *offer.Version, made time.Time, by Provider, t text.Texts) *paper.Document {
	lang, title := t.Lang(), t.T("paper.notice_title")
	big := paper.Body.Sized(13)
	blocks := []paper.Block{paper.Text{S: title, Style: paper.Title.Sized(26), Even: true, Mark: true}, paper.Gap(3), paper.Text{S: t.T("paper.notice_lead", "company", company), Style: big}, paper.Gap(6), paper.Text{S: t.T("paper.notice_seen"), Style: paper.Head, Mark: true}, paper.Gap(1)}
	for _, c := range v.Consents {
		if c.Required && !c.Use {
			blocks = append(blocks, paper.Text{S: "・" + c.What.In(lang), Style: paper.Body.Sized(11)})
		}
	}
	blocks = append(blocks, paper.Gap(5), paper.Text{S: t.T("paper.notice_never"), Style: paper.Head, Mark: true}, paper.Gap(1), paper.Text{S: t.T("paper.notice_never_what"), Style: paper.Body.Sized(11)}, paper.Gap(5),
		paper.Text{S: t.T("paper.notice_you"), Style: paper.Head, Mark: true}, paper.Gap(1), paper.Text{S: t.T("paper.notice_you_what"), Style: paper.Body.Sized(11)}, paper.Gap(8),
		paper.Box{Border: paper.LineStrong, Thick: 0.4, Pad: 5, Blocks: []paper.Block{paper.Text{S: t.T("paper.notice_who"), Style: paper.Body.Sized(11)}, paper.Gap(14)}}, paper.Gap(4), paper.Text{S: t.T("paper.notice_by", "provider", by.Name, "phone", by.Phone), Style: paper.Small})
	return &paper.Document{Title: title, Author: by.Name, Lang: lang, Made: made, Pages: []paper.Page{{Bare: true, Band: paper.Key, Blocks: blocks}}}
}
