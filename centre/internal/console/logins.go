package console

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
)

// customer is the company of a form about its logins. The house's own people have a page of
// their own.
func (c *console) customer(v *ui.Visit) (company tenant.Company, err error) {
	id := v.Request.PathValue("tenant")
	if id == tenant.House {
		return company, store.ErrNotFound
	}
	return c.Companies.CompanyByID(v.Request.Context(), id)
}

// done goes back to the company's page, with the reason for which it was open.
func (c *console) done(w http.ResponseWriter, v *ui.Visit, id, word string) error {
	return c.back(w, v, "/companies/"+id+"?said="+word+"&why="+url.QueryEscape(v.Request.PostFormValue("why")))
}

// inviteOwner asks an owner into a company by mail.
func (c *console) inviteOwner(w http.ResponseWriter, v *ui.Visit) error {
	company, err := c.customer(v)
	if err != nil {
		return err
	}
	t := entered{Name: strings.TrimSpace(v.Request.PostFormValue("name")), Email: strings.TrimSpace(v.Request.PostFormValue("email"))}
	_, err = c.Logins.Invite(v.Request.Context(), v.PersonID, tenant.Person{TenantID: company.ID, Name: t.Name, Email: t.Email, Role: tenant.RoleOwner, Mails: true})
	wrong := ""
	switch {
	case err == nil:
		return c.done(w, v, company.ID, "invited")
	case errors.Is(err, tenant.ErrEmailTaken):
		wrong = v.T("login.email_here")
	case errors.Is(err, tenant.ErrInvited):
		wrong = v.T("login.email_invited")
	case errors.Is(err, tenant.ErrTooManyInvites):
		wrong = v.T("login.email_many")
	case t.Name == "":
		wrong = v.T("login.name_missing")
	case errors.Is(err, tenant.ErrInvalid):
		wrong = v.T("login.email_bad")
	default:
		return err
	}
	return c.showCompany(w, v, &company, &companyView{WrongOwner: wrong, Typed: t, Why: v.Request.PostFormValue("why")})
}

// recover lets somebody in again who cannot log in, after a talk on the telephone.
func (c *console) recover(w http.ResponseWriter, v *ui.Visit) error {
	company, err := c.customer(v)
	if err != nil {
		return err
	}
	t := entered{Person: v.Request.PostFormValue("person"), Reason: strings.TrimSpace(v.Request.PostFormValue("reason"))}
	_, err = c.Logins.StartRecovery(v.Request.Context(), v.Session, company.ID, t.Person, v.Request.PostFormValue("factor") != "", t.Reason)
	switch {
	case errors.Is(err, tenant.ErrInvalid):
		return c.showCompany(w, v, &company, &companyView{Wrong: v.T("console.why_needs"), Typed: t, Why: v.Request.PostFormValue("why")})
	case err != nil:
		return err
	}
	return c.done(w, v, company.ID, "recovering")
}
