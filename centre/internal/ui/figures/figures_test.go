package figures

import (
	"context"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jba/templatecheck"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/content/text"
	"otasuke/internal/clock"
	"otasuke/internal/ja"
)

// start is Saturday 28 November 2026, 09:00 in Japan.
var start = time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// open is the page over figures that are given; asked says for how many days it asked.
func open(t *testing.T, w alert.Work, sent map[string]int, asked *int) (*pages, func(path string) *ui.Visit) {
	t.Helper()
	p := &pages{Config: Config{Clock: clock.NewFake(start), Work: func(_ context.Context, who, why string, from, to time.Time) (alert.Work, error) {
		if who != "op" || why == "" {
			t.Error("nobody looks, or it is not said why")
		}
		*asked = int(ja.Midnight(to).Sub(ja.Midnight(from)).Hours()/24) + 1
		return w, nil
	}, Sent: func(context.Context, string, string, time.Time, time.Time) (map[string]int, error) { return sent, nil }}}
	texts, err := text.Load()
	must(t, err)
	p.page, err = ui.ParsePage(files, "page.html")
	must(t, err)
	base := &url.URL{Scheme: "http", Host: "console.example.jp"}
	static, err := ui.NewAssets("", fstest.MapFS{}, []ui.Guest{Staff(p.Config)}, "")
	must(t, err)
	gate, err := ui.NewGate(ui.GateConfig{Texts: texts, Assets: static, Base: base, Cookie: "s", Staff: true, Site: "console.site", Lead: "console.login_lead"})
	must(t, err)
	p.Host = ui.Host{Gate: gate, Begin: func(v *ui.Visit, title, _ string) (ui.Base, error) {
		b := gate.Base(v.Request, v.Texts, "x")
		b.Title = v.T(title)
		return b, nil
	}}
	return p, func(path string) *ui.Visit {
		return &ui.Visit{Session: tenant.Session{PersonID: "op", Role: tenant.RoleDesk}, Texts: texts.In("ja"), Request: httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)}
	}
}

func TestFiguresOfAMonth(t *testing.T) {
	t.Parallel()
	w := alert.Work{Companies: 20, New: 5, Waiting: 1, Answered: map[alert.Stars]alert.Spread{alert.High: {N: 4, P50: 12 * time.Minute, P90: 3 * time.Hour}}, Closed: map[alert.Outcome]int{alert.OutcomeHandled: 6, alert.OutcomeMisfire: 1, alert.OutcomeWithdrawn: 1}, Open: [4]int{0, 9, 2, 1},
		Days: []alert.WorkDay{{Date: time.Date(2026, 11, 27, 0, 0, 0, 0, ja.Zone), New: 5, Closed: 8, Withdrawn: 1, Answered: alert.Spread{N: 4, P50: 90 * time.Second, P90: 3 * time.Hour}}, {Date: time.Date(2026, 11, 28, 0, 0, 0, 0, ja.Zone)}}}
	asked := 0
	p, visit := open(t, w, map[string]int{"2026-11-27": 30}, &asked)
	for query, days := range map[string]int{"": 30, "?days=7": 7, "?days=90": 90, "?days=100000": 30, "?days=-1": 30, "?days=<b>": 30} {
		rec := httptest.NewRecorder()
		must(t, p.show(rec, visit("/work"+query)))
		if asked != days {
			t.Errorf("%s asks for %d days, want %d", query, asked, days)
		}
		if days != 30 {
			continue
		}
		body := html.UnescapeString(rec.Body.String())
		for _, want := range []string{"5 件（お客様 20 社）", "12分", "3時間", "1.5", "30 通", "12.5%", "25.0%", "6 件（75.0%）", "だれも引き受けていないもの 1 件", "重要度 高（★★★）", `<svg class="chart`, "11月27日(金)", `href="/work.csv?days=30"`} {
			if !strings.Contains(body, want) {
				t.Errorf("the page does not say %q", want)
			}
		}
	}
	rec := httptest.NewRecorder()
	must(t, p.file(rec, visit("/work.csv?days=7")))
	if want := "\ufeff日,始まった,引き受けた,引き受けるまで 半分（分）,引き受けるまで 9割（分）,閉じた,取り下げた,メール\n2026-11-27,5,4,1.5,180.0,8,1,30\n2026-11-28,0,0,,,0,0,0\n"; rec.Body.String() != want {
		t.Errorf("%q", rec.Body.String())
	}
}

// A centre of today has nothing to divide by.
func TestNothingYet(t *testing.T) {
	t.Parallel()
	asked := 0
	p, visit := open(t, alert.Work{}, nil, &asked)
	rec := httptest.NewRecorder()
	must(t, p.show(rec, visit("/work")))
	if body := rec.Body.String(); strings.Contains(body, "NaN") || strings.Contains(body, "Inf") || !strings.Contains(body, "–") {
		t.Errorf("%s", body)
	}
}

func TestTemplateAndTexts(t *testing.T) {
	t.Parallel()
	p, err := ui.ParsePage(files, "page.html")
	must(t, err)
	must(t, templatecheck.CheckHTML(p.Template(), view{}))
	c, err := text.Load()
	must(t, err)
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
	for _, was := range outcomes {
		if !c.In("en").Has(wasKey + string(was)) {
			t.Errorf("no words for %q", was)
		}
	}
}
