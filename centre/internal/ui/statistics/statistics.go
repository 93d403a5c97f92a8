package statistics

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"otasuke/centre/internal/report"
	"otasuke/centre/internal/statistics"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/ui"
	"otasuke/content/text"
	"otasuke/internal/entry"
	"otasuke/internal/ja"
	"otasuke/internal/sheet"
)

//go:embed *.html
var files embed.FS

//go:embed statistics.css
var style []byte

// Config says what the pages work with.
type Config struct {
	// Months are those that were made, the newest first; statistics.Service has them.
	Months func(ctx context.Context) ([]statistics.Month, error)
	// Title is a threat family's name, and Advice the one thing to do about it.
	Title, Advice func(family, lang string) string
	Provider      string
	// EmbedBy are the origins of sites that may show the page inside theirs: "https://www.chamber.example".
	EmbedBy []string
}

type pages struct {
	Config
	ui.Host
	page, frame *ui.Page
}

// Public are the pages, for the portal.
func Public(cfg Config) ui.Guest {
	return ui.Guest{Style: style, Join: func(h ui.Host, r *ui.Router) (err error) {
		p := &pages{Config: cfg, Host: h}
		if p.page, err = ui.ParsePage(files, "page.html", "figures.html"); err != nil {
			return err
		}
		if p.frame, err = ui.ParseBare(files, "frame.html", "figures.html"); err != nil {
			return err
		}
		r.Open(ui.Everyone, "GET /statistics", p.answer(p.show))
		r.Open(ui.Everyone, "GET /statistics/embed", p.answer(p.embed))
		r.Open(ui.Everyone, "GET /statistics.json", p.answer(p.json))
		r.Open(ui.Everyone, "GET /statistics.csv", p.answer(p.csv))
		return nil
	}}
}

func (p *pages) answer(page func(http.ResponseWriter, *http.Request, text.Texts) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := page(w, r, p.Gate.Texts(r)); err != nil {
			p.Gate.Fail(w, r, err)
		}
	}
}

// cached says that everybody sees the same for an hour.
func cached(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "public, max-age=3600")
	w.Header().Set("Vary", "Accept-Language, Cookie")
}

// month is the one that was asked for, or the newest.
func (p *pages) month(r *http.Request) (m statistics.Month, all []statistics.Month, err error) {
	all, err = p.Months(r.Context())
	if err != nil || len(all) == 0 {
		return m, all, err
	}
	asked := r.FormValue("month")
	for _, one := range all {
		if asked == "" || one.Month == asked {
			return one, all, nil
		}
	}
	return m, all, store.ErrNotFound
}

type view struct {
	ui.Base
	None              bool
	Month, Say, About string
	Months            []link
	Tables            []table
	Families          []familyRow
	JSON, CSV         string
}

type link struct {
	Label, URL string
	Here       bool
}

type table struct {
	Title, By string
	Rows      []row
}

// row is one cell; Width is its bar of a hundred.
type row struct {
	Label, Middle, Inside, Companies string
	Width                            int
	Hidden                           bool
}

type familyRow struct {
	Title, Do string
	Percent   int
}

func (p *pages) view(r *http.Request, t text.Texts) (view, error) {
	v := view{Base: p.Gate.Base(r, t, ""), JSON: p.Root + "/statistics.json", CSV: p.Root + "/statistics.csv"}
	v.Title, v.Owner = t.T("statistics.title"), p.Provider
	m, all, err := p.month(r)
	if err != nil {
		return v, err
	}
	if v.None = len(all) == 0 || m.All.Hidden; len(all) == 0 {
		return v, nil
	}
	v.Month = report.MonthName(m.Month, t.Lang())
	for _, one := range all {
		v.Months = append(v.Months, link{report.MonthName(one.Month, t.Lang()), p.Root + "/statistics?month=" + one.Month, one.Month == m.Month})
	}
	if v.None {
		return v, nil
	}
	v.Say = t.T("statistics.say", "month", v.Month, "n", ja.Number(m.All.Mean), "middle", ja.Number(m.All.Middle), "inside", ja.Number(m.All.Inside))
	v.About = t.T("statistics.about", "n", ja.Number(m.All.Companies))
	for _, one := range []struct {
		by    string
		cells []statistics.Cell
	}{{statistics.ByRegion, m.Regions}, {statistics.ByIndustry, m.Industries}, {statistics.BySize, m.Sizes}} {
		if x := cells(t, one.by, one.cells); len(x.Rows) > 0 {
			v.Tables = append(v.Tables, x)
		}
	}
	for _, f := range m.Families {
		v.Families = append(v.Families, familyRow{p.Title(f.Key, t.Lang()), p.Advice(f.Key, t.Lang()), f.Percent})
	}
	return v, nil
}

