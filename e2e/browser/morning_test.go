package browser

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// An operator's morning: the hand-over, several cases at once, a step of the playbook, what was seen before, the figures
// and the map. The cases stay open: other tests need them.
func TestOperatorsMorning(t *testing.T) {
	a := here.alert(t, here.sato, 2)
	b := newTab(t, 1280, 900)
	b.login(here.console, operator)

	b.open(here.console + "/shift")
	b.do(chromedp.SendKeys(chromedp.CSS("#text"), "夜は静かでした"), chromedp.SendKeys(chromedp.CSS("#points"), "折り返しの電話"))
	b.click(`form[action$="/shift"] button`)
	b.says("引き継ぎを残しました。", "夜は静かでした", "折り返しの電話", "まだだれも読んでいません。")
	b.click(`form[action$="/done"] button`)
	b.says("済みにしました。")

	b.open(here.console + "/")
	b.says("いまの当番が決まっていません。")
	b.do(press("j"), press("x"), press("j"), press("x"))
	if n := eval[int](b, `document.querySelectorAll("[name=pick]:checked").length`); n != 2 {
		t.Fatalf("x chose %d cases, want 2", n)
	}
	b.do(press("b"))
	b.then(chromedp.KeyEvent(kb.Enter))
	b.says("まとめて決める", "2 件のうち 2 件")
	b.do(chromedp.Click(chromedp.CSS(`input[value="note"]`)), chromedp.SendKeys(chromedp.CSS("#reason"), "朝に見ました"))
	b.click(`form[action$="/together/decide"] .button-key`)
	b.says("2 件をまとめて決めました。")

	b.open(here.console + "/cases/" + a.CompanyID + "/" + a.ID)
	b.says("この種類の手順", "これまでの似た案件", "確かめること")
	b.click(`button[name="tick"]`)
	b.says("手順に印を付けました。", "手順が済みました", "相談窓口 野田")
	b.open(here.console + "/work?days=7")
	b.says("センターの働きぶり", "引き受けるまでの時間")
	b.open(here.console + "/rota?span=month")
	b.says("だれもいません")
	b.open(here.console + "/fleet/map")
	b.says("ボックスの地図", "北海道")
	b.calm()
}
