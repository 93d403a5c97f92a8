package portal

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/device"
	"otasuke/centre/internal/knowledge"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/internal/ja"
)

// Bounds of the home page.
const (
	maxTodos   = 3  // more than three requests are none
	maxRecent  = 3  // a glance, the list is one tap away
	spanDays   = 30 // "この30日"
	maxNews    = 3  // what is older stands in the archive
	chartsFrom = 1  // charts of nothing but zeros are noise
)

// silentAfter is when a box that does not report is shown as silent: three
// heartbeats of five minutes.
const silentAfter = 15 * time.Minute

type homeView struct {
	ui.Base
	Lamp        ui.State
	Sentence    string
	Todos       []todo
	MoreTodo    int
	TodoHead    string
	MoreText    string
	MoreUpdates string // advisories that are not among the todos
	In, Out     figure
	Stopped     string
	Compared    string // with others, last month; "" for nobody
	Days        []dayRow
	Boxes       []boxRow
	Recent      []alertRow
	News        []newsRow
	Connect     string // where to connect a box; "" for who only reads
}

type todo struct {
	Stars          ui.Stars
	Title, Do, Due string
	URL            string
	Asks           bool
}

// figure is a large number with its chart.
type figure struct {
	Label, Value string
	Chart        *ui.Chart
}

// News is a piece that somebody has not read.
type News struct {
	Path, Title, Kind string
	At                time.Time
}

type newsRow struct{ URL, Title, Kind, When string }

type dayRow struct{ Day, In, Out string }

type boxRow struct {
	Name  string
	State ui.State
	Seen  string
	Virus ui.State // of its virus scanner; no text where there is nothing to say
	// Faults are what else is not as it should be.
	Faults []ui.State
}

func (p *portal) homePage(w http.ResponseWriter, v *ui.Visit) error {
	ctx, now := v.Request.Context(), p.Clock.Now()
	base, err := p.begin(v, "portal.home_title", "/")
	if err != nil {
		return err
	}
	boxes, err := p.Network.Boxes(ctx, v.TenantID)
	if err != nil {
		return err
	}
	open, err := p.Alerts.List(ctx, v.TenantID, alert.Filter{State: alert.Open, Stars: alert.Medium})
	if err != nil {
		return err
	}
	recent, err := p.Alerts.List(ctx, v.TenantID, alert.Filter{Limit: maxRecent + maxTodos + len(open)})
	if err != nil {
		return err
	}
	counts, err := p.Alerts.Counts(ctx, v.TenantID, now.AddDate(0, 0, 1-spanDays), now)
	if err != nil {
		return err
	}
	boxes = slices.DeleteFunc(slices.Clone(boxes), func(b device.Box) bool { return !b.Returned.IsZero() })
	base.Flash = flash(v, map[string]ui.Flash{"connected": {Text: "connect.done"}})
	view := homeView{Base: base}
	if v.Role != tenant.RoleReadonly {
		view.Connect = p.root + "/connect"
	}
	var more []Todo
	if p.Todos != nil {
		if more, err = p.Todos(ctx, v.TenantID, v.Texts); err != nil {
			return err
		}
	}
	view.Lamp, view.Sentence = lamp(v, boxes, open, len(more), today(counts), now)
	p.todos(&view, v, open, more, now)
	month(&view, v, counts)
	for i, b := range boxes {
		view.Boxes = append(view.Boxes, boxLine(v, i, b, now))
	}
	for i := range recent {
		if waits := recent[i].State == alert.Open && recent[i].Stars >= alert.Medium; !waits && len(view.Recent) < maxRecent {
			view.Recent = append(view.Recent, p.row(v, &recent[i], now))
		}
	}
	if view.Compared, err = p.compared(v, now); err != nil {
		return err
	}
	if p.News != nil {
		news, err := p.News(ctx, v.TenantID, v.PersonID, v.Texts)
		if err != nil {
			return err
		}
		for _, n := range news[:min(len(news), maxNews)] {
			view.News = append(view.News, newsRow{p.root + n.Path, n.Title, n.Kind, ja.Day(n.At, v.Texts.Lang())})
		}
	}
	view.PasskeyOffer = view.PasskeyOffer && len(view.Todos) == 0 // what is to be done comes first
	return p.Show(w, p.home, view)
}

