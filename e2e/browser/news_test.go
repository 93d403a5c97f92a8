package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"otasuke/centre"
	"otasuke/internal/ja"
)

// colleague of the owner, who has no login.
const colleague = "jiro@sato-seisakusho.example"

// announced is what an agency of the world says.
const announced = "みほん電機のルーターに、外から操作できる問題"

// sources are those of the world's news: an agency with one item of today.
func (w *world) sources() (all []centre.NewsSource) {
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("ETag", `"1"`)
		_, _ = fmt.Fprintf(rw, `<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>agency</title><item><title>%s</title><link>https://agency.example/1</link><guid>1</guid><description>WR-100 の Ver.2.95 以前。</description><pubDate>%s</pubDate></item></channel></rss>`,
			announced, time.Now().Format(time.RFC1123Z))
	}))
	w.undo = append(w.undo, server.Close)
	return []centre.NewsSource{{Name: "agency", Kind: "rss", URL: server.URL}}
}

// What an agency announces becomes a draft; the desk makes a seminar of it for one trade; it arrives by mail and in the portal; somebody
// takes a seat and is ticked off; one click ends such mails.
func TestFromAnAnnouncementToASeminar(t *testing.T) {
	desk := newTab(t, 1280, 900)
	desk.language(here.console, "ja")
	desk.login(here.console, operator)
	eventually(t, "the draft of the source", func() bool {
		desk.open(here.console + "/news")
		return strings.Contains(desk.text(), announced)
	})
	desk.says("agency", "読めています", "下書き")
	desk.click(`#heard ~ ul a`)
	desk.says(announced, "WR-100 の Ver.2.95 以前。", "https://agency.example/1")
	for _, m := range here.sink.Mails() {
		if strings.Contains(m.Subject, announced) {
			t.Fatal("it was mailed by itself")
		}
	}
	desk.click(`a[href$="/edit"]`)
	day := time.Now().In(ja.Zone).AddDate(0, 0, 5).Format("2006-01-02")
	for field, value := range map[string]string{"kind": "seminar", "title_ja": "ルーターの更新を、いっしょに", "body_ja": "ご自分のルーターを見ながら更新します。\n\n- 型番の見かた\n- 更新のしかた", "starts": day + "T14:00", "ends": day + "T15:00", "place": "本町橋会館", "seats": "1"} {
		desk.do(chromedp.SetValue(chromedp.CSS("#"+field), value))
	}
	desk.do(chromedp.Click(chromedp.CSS("#audience ~ details summary")), chromedp.Click(chromedp.CSS("input[name=industry][value=manufacturing]")))
	desk.click(`.news-form .button-key`)
	desk.says("保存しました", "1社・メール 1通に届きます", "佐藤製作所", "【セミナーのご案内】ルーターの更新を、いっしょに", "大阪府大阪市中央区本町橋2-8")
	one := desk.path()
	desk.click(`form[action$="/send"] button`)
	desk.says("送信の予定に入れました")
	desk.calm()

	m := here.mailTo(t, "sato@sato-seisakusho.example", "セミナーのご案内")
	raw := string(m.Raw)
	if !m.Signed || !strings.Contains(raw, "news@"+newsDomain) || !strings.Contains(raw, "List-Unsubscribe-Post: List-Unsubscribe=One-Click") {
		t.Errorf("signed %v:\n%s", m.Signed, raw)
	}
	owner := newTab(t, 360, 740)
	owner.language(here.portal, "ja")
	owner.login(here.portal, here.sato.owner)
	owner.says("センターからのお知らせ", "ルーターの更新を、いっしょに")
	owner.open(here.portal + "/news")
	owner.says("未読")
	owner.click(`.news-list a`)
	owner.says("本町橋会館", "型番の見かた", "1名")
	owner.click(`form[action$="/take"] button`)
	owner.says("お席をお取りしました", "佐藤 花子", "お席があります")
	here.mailTo(t, "sato@sato-seisakusho.example", "お席をお取りしました")
	// A colleague by the link in the mail, without login: the seat is gone.
	at := strings.Index(m.Text, "/n/seat/")
	guest := newTab(t, 360, 740)
	guest.withoutScript()
	guest.language(here.portal, "ja")
	guest.open(here.portal + strings.Fields(m.Text[at:])[0])
	guest.says("佐藤製作所 の方", "参加する方のお名前")
	guest.do(chromedp.SendKeys(chromedp.CSS("#name"), "同僚 次郎"), chromedp.SendKeys(chromedp.CSS("#email"), colleague))
	guest.click(`main .button-key`)
	guest.says("同僚 次郎", "キャンセル待ち")
	guest.calm()
	// The first gives it back, and the colleague comes up.
	owner.click(`form[action$="/leave"] button`)
	owner.says("申し込みを取り消しました")
	owner.calm()
	here.mailTo(t, colleague, "お席をお取りしました")
	desk.open(here.console + one + "/seats")
	desk.says("申し込み 1名", "同僚 次郎")
	eval[string](desk, `[...document.querySelectorAll("tbody tr")].find(r => r.innerText.includes("同僚")).querySelector("button").dataset.pick = "1"`)
	desk.click(`[data-pick]`)
	desk.says("出席 1名")
	desk.open(here.console + one)
	desk.says("送りました")
	desk.calm()
	// As a mail program does it (RFC 8058), then the page.
	at = strings.Index(m.Text, "/n/leave/")
	leave := here.portal + strings.Fields(m.Text[at:])[0]
	resp, err := http.PostForm(leave, url.Values{"List-Unsubscribe": {"One-Click"}})
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("one click: %s", resp.Status)
	}
	guest.open(leave)
	guest.says("セミナーやご案内のメールは止まっています")
}
