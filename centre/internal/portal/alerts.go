package portal

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/ui"
	"otasuke/internal/ja"
)

// listLength is one page of the list; a phone scrolls through it in a moment.
const listLength = 30

type alertsView struct {
	ui.Base
	Show  []choice
	Stars []choice
	Rows  []alertRow
	Older string // URL of the next page, "" at the end
}

// choice is one chip of a filter.
type choice struct {
	Label, URL string
	Current    bool
}

// alertRow is one alert in a list.
type alertRow struct {
	Stars             ui.Stars
	What, When, State string
	Waiting           bool
	URL               string
}

func (p *portal) row(v *ui.Visit, a *alert.Alert, now time.Time) alertRow {
	x := p.Knowledge.Explain(a, v.Texts.Lang(), now)
	return alertRow{Stars: ui.NewStars(v.Texts, a.Stars), What: x.What, When: ja.Short(a.Last, v.Texts.Lang()), State: x.State,
		Waiting: a.State == alert.Open && a.Stars >= alert.Medium, URL: p.root + "/alerts/" + a.ID}
}

func (p *portal) alertsPage(w http.ResponseWriter, v *ui.Visit) error {
	base, err := p.begin(v, "portal.alerts_title", "/alerts")
	if err != nil {
		return err
	}
	show, stars := v.Request.FormValue("show"), v.Request.FormValue("stars")
	filter := alert.Filter{Limit: listLength + 1}
	switch show {
	case "open":
		filter.NotClosed = true
	case "closed":
		filter.State = alert.Closed
	default:
		show = ""
	}
	if n, err := strconv.Atoi(stars); err == nil && (n == 2 || n == 3) {
		filter.Stars = alert.Stars(n)
	} else {
		stars = ""
	}
	if us, err := strconv.ParseInt(v.Request.FormValue("before"), 10, 64); err == nil {
		filter.Before = time.UnixMicro(us)
	}
	all, err := p.Alerts.List(v.Request.Context(), v.TenantID, filter)
	if err != nil {
		return err
	}
	view := alertsView{Base: base}
	address := func(show, stars, before string) string {
		q := url.Values{}
		for key, value := range map[string]string{"show": show, "stars": stars, "before": before} {
			if value != "" {
				q.Set(key, value)
			}
		}
		if len(q) == 0 {
			return p.root + "/alerts"
		}
		return p.root + "/alerts?" + q.Encode()
	}
	for _, c := range []struct{ key, value string }{{"portal.filter_all", ""}, {"portal.filter_open", "open"}, {"portal.filter_closed", "closed"}} {
		view.Show = append(view.Show, choice{Label: v.T(c.key), URL: address(c.value, stars, ""), Current: c.value == show})
	}
	for _, c := range []struct{ key, value string }{{"portal.stars_any", ""}, {"portal.stars_3", "3"}, {"portal.stars_2", "2"}} {
		view.Stars = append(view.Stars, choice{Label: v.T(c.key), URL: address(show, c.value, ""), Current: c.value == stars})
	}
	if len(all) > listLength {
		all = all[:listLength]
		view.Older = address(show, stars, strconv.FormatInt(all[listLength-1].Last.UnixMicro(), 10))
	}
	for i := range all {
		view.Rows = append(view.Rows, p.row(v, &all[i], p.Clock.Now()))
	}
	return p.Show(w, p.alerts, view)
}
