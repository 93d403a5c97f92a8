package browser

import (
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"otasuke/e2e/mailsink"
	"otasuke/wire"
)

// What a person needs for a form, of the keystroke-level model (Card, Moran, Newell, 1980): a key of somebody who types
// a little, a hand that goes to the mouse and back with its pointing, and the moment in which one thinks what is meant.
const (
	perKey   = 280 * time.Millisecond
	perPoint = 1900 * time.Millisecond
	perThink = 1350 * time.Millisecond
)

// applicants who are, or were, no customers yet.
var applicants = []string{"minoru@tanaka-koumuten.example", "suzuki@suzuki-shoten.example"}

// typed is a field with what is put in, and how many keys that takes on a Japanese keyboard with its conversions.
type typed struct {
	field, value string
	keys         int
}

// mailTo finds the newest mail to an address whose subject holds a word.
func (w *world) mailTo(t *testing.T, address, subject string) (found mailsink.Mail) {
	t.Helper()
	eventually(t, "a mail to "+address+" about "+subject, func() bool {
		for _, m := range w.sink.Mails() {
			if strings.Contains(m.To, address) && strings.Contains(m.Subject, subject) {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

// From a stranger at the provider's site to a protected customer, with a telephone and without script: the form, the mail, the signed form
// as a photo, the desk, the invitation, the parcel, the box.
func TestStrangerBecomesAProtectedCustomer(t *testing.T) {
	address := applicants[1]
	b := newTab(t, 360, 740)
	b.withoutScript()
	b.language(here.portal, "ja")
	b.open(here.portal + "/apply")
	b.says("6,600円", "できないこと", "入力は3分ほどです")
	b.click(`main .button-key`)
	took := time.Duration(0)
	for _, f := range []typed{
		{"company", "鈴木商店", 16}, {"kana", "すずきしょうてん", 17}, {"pcs", "6", 1}, {"contact", "鈴木 一郎", 14}, {"contact_kana", "すずき いちろう", 15}, {"email", address, len(address)},
		{"phone", "06-1234-5678", 12}, {"passphrase", "ぶどう棚", 11}, {"postcode", "540-0029", 8}, {"address", "大阪府大阪市中央区本町橋2-8", 36},
	} {
		took += perThink + time.Duration(f.keys+1)*perKey // and the tabulator to get there
		b.do(chromedp.SendKeys(chromedp.CSS("#"+f.field), f.value))
	}
	for _, choice := range []string{`input[name=member][value=no]`, `input[name=line][value=fibre]`, `input[name=router][value=provider]`, `input[name=visit][value=no]`,
		`input[value=addresses]`, `input[value=names]`, `input[value=files]`, `input[value=devices]`, `input[value=partners]`, `#agreed`} {
		took += perThink + perPoint
		b.do(chromedp.Click(chromedp.CSS(choice)))
	}
	b.do(chromedp.SetValue(chromedp.CSS("#industry"), "retail"))
	took += perThink + 2*perPoint + perPoint // the list, its line, the button
	if took > 3*time.Minute {
		t.Errorf("the form takes %s", took)
	}
	t.Logf("the form takes somebody who types a little %s", took.Round(time.Second))
	b.click(`button[value=next]`)
	b.says("まだ申し込みは済んでいません", "スズキショウテン", "8,250円")
	b.click(`form[action$="/send"] .button-key`)
	b.says("申込書をお待ちしています")

	m := here.mailTo(t, address, "申込書をお願いします")
	if !strings.Contains(m.Text, "合言葉: ぶどう棚") || !strings.Contains(m.Text, "していただくこと") {
		t.Errorf("the mail says %s", m.Text)
	}
	page := regexp.MustCompile(regexp.QuoteMeta(here.portal) + `/apply/[a-z0-9]+`).FindString(m.Text)
	b.open(page)
	form, err := http.Get(page + "/form.pdf")
	if err != nil {
		t.Fatal(err)
	}
	head := make([]byte, 5)
	_, err = io.ReadFull(form.Body, head)
	_ = form.Body.Close()
	if err != nil || string(head) != "%PDF-" {
		t.Errorf("the form to sign: %d %q %v", form.StatusCode, head, err)
	}
	photo := here.file("申込書.png")
	if err := os.WriteFile(photo, []byte("\x89PNG\r\n\x1a\n and a picture"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.do(chromedp.SetUploadFiles(chromedp.CSS("#paper-file"), []string{photo}))
	b.click(`form[action$="/paper"] .button-key`)
	b.says("申込書を確認しています")
	number := regexp.MustCompile(`[0-9]{8}`).FindString(b.text())

	desk := newTab(t, 1280, 900)
	desk.language(here.console, "ja")
	desk.login(here.console, operator)
	desk.open(here.console + "/applications")
	desk.do(chromedp.SendKeys(chromedp.CSS("#number"), number))
	desk.click(`.find .button`)
	desk.says("鈴木商店", "本人の申告: 会員ではない")
	desk.click(`button[value=other]`)
	desk.says("契約の手続きを始めました")

	join := regexp.MustCompile(regexp.QuoteMeta(here.portal) + `/join/\S+`).FindString(here.mailTo(t, address, "招待").Text)
	b.open(join)
	b.do(chromedp.SendKeys(chromedp.CSS("#password"), password))
	b.click(`main .button-key`)
	here.mailTo(t, address, "ご契約ありがとうございます")

	desk.open(here.console + "/parcels")
	desk.do(chromedp.Click(chromedp.CSS("main details > summary")), chromedp.SendKeys(chromedp.CSS("#model"), "Otasuke Box 2"), chromedp.SendKeys(chromedp.CSS("#serials"), "OT-0001"))
	desk.click(`form[action$="/add"] button`)
	desk.do(chromedp.SetValue(chromedp.CSS(`select[name^="serial-"]`), "OT-0001"), chromedp.SendKeys(chromedp.CSS(`input[name^="tracking-"]`), "1234-5678-9012"))
	desk.click(`form[action$="/ship"] .button-key`)
	desk.says("発送を記録しました")
	here.mailTo(t, address, "箱を発送しました")

	box := here.newBox(t)
	b.login(here.portal, address)
	b.open(here.portal + "/connect?code=" + box.Code)
	b.click("main .button-key")
	b.click("main .button-key")
	var got wire.PairAnswer
	if status := here.box(t, wire.PathPairPoll, wire.PairPoll{Version: wire.Version, Token: box.Token, CSR: box.csr}, &got); status != http.StatusOK || got.Claim == nil || got.Claim.Company != "鈴木商店" {
		t.Fatalf("%d %+v", status, got)
	}
	b.open(here.portal + "/contract")
	b.says("箱を発送しました", "ヤマト運輸 1234-5678-9012", "8,250円")
	b.calm()
	desk.calm()
}
