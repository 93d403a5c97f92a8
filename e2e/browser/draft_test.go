package browser

import (
	"context"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// condition of the line, https://chromedevtools.github.io/devtools-protocol/tot/Network/#method-emulateNetworkConditions
type condition struct {
	Offline            bool    `json:"offline"`
	Latency            float64 `json:"latency"`
	DownloadThroughput float64 `json:"downloadThroughput"`
	UploadThroughput   float64 `json:"uploadThroughput"`
}

// cut takes the line away, or gives it back.
func (b *tab) cut(yes bool) {
	b.t.Helper()
	emulate := cdp.Command[condition, cdp.Empty]{Method: "Network.emulateNetworkConditions"}
	b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulate, condition{Offline: yes, DownloadThroughput: -1, UploadThroughput: -1})
		return err
	}))
}

// leave ends the session as the centre does: the browser's cookie is worth nothing.
func (b *tab) leave() {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, network.ClearBrowserCookies, cdp.Empty{})
		return err
	}))
}

// holds fails unless the field has the text.
func (b *tab) holds(selector, want string) {
	b.t.Helper()
	if got := eval[string](b, `document.querySelector(`+strconv.Quote(selector)+`).value`); got != want {
		b.t.Errorf("%s: %s has %q, want %q", b.path(), selector, got, want)
	}
}

const (
	draftBack = "前に書いて、まだ送れていないようすの文章を戻しました。"
	draftKept = "書いた文章は消えていません。"
)

// What the desk writes for an hour and sends when its session is over is there again after the login, is sent then, and
// does not come back.
func TestWhatIsWrittenOutlivesTheSession(t *testing.T) {
	a := here.alert(t, here.sato, 3)
	const text = "社長に電話した。\nPC は箱から抜いてもらった"
	b := newTab(t, 1280, 900)
	b.login(here.console, operator)
	b.open(here.console + "/cases/" + a.CompanyID + "/" + a.ID)
	at := b.path()
	write := func() {
		b.do(press("n"))
		b.do(chromedp.KeyEvent(text))
	}
	send := chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(kb.ModifierCtrl))
	write()
	b.leave()
	b.then(send)
	if !strings.HasSuffix(b.path(), "/login") {
		t.Fatalf("without a session: %s", b.path())
	}
	b.says(draftKept)
	b.usable("login after a form")
	b.do(chromedp.SendKeys(chromedp.CSS("#email"), operator), chromedp.SendKeys(chromedp.CSS("#password"), password))
	b.click(".login .button")
	if b.path() != at {
		t.Errorf("after the login: %s, want %s", b.path(), at)
	}
	b.says(draftBack)
	b.holds("#note", text)
	b.usable("a case with a text that came back")
	b.do(press("n"))
	b.then(send)
	b.says("記録しました。", "社長に電話した。")
	b.saysNot(draftBack + "</p></div><div") // the note is in the page's template only
	b.holds("#note", "")
	b.open(here.console + at)
	b.holds("#note", "")
	b.calm()
}

// An owner whose line is cut while a question is sent has it again; who takes it away has an empty form; it is nobody
// else's, also in the same tab.
func TestWhatIsWrittenOutlivesTheLine(t *testing.T) {
	const field, text = "textarea", "複合機の裏の箱のランプが赤です"
	b := newTab(t, 360, 740)
	b.login(here.portal, here.sato.owner)
	b.open(here.portal + "/desk/new?kind=ask")
	b.do(chromedp.SendKeys(chromedp.CSS(field), text))
	b.cut(true)
	b.do(chromedp.Click(chromedp.CSS("main form button")))
	eventually(t, "the browser says that there is no line", func() bool { return strings.HasPrefix(eval[string](b, `location.href`), "chrome-error:") })
	b.cut(false)
	b.open(here.portal + "/desk/new?kind=ask")
	b.says(draftBack)
	b.holds(field, text)
	b.do(chromedp.Click(chromedp.CSS("main form [role=status] button")))
	b.holds(field, "")
	b.then(chromedp.Reload())
	b.holds(field, "")

	b.do(chromedp.SendKeys(chromedp.CSS(field), text))
	b.then(chromedp.Reload())
	b.holds(field, text)
	b.leave()
	b.login(here.portal, here.mori.owner)
	b.open(here.portal + "/desk/new?kind=ask")
	b.holds(field, "")
	if kept := eval[string](b, `sessionStorage.getItem("otasuke drafts")`); kept != "{}" {
		t.Errorf("somebody else's texts are still in the tab: %s", kept)
	}
	b.do(chromedp.SendKeys(chromedp.CSS(field), "my own"))
	b.click("[data-draft-forget] button")
	if kept := eval[string](b, `sessionStorage.getItem("otasuke drafts")`); kept != "{}" {
		t.Errorf("after the logout there is %s", kept)
	}
}

// A page that was open while its reader logged in anew is refused, leads back, and what was written there is sent the
// second time.
func TestAPageFromBeforeTheLogin(t *testing.T) {
	const text = "請求書の見方を知りたい"
	b := newTab(t, 360, 740)
	b.login(here.portal, here.sato.owner)
	b.open(here.portal + "/desk/new?kind=ask")
	b.do(chromedp.SendKeys(chromedp.CSS("textarea"), text))
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("main form [name=csrf]").value = "of another login"`))
	if status := b.click("main form button"); status != 403 {
		t.Fatalf("%d", status)
	}
	b.says("この操作はできませんでした", draftKept)
	b.usable("a page that failed")
	b.click("main .button-key")
	b.says(draftBack)
	b.holds("textarea", text)
	if status := b.click("main form .button-key"); status != 200 {
		t.Fatalf("the second time: %d", status)
	}
	b.says(text)
	b.saysNot(text + "</textarea>")
}
