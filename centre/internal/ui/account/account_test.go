package account_test

import (
	"errors"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"otasuke/centre/internal/job"
	"otasuke/centre/internal/letin"
	"otasuke/centre/internal/oidc"
	"otasuke/centre/internal/passkey"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/centre/internal/ui/account"
	"otasuke/content/text"
	"otasuke/e2e/idp"
	"otasuke/internal/clock"
	"otasuke/internal/totp"
)

const word = "correct horse battery staple"

// agents of a telephone and a PC.
const (
	iPhone  = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
	windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0"
)

// world is a face with real accounts behind it.
type world struct {
	*testing.T
	svc     *tenant.Service
	store   *store.Store
	clock   *clock.Fake
	face    *ui.Face
	company string
	owner   string
	staff   bool
	cookie  string
	jar     map[string]string // other cookies
	by      *idp.Provider
	glass   *letin.Service
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// open makes the portal of a company, or the console.
func open(t *testing.T, s *store.Store, staff bool) *world {
	t.Helper()
	return openAt(t, s, staff, &url.URL{Scheme: "http", Host: "portal.example.jp"})
}

func openAt(t *testing.T, s *store.Store, staff bool, base *url.URL, set ...func(*oidc.Config)) *world {
	t.Helper()
	w := &world{T: t, store: s, jar: map[string]string{}, clock: clock.NewFake(time.Date(2026, 11, 21, 5, 30, 0, 0, time.UTC)), staff: staff, company: tenant.House}
	var by oidc.Config
	for _, f := range set {
		w.by = idp.New("console", "secret")
		t.Cleanup(w.by.Close)
		w.by.Redirect, w.by.Now = base.String()+"/login/oidc/back", w.clock.Now
		by = oidc.Config{Store: s, Name: "Example ID", Issuer: w.by.URL, ClientID: "console", Secret: "secret", Redirect: w.by.Redirect, Proof: oidc.ProofProvider, Clock: w.clock}
		f(&by)
	}
	w.svc = tenant.New(tenant.Config{Store: s, Clock: w.clock, Cost: tenant.Cost{Time: 1, Memory: 64, Threads: 1}, FactorRequired: true, ProviderOnly: by.Only, Keys: passkey.Keys{Portal: passkey.Host(base), Console: passkey.Host(base)}})
	must(t, w.svc.EnsureHouse(t.Context(), "見守りセンター"))
	var err error
	role := tenant.RoleOperator
	if !staff {
		role = tenant.RoleOwner
		w.company, err = w.svc.CreateCompany(t.Context(), "system", tenant.Company{Name: "株式会社佐藤製作所", Passphrase: "みかん山"})
		must(t, err)
	}
	w.owner = w.person(tenant.Person{TenantID: w.company, Email: "hanako@sato.example", Name: "佐藤 花子", Role: role, Mails: true})
	texts, err := text.Load()
	must(t, err)
	keys, err := passkey.New(passkey.Config{Store: s, Tenants: w.svc, Clock: w.clock}).Face(passkey.FaceConfig{Base: base, Name: "お助け隊", Staff: staff})
	must(t, err)
	var provider *oidc.Service
	if by.Tenants = w.svc; w.by != nil {
		provider, err = oidc.New(by)
		must(t, err)
	}
	static, err := ui.NewAssets("", fstest.MapFS{}, nil, "")
	must(t, err)
	g, err := ui.NewGate(ui.GateConfig{Accounts: w.svc, Texts: texts, Assets: static, Base: base, Cookie: "portal", Staff: staff, Site: "portal.site", Lead: "portal.login_lead", Phone: "050-1234-5678", Passkeys: keys, Provider: provider, Clock: w.clock, Log: slog.New(slog.DiscardHandler)})
	must(t, err)
	w.glass = letin.New(letin.Config{Store: s, Tenants: w.svc, Clock: w.clock})
	pages, err := account.New(account.Config{Service: w.svc, Gate: g, Glass: w.glass, Host: base.Host, Staff: staff, Clock: w.clock, Begin: func(v *ui.Visit, title, here string) (ui.Base, error) {
		b := g.Base(v.Request, v.Texts, v.CSRF)
		b.Title, b.Owner = v.T(title), "株式会社佐藤製作所"
		b.Nav = []ui.NavItem{{Label: v.T("portal.nav_home"), URL: "/"}, {Label: v.T("login.nav_people"), URL: "/people", Current: here == "/people"}}
		return b, nil
	}})
	must(t, err)
	r := ui.NewRouter(g, "", static)
	r.Page(ui.Reader, "GET /{$}", func(w http.ResponseWriter, v *ui.Visit) error { _, err := io.WriteString(w, "home"); return err })
	pages.Routes(r)
	w.face = r.Face(base)
	return w
}

func schemas() []store.Schema {
	return []store.Schema{tenant.Schema(), job.Schema(), passkey.Schema(), oidc.Schema()}
}

func each(t *testing.T, staff bool, f func(w *world)) {
	t.Helper()
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) { f(open(t, s, staff)) }, schemas()...)
}

