package account

import (
	"errors"
	"net/http"

	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/content/text"
	"otasuke/internal/ja"
)

// bond is how somebody stands with the organisation's identity provider.
type bond struct {
	line, name string // "" where there is none for them
	bound      bool
	only       bool // nothing else lets them in
}

func (p *Pages) byProvider(v *ui.Visit, one *tenant.Person) (b bond, err error) {
	by := p.Gate.OIDC()
	if by == nil || !one.Role.Inside() {
		return b, nil
	}
	b = bond{line: v.T("login.oidc_unbound", "name", by.Name()), name: by.Name(), only: by.Only()}
	l, err := by.Bound(v.Request.Context(), one.ID)
	if errors.Is(err, store.ErrNotFound) {
		return b, nil
	}
	b.bound, b.line = true, v.T("login.oidc_bound", "name", by.Name(), "day", ja.Date(l.Created, v.Texts.Lang()))
	return b, err
}

// release lets a colleague's account go from the one at the provider.
func (p *Pages) release(w http.ResponseWriter, v *ui.Visit) error {
	one, err := p.find(v)
	if err != nil {
		return err
	}
	by := p.Gate.OIDC()
	if by == nil {
		return store.ErrNotFound
	}
	if err := by.Unbind(v.Request.Context(), v.PersonID, one.ID); err != nil {
		return err
	}
	if one.ID == v.PersonID { // whose own session is over
		return p.back(w, v, "/login?said=out")
	}
	return p.back(w, v, "/people?said=unbound")
}

// letInPage is behind the link that 'otasuke centre let-in' makes.
func (p *Pages) letInPage(w http.ResponseWriter, r *http.Request, t text.Texts) error {
	one, err := p.Glass.Who(r.Context(), r.PathValue("token"))
	if err != nil {
		return p.gone(w, r, t, err)
	}
	if r.Method != http.MethodPost {
		d := p.doorOf(r, t, "login.let_in_title")
		d.Lead, d.Button, d.Alarm = t.T("login.let_in_lead", "person", one.Name), t.T("login.let_in_button"), true
		return p.door.Render(w, http.StatusOK, d)
	}
	s, token, err := p.Glass.Break(r.Context(), r.PathValue("token"), ui.From(r))
	if err != nil {
		return p.gone(w, r, t, err)
	}
	p.Gate.Enter(w, r, s, token)
	return nil
}
