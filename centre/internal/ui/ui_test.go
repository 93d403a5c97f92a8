package ui

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jba/templatecheck"

	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/tenant"
	"otasuke/content/text"
)

func texts(t *testing.T) *text.Catalogue {
	t.Helper()
	c, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestOwnTemplates(t *testing.T) {
	t.Parallel()
	for file, data := range map[string]any{"assets/login.html": loginPage{}, "assets/code.html": loginPage{}, "assets/error.html": errorPage{}} {
		p, err := ParsePage(assets, file)
		if err != nil {
			t.Fatal(err)
		}
		if err := templatecheck.CheckHTML(p.Template(), data); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestWayBackStaysHere(t *testing.T) {
	t.Parallel()
	f := func(path, want string) {
		t.Helper()
		if got := LocalPath(path, "/"); got != want {
			t.Errorf("LocalPath(%q) = %q, want %q", path, got, want)
		}
	}
	f("/alerts?show=open", "/alerts?show=open")
	for _, bad := range []string{"", "alerts", "//evil.example", "/\\evil.example", "https://evil.example/", "javascript:alert(1)", "/a\r\nX: y", "/\t/evil.example", "\x00/"} {
		f(bad, "/")
	}
}

func FuzzLocalPath(f *testing.F) {
	for _, s := range []string{"/alerts", "//x", "/\\x", "/%2f/x", "https://x/", "/a?b=//c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := LocalPath(s, "/")
		if !strings.HasPrefix(got, "/") || strings.HasPrefix(got, "//") || strings.HasPrefix(got, "/\\") || strings.ContainsAny(got, "\r\n") {
			t.Errorf("LocalPath(%q) = %q leaves this host", s, got)
		}
	})
}

func TestLanguageOfARequest(t *testing.T) {
	t.Parallel()
	f := func(cookie, person, accept, want string) {
		t.Helper()
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		if cookie != "" {
			r.AddCookie(&http.Cookie{Name: langCookie, Value: cookie})
		}
		r.Header.Set("Accept-Language", accept)
		if got := Language(r, person); got != want {
			t.Errorf("cookie %q, person %q, browser %q: %q", cookie, person, accept, got)
		}
	}
	f("", "", "", "ja")
	f("", "", "fr, en-GB;q=0.8, ja;q=0.5", "en")
	f("", "ja", "en", "ja")
	f("en", "ja", "ja", "en")
	f("xx", "", "en", "en")
}

func TestChartKeepsProportions(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 11, 19, 15, 0, 0, 0, time.UTC) // midnight of the 20th in Japan
	c := NewChart(texts(t).In("ja"), "攻撃", false, []DayCount{{day, 0}, {day.AddDate(0, 0, 1), 50}, {day.AddDate(0, 0, 2), 100}, {day.AddDate(0, 0, 3), 1}})
	if c.Bars[0].H != barZero || !c.Bars[0].Zero || c.Bars[1].H != barHeight/2 || c.Bars[2].H != barHeight || c.Bars[3].H != barFloor {
		t.Errorf("heights %+v", c.Bars)
	}
	for _, b := range c.Bars {
		if b.Y+b.H != barHeight || b.X+b.W > c.Width {
			t.Errorf("bar outside: %+v", b)
		}
	}
	if c.First != "11月20日" || c.Last != "11月23日" || c.Label != "攻撃: 151" || c.Peak != "いちばん多い日 100 件" {
		t.Errorf("words %+v", c)
	}
	if empty := NewChart(texts(t).In("ja"), "x", false, nil); len(empty.Bars) != 0 {
		t.Error("a chart of no days")
	}
}

func TestAssetsAreNamedByContent(t *testing.T) {
	t.Parallel()
	load := func(css string) *Assets {
		a, err := NewAssets("/p", fstest.MapFS{"x.css": {Data: []byte(css)}, "x.js": {Data: []byte("1")}}, nil, "x.js", "x.css")
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	a, b := load("a{}"), load("b{}")
	if a.style == b.style || a.script != b.script || !strings.HasPrefix(a.style, "/p/static/style.") {
		t.Errorf("names %q %q %q", a.style, b.style, a.script)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /p/static/{name}", a)
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, a.style, nil))
	if w.Code != http.StatusOK || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || !strings.Contains(w.Body.String(), "--paper") || !strings.HasSuffix(w.Body.String(), "a{}") {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	w = httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, b.style, nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("an old name: %d", w.Code)
	}
}

func TestStylesNeedNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	names, err := fs.Glob(assets, "assets/*.css")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		b, err := fs.ReadFile(assets, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{"url(", "@import", "http"} {
			if strings.Contains(string(b), bad) {
				t.Errorf("%s has %q", name, bad)
			}
		}
	}
}