func (w *world) person(p tenant.Person) string {
	w.Helper()
	id, err := w.svc.AddPerson(w.Context(), "system", p)
	must(w.T, err)
	if !w.svc.Passwordless(p.Role) {
		must(w.T, w.svc.SetPassword(w.Context(), "system", p.TenantID, id, word))
	}
	return id
}

// do makes a request with the cookie of this browser.
func (w *world) do(method, path string, form url.Values, agent string) (int, string, string) {
	w.Helper()
	r := httptest.NewRequestWithContext(w.Context(), method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("User-Agent", agent)
	if w.cookie != "" {
		r.AddCookie(&http.Cookie{Name: "portal", Value: w.cookie})
	}
	for name, value := range w.jar {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	rec := httptest.NewRecorder()
	w.face.ServeHTTP(rec, r)
	for _, c := range rec.Result().Cookies() {
		if c.Name == "portal" {
			w.cookie = c.Value
		} else if c.MaxAge >= 0 {
			w.jar[c.Name] = c.Value
		} else {
			delete(w.jar, c.Name)
		}
	}
	return rec.Code, rec.Header().Get("Location"), html.UnescapeString(rec.Body.String())
}

func (w *world) get(path string) string {
	w.Helper()
	status, to, body := w.do(http.MethodGet, path, nil, windows)
	if status != http.StatusOK {
		w.Fatalf("GET %s: %d %s", path, status, to)
	}
	return body
}

var token = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

// post sends a form of a page with its token, and says where it leads or what it shows.
func (w *world) post(page, path string, pairs ...string) (int, string, string) {
	w.Helper()
	form := url.Values{}
	_, _, body := w.do(http.MethodGet, page, nil, windows)
	if m := token.FindStringSubmatch(body); m != nil {
		form.Set("csrf", m[1])
	}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return w.do(http.MethodPost, path, form, windows)
}

func (w *world) login(email, password, agent string) (int, string) {
	w.Helper()
	w.cookie = ""
	status, to, _ := w.do(http.MethodPost, "/login", url.Values{"email": {email}, "password": {password}}, agent)
	return status, to
}

// ends says that a form led somewhere.
func (w *world) ends(want string) func(int, string, string) {
	return func(status int, to, body string) {
		w.Helper()
		if status != http.StatusSeeOther || to != want {
			w.Errorf("%d %q, want to get to %s: %.300s", status, to, want, words(body))
		}
	}
}

// refuses says that a form came back with a reason, beside its field and in the summary,
// which has the focus; what was typed is still there.
func (w *world) refuses(field, why, typed string) func(int, string, string) {
	return func(status int, _, body string) {
		w.Helper()
		for _, part := range []string{`role="alert" tabindex="-1" autofocus`, `<a href="#` + field + `">` + why, `id="` + field + `-error">` + why, `aria-invalid="true"`, typed} {
			if status != http.StatusUnprocessableEntity || !strings.Contains(body, part) {
				w.Errorf("%d, without %q: %s", status, part, words(body))
			}
		}
	}
}

func (w *world) says(body string, want ...string) {
	w.Helper()
	for _, s := range want {
		if !strings.Contains(words(body), s) {
			w.Errorf("no %q in %s", s, words(body))
		}
	}
	for _, bad := range []string{"login.", "portal.", "common."} {
		if strings.Contains(words(strings.ReplaceAll(body, "portal.example", "")), bad) {
			w.Errorf("a text is missing (%s): %s", bad, words(body))
		}
	}
}

var tags = regexp.MustCompile(`(?s)<svg.*?</svg>|<[^>]*>`)

func words(body string) string {
	return strings.Join(strings.Fields(tags.ReplaceAllString(body, " ")), " ")
}

// enrol sets up the second factor by the pages.
func (w *world) enrol() (secret []byte, codes []string) {
	w.Helper()
	w.ends("/account/factor")(w.post("/account/factor", "/account/factor/begin", "old", word))
	body := w.get("/account/factor")
	if !strings.Contains(body, `<svg class="qr"`) {
		w.Error("no QR code")
	}
	x, err := w.svc.SessionByToken(w.Context(), w.cookie)
	must(w.T, err)
	secret, err = w.svc.FactorSecret(w.Context(), x)
	must(w.T, err)
	w.says(body, totp.Text(secret))
	w.refuses("code", "コードが違うか", totp.Text(secret))(w.post("/account/factor", "/account/factor", "code", "000000"))
	status, _, body := w.post("/account/factor", "/account/factor", "code", w.code(secret))
	if status != http.StatusOK {
		w.Fatalf("confirm: %d %s", status, words(body))
	}
	for _, m := range regexp.MustCompile(`<li>([A-Z2-7]{5}-[A-Z2-7]{5})</li>`).FindAllStringSubmatch(body, -1) {
		codes = append(codes, m[1])
	}
	if len(codes) != tenant.RecoveryCodes {
		w.Fatalf("%d codes", len(codes))
	}
	return secret, codes
}

func (w *world) code(secret []byte) string { return totp.Code(secret, totp.Step(w.clock.Now())) }

func TestLoginInTwoSteps(t *testing.T) {
	each(t, false, func(w *world) {
		w.login("hanako@sato.example", word, windows)
		secret, codes := w.enrol()
		w.says(w.get("/account"), "使っています", "あと 10 個")
		w.clock.Advance(time.Minute)
		if status, to := w.login("hanako@sato.example", word, windows); status != http.StatusSeeOther || to != "/login/code?next=" {
			w.Fatalf("%d %s", status, to)
		}
		for _, path := range []string{"/", "/account", "/people", "/account/factor"} { // half a session opens nothing
			if status, to, _ := w.do(http.MethodGet, path, nil, windows); status != http.StatusSeeOther || !strings.HasPrefix(to, "/login/code") {
				w.Errorf("%s with half a session: %d %s", path, status, to)
			}
		}
		if status, _, _ := w.do(http.MethodPost, "/login/code", url.Values{"code": {w.code(secret)}}, windows); status != http.StatusForbidden {
			w.Errorf("without the form's token: %d", status)
		}
		status, _, body := w.post("/login/code", "/login/code", "code", "000000")
		if status != http.StatusUnprocessableEntity || !strings.Contains(body, "コードが違うか") {
			w.Errorf("wrong code: %d", status)
		}
		half := w.cookie
		w.ends("/people")(w.post("/login/code", "/login/code", "code", w.code(secret), "next", "/people"))
		if half == w.cookie {
			w.Error("the token did not change")
		}
		w.get("/account")
		w.login("hanako@sato.example", word, windows)
		w.ends("/")(w.post("/login/code", "/login/code", "code", codes[0], "next", "//evil.example"))
		w.refuses("code", "コードが違うか", "")(w.post("/account", "/account/factor/off", "code", codes[0]))
		w.ends("/account?said=factor_off")(w.post("/account", "/account/factor/off", "code", codes[1]))
	})
}

func TestStaffWithoutSecondFactorComeToItOnly(t *testing.T) {
	each(t, true, func(w *world) {
		w.login("hanako@sato.example", word, windows)
		w.says(w.get("/account"), "11月28日(土) までに設定してください")
		w.get("/")
		w.clock.Advance(tenant.FactorGrace)
		w.login("hanako@sato.example", word, windows)
		for _, path := range []string{"/", "/people"} {
			if status, to, _ := w.do(http.MethodGet, path, nil, windows); status != http.StatusSeeOther || to != "/account/factor" {
				w.Errorf("%s: %d %s", path, status, to)
			}
		}
		w.says(w.get("/account/factor"), "センターの担当者には、確認コードが必要です")
		_, codes := w.enrol()
		w.get("/people")
		if status, _, _ := w.post("/account", "/account/factor/off", "code", codes[0]); status != http.StatusForbidden {
			w.Errorf("staff took it off: %d", status)
		}
	})
}

func TestSessionsAndPassword(t *testing.T) {
	each(t, false, func(w *world) {
		w.login("hanako@sato.example", word, iPhone)
		phone := w.cookie
		w.login("hanako@sato.example", word, windows)
		w.says(w.get("/account"), "iPhone の Safari", "Windows の Edge", "この機器", "192.0.2.1", "11月21日(土) 14:30", "責任者")
		x, err := w.svc.SessionByToken(w.Context(), phone)
		must(w.T, err)
		if status, _, _ := w.do(http.MethodPost, "/account/sessions", url.Values{"session": {x.ID}}, windows); status != http.StatusForbidden {
			w.Errorf("without the form's token: %d", status)
		}
		w.refuses("end-secret", "いまのパスワードが違う", "")(w.post("/account", "/account/sessions", "session", x.ID))
		w.refuses("end-secret", "いまのパスワードが違う", "")(w.post("/account", "/account/sessions", "session", x.ID, "end-secret", "wrong word"))
		if _, err := w.svc.SessionByToken(w.Context(), phone); err != nil {
			w.Errorf("a stolen cookie ended the telephone's: %v", err)
		}
		w.ends("/account?said=ended")(w.post("/account", "/account/sessions", "session", x.ID, "end-secret", word))
		if _, err := w.svc.SessionByToken(w.Context(), phone); err == nil {
			w.Error("the telephone is still logged in")
		}
		w.refuses("old", "いまのパスワードが違う", "")(w.post("/account", "/account/password", "old", "wrong word", "password", word+"2"))
		w.refuses("password", "パスワードが短すぎます", "")(w.post("/account", "/account/password", "old", word, "password", "short"))
		w.ends("/account?said=password")(w.post("/account", "/account/password", "old", word, "password", word+"2"))
		w.says(w.get("/account?said=password"), "パスワードを変えました")
		if status, _ := w.login("hanako@sato.example", word, windows); status != http.StatusUnprocessableEntity {
			w.Errorf("the old password works: %d", status)
		}
	})
}

// Who looks after the people ends all sessions of somebody; it is recorded and told. Nobody else can, nor for another company.
func TestSomebodyElseIsLoggedOut(t *testing.T) {
	each(t, false, func(w *world) {
		id := w.person(tenant.Person{TenantID: w.company, Email: "taro@sato.example", Name: "佐藤 太郎", Role: tenant.RoleMember})
		w.login("taro@sato.example", word, iPhone)
		phone := w.cookie
		if status, _, _ := w.post("/account", "/people/"+id+"/sessions"); status != http.StatusForbidden {
			w.Errorf("a member may: %d", status)
		}
		w.login("hanako@sato.example", word, windows)
		w.says(w.get("/people/"+id), "ログインを終わらせる")
		if status, _, _ := w.post("/account", "/people/nobody/sessions"); status != http.StatusNotFound {
			w.Errorf("nobody: %d", status)
		}
		w.ends("/people?said=out")(w.post("/people/"+id, "/people/"+id+"/sessions"))
		w.says(w.get("/people?said=out"), "すべての機器でログインを終わらせました")
		if _, err := w.svc.SessionByToken(w.Context(), phone); !errors.Is(err, tenant.ErrNoSession) {
			w.Errorf("still in: %v", err)
		}
		entries, err := w.svc.AuditLog(w.Context(), w.company, 1)
		if err != nil || len(entries) != 1 || entries[0].Action != "person.sessions_ended" || entries[0].Object != id {
			w.Errorf("%+v, %v", entries, err)
		}
		var told int
		must(w.T, w.store.Read(w.Context(), w.company, func(tx *store.Tx) error {
			return tx.QueryRow(`SELECT count(*) FROM job WHERE owner = $1 AND kind = $2 AND args LIKE '%sessions_ended%'`, tenant.KindTell).Scan(&told)
		}))
		if told != 1 {
			w.Errorf("told %d times", told)
		}
	})
}

func TestInvitationFromEndToEnd(t *testing.T) {
	each(t, false, func(w *world) {
		w.login("hanako@sato.example", word, windows)
		w.refuses("email", "メールアドレスの形が違う", `value="佐藤 次郎"`)(w.post("/people", "/people", "name", "佐藤 次郎", "email", "jiro", "role", "member"))
		w.refuses("name", "お名前を入れて", `value="jiro@sato.example"`)(w.post("/people", "/people", "name", " ", "email", "jiro@sato.example", "role", "member"))
		w.refuses("email", "この方は、もうメンバーです", "")(w.post("/people", "/people", "name", "x", "email", "hanako@sato.example", "role", "member"))
		for _, role := range []string{"operator", "", "root"} {
			if status, _, _ := w.post("/people", "/people", "name", "x", "email", "jiro@sato.example", "role", role); status != http.StatusBadRequest {
				w.Errorf("role %q: %d", role, status)
			}
		}
		w.ends("/people?said=invited")(w.post("/people", "/people", "name", "佐藤 次郎", "email", "jiro@sato.example", "role", "member", "mails", "1"))
		w.says(w.get("/people"), "返事を待っている招待", "jiro@sato.example", "担当者")
		all, err := w.svc.Invites(w.Context(), w.company)
		must(w.T, err)
		token, err := w.svc.NewLoginLink(w.Context(), w.company, tenant.TellInvite, all[0].ID, all[0].Expires)
		must(w.T, err)
		owner := w.cookie
		w.cookie = ""
		for range 3 { // scanners
			w.says(w.get("/join/"+token), "「株式会社佐藤製作所」のメンバーに招待されています", "jiro@sato.example")
		}
		w.refuses("password", "よく使われる言葉", `value="佐藤 次郎"`)(w.do(http.MethodPost, "/join/"+token, url.Values{"name": {"佐藤 次郎"}, "password": {"1234567890"}}, windows))
		status, _, body := w.do(http.MethodPost, "/join/"+token, url.Values{"name": {"佐藤 次郎"}, "password": {word}}, windows)
		if status != http.StatusOK {
			w.Fatalf("%d %s", status, words(body))
		}
		w.says(body, "メンバーになりました")
		if status, _, _ := w.do(http.MethodGet, "/join/"+token, nil, windows); status != http.StatusNotFound {
			w.Errorf("the link works twice: %d", status)
		}
		w.login("jiro@sato.example", word, windows)
		w.says(w.get("/people"), "変えられるのは責任者です")
		if status, _, _ := w.post("/account", "/people", "name", "x", "email", "x@sato.example", "role", "owner"); status != http.StatusForbidden {
			w.Errorf("a member invites: %d", status)
		}
		member := w.cookie
		people, err := w.svc.People(w.Context(), w.company)
		must(w.T, err)
		jiro := "/people/" + people[1].ID
		w.cookie = owner
		w.ends("/people?said=changed")(w.post(jiro, jiro, "role", "readonly"))
		status, _, body = w.post("/people", "/people/"+w.owner+"/remove")
		if status != http.StatusUnprocessableEntity || !strings.Contains(body, "先に、ほかの方を責任者にしてください") {
			w.Errorf("the last owner: %d", status)
		}
		w.ends("/people?said=removed")(w.post(jiro, jiro+"/remove"))
		w.cookie = member
		if status, to, _ := w.do(http.MethodGet, "/people", nil, windows); status != http.StatusSeeOther || !strings.HasPrefix(to, "/login") {
			w.Errorf("somebody who left is in: %d %s", status, to)
		}
	})
}

// An invitation of the centre is none of the portal, and the other way round.
func TestInvitationsStayWithTheirFace(t *testing.T) {
	each(t, false, func(w *world) {
		id, err := w.svc.Invite(w.Context(), "x", tenant.Person{TenantID: tenant.House, Email: "desk@centre.example", Name: "窓口", Role: tenant.RoleDesk})
		must(w.T, err)
		token, err := w.svc.NewLoginLink(w.Context(), tenant.House, tenant.TellInvite, id, w.clock.Now().Add(time.Hour))
		must(w.T, err)
		if status, _, _ := w.do(http.MethodGet, "/join/"+token, nil, windows); status != http.StatusNotFound {
			w.Errorf("%d", status)
		}
	})
}

func TestRecoveryFromEndToEnd(t *testing.T) {
	each(t, false, func(w *world) {
		op := w.person(tenant.Person{TenantID: tenant.House, Email: "op@centre.example", Name: "山田", Role: tenant.RoleOperator})
		r, err := w.svc.StartRecovery(w.Context(), tenant.Session{PersonID: op, TenantID: tenant.House, Role: tenant.RoleOperator, Staff: true}, w.company, w.owner, false, "合言葉を確認")
		must(w.T, err)
		link := func(kind string) string {
			token, err := w.svc.NewLoginLink(w.Context(), w.company, kind, r.ID, r.Expires)
			must(w.T, err)
			return "/recover/" + token
		}
		take, stop := link(tenant.TellRecovery), link(tenant.LinkCancel)+"/stop"
		w.says(w.get(take), "まだ使えません", "2026年11月21日(土) 15:30 から使えます")
		w.says(w.get(stop), "手続きを止めますか")
		w.clock.Advance(time.Hour)
		w.says(w.get(take), "新しいパスワードを決めてください")
		w.refuses("password", "パスワードが短すぎます", "")(w.do(http.MethodPost, take, url.Values{"password": {"x"}}, windows))
		status, _, body := w.do(http.MethodPost, take, url.Values{"password": {word + "3"}}, windows)
		if status != http.StatusOK {
			w.Fatalf("%d %s", status, words(body))
		}
		w.says(body, "パスワードを決めました")
		if status, to := w.login("hanako@sato.example", word+"3", windows); status != http.StatusSeeOther || to != "/" {
			w.Errorf("%d %s", status, to)
		}
		w.says(w.get(stop), "もう終わっています")
		r, err = w.svc.StartRecovery(w.Context(), tenant.Session{PersonID: op, TenantID: tenant.House, Role: tenant.RoleOperator, Staff: true}, w.company, w.owner, true, "合言葉を確認")
		must(w.T, err)
		take, stop = link(tenant.TellRecovery), link(tenant.LinkCancel)+"/stop"
		_, _, body = w.do(http.MethodPost, stop, nil, windows)
		w.says(body, "止めました")
		w.clock.Advance(25 * time.Hour)
		w.says(w.get(take), "もう終わっています")
	})
}

func TestSharesPage(t *testing.T) {
	each(t, false, func(w *world) {
		parent, err := w.svc.CreateCompany(w.Context(), "system", tenant.Company{Name: "佐藤ホールディングス"})
		must(w.T, err)
		w.login("hanako@sato.example", word, windows)
		w.says(w.get("/people"), w.company)
		w.refuses("number", "この番号の会社が見つかりません", `value="nobody"`)(w.post("/shares", "/shares", "number", "nobody", "until", "2027-01-31", "kind", "figures"))
		w.refuses("until", "今日から1年先まで", parent)(w.post("/shares", "/shares", "number", parent, "until", "2029-01-31", "kind", "figures"))
		if status, _, body := w.post("/shares", "/shares", "number", parent, "until", "2027-01-31"); status != http.StatusUnprocessableEntity || !strings.Contains(body, "見せるものを選んで") {
			w.Errorf("nothing chosen: %d", status)
		}
		w.ends("/shares?said=shared")(w.post("/shares", "/shares", "number", parent, "until", "2027-01-31", "kind", "figures", "kind", "boxes"))
		w.says(w.get("/shares"), "佐藤ホールディングス", "攻撃の件数 / ボックスが動いているか", "2027年1月31日")
		must(w.T, w.svc.Shared(w.Context(), parent, w.company, tenant.ShareBoxes))
		all, err := w.svc.Shares(w.Context(), w.company)
		must(w.T, err)
		w.ends("/shares?said=unshared")(w.post("/shares", "/shares/end", "share", all[0].ID))
		if err := w.svc.Shared(w.Context(), parent, w.company, tenant.ShareBoxes); err == nil {
			w.Error("still shared")
		}
	})
}

func TestColleaguesLoginIsRecovered(t *testing.T) {
	each(t, true, func(w *world) {
		id := w.person(tenant.Person{TenantID: tenant.House, Email: "desk@centre.example", Name: "窓口", Role: tenant.RoleDesk})
		w.login("hanako@sato.example", word, windows)
		page := "/people/" + id
		w.refuses("why", "", `value="x"`)(w.post(page, page+"/recover", "why", "x"))
		w.ends("/people?said=recovering")(w.post(page, page+"/recover", "why", "隣の席で確認", "factor", "1"))
		all, err := w.svc.Recoveries(w.Context(), tenant.House)
		if err != nil || len(all) != 1 || !all[0].Factor {
			w.Errorf("%v %v", all, err)
		}
	})
}

func TestBrowsersInPlainWords(t *testing.T) {
	each(t, false, func(w *world) {
		for agent, want := range map[string]string{
			iPhone: "iPhone の Safari", windows: "Windows の Edge", "": "不明な機器", "curl/8.0": "不明な機器",
			"Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/131.0.0.0 Mobile Safari/537.36": "Android の Chrome",
			"Mozilla/5.0 (Macintosh; Intel Mac OS X 14.7; rv:133.0) Gecko/20100101 Firefox/133.0":               "Mac の Firefox",
			"<script>alert(1)</script> Windows":    "Windows",
			strings.Repeat("x", 5000) + " Windows": "不明な機器",
		} {
			w.login("hanako@sato.example", word, agent)
			if body := w.get("/account"); !strings.Contains(words(body), fmt.Sprintf("%s この機器", want)) {
				w.Errorf("%.60q: no %q in %s", agent, want, words(body))
			}
		}
	})
}
