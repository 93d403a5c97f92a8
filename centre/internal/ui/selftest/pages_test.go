package selftest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/device"
	"otasuke/centre/internal/question"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/content/text"
	"otasuke/internal/clock"
	"otasuke/wire"
)

// company plays the services behind the pages, for one company with one box.
type company struct {
	box   device.Box
	asked question.Asked // what Wait finds
	kept  []question.Test
	sent  []wire.Question
	looks []string
}

func (c *company) Ask(_ context.Context, _, boxID, _, _ string, q wire.Question) (string, error) {
	if boxID == "busy" {
		return "", question.ErrTooMany
	}
	c.sent = append(c.sent, q)
	return "q1", nil
}

func (c *company) Wait(_ context.Context, _, id string) (question.Asked, error) {
	if c.asked.ID != id {
		return question.Asked{}, store.ErrNotFound
	}
	return c.asked, nil
}

func (c *company) Tests(context.Context, string, string, int) ([]question.Test, error) {
	return c.kept, nil
}

func (c *company) Test(_ context.Context, _, id string) (question.Test, error) {
	for _, t := range c.kept {
		if t.ID == id {
			return t, nil
		}
	}
	return question.Test{}, store.ErrNotFound
}

func (c *company) CompanyByID(context.Context, string) (tenant.Company, error) {
	return tenant.Company{Name: "佐藤製作所"}, nil
}

func (c *company) NamesOf(_ context.Context, tenantID string) (map[string]tenant.Person, error) {
	if tenantID == tenant.House {
		return map[string]tenant.Person{"op": {Name: "野田"}}, nil
	}
	return map[string]tenant.Person{"owner": {Name: "佐藤"}}, nil
}

func (c *company) Audit(_ context.Context, _, _, action, object, why string) error {
	c.looks = append(c.looks, action+" "+object+" "+why)
	return nil
}

var now = time.Date(2026, 11, 21, 5, 30, 0, 0, time.UTC)

// page asks for a page of the company's and gives what it says.
func (c *company) page(t *testing.T, method, path, box string, staff bool) (*http.Response, string) {
	t.Helper()
	all, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{Service: c, Companies: c, Clock: clock.NewFake(now), Boxes: func(context.Context, string) ([]device.Box, error) { return []device.Box{c.box}, nil }}
	p := &pages{Config: cfg, Host: ui.Host{Begin: func(v *ui.Visit, title, _ string) (ui.Base, error) {
		return ui.Base{Texts: v.Texts, Title: v.T(title)}, nil
	}}}
	if p.list, err = ui.ParsePage(files, "list.html", "parts.html"); err != nil {
		t.Fatal(err)
	}
	if p.result, err = ui.ParsePage(files, "result.html", "parts.html"); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader("box="+box))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	v := &ui.Visit{Texts: all.In("ja"), Request: r, Session: tenant.Session{PersonID: "owner", TenantID: "sato", Role: tenant.RoleOwner}}
	x := p.ours(v)
	if staff {
		v.Role = tenant.RoleDesk
		r.SetPathValue("tenant", "sato")
		if x, err = p.theirs(v); err != nil {
			t.Fatal(err)
		}
	}
	do := p.show
	if _, id, ok := strings.Cut(path, "/selftest/"); ok {
		r.SetPathValue("test", id)
		do = p.one
	} else if method == http.MethodPost {
		do = p.ask
	}
	w := httptest.NewRecorder()
	if err := do(w, v, x); err != nil {
		t.Fatal(err)
	}
	return w.Result(), w.Body.String()
}

func says(t *testing.T, what, page string, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(page, word) {
			t.Errorf("%s does not say %q", what, word)
		}
	}
}

