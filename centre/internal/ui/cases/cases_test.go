package cases_test

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/knowledge"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/centre/internal/ui/cases"
	"otasuke/centre/internal/ui/stage"
	"otasuke/content/text"
	"otasuke/internal/clock"
	"otasuke/wire"
)

const word = "correct horse battery staple"

// start is Saturday 28 November 2026, 09:10 in Japan.
var start = time.Date(2026, 11, 28, 0, 10, 0, 0, time.UTC)

// world is the console's pages with real rooms behind them, and cases of several companies.
type world struct {
	*testing.T
	store     *store.Store
	clock     *clock.Fake
	tenants   *tenant.Service
	alerts    *alert.Service
	face      *ui.Face
	companies []string
	marked    []string // alerts whose rule was wrong
	n         int
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
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
	w.alerts = alert.New(alert.Config{Store: s, Classifier: known, Clock: w.clock})
	w.guest(cases.Staff(cases.Config{Alerts: w.alerts, Companies: w.tenants, Title: known.Title, Texts: texts, Misfire: w.mark, Book: known.Playbook()}))
	for i, name := range []string{"株式会社佐藤製作所", "Mori Trading", "田中商店"} {
		id, err := w.tenants.CreateCompany(t.Context(), "system", tenant.Company{Name: name, Lang: []tenant.Lang{"ja", "en", "ja"}[i]})
		must(t, err)
		w.companies = append(w.companies, id)
	}
	for _, p := range []tenant.Person{{TenantID: tenant.House, Email: "noda@minato.example", Name: "野田 三郎", Role: tenant.RoleDesk}, {TenantID: tenant.House, Email: "hara@minato.example", Name: "原 京子", Role: tenant.RoleAnalyst}, {TenantID: tenant.House, Email: "audit@minato.example", Name: "監査", Role: tenant.RoleAuditor}} {
		id, err := w.tenants.AddPerson(t.Context(), "system", p)
		must(t, err)
		must(t, w.tenants.SetPassword(t.Context(), "system", p.TenantID, id, word))
	}
	return w
}

func (w *world) guest(g ui.Guest) {
	w.Helper()
	w.face = stage.Face(w.T, stage.Config{Accounts: w.tenants, Clock: w.clock, Guest: g, Site: "console", Staff: true})
}

// event raises an alert of a device of its own.
func (w *world) event(company, family, device string) alert.Alert {
	w.Helper()
	w.n++
	must(w.T, w.store.Write(w.Context(), company, func(tx *store.Tx) error {
		return w.alerts.Record(tx, []alert.Incoming{{BoxID: "box", DeviceID: device, DeviceName: device, DeviceAddr: "192.168.1.23", Event: &wire.Event{ID: fmt.Sprintf("%026d", w.n), Time: w.clock.Now(), Kind: wire.KindIPS, Verdict: wire.VerdictBlocked, Direction: wire.Outbound,
			Flow: wire.Flow{Proto: "TCP", Src: netip.MustParseAddr("192.168.1.23"), SrcPort: 50000, Dst: netip.MustParseAddr("203.0.113.5"), DstPort: 443}, Rule: &wire.Rule{GID: 1, SID: 2000001, Rev: 3, Msg: "beacon", Family: family}}}})
	}))
	all, err := w.alerts.List(w.Context(), company, alert.Filter{Limit: 1})
	must(w.T, err)
	return all[0]
}

// person is somebody of the staff with a browser.
type person struct {
	*world
	cookie, csrf string
}

