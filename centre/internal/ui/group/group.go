package group

import (
	"context"
	"embed"
	"net/http"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/group"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/content/text"
	"otasuke/internal/ja"
	"otasuke/internal/sheet"
)

//go:embed *.html
var files embed.FS

//go:embed group.css
var style []byte

// Service is group.Service.
type Service interface {
	Members(ctx context.Context, viewer, who string) ([]group.Member, error)
	Member(ctx context.Context, viewer, who, tenantID string) (group.Member, error)
	Preview(ctx context.Context, tenantID, shareID string) (group.Member, error)
}

// Config says what the pages work with.
type Config struct {
	Service
	// Title is a threat family's name in a language.
	Title func(family, lang string) string
}

type pages struct {
	Config
	ui.Host
	all, one *ui.Page
}

// Customers are the pages, for the portal. Companies that nobody lets look have no entry in their menu: they get there from
// the page on which they let others look.
func Customers(cfg Config) ui.Guest {
	return ui.Guest{Style: style, Join: func(h ui.Host, r *ui.Router) error {
		p := &pages{Config: cfg, Host: h}
		for name, page := range map[string]**ui.Page{"all": &p.all, "one": &p.one} {
			var err error
			if *page, err = ui.ParsePage(files, name+".html", "parts.html"); err != nil {
				return err
			}
		}
		r.Page(ui.Reader, "GET /group", p.allPage)
		r.Page(ui.Reader, "GET /group.csv", p.file)
		r.Page(ui.Reader, "GET /group/{company}", p.onePage)
		r.Page(ui.Manager, "GET /shares/{share}", p.previewPage)
		return nil
	}}
}

type allView struct {
	ui.Base
	Lead string
	Rows []row
	CSV  string
}

// row is one company at a glance: "" is what it does not show.
type row struct {
	URL, Name, Until                string
	State                           ui.State
	Attacks, Stopped, Alerts, Boxes string
	Hidden                          string
}

// lamp says the most important thing about a company, as far as it shows it.
func lamp(t text.Texts, m *group.Member) ui.State {
	switch {
	case m.Alerts != nil && m.Alerts.High > 0:
		return ui.State{Tone: ui.Alarm, Text: t.T("group.high", "n", m.Alerts.High)}
	case m.Boxes != nil && m.Boxes.All == 0:
		return ui.State{Tone: ui.Care, Text: t.T("group.no_box")}
	case m.Boxes != nil && m.Boxes.Watching < m.Boxes.All:
		return ui.State{Tone: ui.Care, Text: t.T("group.box_off", "n", m.Boxes.All-m.Boxes.Watching)}
	case m.Alerts != nil && m.Alerts.Medium > 0:
		return ui.State{Tone: ui.Care, Text: t.T("group.medium", "n", m.Alerts.Medium)}
	case m.Alerts == nil && m.Boxes == nil:
		return ui.State{Tone: ui.Off, Text: t.T("group.figures_only")}
	}
	return ui.State{Tone: ui.Good, Text: t.T("group.well")}
}

func (p *pages) row(t text.Texts, m *group.Member) row {
	x := row{URL: p.Root + "/group/" + m.TenantID, Name: m.Name, Until: t.T("group.until", "day", ja.Date(m.Expires.Add(-time.Second), t.Lang())), State: lamp(t, m)}
	if m.Figures != nil {
		x.Attacks, x.Stopped = ja.Number(m.Figures.Attacks), ja.Number(m.Figures.Stopped)
	}
	if m.Alerts != nil {
		x.Alerts = t.T("group.open", "high", m.Alerts.High, "medium", m.Alerts.Medium)
	}
	if m.Boxes != nil {
		x.Boxes = t.T("group.watching", "n", m.Boxes.Watching, "all", m.Boxes.All)
	}
	return x
}

func (p *pages) allPage(w http.ResponseWriter, v *ui.Visit) error {
	base, err := p.Begin(v, "group.title", "/people")
	if err != nil {
		return err
	}
	all, err := p.Members(v.Request.Context(), v.TenantID, v.PersonID)
	if err != nil {
		return err
	}
	view := allView{Base: base, CSV: p.Root + "/group.csv"}
	care := 0
	for i := range all {
		view.Rows = append(view.Rows, p.row(v.Texts, &all[i]))
		if tone := view.Rows[i].State.Tone; tone == ui.Alarm || tone == ui.Care {
			care++
		}
	}
	view.Lead = v.T("group.lead", "n", ja.Number(len(all)), "care", ja.Number(care))
	return p.all.Render(w, http.StatusOK, view)
}

