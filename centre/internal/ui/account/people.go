package account

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/internal/ja"
)

type peopleView struct {
	ui.Base
	Lead    string
	Faults  []field
	Fields  form
	Roles   []roleChoice
	Mails   bool
	Manage  bool
	People  []personRow
	Invites []inviteRow
	Shares  bool   // there is a page of whom else the company lets look
	Number  string // of the company
}

type personRow struct {
	Name, Email, Role, Mails, URL string
	Me                            bool
}

type inviteRow struct{ ID, Name, Email, Role, Until string }

type roleChoice struct {
	Value, Label, May string
	Chosen            bool
}

func roles(v *ui.Visit, chosen tenant.Role) (all []roleChoice) {
	for _, r := range tenant.RolesOf(v.TenantID) {
		all = append(all, roleChoice{Value: string(r), Label: ui.RoleWord(v.Texts, r), May: ui.MayWord(v.Texts, r), Chosen: r == chosen})
	}
	return all
}

func inviteForm(v *ui.Visit) form {
	return form{
		{ID: "name", Label: v.T("login.person_name"), Type: "text", Auto: "off", Max: 200},
		{ID: "email", Label: v.T("login.person_email"), Type: "email", Auto: "off", Max: 254},
	}
}

func (p *Pages) peoplePage(w http.ResponseWriter, v *ui.Visit) error {
	return p.showPeople(w, v, inviteForm(v), usual(v.TenantID), true)
}

// usual is the role that most people are invited to.
func usual(tenantID string) tenant.Role {
	if tenantID == tenant.House {
		return tenant.RoleDesk
	}
	return tenant.RoleMember
}

func (p *Pages) showPeople(w http.ResponseWriter, v *ui.Visit, f form, chosen tenant.Role, mails bool) error {
	ctx := v.Request.Context()
	base, err := p.Begin(v, "login.people_title", "/people")
	if err != nil {
		return err
	}
	people, err := p.People(ctx, v.TenantID)
	if err != nil {
		return err
	}
	base.Flash = said(v, "invited", "changed", "removed", "withdrawn", "recovering", "unbound", "out")
	view := peopleView{Base: base, Fields: f, Faults: f.Faults(), Mails: mails, Roles: roles(v, chosen), Manage: v.Role.May(tenant.MayManage), Shares: !p.Staff && v.Role.May(tenant.MayManage)}
	view.Lead = v.T("login.people_read")
	if view.Manage {
		view.Lead = v.T("login.people_lead")
		invites, err := p.Invites(ctx, v.TenantID)
		if err != nil {
			return err
		}
		for i := range invites {
			one := &invites[i]
			view.Invites = append(view.Invites, inviteRow{ID: one.ID, Name: one.Name, Email: one.Email, Role: ui.RoleWord(v.Texts, one.Role),
				Until: v.T("login.invite_until", "day", ja.Long(one.Expires, v.Texts.Lang()))})
		}
	}
	if !p.Staff {
		view.Number = v.TenantID
	}
	for _, one := range people {
		row := personRow{Name: one.Name, Email: one.Email, Role: ui.RoleWord(v.Texts, one.Role), Mails: v.T("login.mails_off"), Me: one.ID == v.PersonID, URL: p.Root + "/people/" + one.ID}
		if one.Mails {
			row.Mails = v.T("login.mails_on")
		}
		view.People = append(view.People, row)
	}
	return p.people.Render(w, status(view.Faults), view)
}

func (p *Pages) invite(w http.ResponseWriter, v *ui.Visit) error {
	f := inviteForm(v).Fill(v.Request.PostFormValue)
	role, mails := tenant.Role(v.Request.PostFormValue("role")), v.Request.PostFormValue("mails") != ""
	if !slices.Contains(tenant.RolesOf(v.TenantID), role) {
		return ui.ErrBadInput
	}
	name, email := strings.TrimSpace(f[0].Value), strings.TrimSpace(f[1].Value)
	_, err := p.Invite(v.Request.Context(), v.PersonID, tenant.Person{TenantID: v.TenantID, Name: name, Email: email, Role: role, Mails: mails})
	switch {
	case err == nil:
		return p.back(w, v, "/people?said=invited")
	case errors.Is(err, tenant.ErrEmailTaken):
		f.Fault("email", v.T("login.email_here"))
	case errors.Is(err, tenant.ErrInvited):
		f.Fault("email", v.T("login.email_invited"))
	case errors.Is(err, tenant.ErrTooManyInvites):
		f.Fault("email", v.T("login.email_many"))
	case !errors.Is(err, tenant.ErrInvalid):
		return err
	case name == "":
		f.Fault("name", v.T("login.name_missing"))
	case strings.Contains(err.Error(), "e-mail"):
		f.Fault("email", v.T("login.email_bad"))
	default:
		f.Fault("name", v.T("login.name_bad"))
	}
	return p.showPeople(w, v, f, role, mails)
}

