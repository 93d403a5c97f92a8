package browser

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"otasuke/centre"
)

// keyOwner is the owner of a company of its own: who has heard of passkeys does not hear again.
const keyOwner = "kita@kita-insatsu.example"

// keyStaff is somebody of the centre whose second factor is a passkey.
const keyStaff = "suzuki@chamber.example"

// device gives a tab an authenticator as a telephone or PC has one, whose owner is always there, and its id.
func (b *tab) device() (id webauthn.AuthenticatorID) {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		if _, err := cdp.Call(ctx, target, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return err
		}
		made, err := cdp.Call(ctx, target, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
			HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true}})
		if err == nil {
			id = made.AuthenticatorID
		}
		return err
	}))
	return id
}

// verifies says whether the device's owner shows finger or face from now on.
func (b *tab) verifies(id webauthn.AuthenticatorID, yes bool) {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, webauthn.SetUserVerified, webauthn.SetUserVerifiedParams{AuthenticatorID: id, IsUserVerified: yes})
		return err
	}))
}

// withoutAutofill has the browser offer passkeys by the button only, and gives them back to the autofill: where a device is
// always ready, the autofill does not wait to be clicked.
func (b *tab) withoutAutofill() (back func()) {
	b.t.Helper()
	var id cdppage.ScriptIdentifier
	b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		made, err := cdp.Call(ctx, target, cdppage.AddScriptToEvaluateOnNewDocument, cdppage.AddScriptToEvaluateOnNewDocumentParams{Source: `PublicKeyCredential.isConditionalMediationAvailable = async () => false`})
		if err == nil {
			id = made.Identifier
		}
		return err
	}))
	return func() {
		b.t.Helper()
		b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
			_, err := cdp.Call(ctx, target, cdppage.RemoveScriptToEvaluateOnNewDocument, cdppage.RemoveScriptToEvaluateOnNewDocumentParams{Identifier: id})
			return err
		}))
	}
}

// usable checks a page by axe-core, where TestEveryPage has it.
func (b *tab) usable(name string) {
	b.t.Helper()
	source, err := os.ReadFile(filepath.Join("node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		b.t.Logf("%s is not checked by axe-core: %v", name, err)
		return
	}
	eval[chromedp.Void](b, string(source))
	for _, f := range eval[axeFindings](b, runAxe, chromedp.EvalAwaitPromise).Violations {
		b.t.Errorf("%s: %s", name, f)
	}
}

// draw keeps pictures of a page of the portal where pictures are wanted.
func (b *tab) draw(name, path string) {
	b.t.Helper()
	dir := os.Getenv("OTASUKE_SCREENSHOTS")
	if dir == "" {
		return
	}
	for _, lang := range []string{"en", "ja"} {
		b.language(here.portal, lang)
		b.open(here.portal + path)
		for _, width := range widths {
			b.picture(filepath.Join(dir, fmt.Sprintf("%s-%d-%s.png", name, width, lang)), width)
		}
	}
}

// An owner hears of passkeys at the first login, adds one, logs in with it, and takes it away.
func TestPasskey(t *testing.T) {
	if _, err := here.centre.AddCompany(t.Context(), centre.NewCompany{Name: "北印刷", Lang: "en", OwnerName: "Kita", OwnerEmail: keyOwner, Password: password}); err != nil {
		t.Fatal(err)
	}
	b := newTab(t, 1280, 900)
	id, autofill := b.device(), b.withoutAutofill()
	b.language(here.portal, "ja")
	b.login(here.portal, keyOwner)
	eventually(t, "the offer", func() bool {
		return strings.Contains(b.text(), "次からは、指紋や顔でログインできます")
	})
	b.draw("passkey-offer", "/")
	b.open(here.portal + "/")
	eventually(t, "the offer again", func() bool { return strings.Contains(b.text(), "パスキーを追加する") })
	b.usable("the offer")
	b.click(".offer .button-key")
	b.says("パスキー", "いまのパスワード")
	b.do(chromedp.SetValue(chromedp.CSS("#key-name"), "会計の PC"), chromedp.SendKeys(chromedp.CSS("#key-secret"), "not the password"))
	if status := b.click(`form[action$="/account/passkeys"] .button-key`); status != http.StatusUnprocessableEntity {
		t.Errorf("with a wrong password: %d", status)
	}
	b.says("いまのパスワードが違うようです")
	b.usable("a wrong password")
	if got := eval[string](b, `document.querySelector("#key-name").value`); got != "会計の PC" {
		t.Errorf("the name is lost: %q", got)
	}
	b.do(chromedp.SendKeys(chromedp.CSS("#key-secret"), password))
	b.click(`form[action$="/account/passkeys"] .button-key`)
	b.says("パスキーを作る", "「会計の PC」という名前")
	b.usable("making one")
	b.click("main .button-key")
	b.says("パスキーを追加しました", "会計の PC", "まだ使っていません")
	b.saysNot("次からは、指紋や顔で")
	here.mailTo(t, keyOwner, "A passkey was added")

	// The same device once more.
	b.do(chromedp.SendKeys(chromedp.CSS("#key-secret"), password))
	b.click(`form[action$="/account/passkeys"] .button-key`)
	b.do(chromedp.Click(chromedp.CSS("main .button-key")))
	eventually(t, "that it is known", func() bool { return strings.Contains(b.text(), "もう追加されています") })

	// With a second device the password can be taken out of use. (This browser has one device at a time.)
	b.open(here.portal + "/account")
	b.says("パスキーが2個いります")
	b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, webauthn.RemoveVirtualAuthenticator, webauthn.RemoveVirtualAuthenticatorParams{AuthenticatorID: id})
		return err
	}))
	second := b.device()
	b.do(chromedp.SetValue(chromedp.CSS("#key-name"), "会計の PC"), chromedp.SendKeys(chromedp.CSS("#key-secret"), password))
	b.click(`form[action$="/account/passkeys"] .button-key`)
	b.click("main .button-key")
	b.says("パスキーを追加しました")
	b.do(chromedp.SendKeys(chromedp.CSS("#only-secret"), password))
	b.click(`form[action$="/account/passkeys/only"] .button`)
	b.says("パスワードで入れないようにしました", "パスキーだけでログインします")
	b.usable("passkeys alone")
	b.draw("passkeys-only", "/account")
	here.mailTo(t, keyOwner, "Passkeys alone open your account now")
	b.click(".linkish")
	b.open(here.portal + "/login")
	b.do(chromedp.SendKeys(chromedp.CSS("#email"), keyOwner), chromedp.SendKeys(chromedp.CSS("#password"), password))
	if status := b.click(".login .button"); status != http.StatusUnprocessableEntity {
		t.Errorf("by the password: %d", status)
	}
	b.says("メールアドレスかパスワードが違うようです")
	b.click(".passkey .button")
	if b.path() != "/" {
		t.Errorf("the passkey leads to %s", b.path())
	}
	b.open(here.portal + "/account")
	b.do(chromedp.SendKeys(chromedp.CSS("#only-secret"), password))
	b.click(`form[action$="/account/passkeys/only"] .button`)
	b.says("パスワードでも入れるようにしました")
	b.click(`a[href*="/account/passkeys/"]`) // the oldest, whose device is gone
	b.do(chromedp.SendKeys(chromedp.CSS("#key-secret"), password))
	b.click(".button-alarm")
	b.says("パスキーを消しました")
	id = second

	// Nobody shows finger or face: the page says so, and the password is still there.
	b.verifies(id, false)
	b.open(here.portal + "/account")
	b.click(".linkish")
	b.do(chromedp.Click(chromedp.CSS(".passkey .button")))
	eventually(t, "that it was not used", func() bool { return strings.Contains(b.text(), "パスキーが使われませんでした") })
	b.says("メールアドレス", "パスワード")
	b.usable("the login page")

	b.verifies(id, true)
	b.open(here.portal + "/login?next=/devices")
	b.click(".passkey .button")
	if b.path() != "/devices" {
		t.Errorf("the passkey leads to %s", b.path())
	}
	b.saysNot("次からは、指紋や顔で")
	b.click(".linkish")
	autofill()
	b.open(here.portal + "/login?next=/alerts")
	eventually(t, "a login by what the browser offers in the field", func() bool { return b.path() == "/alerts" })
	b.withoutAutofill()
	b.calm()

	// A customer's passkey is nobody's at the console, although it is on the same host here.
	b.open(here.console + "/login")
	if status := b.click(".passkey .button"); status != http.StatusUnprocessableEntity {
		t.Errorf("at the console: %d", status)
	}
	b.says("このパスキーではログインできませんでした")

	b.open(here.portal + "/account")
	b.click(`a[href*="/account/passkeys/"]`)
	b.says("会計の PC", "このパスキーを消す")
	b.usable("one passkey")
	one := b.path()
	b.draw("passkeys", "/account")
	b.draw("passkey", one)
	b.language(here.portal, "en")
	b.open(here.portal + "/account")
	b.click(`a[href*="/account/passkeys/"]`)
	b.do(chromedp.SendKeys(chromedp.CSS("#key-secret"), password))
	b.click(".button-alarm")
	b.says("The passkey is removed")
	b.click(".linkish")
	if status := b.click(".passkey .button"); status != http.StatusUnprocessableEntity {
		t.Errorf("with a removed passkey: %d", status)
	}
	b.says("This passkey did not let you in")
}

