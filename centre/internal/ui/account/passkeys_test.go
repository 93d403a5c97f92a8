package account_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/passkey/softkey"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/totp"
)

// site is where browsers have passkeys without TLS.
const site = "http://localhost:8080"

// withKeys is a face at which there are passkeys.
func withKeys(t *testing.T, staff bool, f func(w *world)) {
	t.Helper()
	t.Parallel()
	base, err := url.Parse(site)
	must(t, err)
	storetest.Run(t, func(t *testing.T, s *store.Store) { f(openAt(t, s, staff, base)) }, schemas()...)
}

// addKey makes a passkey by the account's pages.
func (w *world) addKey(secret string) *softkey.Key {
	w.Helper()
	status, _, body := w.post("/account", "/account/passkeys", "key-name", "事務所の PC", "key-secret", secret)
	begin, end := strings.Index(body, `data-options="`), strings.Index(body, `" data-fault`)
	if status != http.StatusOK || begin < 0 || end < begin {
		w.Fatalf("no options: %d %.600s", status, body)
	}
	k := &softkey.Key{Still: true}
	answer, err := k.Create([]byte(body[begin+len(`data-options="`):end]), site)
	must(w.T, err)
	status, to, body := w.post("/account", "/account/passkeys/made", "key-name", "事務所の PC", "answer", answer)
	if status != http.StatusSeeOther || to != "/account?said=passkey_on" {
		w.Fatalf("%d %s %.600s", status, to, body)
	}
	return k
}

// prove answers what the script of a page asks for.
func (w *world) prove(path string, k *softkey.Key) string {
	w.Helper()
	answer, err := k.Prove([]byte(w.get(path)), site)
	must(w.T, err)
	return answer
}

func (w *world) passwordLogin() (int, string, string) {
	w.Helper()
	w.cookie = ""
	return w.do(http.MethodPost, "/login", url.Values{"email": {"hanako@sato.example"}, "password": {word}}, windows)
}

// From the first login with the password to one with a passkey, by the pages alone.
func TestPasskeyFromEndToEnd(t *testing.T) {
	withKeys(t, false, func(w *world) {
		if body := w.get("/login"); !strings.Contains(body, "パスキーでログイン") || !strings.Contains(body, `autocomplete="username webauthn"`) || !strings.Contains(body, `<script src="/static/passkey.`) {
			t.Error("the login page has no passkeys")
		}
		w.passwordLogin()
		offered := func(want bool, when string) {
			t.Helper()
			if got := strings.Contains(w.get("/people"), "次からは、指紋や顔でログインできます"); got != want {
				t.Errorf("%s: offered %v", when, got)
			}
		}
		offered(true, "after the first login")
		w.passwordLogin()
		offered(true, "nobody said that it was seen")
		if status, _, body := w.post("/account", "/account/passkeys/later", "seen", "1"); status != http.StatusNoContent || body != "" {
			t.Errorf("seen: %d", status)
		}
		offered(true, "on the other pages after that login")
		if status, to, _ := w.post("/account", "/account/passkeys/later", "back", "/people"); status != http.StatusSeeOther || to != "/people" {
			t.Errorf("%d %s", status, to)
		}
		if _, to, _ := w.post("/account", "/account/passkeys/later", "back", "https://evil.example/"); to != "/" {
			t.Errorf("leads to %s", to)
		}
		offered(false, "after saying not now")
		w.passwordLogin()
		offered(false, "at the next login")

		body := w.get("/account")
		if !strings.Contains(body, "Windows の Edge") || strings.Contains(body, "パスキーを作る") {
			t.Error("the page does not propose a name")
		}
		for _, one := range []struct{ name, secret, want string }{{"", word, "名前を入れてください"}, {"PC", "wrong password 1", "いまのパスワードが違うようです"}, {strings.Repeat("あ", 61), word, "60文字まで"}} {
			status, _, body := w.post("/account", "/account/passkeys", "key-name", one.name, "key-secret", one.secret)
			if status != http.StatusUnprocessableEntity || !strings.Contains(body, one.want) || strings.Contains(body, "data-options") || !strings.Contains(body, `value="`+one.name+`"`) {
				t.Errorf("%q with %q: %d", one.name, one.secret, status)
			}
		}
		k := w.addKey(word)
		if body := w.get("/account?said=passkey_on"); !strings.Contains(body, "パスキーを追加しました") || !strings.Contains(body, "事務所の PC") || !strings.Contains(body, "まだ使っていません") {
			t.Error("the passkey is not in the list")
		}
		if status, _, body := w.post("/account", "/account/passkeys/made", "key-name", "x", "answer", "{"); status != http.StatusUnprocessableEntity || !strings.Contains(body, "作れませんでした") {
			t.Errorf("an answer that is none: %d", status)
		}

		w.cookie = ""
		answer := w.prove("/login/passkey", k)
		browser := w.jar["portal-browser"]
		for name, value := range map[string]string{"none": "", "another": strings.Repeat("A", 22), "too long": strings.Repeat("A", 500)} {
			w.jar["portal-browser"] = value
			if status, _, body := w.do(http.MethodPost, "/login/passkey", url.Values{"answer": {answer}}, windows); status != http.StatusUnprocessableEntity || !strings.Contains(body, "もう一度お願いします") {
				t.Errorf("cookie %s: %d", name, status)
			}
		}
		w.jar["portal-browser"] = browser
		status, to, _ := w.do(http.MethodPost, "/login/passkey", url.Values{"answer": {answer}, "next": {"/people"}}, windows)
		if status != http.StatusSeeOther || to != "/people" || w.cookie == "" {
			t.Fatalf("%d %s", status, to)
		}
		if !strings.Contains(w.get("/people"), "佐藤 花子") {
			t.Error("not inside")
		}
		again := w.cookie
		w.cookie = ""
		if status, _, body := w.do(http.MethodPost, "/login/passkey", url.Values{"answer": {answer}}, windows); status != http.StatusUnprocessableEntity || w.cookie != "" || !strings.Contains(body, "もう一度お願いします") {
			t.Errorf("the same again: %d", status)
		}
		for _, bad := range []string{"", "x", strings.Repeat("x", 20<<10)} {
			if status, _, body := w.do(http.MethodPost, "/login/passkey", url.Values{"answer": {bad}}, windows); status != http.StatusUnprocessableEntity || !strings.Contains(body, "このパスキーではログインできませんでした") || !strings.Contains(body, `name="password"`) {
				t.Errorf("%.10q: %d", bad, status)
			}
		}
		if status, _, _ := w.do(http.MethodPost, "/login/passkey", url.Values{"answer": {strings.Repeat("x", 100<<10)}}, windows); status >= http.StatusInternalServerError {
			t.Errorf("a huge answer: %d", status)
		}
		w.cookie = again
		w.owned(k)
	})
}

