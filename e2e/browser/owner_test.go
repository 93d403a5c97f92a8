package browser

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// From the mail to the answer: looking changes nothing, the button does.
func TestOwnerAnswersFromTheMail(t *testing.T) {
	a := here.alert(t, here.sato, 2)
	address := link(t, here.mail(t, here.sato, a.ID), "expected")
	b := newTab(t, 360, 740)
	if status := b.open(address); status != http.StatusOK {
		t.Fatalf("the button's page: %d", status)
	}
	b.says("まだ何も送っていません", "「192.168.1.11」がにせのログイン画面を開こうとしました", deskPhone)
	if got := here.alert(t, here.sato, 2); got.State != "open" {
		t.Errorf("looking at the page made the alert %s", got.State)
	}
	b.do(chromedp.SendKeys(chromedp.CSS("#note"), "銀行からの案内と思いました"))
	b.click("main .button-key")
	b.says("心当たりがあるとのこと、わかりました")
	if got := here.alert(t, here.sato, 2); got.State != "acknowledged" {
		t.Errorf("after the answer the alert is %s", got.State)
	}
	b.open(address)
	b.says("もうお返事をいただいています")
	b.login(here.portal, here.sato.owner)
	b.open(here.portal + "/alerts/" + a.ID)
	b.says("お返事: 心当たりがあります", "銀行からの案内と思いました", "センターが確認中です")
	b.calm()
}

