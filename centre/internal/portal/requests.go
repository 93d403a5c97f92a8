package portal

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/appeal"
	"otasuke/centre/internal/ui"
	"otasuke/internal/ja"
)

type requestsView struct {
	ui.Base
	Rows []requestRow
}

type requestRow struct {
	What, Why, When string
	State           ui.State
	Answer          string
}

// requestsPage lists what people of the company said was blocked wrongly, and the answers.
func (p *portal) requestsPage(w http.ResponseWriter, v *ui.Visit) error {
	base, err := p.begin(v, "portal.requests_title", "/alerts")
	if err != nil {
		return err
	}
	all, err := p.Appeals.Requests(v.Request.Context(), v.TenantID)
	if err != nil {
		return err
	}
	people, err := p.Companies.People(v.Request.Context(), v.TenantID)
	if err != nil {
		return err
	}
	base.Flash = flash(v, map[string]ui.Flash{"sent": {Text: "portal.wrong_thanks"}, "many": {Text: "portal.wrong_many", Bad: true}})
	who, view := names(people), requestsView{Base: base}
	for i := range all {
		view.Rows = append(view.Rows, requestLine(v, &all[i], who))
	}
	return p.Show(w, p.requests, view)
}

func requestLine(v *ui.Visit, a *appeal.Appeal, who map[string]string) requestRow {
	row := requestRow{What: a.What, When: ja.Long(a.Asked, v.Texts.Lang()), Answer: a.Answer, State: ui.State{Tone: ui.Care, Text: v.T("portal.request_open")}}
	switch a.State {
	case appeal.Accepted:
		row.State = ui.State{Tone: ui.Good, Text: v.T("portal.request_accepted")}
	case appeal.Refused:
		row.State = ui.State{Tone: ui.Alarm, Text: v.T("portal.request_refused")}
	}
	var why []string
	if from := who[a.PersonID]; from != "" {
		why = append(why, from)
	} else if a.Device != "" {
		why = append(why, a.Device)
	}
	if key := a.Why(); key != "" {
		why = append(why, v.T(key))
	}
	if a.Note != "" {
		why = append(why, a.Note)
	}
	row.Why = strings.Join(why, " · ")
	return row
}

// stoppable are the things of an alert that were blocked, each once.
func stoppable(a *alert.Alert) (what []string) {
	for _, e := range a.Evidence {
		if e.Verdict == "blocked" && e.What != "" && !slices.Contains(what, e.What) {
			what = append(what, e.What)
		}
	}
	return what
}

// wrong takes the form of the alert page: something was blocked wrongly.
func (p *portal) wrong(w http.ResponseWriter, v *ui.Visit) error {
	id := v.Request.PathValue("alert")
	a, err := p.Alerts.Get(v.Request.Context(), v.TenantID, id)
	if err != nil {
		return err
	}
	what := stoppable(&a)
	if len(what) == 0 {
		return ui.ErrBadInput
	}
	one := what[0]
	if said := v.Request.PostFormValue("what"); slices.Contains(what, said) {
		one = said
	}
	note := strings.ToValidUTF8(v.Request.PostFormValue("note"), "?")
	err = p.Appeals.Ask(v.Request.Context(), v.TenantID, v.PersonID, appeal.Appeal{What: one, Category: a.Family, List: v.T("portal.wrong_case", "n", a.Case), Note: note})
	switch {
	case errors.Is(err, appeal.ErrTooMany):
		return p.back(w, v, "/requests?said=many")
	case err != nil:
		return err
	}
	return p.back(w, v, "/requests?said=sent")
}

type limitsView struct{ ui.Base }

// limitsPage says what encryption hides from the box.
func (p *portal) limitsPage(w http.ResponseWriter, v *ui.Visit) error {
	base, err := p.begin(v, "portal.limits_title", "/used")
	if err != nil {
		return err
	}
	return p.Show(w, p.limits, limitsView{base})
}
