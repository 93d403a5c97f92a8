package browser

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"otasuke/wire"
)

// routed has a company's box tell of the office's router.
func (c *company) routed(t *testing.T, model, version string) {
	t.Helper()
	now := time.Now().UTC()
	in := &wire.Inside{First: now, Last: now, Early: true, Maker: "BUFFALO.INC", Kind: wire.Guess{ID: "router", Sure: 90}, Model: wire.Guess{ID: model}}
	if version != "" {
		in.Software = []wire.Software{{Name: "firmware", Version: version, By: "ssdp-server", Last: now}}
	}
	if err := c.box.Tell(wire.Event{Kind: wire.KindDevice, Device: wire.Device{MAC: "00:16:01:00:00:01", Addr: netip.MustParseAddr("192.168.1.1")}, Inside: in}); err != nil {
		t.Fatal(err)
	}
}

// From a maker's warning to an updated router: the desk sees whom it concerns and lets it out, the owner is asked what the label says and
// sends a photo from a telephone without script, the desk reads it, the router is to be updated, the box sees the new version.
func TestWarningBecomesAnUpdatedRouter(t *testing.T) {
	const id, what = "buffalo-2024-07", "バッファロー製ルーター・中継機の更新とパスワードの変更"
	here.sato.routed(t, "", "")
	desk := newTab(t, 1280, 900)
	desk.language(here.console, "ja")
	desk.login(here.console, operator)
	eventually(t, "the router is known", func() bool {
		desk.open(here.console + "/advisories/one/" + id)
		return strings.Contains(desk.text(), "佐藤製作所")
	})
	desk.says("まだ、だれにも送っていません", "要確認", "下書き")
	looked(t, desk, "advisory-preview", 1280)
	desk.click(`form[action$="/publish"] button`)
	desk.says("公開中")
	m := here.mailTo(t, here.sato.owner, "確認のお願い】バッファロー")
	if !strings.Contains(m.Text, "合言葉: "+here.sato.phrase) || !strings.Contains(m.Text, "要確認") {
		t.Errorf("the mail says %s", m.Text)
	}
	page := regexp.MustCompile(regexp.QuoteMeta(here.portal) + `/advisories/\S+`).FindString(m.Text)

	b := newTab(t, 360, 740)
	b.withoutScript()
	b.language(here.portal, "ja")
	b.login(here.portal, here.sato.owner)
	b.open(here.portal + "/advisories")
	b.says("確かめたいこと 1件", what)
	b.open(page)
	b.says("裏のラベルには、何と書いてありますか", "型番はまだわかっていません")
	looked(t, b, "advisory-question", 360)
	b.click(`form[action$="/answer"] .button-key`) // nothing said
	b.says("型番を選ぶか、写真を送ってください")
	photo := here.file("ラベル.png")
	if err := os.WriteFile(photo, []byte("\x89PNG\r\n\x1a\n and a label"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.do(chromedp.SetUploadFiles(chromedp.CSS(`input[type=file]`), []string{photo}))
	b.click(`form[action$="/answer"] .button-key`)
	b.says("窓口が確認します", "送った写真")

	desk.open(here.console + "/advisories/one/" + id)
	desk.says("窓口が確認中", "送った写真")
	looked(t, desk, "advisory-desk", 1280)
	desk.do(chromedp.Click(chromedp.CSS("td details > summary")), chromedp.SetValue(chromedp.CSS(`select[name^="model-"]`), "WHR-1166DHP2"), chromedp.SendKeys(chromedp.CSS(`input[name^="version-"]`), "Ver.2.95"))
	desk.click(`form[action*="/read/"] button`)
	desk.says("読み取りを記録しました", "該当・更新が必要")

	m = here.mailTo(t, here.sato.owner, "更新のお願い")
	if !strings.Contains(m.Text, "WHR-1166DHP2 2.95") || !strings.Contains(m.Text, "まずしていただくこと") {
		t.Errorf("the mail says %s", m.Text)
	}
	b.open(here.portal + "/")
	b.says(what)
	b.open(page)
	b.says("該当・更新が必要", "更新した")
	looked(t, b, "advisory-todo", 360)
	here.sato.routed(t, "WHR-1166DHP2", "2.96")
	eventually(t, "the box's news is taken in", func() bool {
		b.open(page)
		return strings.Contains(b.text(), "新しいバージョンを確認")
	})
	b.says("済み")
	b.open(here.portal + "/")
	if strings.Contains(b.text(), what) {
		t.Error("it is still to be done")
	}
	for _, m := range here.sink.Mails() {
		if strings.Contains(m.To, here.mori.owner) && strings.Contains(m.Text, "/advisories/") {
			t.Error("a company that has no such router was told")
		}
	}
	desk.open(here.console + "/advisories/one/" + id)
	desk.do(chromedp.Click(chromedp.CSS("details.sheet > summary")))
	desk.do(chromedp.SendKeys(chromedp.CSS("#why"), "対象の型番に誤りがありました。"))
	desk.click(`form[action$="/withdraw"] button`)
	desk.says("取り消し済み")
	if m = here.mailTo(t, here.sato.owner, "取り消し"); !strings.Contains(m.Text, "対象の型番に誤り") {
		t.Errorf("the mail says %s", m.Text)
	}
	b.calm()
	desk.calm()
}

// looked keeps a picture where pictures are wanted.
func looked(t *testing.T, b *tab, name string, width int64) {
	t.Helper()
	if dir := os.Getenv("OTASUKE_SCREENSHOTS"); dir != "" {
		b.picture(filepath.Join(dir, fmt.Sprintf("%s-%d-ja.png", name, width)), width)
	}
}

// advised lets an advisory out that asks 佐藤製作所 which version a browser is, once, for pages to be looked at.
func (w *world) advised(t *testing.T) string {
	t.Helper()
	const id = "chrome-2024-08"
	w.advise.Do(func() {
		now := time.Now().UTC()
		if err := w.sato.box.Tell(wire.Event{Kind: wire.KindDevice, Device: wire.Device{MAC: "02:00:00:00:00:10", Addr: netip.MustParseAddr("192.168.1.11")}, Inside: &wire.Inside{First: now, Last: now, Early: true, Kind: wire.Guess{ID: "pc", Sure: 90},
			Software: []wire.Software{{Name: "chrome", Version: "128", Partial: true, By: "agent", Last: now}}}}); err != nil {
			t.Fatal(err)
		}
		desk := newTab(t, 1280, 900)
		desk.language(w.console, "ja")
		desk.login(w.console, operator)
		eventually(t, "the browser is known", func() bool {
			desk.open(w.console + "/advisories/one/" + id)
			return strings.Contains(desk.text(), "佐藤製作所")
		})
		desk.click(`form[action$="/publish"] button`)
		w.mailTo(t, w.sato.owner, "確認のお願い】パソコンの")
	})
	return "/advisories/" + id
}
