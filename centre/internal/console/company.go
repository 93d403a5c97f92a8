package console

import (
	"errors"
	"net/http"
	"net/url"

	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/centre/internal/ui/flows"
	"otasuke/internal/ja"
)

// Bounds of a reason for looking, in characters: long enough to mean something.
const minWhy, maxWhy = 4, 200

type companiesView struct {
	ui.Base
	Rows []companyRow
}

type companyRow struct{ Name, Kana, URL string }

func (c *console) companiesPage(w http.ResponseWriter, v *ui.Visit) error {
	all, err := c.Companies.Companies(v.Request.Context(), v.Session, "console: list of companies")
	if err != nil {
		return err
	}
	view := companiesView{Base: c.begin(v, "console.companies_title", "/companies")}
	for _, one := range all {
		view.Rows = append(view.Rows, companyRow{Name: one.Name, Kana: one.NameKana, URL: c.root + "/companies/" + one.ID})
	}
	return c.Show(w, c.companies, view)
}

// whyView asks for the reason before a company is shown.
type whyView struct {
	ui.Base
	Company, Action, Wrong string
}

type companyView struct {
	ui.Base
	SidePanel panel
	CanClaim  bool
	ClaimURL  string
	Traffic   string // address of the search of its traffic log
	Policy    string // of what it wants of its boxes; "" for none
	Selftest  string // where its boxes are tested; "" for nowhere
	// CanHelp and CanInvite offer the forms about logins.
	CanHelp, CanInvite bool
	URL, Why           string
	People             []flows.Option
	Wrong, WrongOwner  string // what is wrong with these forms
	Typed              entered
	Erase              *eraseForm // nil for who may not
	Care               *careForm  // nil for who may not
}

// entered comes back when a form is wrong.
type entered struct{ Name, Email, Reason, Person, Company string }

// companyPage shows a company once a reason is given; the reason goes into the
// company's own record.
func (c *console) companyPage(w http.ResponseWriter, v *ui.Visit) error {
	ctx, id := v.Request.Context(), v.Request.PathValue("tenant")
	company, err := c.Companies.CompanyByID(ctx, id)
	if err != nil {
		return err
	}
	if id == tenant.House {
		return store.ErrNotFound
	}
	why, ok := reason(v)
	if !ok {
		return c.askWhy(w, v, company.Name, "/companies/"+id)
	}
	if err := c.look(v, id, "view.company", id, why); err != nil {
		return err
	}
	view := companyView{Why: why}
	return c.showCompany(w, v, &company, &view)
}

func (c *console) showCompany(w http.ResponseWriter, v *ui.Visit, company *tenant.Company, view *companyView) error {
	side, people, err := c.panel(v, company.ID, "", maxCases)
	if err != nil {
		return err
	}
	side.CompanyURL = "" // this is the page
	view.Base, view.SidePanel, view.URL = c.begin(v, "console.companies_title", "/companies"), side, c.root+"/companies/"+company.ID
	view.CanClaim, view.ClaimURL = v.Role.May(tenant.MayOperate), view.URL+"/claim"
	view.CanInvite, view.CanHelp = c.Logins != nil && v.Role.May(tenant.MayOperate), c.Logins != nil && v.Role.May(tenant.MayHelp)
	if c.Policies {
		view.Policy = view.URL + "/policy"
	}
	if c.Selftests {
		view.Selftest = view.URL + "/selftest"
	}
	view.Traffic = view.URL + "/traffic?why=" + url.QueryEscape(view.Why)
	for _, p := range people {
		view.People = append(view.People, flows.Option{Value: p.ID, Label: p.Name + " " + p.Email})
	}
	view.Flash = flash(v, map[string]ui.Flash{"invited": {Text: "login.said_invited"}, "recovering": {Text: "login.said_recovering"},
		"cared": {Text: "console.care_said"}, "nocare": {Text: "console.care_cannot", Bad: true}, "erasing": {Text: "erase.said_asked"}, "kept": {Text: "erase.said_cancelled"}, "late": {Text: "erase.said_late"}})
	if err := errors.Join(c.erasing(v, view, company.ID), c.caring(v, view, company.ID)); err != nil {
		return err
	}
	view.Title = company.Name
	status := http.StatusOK
	if view.Wrong != "" || view.WrongOwner != "" || view.Erase != nil && view.Erase.Wrong != "" {
		status, view.Path = http.StatusUnprocessableEntity, view.URL
	}
	return c.company.Render(w, status, view)
}

// askWhy asks for the reason before a page about a company is shown.
func (c *console) askWhy(w http.ResponseWriter, v *ui.Visit, company, path string) error {
	view := whyView{Base: c.begin(v, "console.why_title", "/companies"), Company: company, Action: c.root + path}
	if v.Request.URL.Query().Has("why") {
		view.Wrong = v.T("console.why_needs")
	}
	return c.Show(w, c.why, view)
}

// claimView shows a claim code, once.
type claimView struct {
	ui.Base
	Company, Code, Until string
}

// newClaim makes a claim code and shows it at once: it is kept nowhere, so a page
// to come back to cannot exist.
func (c *console) newClaim(w http.ResponseWriter, v *ui.Visit) error {
	ctx, id := v.Request.Context(), v.Request.PathValue("tenant")
	company, err := c.Companies.CompanyByID(ctx, id)
	if err != nil {
		return err
	}
	code, until, err := c.Devices.NewClaim(ctx, id, "", v.PersonID)
	if err != nil {
		return err
	}
	view := claimView{Base: c.begin(v, "console.claim_title", "/companies"), Company: company.Name, Code: code,
		Until: v.T("console.claim_until", "time", ja.Long(until, v.Texts.Lang()))}
	view.Path = c.root + "/companies/" + id // the language switch cannot repeat a POST
	return c.Show(w, c.claim, view)
}
