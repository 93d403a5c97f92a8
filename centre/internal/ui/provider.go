package ui

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"otasuke/centre/internal/oidc"
	"otasuke/centre/internal/tenant"
)

// Cookies of a login by the identity provider: the secret that it is sealed to, and where it leads. They must come along when
// the provider sends the browser back, so they are "lax".
const (
	attemptCookie = "oidc"
	nextCookie    = "oidc-next"
)

// providerPart is the login page's button.
type providerPart struct {
	Name string // "" without a provider
	URL  string
	Only bool
	End  bool // somebody who came in by it has logged out, and may do so there
}

// OIDC is the organisation's identity provider, nil where there is none.
func (g *Gate) OIDC() *oidc.Service { return g.cfg.Provider }

func (g *Gate) providerPart(next string) (part providerPart) {
	if p := g.cfg.Provider; p != nil {
		part = providerPart{Name: p.Name(), URL: g.cfg.Root + "/login/oidc", Only: p.Only()}
		if next != "" {
			part.URL += "?next=" + url.QueryEscape(next)
		}
	}
	return part
}

func (g *Gate) keepLax(w http.ResponseWriter, what, value string, life time.Duration) {
	http.SetCookie(w, &http.Cookie{Name: g.named(what), Value: value, Path: "/", MaxAge: int(life / time.Second), Secure: g.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

func (g *Gate) kept(r *http.Request, what string) string {
	c, err := r.Cookie(g.named(what))
	if err != nil {
		return ""
	}
	return c.Value
}

// ProviderPage sends a browser to the provider. It changes nothing here, but another site's page must not log anybody in: whom
// such a page sends comes to the login page.
func (g *Gate) ProviderPage(w http.ResponseWriter, r *http.Request) {
	if g.cfg.Provider == nil {
		g.NotFound(w, r)
		return
	}
	next := LocalPath(r.FormValue("next"), "")
	if !g.ownStep(r) {
		http.Redirect(w, r, g.cfg.Root+"/login", http.StatusSeeOther)
		return
	}
	browser, err := g.attemptOf(r)
	if err != nil {
		g.Fail(w, r, err)
		return
	}
	to, err := g.cfg.Provider.Begin(r.Context(), browser)
	if err != nil {
		g.providerFault(w, r, err)
		return
	}
	g.keepLax(w, attemptCookie, browser, oidc.AttemptLife)
	g.keepLax(w, nextCookie, url.QueryEscape(next), oidc.AttemptLife)
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// ProviderBack takes what the provider had a browser bring back.
func (g *Gate) ProviderBack(w http.ResponseWriter, r *http.Request) {
	if g.cfg.Provider == nil {
		g.NotFound(w, r)
		return
	}
	w.Header().Set("Referrer-Policy", "no-referrer") // the address has a code in it
	w.Header().Set("Cache-Control", "no-store")
	s, token, err := g.cfg.Provider.Finish(r.Context(), g.kept(r, attemptCookie), r.URL.Query(), from(r))
	if err != nil {
		g.providerFault(w, r, err)
		return
	}
	next, err := url.QueryUnescape(g.kept(r, nextCookie))
	if err != nil {
		next = ""
	}
	next = LocalPath(next, "")
	g.keepLax(w, attemptCookie, "", -time.Second)
	g.keepLax(w, nextCookie, "", -time.Second)
	g.setCookie(w, token, s.Expires)
	if s.Pending {
		http.Redirect(w, r, g.cfg.Root+"/login/code?next="+url.QueryEscape(next), http.StatusSeeOther)
		return
	}
	http.Redirect(w, r, LocalPath(next, g.cfg.Root+"/"), http.StatusSeeOther)
}

// outByProvider is the word of the login page for who has logged out here and may do so at the provider.
const outByProvider = "out_oidc"

// endsToo says whether somebody who logs out came in by a provider that can be asked to log them out as well.
func (g *Gate) endsToo(v *Visit) bool {
	if g.cfg.Provider == nil || !v.Role.Inside() {
		return false
	}
	_, err := g.cfg.Provider.Bound(v.Request.Context(), v.PersonID)
	return err == nil && g.cfg.Provider.Ends(v.Request.Context())
}

// ProviderEnd sends a browser to the provider to log out there too. It changes nothing here, and it is a link and no form: by
// our policy of contents forms lead nowhere else, not even after a redirect. Another site's page must not use it, so whom
// such a page sends comes to the login page.
func (g *Gate) ProviderEnd(w http.ResponseWriter, r *http.Request) {
	if g.cfg.Provider == nil {
		g.NotFound(w, r)
		return
	}
	if !g.ownStep(r) {
		http.Redirect(w, r, g.cfg.Root+"/login", http.StatusSeeOther)
		return
	}
	browser, err := g.attemptOf(r)
	if err != nil {
		g.Fail(w, r, err)
		return
	}
	to, err := g.cfg.Provider.End(r.Context(), browser)
	if err != nil {
		g.providerFault(w, r, err)
		return
	}
	g.keepLax(w, attemptCookie, browser, oidc.AttemptLife)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// ProviderEnded is where the provider sends a browser that has logged out there. Only who was sent there from here reads that
// it is done; everybody else comes to the login page.
func (g *Gate) ProviderEnded(w http.ResponseWriter, r *http.Request) {
	if g.cfg.Provider == nil {
		g.NotFound(w, r)
		return
	}
	if g.cfg.Provider.HasEnded(g.kept(r, attemptCookie), r.FormValue("state")) != nil {
		http.Redirect(w, r, g.cfg.Root+"/login", http.StatusSeeOther)
		return
	}
	g.keepLax(w, attemptCookie, "", -time.Second)
	p := g.loginView(r)
	p.Path = g.cfg.Root + "/login"
	p.Flash = &Flash{Text: p.T("login.oidc_ended", "name", g.cfg.Provider.Name())}
	g.show(w, r, g.login, http.StatusOK, p)
}

// ownStep says whether a request comes from a page of ours, or from nowhere.
func (g *Gate) ownStep(r *http.Request) bool {
	from := r.Header.Get("Sec-Fetch-Site")
	return from == "" || from == "same-origin" || from == "none"
}

// attemptOf is the secret of a browser that logins and endings are sealed to.
func (g *Gate) attemptOf(r *http.Request) (string, error) {
	if browser := g.kept(r, attemptCookie); oidc.IsBrowser(browser) {
		return browser, nil
	}
	return g.cfg.Provider.NewBrowser()
}

// providerFault says on the login page what went wrong and what to do.
func (g *Gate) providerFault(w http.ResponseWriter, r *http.Request, err error) {
	for _, one := range []struct {
		err    error
		key    string
		status int
	}{
		{tenant.ErrTooMany, "portal.login_later", http.StatusTooManyRequests},
		{oidc.ErrWeak, "login.oidc_weak", http.StatusForbidden},
		{tenant.ErrLogin, "login.oidc_stranger", http.StatusForbidden},
		{oidc.ErrStale, "login.oidc_again", http.StatusUnprocessableEntity},
		{oidc.ErrDeclined, "login.oidc_declined", http.StatusUnprocessableEntity},
		{oidc.ErrAway, "login.oidc_away", http.StatusServiceUnavailable},
		{oidc.ErrClock, "login.oidc_clock", http.StatusServiceUnavailable},
		{oidc.ErrSetup, "login.oidc_setup", http.StatusServiceUnavailable},
	} {
		if !errors.Is(err, one.err) {
			continue
		}
		p := g.loginView(r)
		p.Path = g.cfg.Root + "/login" // the language switch cannot repeat it
		p.Wrong = p.T(one.key, "name", g.cfg.Provider.Name())
		g.show(w, r, g.login, one.status, p)
		return
	}
	g.Fail(w, r, err)
}

// Enter lets somebody in whom a page above has proved.
func (g *Gate) Enter(w http.ResponseWriter, r *http.Request, s tenant.Session, token string) {
	g.setCookie(w, token, s.Expires)
	http.Redirect(w, r, g.cfg.Root+"/", http.StatusSeeOther)
}

// From is where a request comes from, as logins note it.
func From(r *http.Request) tenant.From { return from(r) }
