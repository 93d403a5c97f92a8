package apply

import (
	"errors"
	"net/http"
	"time"

	"otasuke/centre/internal/contract"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/internal/ja"
)

type contractView struct {
	ui.Base
	None                           bool
	State                          ui.State
	Number, Signed, Ends, Earliest string
	Price, Version                 string
	Said                           []pair
	Steps                          []stepRow
	Terms                          []clause
	CanEnd, CanKeep                bool
	Prints                         bool // there are fonts
	Faults                         []ui.Field
	Why                            ui.Field
}

// current is the contract that counts: the newest.
func (p *Pages) current(v *ui.Visit) (contract.Contract, error) {
	all, err := p.Contracts(v.Request.Context(), v.TenantID)
	if err != nil || len(all) == 0 {
		return contract.Contract{}, errors.Join(err, store.ErrNotFound)
	}
	return all[0], nil
}

func (p *Pages) contractPage(w http.ResponseWriter, v *ui.Visit) error {
	return p.showContract(w, v, nil)
}

// showContract is what a company signed, where it stands, and how it ends.
func (p *Pages) showContract(w http.ResponseWriter, v *ui.Visit, faults []ui.Field) error {
	base, err := p.Begin(v, "apply.contract_title", "/contract")
	if err != nil {
		return err
	}
	base.Flash = flash(v, []string{"ending", "kept"})
	c, err := p.current(v)
	if errors.Is(err, store.ErrNotFound) {
		return p.contract.Render(w, http.StatusOK, contractView{Base: base, None: true})
	}
	if err != nil {
		return err
	}
	_, steps, members, err := p.Contract(v.Request.Context(), v.TenantID, c.ID)
	if err != nil {
		return err
	}
	offered, err := p.Version(c.Offer)
	if err != nil {
		return err
	}
	lang, now := v.Texts.Lang(), p.Clock.Now()
	manage := v.Role.May(tenant.MayManage)
	view := contractView{Base: base, Prints: p.Press != nil, State: lamp(v.Texts, c.State), Number: c.Number, Signed: ja.Date(c.Signed, lang), Version: v.T("apply.version", "id", offered.ID), Said: said(v.Texts, offered, &c.Form), Terms: terms(lang, offered), Faults: faults,
		Earliest: ja.Date(contract.Earliest(&c, offered, now).Add(-time.Second), lang), CanEnd: manage && c.State.To(contract.Ended) && c.Ends.IsZero(), CanKeep: manage && c.State.To(contract.Ended) && !c.Ends.IsZero(),
		Why: ui.Field{ID: "why", Label: v.T("apply.end_why"), Type: "area", Max: 500, Optional: true, Value: v.Request.PostFormValue("why")}}
	if !c.Ends.IsZero() {
		view.Ends = ja.Date(c.Ends.Add(-time.Second), lang)
	}
	yen := offered.Prices.Other
	if contract.MemberIn(members, now.In(ja.Zone).Format("2006-01")) {
		yen = offered.Prices.Member
	}
	view.Price = v.T("apply.price_now", "yen", price(v.Texts, yen))
	for _, one := range faults {
		view.Why.Error = one.Error
	}
	if view.Steps, err = p.stepRows(v, steps, v.TenantID); err != nil {
		return err
	}
	return p.contract.Render(w, status(faults), view)
}

// end asks for the end of the contract.
func (p *Pages) end(w http.ResponseWriter, v *ui.Visit) error {
	c, err := p.current(v)
	if err != nil {
		return err
	}
	err = p.AskEnd(v.Request.Context(), v.TenantID, c.ID, v.PersonID, v.Request.PostFormValue("why"))
	if why := wrong(v.Texts, err); why != "" {
		return p.showContract(w, v, []ui.Field{{ID: "why", Error: why}})
	}
	if err != nil {
		return err
	}
	return ui.To(w, v.Request, p.Root+"/contract?said=ending")
}

// keep takes that back.
func (p *Pages) keep(w http.ResponseWriter, v *ui.Visit) error {
	c, err := p.current(v)
	if err != nil {
		return err
	}
	if err := p.KeepOn(v.Request.Context(), v.TenantID, c.ID, v.PersonID); err != nil && !errors.Is(err, contract.ErrState) {
		return err
	}
	return ui.To(w, v.Request, p.Root+"/contract?said=kept")
}
