package apply

import (
	"errors"
	"net/http"

	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/contract"
	"otasuke/centre/internal/ui"
	"otasuke/content/offer"
	"otasuke/content/text"
	"otasuke/internal/entry"
	"otasuke/internal/ja"
	"otasuke/internal/throttle"
)

// Keys of words that a state chooses.
const (
	stateKey = "apply.state_" // what it is called
	leadKey  = "apply.lead_"  // what it means for the applicant, and what to do first
)

// milestones are the states that an applicant sees ahead.
var milestones = []contract.State{contract.Entered, contract.Papers, contract.Review, contract.Contracted, contract.Shipped, contract.Installed, contract.Active}

type stateView struct {
	ui.Base
	Number, Lead, Why string
	URL               string
	Steps             []milestone
	Said              []pair
	Entered, Papers   bool
	CanWithdraw       bool
	HasPaper          bool
	Prints            bool // there are fonts
	PaperFault        string
	Faults            []ui.Field
}

type milestone struct {
	Label, When string
	Done, Here  bool
}

// pair is one line of what was entered.
type pair struct{ Label, Value string }

// statePage is the page of one application: what was typed, where it stands, what is to be done.
func (p *Pages) statePage(w http.ResponseWriter, r *http.Request, t text.Texts) error {
	return p.showState(w, r, t, "")
}

func (p *Pages) showState(w http.ResponseWriter, r *http.Request, t text.Texts, paperFault string) error {
	token := r.PathValue("token")
	a, steps, err := p.ByToken(r.Context(), token)
	if err != nil {
		return err
	}
	v, err := p.Version(a.Offer)
	if err != nil {
		return err
	}
	view := stateView{Prints: p.Press != nil, Base: p.base(r, t, stateKey+string(a.State)), Number: a.Number, Lead: t.T(leadKey+string(a.State), "n", v.MinMonths), URL: p.Root + "/apply/" + token, Said: said(t, v, &a.Form),
		Entered: a.State == contract.Entered, Papers: a.State == contract.Papers || a.State == contract.Review, CanWithdraw: a.State.To(contract.Withdrawn), HasPaper: a.Paper != "", PaperFault: paperFault}
	if a.State == contract.Papers || a.State == contract.Withdrawn {
		view.Why = steps[len(steps)-1].Why
	}
	view.Steps = ahead(t, a.State, steps)
	status := http.StatusOK
	if paperFault != "" {
		status, view.Faults = http.StatusUnprocessableEntity, []ui.Field{{ID: "paper", Error: paperFault}}
	}
	return p.state.Render(w, status, view)
}

// ahead are the milestones with when they were reached.
func ahead(t text.Texts, here contract.State, steps []contract.Step) (all []milestone) {
	if here == contract.Withdrawn {
		return nil
	}
	if here == contract.Founding {
		here = contract.Review
	}
	reached := true
	for _, m := range milestones {
		one := milestone{Label: t.T(stateKey + string(m)), Done: reached && m != here, Here: m == here}
		for i := range steps {
			if steps[i].State == m && reached {
				one.When = ja.Day(steps[i].At, t.Lang())
			}
		}
		if m == here {
			reached = false
		}
		all = append(all, one)
	}
	return all
}

