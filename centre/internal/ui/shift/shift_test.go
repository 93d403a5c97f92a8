package shift_test

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/shift"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	pages "otasuke/centre/internal/ui/shift"
	"otasuke/centre/internal/ui/stage"
	desk "otasuke/content/desk"
	"otasuke/content/text"
	"otasuke/internal/clock"
	"otasuke/internal/ja"
)

const word = "correct horse battery staple"

// start is Sunday 22 November 2026, 07:50 in Japan; the day after is a holiday.
var start = time.Date(2026, 11, 22, 7, 50, 0, 0, ja.Zone)

type world struct {
	*testing.T
	clock   *clock.Fake
	tenants *tenant.Service
	cfg     pages.Config
	face    *ui.Face
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func suite(t *testing.T, fn func(w *world)) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		w := &world{T: t, clock: clock.NewFake(start)}
		w.tenants = tenant.New(tenant.Config{Store: s, Clock: w.clock, FactorRequired: false, Cost: tenant.Cost{Time: 1, Memory: 64, Threads: 1}})
		must(t, w.tenants.EnsureHouse(t.Context(), "みなと商工会議所"))
		book, err := desk.Load()
		must(t, err)
		w.cfg = pages.Config{Service: shift.New(shift.Config{Store: s, Clock: w.clock}), Names: w.tenants.NamesOf, Clock: w.clock,
			Holiday: func(day time.Time, lang string) string {
				h, _ := book.Holiday(day)
				return h.In(lang)
			},
			ByCase: func(_ context.Context, _, _, number string) (alert.Alert, error) {
				if number != "482913" {
					return alert.Alert{}, alert.ErrNotFound
				}
				return alert.Alert{TenantID: "sato", ID: "1-1"}, nil
			}}
		w.join(pages.Staff(w.cfg))
		for _, p := range []tenant.Person{{Email: "noda@minato.example", Name: "野田 三郎", Role: tenant.RoleOperator}, {Email: "hara@minato.example", Name: "原 京子", Role: tenant.RoleDesk}, {Email: "audit@minato.example", Name: "監査", Role: tenant.RoleAuditor}} {
			p.TenantID = tenant.House
			id, err := w.tenants.AddPerson(t.Context(), "system", p)
			must(t, err)
			must(t, w.tenants.SetPassword(t.Context(), "system", p.TenantID, id, word))
		}
		fn(w)
	}, tenant.Schema(), job.Schema(), shift.Schema())
}

func (w *world) join(g ui.Guest) {
	w.Helper()
	w.face = stage.Face(w.T, stage.Config{Accounts: w.tenants, Clock: w.clock, Guest: g, Site: "console", Staff: true})
}

// person is somebody of the staff with a browser.
type person struct {
	*world
	id, cookie, csrf string
}

func (w *world) login(email string) *person {
	w.Helper()
	p := &person{world: w}
	for _, c := range p.do(http.MethodPost, "/login", url.Values{"email": {email}, "password": {word}}).Result().Cookies() {
		if c.Name == "s" {
			p.cookie = c.Value
		}
	}
	s, err := w.tenants.SessionByToken(w.Context(), p.cookie)
	must(w.T, err)
	p.id, p.csrf = s.PersonID, s.CSRF
	return p
}

func (p *person) do(method, path string, form url.Values) *httptest.ResponseRecorder {
	if form == nil {
		form = url.Values{}
	}
	form.Set("csrf", p.csrf)
	r := httptest.NewRequestWithContext(p.Context(), method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.AddCookie(&http.Cookie{Name: "s", Value: p.cookie})
	r.AddCookie(&http.Cookie{Name: "lang", Value: "ja"})
	rec := httptest.NewRecorder()
	p.face.ServeHTTP(rec, r)
	return rec
}

func (p *person) page(path string, want ...string) string {
	p.Helper()
	rec := p.do(http.MethodGet, path, nil)
	body := html.UnescapeString(rec.Body.String())
	if rec.Code != http.StatusOK {
		p.Errorf("%s: %d", path, rec.Code)
	}
	for _, w := range want {
		if !strings.Contains(body, w) {
			p.Errorf("%s does not say %q", path, w)
		}
	}
	return body
}

// post sends a form; want is what stands at the end of where it leads.
func (p *person) post(path, want string, pairs ...string) {
	p.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	if rec := p.do(http.MethodPost, path, form); rec.Code != http.StatusSeeOther || !strings.HasSuffix(rec.Header().Get("Location"), want) {
		p.Errorf("%s %v: %d %s, want %s", path, pairs, rec.Code, rec.Header().Get("Location"), want)
	}
}

// found is what a pattern finds on a page.
func found(t *testing.T, page, pattern string) string {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("%s is not on the page", pattern)
	}
	return m[1]
}