var keyPage = regexp.MustCompile(`href="(/account/passkeys/[0-9a-f]{64})"`)

// owned names a passkey and takes it away; a colleague finds none.
func (w *world) owned(k *softkey.Key) {
	t := w.T
	t.Helper()
	m := keyPage.FindStringSubmatch(w.get("/account"))
	if m == nil {
		t.Fatal("no page of the passkey")
	}
	page, mine := m[1], w.cookie
	w.person(tenant.Person{TenantID: w.company, Email: "jiro@sato.example", Name: "佐藤 次郎", Role: tenant.RoleMember})
	w.cookie = ""
	w.do(http.MethodPost, "/login", url.Values{"email": {"jiro@sato.example"}, "password": {word}}, windows)
	for _, path := range []string{page, page + "/remove"} {
		if status, _, _ := w.post("/account", path, "key-name", "x", "key-secret", word); status != http.StatusNotFound {
			t.Errorf("a colleague at %s: %d", path, status)
		}
	}
	if status, _, body := w.do(http.MethodGet, page, nil, windows); status != http.StatusNotFound || strings.Contains(body, "事務所") {
		t.Errorf("a colleague looks: %d", status)
	}
	w.cookie = mine
	if status, _, body := w.post(page, page, "key-name", " "); status != http.StatusUnprocessableEntity || !strings.Contains(body, "名前を入れてください") {
		t.Errorf("no name: %d", status)
	}
	if status, to, _ := w.post(page, page, "key-name", "<b>電話</b>"); status != http.StatusSeeOther || to != "/account?said=passkey_name" {
		t.Errorf("%d %s", status, to)
	}
	if _, _, raw := w.do(http.MethodGet, page, nil, windows); !strings.Contains(raw, "<b>電話</b>") { // unescaped by do: it was text
		t.Error("the new name is not there")
	}
	if status, _, body := w.post(page, page+"/remove", "key-secret", "wrong password 1"); status != http.StatusUnprocessableEntity || !strings.Contains(body, "いまのパスワードが違うようです") {
		t.Errorf("without the password: %d", status)
	}
	if status, to, _ := w.post(page, page+"/remove", "key-secret", word); status != http.StatusSeeOther || to != "/account?said=passkey_off" {
		t.Errorf("%d %s", status, to)
	}
	w.cookie = ""
	if status, _, body := w.do(http.MethodPost, "/login/passkey", url.Values{"answer": {w.prove("/login/passkey", k)}}, windows); status != http.StatusUnprocessableEntity || !strings.Contains(body, "このパスキーではログインできませんでした") {
		t.Errorf("a removed passkey: %d", status)
	}
}

