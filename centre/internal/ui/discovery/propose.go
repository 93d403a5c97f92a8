package discovery

import (
	"errors"
	"net/http"
	"net/netip"
	"strconv"
	"strings"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/discovery"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/internal/ja"
	"otasuke/wire"
)

// other is the choice to type something.
const other = "other"

// maxChoices of a case are offered; its newest events come first.
const maxChoices = 12

type proposeView struct {
	ui.Base
	Fields ui.Form
	Faults []ui.Field
	Known  string // address of the same one
	Not    []notRow
	Action string
	Back   string
}

// notRow is something of the case that cannot be stopped for all.
type notRow struct{ Value, Why string }

// found is something of a case.
type found struct{ kind, value string }

// inCase lists what a case's events name, each once.
func inCase(a *alert.Alert) (all []found) {
	seen := map[found]bool{}
	add := func(kind, value string) {
		if f := (found{kind, value}); value != "" && !seen[f] {
			seen[f] = true
			all = append(all, f)
		}
	}
	end := func(s string) { // a name or an address
		if _, err := netip.ParseAddr(s); err == nil {
			add(wire.StopAddr, s)
		} else {
			add(wire.StopName, s)
		}
	}
	for i := range a.Evidence {
		e := &a.Evidence[i]
		if e.Kind == string(wire.KindSite) {
			name, _, _ := strings.Cut(e.What, " (")
			end(strings.ToLower(name))
		}
		if e.URL != "" {
			url, _, _ := strings.Cut(strings.TrimPrefix(e.URL, "http://"), "?")
			host, path, _ := strings.Cut(url, "/")
			if host, _, _ = strings.Cut(host, ":"); host != "" {
				end(strings.ToLower(host))
			}
			if _, err := netip.ParseAddr(host); err != nil && path != "" && e.App == "http" {
				add(wire.StopPage, "http://"+strings.ToLower(host)+"/"+path)
			}
		}
		add(discovery.KindFile, e.SHA256)
	}
	for i := range a.Evidence { // addresses last: many sites may share one
		if e := &a.Evidence[i]; a.Inbound {
			add(wire.StopAddr, e.Src)
		} else {
			add(wire.StopAddr, e.Dst)
		}
	}
	return all
}

// guess is the category that a family suggests.
func guess(family string) string {
	switch family {
	case "phishing", "account-theft", "fake-alert":
		return "phishing"
	case "c2", "botnet", "dns-tunnel", "coinminer", "ransomware", "exfil":
		return "c2"
	}
	return "malware"
}

// form asks what is to be stopped; below it stands what of the case cannot be.
func (p *pages) form(v *ui.Visit, a *alert.Alert) (f ui.Form, not []notRow) {
	f = ui.Form{
		{ID: "what", Label: v.T("discovery.field_what"), Type: "radio"},
		{ID: "kind", Label: v.T("discovery.field_kind"), Hint: v.T("discovery.field_kind_hint"), Type: "select", Value: wire.StopName, Choices: kinds(v.Texts)},
		{ID: "value", Label: v.T("discovery.field_value"), Hint: v.T("discovery.field_value_hint"), Type: "text", Auto: "off", Max: 500, Optional: true},
		{ID: "category", Label: v.T("discovery.field_category"), Type: "radio", Value: guess(a.Family)},
		{ID: "days", Label: v.T("discovery.field_days"), Hint: v.T("discovery.field_days_hint"), Type: "select", Value: strconv.Itoa(discovery.Days), Choices: daysOf(v.Texts)},
		{ID: "why", Label: v.T("discovery.field_why"), Hint: v.T("discovery.field_why_hint"), Type: "area", Max: discovery.MaxWhy},
	}
	for _, c := range discovery.Categories {
		f.Get("category").Choices = append(f.Get("category").Choices, ui.Choice{Value: c, Label: v.T(categoryKey + c)})
	}
	choices := &f.Get("what").Choices
	for _, one := range inCase(a) {
		clean, err := p.Check(one.kind, one.value)
		switch {
		case err != nil:
			not = append(not, notRow{Value: one.value, Why: why(v, err)})
		case len(*choices) < maxChoices:
			*choices = append(*choices, ui.Choice{Value: one.kind + " " + clean, Label: v.T("discovery.choice", "kind", v.T(kindKey+one.kind), "value", value(&discovery.Discovery{Kind: one.kind, Value: clean}))})
		}
	}
	*choices = append(*choices, ui.Choice{Value: other, Label: v.T("discovery.choice_other")})
	f.Get("what").Value = (*choices)[0].Value
	return f, not
}

