package trends

import (
	"cmp"
	"context"
	"embed"
	"net/http"
	"slices"
	"strconv"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/device"
	"otasuke/centre/internal/statistics"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/centre/internal/usage"
	"otasuke/content/apps"
	"otasuke/content/text"
	"otasuke/internal/clock"
	"otasuke/internal/ja"
	"otasuke/internal/sheet"
	"otasuke/wire"
)

//go:embed *.html
var files embed.FS

//go:embed trends.css
var style []byte

// Alerts is alert.Service.
type Alerts interface {
	Counts(ctx context.Context, tenantID string, from, to time.Time) (alert.Counts, error)
	List(ctx context.Context, tenantID string, f alert.Filter) ([]alert.Alert, error)
}

// Usage is usage.Service.
type Usage interface {
	Apps(ctx context.Context, tenantID, endpointID string, from, to time.Time) ([]usage.Row, error)
	Devices(ctx context.Context, tenantID string, from, to time.Time, categories []string) ([]usage.Row, error)
}

// Network is device.Service.
type Network interface {
	Endpoints(ctx context.Context, tenantID string) ([]device.Endpoint, error)
}

// Config says what the page works with.
type Config struct {
	Alerts  Alerts
	Usage   Usage
	Network Network
	Apps    *apps.Catalogue
	// Company is the one that reads, Months what is published of all, the newest first, and Cell the name of a cell of it.
	Company func(ctx context.Context, tenantID string) (tenant.Company, error)
	Months  func(ctx context.Context) ([]statistics.Month, error)
	Cell    func(t text.Texts, by, key string) string
	// Title is a threat family's name in a language.
	Title func(family, lang string) string
	Clock clock.Clock // default: the machine's
}

type pages struct {
	Config
	ui.Host
	page *ui.Page
}

// Customers is the page, for the portal.
func Customers(cfg Config) ui.Guest {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	return ui.Guest{Style: style, Join: func(h ui.Host, r *ui.Router) (err error) {
		p := &pages{Config: cfg, Host: h}
		if p.page, err = ui.ParsePage(files, "page.html"); err != nil {
			return err
		}
		r.Page(ui.Reader, "GET /figures", p.show)
		r.Page(ui.Reader, "GET /figures.csv", p.file)
		return nil
	}}
}

const (
	week, month, year = 7, 30, 365
	// maxAlerts that are looked at for what they were.
	maxAlerts = 500
	// maxBars of a list.
	maxBars = 8
)

// spans that can be chosen, in days; of a year a bar is a week.
var spans = []int{week, month, year}

type view struct {
	ui.Base
	Lead             string
	Choice           []choice
	Outside, Inside  ui.Chart
	Days             []dayRow
	Families         []bar
	Apps, Devices    []bar
	AppsNote         string
	CSV, Traffic     string
	Weekly           bool
	OutsideN, StopN  string
	InsideN, DaysCap string
	Compare          compared
	Where            []where
}

// where asks the box for a graph that the centre has no figures for.
type where struct{ Sum, Days, Label string }

// kept is for how many days a box keeps its log (gateway/internal/flowlog).
const kept = 90

type choice struct {
	Label, URL string
	Current    bool
}

type dayRow struct{ Day, Outside, Inside, Stopped string }

// bar is one line of a list with a bar of a hundred.
type bar struct {
	Label, Value string
	Width        int
}

// span reads how many days are asked for.
func span(r *http.Request) int {
	for _, n := range spans {
		if r.FormValue("days") == strconv.Itoa(n) {
			return n
		}
	}
	return month
}

// step is some days together: one, or a week.
type step struct {
	from                     time.Time
	outside, inside, stopped int
}

func steps(days []alert.Day, n int) (all []step) {
	for i := range days {
		d := &days[i]
		if n < year || i%week == 0 {
			all = append(all, step{from: d.Date})
		}
		s := &all[len(all)-1]
		s.outside, s.inside, s.stopped = s.outside+d.Inbound, s.inside+d.Outbound, s.stopped+d.InboundBlocked+d.OutboundBlocked
	}
	return all
}

func (p *pages) read(v *ui.Visit) (c alert.Counts, all []step, from, to time.Time, n int, err error) {
	n = span(v.Request)
	to = p.Clock.Now()
	from = ja.Midnight(to).AddDate(0, 0, 1-n)
	c, err = p.Alerts.Counts(v.Request.Context(), v.TenantID, from, to)
	return c, steps(c.Days, n), from, to, n, err
}

