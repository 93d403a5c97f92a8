package account_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/oidc"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
)

// byProvider is a console whose staff have an identity provider.
func byProvider(t *testing.T, set func(*oidc.Config), f func(w *world)) {
	t.Helper()
	t.Parallel()
	base := &url.URL{Scheme: "http", Host: "console.example.jp"}
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		w := openAt(t, s, true, base, set)
		w.by.Claims = map[string]any{"sub": "hanako", "email": "hanako@sato.example", "email_verified": true}
		f(w)
	}, schemas()...)
}

// press presses the button of the login page and lets the provider send the browser back.
func (w *world) press(next string) (status int, to, body string) {
	w.Helper()
	status, to, body = w.do(http.MethodGet, "/login/oidc?next="+url.QueryEscape(next), nil, windows)
	if status != http.StatusSeeOther {
		return status, to, body
	}
	back, err := w.by.Visit(to)
	must(w.T, err)
	return w.do(http.MethodGet, "/login/oidc/back?"+back.Encode(), nil, windows)
}

// From the button to the page that was asked for, and what the account's page says of it.
func TestLoginByProvider(t *testing.T) {
	byProvider(t, func(*oidc.Config) {}, func(w *world) {
		if body := w.get("/login?next=/people"); !strings.Contains(body, "Example ID でログイン") || !strings.Contains(body, `href="/login/oidc?next=%2Fpeople"`) || !strings.Contains(body, `name="password"`) {
			t.Errorf("the login page: %.900s", body)
		}
		status, to, body := w.press("/people")
		if status != http.StatusSeeOther || to != "/people" || w.cookie == "" {
			t.Fatalf("%d %s %.400s", status, to, body)
		}
		if len(w.jar) != 0 {
			t.Errorf("cookies of the login stay: %v", w.jar)
		}
		if body := w.get("/account"); !strings.Contains(body, "Example ID のアカウントと結びついています（2026年11月21日(土) から）") || !strings.Contains(body, "パスワードを変える") {
			t.Error("the account's page says nothing of it")
		}
		w.clock.Advance(8 * 24 * time.Hour) // no second factor of ours is asked for
		w.cookie = ""
		if status, to, _ := w.press("https://evil.example/"); status != http.StatusSeeOther || to != "/" {
			t.Errorf("led to %d %s", status, to)
		}
		if body := w.get("/people"); !strings.Contains(body, "hanako@sato.example") {
			t.Errorf("not let in after a week: %.300s", body)
		}
		// A colleague's bond is let go on their page.
		other := w.person(tenant.Person{TenantID: tenant.House, Email: "jiro@sato.example", Name: "次郎", Role: tenant.RoleDesk})
		if status, _, _ := w.post("/people/"+other, "/people/"+other+"/release"); status != http.StatusNotFound {
			t.Errorf("nothing to release: %d", status)
		}
		mine := w.cookie
		w.cookie, w.by.Claims = "", map[string]any{"sub": "jiro", "email": "jiro@sato.example", "email_verified": true}
		if status, to, _ := w.press(""); status != http.StatusSeeOther || to != "/" {
			t.Fatalf("%d %s", status, to)
		}
		w.cookie = mine
		if status, to, _ := w.post("/people/"+other, "/people/"+other+"/release"); status != http.StatusSeeOther || to != "/people?said=unbound" {
			t.Errorf("%d %s", status, to)
		}
		if body := w.get("/people/" + other); !strings.Contains(body, "まだ結びついていません") {
			t.Error("still bound")
		}
	})
}

// What goes wrong is said on the login page, with what to do, and keeps the other ways in.
func TestProviderFaultsOnThePage(t *testing.T) {
	byProvider(t, func(*oidc.Config) {}, func(w *world) {
		says := func(want int, words string) {
			t.Helper()
			status, _, body := w.press("")
			if status != want || !strings.Contains(body, words) || !strings.Contains(body, `name="password"`) || w.cookie != "" {
				t.Errorf("%d without %q: %.900s", status, words, body)
			}
		}
		good := w.by.Claims
		w.by.Claims = map[string]any{"sub": "x", "email": "stranger@sato.example", "email_verified": true}
		says(http.StatusForbidden, "運用責任者に、そのアカウントのメールアドレスへの招待か")
		w.by.Claims = map[string]any{"sub": "x", "email": "hanako@sato.example", "email_verified": true, "exp": w.clock.Now().Add(-time.Hour).Unix()}
		says(http.StatusServiceUnavailable, "時計がずれているため")
		w.by.Claims = map[string]any{"aud": "other"}
		says(http.StatusServiceUnavailable, "設定が合っていません")
		w.by.Claims = good
		w.by.Fault = func(rw http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/token" {
				http.Error(rw, "x", http.StatusBadGateway)
			}
			return r.URL.Path == "/token"
		}
		says(http.StatusServiceUnavailable, "いま Example ID につながりません")
		w.by.Fault = nil
		for _, path := range []string{"/login/oidc/back", "/login/oidc/back?code=x&state=y", "/login/oidc/back?error=access_denied&state=%00"} {
			if status, _, body := w.do(http.MethodGet, path, nil, windows); status != http.StatusUnprocessableEntity || !strings.Contains(body, "もう一度押してください") {
				t.Errorf("%s: %d", path, status)
			}
		}
	})
}

