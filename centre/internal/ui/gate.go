package ui

import (
	"context"
	"errors"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"otasuke/centre/internal/oidc"
	"otasuke/centre/internal/passkey"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/content/text"
	"otasuke/internal/clock"
	"otasuke/internal/ja"
)

// Accounts logs people in and out; tenant.Service is one.
type Accounts interface {
	Login(ctx context.Context, email, password string, from tenant.From) (tenant.Session, string, error)
	Second(ctx context.Context, token, code string, from tenant.From) (tenant.Session, string, error)
	SessionByToken(ctx context.Context, token string) (tenant.Session, error)
	Logout(ctx context.Context, token string) error
}

// GateConfig says what a gate works with.
type GateConfig struct {
	Accounts Accounts
	Texts    *text.Catalogue
	Assets   *Assets
	// Base is the address of the face as browsers see it.
	Base *url.URL
	Root string // path of the face
	// Cookie is the name of the session's cookie without prefix.
	Cookie string
	// Staff is whose face it is: staff's, or customers'.
	Staff bool
	// Site and Lead are text keys: the face's name and a line on the login page.
	Site, Lead string
	Phone      string
	Hours      map[string]string
	Passkeys   *passkey.Face // nil where browsers have none
	// Provider is the staff's identity provider; nil without one.
	Provider *oidc.Service
	Clock    clock.Clock // default: the machine's
	Log      *slog.Logger
}

// Gate is the door of a face: who is it, in which language, may they?
type Gate struct {
	cfg          GateConfig
	cookie       string
	secure       bool
	login, fault *Page
	code         *Page
}

// ErrForbidden is for what this person may not do; it becomes a 403 page.
var ErrForbidden = errors.New("ui: forbidden")

// ErrBadInput is for a request that no page of ours makes; it becomes a 400 page.
var ErrBadInput = errors.New("ui: bad input")

// NewGate makes a gate.
func NewGate(cfg GateConfig) (*Gate, error) {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	g := &Gate{cfg: cfg, cookie: cfg.Cookie}
	// A __Host- cookie is bound to this host and to TLS; without TLS (a demo on
	// one machine) browsers would refuse it.
	if cfg.Base.Scheme == "https" {
		g.cookie, g.secure = hostOnly+cfg.Cookie, true
	}
	var err error
	if g.login, err = ParsePage(assets, "assets/login.html"); err != nil {
		return nil, err
	}
	if g.code, err = ParsePage(assets, "assets/code.html"); err != nil {
		return nil, err
	}
	if g.fault, err = ParsePage(assets, "assets/error.html"); err != nil {
		return nil, err
	}
	return g, nil
}

// Visit is one request with who makes it.
type Visit struct {
	tenant.Session
	text.Texts
	Request *http.Request
}

// Base begins a page for a visit; Title and Nav are the face's to fill in.
func (g *Gate) Base(r *http.Request, t text.Texts, csrf string) Base {
	hours := g.cfg.Hours[t.Lang()]
	if hours == "" {
		hours = t.T("common.hours")
	}
	b := Base{Texts: t, Site: t.T(g.cfg.Site), Owner: t.T(g.cfg.Site), Root: g.cfg.Root, Path: r.URL.RequestURI(),
		Style: g.cfg.Assets.style, Script: g.cfg.Assets.script, DraftScript: g.cfg.Assets.draft, CSRF: csrf, Account: csrf != "", Phone: g.cfg.Phone, Hours: hours, Printed: ja.Long(g.cfg.Clock.Now(), t.Lang())}
	if csrf != "" && g.offered(r) {
		b.PasskeyOffer, b.PasskeyScript = true, g.cfg.Assets.passkey
	}
	return b
}

// Begin begins a page for a visit, as [Gate.Base] does.
func (g *Gate) Begin(v *Visit) Base {
	b := g.Base(v.Request, v.Texts, v.CSRF)
	b.DraftOf = v.PersonID
	return b
}

// Address of the face as browsers see it, without a slash at the end.
func (g *Gate) Address() string { return g.cfg.Base.Scheme + "://" + g.cfg.Base.Host + g.cfg.Root }

