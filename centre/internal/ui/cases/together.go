package cases

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
)

// maxReason bounds what is typed, in characters; a misfire has a sentence before it.
const maxReason = 1400

// shown is how many cases the queue shows, and so how many can be the same on its page.
const shown = 200

// fitKey and verdictKey begin the keys of words.
const (
	fitKey     = "cases.fit_"
	verdictKey = "cases.verdict_"
)

// verdicts that a person chooses from, in their order.
var verdicts = []struct {
	value string
	does  alert.Verdict
	was   alert.Outcome
}{
	{"take", alert.VerdictTake, ""}, {"note", alert.VerdictNote, ""}, {"handled", alert.VerdictClose, alert.OutcomeHandled},
	{"harmless", alert.VerdictClose, alert.OutcomeHarmless}, {"misfire", alert.VerdictClose, alert.OutcomeMisfire},
}

type view struct {
	ui.Base
	Lead   string
	Over   string // that there were more than one act decides
	Can    []row
	Cannot []row
	Back   string
	Action string
	Fields ui.Form
	Faults []ui.Field
}

// row is a case in a list.
type row struct {
	Pick                       string // "" cannot be chosen
	Stars                      ui.Stars
	Company, What, Device, URL string
	Label, Why                 string
}

// look is what cases have in common that look the same.
func look(a *alert.Alert) string {
	return fmt.Sprint(a.Family, a.Stars, a.Blocked, a.Inbound, a.State, a.Answer)
}

// alike adds to what was chosen all cases on the queue's page that look like one of them. The page is read again: what
// came since is among them, and is shown before anything is decided.
func (p *pages) alike(v *ui.Visit, chosen []alert.Pick) ([]string, error) {
	f := alert.Filter{Stars: alert.Medium, Limit: shown}
	if v.Request.PostFormValue("low") == "1" {
		f.Stars = 0
	}
	items, err := p.Alerts.Queue(v.Request.Context(), v.PersonID, "console: cases that look the same", f)
	if err != nil {
		return nil, err
	}
	mine, looks := map[[2]string]bool{}, map[string]bool{}
	var values []string
	for _, one := range chosen {
		mine[[2]string{one.TenantID, one.ID}] = true
		values = append(values, Value(one))
	}
	for i := range items {
		if a := &items[i].Alert; mine[[2]string{a.TenantID, a.ID}] {
			looks[look(a)] = true
		}
	}
	for i := range items {
		if a := &items[i].Alert; looks[look(a)] {
			values = append(values, Value(alert.Pick{TenantID: a.TenantID, ID: a.ID, Version: items[i].Version}))
		}
	}
	return values, nil
}

// choose shows what was chosen, before anything is done.
func (p *pages) choose(w http.ResponseWriter, v *ui.Visit) error {
	values := v.Request.PostForm["pick"]
	chosen, left := picks(values)
	if len(chosen) == 0 {
		return ui.To(w, v.Request, p.Root+"/?said=nopick")
	}
	if v.Request.PostFormValue("same") == "1" {
		values, err := p.alike(v, chosen)
		if err != nil {
			return err
		}
		chosen, left = picks(values)
	}
	return p.show(w, v, chosen, left, p.form(v))
}

func (p *pages) form(v *ui.Visit) ui.Form {
	f := ui.Form{
		{ID: "verdict", Label: v.T("cases.verdict"), Type: "radio"},
		{ID: "reason", Label: v.T("cases.reason"), Hint: v.T("cases.reason_hint"), Type: "area", Max: maxReason, Optional: true},
	}
	for _, one := range verdicts {
		f[0].Choices = append(f[0].Choices, ui.Choice{Value: one.value, Label: v.T(verdictKey + one.value)})
	}
	return f
}

func (p *pages) show(w http.ResponseWriter, v *ui.Visit, chosen []alert.Pick, left int, f ui.Form) error {
	weighed, err := p.Alerts.Weigh(v.Request.Context(), v.PersonID, "console: cases chosen to be decided together", alert.VerdictNote, chosen)
	if err != nil {
		return err
	}
	view, err := p.lists(v, weighed)
	if err != nil {
		return err
	}
	companies := map[string]bool{}
	for i := range weighed {
		if weighed[i].Fit == alert.FitYes {
			companies[weighed[i].TenantID] = true
		}
	}
	view.Lead = v.T("cases.lead_none")
	if len(view.Can) > 0 {
		view.Lead = v.T("cases.lead", "n", len(view.Can), "all", len(weighed), "companies", len(companies))
	}
	if left > 0 {
		view.Over = v.T("cases.over", "n", left, "max", alert.MaxTogether)
	}
	view.Fields, view.Faults = f, f.Faults()
	status := http.StatusOK
	if len(view.Faults) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return p.confirm.Render(w, status, view)
}

