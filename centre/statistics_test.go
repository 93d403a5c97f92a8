package centre

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/store"
	"otasuke/centre/internal/ui"
)

// published is a month as it is kept.
const published = `{"month":"2026-10","all":{"key":"all","companies":110,"middle":51,"mean":56,"inside":4},"regions":[{"key":"27","companies":70,"middle":58,"mean":60,"inside":4},{"key":"26","hidden":true},{"key":"28","hidden":true}],
"industries":[{"key":"manufacturing","companies":40,"middle":49,"mean":55,"inside":3}],"sizes":[{"key":"5","companies":30,"middle":40,"mean":41,"inside":2}],"families":[{"key":"c2","percent":25}]}`

// Anybody sees the month, only named sites show it inside theirs, and nothing is stored in a browser.
func TestStatisticsForEverybody(t *testing.T) {
	t.Parallel()
	e := newEdge(t)
	if status, _, body := e.ask(e.portal, "nobody", ui.Route{Method: http.MethodGet, Path: "/statistics"}); status != http.StatusOK || !strings.Contains(body, "まだありません") {
		t.Errorf("before there is a month: %d", status)
	}
	ok(t, e.c.store.Global(t.Context(), func(tx *store.GlobalTx) error {
		_, err := tx.Exec(`INSERT INTO statistics_month (month, made_at, figures) VALUES ($1, $2, $3)`, "2026-10", store.Micros(time.Now()), published)
		return err
	}))
	e.c.cfg.Portal.EmbedBy = []string{"https://www.chamber.example"}
	face, err := e.c.portal()
	ok(t, err)
	get := func(path string) *http.Response {
		w := httptest.NewRecorder()
		face.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, e.c.cfg.Portal.URL+path, nil))
		if len(w.Result().Cookies()) > 0 {
			t.Errorf("%s sets a cookie", path)
		}
		return w.Result()
	}
	read := func(path string) string {
		w := httptest.NewRecorder()
		face.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, e.c.cfg.Portal.URL+path, nil))
		return w.Body.String()
	}
	page := read("/statistics")
	for _, want := range []string{"1社あたり平均 56件", "大阪府", "70社以上", "そのほか", "製造業", "5人まで", "約25%の会社", "110社以上"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(page, "京都府") {
		t.Error("a hidden prefecture is named")
	}
	if h := get("/statistics").Header; !strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'none'") || h.Get("X-Frame-Options") != "DENY" {
		t.Errorf("the page may be framed: %v", h)
	}
	if h := get("/statistics/embed").Header; !strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors https://www.chamber.example") || h.Get("X-Frame-Options") != "" {
		t.Errorf("the part to embed: %v", h)
	}
	if body := read("/statistics/embed"); strings.Contains(body, "<form") || !strings.Contains(body, "大阪府") {
		t.Error("the part to embed has a form, or no figures")
	}
	if body := read("/statistics.csv"); !strings.Contains(body, "2026-10,prefecture,27,70,58,60,4,\n2026-10,prefecture,26,,,,,\n") || !strings.Contains(body, "2026-10,threat,c2,,,,,25") {
		t.Errorf("%s", body)
	}
	file := filepath.Join(t.TempDir(), "s.csv")
	if got, err := e.c.Statistics(t.Context(), "2026-01", "2026-12", file); err != nil || got.Months != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	if raw, err := os.ReadFile(file); err != nil || string(raw) != read("/statistics.csv") {
		t.Errorf("the file is not what is published: %v", err)
	}
	if got, err := e.c.Statistics(t.Context(), "2026-11", "", file); err != nil || got.Months != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	if resp := get("/statistics.json"); resp.Header.Get("Content-Type") != "application/json; charset=utf-8" || !strings.Contains(resp.Header.Get("Cache-Control"), "public") {
		t.Errorf("%v", resp.Header)
	}
	if status := get("/statistics?month=1999-01").StatusCode; status != http.StatusNotFound {
		t.Errorf("a month that is not there: %d", status)
	}
}

func TestWhoMayEmbed(t *testing.T) {
	t.Parallel()
	for site, want := range map[string]bool{"https://www.chamber.example": true, "http://intranet": true, "https://a.example/path": false, "*": false, "https://a.example; script-src *": false, "javascript:alert(1)": false, "": false} {
		c := Config{Name: "x", Database: "x", StateDir: "x", Phone: "x", Portal: WebConfig{Listen: "x", URL: "x", EmbedBy: []string{site}}, Console: WebConfig{Listen: "x", URL: "x"}, Boxes: BoxConfig{Listen: "x", Names: []string{"x"}}, Mail: MailConfig{Server: "x", From: "x"}}
		if err := c.check(); (err == nil) != want {
			t.Errorf("%q: %v", site, err)
		}
	}
}