// Mail scanners open every link, some of them more than once.
func TestScannersChangeNothing(t *testing.T) {
	a := here.alert(t, here.mori, 2)
	m := here.mail(t, here.mori, a.ID)
	for _, answer := range []string{"done", "expected", "call"} {
		for _, method := range []string{http.MethodHead, http.MethodGet, http.MethodGet} {
			r, err := http.NewRequestWithContext(t.Context(), method, link(t, m, answer), nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("User-Agent", "LinkScanner/1.0")
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			if err := res.Body.Close(); err != nil || res.StatusCode != http.StatusOK || len(res.Cookies()) > 0 {
				t.Errorf("%s %s: %d, cookies %v", method, answer, res.StatusCode, res.Cookies())
			}
		}
	}
	if got := here.alert(t, here.mori, 2); got.State != "open" {
		t.Errorf("the scanner made the alert %s", got.State)
	}
}

func TestHomeAndAlertSayWhatMatters(t *testing.T) {
	b := newTab(t, 360, 740)
	b.login(here.portal, here.sato.owner)
	b.says("急ぎのお願いがあります", "今日は攻撃を", "「192.168.1.12」がウイルスに操作された疑い", "LAN ケーブルを抜いてください")
	if !eval[bool](b, `(() => { const r = document.querySelector(".phone").getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight })()`) {
		t.Error("the telephone number is not in sight without scrolling")
	}
	b.click(".todo .button-key")
	b.says("何が起きましたか", "もう止めましたか", "はい。お助けボックスが", "いま危ないですか", "手順", "お問い合わせ番号")
	if !eval[bool](b, `document.querySelector(".letter-one").getBoundingClientRect().bottom < innerHeight - document.querySelector(".foot").offsetHeight`) {
		t.Error("what to do cannot be read without scrolling")
	}
	b.do(chromedp.Click(chromedp.CSS(".technical > summary")), chromedp.Click(chromedp.CSS(".events summary")))
	b.says("OTASUKE C2", "203.0.113.66", "記録ID")
	b.click(".tools a")
	b.says("What happened?", "Is it stopped?", "Unplug the network cable")
	b.calm()
}

// An alert of many events shows the newest ones and says that there are more.
func TestAnAlertOfManyEventsStaysReadable(t *testing.T) {
	a := here.alert(t, here.sato, 3)
	for range 12 {
		if err := here.play(t.Context(), here.sato, 2); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "all events", func() bool { return here.alert(t, here.sato, 3).Count >= a.Count+24 })
	b := newTab(t, 360, 740)
	b.login(here.portal, here.sato.owner)
	b.open(here.portal + "/alerts/" + a.ID)
	b.do(chromedp.Click(chromedp.CSS(".technical > summary")))
	b.says("件のうち、新しい 20 件です", "同じことが")
	if n := eval[int](b, `document.querySelectorAll(".events > li").length`); n != 20 {
		t.Errorf("%d events are shown", n)
	}
	if got := eval[int64](b, `document.documentElement.scrollWidth`); got > 360 {
		t.Errorf("the page is %d wide", got)
	}
}

// Another company's pages do not exist, whoever asks.
func TestAnotherCompanysPagesDoNotExist(t *testing.T) {
	a := here.alert(t, here.sato, 3)
	b := newTab(t, 1280, 800)
	if b.open(here.portal + "/alerts/" + a.ID); b.path() != "/login" {
		t.Errorf("a stranger is at %s", b.path())
	}
	b.login(here.portal, here.mori.owner)
	if status := b.open(here.portal + "/alerts/" + a.ID); status != http.StatusNotFound {
		t.Errorf("another company's alert: %d, want 404", status)
	}
	b.saysNot(here.sato.name, here.sato.phrase, here.sato.owner, a.Case)
	for _, path := range []string{"/", "/alerts", "/devices", "/used", "/traffic", "/looks"} {
		b.open(here.portal + path)
		b.saysNot(here.sato.name, here.sato.phrase, here.sato.owner, here.sato.CompanyID)
	}
	if status := b.open(here.console + "/"); status != http.StatusOK || b.path() != "/login" {
		t.Errorf("a customer in the console: %d at %s", status, b.path())
	}
}

// A person without a mouse logs in, skips the menu, opens the request and asks
// for a call.
func TestByKeyboardAlone(t *testing.T) {
	a := here.alert(t, here.sato, 3)
	b := newTab(t, 1280, 800)
	b.open(here.portal + "/login")
	key := func(keys ...string) {
		t.Helper()
		for _, k := range keys {
			b.do(chromedp.KeyEvent(k))
		}
	}
	focus := func() string {
		t.Helper()
		return eval[string](b, `((e) => e.id || e.value || e.textContent.trim())(document.activeElement)`)
	}
	seek := func(want string) {
		t.Helper()
		for range 40 {
			if key(kb.Tab); focus() == want {
				if outline := eval[string](b, `getComputedStyle(document.activeElement).outlineStyle`); outline == "none" {
					t.Errorf("%s: the focus cannot be seen", want)
				}
				return
			}
		}
		t.Fatalf("Tab does not reach %q", want)
	}
	seek("email")
	key(here.sato.owner)
	seek("password")
	key(password)
	b.then(chromedp.KeyEvent(kb.Enter))
	key(kb.Tab)
	if got := focus(); got != "本文へ移動" {
		t.Errorf("the first stop is %q", got)
	}
	key(kb.Enter)
	seek("手順を見る")
	b.then(chromedp.KeyEvent(kb.Enter))
	seek("call")
	b.then(chromedp.KeyEvent(kb.Enter))
	b.says("お返事をありがとうございます", "お返事: 電話してほしい")
	if got := here.alert(t, here.sato, 3); got.ID != a.ID || got.State != "acknowledged" {
		t.Errorf("%+v", got)
	}
	b.calm()
}

func TestWithoutScript(t *testing.T) {
	b := newTab(t, 360, 740)
	b.withoutScript()
	b.login(here.portal, here.mori.owner)
	b.says("Please act today")
	b.open(here.portal + "/alerts/" + here.alert(t, here.mori, 2).ID)
	b.click(`button[value="done"]`)
	b.says("Thank you. We have your answer.", "Your answer: It is done")
	b.open(here.portal + "/devices")
	b.do(chromedp.SendKeys(chromedp.CSS("input[name=name]"), "Office NAS"))
	b.click("table button")
	b.says("The name is changed.")
	b.click(".linkish")
	if b.path() != "/login" {
		t.Errorf("after logging out: %s", b.path())
	}
	desk := newTab(t, 1280, 800)
	desk.withoutScript()
	desk.login(here.console, operator)
	desk.click("[data-row]")
	desk.do(chromedp.Click(chromedp.CSS("details[name=act] summary")), chromedp.SendKeys(chromedp.CSS("#note"), "電話した"))
	desk.click(`form[action$="/note"] button`)
	desk.says("電話した")
}

// The name that the owner gives a device is the one that its alert uses from the
// next event on.
func TestADeviceIsCalledByItsName(t *testing.T) {
	a := here.alert(t, here.mori, 3)
	b := newTab(t, 1280, 800)
	b.login(here.portal, here.mori.owner)
	b.open(here.portal + "/devices")
	row := eval[string](b, `[...document.querySelectorAll("tbody tr")].find((r) => r.innerText.includes("`+a.Device+`")).querySelector("input[name=name]").id`)
	// Another test may have named the same device.
	b.do(chromedp.Clear(chromedp.CSS(`[id="`+row+`"]`)), chromedp.SendKeys(chromedp.CSS(`[id="`+row+`"]`), "Accounts PC"))
	b.then(chromedp.KeyEvent(kb.Enter))
	b.says("The name is changed.")
	if err := here.play(t.Context(), here.mori, 2); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the new name", func() bool {
		b.open(here.portal + "/alerts/" + a.ID)
		return strings.Contains(b.text(), "“Accounts PC” may be under an attacker's control")
	})
}