func (p *pages) show(w http.ResponseWriter, v *ui.Visit) error {
	base, err := p.Begin(v, "trends.title", "/")
	if err != nil {
		return err
	}
	c, all, from, to, n, err := p.read(v)
	if err != nil {
		return err
	}
	days := strconv.Itoa(n)
	view := view{Base: base, Lead: v.T("trends.lead", "from", ja.Date(from, v.Texts.Lang()), "to", ja.Date(to, v.Texts.Lang())), CSV: p.Root + "/figures.csv?days=" + days, Traffic: p.Root + "/traffic", Weekly: n == year,
		OutsideN: ja.Number(c.Inbound), InsideN: ja.Number(c.Outbound), StopN: ja.Number(c.InboundBlocked + c.OutboundBlocked)}
	for _, sum := range []string{wire.SumName, wire.SumCountry} {
		view.Where = append(view.Where, where{sum, strconv.Itoa(min(n, kept)), v.T("trends.where_" + sum)})
	}
	for _, s := range spans {
		view.Choice = append(view.Choice, choice{v.T("trends.days_" + strconv.Itoa(s)), p.Root + "/figures?days=" + strconv.Itoa(s), s == n})
	}
	var outside, inside []ui.DayCount
	for _, s := range all {
		outside, inside = append(outside, ui.DayCount{Date: s.from, Count: s.outside}), append(inside, ui.DayCount{Date: s.from, Count: s.inside})
	}
	view.Outside, view.Inside = ui.NewChart(v.Texts, v.T("trends.outside"), false, outside), ui.NewChart(v.Texts, v.T("trends.inside"), true, inside)
	if view.Weekly {
		view.Outside.Peak, view.Inside.Peak = v.T("trends.peak_week", "n", ja.Number(most(outside))), v.T("trends.peak_week", "n", ja.Number(most(inside)))
	}
	for _, s := range slices.Backward(all) {
		view.Days = append(view.Days, dayRow{ja.Day(s.from, v.Texts.Lang()), ja.Number(s.outside), ja.Number(s.inside), ja.Number(s.stopped)})
	}
	if err := p.families(v, &view, from); err != nil {
		return err
	}
	if err := p.used(v, &view, from, to, n); err != nil {
		return err
	}
	if view.Compare, err = p.compare(v); err != nil {
		return err
	}
	return p.page.Render(w, http.StatusOK, view)
}

func most(all []ui.DayCount) (n int) {
	for _, d := range all {
		n = max(n, d.Count)
	}
	return n
}

// families are what the attacks were, by how often.
func (p *pages) families(v *ui.Visit, view *view, from time.Time) error {
	all, err := p.Alerts.List(v.Request.Context(), v.TenantID, alert.Filter{Limit: maxAlerts})
	if err != nil {
		return err
	}
	n := map[string]int64{}
	for i := range all {
		if !all[i].Last.Before(from) {
			n[all[i].Family] += int64(all[i].Count)
		}
	}
	view.Families = bars(n, func(k string) string { return p.Title(k, v.Texts.Lang()) }, ja.Number[int64])
	return nil
}

// bars are the largest of some sums.
func bars(n map[string]int64, label func(string) string, value func(int64) string) (all []bar) {
	keys := make([]string, 0, len(n))
	for k, x := range n {
		if x > 0 {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(cmp.Compare(n[b], n[a]), cmp.Compare(a, b)) })
	for _, k := range keys[:min(len(keys), maxBars)] {
		all = append(all, bar{label(k), value(n[k]), max(int(n[k]*100/n[keys[0]]), 1)})
	}
	return all
}

// used are applications and devices by bytes, as far back as days are kept.
func (p *pages) used(v *ui.Visit, view *view, from, to time.Time, days int) error {
	ctx := v.Request.Context()
	if oldest := to.Add(-usage.Keep); from.Before(oldest) {
		from = oldest
		view.AppsNote = v.T("trends.kept", "n", int(usage.Keep/(24*time.Hour)))
	}
	rows, err := p.Usage.Apps(ctx, v.TenantID, "", from, to)
	if err != nil {
		return err
	}
	names, sums := map[string]string{}, map[string]int64{}
	for i := range rows {
		key := rows[i].App + "\x00" + rows[i].Name
		names[key] = p.app(v, &rows[i])
		sums[key] += rows[i].Up + rows[i].Down
	}
	view.Apps = bars(sums, func(k string) string { return names[k] }, ja.Size)
	if rows, err = p.Usage.Devices(ctx, v.TenantID, from, to, nil); err != nil {
		return err
	}
	known, err := p.Network.Endpoints(ctx, v.TenantID)
	if err != nil {
		return err
	}
	clear(sums)
	for i := range known {
		names[known[i].ID] = known[i].Label()
	}
	for i := range rows {
		sums[rows[i].EndpointID] += rows[i].Up + rows[i].Down
	}
	view.Devices = bars(sums, func(k string) string { return cmp.Or(names[k], v.T("trends.unknown")) }, ja.Size)
	return nil
}

func (p *pages) app(v *ui.Visit, r *usage.Row) string {
	if a, ok := p.Apps.App(r.App); ok {
		if v.Texts.Lang() == ja.English {
			return a.En
		}
		return a.Ja
	}
	return cmp.Or(r.Name, r.App, v.T("portal.used_other"))
}

// file is the days as a table.
func (p *pages) file(w http.ResponseWriter, v *ui.Visit) error {
	_, all, _, _, _, err := p.read(v)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="figures.csv"`)
	h.Set("Cache-Control", "no-store")
	out := sheet.New(w, v.T("trends.day"), v.T("trends.outside"), v.T("trends.inside"), v.T("trends.stopped"))
	for _, s := range all {
		out.Row(s.from.In(ja.Zone).Format(time.DateOnly), strconv.Itoa(s.outside), strconv.Itoa(s.inside), strconv.Itoa(s.stopped))
	}
	return out.Close()
}