func (p *Pages) withdraw(w http.ResponseWriter, v *ui.Visit) error {
	if err := p.Withdraw(v.Request.Context(), v.PersonID, v.TenantID, v.Request.PostFormValue("invite")); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return p.back(w, v, "/people?said=withdrawn")
}

type personView struct {
	ui.Base
	Name, Email, URL string
	Faults           []field
	Roles            []roleChoice
	Mails, Me        bool
	By, ByName       string // about the organisation's account; "" without a provider
	Bound            bool
	Recover          bool
	Why              form
}

// find is a person of the visitor's company.
func (p *Pages) find(v *ui.Visit) (one tenant.Person, err error) {
	people, err := p.People(v.Request.Context(), v.TenantID)
	for _, one := range people {
		if one.ID == v.Request.PathValue("person") {
			return one, err
		}
	}
	return one, errors.Join(err, store.ErrNotFound)
}

func (p *Pages) personPage(w http.ResponseWriter, v *ui.Visit) error {
	return p.showPerson(w, v, whyForm(v), "")
}

func whyForm(v *ui.Visit) form {
	return form{{ID: "why", Label: v.T("login.recover_why"), Type: "text", Auto: "off", Max: 200, Hint: v.T("login.recover_why_hint")}}
}

func (p *Pages) showPerson(w http.ResponseWriter, v *ui.Visit, why form, wrong string) error {
	one, err := p.find(v)
	if err != nil {
		return err
	}
	base, err := p.Begin(v, "login.people_title", "/people")
	if err != nil {
		return err
	}
	base.Title = one.Name
	view := personView{Base: base, Name: one.Name, Email: one.Email, URL: p.Root + "/people/" + one.ID, Roles: roles(v, one.Role), Mails: one.Mails,
		Me: one.ID == v.PersonID, Recover: p.Staff && one.ID != v.PersonID, Why: why, Faults: why.Faults()}
	by, err := p.byProvider(v, &one)
	if err != nil {
		return err
	}
	view.By, view.ByName, view.Bound, view.Recover = by.line, by.name, by.bound, view.Recover && !by.only
	if wrong != "" {
		view.Faults = append(view.Faults, field{ID: "main", Error: wrong})
	}
	return p.person.Render(w, status(view.Faults), view)
}

func (p *Pages) change(w http.ResponseWriter, v *ui.Visit) error {
	one, err := p.find(v)
	if err != nil {
		return err
	}
	role := tenant.Role(v.Request.PostFormValue("role"))
	err = p.ChangePerson(v.Request.Context(), v.PersonID, v.TenantID, one.ID, role, v.Request.PostFormValue("mails") != "")
	switch {
	case errors.Is(err, tenant.ErrLast):
		return p.showPerson(w, v, whyForm(v), v.T("login.person_last"))
	case errors.Is(err, tenant.ErrInvalid):
		return errors.Join(ui.ErrBadInput, err)
	case err != nil:
		return err
	}
	return p.back(w, v, "/people?said=changed")
}

func (p *Pages) remove(w http.ResponseWriter, v *ui.Visit) error {
	one, err := p.find(v)
	if err != nil {
		return err
	}
	err = p.RemovePerson(v.Request.Context(), v.PersonID, v.TenantID, one.ID)
	switch {
	case errors.Is(err, tenant.ErrLast):
		return p.showPerson(w, v, whyForm(v), v.T("login.person_last"))
	case err != nil:
		return err
	case one.ID == v.PersonID:
		return p.back(w, v, "/login?said=out")
	}
	return p.back(w, v, "/people?said=removed")
}

// endAll ends all sessions of somebody else.
func (p *Pages) endAll(w http.ResponseWriter, v *ui.Visit) error {
	one, err := p.find(v)
	if err != nil {
		return err
	}
	if one.ID == v.PersonID {
		return p.back(w, v, "/account")
	}
	if err := p.EndSessions(v.Request.Context(), v.PersonID, v.TenantID, one.ID); err != nil {
		return err
	}
	return p.back(w, v, "/people?said=out")
}

// recover begins the recovery of a colleague's login.
func (p *Pages) recover(w http.ResponseWriter, v *ui.Visit) error {
	one, err := p.find(v)
	if err != nil {
		return err
	}
	f := whyForm(v).Fill(v.Request.PostFormValue)
	_, err = p.StartRecovery(v.Request.Context(), v.Session, v.TenantID, one.ID, v.Request.PostFormValue("factor") != "", strings.TrimSpace(f[0].Value))
	switch {
	case errors.Is(err, tenant.ErrInvalid):
		f.Fault("why", v.T("console.why_needs"))
		return p.showPerson(w, v, f, "")
	case err != nil:
		return err
	}
	return p.back(w, v, "/people?said=recovering")
}
