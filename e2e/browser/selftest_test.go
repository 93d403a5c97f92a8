package browser

import (
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"otasuke/centre"
)

// tested has a box tested from the page on which its button is, and ends on a result also where it was tested a moment ago.
func tested(b *tab) {
	b.click(`.selftest .button-key`)
	if eval[bool](b, `document.querySelector('.selftest a') !== null`) {
		b.click(`.selftest a`)
	}
}

// An owner has a real box tested from a telephone without script; the operator sees the same, is told that a minute must pass,
// and the owner sees who looked. A box whose disk has gone says so, and what to do first.
func TestABoxTestsItself(t *testing.T) {
	owner, desk := newTab(t, 360, 740), newTab(t, 1280, 900)
	made, err := here.addCompany(t.Context(), here.boxes, centre.NewCompany{Name: "青葉印刷", Kana: "アオバインサツ", Industry: "manufacturing", Size: 4, Lang: "ja", Passphrase: "ふじ棚", OwnerName: "青葉 渉", OwnerEmail: "aoba@aoba-insatsu.example"})
	if err != nil {
		t.Fatal(err)
	}
	owner.withoutScript()
	owner.language(here.portal, "ja")
	owner.login(here.portal, made.owner)
	eventually(t, "the box has connected", func() bool {
		owner.open(here.portal + "/selftest")
		return strings.Contains(owner.text(), "つながっています")
	})
	owner.says("まだ診断していません")
	if err := os.RemoveAll(here.file(made.CompanyID)); err != nil { // what the box keeps is on it
		t.Fatal(err)
	}
	owner.click(`.selftest .button-key`)
	owner.says("1つ、気になるところがあります", "記録するディスク", "書けないか、とても遅くなっています", "ボックスの交換をご案内します", "通信の見守り", "秒で答えました", "青葉 渉")
	owner.calm()
	result := owner.path()

	desk.language(here.console, "ja")
	desk.login(here.console, operator)
	desk.open(here.console + "/companies/" + made.CompanyID + "?why=%E9%9B%BB%E8%A9%B1%E3%81%A7%E3%81%AE%E7%9B%B8%E8%AB%87")
	desk.click(`a[href$="/selftest"]`)
	desk.says("青葉印刷", "つながっています", "1つ、気になるところがあります")
	desk.click(`.selftest .button-key`)
	desk.says("いま診断したばかりです", "あと")
	desk.click(`.selftest a`)
	desk.says("記録するディスク", "青葉 渉")
	if !strings.HasSuffix(desk.path(), result) {
		t.Errorf("the newest result is at %s, want %s", desk.path(), result)
	}

	owner.open(here.portal + "/looks?show=all")
	owner.says("ボックスに自己診断をさせました", "自己診断の結果を見ました", "正しく動いているかを確かめるため")

	stranger := newTab(t, 1280, 900)
	stranger.language(here.portal, "ja")
	stranger.login(here.portal, here.sato.owner)
	if status := stranger.open(here.portal + result); status != 404 {
		t.Errorf("another company's test: %d", status)
	}
	stranger.open(here.portal + "/")
	stranger.do(chromedp.ScrollIntoView(chromedp.CSS(`a[href="/selftest"]`)))
	stranger.open(here.portal + "/selftest")
	tested(stranger)
	stranger.says("すべて、正しく動いています", "していただくことは、ありません")
}
