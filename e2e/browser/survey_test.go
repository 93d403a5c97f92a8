package browser

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// A customer of the other company lets it look, and is asked: the mail, a telephone without script, an answer kept for later,
// one sent, and the page and the spreadsheet of who asked.
func TestAQuestionnaireIsAnswered(t *testing.T) {
	mori, sato := newTab(t, 360, 740), newTab(t, 1280, 900)
	mori.withoutScript()
	mori.language(here.portal, "ja")
	mori.login(here.portal, here.mori.owner)
	mori.open(here.portal + "/shares")
	mori.do(chromedp.SendKeys(chromedp.CSS("#number"), here.sato.CompanyID))
	mori.click(`form[action$="/shares"] .button-key`)

	sato.language(here.portal, "ja")
	sato.login(here.portal, here.sato.owner)
	sato.open(here.portal + "/surveys/new")
	sato.says("見せてもらっている 1社に")
	sato.do(chromedp.SetValue(chromedp.CSS("#due"), "2020-01-01"))
	if status := sato.click(`button[value=look]`); status != http.StatusUnprocessableEntity {
		t.Errorf("a day that is over: %d", status)
	}
	sato.says("3か月先までの日を選んでください")
	sato.open(here.portal + "/surveys/new")
	sato.do(chromedp.SetValue(chromedp.CSS("#questions"), eval[string](sato, `document.querySelector("#questions").value`)+"\n？ <b>困っていること</b>は何ですか"))
	sato.click(`button[value=look]`)
	sato.says("この内容で送りますか", here.mori.name, "<b>困っていること</b>は何ですか")
	sato.click(`button[value=send]`)
	sato.says("送りました", "1社のうち 0社が答えました", "まだです")
	sent := sato.path()

	m := here.mailTo(t, here.mori.owner, "A questionnaire from "+here.sato.name)
	if !strings.Contains(m.Text, "Questions: 11") || !strings.Contains(m.Text, here.mori.phrase) {
		t.Errorf("the mail says %s", m.Text)
	}
	page := regexp.MustCompile(regexp.QuoteMeta(here.portal) + `/surveys/[a-z0-9]+`).FindString(m.Text)
	mori.open(page)
	mori.says(here.sato.name, "1. パソコンやスマートフォンの更新を", "11. <b>困っていること</b>")
	for _, choice := range []string{"#mark-1 [value=yes]", "#mark-2 [value=no]"} {
		mori.choose(choice)
	}
	mori.click(`button[value=keep]`)
	mori.says("まだ送っていません")
	if status := mori.click(`button[value=send]`); status != http.StatusUnprocessableEntity {
		t.Errorf("with questions left: %d", status)
	}
	mori.says("「わからない」で大丈夫です")
	for _, choice := range []string{"#mark-3 [value=partly]", "#mark-4 [value=unknown]", "#mark-5 [value=yes]", "#mark-6 [value=yes]", "#mark-7 [value=yes]", "#mark-8 [value=yes]", "#mark-9 [value=no]", "#mark-10 [value=yes]"} {
		mori.choose(choice)
	}
	mori.do(chromedp.SendKeys(chromedp.CSS("#note-11"), `=HYPERLINK("http://x.example")`))
	mori.click(`button[value=send]`)
	mori.says("ありがとうございました")

	eventually(t, "the answer at who asked", func() bool {
		sato.open(here.portal + sent)
		return strings.Contains(sato.text(), "1社のうち 1社が答えました")
	})
	if first := eval[string](sato, `document.querySelector("main li").innerText`); !strings.Contains(first, "できていない") {
		t.Errorf("the weakest question is not first: %s", first)
	}
	csv := eval[string](sato, `fetch(location.pathname + "/answers.csv").then((r) => r.text())`, chromedp.EvalAwaitPromise)
	if !strings.Contains(csv, "できている,できていない,一部できている,わからない") || strings.Contains(csv, `,"=HYPERLINK`) {
		t.Errorf("the spreadsheet: %s", csv)
	}
	sato.click(`main table a`)
	sato.says(here.mori.name, "できていない")
}

// choose clicks on an answer until it is chosen: a page that still moves under the pointer lets a click
// go beside it.
func (b *tab) choose(css string) {
	b.t.Helper()
	chosen := "document.querySelector(" + strconv.Quote(css) + ").checked"
	eventually(b.t, css+" to be chosen", func() bool {
		b.do(chromedp.Click(chromedp.CSS(css)))
		return eval[bool](b, chosen)
	})
}