// Staff whose second factor is a passkey are asked for it after the password, and for nothing else.
func TestStaffAreAskedForTheirPasskey(t *testing.T) {
	if _, err := here.centre.AddOperator(t.Context(), "当番 鈴木", keyStaff, password); err != nil {
		t.Fatal(err)
	}
	b := newTab(t, 360, 740)
	b.device()
	b.withoutAutofill()
	b.language(here.console, "ja")
	b.login(here.console, keyStaff)
	b.open(here.console + "/account/factor")
	b.says("確認コードのかわりに、パスキーも使えます")
	b.open(here.console + "/account")
	b.do(chromedp.SendKeys(chromedp.CSS("#key-secret"), password))
	b.click(`form[action$="/account/passkeys"] .button-key`)
	b.click("main .button-key")
	b.says("パスキーを追加しました")
	b.click(".linkish")
	b.login(here.console, keyStaff)
	b.says("ご本人の確認", "パスキーを使う")
	b.usable("the second step")
	b.shows(false, "6けた")
	b.click(".passkey .button")
	b.says("受付")
	b.calm()
}

// Without script nobody is shown what does not work, and the password lets in as ever.
func TestNoPasskeyWithoutScript(t *testing.T) {
	b := newTab(t, 360, 740)
	b.withoutScript()
	b.language(here.portal, "ja")
	b.open(here.portal + "/login")
	b.shows(false, "パスキーでログイン")
	b.login(here.portal, here.mori.owner)
	b.shows(false, "次からは、指紋や顔で")
	b.open(here.portal + "/account")
	b.shows(false, "パスキーを追加する\n")
	b.says("対応したスマートフォンやパソコンのブラウザーで")
	b.calm()
}

// shows says whether words can be seen.
func (b *tab) shows(want bool, words string) {
	b.t.Helper()
	if got := strings.Contains(b.text()+"\n", words); got != want {
		b.t.Errorf("%s shows %q: %v", b.path(), words, got)
	}
}
