package discovery_test

import (
	"context"
	"fmt"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/device"
	"otasuke/centre/internal/discovery"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/knowledge"
	"otasuke/centre/internal/policy"
	"otasuke/centre/internal/question"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	pages "otasuke/centre/internal/ui/discovery"
	"otasuke/centre/internal/ui/stage"
	"otasuke/content/apps"
	"otasuke/content/text"
	"otasuke/internal/clock"
	"otasuke/wire"
)

const word = "correct horse battery staple"

// start is Saturday 28 November 2026, 09:10 in Japan.
var start = time.Date(2026, 11, 28, 0, 10, 0, 0, time.UTC)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// world is the console's pages with real rooms behind them, and a company with a case.
type world struct {
	*testing.T
	store   *store.Store
	clock   *clock.Fake
	tenants *tenant.Service
	alerts  *alert.Service
	svc     *discovery.Service
	face    *ui.Face
	company string
	alert   alert.Alert
}

func open(t *testing.T, s *store.Store) *world {
	t.Helper()
	w := &world{T: t, store: s, clock: clock.NewFake(start)}
	w.tenants = tenant.New(tenant.Config{Store: s, Clock: w.clock, FactorRequired: false, Cost: tenant.Cost{Time: 1, Memory: 64, Threads: 1}})
	must(t, w.tenants.EnsureHouse(t.Context(), "みなと商工会議所"))
	known, err := knowledge.Load()
	must(t, err)
	texts, err := text.Load()
	must(t, err)
	catalogue, err := apps.Load()
	must(t, err)
	w.alerts = alert.New(alert.Config{Store: s, Classifier: known, Clock: w.clock})
	guard, err := discovery.NewGuard(catalogue, "https://console.example.jp")
	must(t, err)
	w.svc = discovery.New(discovery.Config{Store: s, Guard: guard, Ask: question.New(s, w.clock).Ask, Clock: w.clock})
	w.guest(pages.Staff(pages.Config{Service: w.svc, Check: guard.Check, Alert: w.alerts.Get, Companies: w.tenants, Texts: texts, Clock: w.clock}))
	w.company, err = w.tenants.CreateCompany(t.Context(), "system", tenant.Company{Name: "株式会社佐藤製作所", Lang: "ja"})
	must(t, err)
	for _, p := range []tenant.Person{{Email: "noda@minato.example", Name: "野田 三郎", Role: tenant.RoleOperator}, {Email: "hara@minato.example", Name: "原 京子", Role: tenant.RoleAnalyst}, {Email: "audit@minato.example", Name: "監査", Role: tenant.RoleAuditor}} {
		p.TenantID = tenant.House
		id, err := w.tenants.AddPerson(t.Context(), "system", p)
		must(t, err)
		must(t, w.tenants.SetPassword(t.Context(), "system", p.TenantID, id, word))
	}
	w.events()
	return w
}

func (w *world) guest(g ui.Guest) {
	w.Helper()
	w.face = stage.Face(w.T, stage.Config{Accounts: w.tenants, Clock: w.clock, Guest: g, Site: "console", Staff: true})
}

// events make a case of a PC that opened a false bank, and a search engine before.
func (w *world) events() {
	w.Helper()
	flow := wire.Flow{Proto: "TCP", Src: netip.MustParseAddr("192.168.1.23"), SrcPort: 50000, Dst: netip.MustParseAddr("203.0.113.5"), DstPort: 80}
	rule := &wire.Rule{GID: 1, SID: 2000001, Rev: 3, Msg: "false bank", Family: "phishing"}
	must(w.T, w.store.Write(w.Context(), w.company, func(tx *store.Tx) error {
		var all []alert.Incoming
		for i, u := range []string{"www.google.co.jp/search?q=bank", "login.evil.example/bank?id=<b>"} {
			all = append(all, alert.Incoming{BoxID: "box", DeviceID: "d", DeviceName: "PC", DeviceAddr: "192.168.1.23", Event: &wire.Event{ID: fmt.Sprintf("%026d", i), Time: w.clock.Now(), Kind: wire.KindIPS, Verdict: wire.VerdictPassed, Direction: wire.Outbound, Flow: flow, Rule: rule, App: "http", URL: u}})
		}
		return w.alerts.Record(tx, all)
	}))
	all, err := w.alerts.List(w.Context(), w.company, alert.Filter{Limit: 1})
	must(w.T, err)
	w.alert = all[0]
}

