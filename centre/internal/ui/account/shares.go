package account

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/internal/ja"
)

type sharesView struct {
	ui.Base
	Number string
	Faults []field
	Fields form
	Kinds  []kindChoice
	Wrong  string // beside the kinds
	Rows   []shareRow
}

type kindChoice struct {
	Value, Label string
	Chosen       bool
}

type shareRow struct{ ID, Company, Kinds, Until string }

func shareForm(v *ui.Visit, now time.Time) form {
	return form{
		{ID: "number", Label: v.T("login.share_number"), Type: "text", Auto: "off", Max: 40, Hint: v.T("login.share_number_hint")},
		{ID: "until", Label: v.T("login.share_until"), Type: "date", Auto: "off", Max: 10, Hint: v.T("login.share_until_hint"), Value: now.In(ja.Zone).AddDate(0, 6, 0).Format(time.DateOnly)},
	}
}

func (p *Pages) sharesPage(w http.ResponseWriter, v *ui.Visit) error {
	return p.showShares(w, v, shareForm(v, p.Clock.Now()), []string{tenant.ShareFigures}, "")
}

func (p *Pages) showShares(w http.ResponseWriter, v *ui.Visit, f form, chosen []string, wrong string) error {
	base, err := p.Begin(v, "login.shares_title", "/people")
	if err != nil {
		return err
	}
	all, err := p.Service.Shares(v.Request.Context(), v.TenantID)
	if err != nil {
		return err
	}
	base.Flash = said(v, "shared", "unshared")
	view := sharesView{Base: base, Number: v.TenantID, Fields: f, Faults: f.Faults(), Wrong: wrong}
	if wrong != "" {
		view.Faults = append(view.Faults, field{ID: "kind-" + tenant.ShareKinds[0], Error: wrong})
	}
	for _, k := range tenant.ShareKinds {
		view.Kinds = append(view.Kinds, kindChoice{Value: k, Label: v.T(kindKey + k), Chosen: slices.Contains(chosen, k)})
	}
	for _, s := range all {
		row := shareRow{ID: s.ID, Company: s.Other, Until: ja.Date(s.Expires.Add(-time.Second), v.Texts.Lang())}
		for _, k := range s.Kinds {
			row.Kinds = strings.TrimPrefix(row.Kinds+" / "+v.T(kindKey+k), " / ")
		}
		view.Rows = append(view.Rows, row)
	}
	return p.shares.Render(w, status(view.Faults), view)
}

func (p *Pages) share(w http.ResponseWriter, v *ui.Visit) error {
	now := p.Clock.Now()
	f := shareForm(v, now).Fill(v.Request.PostFormValue)
	kinds := v.Request.PostForm["kind"]
	day, err := time.ParseInLocation(time.DateOnly, f[1].Value, ja.Zone)
	until, wrong := day.AddDate(0, 0, 1), "" // to the end of that day
	if err != nil || !until.After(now) || until.After(now.Add(tenant.MaxShare)) {
		f.Fault("until", v.T("login.share_until_bad"))
	}
	if len(kinds) == 0 {
		wrong = v.T("login.share_none")
	}
	if len(f.Faults()) > 0 || wrong != "" {
		return p.showShares(w, v, f, kinds, wrong)
	}
	_, err = p.NewShare(v.Request.Context(), v.PersonID, v.TenantID, strings.TrimSpace(f[0].Value), kinds, until)
	switch {
	case errors.Is(err, tenant.ErrNoCompany):
		f.Fault("number", v.T("login.share_number_bad"))
		return p.showShares(w, v, f, kinds, "")
	case errors.Is(err, tenant.ErrInvalid):
		return errors.Join(ui.ErrBadInput, err)
	case err != nil:
		return err
	}
	return p.back(w, v, "/shares?said=shared")
}

func (p *Pages) endShare(w http.ResponseWriter, v *ui.Visit) error {
	if err := p.EndShare(v.Request.Context(), v.PersonID, v.TenantID, v.Request.PostFormValue("share")); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return p.back(w, v, "/shares?said=unshared")
}
