package apply

import (
	"errors"
	"net/http"
	"strings"

	"otasuke/centre/internal/contract"
	"otasuke/centre/internal/contract/printed"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/content/text"
	"otasuke/internal/ja"
)

const saidKey = "apply.said_"

// saidWords are what the staff's pages say about what was just done.
var saidWords = []string{"ticked", "back", "refused", "accepted"}

func flash(v *ui.Visit, known []string) *ui.Flash {
	for _, w := range known {
		if v.Request.FormValue("said") == w {
			return &ui.Flash{Text: v.T(saidKey + w)}
		}
	}
	return nil
}

// tones of the states.
var tones = map[contract.State]ui.Tone{contract.Papers: ui.Off, contract.Review: ui.Care, contract.Founding: ui.Care, contract.Contracted: ui.Care, contract.Shipped: ui.Off, contract.Installed: ui.Good, contract.Active: ui.Good,
	contract.Ended: ui.Care, contract.Returned: ui.Off, contract.Withdrawn: ui.Off, contract.Entered: ui.Off}

func lamp(t text.Texts, s contract.State) ui.State {
	return ui.State{Tone: tones[s], Text: t.T(stateKey + string(s))}
}

type listView struct {
	ui.Base
	Lead   string
	Find   string
	Faults []ui.Field
	Rows   []listRow
}

type listRow struct {
	URL, Company, Number, Who, Age string
	State                          ui.State
}

// listPage lists the applications that somebody has to look at, the longest waiting first; a number finds its own.
func (p *Pages) listPage(w http.ResponseWriter, v *ui.Visit) error {
	base, err := p.Begin(v, "apply.list_title", "/applications")
	if err != nil {
		return err
	}
	view := listView{Base: base, Find: p.Root + "/applications"}
	view.Flash = flash(v, saidWords)
	if number := strings.TrimSpace(ja.Halfwidth(v.Request.FormValue("number"))); number != "" {
		id, err := p.ByNumber(v.Request.Context(), strings.ReplaceAll(strings.ReplaceAll(number, "-", ""), " ", ""))
		if err == nil {
			return ui.To(w, v.Request, p.Root+"/applications/"+id)
		}
		if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		view.Faults = []ui.Field{{ID: "number", Error: v.T("apply.number_unknown")}}
	}
	all, err := p.Applications(v.Request.Context(), "")
	if err != nil {
		return err
	}
	view.Lead = v.T("apply.list_count", "n", ja.Number(len(all)))
	for i := range all {
		a := &all[i]
		view.Rows = append(view.Rows, listRow{URL: p.Root + "/applications/" + a.ID, Company: a.Form.Company, Number: a.Number, Who: a.Form.Contact, State: lamp(v.Texts, a.State),
			Age: v.T("common.ago", "span", ja.Span(p.Clock.Now().Sub(a.Moved), v.Texts.Lang()))})
	}
	return p.list.Render(w, status(view.Faults), view)
}