// Name is that of a cell: a prefecture, an industry, a size.
func Name(t text.Texts, by, key string) string {
	switch {
	case by == statistics.ByRegion:
		return entry.PrefectureName(key, t.Lang())
	case by == statistics.BySize && key == "more":
		return t.T("statistics.size_more")
	case by == statistics.BySize:
		return t.T("statistics.size", "n", key)
	case t.Has("apply.industry_" + key):
		return t.T("apply.industry_" + key)
	}
	return key
}

func cells(t text.Texts, by string, all []statistics.Cell) table {
	x := table{Title: t.T("statistics." + by), By: t.T("statistics.by_" + by)}
	most := 1
	for _, c := range all {
		most = max(most, c.Middle)
	}
	hidden := 0
	for _, c := range all {
		if c.Hidden {
			hidden++
			continue
		}
		x.Rows = append(x.Rows, row{Label: Name(t, by, c.Key), Middle: ja.Number(c.Middle), Inside: ja.Number(c.Inside), Companies: t.T("statistics.companies", "n", ja.Number(c.Companies)), Width: c.Middle * 100 / most})
	}
	if hidden > 0 && len(x.Rows) > 0 {
		x.Rows = append(x.Rows, row{Label: t.T("statistics.others"), Hidden: true})
	}
	return x
}

func (p *pages) show(w http.ResponseWriter, r *http.Request, t text.Texts) error {
	v, err := p.view(r, t)
	if err != nil {
		return err
	}
	if err := p.page.Render(w, http.StatusOK, v); err != nil {
		return err
	}
	return nil
}

// embed is the same without our frame, for a site that may show it inside its own.
func (p *pages) embed(w http.ResponseWriter, r *http.Request, t text.Texts) error {
	v, err := p.view(r, t)
	if err != nil {
		return err
	}
	h := w.Header()
	if len(p.EmbedBy) > 0 {
		h.Set("Content-Security-Policy", strings.Replace(h.Get("Content-Security-Policy"), "frame-ancestors 'none'", "frame-ancestors "+strings.Join(p.EmbedBy, " "), 1))
		h.Del("X-Frame-Options")
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	}
	return p.frame.Render(w, http.StatusOK, v)
}

func (p *pages) json(w http.ResponseWriter, r *http.Request, _ text.Texts) error {
	_, all, err := p.month(r)
	if err != nil {
		return err
	}
	raw, err := json.MarshalIndent(map[string]any{"provider": p.Provider, "months": all}, "", "  ")
	if err != nil {
		return err
	}
	cached(w)
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, err = w.Write(raw)
	return err
}

func (p *pages) csv(w http.ResponseWriter, r *http.Request, _ text.Texts) error {
	_, all, err := p.month(r)
	if err != nil {
		return err
	}
	cached(w)
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="statistics.csv"`)
	return Table(w, all)
}

// Table writes months as CSV, one cell a line, for a spreadsheet or for the office that runs the scheme: what is hidden is
// written as empty.
func Table(w io.Writer, all []statistics.Month) error {
	out := sheet.New(w, "month", "by", "key", "companies_at_least", "attacks_middle", "attacks_mean", "suspicious_inside_mean", "percent_of_companies")
	for _, m := range all {
		for _, one := range []struct {
			by    string
			cells []statistics.Cell
		}{{"all", []statistics.Cell{m.All}}, {"prefecture", m.Regions}, {"industry", m.Industries}, {"size", m.Sizes}} {
			for _, c := range one.cells {
				if c.Hidden {
					out.Row(m.Month, one.by, c.Key, "", "", "", "", "")
					continue
				}
				out.Row(m.Month, one.by, c.Key, strconv.Itoa(c.Companies), strconv.Itoa(c.Middle), strconv.Itoa(c.Mean), strconv.Itoa(c.Inside), "")
			}
		}
		for _, f := range m.Families {
			out.Row(m.Month, "threat", f.Key, "", "", "", "", strconv.Itoa(f.Percent))
		}
	}
	if err := out.Close(); err != nil {
		return fmt.Errorf("statistics: %w", err)
	}
	return nil
}
