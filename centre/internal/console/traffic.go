package console

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"otasuke/centre/internal/question"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/centre/internal/ui/flows"
)

type trafficView struct {
	ui.Base
	Company, CompanyURL string
	Form                flows.Form
	Answer              *flows.Answer // nil before anything is asked
	None                bool
	Again               string
}

// reason reads why a company is looked at; false when it says nothing.
func reason(v *ui.Visit) (string, bool) {
	seen := func(r rune) rune {
		if unicode.IsControl(r) {
			return ' ' // it stands in one line of the record
		}
		return r
	}
	why := strings.Join(strings.Fields(strings.Map(seen, strings.ToValidUTF8(v.Request.FormValue("why"), ""))), " ")
	n := utf8.RuneCountInString(why)
	return why, n >= minWhy && n <= maxWhy
}

// trafficOf begins a page about a customer's traffic.
func (c *console) trafficOf(v *ui.Visit) (view trafficView, path string, err error) {
	id := v.Request.PathValue("tenant")
	company, err := c.Companies.CompanyByID(v.Request.Context(), id)
	if err != nil {
		return view, "", err
	}
	if id == tenant.House {
		return view, "", store.ErrNotFound
	}
	path = "/companies/" + id
	return trafficView{Base: c.begin(v, "flows.title", "/companies"), Company: company.Name, CompanyURL: c.root + path}, path + "/traffic", nil
}

// trafficPage offers the search of a customer's traffic log, once a reason is given.
func (c *console) trafficPage(w http.ResponseWriter, v *ui.Visit) error {
	view, path, err := c.trafficOf(v)
	if err != nil {
		return err
	}
	why, ok := reason(v)
	if !ok {
		return c.askWhy(w, v, view.Company, path)
	}
	view.Flash = flash(v, map[string]ui.Flash{"busy": {Text: "flows.busy", Bad: true}})
	return c.offer(w, v, view, path, why, http.StatusOK)
}

// offer shows the form, with what was just asked in it.
func (c *console) offer(w http.ResponseWriter, v *ui.Visit, view trafficView, path, why string, status int) (err error) {
	if view.Form, err = c.flows.Form(v, v.Request.PathValue("tenant"), c.root+path, flows.Option{Value: "why", Label: why}); err != nil {
		return err
	}
	view.None = view.Form.None
	return c.traffic.Render(w, status, view)
}

// askTraffic asks the customer's box; the reason goes into the customer's record.
func (c *console) askTraffic(w http.ResponseWriter, v *ui.Visit) error {
	why, ok := reason(v)
	if !ok {
		return c.back(w, v, "/companies/"+v.Request.PathValue("tenant"))
	}
	id, err := c.flows.Ask(v, v.Request.PathValue("tenant"), why)
	if errors.Is(err, question.ErrTooMany) {
		view, path, err := c.trafficOf(v)
		if err != nil {
			return err
		}
		view.Flash = &ui.Flash{Text: v.T("flows.busy"), Bad: true}
		return c.offer(w, v, view, path, why, http.StatusTooManyRequests)
	}
	return c.asked(w, v, id, why, err)
}

func (c *console) asked(w http.ResponseWriter, v *ui.Visit, id, why string, err error) error {
	path := "/companies/" + v.Request.PathValue("tenant") + "/traffic"
	switch {
	case errors.Is(err, question.ErrTooMany):
		return c.back(w, v, path+"?said=busy&why="+url.QueryEscape(why))
	case errors.Is(err, flows.ErrNoBox):
		return c.back(w, v, path+"?why="+url.QueryEscape(why))
	}
	if err != nil {
		return err
	}
	return c.back(w, v, path+"/"+id)
}

// answerTraffic shows what the box said, and writes into the customer's record who reads it.
func (c *console) answerTraffic(w http.ResponseWriter, v *ui.Visit) error {
	view, path, err := c.trafficOf(v)
	if err != nil {
		return err
	}
	id := v.Request.PathValue("id")
	if err := c.look(v, v.Request.PathValue("tenant"), "view.traffic", id, v.T("flows.why_result")); err != nil {
		return err
	}
	answer, asked, err := c.flows.Show(w, v, v.Request.PathValue("tenant"), id, c.root+path+"/"+id+"/csv")
	if err != nil {
		return err
	}
	if asked.Question.Spread != nil {
		view.Title = v.T("flows.spread_title")
	}
	view.Answer, view.Again = &answer, view.CompanyURL
	return c.Show(w, c.traffic, view)
}

func (c *console) trafficFile(w http.ResponseWriter, v *ui.Visit) error {
	tenantID, id := v.Request.PathValue("tenant"), v.Request.PathValue("id")
	if err := c.look(v, tenantID, "view.traffic", id, v.T("flows.why_result")); err != nil {
		return err
	}
	return c.flows.WriteCSV(w, v, tenantID, id)
}

// askSpread asks how far something went that a case is about.
func (c *console) askSpread(w http.ResponseWriter, v *ui.Visit) error {
	tenantID := v.Request.PathValue("tenant")
	a, err := c.Alerts.Get(v.Request.Context(), tenantID, v.Request.PathValue("alert"))
	if err != nil {
		return err
	}
	why := v.T("console.why_case", "n", a.Case)
	id, err := c.flows.Spread(v, tenantID, a.BoxID, a.DeviceID, why, a.First)
	return c.asked(w, v, id, why, err)
}