// Texts of a request without a session.
func (g *Gate) Texts(r *http.Request) text.Texts { return g.TextsFor(r, "") }

// TextsFor are those of a page for somebody whose language is known without a login.
func (g *Gate) TextsFor(r *http.Request, lang string) text.Texts {
	return g.cfg.Texts.In(Language(r, lang))
}

// Require wraps a page that needs a whole session. POSTs must carry its form token. An
// error becomes the fitting page. Who must set up a second factor first comes to pages
// about the own account (self) only.
func (g *Gate) Require(self bool, page func(http.ResponseWriter, *Visit) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s, err := g.session(r)
		switch {
		case errors.Is(err, tenant.ErrNoSession):
			g.askLogin(w, r, "/login")
			return
		case err != nil:
			g.Fail(w, r, err)
			return
		case s.Pending:
			g.askLogin(w, r, "/login/code")
			return
		case !self && s.MustEnrol(g.cfg.Clock.Now()):
			http.Redirect(w, r, g.cfg.Root+"/account/factor", http.StatusSeeOther)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			if err := parse(r); err != nil {
				g.Fail(w, r, errors.Join(ErrBadInput, err))
				return
			}
			if !SameToken(r, s.CSRF) {
				g.deny(w, r, s)
				return
			}
		}
		v := &Visit{Session: s, Texts: g.cfg.Texts.In(Language(r, string(s.Lang))), Request: r}
		switch err := page(w, v); {
		case errors.Is(err, ErrForbidden):
			g.deny(w, r, s)
		case err != nil:
			g.Fail(w, r, err)
		}
	}
}

// deny is [Gate.Fail] for somebody who may not, which is written down: who tries what they may not shows in the log.
func (g *Gate) deny(w http.ResponseWriter, r *http.Request, s tenant.Session) {
	g.cfg.Log.Warn("refused", "method", r.Method, "page", r.Pattern, "tenant", s.TenantID, "person", s.PersonID, "role", s.Role)
	g.Fail(w, r, ErrForbidden)
}

// inMemory is how much of a form with files is held in memory; what is more lies in a temporary file.
const inMemory = 1 << 20

func parse(r *http.Request) error {
	if err := r.ParseMultipartForm(inMemory); !errors.Is(err, http.ErrNotMultipart) {
		return err
	}
	return r.ParseForm()
}

func (g *Gate) session(r *http.Request) (tenant.Session, error) {
	c, err := r.Cookie(g.cookie)
	if err != nil {
		return tenant.Session{}, tenant.ErrNoSession
	}
	s, err := g.cfg.Accounts.SessionByToken(r.Context(), c.Value)
	if err == nil && s.Staff != g.cfg.Staff {
		return s, tenant.ErrNoSession
	}
	return s, err
}