// A page of another site sends nobody through the provider.
func TestAnotherSiteLogsNobodyIn(t *testing.T) {
	byProvider(t, func(*oidc.Config) {}, func(w *world) {
		for site, want := range map[string]string{"cross-site": "/login", "same-site": "/login", "same-origin": w.by.URL, "none": w.by.URL, "": w.by.URL} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/login/oidc", nil)
			if site != "" {
				r.Header.Set("Sec-Fetch-Site", site)
			}
			rec := httptest.NewRecorder()
			w.face.ServeHTTP(rec, r)
			if to := rec.Header().Get("Location"); rec.Code != http.StatusSeeOther || !strings.HasPrefix(to, want) {
				t.Errorf("%q: %d %s", site, rec.Code, to)
			}
			if want != "/login" && !strings.Contains(strings.Join(rec.Header().Values("Set-Cookie"), "\n"), "HttpOnly; SameSite=Lax") {
				t.Errorf("%q: %v", site, rec.Header().Values("Set-Cookie"))
			}
		}
	})
}

// With only, the page leads to the provider first, no password is chosen, and the emergency link still lets in.
func TestProviderOnly(t *testing.T) {
	byProvider(t, func(c *oidc.Config) { c.Only = true }, func(w *world) {
		if status, _, _ := w.passwordLogin(); status != http.StatusUnprocessableEntity {
			t.Errorf("by password: %d", status)
		}
		if body := w.get("/login"); !strings.Contains(body, "業者・保険会社の方はこちら") {
			t.Error("vendors do not find their way in")
		}
		if status, to, _ := w.press(""); status != http.StatusSeeOther || to != "/" {
			t.Fatalf("%d %s", status, to)
		}
		if body := w.get("/account"); !strings.Contains(body, "ログインは Example ID で行います") || !strings.Contains(body, "Example ID のパスワードを変えてください") || strings.Contains(body, "パスワードを変える") || strings.Contains(body, "確認コード（2段階のログイン）") {
			t.Error("the account's page offers what is of no use")
		}
		for path, form := range map[string][]string{"/account/password": {"old", word, "password", "another password 88"}, "/account/factor/begin": {"old", word}, "/account/factor/codes": {"code", "123456"}} {
			if status, _, _ := w.post("/account", path, form...); status != http.StatusNotFound {
				t.Errorf("%s, which no page offers: %d", path, status)
			}
		}
		colleague := w.person(tenant.Person{TenantID: tenant.House, Email: "jiro@sato.example", Name: "次郎", Role: tenant.RoleDesk})
		if body := w.get("/people/" + colleague); strings.Contains(body, "/recover") {
			t.Error("a recovery is offered")
		}
		if status, _, _ := w.post("/people/"+colleague, "/people/"+colleague+"/recover", "why", "called, voice known"); status != http.StatusNotFound {
			t.Errorf("recovery of a colleague: %d", status)
		}
		id, err := w.svc.Invite(t.Context(), w.owner, tenant.Person{TenantID: tenant.House, Email: "new@sato.example", Name: "新人", Role: tenant.RoleAnalyst})
		must(t, err)
		token, err := w.svc.NewLoginLink(t.Context(), tenant.House, tenant.TellInvite, id, w.clock.Now().Add(time.Hour))
		must(t, err)
		if body := w.get("/join/" + token); strings.Contains(body, `name="password"`) || !strings.Contains(body, "ログインは Example ID で行います") {
			t.Errorf("a password is asked for: %.600s", body)
		}
		if status, _, body := w.do(http.MethodPost, "/join/"+token, url.Values{"name": {"新人"}}, windows); status != http.StatusOK || !strings.Contains(body, "Example ID でログインできます") {
			t.Errorf("%d %.400s", status, body)
		}
		w.cookie, w.by.Claims = "", map[string]any{"sub": "new", "email": "new@sato.example", "email_verified": true}
		if status, to, _ := w.press(""); status != http.StatusSeeOther || to != "/" {
			t.Errorf("%d %s", status, to)
		}
		w.cookie = ""
		token, _, err = w.glass.Make(t.Context(), "system:cli", "hanako@sato.example", "provider is down")
		must(t, err)
		if status, _, body := w.do(http.MethodGet, "/let-in/"+token, nil, windows); status != http.StatusOK || !strings.Contains(body, "佐藤 花子 としてログインします") || w.cookie != "" {
			t.Errorf("opened by a scanner: %d %.400s", status, body)
		}
		if status, to, _ := w.do(http.MethodPost, "/let-in/"+token, url.Values{}, windows); status != http.StatusSeeOther || to != "/" || w.cookie == "" {
			t.Errorf("%d %s", status, to)
		}
		if body := w.get("/people"); !strings.Contains(body, "new@sato.example") {
			t.Error("not let in")
		}
		if status, _, _ := w.do(http.MethodPost, "/let-in/"+token, url.Values{}, windows); status != http.StatusNotFound {
			t.Errorf("twice: %d", status)
		}
	})
}

