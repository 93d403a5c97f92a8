package browser

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// An owner has a site blocked from a telephone without script, two people change it at once and the second is told, and the
// centre changes a template after it was told for how many companies.
func TestWhatIsBlockedIsChanged(t *testing.T) {
	owner, desk := newTab(t, 360, 740), newTab(t, 1280, 900)
	owner.withoutScript()
	owner.language(here.portal, "ja")
	owner.login(here.portal, here.mori.owner)
	owner.open(here.portal + "/policy")
	owner.says("いま決まっていること", "標準", "まだ変えたことはありません")

	desk.language(here.console, "ja")
	desk.login(here.console, operator)
	theirs := here.console + "/companies/" + here.mori.CompanyID + "/policy"
	desk.open(theirs)
	desk.says(here.mori.name)

	owner.do(chromedp.SendKeys(chromedp.CSS("#deny"), "co.jp"), chromedp.SendKeys(chromedp.CSS("#why"), "休み時間に使うため"))
	if status := owner.click(`form[action$="/policy"] .button-key`); status != http.StatusUnprocessableEntity {
		t.Errorf("a whole top-level domain: %d", status)
	}
	owner.says("「co.jp」は、みんなの名前の終わりです")
	owner.do(chromedp.SetValue(chromedp.CSS("#deny"), "https://Game.example/play"))
	owner.click(`form[action$="/policy"] .button-key`)
	owner.says("保存しました", "game.example", "（この会社だけ）", "休み時間に使うため")

	desk.do(chromedp.SendKeys(chromedp.CSS("#deny"), "casino.example"), chromedp.SendKeys(chromedp.CSS("#why"), "電話での依頼"))
	if status := desk.click(`form[action$="/policy"] .button-key`); status != http.StatusConflict {
		t.Errorf("the second of two: %d", status)
	}
	desk.says("ほかの人が先に変えました", "game.example")
	if typed := eval[string](desk, `document.querySelector("#deny").value`); typed != "casino.example" {
		t.Errorf("what was typed is lost: %q", typed)
	}
	desk.do(chromedp.SetValue(chromedp.CSS("#deny"), "casino.example\ngame.example"))
	desk.click(`form[action$="/policy"] .button-key`)
	desk.says("保存しました", "casino.example")

	owner.open(here.portal + "/policy")
	owner.says("センターの担当者", "電話での依頼")
	owner.click(`.steps li:last-child form .button`) // the first step
	owner.says("元に戻しました", "casino.example", "1 回目を元に戻した")

	// More is blocked for some devices alone, which the desk finds in the company's history.
	owner.open(here.portal + "/policy")
	owner.click(`a[href="/policy/group"]`)
	owner.do(chromedp.SendKeys(chromedp.CSS("#name"), "会議室"), chromedp.SendKeys(chromedp.CSS("#deny"), "video.example"), chromedp.SendKeys(chromedp.CSS("#why"), "来客が使うため"))
	if status := owner.click(`button[value=look]`); status != http.StatusUnprocessableEntity {
		t.Errorf("a group of nobody: %d", status)
	}
	owner.says("機器を1つ以上選ぶか")
	owner.do(chromedp.SendKeys(chromedp.CSS("#member"), "192.168.2.0/24"))
	owner.click(`button[value=look]`)
	owner.says("この変更を保存しますか", "「会議室」の止めるサイト video.example")
	owner.click(`button[value=save]`)
	owner.says("保存しました", "会議室", "1台の機器・範囲", "止めるサイト: video.example")
	desk.open(theirs)
	desk.says("会議室", "来客が使うため")
	desk.usable("a company with a group")
	desk.click(`a[href*="/policy/group?name="]`)
	desk.says("192.168.2.0/24", "グループをなくす")
	desk.usable("a group in the console")
	if dir := os.Getenv("OTASUKE_SCREENSHOTS"); dir != "" {
		for _, width := range widths {
			desk.picture(filepath.Join(dir, fmt.Sprintf("policy-group-%d-ja.png", width)), width)
		}
	}
	desk.do(chromedp.SetValue(chromedp.CSS("#member"), "printer"))
	if status := desk.click(`button[value=look]`); status != http.StatusUnprocessableEntity {
		t.Errorf("no address: %d", status)
	}
	desk.says("「printer」は、機器のアドレスとして読めません")
	desk.usable("no address")

	desk.open(here.console + "/policies/strict")
	desk.do(chromedp.Click(chromedp.CSS(`input[value="category:social"]`)), chromedp.SendKeys(chromedp.CSS("#why"), "会議で決めた"))
	desk.click(`button[value=look]`)
	desk.says("この変更を保存しますか", "0社の方針が変わります")
	desk.click(`button[value=change]`)
	if !eval[bool](desk, `document.querySelector('input[value="category:social"]').checked`) {
		t.Error("what was ticked is lost")
	}
	desk.click(`button[value=look]`)
	desk.click(`button[value=save]`)
	desk.says("保存しました", "厳しめ")
}