func TestMailsAreMadeForMailPrograms(t *testing.T) {
	for _, c := range []*company{here.sato, here.mori} {
		for _, stars := range []int{2, 3} {
			m := here.mail(t, c, here.alert(t, c, stars).ID)
			checkHeaders(t, m.Raw)
			if !m.Signed {
				t.Errorf("%q is not signed rightly", m.Subject)
			}
			if n := len([]rune(m.Subject)); n > 110 {
				t.Errorf("a subject of %d characters: %s", n, m.Subject)
			}
			for _, body := range []string{m.Text, m.HTML} {
				if !strings.Contains(body, c.phrase) || !strings.Contains(body, deskPhone) {
					t.Errorf("%q lacks passphrase or telephone number", m.Subject)
				}
			}
		}
	}
}

// helpers come to a company's office, or pay for that.
var helpers = []string{vendorMail, insurerMail}

// Nothing of one company is in the mails of another.
func TestMailsKeepCompaniesApart(t *testing.T) {
	for _, m := range here.sink.Mails() {
		if strings.Contains(m.To, operator) {
			continue // the desk's own
		}
		if slices.ContainsFunc(append([]string{thirdOwner, keyOwner, keyStaff}, applicants...), func(a string) bool { return strings.Contains(m.To, a) }) {
			for _, secret := range []string{here.sato.name, here.sato.phrase, here.sato.CompanyID, here.mori.name, here.mori.phrase, here.mori.CompanyID} {
				if strings.Contains(m.Text+m.HTML+m.Subject, secret) {
					t.Errorf("the mail %q to %s holds %q", m.Subject, m.To, secret)
				}
			}
			continue
		}
		if slices.ContainsFunc(helpers, func(a string) bool { return strings.Contains(m.To, a) }) {
			for _, secret := range []string{here.sato.phrase, here.mori.name, here.mori.phrase, here.mori.CompanyID} {
				if strings.Contains(m.Text+m.HTML+m.Subject, secret) {
					t.Errorf("the mail %q to %s holds %q", m.Subject, m.To, secret)
				}
			}
			continue
		}
		if strings.HasPrefix(m.Subject, "A questionnaire from ") {
			continue // it names who asks
		}
		mine, other := here.sato, here.mori
		if strings.Contains(m.To, here.mori.owner) {
			mine, other = other, mine
		}
		if !strings.Contains(m.To, mine.owner) && !strings.Contains(m.To, colleague) {
			t.Errorf("a mail to %s", m.To)
		}
		for _, secret := range []string{other.name, other.phrase, other.owner, other.CompanyID} {
			if strings.Contains(m.Text+m.HTML+m.Subject+string(m.Raw), secret) {
				t.Errorf("the mail %q to %s holds %q", m.Subject, m.To, secret)
			}
		}
	}
}

// checkHeaders looks at what other mail programs go by.
func checkHeaders(t *testing.T, raw []byte) {
	t.Helper()
	head, _, _ := strings.Cut(strings.ReplaceAll(string(raw), "\r\n", "\n"), "\n\n")
	head = "\n" + strings.ToLower(strings.ReplaceAll(head, "\n ", " "))
	for _, want := range []string{"\nmessage-id: <", "@" + alertDomain + ">", "\nauto-submitted: auto-generated", "\nreply-to: ", "\ndkim-signature: ", "\ndate: "} {
		if !strings.Contains(head, want) {
			t.Errorf("the mail lacks %q", strings.TrimSpace(want))
		}
	}
	for _, bad := range []string{"\nlist-", "\nprecedence:", "\nin-reply-to:"} {
		if strings.Contains(head, bad) {
			t.Errorf("the first mail about an alert has %q", strings.TrimSpace(bad))
		}
	}
}
