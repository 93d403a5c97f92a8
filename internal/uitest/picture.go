package uitest

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Variable names the folder for pictures.
const Variable = "OTASUKE_SCREENSHOTS"

// Dir is the folder for pictures; without one the test is skipped.
func Dir(t *testing.T) string {
	t.Helper()
	dir := os.Getenv(Variable)
	if dir == "" {
		t.Skip(Variable + " is not set: no pictures wanted")
	}
	return dir
}

// Widths that matter: a desk and a telephone, in CSS pixels.
var Widths = []int{1280, 360}

// narrowest is the smallest window that the browser makes; narrower pages are
// drawn in a frame.
const narrowest = 500

// patience bounds one picture on a busy machine.
const patience = 60 * time.Second

// Dark has the browser turn light pages dark, as mail programs do by night.
const Dark = "--enable-features=WebContentsForceDark"

// Picture draws path of a handler as seen by a browser with the given cookies, and more flags.
func Picture(t *testing.T, h http.Handler, path, cookies string, width, height int, file string, flags ...string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/frame" {
			w.Header().Set("Content-Type", "text/html")
			_, _ = fmt.Fprintf(w, `<!doctype html><style>body{margin:0}iframe{border:0;width:%dpx;height:%dpx}</style><iframe src=%q></iframe>`, width, height, path)
			return
		}
		r.Header.Set("Cookie", cookies)
		h.ServeHTTP(&framed{ResponseWriter: w}, r)
	}))
	defer server.Close()
	address, window := server.URL+path, width
	if width < narrowest {
		address, window = server.URL+"/frame", narrowest
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	profile := t.TempDir()
	cmd := exec.CommandContext(ctx, "chromium", append(flags, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
		"--user-data-dir="+filepath.Join(profile, "p"), fmt.Sprintf("--window-size=%d,%d", window, height), "--screenshot="+file, address)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("chromium: %v\n%s", err, bytes.TrimSpace(out))
	}
	if err := cut(file, width); err != nil {
		t.Fatal(err)
	}
}

// framed lets our frame show a page that forbids frames.
type framed struct {
	http.ResponseWriter
	done bool
}

func (f *framed) WriteHeader(status int) {
	if !f.done {
		f.done = true
		f.Header().Del("X-Frame-Options")
		f.Header().Del("Content-Security-Policy")
	}
	f.ResponseWriter.WriteHeader(status)
}

func (f *framed) Write(b []byte) (int, error) {
	if !f.done {
		f.WriteHeader(http.StatusOK)
	}
	return f.ResponseWriter.Write(b)
}
