package browser

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// unwalked are ways in by GET that lead to no page of the walk, and why.
var unwalked = map[string]string{
	"/static/{name}":              "style sheets, scripts and fonts",
	"/visit/sign.js":              "a script",
	"/lang":                       "leads back to where one was",
	"/login/passkey":              "what the script of the login page asks for",
	"/login/code/passkey":         "what the script of the second step asks for",
	"/login/oidc":                 "leads to the provider: TestLoginByProvider",
	"/login/oidc/back":            "comes from the provider: TestLoginByProvider",
	"/login/oidc/end":             "leads to the provider: TestLoginByProvider",
	"/login/oidc/ended":           "comes from the provider: TestLoginByProvider",
	"/news/one/{news}/mail":       "a mail as mail programs show it, inside the page about it",
	"/account/passkeys/{passkey}": "needs an authenticator: TestPasskey looks at it",
}

// files are ends of addresses under which there is something to take away.
var files = []string{"csv", ".json", "/pdf", ".pdf", "/zip", ".ics", "/slides", "/board", "/file", "/paper", "/letter", "/files/{file}", "/files/{photo}", "/label/{label}", "/label/{tenant}/{label}"}

// record notes which ways in a walk took.
type record struct {
	mu   sync.Mutex
	face map[string]*http.ServeMux
	open map[string]bool // not walked yet
	hit  string
}

// newRecord has every way in by GET to a page.
func newRecord(t *testing.T) *record {
	t.Helper()
	r := &record{face: map[string]*http.ServeMux{"portal": http.NewServeMux(), "console": http.NewServeMux()}, open: map[string]bool{}}
	ways, err := here.centre.Ways()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, w := range ways {
		if w.Method != http.MethodGet {
			continue
		}
		name := w.Face + ": " + w.Path
		known[w.Path] = true
		r.face[w.Face].HandleFunc("GET "+w.Path, func(http.ResponseWriter, *http.Request) { r.hit = name })
		if unwalked[w.Path] == "" && !isFile(w.Path) {
			r.open[name] = true
		}
	}
	for path := range unwalked {
		if !known[path] {
			t.Errorf("%s is no way in any more, but an exception", path)
		}
	}
	return r
}

func isFile(path string) bool {
	for _, end := range files {
		if strings.HasSuffix(path, end) {
			return true
		}
	}
	return false
}

// took notes that a page was looked at.
func (r *record) took(t *testing.T, face, path string) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hit = ""
	r.face[face].ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://x"+path, nil))
	delete(r.open, r.hit)
}