// person is somebody of the staff with a browser.
type person struct {
	*world
	cookie, csrf string
}

func (w *world) login(email string) *person {
	w.Helper()
	p := &person{world: w}
	rec := p.do(http.MethodPost, "/login", url.Values{"email": {email}, "password": {word}})
	for _, c := range rec.Result().Cookies() {
		if c.Name == "s" {
			p.cookie = c.Value
		}
	}
	s, err := w.tenants.SessionByToken(w.Context(), p.cookie)
	must(w.T, err)
	p.csrf = s.CSRF
	return p
}

func (p *person) do(method, path string, form url.Values) *httptest.ResponseRecorder {
	if form != nil {
		form.Set("csrf", p.csrf)
	}
	r := httptest.NewRequestWithContext(p.Context(), method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.AddCookie(&http.Cookie{Name: "s", Value: p.cookie})
	r.AddCookie(&http.Cookie{Name: "lang", Value: "ja"})
	rec := httptest.NewRecorder()
	p.face.ServeHTTP(rec, r)
	return rec
}

// page asks for a page and reads it.
func (p *person) page(status int, path string, form url.Values, want ...string) string {
	p.Helper()
	method := http.MethodGet
	if form != nil {
		method = http.MethodPost
	}
	rec := p.do(method, path, form)
	body := html.UnescapeString(rec.Body.String())
	if rec.Code != status {
		p.Errorf("%s: %d %s, want %d", path, rec.Code, rec.Header().Get("Location"), status)
	}
	for _, w := range want {
		if !strings.Contains(body, w) {
			p.Errorf("%s does not say %q:\n%s", path, w, body)
		}
	}
	return rec.Header().Get("Location")
}

func schemas() []store.Schema {
	return []store.Schema{tenant.Schema(), job.Schema(), device.Schema(), alert.Schema(), question.Schema(), policy.Schema(), discovery.Schema()}
}

// The whole way: an analyst proposes what a case shows, an operator looks at what it would do, confirms, renews and takes it
// back. What everybody needs is not offered, and says why.
func TestFromACaseToEveryCompany(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		w := open(t, s)
		hara, noda := w.login("hara@minato.example"), w.login("noda@minato.example")
		propose := "/cases/" + w.company + "/" + w.alert.ID + "/discovery"
		hara.page(http.StatusOK, propose, nil, `value="name login.evil.example"`, "偽のサイト", "全社では止められないもの", "「google.co.jp」は、多くの会社が毎日の仕事で使います")
		form := func(what string) url.Values {
			return url.Values{"what": {what}, "kind": {"name"}, "category": {"phishing"}, "days": {"30"}, "why": {"銀行に確かめた"}}
		}
		bad := form("other")
		bad.Set("value", "https://www.google.com/a")
		hara.page(http.StatusUnprocessableEntity, propose, bad, "毎日の仕事で使います", `value="https://www.google.com/a"`, "銀行に確かめた")
		bad = form("name login.evil.example")
		bad.Set("why", "x")
		hara.page(http.StatusUnprocessableEntity, propose, bad, "理由を4〜200文字で書いてください")
		bad = form("name login.evil.example")
		bad.Set("days", "365")
		hara.page(http.StatusUnprocessableEntity, propose, bad, "1日から90日まで")
		at, _, _ := strings.Cut(hara.page(http.StatusSeeOther, propose, form("name login.evil.example")), "?")
		if !strings.HasPrefix(at, "/discoveries/") {
			t.Fatal(at)
		}
		hara.page(http.StatusUnprocessableEntity, propose, form("name login.evil.example"), "すでに止められているか", at)
		hara.page(http.StatusOK, at, nil, "login.evil.example", "確認待ち", "決めるのは、管理者です", "提案しました", "原 京子")
		if rec := hara.do(http.MethodPost, at, url.Values{"do": {"confirm"}, "why": {"銀行に確かめた"}}); rec.Code != http.StatusForbidden {
			t.Errorf("an analyst confirms: %d", rec.Code)
		}
		noda.page(http.StatusUnprocessableEntity, at, url.Values{"do": {"confirm"}, "why": {""}}, "理由を4〜200文字")
		noda.page(http.StatusBadRequest, at, url.Values{"do": {"everything"}, "why": {"銀行に確かめた"}})
		noda.page(http.StatusSeeOther, at, url.Values{"do": {"confirm"}, "why": {"電話でも確かめた"}})
		noda.page(http.StatusOK, at+"?said=confirmed", nil, "1分以内に届きます", "止めています", "電話でも確かめた", "野田 三郎", "まだ、どこでも止めていません")
		if _, stops, _, err := w.svc.Stops(t.Context()); err != nil || len(stops) != 1 || stops[0].Value != "login.evil.example" {
			t.Errorf("%+v %v", stops, err)
		}
		noda.page(http.StatusUnprocessableEntity, at, url.Values{"do": {"confirm"}, "why": {"もう一度押した"}}, "ほかの人が先に決めた")
		noda.page(http.StatusSeeOther, at, url.Values{"do": {"renew"}, "days": {"90"}, "why": {"まだ動いている"}})
		noda.page(http.StatusOK, "/discoveries", nil, "login.evil.example", "0 台のうち 0 台")
		noda.page(http.StatusSeeOther, at, url.Values{"do": {"withdraw"}, "why": {"銀行のものだった"}})
		noda.page(http.StatusOK, at, nil, "取り消しました", "銀行のものだった", "延ばしました")
		if _, stops, _, err := w.svc.Stops(t.Context()); err != nil || len(stops) != 0 {
			t.Errorf("%+v %v", stops, err)
		}
		entries, err := w.tenants.AuditLog(t.Context(), tenant.House, 20)
		must(t, err)
		if said := fmt.Sprint(entries); !strings.Contains(said, "discovery.confirm") || !strings.Contains(said, "discovery.withdraw") {
			t.Error("the house's record does not have it")
		}
		if entries, err = w.tenants.AuditLog(t.Context(), w.company, 20); err != nil || !strings.Contains(fmt.Sprint(entries), "全社で止めるため") {
			t.Error("the company's record does not say who looked", err)
		}
	}, schemas()...)
}

