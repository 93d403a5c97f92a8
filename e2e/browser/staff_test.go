package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// The desk works through a case without touching the mouse.
func TestDeskWorksByKeys(t *testing.T) {
	a := here.alert(t, here.mori, 3)
	b := newTab(t, 1280, 800)
	b.login(here.console, operator)
	b.says("受付", "Mori Trading", "台が見守り中です。")
	eventually(t, "the right case", func() bool {
		b.do(press("j"))
		return strings.HasSuffix(eval[string](b, `document.activeElement.href ?? ""`), "/cases/"+a.CompanyID+"/"+a.ID)
	})
	b.then(chromedp.KeyEvent(kb.Enter))
	b.says("お問い合わせ番号", "paper crane", "Alice Mori", "届けました", "電話で伺うこと")
	b.do(press("a"))
	b.then(chromedp.KeyEvent(kb.Enter))
	b.says("引き受けました。", "センターが引き受けました")
	for _, act := range []struct{ key, typed, want string }{
		{"n", "電話した。まだつながっている", "記録しました。"},
		{"e", "夜勤の田中へ、機器の確認", "引き継ぎを記録しました。"},
		{"f", "社内の検査だった", "閉じました。"},
	} {
		b.do(press(act.key))
		if tag := eval[string](b, `document.activeElement.tagName`); tag != "TEXTAREA" {
			t.Fatalf("%s leads to %s", act.key, tag)
		}
		b.do(chromedp.KeyEvent(act.typed))
		b.then(chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(kb.ModifierCtrl)))
		b.says(act.want, act.typed)
	}
	b.says("Handed over: 夜勤の田中へ", "We checked it. It was harmless (a false alarm). 社内の検査だった")
	b.then(press("q"))
	if b.path() != "/" {
		t.Errorf("q leads to %s", b.path())
	}
	if strings.Contains(eval[string](b, `document.body.innerHTML`), a.CompanyID+"/"+a.ID+`"`) {
		t.Error("the closed case is still in the queue")
	}
	b.calm()

	owner := newTab(t, 360, 740)
	owner.login(here.portal, here.mori.owner)
	owner.open(here.portal + "/alerts/" + a.ID)
	owner.says("Closed because: We checked it. It was harmless")
	owner.open(here.portal + "/looks")
	owner.says("相談窓口 野田")
}