// Staff who must have a second factor may have a passkey for it, which is then asked for after the password.
func TestPasskeyAsSecondFactor(t *testing.T) {
	withKeys(t, true, func(w *world) {
		w.passwordLogin()
		w.clock.Advance(tenant.FactorGrace)
		w.passwordLogin()
		if status, to, _ := w.do(http.MethodGet, "/people", nil, windows); status != http.StatusSeeOther || to != "/account/factor" {
			t.Fatalf("after the week: %d %s", status, to)
		}
		if body := w.get("/account/factor"); !strings.Contains(body, "かわりに、パスキーも使えます") {
			t.Error("the page does not say that a passkey will do")
		}
		k := w.addKey(word)
		w.get("/people")
		_, to, _ := w.passwordLogin()
		if !strings.HasPrefix(to, "/login/code") {
			t.Fatalf("the password alone leads to %s", to)
		}
		body := w.get("/login/code?next=/people")
		if !strings.Contains(body, "パスキーを使う") || strings.Contains(body, `name="code"`) || strings.Contains(body, "次からは、指紋や顔で") {
			t.Error("the page asks for something else")
		}
		half := w.cookie
		if status, to, _ := w.do(http.MethodGet, "/people", nil, windows); status != http.StatusSeeOther || !strings.HasPrefix(to, "/login/code") {
			t.Errorf("half a login: %d %s", status, to)
		}
		answer := w.prove("/login/code/passkey", k)
		if status, _, _ := w.do(http.MethodPost, "/login/code/passkey", url.Values{"answer": {answer}}, windows); status != http.StatusForbidden {
			t.Errorf("without the form's token: %d", status)
		}
		if status, _, body := w.post("/login/code", "/login/code/passkey", "answer", "{}"); status != http.StatusUnprocessableEntity || !strings.Contains(body, "このパスキーではログインできませんでした") {
			t.Errorf("an answer that is none: %d", status)
		}
		if status, to, _ := w.post("/login/code", "/login/code/passkey", "answer", answer, "next", "/people"); status != http.StatusSeeOther || to != "/people" || w.cookie == half {
			t.Errorf("%d %s", status, to)
		}
		w.get("/people")
		m := keyPage.FindStringSubmatch(w.get("/account"))
		if status, _, body := w.post("/account", m[1]+"/remove", "key-secret", word); status != http.StatusUnprocessableEntity || !strings.Contains(body, "先に、別のパスキーを追加するか") {
			t.Errorf("the last one: %d", status)
		}
		w.cookie = ""
		if status, _, _ := w.do(http.MethodGet, "/login/code/passkey", nil, windows); status != http.StatusNotFound {
			t.Errorf("options for nobody: %d", status)
		}
		if status, to, _ := w.do(http.MethodPost, "/login/code/passkey", url.Values{"answer": {answer}}, windows); status != http.StatusSeeOther || to != "/login" {
			t.Errorf("an answer of nobody: %d %s", status, to)
		}
	})
}

// Who has an authenticator app confirms a new passkey by its code, and may use either at the second step.
func TestPasskeyBesideTheApp(t *testing.T) {
	withKeys(t, false, func(w *world) {
		w.passwordLogin()
		x, err := w.svc.SessionByToken(t.Context(), w.cookie)
		must(t, err)
		must(t, w.svc.BeginFactor(t.Context(), x, word))
		secret, err := w.svc.FactorSecret(t.Context(), x)
		must(t, err)
		_, err = w.svc.ConfirmFactor(t.Context(), x, totp.Code(secret, totp.Step(w.clock.Now())))
		must(t, err)
		if status, _, body := w.post("/account", "/account/passkeys", "key-name", "PC", "key-secret", word); status != http.StatusUnprocessableEntity || !strings.Contains(body, "コードが違うか") {
			t.Errorf("the password in place of the code: %d", status)
		}
		w.clock.Advance(30 * time.Second)
		k := w.addKey(totp.Code(secret, totp.Step(w.clock.Now())))
		w.passwordLogin()
		if body := w.get("/login/code"); !strings.Contains(body, "パスキーを使う") || !strings.Contains(body, `name="code"`) {
			t.Error("not both are offered")
		}
		if status, to, _ := w.post("/login/code", "/login/code/passkey", "answer", w.prove("/login/code/passkey", k)); status != http.StatusSeeOther || to != "/" {
			t.Errorf("%d %s", status, to)
		}
		w.cookie = ""
		if status, to, _ := w.do(http.MethodPost, "/login/passkey", url.Values{"answer": {w.prove("/login/passkey", k)}}, windows); status != http.StatusSeeOther || to != "/" {
			t.Errorf("a code is asked for after the passkey: %d %s", status, to)
		}
	})
}