// Who only reads may not, a case is looked for in its own company alone, and what no page of ours sends does nothing.
func TestHostile(t *testing.T) {
	t.Parallel()
	w := open(t, mustOpen(t))
	audit, noda := w.login("audit@minato.example"), w.login("noda@minato.example")
	propose := "/cases/" + w.company + "/" + w.alert.ID + "/discovery"
	audit.page(http.StatusForbidden, propose, nil)
	audit.page(http.StatusOK, "/discoveries", nil, "いま全社で止めているものはありません")
	noda.page(http.StatusNotFound, "/cases/"+tenant.House+"/"+w.alert.ID+"/discovery", nil)
	noda.page(http.StatusNotFound, "/discoveries/nobody's", nil)
	noda.page(http.StatusNotFound, "/discoveries/nobody's", url.Values{"do": {"confirm"}, "why": {"銀行に確かめた"}})
	for _, what := range []string{"", "x", "name", "name co.jp", "everything evil.example", "name \xff\xfe", "file " + strings.Repeat("0", 70), strings.Repeat("a", 10_000)} {
		noda.page(http.StatusUnprocessableEntity, propose, url.Values{"what": {what}, "category": {"phishing"}, "days": {"30"}, "why": {"銀行に確かめた"}})
	}
	noda.csrf = "x"
	noda.page(http.StatusForbidden, propose, url.Values{"what": {"name evil.example"}, "category": {"phishing"}, "days": {"30"}, "why": {"銀行に確かめた"}})
	if all, err := w.svc.List(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("%+v %v", all, err)
	}
}

func mustOpen(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(context.WithoutCancel(t.Context()), store.Config{URL: storetest.SQLiteURL(t), Log: slog.New(slog.DiscardHandler)})
	must(t, err)
	t.Cleanup(func() { _ = s.Close() })
	must(t, s.Migrate(t.Context(), schemas()...))
	return s
}