// why says for people why something is refused.
func why(v *ui.Visit, err error) string {
	var r *discovery.Refusal
	if errors.As(err, &r) {
		return v.T(refusedKey+r.Reason, "what", r.What)
	}
	return err.Error()
}

// theCase is the case of a request; its company's record says who looked.
func (p *pages) theCase(v *ui.Visit) (alert.Alert, error) {
	tenantID, id := v.Request.PathValue("tenant"), v.Request.PathValue("alert")
	if tenantID == tenant.House {
		return alert.Alert{}, store.ErrNotFound
	}
	a, err := p.Alert(v.Request.Context(), tenantID, id)
	if err != nil {
		return a, err
	}
	return a, p.Companies.Audit(v.Request.Context(), tenantID, v.PersonID, "view.alert", id, v.T("discovery.looks_why", "n", ja.CaseNumber(a.Case)))
}

func (p *pages) proposePage(w http.ResponseWriter, v *ui.Visit) error {
	a, err := p.theCase(v)
	if err != nil {
		return err
	}
	f, not := p.form(v, &a)
	return p.asked(w, v, &a, f, not, "")
}

func (p *pages) asked(w http.ResponseWriter, v *ui.Visit, a *alert.Alert, f ui.Form, not []notRow, same string) error {
	base, err := p.Begin(v, "discovery.propose_title", path)
	if err != nil {
		return err
	}
	one := p.Root + "/cases/" + a.TenantID + "/" + a.ID
	view := proposeView{Base: base, Fields: f, Faults: f.Faults(), Not: not, Action: one + "/discovery", Back: one, Known: same}
	status := http.StatusOK
	if len(view.Faults) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return p.propose.Render(w, status, view)
}

// proposed takes the form.
func (p *pages) proposed(w http.ResponseWriter, v *ui.Visit) error {
	a, err := p.theCase(v)
	if err != nil {
		return err
	}
	company, err := p.Companies.CompanyByID(v.Request.Context(), a.TenantID)
	if err != nil {
		return err
	}
	f, not := p.form(v, &a)
	f.Fill(func(id string) string { return typed(v, id) })
	field, kind, val := "what", "", ""
	if chosen := f.Get("what").Value; chosen == other {
		field, kind, val = "value", f.Get("kind").Value, f.Get("value").Value
	} else {
		kind, val, _ = strings.Cut(chosen, " ")
	}
	days, err := strconv.Atoi(f.Get("days").Value)
	if err != nil {
		days = -1
	}
	id, err := p.Propose(v.Request.Context(), discovery.Proposal{Kind: kind, Value: val, Category: f.Get("category").Value, Days: days, CompanyID: a.TenantID, AlertID: a.ID,
		Who: v.PersonID, Why: f.Get("why").Value, AskWhy: p.Texts.In(string(company.Lang)).T("discovery.asks_why")})
	same := ""
	var known *discovery.Known
	var refused *discovery.Refusal
	switch {
	case err == nil:
		return ui.To(w, v.Request, p.Root+path+"/"+id+"?said=proposed")
	case errors.As(err, &known):
		same = p.Root + path + "/" + known.ID
		f.Fault(field, v.T("discovery.bad_known"))
	case errors.As(err, &refused):
		f.Fault(field, why(v, err))
	case errors.Is(err, discovery.ErrWhy):
		f.Fault("why", v.T("discovery.bad_why"))
	case errors.Is(err, discovery.ErrCategory):
		f.Fault("category", v.T("discovery.bad_category"))
	case errors.Is(err, discovery.ErrDays):
		f.Fault("days", v.T("discovery.bad_days"))
	default:
		return err
	}
	return p.asked(w, v, &a, f, not, same)
}