// While a box is away the page says since when and what to do first, looks again by itself, and gives up in the end.
func TestABoxThatIsAway(t *testing.T) {
	t.Parallel()
	c := &company{box: device.Box{ID: "b1", LastSeen: now.Add(-3 * time.Hour)}, asked: question.Asked{ID: "q1", BoxID: "b1", At: now.Add(-8 * time.Second), Question: wire.Question{Test: &wire.TestQuery{}}}}
	_, page := c.page(t, http.MethodGet, "/selftest", "", false)
	says(t, "the list", page, "2026年11月21日(土) 11:30 から", "連絡がとれません", "電源ランプ", "まず、こうしてください", "いま診断する")
	res, page := c.page(t, http.MethodGet, "/selftest/q1", "", false)
	says(t, "the page that waits", page, "返事を待っています", "2026年11月21日(土) 11:30 から", "電源ランプ", "お電話ください")
	if res.Header.Get("Refresh") == "" || strings.Contains(page, "動いているところ") {
		t.Error("it does not look again, or shows a result that there is not")
	}
	c.asked.At = now.Add(-11 * time.Minute)
	res, page = c.page(t, http.MethodGet, "/selftest/q1", "", false)
	says(t, "after ten minutes", page, "返事がありませんでした", "電源ランプ", "もう一度診断する")
	if res.Header.Get("Refresh") != "" {
		t.Error("it looks for ever")
	}
	c.box.LastSeen = time.Time{}
	_, page = c.page(t, http.MethodGet, "/selftest", "", false)
	says(t, "of a box that never came", page, "まだ一度もセンターにつながっていません")
}

// Who asks too soon is told in how many seconds again and led to the newest result; an older box is told of as such.
func TestNoResult(t *testing.T) {
	t.Parallel()
	c := &company{box: device.Box{ID: "b1", LastSeen: now}, kept: []question.Test{{ID: "q0", BoxID: "b1", Who: "op", At: now, Answered: now, Found: wire.TestAnswer{Points: []wire.TestPoint{{Name: wire.PointInspection, State: wire.StateOK}}}}},
		asked: question.Asked{ID: "q1", BoxID: "b1", At: now, Question: wire.Question{Test: &wire.TestQuery{}}, Answer: &wire.Answer{Failed: "selftest: too soon", Test: &wire.TestAnswer{Again: 42}}}}
	res, page := c.page(t, http.MethodGet, "/selftest/q1", "", false)
	says(t, "too soon", page, "あと42秒", `href="/selftest/q0"`)
	if res.Header.Get("Refresh") != "" || strings.Contains(page, "selftest: too soon") {
		t.Error("it waits, or shows what is for programs")
	}
	c.asked.Answer = &wire.Answer{Failed: "answer: this box does not understand the question"}
	_, page = c.page(t, http.MethodGet, "/selftest/q1", "", false)
	says(t, "an older box", page, "まだ対応していません")
	_, page = c.page(t, http.MethodGet, "/selftest/q0", "", false)
	says(t, "the result", page, "2項目すべて", "センターの担当者")
	if strings.Contains(page, "野田") {
		t.Error("a customer is told the name of somebody of the staff")
	}
}

// A press asks the company's own box for a test, and no other; a look of the staff is written down before anything is shown.
func TestAsking(t *testing.T) {
	t.Parallel()
	c := &company{box: device.Box{ID: "b1", LastSeen: now}}
	to := func(box string, staff bool) string {
		t.Helper()
		res, _ := c.page(t, http.MethodPost, "/selftest", box, staff)
		return res.Header.Get("Location")
	}
	if got := to("b1", false); got != "/selftest/q1" || len(c.sent) != 1 || c.sent[0].Test == nil {
		t.Errorf("%s, %+v", got, c.sent)
	}
	if got := to("b2", false); got != "/selftest?said=gone" || len(c.sent) != 1 {
		t.Errorf("another's box: %s", got)
	}
	if got := to("b1", true); got != "/companies/sato/selftest/q1" {
		t.Errorf("the staff: %s", got)
	}
	c.box.ID = "busy"
	if got := to("busy", false); got != "/selftest?said=busy" {
		t.Errorf("busy: %s", got)
	}
	if len(c.looks) != 0 {
		t.Errorf("asking is no look: %q", c.looks)
	}
	c.page(t, http.MethodGet, "/companies/sato/selftest", "", true)
	if len(c.looks) != 1 || !strings.HasPrefix(c.looks[0], "view.selftest sato ") {
		t.Errorf("%q", c.looks)
	}
	c.box.Returned = now
	if _, page := c.page(t, http.MethodGet, "/selftest", "", false); !strings.Contains(page, "使用中のボックスがありません") {
		t.Error("a box that was given back can be tested")
	}
}
