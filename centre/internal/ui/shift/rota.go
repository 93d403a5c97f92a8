package shift

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"otasuke/centre/internal/shift"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/internal/ja"
)

type rotaView struct {
	ui.Base
	On                         string
	Nobody, MayPlan            bool
	Days                       []dayRow
	Gaps                       string // how much of what is shown nobody covers
	Span                       string
	Before, After, Other, Back string // addresses
	OtherLabel                 string
	Swaps                      []swapRow
	Fields                     ui.Form
	Faults                     []ui.Field
	Action                     string
}

type dayRow struct {
	Day, Holiday string
	Today, Rest  bool // a Sunday or public holiday
	Past         bool // nobody can be found for it any more
	Turns        []turnRow
	Gaps         []string
}

type turnRow struct {
	Time, Who  string
	Now        bool
	Drop, Swap string // addresses of forms; "" for who may not
	Others     []ui.Choice
}

type swapRow struct {
	Text, Action string
	Mine         bool // it is mine to answer
}

// months and weeks are what the table shows.
const (
	spanWeek  = "week"
	spanMonth = "month"
)

// window is the days that are shown: the week from Monday, or the month, that a day is in.
func window(day time.Time, span string) (from, to time.Time) {
	from = ja.Midnight(day)
	if span == spanMonth {
		y, m, _ := from.In(ja.Zone).Date()
		from = time.Date(y, m, 1, 0, 0, 0, 0, ja.Zone)
		return from, from.AddDate(0, 1, 0)
	}
	from = from.AddDate(0, 0, -(int(from.In(ja.Zone).Weekday())+6)%7)
	return from, from.AddDate(0, 0, 7)
}

func (p *pages) rotaForm(v *ui.Visit, people []ui.Choice) ui.Form {
	return ui.Form{
		{ID: "person", Label: v.T("shift.person"), Type: "select", Choices: people},
		{ID: "day", Label: v.T("shift.day"), Type: "date", Value: p.Clock.Now().In(ja.Zone).Format(time.DateOnly)},
		{ID: "at", Label: v.T("shift.at"), Type: "time", Value: "08:00"},
		{ID: "hours", Label: v.T("shift.hours"), Type: "number", Mode: "numeric", Value: "8"},
		{ID: "days", Label: v.T("shift.days"), Hint: v.T("shift.days_hint", "max", shift.MaxRepeat), Type: "number", Mode: "numeric", Value: "1"},
	}
}

func (p *pages) rotaPage(w http.ResponseWriter, v *ui.Visit) error {
	names, err := p.Names(v.Request.Context(), tenant.House)
	if err != nil {
		return err
	}
	return p.showRota(w, v, names, p.rotaForm(v, staff(names)))
}