func (w *world) login(email string) *person {
	w.Helper()
	p := &person{world: w}
	rec := p.send("/login", url.Values{"email": {email}, "password": {word}})
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

func (p *person) send(path string, form url.Values) *httptest.ResponseRecorder {
	form.Set("csrf", p.csrf)
	r := httptest.NewRequestWithContext(p.Context(), http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.AddCookie(&http.Cookie{Name: "s", Value: p.cookie})
	r.AddCookie(&http.Cookie{Name: "lang", Value: "ja"})
	rec := httptest.NewRecorder()
	p.face.ServeHTTP(rec, r)
	return rec
}

// page sends a form and reads the page that comes of it.
func (p *person) page(status int, path string, form url.Values, want ...string) string {
	p.Helper()
	rec := p.send(path, form)
	body := html.UnescapeString(rec.Body.String())
	if rec.Code != status {
		p.Errorf("%s: %d %s, want %d", path, rec.Code, rec.Header().Get("Location"), status)
	}
	for _, w := range want {
		if !strings.Contains(body, w) {
			p.Errorf("%s does not say %q", path, w)
		}
	}
	return body
}

// seen is the queue's picks, as its page had them.
func (w *world) seen() (values []string) {
	w.Helper()
	items, err := w.alerts.Queue(w.Context(), "test", "test", alert.Filter{})
	must(w.T, err)
	for _, q := range items {
		values = append(values, cases.Value(alert.Pick{TenantID: q.Alert.TenantID, ID: q.Alert.ID, Version: q.Version}))
	}
	return values
}

var picked = regexp.MustCompile(`name="pick" value="([^"]+)" checked`)

func offered(body string) (values []string) {
	for _, m := range picked.FindAllStringSubmatch(body, -1) {
		values = append(values, m[1])
	}
	return values
}

// The morning after a wrong rule: one case chosen, all that look the same with it, closed in three companies with the
// words that each of them reads.
func TestAWrongRuleIsClosedEverywhere(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		w := open(t, s)
		for _, c := range w.companies {
			w.event(c, "coinminer", "PC 1")
			w.event(c, "coinminer", "PC 2")
		}
		other := w.event(w.companies[0], "phishing", "PC 3")
		noda := w.login("noda@minato.example")
		var first string
		for _, one := range w.seen() {
			if !strings.Contains(one, other.ID) {
				first = one
			}
		}
		body := noda.page(http.StatusOK, "/together", url.Values{"pick": {first}, "same": {"1"}}, "6 件のうち 6 件（3 社）", "株式会社佐藤製作所", "Mori Trading", "田中商店")
		chosen := offered(body)
		if len(chosen) != 6 || strings.Contains(body, other.ID) {
			t.Fatalf("offered %v", chosen)
		}
		noda.page(http.StatusUnprocessableEntity, "/together/decide", url.Values{"pick": chosen[:4], "reason": {"残る文"}}, "どうするかを、1つ選んでください。", "残る文", "4 件のうち 4 件")
		noda.page(http.StatusUnprocessableEntity, "/together/decide", url.Values{"pick": chosen, "verdict": {"harmless"}}, "理由を書いてください。")
		rec := noda.send("/together/decide", url.Values{"pick": chosen, "verdict": {"misfire"}, "reason": {"規則 2000001"}})
		if to := rec.Header().Get("Location"); to != "/?said=together&n=6" {
			t.Fatalf("%d %s", rec.Code, to)
		}
		for i, lang := range []string{"調べたところ、問題のない通信でした（誤検知）。 規則 2000001", "We checked it. It was harmless (a false alarm). 規則 2000001", "調べたところ、問題のない通信でした（誤検知）。 規則 2000001"} {
			all, err := w.alerts.List(t.Context(), w.companies[i], alert.Filter{State: alert.Closed})
			if err != nil || len(all) != 2 || all[0].Reason != lang || all[0].Outcome != alert.OutcomeMisfire {
				t.Errorf("%+v, %v", all, err)
			}
		}
		if len(w.marked) != 6 {
			t.Errorf("marked %v", w.marked)
		}
		// Pressed once more: nothing is done twice, and it is said.
		noda.page(http.StatusOK, "/together/decide", url.Values{"pick": chosen, "verdict": {"misfire"}}, "0 件を決めました", "もう閉じられています")
		if len(w.marked) != 6 {
			t.Errorf("marked again: %v", w.marked)
		}
	}, schemas()...)
}

func (w *world) mark(_ context.Context, tenantID, alertID string) error {
	w.marked = append(w.marked, tenantID+"/"+alertID)
	return nil
}

// Somebody else works on one, and a customer has answered another: those are left and shown, the rest is taken.
func TestWhatIsSomebodyElsesIsLeft(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		w := open(t, s)
		a, b := w.event(w.companies[0], "coinminer", "PC 1"), w.event(w.companies[1], "coinminer", "PC 2")
		w.event(w.companies[2], "coinminer", "PC 3")
		chosen := w.seen()
		noda, hara := w.login("noda@minato.example"), w.login("hara@minato.example")
		hara.send("/together/decide", url.Values{"pick": {chosen[0]}, "verdict": {"take"}})
		if now, err := w.alerts.Get(t.Context(), a.TenantID, a.ID); err != nil || now.State != alert.Acknowledged {
			t.Fatalf("%+v, %v", now, err)
		}
		noda.page(http.StatusOK, "/together", url.Values{"pick": chosen}, "3 件のうち 2 件（2 社）", "原 京子さんが対応中です", "まとめて決められないもの")
		must(t, w.alerts.Answer(t.Context(), b.TenantID, b.ID, "owner", alert.AnswerCall, ""))
		noda.page(http.StatusOK, "/together/decide", url.Values{"pick": chosen, "verdict": {"take"}}, "1 件を決めました", "原 京子さんが対応中です", "状況が変わりました")
		entries, err := w.tenants.AuditLog(t.Context(), w.companies[2], 10)
		must(t, err)
		said := fmt.Sprint(entries)
		if !strings.Contains(said, "view.alert") || !strings.Contains(said, "ほかの案件とまとめて対応（全 3 件）") || !strings.Contains(said, "alert.taken") {
			t.Errorf("the third company's record: %s", said)
		}
	}, schemas()...)
}

