package cases

import (
	"context"
	"errors"
	"net/http"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/content/playbook"
	"otasuke/internal/ja"
)

// Guide puts a case's playbook on its page.
type Guide struct {
	Book  *playbook.Book
	Names func(ctx context.Context, tenantID string) (map[string]tenant.Person, error)
}

// Links are where steps lead; "" for what this person or centre has not.
type Links struct{ Traffic, Ring, Visit string }

// Steps is a part of a case's page.
type Steps struct {
	Head           string
	Action, CSRF   string
	Progress       string
	Phases         []StepPhase
	Tick           bool // for who may, while the case is open
	TickWord, Undo string
}

// StepPhase is the steps of one kind.
type StepPhase struct {
	Name string
	Rows []StepRow
}

// StepRow is one step.
type StepRow struct {
	Key, Text, By  string
	Done           bool
	URL, LinkLabel string
}

const (
	phaseKey = "cases.phase_"
	actKey   = "cases.act_"
)

// Of shows the steps for a case and which of them are done.
func (g *Guide) Of(v *ui.Visit, root string, a *alert.Alert, history []alert.Change, to Links) (*Steps, error) {
	staff, err := g.Names(v.Request.Context(), tenant.House)
	if err != nil {
		return nil, err
	}
	all := &Steps{Head: v.T("cases.steps"), Action: root + "/cases/" + a.TenantID + "/" + a.ID + "/tick", CSRF: v.CSRF, Tick: a.State != alert.Closed && v.Role.May(tenant.MayWrite), TickWord: v.T("cases.tick"), Undo: v.T("cases.untick_step")}
	links := map[playbook.Act]string{playbook.ActTraffic: to.Traffic, playbook.ActRing: to.Ring, playbook.ActVisit: to.Visit, playbook.ActSimilar: "#likes"}
	done, ticks, n := 0, alert.Ticks(history), 0
	for _, phase := range playbook.Phases {
		p := StepPhase{Name: v.T(phaseKey + string(phase))}
		for _, s := range g.Book.Of(a.Family) {
			if s.Phase != phase {
				continue
			}
			n++
			x := StepRow{Key: s.Key, Text: s.In(v.Texts.Lang())}
			if s.Act != playbook.ActNone && links[s.Act] != "" {
				x.URL, x.LinkLabel = links[s.Act], v.T(actKey+string(s.Act))
			}
			if t, ok := ticks[s.Key]; ok {
				done++
				who := staff[t.Who].Name
				if who == "" {
					who = v.T("alert.by_centre")
				}
				x.Done, x.By = true, v.T("cases.ticked", "who", who, "time", ja.Short(t.At, v.Texts.Lang()))
			}
			p.Rows = append(p.Rows, x)
		}
		if len(p.Rows) > 0 {
			all.Phases = append(all.Phases, p)
		}
	}
	all.Progress = v.T("cases.steps_done", "n", done, "all", n)
	return all, nil
}

// tick notes a step that was done, or takes it back.
func (p *pages) tick(w http.ResponseWriter, v *ui.Visit) error {
	tenantID, id := v.Request.PathValue("tenant"), v.Request.PathValue("alert")
	back := p.Root + "/cases/" + tenantID + "/" + id
	step, done := v.Request.PostFormValue("tick"), true
	if step == "" {
		step, done = v.Request.PostFormValue("untick"), false
	}
	if step == "" {
		return ui.To(w, v.Request, back)
	}
	if p.Book.Step(step) == nil {
		return ui.ErrBadInput
	}
	switch err := p.Alerts.Tick(v.Request.Context(), tenantID, id, v.PersonID, step, done); {
	case errors.Is(err, alert.ErrClosed):
		return ui.To(w, v.Request, back+"?said=already")
	case err != nil:
		return err
	}
	return ui.To(w, v.Request, back+"?said=ticked#step-"+step)
}
