package portal

import (
	"errors"
	"net/http"

	"otasuke/centre/internal/question"
	"otasuke/centre/internal/ui"
	"otasuke/centre/internal/ui/flows"
)

type trafficView struct {
	ui.Base
	Form   flows.Form
	Answer *flows.Answer // nil before anything is asked
	None   bool
	Again  string
}

// trafficPage offers the search of the traffic log.
func (p *portal) trafficPage(w http.ResponseWriter, v *ui.Visit) error {
	base, err := p.begin(v, "flows.title", "/traffic")
	if err != nil {
		return err
	}
	base.Flash = flash(v, map[string]ui.Flash{"busy": {Text: "flows.busy", Bad: true}})
	return p.offer(w, v, base, http.StatusOK)
}

// offer shows the form, with what was just asked in it.
func (p *portal) offer(w http.ResponseWriter, v *ui.Visit, base ui.Base, status int) error {
	form, err := p.flows.Form(v, v.TenantID, p.root+"/traffic")
	if err != nil {
		return err
	}
	return p.traffic.Render(w, status, trafficView{Base: base, Form: form, None: form.None})
}

// askTraffic asks the box.
func (p *portal) askTraffic(w http.ResponseWriter, v *ui.Visit) error {
	id, err := p.flows.Ask(v, v.TenantID, "")
	if errors.Is(err, question.ErrTooMany) {
		base, err := p.begin(v, "flows.title", "/traffic")
		if err != nil {
			return err
		}
		base.Flash = &ui.Flash{Text: v.T("flows.busy"), Bad: true}
		return p.offer(w, v, base, http.StatusTooManyRequests)
	}
	return p.asked(w, v, id, err)
}

// asked goes to the answer of what was asked.
func (p *portal) asked(w http.ResponseWriter, v *ui.Visit, id string, err error) error {
	switch {
	case errors.Is(err, question.ErrTooMany):
		return p.back(w, v, "/traffic?said=busy")
	case errors.Is(err, flows.ErrNoBox):
		return p.back(w, v, "/traffic")
	}
	if err != nil {
		return err
	}
	return p.back(w, v, "/traffic/"+id)
}

// answerTraffic shows what the box said.
func (p *portal) answerTraffic(w http.ResponseWriter, v *ui.Visit) error {
	base, err := p.begin(v, "flows.title", "/traffic")
	if err != nil {
		return err
	}
	id := v.Request.PathValue("id")
	answer, asked, err := p.flows.Show(w, v, v.TenantID, id, p.root+"/traffic/"+id+"/csv")
	if err != nil {
		return err
	}
	if asked.Question.Spread != nil {
		base.Title = v.T("flows.spread_title")
	}
	return p.Show(w, p.traffic, trafficView{Base: base, Answer: &answer, Again: p.root + "/traffic"})
}

func (p *portal) trafficFile(w http.ResponseWriter, v *ui.Visit) error {
	return p.flows.WriteCSV(w, v, v.TenantID, v.Request.PathValue("id"))
}

// askSpread asks how far something went that an alert is about.
func (p *portal) askSpread(w http.ResponseWriter, v *ui.Visit) error {
	a, err := p.Alerts.Get(v.Request.Context(), v.TenantID, v.Request.PathValue("alert"))
	if err != nil {
		return err
	}
	id, err := p.flows.Spread(v, v.TenantID, a.BoxID, a.DeviceID, "", a.First)
	return p.asked(w, v, id, err)
}
