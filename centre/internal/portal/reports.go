package portal

import (
	"cmp"
	"context"
	"fmt"
	"net/http"

	"otasuke/centre/internal/report"
	"otasuke/centre/internal/report/printed"
	"otasuke/centre/internal/ui"
	"otasuke/content/text"
	"otasuke/internal/ja"
	"otasuke/internal/paper"
)

// Reports has the monthly reports; report.Service is one.
type Reports interface {
	List(ctx context.Context, tenantID string) ([]report.Made, error)
	Get(ctx context.Context, tenantID, month string) (*report.Figures, error)
}

// Paper prints documents; paper.Press is one.
type Paper interface {
	Print(ctx context.Context, d *paper.Document) ([]byte, error)
}

type reportsView struct {
	ui.Base
	Rows []reportRow
}

type reportRow struct{ Month, URL, Made string }

// reportsPage lists the reports by month.
func (p *portal) reportsPage(w http.ResponseWriter, v *ui.Visit) error {
	base, err := p.begin(v, "report.list_title", "/reports")
	if err != nil {
		return err
	}
	all, err := p.Reports.List(v.Request.Context(), v.TenantID)
	if err != nil {
		return err
	}
	view := reportsView{Base: base}
	for _, m := range all {
		view.Rows = append(view.Rows, reportRow{Month: report.MonthName(m.Month, v.Texts.Lang()), URL: p.root + "/reports/" + m.Month,
			Made: v.T("report.list_made", "at", ja.Long(m.At, v.Texts.Lang()))})
	}
	return p.Show(w, p.reports, view)
}

type reportView struct {
	ui.Base
	PDF, PDFBoard                       string // links; "" where nothing can be printed
	Company, Span, Month, Big, Compared string
	Say, Notes                          []string
	Funnel                              []step
	HasRule                             bool // the comparison's picture
	Rule                                rule
	Todo                                *todoView
	Network, Unknown                    string
	Apps, Users                         []useRow
	Board                               string
	Daily                               ui.Chart
	Outside, Inside                     string
	Kinds                               []kindRow
	Gaps, Boxes                         []string
}

// step of the funnel: a figure, and a bar that becomes narrower.
type step struct {
	Label, N string
	X, W     int
}

// funnelWidths are the bars' in their picture of 100: a form, not a scale, since the figures
// are a million to one.
var funnelWidths = [...]int{100, 62, 40, 22}

// rule shows where a company stands among others, in a picture of 100 wide.
type rule struct{ Low, Band, Middle, Own int }

type todoView struct{ Do, What, Case, URL string }

type useRow struct {
	Name, Up, Down string
	W              int // of the bar, of 100
}

type kindRow struct{ Name, Alerts, Events string }

// reportPage is one month's report: four parts that print as four pages.
func (p *portal) reportPage(w http.ResponseWriter, v *ui.Visit) error {
	f, err := p.Reports.Get(v.Request.Context(), v.TenantID, v.Request.PathValue("month"))
	if err != nil {
		return err
	}
	base, err := p.begin(v, "report.list_title", "/reports")
	if err != nil {
		return err
	}
	lang := v.Texts.Lang()
	month := report.MonthName(f.Month, lang)
	base.Title = v.T("report.title", "month", month)
	view := reportView{Base: base, Month: month, Company: v.T("report.to", "company", base.Owner), Big: ja.Number(f.Stopped), Compared: f.Compared(v.Texts),
		Span:    v.T("report.span", "from", ja.Date(f.From, lang), "to", ja.Date(f.Last(), lang)),
		Network: v.T("report.network_say", "n", ja.Number(f.Devices), "new", ja.Number(f.New)), Apps: uses(v.Texts, f.Apps), Users: uses(v.Texts, f.Users),
		Board: f.Board(v.Texts), Outside: ja.Number(f.Outside), Inside: ja.Number(f.Inside)}
	view.Say, view.Notes = f.Sentences(v.Texts)
	for i, one := range []struct{ label, n string }{
		{v.T("report.funnel_flows"), ja.Number(f.Flows)}, {v.T("report.funnel_attacks"), ja.Number(f.Attacks)},
		{v.T("report.funnel_stopped"), ja.Number(f.Stopped)}, {v.T("report.funnel_tasks"), ja.Number(f.Tasks)},
	} {
		view.Funnel = append(view.Funnel, step{one.label, one.n, (100 - funnelWidths[i]) / 2, funnelWidths[i]})
	}
	if at, ok := f.Places(); ok {
		view.HasRule, view.Rule = true, rule{Low: at.Low, Band: max(at.High-at.Low, 1), Middle: at.Middle, Own: at.Own}
	}
	if f.Unknown > 0 {
		view.Unknown = v.T("report.network_unknown", "n", ja.Number(f.Unknown))
	}
	if t := f.Todo; t != nil {
		view.Todo = &todoView{Do: p.Knowledge.Do(t.Family, t.Device, lang), What: v.T("report.todo_device", "device", t.Device, "what", p.Knowledge.Title(t.Family, lang)),
			Case: v.T("report.todo_case", "case", ja.CaseNumber(t.Case)), URL: p.root + "/alerts/" + t.Alert}
	}
	if p.Paper != nil {
		view.PDF, view.PDFBoard = p.root+"/reports/"+f.Month+"/pdf", p.root+"/reports/"+f.Month+"/board"
	}
	p.technical(v, f, &view)
	return p.Show(w, p.report, view)
}

