package console

import (
	"cmp"
	"net/http"
	"strconv"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/centre/internal/ui/cases"
	"otasuke/internal/ja"
)

// maxQueue is how many cases are shown; a queue that is longer needs more people,
// not a longer page.
const maxQueue = 200

// maxFleet is how many boxes the fleet page and the health line look at.
const maxFleet = 10000

// callAfter is when somebody is rung who has not answered a mail of ★★★: half a working day.
const callAfter = 4 * time.Hour

// Contact is whom to ring at a company: from the contract; nothing is known of companies without one.
type Contact struct{ Name, Phone string }

type queueView struct {
	ui.Base
	Count    string
	Health   string
	Low      bool // ★☆☆ are shown too
	LowURL   string
	Calls    string // how many are to be rung, with the list of them; "" for none
	CallsURL string
	OnlyCall bool
	OnDuty   string // "" where there is no rota
	Nobody   bool   // is on duty
	Together bool   // several can be chosen
	Rows     []queueRow
}

type queueRow struct {
	Stars                  ui.Stars
	Company, What, Device  string
	State, Age, Left, Next string
	Late                   bool
	URL                    string
	Pick                   *ui.Choice // to choose it together with others; nil for who may not
	Call                   Contact    // to be rung now
}

func (c *console) queuePage(w http.ResponseWriter, v *ui.Visit) error {
	ctx, now, lang := v.Request.Context(), c.Clock.Now(), v.Texts.Lang()
	view := queueView{Base: c.begin(v, "console.queue_title", "/"), Low: v.Request.FormValue("low") == "1"}
	filter := alert.Filter{Stars: alert.Medium, Limit: maxQueue}
	view.LowURL, view.Together = c.root+"/?low=1", c.Together && v.Role.May(tenant.MayWrite)
	if n, err := strconv.Atoi(v.Request.FormValue("n")); err == nil && n > 0 && n <= alert.MaxTogether && v.Request.FormValue("said") == "together" {
		view.Flash = &ui.Flash{Text: v.T("cases.said_done", "n", n)}
	} else {
		view.Flash = flash(v, map[string]ui.Flash{"nopick": {Text: "cases.said_none", Bad: true}})
	}
	if view.Low {
		filter.Stars, view.LowURL = 0, c.root+"/"
	}
	if c.OnDuty != nil {
		var err error
		if view.OnDuty, view.Nobody, err = c.OnDuty(v); err != nil {
			return err
		}
	}
	items, err := c.Alerts.Queue(ctx, v.PersonID, "console: queue", filter)
	if err != nil {
		return err
	}
	fleet, err := c.Devices.Fleet(ctx, v.PersonID, "console: health", maxFleet)
	if err != nil {
		return err
	}
	watching := 0
	for i := range fleet {
		if boxState(v, &fleet[i].Box, now).Tone != ui.Alarm {
			watching++
		}
	}
	view.Health = v.T("console.queue_health", "n", ja.Number(watching), "all", ja.Number(len(fleet)))
	view.Count = v.T("console.queue_count", "n", ja.Number(len(items)))
	calls := 0
	view.OnlyCall, view.CallsURL = v.Request.FormValue("call") == "1", c.root+"/?call=1"
	for i := range items {
		q := &items[i]
		ring := toRing(&q.Alert, now)
		if ring {
			calls++
		}
		if view.OnlyCall && !ring {
			continue
		}
		left, late := due(v, q.Deadline, now)
		if q.Alert.Stars < alert.Medium {
			left, late = v.T("console.no_due"), false
		}
		row := queueRow{Stars: ui.NewStars(v.Texts, q.Alert.Stars), Company: q.Company,
			What: c.Knowledge.Title(q.Alert.Family, lang), Device: deviceOf(&q.Alert), State: stateWord(v, &q.Alert),
			Age: v.T("common.ago", "span", ja.Span(now.Sub(q.Alert.First), lang)), Left: left, Late: late,
			Next: next(v, &q.Alert, late), URL: c.root + "/cases/" + q.Alert.TenantID + "/" + q.Alert.ID}
		if view.Together {
			row.Pick = &ui.Choice{Value: cases.Value(alert.Pick{TenantID: q.Alert.TenantID, ID: q.Alert.ID, Version: q.Version}), Label: v.T("cases.pick", "company", row.Company, "what", row.What)}
		}
		if ring && c.Contacts != nil {
			if row.Call, err = c.Contacts(ctx, q.Alert.TenantID); err != nil {
				return err
			}
		}
		view.Rows = append(view.Rows, row)
	}
	if calls > 0 {
		view.Calls = v.T("console.calls", "n", ja.Number(calls))
	}
	if view.OnlyCall {
		view.Count = view.Calls
	}
	return c.Show(w, c.queue, view)
}

// toRing says whether somebody is to be rung: who asked for it, and who has not answered a mail of ★★★ for half a day.
func toRing(a *alert.Alert, now time.Time) bool {
	return a.Answer == alert.AnswerCall || a.Stars == alert.High && a.State == alert.Open && now.Sub(a.First) >= callAfter
}

// deviceOf is the device's name, else its address.
func deviceOf(a *alert.Alert) string { return cmp.Or(a.DeviceName, a.DeviceAddr) }

// due is the time that is left, or how late it is.
func due(v *ui.Visit, deadline, now time.Time) (string, bool) {
	span := ja.Span(deadline.Sub(now), v.Texts.Lang())
	switch {
	case deadline.IsZero():
		return v.T("console.no_due"), false
	case now.After(deadline):
		return v.T("console.overdue", "span", span), true
	}
	return v.T("console.left", "span", span), false
}

func stateWord(v *ui.Visit, a *alert.Alert) string {
	switch {
	case a.State == alert.Closed:
		return v.T("console.state_closed")
	case a.Answer == alert.AnswerDone:
		return v.T("alert.answer_done")
	case a.Answer == alert.AnswerExpected:
		return v.T("alert.answer_expected")
	case a.Answer == alert.AnswerCall:
		return v.T("alert.answer_call")
	case a.State == alert.Acknowledged:
		return v.T("console.state_acknowledged")
	}
	return v.T("console.state_open")
}

// next is the one thing to do with a case.
func next(v *ui.Visit, a *alert.Alert, late bool) string {
	switch {
	case a.Answer == alert.AnswerCall:
		return v.T("console.next_call")
	case a.Answer == alert.AnswerDone, a.Answer == alert.AnswerExpected:
		return v.T("console.next_check")
	case a.Stars < alert.Medium:
		return v.T("console.next_look")
	case late:
		return v.T("console.next_chase")
	case a.State == alert.Acknowledged:
		return v.T("console.next_wait")
	}
	return v.T("console.next_ack")
}
