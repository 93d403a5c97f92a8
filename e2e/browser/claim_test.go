package browser

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/png"
	"net/url"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"otasuke/centre"
)

// vendorMail is whom the desk sends.
const vendorMail = "tech@honmachi-system.example"

// thirdOwner owns the company that the vendor goes to.
const thirdOwner = "hana@sakura-print.example"

// insurerMail is who decides.
const insurerMail = "ogawa@mihon-sonpo.example"

// paid is a company whose office somebody came to, with the addresses of what that left.
type paid struct {
	*company
	alert                    centre.AlertLine
	phone, visit, own, claim string // pages
	desk, owner              *tab
}

// insured makes a customer with a contract, by the form, the signed paper and the desk, has it attacked, and waits for the mail with three stars.
func (w *world) insured(t *testing.T, desk *tab) paid {
	t.Helper()
	const owner, phrase = thirdOwner, "さくら並木"
	page, err := w.applied(t.Context(), url.Values{"company": {"さくら印刷"}, "kana": {"さくらいんさつ"}, "contact": {"桜井 花"}, "contact_kana": {"さくらい はな"}, "email": {owner}, "passphrase": {phrase}}, true)
	if err != nil {
		t.Fatal(err)
	}
	b := newTab(t, 360, 740)
	b.language(w.portal, "ja")
	b.open(w.portal + page)
	b.do(chromedp.SetUploadFiles(chromedp.CSS("#paper-file"), []string{w.picture(t, "申込書.png")}))
	b.click(`form[action$="/paper"] .button-key`)
	desk.open(w.console + "/applications")
	desk.do(chromedp.SendKeys(chromedp.CSS("#number"), regexp.MustCompile(`[0-9]{8}`).FindString(b.text())))
	desk.click(`.find .button`)
	desk.click(`button[value=other]`)
	b.open(regexp.MustCompile(regexp.QuoteMeta(w.portal) + `/join/\S+`).FindString(w.mailTo(t, owner, "招待").Text))
	b.do(chromedp.SendKeys(chromedp.CSS("#password"), password))
	b.click(`main .button-key`)
	b.login(w.portal, owner)

	desk.open(w.console + "/companies")
	at := eval[string](desk, `[...document.querySelectorAll("main a")].find((a) => a.textContent.includes("さくら印刷")).pathname`)
	desk.open(w.console + at + "?why=%E6%96%B0%E3%81%97%E3%81%84%E7%AE%B1")
	desk.click(`form[action$="/claim"] button`)
	c := &company{Added: centre.Added{CompanyID: path.Base(at), Fingerprint: w.sato.Fingerprint, ClaimCode: eval[string](desk, `document.querySelector(".code").innerText.trim()`)}, name: "さくら印刷", owner: owner, phrase: phrase}
	if err := w.plug(t.Context(), w.boxes, c); err != nil {
		t.Fatal(err)
	}
	if err := w.play(t.Context(), c, 2); err != nil {
		t.Fatal(err)
	}
	w.mailTo(t, owner, "★★★")
	return paid{company: c, alert: w.alert(t, c, 3), owner: b, desk: desk}
}

