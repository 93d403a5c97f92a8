// Package stage puts the pages of one room on a face of their own, so that their tests log in, click and read as people do.
//
// Tests only.
package stage

import (
	"log/slog"
	"net/url"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/content/text"
	"otasuke/internal/clock"
)

// Config says who may come, and to what.
type Config struct {
	Accounts *tenant.Service
	Clock    clock.Clock
	Guest    ui.Guest
	// Site is "portal" or "console".
	Site string
	// Staff: the people are the centre's.
	Staff bool
}

// Face is the guest's pages at http://SITE.example.jp, with the cookie "s".
func Face(t testing.TB, c Config) *ui.Face {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	texts, err := text.Load()
	must(err)
	base := &url.URL{Scheme: "http", Host: c.Site + ".example.jp"}
	static, err := ui.NewAssets("", fstest.MapFS{}, []ui.Guest{c.Guest}, "")
	must(err)
	gate, err := ui.NewGate(ui.GateConfig{Accounts: c.Accounts, Texts: texts, Assets: static, Base: base, Cookie: "s", Staff: c.Staff, Site: c.Site + ".site", Lead: c.Site + ".login_lead",
		Phone: "050-1234-5678", Clock: c.Clock, Log: slog.New(slog.DiscardHandler)})
	must(err)
	begin := func(v *ui.Visit, title, here string) (ui.Base, error) {
		b := gate.Begin(v)
		b.Title, b.Nav = v.T(title), ui.Menu(v, "", here, v.Role, c.Guest.Menu)
		return b, nil
	}
	r := ui.NewRouter(gate, "", static)
	must(ui.Welcome([]ui.Guest{c.Guest}, ui.Host{Gate: gate, Begin: begin, Base: base, Staff: c.Staff}, r))
	return r.Face(base)
}

// Written fails for each key of a text that the files of a room use and nobody wrote. Keys that end in "_" are the beginnings
// of keys that a program puts together.
func Written(t testing.TB, names ...string) {
	t.Helper()
	c, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range text.Used(string(b)) {
			if !strings.HasSuffix(key, "_") && !c.In("ja").Has(key) {
				t.Errorf("%s uses %q, which nobody wrote", name, key)
			}
		}
	}
}
