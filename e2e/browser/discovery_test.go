package browser

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// An operator has something stopped for all that a case shows, from a telephone without script: what everybody needs is
// refused with the reason, what is confirmed stands in the list, and is taken back.
func TestStoppedForAll(t *testing.T) {
	a := here.alert(t, here.sato, 3)
	b, phone := newTab(t, 1280, 900), newTab(t, 360, 740)
	phone.withoutScript()
	source := axe(t)
	orderly := func(page string) {
		t.Helper()
		eval[chromedp.Void](b, source)
		for _, f := range eval[axeFindings](b, runAxe, chromedp.EvalAwaitPromise).Violations {
			t.Errorf("%s: %s", page, f)
		}
	}
	b.login(here.console, operator)
	one := here.console + "/cases/" + a.CompanyID + "/" + a.ID
	b.open(one)
	b.says("全社で止める")
	phone.language(here.console, "en")
	phone.login(here.console, operator)
	phone.open(one + "/discovery")
	phone.says("Stop it for all", "Why you are sure")
	b.open(one + "/discovery")
	orderly("propose")
	look(b, "propose-ja")
	look(phone, "propose-en")
	phone.do(chromedp.Click(chromedp.CSS(`input[value="other"]`)), chromedp.SetValue(chromedp.CSS("#kind"), "name"), chromedp.SendKeys(chromedp.CSS("#value"), "www.google.co.jp"), chromedp.SendKeys(chromedp.CSS("#why"), "our shop was told by phone"))
	if status := phone.click(`form[action$="/discovery"] .button-key`); status != http.StatusUnprocessableEntity {
		t.Errorf("what everybody needs: %d", status)
	}
	phone.says("is what most offices need each day")
	phone.do(chromedp.SetValue(chromedp.CSS("#kind"), "page"), chromedp.SetValue(chromedp.CSS("#value"), "http://kowareta-shop.example/wp-content/uploads/2026/11/invoice-of-november-that-you-must-open-at-once.php?id=1"))
	phone.click(`form[action$="/discovery"] .button-key`)
	phone.says("To be confirmed", "Nothing is stopped yet", "It may be stopped")
	look(phone, "proposed-en")
	at := here.console + phone.path()
	b.open(at)
	b.says("確認待ち", "止めてよい条件がそろっています", "だけが開けなくなります")
	orderly("proposed")
	look(b, "proposed-ja")
	b.do(chromedp.SendKeys(chromedp.CSS("#why"), "店に電話で確かめた"))
	b.click(`button[value=confirm]`)
	b.says("1分以内に届きます", "止めています", "店に電話で確かめた", "相談窓口 野田")
	orderly("active")
	look(b, "active-ja")
	phone.open(at)
	look(phone, "active-en")
	b.open(here.console + "/discoveries")
	b.says("全社で止めている危険", "いま止めているもの", "kowareta-shop.example")
	orderly("list")
	look(b, "list-ja")
	phone.open(here.console + "/discoveries")
	phone.says("Stopped for all", "Nothing was stopped by it yet")
	look(phone, "list-en")
	if wide := eval[bool](phone, `document.documentElement.scrollWidth > innerWidth`); wide {
		t.Error("the list is wider than a telephone")
	}
	b.open(at)
	b.do(chromedp.SendKeys(chromedp.CSS("#why"), "店が直した"))
	b.click(`button[value=withdraw]`)
	b.says("取り消しました", "店が直した")
	b.calm()
}

// look takes a picture where somebody wants to look at it: OTASUKE_LOOK is a folder.
func look(b *tab, name string) {
	if dir := os.Getenv("OTASUKE_LOOK"); dir != "" {
		b.picture(filepath.Join(dir, name+".png"), eval[int64](b, `innerWidth`))
		b.open(eval[string](b, `location.href`)) // nobody clicks well on a page that was stretched
	}
}