// The night hands over to the morning, twice pressed; the morning reads it and does one of two things.
func TestFromNightToMorning(t *testing.T) {
	suite(t, func(w *world) {
		noda, hara := w.login("noda@minato.example"), w.login("hara@minato.example")
		once := found(t, noda.page("/shift", "引き継ぎはまだありません。", "いまの当番が決まっていません。"), `name="once" value="([a-z2-7]+)"`)
		note := []string{"once", once, "text", "夜中に <b>1件</b>。\r\n静かでした。", "points", "・佐藤製作所に折り返す（案件４８２ ９１３）\n\n交換品 123 456 の発送"}
		noda.post("/shift", "said=wrote", note...)
		noda.post("/shift", "said=wrote", note...)
		body := hara.page("/shift", "まだ読んでいない引き継ぎが 1 件", "野田 三郎", "まだだれも読んでいません。", "静かでした。", "佐藤製作所に折り返す", "/cases/sato/1-1", "交換品 123 456 の発送")
		if strings.Count(body, "案件を開く") != 2 || strings.Contains(hara.do(http.MethodGet, "/shift", nil).Body.String(), "<b>1件") {
			t.Error("a point is tied wrongly, or what was typed is taken for markup")
		}
		hara.post(found(t, body, `action="(/shift/notes/[^"]+)"`), "said=read")
		done := found(t, body, `action="(/shift/points/[^"]+)"`)
		hara.post(done, "said=done")
		noda.post(done, "said=over")
		noda.page("/shift", "読んだ人: 原 京子", "原 京子 11月22日(日) 07:50 済み")
		if strings.Count(noda.page("/shift"), `/done"`) != 1 {
			t.Error("what is not done is not carried on")
		}
		noda.post("/shift/points/none/done", "said=gone")
		for name, form := range map[string]url.Values{"何も": {"text": {" "}}, "長い": {"text": {strings.Repeat("長", shift.MaxText+1)}}, "多い": {"text": {"残る文"}, "points": {strings.Repeat("x\n", shift.MaxPoints+1)}}} {
			if rec := noda.do(http.MethodPost, "/shift", form); rec.Code != http.StatusUnprocessableEntity {
				t.Errorf("%s: %d", name, rec.Code)
			}
		}
		audit := w.login("audit@minato.example")
		if rec := audit.do(http.MethodPost, "/shift", url.Values{"text": {"x"}}); rec.Code != http.StatusForbidden || strings.Contains(audit.page("/shift"), "<textarea") {
			t.Errorf("who only reads writes: %d", rec.Code)
		}
	})
}

