package fleetmap

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jba/templatecheck"

	"otasuke/centre/internal/device"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/content/text"
	"otasuke/internal/clock"
)

var now = time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func box(company, site, software string, seen time.Duration, on bool) device.FleetBox {
	return device.FleetBox{Box: device.Box{TenantID: company, SiteID: site, Software: software, LastSeen: now.Add(-seen), Protecting: on}}
}

var where = Addresses{Sites: map[[2]string]string{{"sato", "head"}: "大阪府大阪市中央区", {"sato", "works"}: "倉庫の裏"}, Contracts: map[string]string{"sato": "京都府京都市"}, Regions: map[string]string{"sato": "27", "mori": "13", "odd": "48", "none": "", "worse": "-1"}}

func page(t *testing.T, lang string, fleet ...device.FleetBox) string {
	t.Helper()
	texts, err := text.Load()
	must(t, err)
	p := &pages{Config: Config{Clock: clock.NewFake(now), Fleet: func(_ context.Context, who, why string, _ int) ([]device.FleetBox, error) {
		if who != "op" || why == "" {
			t.Error("nobody looks, or it is not said why")
		}
		return fleet, nil
	}, Addresses: func(context.Context, string, string) (*Addresses, error) { return &where, nil }}}
	p.page, err = ui.ParsePage(files, "map.html")
	must(t, err)
	p.Root = "/console"
	p.Begin = func(v *ui.Visit, title, _ string) (ui.Base, error) {
		return ui.Base{Texts: v.Texts, Title: v.T(title)}, nil
	}
	rec := httptest.NewRecorder()
	must(t, p.show(rec, &ui.Visit{Session: tenant.Session{PersonID: "op"}, Texts: texts.In(lang), Request: httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/fleet/map", nil)}))
	return html.UnescapeString(rec.Body.String())
}

// The worst of a prefecture is seen, in signs and words too, and every figure is in the table.
func TestTheMap(t *testing.T) {
	t.Parallel()
	body := page(t, "ja", box("sato", "head", "1.10.0", time.Minute, true), box("sato", "head", "1.9.0", time.Minute, true), box("sato", "works", "1.10.0", time.Hour, true), box("mori", "", "1.10.0", time.Minute, true), box("odd", "", "x", time.Minute, true))
	for _, want := range []string{"大阪府: 2台、ソフトが古いものがある", "京都府: 1台、連絡がない", "東京都: 1台、見守り中", `href="/console/fleet?where=27"`, "△ 2", "! 1", "✓ 1", "どこにあるかわからないもの 1 台", `href="/console/fleet?where=0"`, ">神奈川<", ">京都<", ">北海道<"} {
		if !strings.Contains(body, want) {
			t.Errorf("the map does not say %q", want)
		}
	}
	if n := strings.Count(body, "<rect"); n != Prefectures {
		t.Errorf("%d tiles", n)
	}
	if n := strings.Count(body, `<th scope="row">`); n != 3 {
		t.Errorf("%d rows in the table, want 3", n)
	}
	if en := page(t, "en", box("mori", "", "1.0", time.Minute, false)); !strings.Contains(en, "Tokyo: 1, one is silent or not watching") || !strings.Contains(en, "Kagoshima") {
		t.Error("not in English")
	}
	if empty := page(t, "ja"); strings.Contains(empty, "<a href=\"/console/fleet?") || !strings.Contains(empty, "0 台") {
		t.Error("an empty fleet has boxes")
	}
	svg := body[strings.Index(body, "<svg class=\"map\""):]
	d := xml.NewDecoder(strings.NewReader(svg[:strings.Index(svg, "</svg>")+6]))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// Every prefecture has a tile of its own.
func TestTilesDoNotCover(t *testing.T) {
	t.Parallel()
	seen := map[place]int{}
	for n := 1; n <= Prefectures; n++ {
		if other, ok := seen[tiles[n]]; ok {
			t.Errorf("%d lies on %d", n, other)
		}
		seen[tiles[n]] = n
	}
}

func TestWhereABoxIs(t *testing.T) {
	t.Parallel()
	for want, b := range map[string]device.Box{"27": {TenantID: "sato", SiteID: "head"}, "26": {TenantID: "sato", SiteID: "works"}, "13": {TenantID: "mori", SiteID: "gone"}, "0": {TenantID: "odd"}, "00": {TenantID: "none"}, "000": {TenantID: "stranger"}, "0000": {TenantID: "worse"}} {
		if got := where.Prefecture(&b); strings.TrimLeft(fmt.Sprint(got), "0") != strings.TrimLeft(want, "0") {
			t.Errorf("%+v is in %d, want %s", b, got, want)
		}
	}
}

func TestTemplateAndTexts(t *testing.T) {
	t.Parallel()
	p, err := ui.ParsePage(files, "map.html")
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
	for _, word := range words {
		if !c.In("en").Has(stateKey + word) {
			t.Errorf("no words for %s", word)
		}
	}
}