func (p *pages) showRota(w http.ResponseWriter, v *ui.Visit, names map[string]tenant.Person, f ui.Form) error {
	ctx, now, lang := v.Request.Context(), p.Clock.Now(), v.Texts.Lang()
	base, err := p.begin(v, "shift.rota_title")
	if err != nil {
		return err
	}
	query := v.Request.URL.Query()
	span, day := spanWeek, now
	if query.Get("span") == spanMonth {
		span = spanMonth
	}
	// A day of another century is nobody's rota, and its page would only be slow to count.
	if t, err := time.ParseInLocation(time.DateOnly, query.Get("from"), ja.Zone); err == nil && t.Sub(now).Abs() < 2*shift.MaxAhead {
		day = t
	}
	from, to := window(day, span)
	view := rotaView{Base: base, MayPlan: v.Role.May(tenant.MayOperate), Fields: f, Faults: f.Faults(), Action: p.Root + "/rota", Back: p.Root + here, Span: v.T("shift.span", "from", ja.Date(from, lang), "to", ja.Date(to.AddDate(0, 0, -1), lang))}
	to1, other := func(t time.Time, s string) string {
		return p.Root + "/rota?span=" + s + "&from=" + t.In(ja.Zone).Format(time.DateOnly)
	}, spanMonth
	if view.OtherLabel = v.T("shift.month"); span == spanMonth {
		other, view.OtherLabel = spanWeek, v.T("shift.week")
	}
	view.Before, view.After, view.Other = to1(from.AddDate(0, 0, -1), span), to1(to, span), to1(day, other)
	if view.On, view.Nobody, err = p.OnDuty(v); err != nil {
		return err
	}
	all, err := p.Service.Duties(ctx, from, to)
	if err != nil {
		return err
	}
	people := staff(names)
	var empty time.Duration
	for at := from; at.Before(to); at = at.AddDate(0, 0, 1) {
		row := dayRow{Day: ja.Day(at, lang), Holiday: p.Holiday(at, lang), Today: at.Equal(ja.Midnight(now)), Past: at.Before(ja.Midnight(now))}
		row.Rest = row.Holiday != "" || at.In(ja.Zone).Weekday() == time.Sunday
		next := at.AddDate(0, 0, 1)
		for i := range all {
			if d := &all[i]; d.Ends.After(at) && d.Starts.Before(next) {
				row.Turns = append(row.Turns, p.turn(v, names, people, d, at, next, now))
			}
		}
		for _, g := range shift.Gaps(all, at, next) {
			row.Gaps = append(row.Gaps, v.T("shift.gap", "time", hours(g.From, g.To, at, next)))
			if g.To.After(now) {
				empty += g.To.Sub(later(g.From, now))
			}
		}
		view.Days = append(view.Days, row)
	}
	if span == spanMonth {
		view.Days = p.gathered(v, view.Days, from)
	}
	if h := int(empty.Hours() + 0.5); h > 0 {
		view.Gaps = v.T("shift.gaps", "n", ja.Number(h))
	}
	if view.Swaps, err = p.swaps(v, names); err != nil {
		return err
	}
	status := http.StatusOK
	if len(view.Faults) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return p.rota.Render(w, status, view)
}

