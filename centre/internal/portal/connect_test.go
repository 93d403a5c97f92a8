package portal

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"otasuke/centre/internal/tenant"
	"otasuke/wire"
)

// Whoever enters the code sees which box it is before anything happens.
func TestConnect(t *testing.T) {
	t.Parallel()
	o := sample()
	o.boxLine = "203.0.113.7"
	b := at(t, o)
	says(t, b.page("/connect"), "ボックスをつなぐ", "8文字のつなぎコード", "http://otasuke.local/")
	if body := b.page("/connect?code=bcdfghjk"); !strings.Contains(body, `value="BCDF-GHJK"`) {
		t.Error("the code of the link is lost")
	}
	if body := b.page("/connect?code=%22evil%22"); strings.Contains(body, "evil&") {
		t.Error("something else of a link is shown")
	}
	form := url.Values{"csrf": {"form-token"}, "code": {"ｂｃｄｆ－ｇｈｊｋ"}}
	status, body := b.post("/connect", form)
	if status != http.StatusOK || len(o.connected) > 0 {
		t.Fatalf("%d, connected %v", status, o.connected)
	}
	says(t, body, "482 913", "Otasuke Box 2", "203.0.113.7", "いまお使いの回線とは違います", "同じなので、株式会社佐藤製作所 につなぐ", "番号が違う")
	if status, _ := b.post("/connect/confirm", url.Values{"code": form["code"]}); status != http.StatusForbidden || len(o.connected) > 0 {
		t.Errorf("without the form's token: %d, %v", status, o.connected)
	}
	status, body = b.post("/connect/confirm", form)
	if !slices.Equal(o.connected, []string{ours + " p1"}) {
		t.Fatalf("%d %v", status, o.connected)
	}
	if status == http.StatusOK {
		says(t, body, "ボックスに知らせました")
	}
	says(t, b.page("/?said=connected"), "ボックスに知らせました")
}

func TestConnectRefuses(t *testing.T) {
	t.Parallel()
	o := sample()
	b := at(t, o)
	for code, want := range map[string]string{"abc": "8文字を、もう一度", "BCDF-BCDF": "見つかりませんでした", "3333-3333": "ほかの会社で使われていました", "4444-4444": "1分ほど待って", "<script>alert(1)": "8文字を", strings.Repeat("B", 200): "8文字を"} {
		for _, path := range []string{"/connect", "/connect/confirm"} {
			_, body := b.post(path, url.Values{"csrf": {"form-token"}, "code": {code}})
			says(t, body, want)
			if strings.Contains(body, "<script>alert") {
				t.Error("what was typed is believed")
			}
		}
	}
	if len(o.connected) > 0 {
		t.Errorf("connected %v", o.connected)
	}
	o.role = tenant.RoleReadonly
	if status, _ := b.post("/connect/confirm", url.Values{"csrf": {"form-token"}, "code": {"BCDF-GHJK"}}); status != http.StatusForbidden || len(o.connected) > 0 {
		t.Errorf("who only reads: %d %v", status, o.connected)
	}
	if strings.Contains(b.page("/"), "/connect") {
		t.Error("who only reads is sent there")
	}
}

// What a box finds out about itself stands beside its lamp.
func TestHomeTellsOfFaults(t *testing.T) {
	t.Parallel()
	o := sample()
	o.boxes[0].Health.Parts = map[string]wire.State{wire.PartTest: wire.StateDown, wire.PartOffice: wire.StateDown, wire.PartRouter: wire.StateDown, wire.PartClock: wire.StateDown, "journal": wire.StateDown}
	body := at(t, o).page("/")
	says(t, body, "見守り中", "テスト用のサイトを止められませんでした", "社内側のLANケーブル", "ルーター側のLANケーブル", "時計がずれています", "記録の置き場所")
	saysNot(t, body, "portal.")
	o.boxes[0].Protecting = false // then this is what counts
	saysNot(t, at(t, o).page("/"), "時計がずれています")
}