// What no page of ours sends does nothing.
func TestHostileForms(t *testing.T) {
	t.Parallel()
	w := open(t, mustOpen(t))
	a := w.event(w.companies[0], "coinminer", "<b>PC</b>")
	noda := w.login("noda@minato.example")
	for name, values := range map[string][]string{"nothing": nil, "no slash": {"x"}, "too many": {"a/b/c/d"}, "no company": {"/1/1"}, "the house": {tenant.House + "/1/1"}, "no number": {"a/b/x"}, "negative": {"a/b/-1"},
		"overflow": {"a/b/99999999999999999999"}, "long": {strings.Repeat("a", 200) + "/b/1"}, "empty": {"//"}} {
		for _, path := range []string{"/together", "/together/decide"} {
			if rec := noda.send(path, url.Values{"pick": values, "verdict": {"take"}}); rec.Header().Get("Location") != "/?said=nopick" {
				t.Errorf("%s at %s: %d", name, path, rec.Code)
			}
		}
	}
	gone := noda.page(http.StatusOK, "/together/decide", url.Values{"pick": {"nobody/1-1/1", w.companies[1] + "/" + a.ID + "/1", "'; DROP TABLE alert/\x00/1"}, "verdict": {"misfire"}, "reason": {"x"}}, "見つかりません")
	if strings.Contains(gone, "Mori") {
		t.Error("a guess shows a company")
	}
	var many []string
	for i := range alert.MaxTogether + 7 {
		many = append(many, fmt.Sprintf("nobody/1-%d/1", i))
	}
	noda.page(http.StatusOK, "/together", url.Values{"pick": append(many, many...)}, "残りの 7 件", "どれもまとめて決められません")
	noda.page(http.StatusUnprocessableEntity, "/together/decide", url.Values{"pick": w.seen(), "verdict": {"note"}, "reason": {strings.Repeat("長", 1401)}}, "1400 文字まで")
	if rec := w.login("audit@minato.example").send("/together/decide", url.Values{"pick": w.seen(), "verdict": {"take"}}); rec.Code != http.StatusForbidden {
		t.Errorf("who only reads: %d", rec.Code)
	}
	noda.csrf = "x"
	if rec := noda.send("/together/decide", url.Values{"pick": w.seen(), "verdict": {"take"}}); rec.Code != http.StatusForbidden {
		t.Errorf("a form of somebody else's site: %d", rec.Code)
	}
	if now, err := w.alerts.Get(t.Context(), a.TenantID, a.ID); err != nil || now.State != alert.Open {
		t.Errorf("%+v, %v", now, err)
	}
}

func mustOpen(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{URL: storetest.SQLiteURL(t)})
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	must(t, s.Migrate(t.Context(), schemas()...))
	return s
}

func schemas() []store.Schema { return []store.Schema{tenant.Schema(), job.Schema(), alert.Schema()} }

func FuzzPicks(f *testing.F) {
	f.Add("a/1-1/3")
	f.Add("//")
	f.Fuzz(func(t *testing.T, s string) {
		p, ok := cases.Read(s)
		if ok && cases.Value(p) == "" {
			t.Error("a pick of nothing")
		}
		if again, fine := cases.Read(cases.Value(p)); ok && (!fine || again != p) {
			t.Errorf("%q became %+v and %+v", s, p, again)
		}
	})
}

func TestEveryTextExists(t *testing.T) {
	t.Parallel()
	c, err := text.Load()
	must(t, err)
	names, err := filepath.Glob("*")
	must(t, err)
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			continue // a folder
		}
		for _, key := range text.Used(string(b)) {
			if !c.In("ja").Has(key) {
				t.Errorf("%s uses %q, which nobody wrote", name, key)
			}
		}
	}
}

func request(t *testing.T) *http.Request {
	t.Helper()
	return httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
}