// askLogin sends a browser to a page of the login and back afterwards, with a form to the page that the form is on.
func (g *Gate) askLogin(w http.ResponseWriter, r *http.Request, page string) {
	to, at := g.cfg.Root+page, r.URL
	if r.Method != http.MethodGet {
		at = g.sentFrom(r)
	}
	if at.Path != "" && at.Path != g.cfg.Root+"/" {
		to += "?next=" + url.QueryEscape(at.RequestURI())
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// sentFrom is the page of ours that a form was sent from, empty when a browser does not say.
func (g *Gate) sentFrom(r *http.Request) *url.URL {
	u, err := url.Parse(r.Referer())
	if err != nil || u.Host != g.cfg.Base.Host || !strings.HasPrefix(u.Path, g.cfg.Root+"/") {
		return &url.URL{}
	}
	return u
}

type loginPage struct {
	Base
	Lead, Next, Email, Wrong string
	Code                     bool // a code is asked for
	Key                      passkeyPart
	By                       providerPart
}

// loginView is the login page.
func (g *Gate) loginView(r *http.Request) loginPage {
	t := g.Texts(r)
	p := loginPage{Base: g.Base(r, t, ""), Lead: t.T(g.cfg.Lead), Next: LocalPath(r.FormValue("next"), ""), Key: g.passkeyPart("/login/passkey")}
	p.Title, p.Failed = t.T("portal.login_title"), true
	if p.Key.On {
		p.PasskeyScript = g.cfg.Assets.passkey
	}
	p.By = g.providerPart(p.Next)
	if r.Method == http.MethodPost { // the language switch cannot repeat it
		if p.Path = g.cfg.Root + "/login"; p.Next != "" {
			p.Path += "?next=" + url.QueryEscape(p.Next)
		}
	}
	return p
}

// LoginPage answers GET and POST of the login page.
func (g *Gate) LoginPage(w http.ResponseWriter, r *http.Request) {
	t, p := g.Texts(r), g.loginView(r)
	switch r.FormValue("said") {
	case outByProvider:
		p.By.End = g.cfg.Provider != nil
		fallthrough
	case "out":
		p.Flash = &Flash{Text: t.T("portal.logged_out")}
	}
	if r.Method != http.MethodPost {
		g.show(w, r, g.login, http.StatusOK, p)
		return
	}
	p.Email = r.PostFormValue("email")
	s, token, err := g.cfg.Accounts.Login(r.Context(), p.Email, r.PostFormValue("password"), from(r))
	if err == nil && s.Staff != g.cfg.Staff {
		// Known, but not here: the answer is the same as for a stranger.
		err = errors.Join(tenant.ErrLogin, g.cfg.Accounts.Logout(r.Context(), token))
	}
	switch {
	case errors.Is(err, tenant.ErrTooMany):
		p.Wrong = t.T("portal.login_later")
		g.show(w, r, g.login, http.StatusTooManyRequests, p)
	case errors.Is(err, tenant.ErrLogin):
		p.Wrong = t.T("portal.login_wrong")
		g.show(w, r, g.login, http.StatusUnprocessableEntity, p)
	case err != nil:
		g.Fail(w, r, err)
	default:
		if s.Pending {
			g.setCookie(w, token, s.Expires)
			http.Redirect(w, r, g.cfg.Root+"/login/code?next="+url.QueryEscape(p.Next), http.StatusSeeOther)
			return
		}
		g.inside(w, r, s, token, p.Next)
	}
}

func from(r *http.Request) tenant.From {
	return tenant.From{Addr: r.RemoteAddr, Agent: r.UserAgent()}
}

// CodePage answers GET and POST of the page that asks for the second factor.
func (g *Gate) CodePage(w http.ResponseWriter, r *http.Request) {
	t := g.Texts(r)
	s, err := g.session(r)
	if errors.Is(err, tenant.ErrNoSession) || err == nil && !s.Pending {
		http.Redirect(w, r, g.cfg.Root+"/login", http.StatusSeeOther)
		return
	}
	if err != nil {
		g.Fail(w, r, err)
		return
	}
	p, err := g.codeView(r, s)
	if err != nil {
		g.Fail(w, r, err)
		return
	}
	if r.Method != http.MethodPost {
		g.show(w, r, g.code, http.StatusOK, p)
		return
	}
	if !SameToken(r, s.CSRF) {
		g.Fail(w, r, ErrForbidden)
		return
	}
	c, err := r.Cookie(g.cookie)
	if err != nil {
		g.Fail(w, r, errors.Join(ErrBadInput, err))
		return
	}
	s, token, err := g.cfg.Accounts.Second(r.Context(), c.Value, r.PostFormValue("code"), from(r))
	switch {
	case errors.Is(err, tenant.ErrTooMany):
		p.Wrong = t.T("login.code_later")
		g.show(w, r, g.code, http.StatusTooManyRequests, p)
	case errors.Is(err, tenant.ErrCode):
		p.Wrong = t.T("login.code_wrong")
		g.show(w, r, g.code, http.StatusUnprocessableEntity, p)
	case errors.Is(err, tenant.ErrNoSession):
		http.Redirect(w, r, g.cfg.Root+"/login", http.StatusSeeOther)
	case err != nil:
		g.Fail(w, r, err)
	default:
		g.inside(w, r, s, token, p.Next)
	}
}

// Logout ends the session.
func (g *Gate) Logout(w http.ResponseWriter, v *Visit) error {
	c, err := v.Request.Cookie(g.cookie)
	if err != nil {
		return errors.Join(ErrBadInput, err)
	}
	if err := g.cfg.Accounts.Logout(v.Request.Context(), c.Value); err != nil {
		return err
	}
	g.setCookie(w, "", time.Unix(1, 0))
	said := "out"
	if g.endsToo(v) {
		said = outByProvider
	}
	http.Redirect(w, v.Request, g.cfg.Root+"/login?said="+said, http.StatusSeeOther)
	return nil
}

func (g *Gate) setCookie(w http.ResponseWriter, token string, expires time.Time) {
	c := &http.Cookie{Name: g.cookie, Value: token, Path: "/", Expires: expires, Secure: g.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if token == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

type errorPage struct {
	Base
	Heading, Message string
	Again            string // page that what failed was sent from, "" where there is none
}

// Fail answers with the page for an error. What is ours to repair is logged; the
// person only reads that it was not their fault.
func (g *Gate) Fail(w http.ResponseWriter, r *http.Request, err error) {
	t := g.Texts(r)
	p := errorPage{Base: g.Base(r, t, "")}
	p.Failed = true
	if at := g.sentFrom(r); r.Method == http.MethodPost && at.Path != "" {
		p.Again = at.RequestURI()
	}
	status := http.StatusInternalServerError
	var tooLong *http.MaxBytesError
	switch {
	case errors.Is(err, store.ErrNotFound):
		status, p.Heading, p.Message = http.StatusNotFound, t.T("common.error_404_title"), t.T("common.error_404")
	case errors.Is(err, ErrForbidden):
		status, p.Heading, p.Message = http.StatusForbidden, t.T("common.error_403_title"), t.T("common.error_403")
	case errors.As(err, &tooLong):
		status, p.Heading, p.Message = http.StatusRequestEntityTooLarge, t.T("common.error_413_title"), t.T("common.error_413")
	case errors.Is(err, ErrBadInput), errors.Is(err, tenant.ErrInvalid): // the latter where a form has not said it beside its field
		status, p.Heading, p.Message = http.StatusBadRequest, t.T("common.error_400_title"), t.T("common.error_400")
	default:
		p.Heading, p.Message = t.T("common.error_500_title"), t.T("common.error_500")
		if r.Context().Err() == nil {
			g.cfg.Log.Error("page failed", "path", r.URL.Path, "error", err)
		}
	}
	p.Title = p.Heading
	g.show(w, r, g.fault, status, p)
}

// readable refuses forms without files that are too large or no forms at all, before a page takes what could be read for all of it: a
// login would say that an empty password is wrong. Forms with files are read by their pages, see [Large].
func (g *Gate) readable(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if r.Method == http.MethodPost && kind == "application/x-www-form-urlencoded" {
			if err := r.ParseForm(); err != nil {
				var large *http.MaxBytesError
				if !errors.As(err, &large) {
					err = errors.Join(ErrBadInput, err)
				}
				g.Fail(w, r, err)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// Refuse is [Gate.Fail] for a POST that came from elsewhere.
func (g *Gate) Refuse(w http.ResponseWriter, r *http.Request) { g.Fail(w, r, ErrForbidden) }

// NotFound is [Gate.Fail] for a path that does not exist.
func (g *Gate) NotFound(w http.ResponseWriter, r *http.Request) { g.Fail(w, r, store.ErrNotFound) }

func (g *Gate) show(w http.ResponseWriter, r *http.Request, p *Page, status int, data any) {
	if err := p.Render(w, status, data); err != nil {
		g.cfg.Log.Error("page failed", "path", r.URL.Path, "error", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
	}
}

// Show renders a page for a visit.
func (g *Gate) Show(w http.ResponseWriter, p *Page, data any) error {
	return p.Render(w, http.StatusOK, data)
}

// Holder wraps a page for whoever holds the link of a mail: the address is a secret, so
// it is not passed on to other pages nor to search engines.
func (g *Gate) Holder(page func(http.ResponseWriter, *http.Request, text.Texts) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.Header().Set("X-Robots-Tag", "noindex")
		if err := page(w, r, g.Texts(r)); err != nil {
			g.Fail(w, r, err)
		}
	}
}
