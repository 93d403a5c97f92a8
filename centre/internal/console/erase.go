package console

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"otasuke/centre/internal/erase"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/internal/ja"
)

// Erasures deletes companies; erase.Service is one.
type Erasures interface {
	Open(ctx context.Context, tenantID string) (erase.Erasure, error)
	Ask(ctx context.Context, who, tenantID, name, why string) (erase.Erasure, error)
	Cancel(ctx context.Context, who, tenantID string) error
}

// eraseForm is the part of a company's page with which it is deleted, or that undone.
type eraseForm struct {
	Lead, Open string // Open: it is asked for already
	Cancel     bool
	Wrong      string
}

// erasing fills that part in; operators have it.
func (c *console) erasing(v *ui.Visit, view *companyView, id string) error {
	if c.Erasures == nil || !v.Role.May(tenant.MayOperate) {
		view.Erase = nil
		return nil
	}
	if view.Erase == nil {
		view.Erase = &eraseForm{}
	}
	view.Erase.Lead = v.T("erase.lead", "days", int(erase.Wait.Hours()/24))
	e, err := c.Erasures.Open(v.Request.Context(), id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil
	case e.State == erase.Running:
		view.Erase.Open = v.T("erase.running")
	default:
		view.Erase.Open, view.Erase.Cancel = v.T("erase.open", "time", ja.Long(e.Due, v.Texts.Lang())), true
	}
	return err
}

// erase asks for a company's deletion: the name is typed, so that nobody means another one.
func (c *console) erase(w http.ResponseWriter, v *ui.Visit) error {
	company, err := c.customer(v)
	if err != nil {
		return err
	}
	t := entered{Company: strings.TrimSpace(v.Request.PostFormValue("company")), Reason: strings.TrimSpace(v.Request.PostFormValue("reason"))}
	wrong := ""
	if len([]rune(t.Reason)) < minWhy || len([]rune(t.Reason)) > maxWhy {
		wrong = v.T("console.why_needs")
	} else if _, err = c.Erasures.Ask(v.Request.Context(), v.PersonID, company.ID, t.Company, t.Reason); errors.Is(err, erase.ErrName) {
		wrong = v.T("erase.name_wrong", "name", company.Name)
	}
	switch {
	case wrong != "":
		return c.showCompany(w, v, &company, &companyView{Erase: &eraseForm{Wrong: wrong}, Typed: t, Why: v.Request.PostFormValue("why")})
	case err != nil && !errors.Is(err, erase.ErrOpen): // somebody was sooner
		return err
	}
	return c.done(w, v, company.ID, "erasing")
}

// keep undoes that.
func (c *console) keep(w http.ResponseWriter, v *ui.Visit) error {
	company, err := c.customer(v)
	if err != nil {
		return err
	}
	word := "kept"
	err = c.Erasures.Cancel(v.Request.Context(), v.PersonID, company.ID)
	if errors.Is(err, erase.ErrLate) || errors.Is(err, store.ErrNotFound) {
		word, err = "late", nil
	}
	if err != nil {
		return err
	}
	return c.done(w, v, company.ID, word)
}
