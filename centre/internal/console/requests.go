package console

import (
	"errors"
	"net/http"
	"strings"

	"otasuke/centre/internal/appeal"
	"otasuke/centre/internal/policy"
	"otasuke/centre/internal/ui"
	"otasuke/internal/ja"
)

type requestsView struct {
	ui.Base
	Count string
	Rows  []requestRow
}

type requestRow struct {
	ID, Company, What, Why string
	Age, Times             string
	Effect, Action         string
}

// requestsPage is the queue of what customers say was blocked wrongly.
func (c *console) requestsPage(w http.ResponseWriter, v *ui.Visit) error {
	items, err := c.Appeals.Waiting(v.Request.Context(), v.PersonID, "console: requests")
	if err != nil {
		return err
	}
	view := requestsView{Base: c.begin(v, "console.requests_title", "/requests"), Count: v.T("console.queue_count", "n", ja.Number(len(items)))}
	view.Flash = flash(v, map[string]ui.Flash{"accepted": {Text: "console.request_accepted"}, "byhand": {Text: "console.request_byhand"}, "refused": {Text: "console.request_refused"},
		"nonote": {Text: "console.request_needs", Bad: true}, "already": {Text: "console.request_already", Bad: true}})
	for i := range items {
		view.Rows = append(view.Rows, c.requestLine(v, &items[i]))
	}
	return c.Show(w, c.requests, view)
}

func (c *console) requestLine(v *ui.Visit, a *appeal.Item) requestRow {
	row := requestRow{ID: a.ID, Company: a.Company, What: a.What, Action: c.root + "/requests/" + a.TenantID + "/" + a.ID,
		Age: v.T("common.ago", "span", ja.Span(c.Clock.Now().Sub(a.Asked), v.Texts.Lang()))}
	if a.Times > 1 {
		row.Times = v.T("console.request_times", "n", ja.Number(a.Times))
	}
	row.Effect = v.T("console.request_nameless")
	if name := policy.Allowable(a.What); name != "" {
		row.Effect = v.T("console.request_effect", "name", name)
	}
	var why []string
	for _, s := range []string{a.Device, strings.Trim(a.List+" / "+a.Category, " /"), a.Note} {
		if s != "" {
			why = append(why, s)
		}
	}
	if key := a.Why(); key != "" {
		why = append(why, v.T(key))
	}
	row.Why = strings.Join(why, " · ")
	return row
}

// decide answers a request. A refusal needs a word that the customer reads.
func (c *console) decide(w http.ResponseWriter, v *ui.Visit) error {
	answer := v.Request.PostFormValue("answer")
	note, err := typed(v, "note")
	switch {
	case answer != "accept" && answer != "refuse":
		return ui.ErrBadInput
	case errors.Is(err, errNoText) && answer == "refuse":
		return c.back(w, v, "/requests?said=nonote")
	case err != nil && !errors.Is(err, errNoText):
		return err
	}
	through, err := c.Appeals.Decide(v.Request.Context(), v.Request.PathValue("tenant"), v.Request.PathValue("request"), v.PersonID, answer == "accept", note,
		strings.TrimSpace(v.T("console.request_reason")+" "+strings.Join(strings.Fields(note), " ")))
	if errors.Is(err, appeal.ErrAnswered) {
		return c.back(w, v, "/requests?said=already")
	}
	if err != nil {
		return err
	}
	said := "refused"
	switch {
	case through:
		said = "accepted"
	case answer == "accept":
		said = "byhand"
	}
	return c.back(w, v, "/requests?said="+said)
}