// reportFile is the report as PDF, in the language of the visit.
func (p *portal) reportFile(w http.ResponseWriter, v *ui.Visit) error {
	return p.print(w, v, "report", printed.Report)
}

// boardFile is its page for the notice board alone.
func (p *portal) boardFile(w http.ResponseWriter, v *ui.Visit) error {
	return p.print(w, v, "board", printed.Board)
}

func (p *portal) print(w http.ResponseWriter, v *ui.Visit, name string, compose func(*report.Figures, printed.Reader, text.Texts) *paper.Document) error {
	ctx := v.Request.Context()
	f, err := p.Reports.Get(ctx, v.TenantID, v.Request.PathValue("month"))
	if err != nil {
		return err
	}
	c, err := p.Companies.CompanyByID(ctx, v.TenantID)
	if err != nil {
		return err
	}
	title := func(family string) string { return p.Knowledge.Title(family, v.Texts.Lang()) }
	do := func(family, device string) string { return p.Knowledge.Do(family, device, v.Texts.Lang()) }
	pdf, err := p.Paper.Print(ctx, compose(f, printed.Reader{Company: c.Name, Provider: p.Provider, Phone: p.Phone, Title: title, Do: do}, v.Texts))
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/pdf")
	h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="otasuke-%s-%s.pdf"`, name, f.Month))
	h.Set("Cache-Control", "no-store")
	_, err = w.Write(pdf)
	return err
}

// technical fills in the last part.
func (p *portal) technical(v *ui.Visit, f *report.Figures, view *reportView) {
	lang := v.Texts.Lang()
	first, _, err := report.Span(f.Month)
	var days []ui.DayCount
	for i, n := range f.Daily {
		if err == nil {
			days = append(days, ui.DayCount{Date: first.AddDate(0, 0, i), Count: n})
		}
	}
	view.Daily = ui.NewChart(v.Texts, v.T("report.daily"), false, days)
	for _, k := range f.Kinds {
		view.Kinds = append(view.Kinds, kindRow{p.Knowledge.Title(k.Family, lang), ja.Number(k.Alerts), ja.Number(k.Events)})
	}
	for _, g := range f.Gaps {
		until := v.T("report.gap_open")
		if !g.Until.IsZero() {
			until = ja.Long(g.Until, lang)
		}
		view.Gaps = append(view.Gaps, v.T("report.gap", "box", g.Box, "since", ja.Long(g.Since, lang), "until", until))
	}
	for _, b := range f.Boxes {
		view.Boxes = append(view.Boxes, v.T("report.box", "name", b.Name, "model", b.Model, "software", b.Software))
	}
}

// uses are rows with bars against the largest.
func uses(t text.Texts, all []report.Use) (rows []useRow) {
	var most int64 = 1
	for _, u := range all {
		most = max(most, u.Up+u.Down)
	}
	for _, u := range all {
		rows = append(rows, useRow{cmp.Or(u.In(t.Lang()), t.T("report.other")), ja.Size(u.Up), ja.Size(u.Down), max(int((u.Up+u.Down)*100/most), 1)})
	}
	return rows
}
