package notify

import (
	"net/http"
	"path/filepath"
	"testing"

	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/uitest"
)

// TestScreenshots draws the HTML part of the mail, for people to look at.
func TestScreenshots(t *testing.T) {
	dir := uitest.Dir(t)
	s, err := store.Open(t.Context(), store.Config{URL: storetest.SQLiteURL(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := s.Migrate(t.Context(), tenant.Schema(), Schema()); err != nil {
		t.Fatal(err)
	}
	o := newOffice(t, s)
	o.must("new")
	for who, name := range map[string]string{"hanako@sato.example.jp": "ja", "maria@sato.example.jp": "en"} {
		html := o.post.to(who)[0].HTML
		h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write([]byte(html))
		})
		uitest.Picture(t, h, "/", "", 800, 1900, filepath.Join(dir, "mail-"+name+"-800.png"))
		uitest.Picture(t, h, "/", "", 360, 2400, filepath.Join(dir, "mail-"+name+"-360.png"))
	}
}
