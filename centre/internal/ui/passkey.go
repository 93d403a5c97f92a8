package ui

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"time"

	"otasuke/centre/internal/passkey"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
)

const (
	// browserBytes of the cookie that a challenge is bound to: 128 bits cannot be guessed.
	browserBytes = 16
	// browserLife is longer than a login page is left open with an answer still of worth.
	browserLife = time.Hour
	// offerLife is how long somebody who has no passkey hears of them, once in a lifetime.
	offerLife = 10 * time.Minute
	// renewEarly is how long before its end a challenge that waits in an autofill is asked for anew.
	renewEarly = time.Minute
)

// passkeyPart is what a page shows to prove with a passkey.
type passkeyPart struct {
	On     bool
	From   string // where its options come from
	Action string // where the answer goes
	Renew  int    // seconds after which an autofill asks anew
}

// Passkeys are those of this face, nil where there are none.
func (g *Gate) Passkeys() *passkey.Face { return g.cfg.Passkeys }

// PasskeyScript is the address of the script for pages that make passkeys.
func (g *Gate) PasskeyScript() string { return g.cfg.Assets.passkey }

func (g *Gate) passkeyPart(path string) passkeyPart {
	return passkeyPart{On: g.cfg.Passkeys != nil, From: g.cfg.Root + path, Action: g.cfg.Root + path, Renew: int((passkey.ChallengeLife - renewEarly) / time.Second)}
}

// named is the name of a cookie beside that of the session.
func (g *Gate) named(what string) string { return g.cookie + "-" + what }

func (g *Gate) keep(w http.ResponseWriter, what, value string, life time.Duration) {
	http.SetCookie(w, &http.Cookie{Name: g.named(what), Value: value, Path: "/", MaxAge: int(life / time.Second), Secure: g.secure, HttpOnly: true, SameSite: http.SameSiteStrictMode})
}

// browser is a value that only this browser knows; it is made when there is none.
func (g *Gate) browser(w http.ResponseWriter, r *http.Request) string {
	value := g.knownBrowser(r)
	if value == "" {
		raw := make([]byte, browserBytes)
		_, _ = rand.Read(raw) // never fails
		value = base64.RawURLEncoding.EncodeToString(raw)
	}
	g.keep(w, "browser", value, browserLife)
	return value
}

func (g *Gate) knownBrowser(r *http.Request) string {
	c, err := r.Cookie(g.named("browser"))
	if err != nil || len(c.Value) != base64.RawURLEncoding.EncodedLen(browserBytes) {
		return ""
	}
	return c.Value
}