// said is a form as its applicant reads it once more.
func said(t text.Texts, v *offer.Version, f *contract.Form) []pair {
	member := t.T("apply.member_none")
	if f.Member {
		member = t.T("apply.member_of", "chamber", f.Chamber, "number", f.MemberNo)
	}
	visit := t.T(choiceKey + "visit_no")
	monthly := v.Prices.Other
	if f.Member {
		monthly = v.Prices.Member
	}
	all := []pair{{t.T(fieldKey + "company"), f.Company}, {t.T(fieldKey + "kana"), f.Kana}, {t.T(fieldKey + "corporate"), f.Corporate}, {t.T(fieldKey + "industry"), t.T(industryKey + f.Industry)}, {t.T(fieldKey + "member"), member},
		{t.T(fieldKey + "pcs"), t.T("apply.pcs", "n", f.PCs)}, {t.T(fieldKey + "line"), t.T(lineKey + f.Line)}, {t.T(fieldKey + "router"), t.T(routerKey + f.Router)}}
	if f.Visit {
		visit = t.T(choiceKey+"visit_yes", "yen", price(t, v.Prices.Visit))
	}
	all = append(all, pair{t.T(fieldKey + "visit"), visit}, pair{t.T(fieldKey + "contact"), f.Contact + " (" + f.ContactKana + ")"}, pair{t.T(fieldKey + "email"), f.Email}, pair{t.T(fieldKey + "phone"), f.Phone},
		pair{t.T(fieldKey + "passphrase"), f.Passphrase}, pair{t.T(fieldKey + "address"), postcode(f.Postcode) + " " + f.Address + " " + f.Building}, pair{t.T("apply.monthly"), price(t, monthly)})
	shown := all[:0]
	for _, one := range all {
		if one.Value != "" {
			shown = append(shown, one)
		}
	}
	return shown
}

// postcode as it is written: 540-0029.
func postcode(code string) string {
	if len(code) != 7 {
		return code
	}
	return code[:3] + "-" + code[3:]
}

func (p *Pages) back(w http.ResponseWriter, r *http.Request) error {
	return ui.To(w, r, p.Root+"/apply/"+r.PathValue("token"))
}

func (p *Pages) send(w http.ResponseWriter, r *http.Request, _ text.Texts) error {
	if err := p.Submit(r.Context(), r.PathValue("token")); err != nil {
		return err
	}
	return p.back(w, r)
}

func (p *Pages) withdraw(w http.ResponseWriter, r *http.Request, _ text.Texts) error {
	if err := p.Withdraw(r.Context(), r.PathValue("token")); err != nil && !errors.Is(err, contract.ErrState) {
		return err
	}
	return p.back(w, r)
}

// paper takes the signed form, as a photo or a scan.
func (p *Pages) paper(w http.ResponseWriter, r *http.Request, t text.Texts) error {
	if _, _, err := p.ByToken(r.Context(), r.PathValue("token")); err != nil {
		return err // before a large file is read for nobody
	}
	if _, ok := p.limit.Take(throttle.Address(r.RemoteAddr)); !ok {
		return p.showState(w, r, t, t.T("apply.later"))
	}
	u, err := upload(w, r, "paper", attach.Papers...)
	if why := refused(t, err); why != "" {
		return p.showState(w, r, t, why)
	}
	if err != nil {
		return err
	}
	if err := p.Paper(r.Context(), r.PathValue("token"), &u); err != nil && !errors.Is(err, contract.ErrState) {
		return err
	}
	return p.back(w, r)
}

// upload reads the file of a form.
func upload(w http.ResponseWriter, r *http.Request, field string, kinds ...string) (attach.Upload, error) {
	ui.Large(w, r, attach.MaxSize)
	f, head, err := r.FormFile(field)
	if errors.Is(err, http.ErrMissingFile) {
		return attach.Upload{}, attach.ErrEmpty
	}
	if err != nil {
		return attach.Upload{}, err
	}
	defer f.Close()
	return attach.Check(head.Filename, f, kinds...)
}

// refused says in kind words why a file does not do; "" for no error, and for faults of ours.
func refused(t text.Texts, err error) string {
	var large *http.MaxBytesError
	switch {
	case errors.Is(err, attach.ErrEmpty):
		return t.T("apply.paper_empty")
	case errors.Is(err, attach.ErrLarge), errors.As(err, &large):
		return t.T("apply.paper_large")
	case errors.Is(err, attach.ErrKind):
		return t.T("apply.paper_kind")
	}
	return ""
}

// wrong says why a reason does not do; "" for no error, and for others.
func wrong(t text.Texts, err error) string {
	switch {
	case errors.Is(err, entry.ErrEmpty):
		return t.T("apply.why_missing")
	case errors.Is(err, entry.ErrLong):
		return t.T("apply.why_long")
	case errors.Is(err, contract.ErrState):
		return t.T("apply.already")
	}
	return ""
}