// oneAccount lets everybody in.
type oneAccount struct{}

func (oneAccount) Login(context.Context, string, string, tenant.From) (tenant.Session, string, error) {
	return tenant.Session{Expires: time.Now().Add(time.Hour)}, "secret", nil
}

func (oneAccount) Second(context.Context, string, string, tenant.From) (tenant.Session, string, error) {
	return tenant.Session{}, "", tenant.ErrCode
}

func (oneAccount) SessionByToken(context.Context, string) (tenant.Session, error) {
	return tenant.Session{CSRF: "t"}, nil
}
func (oneAccount) Logout(context.Context, string) error { return nil }

func TestSessionCookieIsBoundToTheHost(t *testing.T) {
	t.Parallel()
	f := func(address, name string, secure bool) {
		t.Helper()
		g := gateAt(t, address, slog.DiscardHandler)
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodPost, "/login", strings.NewReader("email=a%40b.example&password=x"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		g.LoginPage(w, r)
		c := w.Result().Cookies()
		if len(c) != 1 || c[0].Name != name || c[0].Secure != secure || !c[0].HttpOnly || c[0].Path != "/" || c[0].Domain != "" || c[0].SameSite != http.SameSiteLaxMode {
			t.Errorf("%s: %+v", address, c)
		}
	}
	f("https://portal.example.jp", "__Host-portal", true)
	f("http://127.0.0.1:8080", "portal", false)
}

// gateAt is a gate that lets everybody in, for a face at an address.
func gateAt(t *testing.T, address string, log slog.Handler) *Gate {
	t.Helper()
	base, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	static, err := NewAssets("", fstest.MapFS{}, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	g, err := NewGate(GateConfig{Accounts: oneAccount{}, Texts: texts(t), Assets: static, Base: base, Cookie: "portal", Site: "portal.site", Lead: "portal.login_lead", Log: slog.New(log)})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestLanguageCookieIsBoundToTheHost(t *testing.T) {
	t.Parallel()
	for address, name := range map[string]string{"https://portal.example.jp": "__Host-lang", "http://127.0.0.1:8080": "lang"} {
		face := NewRouter(gateAt(t, address, slog.DiscardHandler), "", http.NotFoundHandler()).Face(&url.URL{})
		w := httptest.NewRecorder()
		face.Handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/lang?to=en", nil))
		c := w.Result().Cookies()
		if len(c) != 1 || c[0].Name != name || c[0].Secure != (name != "lang") || c[0].Path != "/" || c[0].Domain != "" {
			t.Fatalf("%s: %+v", address, c)
		}
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.AddCookie(c[0])
		if got := Language(r, "ja"); got != "en" {
			t.Errorf("%s: %s after the switch", address, got)
		}
	}
}

// Who tries what they may not is written down, without what they sent.
func TestRefusedRightsAreWrittenDown(t *testing.T) {
	t.Parallel()
	f := func(method, path, form string, want ...string) {
		t.Helper()
		var log strings.Builder
		router := NewRouter(gateAt(t, "http://portal.example", slog.NewTextHandler(&log, nil)), "", http.NotFoundHandler())
		router.Page(Operator, "GET /cases/{case}", func(http.ResponseWriter, *Visit) error { return nil })
		router.Page(Self, "POST /account", func(http.ResponseWriter, *Visit) error { return ErrForbidden })
		r := httptest.NewRequest(method, path, strings.NewReader(form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.AddCookie(&http.Cookie{Name: "portal", Value: "secret"})
		w := httptest.NewRecorder()
		router.Face(&url.URL{}).Handler.ServeHTTP(w, r)
		if w.Code != http.StatusForbidden {
			t.Fatalf("%s %s: %d", method, path, w.Code)
		}
		for _, part := range append(want, "msg=refused", "method="+method, "tenant=", "person=", "role=") {
			if !strings.Contains(log.String(), part) {
				t.Errorf("%s %s: %s is not in %s", method, path, part, log.String())
			}
		}
		for _, secret := range []string{"secret", "77", "hidden"} {
			if strings.Contains(log.String(), secret) {
				t.Errorf("%s %s: %s", method, path, log.String())
			}
		}
	}
	f(http.MethodGet, "/cases/77", "", `page="GET /cases/{case}"`)
	f(http.MethodPost, "/account", "csrf=t&word=hidden", `page="POST /account"`)
	f(http.MethodPost, "/account", "csrf=hidden", `page="POST /account"`)
}

// What browsers are told on every answer of both faces.
func TestHeadersOfEveryAnswer(t *testing.T) {
	t.Parallel()
	want := map[string]string{"Referrer-Policy": "same-origin", "X-Frame-Options": "DENY", "Cross-Origin-Opener-Policy": "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin", "X-Content-Type-Options": "nosniff", "Strict-Transport-Security": "max-age=31536000"}
	base := &url.URL{Scheme: "https", Host: "portal.example.jp"}
	face := NewRouter(gateAt(t, base.String(), slog.DiscardHandler), "", http.NotFoundHandler()).Face(base)
	for _, path := range []string{"/login", "/nowhere", "/static/nothing", "/lang?to=en"} {
		w := httptest.NewRecorder()
		face.Handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		for name, value := range want {
			if got := w.Header().Get(name); got != value {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
		if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "frame-ancestors 'none'") || !strings.Contains(policy, "form-action 'self'") {
			t.Errorf("%s: %s", path, policy)
		}
	}
}

func TestLargeFormsAreRefused(t *testing.T) {
	t.Parallel()
	base := &url.URL{Scheme: "http", Host: "portal.example.jp"}
	h := Secure(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
		}
	}), base, http.NotFound)
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("a="+strings.Repeat("x", MaxForm)))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	h.ServeHTTP(w, r)
	if w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("%d", w.Code)
	}
}

// A photo that a telephone sends over a poor line for longer than a page may take arrives, is answered, and is shown again;
// a form without files has no such time.
func TestPoorLine(t *testing.T) {
	t.Parallel()
	photo := append([]byte("\xff\xd8\xff"), make([]byte, 4<<20)...)
	base := &url.URL{Scheme: "http", Host: "portal.example.jp"}
	mux := http.NewServeMux()
	echo := func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		_, _ = w.Write(b)
	}
	mux.HandleFunc("POST /form", echo)
	mux.HandleFunc("POST /photo", func(w http.ResponseWriter, r *http.Request) { Large(w, r, attach.MaxSize); echo(w, r) })
	mux.HandleFunc("GET /photo", func(w http.ResponseWriter, r *http.Request) {
		(&attach.File{Kind: attach.JPEG, Name: "rack.jpg"}).Serve(w, r, photo)
	})
	s := httptest.NewUnstartedServer(Secure(mux, base, http.NotFound))
	s.Config.ReadHeaderTimeout, s.Config.ReadTimeout, s.Config.WriteTimeout = time.Minute, time.Nanosecond, time.Nanosecond // over at once
	s.Start()
	t.Cleanup(s.Close)
	for _, tt := range []struct {
		method, path string
		arrives      bool
	}{{http.MethodPost, "/photo", true}, {http.MethodGet, "/photo", true}, {http.MethodPost, "/form", false}} {
		q, err := http.NewRequestWithContext(t.Context(), tt.method, s.URL+tt.path, bytes.NewReader(photo))
		if err != nil {
			t.Fatal(err)
		}
		var got []byte
		res, err := s.Client().Do(q)
		if err == nil {
			got, err = io.ReadAll(res.Body)
			res.Body.Close()
		}
		if arrived := err == nil && bytes.Equal(got, photo); arrived != tt.arrives {
			t.Errorf("%s %s: %d bytes, %v", tt.method, tt.path, len(got), err)
		}
	}
}

// Who must log in while a form is sent comes back to the form's page, and to no other site.
func TestBackToTheForm(t *testing.T) {
	t.Parallel()
	g := &Gate{cfg: GateConfig{Base: &url.URL{Scheme: "https", Host: "centre.example.jp"}, Root: "/console"}}
	for referer, want := range map[string]string{
		"https://centre.example.jp/console/cases/1?said=noted": "/console/login?next=%2Fconsole%2Fcases%2F1%3Fsaid%3Dnoted",
		"https://centre.example.jp/console/":                   "/console/login",
		"https://centre.example.jp/elsewhere":                  "/console/login",
		"https://evil.example/console/cases/1":                 "/console/login",
		"https://centre.example.jp@evil.example/console/":      "/console/login",
		"":  "/console/login",
		"%": "/console/login",
	} {
		r := httptest.NewRequest(http.MethodPost, "/console/cases/1/note", nil)
		r.Header.Set("Referer", referer)
		w := httptest.NewRecorder()
		g.askLogin(w, r, "/login")
		if got := w.Header().Get("Location"); got != want {
			t.Errorf("%q: %s", referer, got)
		}
	}
}