// gathered makes one row of days after one another on which nobody is on duty at all: on a telephone a month of them is long.
func (p *pages) gathered(v *ui.Visit, days []dayRow, first time.Time) (rows []dayRow) {
	empty := func(i int) bool {
		return i < len(days) && len(days[i].Turns) == 0 && !days[i].Today && days[i].Past == days[max(0, i-1)].Past
	}
	for i := 0; i < len(days); i++ {
		n := 1
		for len(days[i].Turns) == 0 && !days[i].Today && empty(i+n) {
			n++
		}
		row := days[i]
		if n > 1 {
			lang := v.Texts.Lang()
			row.Day, row.Rest, row.Gaps = v.T("shift.days_span", "from", ja.Day(first.AddDate(0, 0, i), lang), "to", ja.Day(first.AddDate(0, 0, i+n-1), lang)), false, []string{v.T("shift.gap_days", "n", n)}
			var named []string
			for _, d := range days[i : i+n] {
				if d.Holiday != "" {
					named = append(named, d.Holiday)
				}
			}
			row.Holiday = strings.Join(named, v.T("shift.and"))
		}
		rows = append(rows, row)
		i += n - 1
	}
	return rows
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// hours are the part of a time that lies on a day; midnight at its end is 24:00.
func hours(from, to, day, next time.Time) string {
	from = later(from, day)
	end := "24:00"
	if to.Before(next) {
		end = ja.Clock(to)
	}
	return ja.Clock(from) + "–" + end
}

func (p *pages) turn(v *ui.Visit, names map[string]tenant.Person, people []ui.Choice, d *shift.Duty, day, next, now time.Time) turnRow {
	x := turnRow{Time: hours(d.Starts, d.Ends, day, next), Who: name(v, names, d.PersonID), Now: d.Covers(now)}
	if d.Starts.Before(day) {
		return x // what is done with it is beside its first day
	}
	if v.Role.May(tenant.MayOperate) && d.Ends.After(now) {
		x.Drop = p.Root + "/rota/turns/" + d.ID + "/drop"
	}
	if v.Role.May(tenant.MayWrite) && d.PersonID == v.PersonID && d.Starts.After(now) {
		x.Swap = p.Root + "/rota/turns/" + d.ID + "/swap"
		x.Others = slices.DeleteFunc(slices.Clone(people), func(c ui.Choice) bool { return c.Value == v.PersonID })
	}
	return x
}

func (p *pages) swaps(v *ui.Visit, names map[string]tenant.Person) (all []swapRow, err error) {
	waiting, err := p.Service.Swaps(v.Request.Context())
	for i := range waiting {
		s := &waiting[i]
		all = append(all, swapRow{Text: v.T("shift.swap_line", "from", name(v, names, s.FromID), "to", name(v, names, s.ToID), "time", ja.Short(s.Duty.Starts, v.Texts.Lang())+"–"+ja.Clock(s.Duty.Ends)),
			Action: p.Root + "/rota/swaps/" + s.ID, Mine: s.ToID == v.PersonID && v.Role.May(tenant.MayWrite)})
	}
	return all, err
}

func (p *pages) roster(w http.ResponseWriter, v *ui.Visit) error {
	ctx, value := v.Request.Context(), v.Request.PostFormValue
	names, err := p.Names(ctx, tenant.House)
	if err != nil {
		return err
	}
	people := staff(names)
	f := p.rotaForm(v, people).Fill(value)
	if !slices.ContainsFunc(people, func(c ui.Choice) bool { return c.Value == f.Get("person").Value }) {
		f.Fault("person", v.T("shift.person_error"))
	}
	day, err := time.ParseInLocation("2006-01-02 15:04", f.Get("day").Value+" "+f.Get("at").Value, ja.Zone)
	if err != nil {
		f.Fault("day", v.T("shift.day_error"))
	}
	count := func(id string, most int) int {
		n, err := strconv.Atoi(ja.Halfwidth(f.Get(id).Value))
		if err != nil || n < 1 || n > most {
			f.Fault(id, v.T("shift.number_error", "max", most))
		}
		return n
	}
	long, days := count("hours", shift.MaxHours), count("days", shift.MaxRepeat)
	if len(f.Faults()) == 0 {
		switch err := p.Service.Roster(ctx, v.PersonID, f.Get("person").Value, day, time.Duration(long)*time.Hour, days); {
		case errors.Is(err, shift.ErrOverlap):
			f.Fault("day", v.T("shift.said_overlap"))
		case errors.Is(err, shift.ErrInvalid):
			f.Fault("day", v.T("shift.day_error"))
		case err != nil:
			return err
		}
	}
	if len(f.Faults()) > 0 {
		return p.showRota(w, v, names, f)
	}
	return ui.To(w, v.Request, p.Root+"/rota?said=rostered&from="+f.Get("day").Value)
}

func (p *pages) drop(w http.ResponseWriter, v *ui.Visit) error {
	return p.outcome(w, v, "/rota", "dropped", p.Service.Drop(v.Request.Context(), v.PersonID, v.Request.PathValue("duty")))
}

func (p *pages) askSwap(w http.ResponseWriter, v *ui.Visit) error {
	ctx, to := v.Request.Context(), v.Request.PostFormValue("to")
	names, err := p.Names(ctx, tenant.House)
	if err != nil {
		return err
	}
	if !names[to].Role.May(tenant.MayWrite) {
		to = ""
	}
	return p.outcome(w, v, "/rota", "asked", p.Service.AskSwap(ctx, v.PersonID, v.Request.PathValue("duty"), to))
}

func (p *pages) answerSwap(w http.ResponseWriter, v *ui.Visit) error {
	yes, said := v.Request.PostFormValue("answer") == "yes", "refused"
	if yes {
		said = "agreed"
	}
	return p.outcome(w, v, "/rota", said, p.Service.AnswerSwap(v.Request.Context(), v.PersonID, v.Request.PathValue("swap"), yes))
}