// sendOptions answers the script.
func (g *Gate) sendOptions(w http.ResponseWriter, r *http.Request, options []byte, err error) {
	switch {
	case errors.Is(err, store.ErrNotFound), errors.Is(err, tenant.ErrNoSession):
		http.Error(w, http.StatusText(http.StatusNotFound), http.StatusNotFound)
		return
	case err != nil:
		g.Fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(options)
}

// PasskeyPage answers GET, for the script, with the options of a login by passkey, and POST with the login.
func (g *Gate) PasskeyPage(w http.ResponseWriter, r *http.Request) {
	if g.cfg.Passkeys == nil {
		g.NotFound(w, r)
		return
	}
	if r.Method != http.MethodPost {
		options, err := g.cfg.Passkeys.LoginOptions(r.Context(), g.browser(w, r))
		g.sendOptions(w, r, options, err)
		return
	}
	p := g.loginView(r)
	s, token, err := g.cfg.Passkeys.Login(r.Context(), g.knownBrowser(r), r.PostFormValue("answer"), from(r))
	if p.Wrong = g.passkeyFault(r, err); p.Wrong != "" {
		g.show(w, r, g.login, statusOf(err), p)
		return
	}
	if err != nil {
		g.Fail(w, r, err)
		return
	}
	g.setCookie(w, token, s.Expires)
	http.Redirect(w, r, LocalPath(p.Next, g.cfg.Root+"/"), http.StatusSeeOther)
}

// passkeyFault says what went wrong, "" for nothing or what is ours to repair.
func (g *Gate) passkeyFault(r *http.Request, err error) string {
	for _, one := range []struct {
		err error
		key string
	}{{tenant.ErrTooMany, "login.code_later"}, {passkey.ErrStale, "login.passkey_again"}, {tenant.ErrLogin, "login.passkey_wrong"}, {passkey.ErrAnswer, "login.passkey_wrong"}} {
		if errors.Is(err, one.err) {
			return g.Texts(r).T(one.key)
		}
	}
	return ""
}

func statusOf(err error) int {
	if errors.Is(err, tenant.ErrTooMany) {
		return http.StatusTooManyRequests
	}
	return http.StatusUnprocessableEntity
}

// SecondPage answers GET, for the script, with the options of a passkey in place of a code, and POST with the rest of the
// login.
func (g *Gate) SecondPage(w http.ResponseWriter, r *http.Request) {
	s, err := g.session(r)
	if err == nil && !s.Pending {
		err = tenant.ErrNoSession
	}
	switch {
	case g.cfg.Passkeys == nil:
		g.NotFound(w, r)
		return
	case r.Method != http.MethodPost:
		var options []byte
		if err == nil {
			options, err = g.cfg.Passkeys.SecondOptions(r.Context(), s)
		}
		g.sendOptions(w, r, options, err)
		return
	case errors.Is(err, tenant.ErrNoSession):
		http.Redirect(w, r, g.cfg.Root+"/login", http.StatusSeeOther)
		return
	case err != nil:
		g.Fail(w, r, err)
		return
	case !SameToken(r, s.CSRF):
		g.Fail(w, r, ErrForbidden)
		return
	}
	p, err := g.codeView(r, s)
	if err != nil {
		g.Fail(w, r, err)
		return
	}
	c, err := r.Cookie(g.cookie)
	if err != nil {
		g.Fail(w, r, errors.Join(ErrBadInput, err))
		return
	}
	s, token, err := g.cfg.Passkeys.Second(r.Context(), c.Value, r.PostFormValue("answer"), from(r))
	if p.Wrong = g.passkeyFault(r, err); p.Wrong != "" {
		g.show(w, r, g.code, statusOf(err), p)
		return
	}
	switch {
	case errors.Is(err, tenant.ErrNoSession):
		http.Redirect(w, r, g.cfg.Root+"/login", http.StatusSeeOther)
	case err != nil:
		g.Fail(w, r, err)
	default:
		g.setCookie(w, token, s.Expires)
		http.Redirect(w, r, LocalPath(p.Next, g.cfg.Root+"/"), http.StatusSeeOther)
	}
}

// codeView is the page that asks for the second factor.
func (g *Gate) codeView(r *http.Request, s tenant.Session) (loginPage, error) {
	t := g.Texts(r)
	p := loginPage{Base: g.Base(r, t, s.CSRF), Next: LocalPath(r.FormValue("next"), ""), Code: s.Factor}
	p.Title, p.Account, p.PasskeyOffer, p.Failed = t.T("login.code_title"), false, false, true
	if p.Path = g.cfg.Root + "/login/code"; p.Next != "" {
		p.Path += "?next=" + url.QueryEscape(p.Next)
	}
	if g.cfg.Passkeys == nil {
		p.Code = true
		return p, nil
	}
	all, err := g.cfg.Passkeys.List(r.Context(), s)
	if len(all) > 0 {
		p.Key, p.PasskeyScript = g.passkeyPart("/login/code/passkey"), g.cfg.Assets.passkey
	}
	if !p.Code {
		p.Title = t.T("login.second_title")
	}
	return p, err
}

// inside lets somebody in who logged in without a passkey, and has them hear, once, that there are.
func (g *Gate) inside(w http.ResponseWriter, r *http.Request, s tenant.Session, token, next string) {
	g.setCookie(w, token, s.Expires)
	if g.cfg.Passkeys != nil {
		offer, err := g.cfg.Passkeys.Offer(r.Context(), s)
		if err != nil { // no reason to keep anybody out
			g.cfg.Log.Error("passkeys are not offered", "error", err)
		}
		if offer {
			g.keep(w, "offer", "1", offerLife)
		}
	}
	http.Redirect(w, r, LocalPath(next, g.cfg.Root+"/"), http.StatusSeeOther)
}

// offered says whether a browser's person is to hear of passkeys now.
func (g *Gate) offered(r *http.Request) bool {
	_, err := r.Cookie(g.named("offer"))
	return err == nil && g.cfg.Passkeys != nil
}

// Heard ends the offer of passkeys.
func (g *Gate) Heard(w http.ResponseWriter) { g.keep(w, "offer", "", -time.Second) }
