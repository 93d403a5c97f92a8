package browser

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// shoot draws a page when pictures are wanted.
func (b *tab) shoot(name string, width int64) {
	b.t.Helper()
	if dir := os.Getenv("OTASUKE_SCREENSHOTS"); dir != "" {
		b.picture(filepath.Join(dir, fmt.Sprintf("%s-%d-ja.png", name, width)), width)
	}
}

// Somebody rings about an alert and reads its six digits out. The desk types them and has the case, the company and a note form before it;
// one more click and what was said is kept with the caller's number. The customer reads that, and nothing that the staff noted.
func TestACallDuringAnAlert(t *testing.T) {
	a := here.alert(t, here.sato, 3)
	owner := newTab(t, 360, 740)
	owner.login(here.portal, here.sato.owner)
	owner.open(here.portal + "/alerts/" + a.ID)
	read := strings.Join([]string{a.Case[:3], a.Case[3:]}, " ") // as people read it out
	owner.says(read, deskPhone)
	owner.shoot("call-customer-before", 360)

	b := newTab(t, 1280, 900)
	b.login(here.console, operator)
	b.open(here.console + "/desk")
	b.do(chromedp.SendKeys(chromedp.CSS("#q"), read))
	b.then(chromedp.KeyEvent(kb.Enter)) // the first
	if !strings.HasSuffix(b.path(), "/desk/company/"+here.sato.CompanyID) {
		t.Fatalf("the number leads to %s", b.path())
	}
	b.says(here.sato.name, here.sato.phrase, "佐藤 花子", read, "電話メモ")
	if eval[string](b, `document.querySelector("input[name=alert]").value`) != a.ID {
		t.Error("the note is not about the alert")
	}
	const said, told = "画面に変な表示が出ています。線は抜きました。", "そのままにして、画面の写真を撮ってもらいました"
	b.do(chromedp.SendKeys(chromedp.CSS("#text"), said), chromedp.SendKeys(chromedp.CSS("#phone"), "０６ー１２３４ー５６７８"), chromedp.SendKeys(chromedp.CSS("#answer"), told))
	b.shoot("call-note", 1280)
	b.click(`button[value=go]`) // the second
	b.says("記録しました。", said, told, "06-1234-5678", "急ぎ", "まだ誰も担当していません。")
	number := eval[string](b, `document.querySelector(".lead .num").textContent`)
	b.click(`form[action$="/assign"] .button-key`)
	b.says("あなたが担当しています。")
	b.shoot("call-ticket", 1280)
	ticket := b.path()
	b.open(here.console + "/desk?show=mine")
	b.says(number, "担当: 相談窓口 野田")
	b.shoot("call-queue", 1280)
	b.open(here.console + "/desk/company/" + here.sato.CompanyID)
	b.says("これまでの連絡", number)
	// Ringing again, the number of the telephone is enough.
	b.open(here.console + "/desk?q=0612345678")
	b.says(here.sato.name, said[:len("画面に")])
	b.calm()

	owner.open(here.portal + "/desk")
	owner.says(number)
	owner.open(here.portal + "/desk/" + ticket[strings.LastIndex(ticket, "/")+1:])
	owner.says(said, number)
	owner.saysNot(told, "野田")
	owner.shoot("call-customer-after", 360)
	owner.calm()

	// A colleague of the other company sees nothing of it.
	other := newTab(t, 360, 740)
	other.login(here.portal, here.mori.owner)
	if status := other.open(here.portal + "/desk/" + ticket[strings.LastIndex(ticket, "/")+1:]); status != 404 {
		t.Errorf("another company sees it: %d", status)
	}
}
