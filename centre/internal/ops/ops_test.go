package ops

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func ask(h http.Handler, path string) (int, string) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Code, w.Body.String()
}

// Who watches the centre learns whether it lives, whether it can serve, and its figures.
func TestPages(t *testing.T) {
	t.Parallel()
	var down error
	h := New(Config{Log: slog.New(slog.DiscardHandler), Ready: func(context.Context) error { return down }, Figures: func(context.Context) ([]Figure, error) {
		return []Figure{{"otasuke_heartbeats_total", "", "Heartbeats of boxes.", 7}, {"otasuke_jobs", "waiting", "Jobs.", 2}, {"otasuke_jobs", "failed", "Jobs.", 0.5}}, down
	}})
	if code, _ := ask(h, "/readyz"); code != http.StatusOK {
		t.Errorf("ready: %d", code)
	}
	code, text := ask(h, "/metrics")
	for _, want := range []string{"# TYPE otasuke_heartbeats_total counter\notasuke_heartbeats_total 7\n", "# HELP otasuke_jobs Jobs.\n# TYPE otasuke_jobs gauge\notasuke_jobs{state=\"failed\"} 0.5\notasuke_jobs{state=\"waiting\"} 2\n", "\ngo_goroutines "} {
		if code != http.StatusOK || !strings.Contains(text, want) {
			t.Errorf("%d, without %q:\n%s", code, want, text)
		}
	}
	down = errors.New("secret of the database")
	for _, path := range []string{"/readyz", "/metrics"} {
		if code, text := ask(h, path); code < http.StatusInternalServerError || strings.Contains(text, "secret") {
			t.Errorf("%s: %d %s", path, code, text)
		}
	}
	if code, _ := ask(h, "/healthz"); code != http.StatusOK {
		t.Errorf("it lives: %d", code)
	}
	if code, text := ask(h, "/debug/pprof/goroutine?debug=1"); code != http.StatusOK || !strings.Contains(text, "goroutine profile") {
		t.Errorf("profiles: %d", code)
	}
}