// file is the same for a spreadsheet.
func (p *pages) file(w http.ResponseWriter, v *ui.Visit) error {
	all, err := p.Members(v.Request.Context(), v.TenantID, v.PersonID)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="group.csv"`)
	h.Set("Cache-Control", "no-store")
	out := sheet.New(w, v.T("login.share_company"), v.T("apply.now"), v.T("group.attacks"), v.T("group.stopped"), v.T("group.alerts"), v.T("group.boxes"), v.T("login.share_until"))
	for i := range all {
		x := p.row(v.Texts, &all[i])
		out.Row(x.Name, x.State.Text, x.Attacks, x.Stopped, x.Alerts, x.Boxes, x.Until)
	}
	return out.Close()
}

type oneView struct {
	ui.Base
	Preview string // what this is, for whom it is of
	Back    string
	Row     row
	Figures []pair
	Alerts  []alertRow
	Shown   bool // alerts are
	Hidden  string
}

type pair struct{ Label, Value string }

type alertRow struct {
	Title, When string
	Stars       ui.Stars
	State       ui.State
}

// kindKey is the key of the words for a kind of data.
const kindKey = "login.share_"

func (p *pages) view(base ui.Base, t text.Texts, m *group.Member) oneView {
	view := oneView{Base: base, Row: p.row(t, m), Shown: m.Alerts != nil}
	view.Title = m.Name
	if f := m.Figures; f != nil {
		view.Figures = []pair{{t.T("group.attacks"), ja.Number(f.Attacks)}, {t.T("group.stopped"), ja.Number(f.Stopped)}, {t.T("group.outside"), ja.Number(f.Outside)}, {t.T("group.inside"), ja.Number(f.Inside)}}
	}
	if m.Alerts != nil {
		for i := range m.Alerts.All {
			a := &m.Alerts.All[i]
			one := alertRow{Title: p.Title(a.Family, t.Lang()), When: ja.Short(a.Last, t.Lang()), Stars: ui.NewStars(t, a.Stars), State: ui.State{Tone: ui.Care, Text: t.T("group.alert_open")}}
			if a.State == alert.Closed {
				one.State = ui.State{Tone: ui.Good, Text: t.T("group.alert_closed")}
			}
			view.Alerts = append(view.Alerts, one)
		}
	}
	for _, k := range tenant.ShareKinds {
		shown := map[string]bool{tenant.ShareFigures: m.Figures != nil, tenant.ShareAlerts: m.Alerts != nil, tenant.ShareBoxes: m.Boxes != nil}[k]
		if !shown {
			if view.Hidden != "" {
				view.Hidden += t.T("group.and")
			}
			view.Hidden += t.T(kindKey + k)
		}
	}
	if view.Hidden != "" {
		view.Hidden = t.T("group.hidden", "what", view.Hidden)
	}
	return view
}

func (p *pages) onePage(w http.ResponseWriter, v *ui.Visit) error {
	m, err := p.Member(v.Request.Context(), v.TenantID, v.PersonID, v.Request.PathValue("company"))
	if err != nil {
		return err
	}
	base, err := p.Begin(v, "group.title", "/people")
	if err != nil {
		return err
	}
	view := p.view(base, v.Texts, &m)
	view.Back = p.Root + "/group"
	return p.one.Render(w, http.StatusOK, view)
}

// previewPage is what another company sees of the visitor's.
func (p *pages) previewPage(w http.ResponseWriter, v *ui.Visit) error {
	m, err := p.Preview(v.Request.Context(), v.TenantID, v.Request.PathValue("share"))
	if err != nil {
		return err
	}
	base, err := p.Begin(v, "group.title", "/people")
	if err != nil {
		return err
	}
	view := p.view(base, v.Texts, &m)
	view.Preview, view.Back = v.T("group.preview", "company", m.Other), p.Root+"/shares"
	return p.one.Render(w, http.StatusOK, view)
}
