package browser

import (
	"bytes"
	"fmt"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"otasuke/e2e/mailsink"
	"otasuke/internal/uitest"
)

// mostSheets of a document are drawn; a claim has more when there were many mails or photos.
const mostSheets = 3

// drawn puts the sheets of a document into the folder, as people hold them in their hands.
func drawn(t *testing.T, dir, name, lang string, pdf []byte) {
	t.Helper()
	if !bytes.HasPrefix(pdf, []byte("%PDF-")) {
		t.Fatalf("%s in %s is no PDF: %.40q", name, lang, pdf)
	}
	at := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "pdftoppm", "-png", "-r", "80", "-l", fmt.Sprint(mostSheets), "-", filepath.Join(at, "p"))
	cmd.Stdin = bytes.NewReader(pdf)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("pdftoppm: %v: %s", err, out)
	}
	all, err := filepath.Glob(filepath.Join(at, "*.png"))
	if err != nil || len(all) == 0 {
		t.Fatalf("%s: no sheets, %v", name, err)
	}
	for i, file := range all {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if err := uitest.Write(filepath.Join(dir, fmt.Sprintf("paper-%s-%d-%s.png", name, i+1, lang)), img); err != nil {
			t.Fatal(err)
		}
	}
}

// TestScreenshotsOfPapers draws what is printed: application and contract, what lies in the parcel, invoices, a notice, a claim.
func TestScreenshotsOfPapers(t *testing.T) {
	dir := uitest.Dir(t)
	s, paid := sampled.up(t), here.visited(t)
	for _, lang := range languages {
		stranger := newTab(t, 1280, 900)
		stranger.language(here.portal, lang)
		stranger.open(here.portal + here.application)
		drawn(t, dir, "application", lang, stranger.taken(here.application+"/form.pdf"))

		owner := newTab(t, 1280, 900)
		owner.language(s.portal, lang)
		owner.login(s.portal, firstOwner)
		owner.language(s.portal, lang)
		for _, name := range []string{"form", "guide", "notice"} {
			owner.open(s.portal + "/contract")
			drawn(t, dir, "contract-"+name, lang, owner.taken("/contract/"+name+".pdf"))
		}
		through(`main a[href^="/invoices/"]:not([href$=csv])`)(owner.opened(s.portal + "/invoices"))
		drawn(t, dir, "invoice", lang, owner.taken(owner.path()+"/pdf"))

		desk := newTab(t, 1280, 900)
		desk.language(s.console, lang)
		desk.login(s.console, secondStaff)
		desk.language(s.console, lang)
		drawn(t, dir, "invoice-corrected", lang, desk.opened(s.console+s.corrected(t)).taken(s.corrected(t)+"/pdf"))
		drawn(t, dir, "news", lang, desk.opened(s.console+s.news).taken(s.news+"/pdf"))

		desk = newTab(t, 1280, 900)
		desk.language(here.console, lang)
		desk.login(here.console, operator)
		desk.language(here.console, lang)
		drawn(t, dir, "claim", lang, desk.opened(here.console+paid.claim).taken(paid.claim+"/pdf"))
	}
}

// opened is the tab at an address.
func (b *tab) opened(address string) *tab {
	b.t.Helper()
	b.open(address)
	return b
}

// corrected is the page of an invoice by which the desk corrected another, once; the other was issued again, too.
func (s *second) corrected(t *testing.T) string {
	t.Helper()
	s.fixed.Do(func() {
		desk := newTab(t, 1280, 900)
		desk.language(s.console, "ja")
		desk.login(s.console, secondStaff)
		desk.open(s.console + "/billing")
		through(`main table tr:last-child a`)(desk)
		unfold := `document.querySelectorAll("details").forEach((d) => { d.open = true }); 0`
		eval[int64](desk, unfold)
		desk.click(`form[action$="/reissue"] button`)
		eval[int64](desk, unfold)
		desk.do(chromedp.SetValue(chromedp.CSS("#note"), "ご紹介の割引"), chromedp.SetValue(chromedp.CSS("#yen"), "-550"), chromedp.SetValue(chromedp.CSS("#reason"), "割引を付け忘れた"))
		desk.click(`form[action$="/correct"] button`)
		desk.says("修正")
		s.correction = desk.path()
	})
	if s.correction == "" {
		t.Fatal("nothing was corrected")
	}
	return s.correction
}

// TestLettersOfMoneyAndNews draws mails that the desk causes: an invoice that is issued again, one that is corrected, a warning.
func TestLettersOfMoneyAndNews(t *testing.T) {
	dir := uitest.Dir(t)
	s := sampled.up(t)
	s.corrected(t)
	desk := newTab(t, 1280, 900)
	desk.language(s.console, "ja")
	desk.login(s.console, secondStaff)
	desk.open(s.console + "/news/new")
	for field, value := range map[string]string{"kind": "warning", "title_ja": "請求書をよそおうメールにご注意ください", "title_en": "Mails that look like invoices", "body_ja": "取引先の名前をかたり、添付ファイルを開かせるメールが大阪府で増えています。\n\n- 添付ファイルは、開く前に送り主へ電話で確かめる\n- 開いてしまったら、電源は切らずにLANケーブルを抜き、お電話を\n\n出典: https://www.ipa.go.jp/security/", "body_en": "Mails in the name of business partners ask you to open a file.\n\n- Ring the sender before you open it\n- If you did, unplug the network cable, leave the power on, and call us"} {
		desk.do(chromedp.SetValue(chromedp.CSS("#"+field), value))
	}
	desk.click(`.news-form .button-key`)
	desk.click(`form[action$="/send"] button`)
	find := func(word string) (found mailsink.Mail) {
		t.Helper()
		eventually(t, "a mail about "+word, func() bool {
			for _, m := range s.sink.Mails() {
				if strings.Contains(m.Subject, word) {
					found = m
					return true
				}
			}
			return false
		})
		return found
	}
	for name, words := range map[string][2]string{"invoice-reissued": {"【再発行】", ""}, "invoice-corrected": {"【修正】", ""}, "warning": {"請求書をよそおう", "Mails that look like"}} {
		for i, lang := range languages {
			if words[i] == "" {
				continue
			}
			m := find(words[i])
			b := newTab(t, 360, 800)
			b.show(m.Shown())
			b.picture(filepath.Join(dir, fmt.Sprintf("mail-%s-360-%s.png", name, lang)), 360)
		}
	}
}