// picture is a photo in a file.
func (w *world) picture(t *testing.T, name string) string {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 320, 240))
	for i := range 320 * 240 {
		img.Set(i%320, i/320, color.RGBA{uint8(i % 320 / 2), uint8(i / 320), 120, 255})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(w.file(name), b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return w.file(name)
}

// visited brings a vendor to an insured company and has the visit claimed, once, for the journey and for pages to be looked at.
func (w *world) visited(t *testing.T) *paid {
	t.Helper()
	w.visit.Do(func() {
		desk := newTab(t, 1280, 900)
		desk.language(w.console, "ja")
		desk.login(w.console, operator)
		p := w.insured(t, desk)
		p.owner.open(w.portal + "/cover")
		p.owner.says("今年度の残り", "50,000円")
		p.send(t)
		p.come(t)
		p.ask(t)
		p.owner.calm()
		p.desk.calm()
		w.paid = p
	})
	if w.paid.claim == "" {
		t.Fatal("nobody came")
	}
	return &w.paid
}

// send registers a vendor and sends it from the case.
func (p *paid) send(t *testing.T) {
	t.Helper()
	desk := p.desk
	desk.open(here.console + "/visits/vendors")
	for _, f := range [][2]string{{"name", "本町システム"}, {"phone", "06-1234-5678"}, {"email", vendorMail}, {"postcode", "540-0028"}, {"areas", "大阪府"}} {
		desk.do(chromedp.SendKeys(chromedp.CSS("#"+f[0]), f[1]))
	}
	desk.do(chromedp.SetValue(chromedp.CSS("#opens"), "00:00"), chromedp.SetValue(chromedp.CSS("#shuts"), "00:00"), chromedp.Click(chromedp.CSS(`input[name=days][value="6"]`)), chromedp.Click(chromedp.CSS(`input[name=days][value="7"]`)))
	desk.click(`main form .button-key`)
	desk.says("本町システム")
	desk.open(here.console + "/cases/" + p.CompanyID + "/" + p.alert.ID)
	desk.click(`a[href*="/ask?alert="]`)
	desk.says("さくら印刷")
	looked(t, desk, "visit-ask", 1280)
	desk.click(`main form .button-key`)
	desk.says("本町システム")
	p.visit = desk.path()
}

// come is the vendor's part, on a phone and without script.
func (p *paid) come(t *testing.T) {
	t.Helper()
	m := here.mailTo(t, vendorMail, "大阪府")
	if strings.Contains(m.Text, p.name) || strings.Contains(m.Text, "梅田") {
		t.Errorf("the mail tells whose office it is before anybody accepts: %s", m.Text)
	}
	b := newTab(t, 360, 740)
	b.withoutScript()
	b.language(here.portal, "ja")
	p.phone = regexp.MustCompile(regexp.QuoteMeta(here.portal) + `/visit/\S+`).FindString(m.Text)
	b.open(p.phone)
	b.saysNot(p.name)
	looked(t, b, "visit-offer", 360)
	b.do(chromedp.SendKeys(chromedp.CSS("#arrival"), "1時間ほどで着きます"))
	b.click(`form[action$="/accept"] button`)
	b.says(p.name, "梅田", "電源を切らない")
	here.mailTo(t, p.company.owner, "本町システム")
	for _, to := range []string{"travelling", "arrived", "working"} {
		b.click(`form[action$="/step"] button[value=` + to + `]`)
	}
	b.do(chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{here.picture(t, "画面.png")}))
	b.click(`form[action$="/photo"] button`)
	if eval[int64](b, `document.querySelectorAll('.photos img[alt="画面.png"]').length`) != 1 {
		t.Error("the photo is not shown")
	}
	looked(t, b, "visit-work", 360)
	b.click(`form[action$="/report"] .button-key`) // nothing said
	if n := eval[int64](b, `document.querySelectorAll('[role=alert] li, .faults li').length`); n != 4 {
		t.Errorf("%d faults of an empty report are shown, want what was found, what was done, the cause, the signature", n)
	}
	looked(t, b, "visit-faults", 360)
	for _, f := range [][2]string{{"found", "偽の更新プログラムが動いていました"}, {"done", "ネットワークから外し、画面とログを残してから取り除きました"}, {"cause", "メールの添付ファイル"}, {"what-1", "出張"}, {"yen-1", "16,500"}, {"what-2", "初動対応 2時間"}, {"yen-2", "４０,０００"}, {"signer", "桜井 花"}} {
		b.do(chromedp.SendKeys(chromedp.CSS("#"+f[0]), f[1]))
	}
	b.tick(`input[name=known][value=yes]`)
	b.tick(`input[name=agreed]`)
	b.click(`form[action$="/report"] .button-key`)
	b.says("56,500円", "桜井 花")
	looked(t, b, "visit-reported", 360)
	b.calm()
}

// ask closes the visit and makes the claim.
func (p *paid) ask(t *testing.T) {
	t.Helper()
	desk, at := p.desk, here.console+p.visit
	desk.open(at)
	desk.says("メールの添付ファイル", "56,500円")
	desk.click(`form[action$="/close"] button`)
	desk.open(at + "/cover")
	desk.says("手配の前に、★★★のメールが届いていました", "署名のある作業報告", "56,500円")
	desk.click(`form[action$="/cover"] button`)
	desk.says("請求の書類ができました", "50,000円")
	p.claim = desk.path()
	p.owner.open(here.portal + "/visits")
	p.owner.click(`main a[href*="/visits/"]`)
	p.own = p.owner.path()
}