// lists are the cases in two lists: what can be decided and what cannot.
func (p *pages) lists(v *ui.Visit, weighed []alert.Weighed) (*view, error) {
	base, err := p.Begin(v, "cases.title", "/")
	if err != nil {
		return nil, err
	}
	base.Path = p.Root + "/" // the language switch cannot repeat a POST
	view := &view{Base: base, Back: p.Root + "/", Action: p.Root + "/together/decide"}
	staff, err := p.Companies.NamesOf(v.Request.Context(), tenant.House)
	if err != nil {
		return nil, err
	}
	for i := range weighed {
		one := &weighed[i]
		a := &one.Seen
		r := row{Pick: Value(one.Pick), Stars: ui.NewStars(v.Texts, a.Stars), Company: one.Company, What: p.Title(a.Family, v.Texts.Lang()), Device: a.DeviceName, URL: p.Root + "/cases/" + one.TenantID + "/" + one.ID}
		if r.Device == "" {
			r.Device = a.DeviceAddr
		}
		r.Label = v.T("cases.pick", "company", r.Company, "what", r.What)
		switch one.Fit {
		case alert.FitYes:
			view.Can = append(view.Can, r)
			continue
		case alert.FitGone:
			r = row{Why: v.T(fitKey + string(one.Fit))}
		case alert.FitOthers:
			if r.Why = v.T(fitKey + "others_unknown"); staff[a.Taker].Name != "" {
				r.Why = v.T(fitKey+"others", "who", staff[a.Taker].Name)
			}
		default:
			r.Why = v.T(fitKey + string(one.Fit))
		}
		r.Pick = ""
		view.Cannot = append(view.Cannot, r)
	}
	return view, nil
}

// decide does it, each case by itself, and shows what was left as it was.
func (p *pages) decide(w http.ResponseWriter, v *ui.Visit) error {
	ctx, value := v.Request.Context(), v.Request.PostFormValue
	chosen, left := picks(v.Request.PostForm["pick"])
	if len(chosen) == 0 {
		return ui.To(w, v.Request, p.Root+"/?said=nopick")
	}
	f := p.form(v).Fill(func(id string) string { return strings.TrimSpace(strings.ToValidUTF8(value(id), "?")) })
	d := alert.Decision{Note: f.Get("reason").Value, Why: v.T("cases.why", "n", len(chosen))}
	for _, one := range verdicts {
		if one.value == f.Get("verdict").Value {
			d.Verdict, d.Was = one.does, one.was
		}
	}
	switch {
	case d.Verdict == "":
		f.Fault("verdict", v.T("cases.verdict_error"))
	case d.Note == "" && d.Verdict != alert.VerdictTake && d.Was != alert.OutcomeMisfire:
		f.Fault("reason", v.T("cases.reason_error"))
	}
	if utf8.RuneCountInString(d.Note) > maxReason {
		f.Fault("reason", v.T("cases.reason_long", "max", maxReason))
	}
	if len(f.Faults()) > 0 {
		return p.show(w, v, chosen, left, f)
	}
	var leftOver []alert.Pick
	fits := map[[2]string]alert.Fit{}
	for _, one := range chosen {
		fit, err := p.one(ctx, v, d, one)
		if err != nil {
			return err
		}
		if fit != alert.FitYes {
			leftOver = append(leftOver, one)
			fits[[2]string{one.TenantID, one.ID}] = fit
		}
	}
	done := len(chosen) - len(leftOver)
	if len(leftOver) == 0 {
		return ui.To(w, v.Request, fmt.Sprintf("%s/?said=together&n=%d", p.Root, done))
	}
	weighed, err := p.Alerts.Weigh(ctx, v.PersonID, "console: cases that were not decided", d.Verdict, leftOver)
	if err != nil {
		return err
	}
	for i := range weighed { // as it was when it was tried
		weighed[i].Fit = fits[[2]string{weighed[i].TenantID, weighed[i].ID}]
	}
	view, err := p.lists(v, weighed)
	if err != nil {
		return err
	}
	view.Title, view.Lead = v.T("cases.done_title"), v.T("cases.done_lead", "n", done)
	return p.result.Render(w, http.StatusOK, view)
}

// one decides one case. What says that it was a misfire is in the language of the customer, who reads it.
func (p *pages) one(ctx context.Context, v *ui.Visit, d alert.Decision, pick alert.Pick) (alert.Fit, error) {
	if d.Was == alert.OutcomeMisfire {
		company, err := p.Companies.CompanyByID(ctx, pick.TenantID)
		if errors.Is(err, store.ErrNotFound) {
			return alert.FitGone, nil
		}
		if err != nil {
			return alert.FitYes, err
		}
		d.Note = strings.TrimSpace(p.Texts.In(string(company.Lang)).T("console.false_reason") + " " + d.Note)
	}
	fit, err := p.Alerts.Decide(ctx, v.PersonID, d, pick)
	if err == nil && fit == alert.FitYes && d.Was == alert.OutcomeMisfire {
		err = p.Misfire(ctx, pick.TenantID, pick.ID)
	}
	return fit, err
}