// compared is one line of the last month's report. In the first days of a month there may be none yet.
func (p *portal) compared(v *ui.Visit, now time.Time) (string, error) {
	last := ja.Midnight(now)
	f, err := p.Reports.Get(v.Request.Context(), v.TenantID, last.AddDate(0, 0, -last.Day()).Format("2006-01"))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return "", nil
	case err != nil:
		return "", err
	}
	return f.Line(v.Texts), nil
}

// today is how many attacks were stopped today.
func today(c alert.Counts) int {
	if len(c.Days) == 0 {
		return 0
	}
	d := c.Days[len(c.Days)-1]
	return d.InboundBlocked + d.OutboundBlocked
}

// lamp is one state and one sentence: the worst that is true now.
func lamp(v *ui.Visit, boxes []device.Box, open []alert.Alert, more, stopped int, now time.Time) (ui.State, string) {
	if len(boxes) == 0 {
		return ui.State{Tone: ui.Off, Text: v.T("portal.lamp_none")}, v.T("portal.say_none")
	}
	for _, b := range boxes {
		if silent(b, now) {
			return ui.State{Tone: ui.Alarm, Text: v.T("portal.lamp_silent")}, v.T("portal.say_silent", "time", ja.Short(b.LastSeen, v.Texts.Lang()))
		}
	}
	for _, b := range boxes {
		if !b.Protecting {
			return ui.State{Tone: ui.Alarm, Text: v.T("portal.lamp_off")}, v.T("portal.say_off")
		}
	}
	say := v.T("portal.say_quiet")
	if stopped > 0 {
		say = v.T("portal.say_today", "n", ja.Number(stopped))
	}
	if len(open)+more > 0 {
		say += space(v) + v.T("portal.say_act", "n", len(open)+more)
		if slices.ContainsFunc(open, func(a alert.Alert) bool { return a.Stars >= alert.High }) {
			return ui.State{Tone: ui.Alarm, Text: v.T("portal.lamp_urgent")}, say
		}
		return ui.State{Tone: ui.Care, Text: v.T("portal.lamp_act")}, say
	}
	if slices.ContainsFunc(boxes, func(b device.Box) bool { return b.Listens() }) { // nobody may believe that it is stopped
		return ui.State{Tone: ui.Good, Text: v.T("portal.lamp_tap")}, v.T("portal.say_tap")
	}
	return ui.State{Tone: ui.Good, Text: v.T("portal.lamp_ok")}, say
}

// space stands between two sentences where the language has one.
func space(v *ui.Visit) string {
	if v.Texts.Lang() == ja.English {
		return " "
	}
	return ""
}

func silent(b device.Box, now time.Time) bool { return now.Sub(b.LastSeen) > silentAfter }

// boxLine is the i-th box; one without a name is called by its number.
func boxLine(v *ui.Visit, i int, b device.Box, now time.Time) boxRow {
	row := boxRow{Name: cmp.Or(b.Name, v.T("portal.box_unnamed", "n", i+1)), Seen: v.T("portal.box_seen", "time", v.T("common.never"))}
	if !b.LastSeen.IsZero() {
		row.Seen = v.T("portal.box_seen", "time", ja.Short(b.LastSeen, v.Texts.Lang()))
	}
	switch {
	case silent(b, now):
		row.State = ui.State{Tone: ui.Alarm, Text: v.T("portal.box_silent")}
	case !b.Protecting:
		row.State = ui.State{Tone: ui.Alarm, Text: v.T("portal.box_off")}
	default:
		row.State = ui.State{Tone: ui.Good, Text: v.T("portal.box_ok")}
		if b.Listens() {
			row.State.Text = v.T("portal.box_tap")
		}
		row.Virus = scannerState(v, &b, now)
		for _, name := range b.Faults() {
			key := "portal.fault_" + strings.ReplaceAll(name, "-", "_")
			row.Faults = append(row.Faults, ui.State{Tone: ui.Care, Text: v.T(key)})
		}
	}
	return row
}