// taken loads a file as the page's links do.
func (b *tab) taken(path string) []byte {
	b.t.Helper()
	s := eval[string](b, `fetch("`+path+`").then((r) => r.arrayBuffer()).then((a) => btoa([...new Uint8Array(a)].map((c) => String.fromCharCode(c)).join("")))`, chromedp.EvalAwaitPromise)
	data, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		b.t.Fatal(err)
	}
	return data
}

// insurer invites somebody of an insurer, who logs in on a phone.
func (w *world) insurer(t *testing.T, desk *tab) *tab {
	t.Helper()
	desk.open(w.console + "/people")
	desk.do(chromedp.SendKeys(chromedp.CSS(`input[name=name]`), "小川 査定"), chromedp.SendKeys(chromedp.CSS(`input[name=email]`), insurerMail), chromedp.Click(chromedp.CSS(`input[name=role][value=insurer]`)))
	desk.click(`form[action$="/people"] .button-key`)
	b := newTab(t, 360, 740)
	b.language(w.console, "ja")
	b.open(regexp.MustCompile(regexp.QuoteMeta(w.console) + `/join/\S+`).FindString(w.mailTo(t, insurerMail, "招待").Text))
	b.do(chromedp.SendKeys(chromedp.CSS("#password"), password))
	b.click(`main .button-key`)
	b.login(w.console, insurerMail)
	return b
}

// From three stars to a paid claim: the desk sends somebody from the case, who accepts by the mail on a phone, comes, takes a photo, reports what it cost and has it
// signed; the desk closes the visit and sends the claim; somebody of the insurer decides, and the owner sees what is left.
func TestThreeStarsToAPaidClaim(t *testing.T) {
	p := here.visited(t)
	desk := newTab(t, 1280, 900)
	desk.language(here.console, "ja")
	desk.login(here.console, operator)
	insurer := here.insurer(t, desk)
	desk.open(here.console + p.claim)
	if pdf := desk.taken(p.claim + "/pdf"); !bytes.HasPrefix(pdf, []byte("%PDF-")) {
		t.Errorf("the papers are no PDF: %.20q", pdf)
	}
	data := desk.taken(p.claim + "/zip")
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range z.File {
		names = append(names, f.Name)
	}
	for _, want := range []string{"claim.txt", "claim.pdf", "photo/01-画面.png", "mail/01.eml", "SHA256SUMS.txt"} {
		if !slices.Contains(names, want) {
			t.Errorf("%s is not among %q", want, names)
		}
	}
	desk.click(`form[action$="/send"] button`)
	desk.says("保険会社の決定待ち")
	told := here.mailTo(t, insurerMail, "ご決定をお願いします")
	if strings.Contains(told.Text, p.name) {
		t.Errorf("the mail names the customer: %s", told.Text)
	}
	insurer.open(regexp.MustCompile(regexp.QuoteMeta(here.console) + `/claims/\S+`).FindString(told.Text))
	insurer.says(p.name, "50,000円", "お名前と今日の日付で記録します")
	looked(t, insurer, "claim-insurer", 360)
	if zip := insurer.taken(insurer.path() + "/zip"); !bytes.HasPrefix(zip, []byte("PK")) {
		t.Errorf("the insurer's papers: %.20q", zip)
	}
	insurer.tick(`input[name=decision][value=paid]`)
	insurer.click(`form[action$="/decide"] .button-key`)
	insurer.says("支払われました", "小川 査定")
	insurer.calm()
	for _, path := range []string{p.claim, p.visit, "/companies"} {
		if status := insurer.open(here.console + path); status != 403 {
			t.Errorf("an insurer at %s: %d", path, status)
		}
	}
	insurer.open(here.console + "/claims")
	insurer.says(p.name)
	looked(t, insurer, "claims-insurer", 360)
	desk.open(here.console + p.claim)
	desk.says("支払われました", "小川 査定", "50,000円")
	looked(t, desk, "claim-paid", 1280)
	b := newTab(t, 360, 740)
	b.language(here.portal, "ja")
	b.login(here.portal, p.company.owner)
	b.open(here.portal + "/cover")
	if left := eval[string](b, `document.querySelector("#left + .big").innerText`); left != "0円" {
		t.Errorf("left this year: %s", left)
	}
	b.says("支払われました", "支払い 50,000円")
	looked(t, b, "cover-paid", 360)
	b.calm()
	desk.calm()
}