// At a site without a name, or without TLS, there is nothing about passkeys, and nothing to break.
func TestNoPasskeysWhereBrowsersHaveNone(t *testing.T) {
	each(t, false, func(w *world) {
		if body := w.get("/login"); strings.Contains(body, "パスキー") || strings.Contains(body, "webauthn") || strings.Contains(body, "/static/passkey.") {
			t.Error("the login page offers passkeys")
		}
		w.passwordLogin()
		if body := w.get("/account"); strings.Contains(body, `id="passkeys"`) || strings.Contains(body, "/static/passkey.") {
			t.Error("the account's page offers passkeys")
		}
		if status, _, _ := w.do(http.MethodGet, "/login/passkey", nil, windows); status != http.StatusNotFound {
			t.Errorf("options: %d", status)
		}
		for _, path := range []string{"/account/passkeys", "/account/passkeys/made", "/account/passkeys/x", "/account/passkeys/x/remove"} {
			if status, _, _ := w.post("/account", path); status != http.StatusBadRequest {
				t.Errorf("%s: %d", path, status)
			}
		}
	})
}

// The password of who has two passkeys opens nothing any more, by the account's page, and opens again by it.
func TestPasskeysAlone(t *testing.T) {
	withKeys(t, false, func(w *world) {
		w.passwordLogin()
		if body := w.get("/account"); !strings.Contains(body, "パスキーが2個いります") || strings.Contains(body, "/account/passkeys/only") {
			t.Error("offered without passkeys")
		}
		if status, _, body := w.post("/account", "/account/passkeys/only", "only", "1", "only-secret", word); status != http.StatusUnprocessableEntity || !strings.Contains(body, "パスキーが2個いります") {
			t.Errorf("without passkeys: %d", status)
		}
		k := w.addKey(word)
		w.addKey(word)
		status, _, body := w.post("/account", "/account/passkeys/only", "only", "1", "only-secret", "wrong password 1")
		if status != http.StatusUnprocessableEntity || !strings.Contains(body, `href="#only-secret"`) || !strings.Contains(body, "いまのパスワードが違うようです") {
			t.Errorf("wrong password: %d", status)
		}
		if status, to, _ := w.post("/account", "/account/passkeys/only", "only", "1", "only-secret", word); status != http.StatusSeeOther || to != "/account?said=passkey_only_on" {
			t.Fatalf("%d %s", status, to)
		}
		if body := w.get("/account?said=passkey_only_on"); !strings.Contains(body, "パスワードで入れないようにしました") || !strings.Contains(body, "パスキーだけでログインします") {
			t.Error("the page does not say so")
		}
		inside := w.cookie
		status, _, right := w.passwordLogin()
		_, _, wrong := w.do(http.MethodPost, "/login", url.Values{"email": {"hanako@sato.example"}, "password": {"wrong password 1"}}, windows)
		if status != http.StatusUnprocessableEntity || w.cookie != "" || right != wrong {
			t.Errorf("by the password: %d, another page than a wrong one's: %v", status, right != wrong)
		}
		if status, to, _ := w.do(http.MethodPost, "/login/passkey", url.Values{"answer": {w.prove("/login/passkey", k)}}, windows); status != http.StatusSeeOther || to != "/" {
			t.Errorf("by a passkey: %d %s", status, to)
		}
		w.cookie = inside
		page := regexp.MustCompile(`/account/passkeys/[0-9a-f]{64}`).FindString(w.get("/account"))
		if status, _, body := w.post(page, page+"/remove", "key-secret", word); status != http.StatusUnprocessableEntity || !strings.Contains(body, "パスキーが2個いります") {
			t.Errorf("the one before the last: %d", status)
		}
		if status, to, _ := w.post("/account", "/account/passkeys/only", "only-secret", word); status != http.StatusSeeOther || to != "/account?said=passkey_only_off" {
			t.Errorf("off: %d %s", status, to)
		}
		if status, to, _ := w.passwordLogin(); status != http.StatusSeeOther || to != "/" {
			t.Errorf("by the password again: %d %s", status, to)
		}
	})
}
