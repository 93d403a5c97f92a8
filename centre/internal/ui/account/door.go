package account

import (
	"errors"
	"net/http"

	"otasuke/centre/internal/password"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/content/text"
	"otasuke/internal/ja"
)

// doorView is a page behind the link of a mail: it asks, or says what became of it.
type doorView struct {
	ui.Base
	Lead   string
	Facts  [][2]string
	Faults []field
	Fields form
	Button string // "" when there is nothing to do
	Alarm  bool
	Action string
	Login  bool // the way to the login page
}

func (p *Pages) doorOf(r *http.Request, t text.Texts, title string) doorView {
	base := p.Gate.Base(r, t, "")
	base.Title = t.T(title)
	return doorView{Base: base, Action: r.URL.Path}
}

// say is a page that only says something.
func (p *Pages) say(w http.ResponseWriter, r *http.Request, t text.Texts, status int, title, lead string, pairs ...any) error {
	d := p.doorOf(r, t, title)
	d.Lead, d.Login = t.T(lead, pairs...), status == http.StatusOK
	return p.door.Render(w, status, d)
}

// gone answers for links that cannot be used.
func (p *Pages) gone(w http.ResponseWriter, r *http.Request, t text.Texts, err error) error {
	switch {
	case errors.Is(err, tenant.ErrLinkUsed):
		return p.say(w, r, t, http.StatusOK, "login.used_title", "login.used")
	case errors.Is(err, store.ErrNotFound), errors.Is(err, tenant.ErrLinkExpired):
		return p.say(w, r, t, http.StatusNotFound, "portal.confirm_expired_title", "login.gone")
	}
	return err
}

// joinPage is for who was invited.
func (p *Pages) joinPage(w http.ResponseWriter, r *http.Request, t text.Texts) error {
	i, err := p.InviteByToken(r.Context(), r.PathValue("token"))
	if err != nil {
		return p.gone(w, r, t, err)
	}
	if (i.TenantID == tenant.House) != p.Staff {
		return p.gone(w, r, t, store.ErrNotFound)
	}
	company, err := p.CompanyByID(r.Context(), i.TenantID)
	if err != nil {
		return err
	}
	d := p.doorOf(r, t, "login.join_title")
	d.Lead, d.Button = t.T("login.join_lead", "company", company.Name), t.T("login.join_button")
	d.Facts = [][2]string{{t.T("login.person_email"), i.Email}, {t.T("login.role"), ui.RoleWord(t, i.Role) + " — " + ui.MayWord(t, i.Role)}}
	d.Fields = form{{ID: "name", Label: t.T("login.person_name"), Type: "text", Auto: "name", Max: 200, Value: i.Name}}
	by := p.Gate.OIDC()
	if by == nil || !p.Passwordless(i.Role) {
		d.Fields, by = append(d.Fields, newPassword(t)), nil
	} else {
		d.Lead = t.T("login.join_lead_oidc", "company", company.Name, "name", by.Name())
	}
	if r.Method != http.MethodPost {
		return p.door.Render(w, http.StatusOK, d)
	}
	d.Fields.Fill(r.PostFormValue)
	fresh := r.PostFormValue("password")
	if why := password.Fault(fresh, i.Email, i.Name, d.Fields[0].Value, company.Name, company.NameKana); why != "" && by == nil {
		d.Fields.Fault("password", t.T(faultKey+why))
	}
	if d.Fields[0].Value == "" {
		d.Fields.Fault("name", t.T("login.name_missing"))
	}
	if d.Faults = d.Fields.Faults(); len(d.Faults) > 0 {
		return p.door.Render(w, http.StatusUnprocessableEntity, d)
	}
	_, err = p.Join(r.Context(), r.PathValue("token"), d.Fields[0].Value, fresh)
	switch {
	case errors.Is(err, tenant.ErrEmailTaken):
		return p.say(w, r, t, http.StatusConflict, "login.taken_title", "login.taken")
	case errors.Is(err, tenant.ErrInvalid):
		d.Fields.Fault("name", t.T("login.name_bad"))
		d.Faults = d.Fields.Faults()
		return p.door.Render(w, http.StatusUnprocessableEntity, d)
	case err != nil:
		return p.gone(w, r, t, err)
	}
	if by != nil {
		return p.say(w, r, t, http.StatusOK, "login.joined_title", "login.joined_oidc", "name", by.Name())
	}
	return p.say(w, r, t, http.StatusOK, "login.joined_title", "login.joined")
}

func newPassword(t text.Texts) field {
	return field{ID: "password", Label: t.T("login.password_new"), Type: "password", Auto: "new-password", Max: 256, Hint: t.T("login.password_hint")}
}

// recoverPage is for who could not log in.
func (p *Pages) recoverPage(w http.ResponseWriter, r *http.Request, t text.Texts) error {
	x, err := p.RecoveryByToken(r.Context(), r.PathValue("token"), tenant.TellRecovery)
	if errors.Is(err, tenant.ErrEarly) {
		return p.say(w, r, t, http.StatusOK, "login.early_title", "login.early", "time", ja.Long(x.Valid, t.Lang()))
	}
	if err != nil {
		return p.gone(w, r, t, err)
	}
	d := p.doorOf(r, t, "login.recover_title")
	d.Lead, d.Button, d.Fields = t.T("login.recover_lead"), t.T("login.recover_button"), form{newPassword(t)}
	if x.Factor {
		d.Lead = t.T("login.recover_lead_factor")
	}
	if r.Method != http.MethodPost {
		return p.door.Render(w, http.StatusOK, d)
	}
	fresh := r.PostFormValue("password")
	words, err := p.wordsOf(r.Context(), x.TenantID)
	if err != nil {
		return err
	}
	if why := password.Fault(fresh, words...); why != "" {
		d.Fields.Fault("password", t.T(faultKey+why))
		d.Faults = d.Fields.Faults()
		return p.door.Render(w, http.StatusUnprocessableEntity, d)
	}
	if _, err := p.Recover(r.Context(), r.PathValue("token"), fresh); err != nil {
		return p.gone(w, r, t, err)
	}
	return p.say(w, r, t, http.StatusOK, "login.recovered_title", "login.recovered")
}

// stopPage stops a recovery that nobody asked for.
func (p *Pages) stopPage(w http.ResponseWriter, r *http.Request, t text.Texts) error {
	if _, err := p.RecoveryByToken(r.Context(), r.PathValue("token"), tenant.LinkCancel); err != nil {
		return p.gone(w, r, t, err)
	}
	if r.Method == http.MethodPost {
		if _, err := p.CancelRecovery(r.Context(), r.PathValue("token")); err != nil {
			return p.gone(w, r, t, err)
		}
		return p.say(w, r, t, http.StatusOK, "login.stopped_title", "login.stopped")
	}
	d := p.doorOf(r, t, "login.stop_title")
	d.Lead, d.Button, d.Alarm = t.T("login.stop_lead"), t.T("login.stop_button"), true
	return p.door.Render(w, http.StatusOK, d)
}
