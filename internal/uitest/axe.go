package uitest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// AxeVariable names a file with axe-core (npm axe-core, axe.min.js), which is not
// part of the project.
const AxeVariable = "OTASUKE_AXE"

// run checks the page and leaves the findings where the browser prints them.
const run = `<script src="/axe.js"></script><script>
axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).then((r) => {
  const found = r.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.target.join(" ")).join(" | "));
  document.body.dataset.axe = encodeURIComponent(JSON.stringify(found)).replaceAll("'", "%27");
});
</script>`

var found = regexp.MustCompile(`data-axe="([^"]*)"`)

// Axe fails the test for each accessibility fault (WCAG 2.2 A and AA) that
// axe-core finds on a page; without axe-core the test is skipped.
func Axe(t *testing.T, h http.Handler, path, cookies string) {
	t.Helper()
	file := os.Getenv(AxeVariable)
	if file == "" {
		t.Skip(AxeVariable + " is not set: no axe-core at hand")
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/axe.js" {
			http.ServeFile(w, r, file)
			return
		}
		r.Header.Set("Cookie", cookies)
		page := httptest.NewRecorder()
		h.ServeHTTP(page, r)
		w.Header().Set("Content-Type", page.Header().Get("Content-Type"))
		w.WriteHeader(page.Code)
		_, _ = w.Write([]byte(strings.Replace(page.Body.String(), "</body>", run+"</body>", 1)))
	}))
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--user-data-dir="+filepath.Join(t.TempDir(), "p"), "--virtual-time-budget=10000", "--dump-dom", server.URL+path)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("chromium: %v", err)
	}
	m := found.FindSubmatch(out)
	if m == nil {
		t.Fatalf("%s: axe-core left no result", path)
	}
	text, err := url.PathUnescape(string(m[1]))
	if err != nil {
		t.Fatal(err)
	}
	if text != "[]" {
		t.Errorf("%s: %s", path, text)
	}
}