// Who came in by the provider logs out here at once, and is offered to log out there; nobody else is, and no other site's page
// sends anybody there.
func TestLoggingOutThereToo(t *testing.T) {
	byProvider(t, func(c *oidc.Config) {
		c.Ended = strings.TrimSuffix(c.Redirect, "back") + "ended"
	}, func(w *world) {
		w.by.AfterEnd = strings.TrimSuffix(w.by.Redirect, "back") + "ended"
		out := func(want bool, when string) {
			t.Helper()
			was := w.cookie
			status, to, _ := w.post("/account", "/logout")
			if _, err := w.svc.SessionByToken(t.Context(), was); status != http.StatusSeeOther || err == nil {
				t.Errorf("%s: still inside: %d %v", when, status, err)
			}
			w.cookie = ""
			if got := strings.Contains(w.get(to), "Example ID からもログアウトする"); got != want {
				t.Errorf("%s: offered %v", when, got)
			}
		}
		w.passwordLogin()
		out(false, "by the password, not bound")
		if status, to, _ := w.press(""); status != http.StatusSeeOther || to != "/" {
			t.Fatalf("%d %s", status, to)
		}
		out(true, "by the provider")
		if strings.Contains(w.get("/login"), "からもログアウトする") || strings.Contains(w.get("/login?said=out"), "からもログアウトする") {
			t.Error("offered to who was not inside")
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/login/oidc/end", nil)
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		rec := httptest.NewRecorder()
		w.face.ServeHTTP(rec, r)
		if to := rec.Header().Get("Location"); to != "/login" {
			t.Errorf("from another site: %d %s", rec.Code, to)
		}
		status, to, _ := w.do(http.MethodGet, "/login/oidc/end", nil, windows)
		if status != http.StatusSeeOther || !strings.HasPrefix(to, w.by.URL+"/end?") {
			t.Fatalf("%d %s", status, to)
		}
		back, err := w.by.Visit(to)
		must(t, err)
		for name, state := range map[string]string{"none": "", "made up": "x", "changed": back.Get("state") + "A", "long": strings.Repeat("A", 9000)} {
			if status, to, _ := w.do(http.MethodGet, "/login/oidc/ended?state="+state, nil, windows); status != http.StatusSeeOther || to != "/login" {
				t.Errorf("%s: %d %s", name, status, to)
			}
		}
		if body := w.get("/login/oidc/ended?" + back.Encode()); w.by.Ends != 1 || !strings.Contains(body, "Example ID からもログアウトしました") {
			t.Errorf("%d ended: %.600s", w.by.Ends, body)
		}
		if status, to, _ := w.do(http.MethodGet, "/login/oidc/ended?"+back.Encode(), nil, windows); status != http.StatusSeeOther || to != "/login" {
			t.Errorf("by a browser that has forgotten: %d %s", status, to)
		}
	})
}

// A console without a provider has neither the button nor the way.
func TestNoProvider(t *testing.T) {
	each(t, true, func(w *world) {
		if strings.Contains(w.get("/login"), "oidc") {
			t.Error("a button to nowhere")
		}
		for _, path := range []string{"/login/oidc", "/login/oidc/back?code=x&state=x", "/login/oidc/end", "/login/oidc/ended?state=x"} {
			if status, _, _ := w.do(http.MethodGet, path, nil, windows); status != http.StatusNotFound {
				t.Errorf("%s: %d", path, status)
			}
		}
	})
}