func status(faults []ui.Field) int {
	if len(faults) > 0 {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

type oneView struct {
	ui.Base
	State                     ui.State
	Number, URL, Lead         string
	Faults                    []ui.Field
	Said                      []pair
	Steps                     []stepRow
	Alike                     []listRow
	Paper                     string
	CanTick, CanBack, CanTake bool
	CanRefuse                 bool
	Prints                    bool // there are fonts
	Proof, Why                ui.Field
	Claims                    string // what the applicant says about a chamber
	Company                   string // page of the company that came of it
}

type stepRow struct{ When, State, Who, Why string }

func (p *Pages) onePage(w http.ResponseWriter, v *ui.Visit) error { return p.showOne(w, v, nil) }

// showOne is everything about one application, with what there is to do.
func (p *Pages) showOne(w http.ResponseWriter, v *ui.Visit, faults []ui.Field) error {
	a, steps, alike, err := p.Application(v.Request.Context(), v.Request.PathValue("application"))
	if err != nil {
		return err
	}
	offered, err := p.Version(a.Offer)
	if err != nil {
		return err
	}
	base, err := p.Begin(v, "apply.list_title", "/applications")
	if err != nil {
		return err
	}
	base.Title = a.Form.Company
	base.Flash = flash(v, saidWords)
	may := v.Role.May(tenant.MayOperate)
	view := oneView{Base: base, Prints: p.Press != nil && a.Number != "", State: lamp(v.Texts, a.State), Number: a.Number, URL: p.Root + "/applications/" + a.ID, Faults: faults, Said: said(v.Texts, offered, &a.Form),
		CanTick: a.State == contract.Papers && v.Role.May(tenant.MayWrite), CanBack: a.State == contract.Review && may, CanTake: a.State == contract.Review && may, CanRefuse: (a.State == contract.Review || a.State == contract.Papers) && may,
		Proof: ui.Field{ID: "proof", Label: v.T("apply.proof"), Hint: v.T("apply.proof_hint"), Type: "text", Auto: "off", Max: 500, Optional: true, Value: v.Request.PostFormValue("proof")},
		Why:   ui.Field{ID: "why", Label: v.T("apply.why"), Hint: v.T("apply.why_hint"), Type: "text", Auto: "off", Max: 500, Value: v.Request.PostFormValue("why")}}
	for _, one := range faults {
		for _, f := range []*ui.Field{&view.Proof, &view.Why} {
			if f.ID == one.ID {
				f.Error = one.Error
			}
		}
	}
	view.Claims = v.T("apply.claims_none")
	if a.Form.Member {
		view.Claims = v.T("apply.claims", "chamber", a.Form.Chamber, "number", a.Form.MemberNo)
	}
	if a.Paper != "" {
		view.Paper = view.URL + "/paper"
	}
	if a.CompanyID != "" && a.State == contract.Contracted {
		view.Company = p.Root + "/companies/" + a.CompanyID
	}
	if view.Steps, err = p.stepRows(v, steps, tenant.House); err != nil {
		return err
	}
	for i := range alike {
		view.Alike = append(view.Alike, listRow{URL: p.Root + "/applications/" + alike[i].ID, Company: alike[i].Form.Company, Number: alike[i].Number, State: lamp(v.Texts, alike[i].State), Age: ja.Day(alike[i].Moved, v.Texts.Lang())})
	}
	return p.one.Render(w, status(faults), view)
}

// stepRows are steps with the names of who did them, as far as people of a company did.
func (p *Pages) stepRows(v *ui.Visit, steps []contract.Step, tenantID string) (rows []stepRow, err error) {
	people, err := p.Names(v.Request.Context(), tenantID)
	if err != nil {
		return nil, err
	}
	for _, s := range steps {
		who := people[s.Who].Name
		switch {
		case s.Who == contract.Applicant:
			who = v.T("apply.who_applicant")
		case who == "":
			who = v.T("apply.who_centre")
		}
		why := s.Why
		if s.State == contract.Shipped {
			why = printed.Parcel(why, v.Texts)
		}
		rows = append(rows, stepRow{ja.Short(s.At, v.Texts.Lang()), v.T(stateKey + string(s.State)), who, why})
	}
	return rows, nil
}

// showPaper shows the signed form.
func (p *Pages) showPaper(w http.ResponseWriter, v *ui.Visit) error {
	f, data, err := p.File(v.Request.Context(), v.Request.PathValue("application"))
	if err != nil {
		return err
	}
	f.Serve(w, v.Request, data)
	return nil
}

// after shows what came of a step: the page anew, or what does not do.
func (p *Pages) after(w http.ResponseWriter, v *ui.Visit, field, word string, err error) error {
	if why := wrong(v.Texts, err); why != "" {
		if errors.Is(err, contract.ErrState) {
			field = "main"
		}
		return p.showOne(w, v, []ui.Field{{ID: field, Error: why}})
	}
	if err != nil {
		return err
	}
	return ui.To(w, v.Request, p.Root+"/applications/"+v.Request.PathValue("application")+"?said="+word)
}

func (p *Pages) tick(w http.ResponseWriter, v *ui.Visit) error {
	return p.after(w, v, "main", "ticked", p.Tick(v.Request.Context(), v.Request.PathValue("application"), v.PersonID))
}

func (p *Pages) sendBack(w http.ResponseWriter, v *ui.Visit) error {
	return p.after(w, v, "why", "back", p.SendBack(v.Request.Context(), v.Request.PathValue("application"), v.PersonID, v.Request.PostFormValue("why")))
}

func (p *Pages) refuse(w http.ResponseWriter, v *ui.Visit) error {
	return p.after(w, v, "why", "refused", p.Refuse(v.Request.Context(), v.Request.PathValue("application"), v.PersonID, v.Request.PostFormValue("why")))
}

func (p *Pages) accept(w http.ResponseWriter, v *ui.Visit) error {
	x := contract.Accepted{Proof: v.Request.PostFormValue("proof")}
	switch v.Request.PostFormValue("price") {
	case "member":
		x.Member = true
	case "other":
	default:
		return ui.ErrBadInput
	}
	return p.after(w, v, "proof", "accepted", p.Accept(v.Request.Context(), v.Request.PathValue("application"), v.PersonID, x))
}