// scannerState says how a box that watches looks for viruses.
func scannerState(v *ui.Visit, b *device.Box, now time.Time) ui.State {
	switch used, works, days := b.Scanner(now); {
	case len(b.Health.Parts) == 0:
		return ui.State{}
	case !used:
		return ui.State{Tone: ui.Off, Text: v.T("portal.virus_off")}
	case b.Waits():
		return ui.State{Tone: ui.Care, Text: v.T("portal.virus_waiting")}
	case !works:
		return ui.State{Tone: ui.Care, Text: v.T("portal.virus_down")}
	case days > 0:
		return ui.State{Tone: ui.Care, Text: v.T("portal.virus_old", "n", days)}
	case b.Health.Signatures.IsZero():
		return ui.State{Tone: ui.Good, Text: v.T("portal.virus_ok")}
	}
	return ui.State{Tone: ui.Good, Text: v.T("portal.virus_ok_date", "time", ja.Short(b.Health.Signatures, v.Texts.Lang()))}
}

// todos are the open alerts and what else is to be done, most important first and alerts before others, at most maxTodos.
func (p *portal) todos(view *homeView, v *ui.Visit, open []alert.Alert, more []Todo, now time.Time) {
	explained := make([]knowledge.Explained, len(open))
	order := make([]int, len(open))
	for i := range open {
		explained[i], order[i] = p.Knowledge.Explain(&open[i], v.Texts.Lang(), now), i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if d := int(open[b].Stars) - int(open[a].Stars); d != 0 {
			return d
		}
		return explained[a].Due.Compare(explained[b].Due)
	})
	slices.SortStableFunc(more, func(a, b Todo) int { return int(b.Stars) - int(a.Stars) })
	for all := len(open) + len(more); len(view.Todos) < min(all, maxTodos); {
		if len(more) > 0 && (len(order) == 0 || more[0].Stars > open[order[0]].Stars) {
			view.Todos = append(view.Todos, todo{Stars: ui.NewStars(v.Texts, more[0].Stars), Title: more[0].Title, Do: more[0].Do, URL: p.root + more[0].Path, Asks: more[0].Asks})
			more = more[1:]
			continue
		}
		i := order[0]
		order = order[1:]
		view.Todos = append(view.Todos, todo{Stars: ui.NewStars(v.Texts, open[i].Stars), Title: explained[i].What, Do: explained[i].Do,
			Due: explained[i].DueText, URL: p.root + "/alerts/" + open[i].ID})
	}
	view.TodoHead = v.T("portal.todo", "n", len(view.Todos)+len(order)+len(more))
	if n := len(order); n > 0 {
		view.MoreTodo, view.MoreText = n, v.T("portal.todo_more", "n", n)
	}
	if n := len(more); n > 0 {
		view.MoreUpdates = v.T("portal.todo_updates", "n", n)
	}
}

// month is the figures of the last 30 days.
func month(view *homeView, v *ui.Visit, c alert.Counts) {
	in, out := make([]ui.DayCount, len(c.Days)), make([]ui.DayCount, len(c.Days))
	for i, d := range c.Days {
		in[i], out[i] = ui.DayCount{Date: d.Date, Count: d.Inbound}, ui.DayCount{Date: d.Date, Count: d.Outbound}
		view.Days = append(view.Days, dayRow{Day: ja.Day(d.Date, v.Texts.Lang()), In: ja.Number(d.Inbound), Out: ja.Number(d.Outbound)})
	}
	slices.Reverse(view.Days)
	view.In = figure{Label: v.T("portal.month_in"), Value: ja.Number(c.Inbound)}
	view.Out = figure{Label: v.T("portal.month_out"), Value: ja.Number(c.Outbound)}
	if c.Inbound >= chartsFrom {
		chart := ui.NewChart(v.Texts, v.T("portal.chart_in"), false, in)
		view.In.Chart = &chart
	}
	if c.Outbound >= chartsFrom {
		chart := ui.NewChart(v.Texts, v.T("portal.chart_out"), true, out)
		view.Out.Chart = &chart
	}
	all, blocked := c.Inbound+c.Outbound, c.InboundBlocked+c.OutboundBlocked
	switch {
	case all == 0:
		view.Stopped = v.T("portal.month_none")
	case all == blocked:
		view.Stopped = v.T("portal.month_all_blocked", "n", ja.Number(all))
	default:
		view.Stopped = v.T("portal.month_blocked", "all", ja.Number(all), "n", ja.Number(blocked))
	}
}