// A week with its holiday and its gaps; a swap; and what cannot be entered.
func TestAWeekOfTurns(t *testing.T) {
	suite(t, func(w *world) {
		noda, hara := w.login("noda@minato.example"), w.login("hara@minato.example")
		noda.page("/rota?from=2026-11-23", "11月23日(月)", "勤労感謝の日", "11月29日(日)", "00:00–24:00 だれもいません", "168 時間")
		noda.post("/rota", "from=2026-11-22", "person", noda.id, "day", "2026-11-22", "at", "07:00", "hours", "12", "days", "8")
		noda.post("/rota", "from=2026-11-23", "person", hara.id, "day", "2026-11-23", "at", "19:00", "hours", "１２", "days", "7")
		noda.page("/rota", "いまの当番: 野田 三郎（19:00まで）", "次は 野田 三郎", "19:00–24:00 だれもいません", "11月16日(月)")
		week := noda.page("/rota?from=2026-11-24", "00:00–07:00", "07:00–19:00", "19:00–24:00", "11月24日(火)")
		if strings.Count(week, "だれもいません") != 1 { // the morning of Monday
			t.Errorf("gaps: %d", strings.Count(week, "だれもいません"))
		}
		// Days on which nobody is there at all are one row, up to today.
		month := noda.page("/rota?span=month&from=2026-11-24", "11月1日(日)〜11月21日(土)", "21日間、だれもいません", "11月30日(月)", "文化の日")
		if n := strings.Count(month, "だれもいません"); n > 5 {
			t.Errorf("gaps of the month: %d", n)
		}
		noda.page("/rota?span=month&from=0001-01-01", "11月")
		line, bad, err := w.cfg.OnDuty(&ui.Visit{Texts: must1(text.Load()).In("en"), Request: httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)})
		if err != nil || bad || !strings.Contains(line, "On duty: 野田 三郎 (until 19:00)") {
			t.Errorf("%q, %v, %v", line, bad, err)
		}
		swap := found(t, week, `action="(/rota/turns/[^"/]+/swap)"`)
		hara.post(swap, "said=others", "to", hara.id)
		noda.post(swap, "said=nobody", "to", "somebody")
		noda.post(swap, "said=asked", "to", hara.id)
		answer := found(t, hara.page("/rota", "野田 三郎さんから原 京子さんへ"), `action="(/rota/swaps/[^"]+)"`)
		if strings.Contains(noda.page("/rota"), answer) {
			t.Error("who asks can answer")
		}
		hara.post(answer, "said=agreed", "answer", "yes")
		hara.post(answer, "said=over", "answer", "no")
		for name, form := range map[string][]string{
			"一覧から人を選んで": {"person", "x", "day", "2026-12-01", "at", "07:00", "hours", "1", "days", "1"}, "その時間にもう当番": {"person", noda.id, "day", "2026-11-25", "at", "18:00", "hours", "2", "days", "1"},
			"400日後": {"person", noda.id, "day", "2030-01-01", "at", "07:00", "hours", "1", "days", "1"}, "日と、時刻": {"person", noda.id, "day", "昨日", "at", "25:00", "hours", "1", "days", "1"}, "1 から 24": {"person", noda.id, "day", "2026-12-01", "at", "07:00", "hours", "25", "days", "1"}, "1 から 31": {"person", noda.id, "day", "2026-12-01", "at", "07:00", "hours", "1", "days", "-1"}} {
			v := url.Values{}
			for i := 0; i < len(form); i += 2 {
				v.Set(form[i], form[i+1])
			}
			if rec := noda.do(http.MethodPost, "/rota", v); rec.Code != http.StatusUnprocessableEntity || !strings.Contains(rec.Body.String(), name) {
				t.Errorf("%s: %d", name, rec.Code)
			}
		}
		if rec := hara.do(http.MethodPost, "/rota", url.Values{}); rec.Code != http.StatusForbidden {
			t.Errorf("the desk plans: %d", rec.Code)
		}
		noda.post(found(t, noda.page("/rota?from=2026-11-24"), `action="(/rota/turns/[^"/]+/drop)"`), "said=dropped")
	})
}

func must1[T any](v T, err error) T {
	if err != nil {
		panic(fmt.Sprint(err))
	}
	return v
}

func TestEveryTextExists(t *testing.T) {
	t.Parallel()
	c := must1(text.Load())
	names, err := filepath.Glob("*")
	must(t, err)
	for _, name := range names {
		b, err := os.ReadFile(name)
		must(t, err)
		for _, key := range text.Used(string(b)) {
			if !c.In("ja").Has(key) {
				t.Errorf("%s uses %q, which nobody wrote", name, key)
			}
		}
	}
	for word := range map[string]bool{"wrote": true, "read": true, "done": true, "over": true, "gone": true, "rostered": true, "dropped": true, "asked": true, "agreed": true, "refused": true, "others": true, "overlap": true, "nobody": true} {
		if !c.In("ja").Has("shift.said_" + word) {
			t.Errorf("said_%s", word)
		}
	}
}
