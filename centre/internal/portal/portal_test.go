package portal

import (
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jba/templatecheck"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/centre/internal/ui/flows"
	"otasuke/content/text"
	"otasuke/wire"
)

// says fails unless the page says each of the words.
func says(t *testing.T, body string, want ...string) {
	t.Helper()
	got := words(body)
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Errorf("the page does not say %q", w)
		}
	}
}

func saysNot(t *testing.T, body string, bad ...string) {
	t.Helper()
	got := words(body)
	for _, w := range bad {
		if strings.Contains(got, w) {
			t.Errorf("the page says %q", w)
		}
	}
}

func TestTemplatesFitTheirPages(t *testing.T) {
	t.Parallel()
	for file, data := range map[string]any{"home.html": homeView{}, "alerts.html": alertsView{}, "alert.html": alertView{},
		"confirm.html": confirmView{}, "said.html": saidView{}, "devices.html": devicesView{}, "device.html": deviceView{}, "looks.html": looksView{}, "used.html": usedView{}, "traffic.html": trafficView{}, "requests.html": requestsView{}, "limits.html": limitsView{}, "connect.html": connectView{}, "export.html": exportView{}} {
		p, err := ui.ParsePage(flows.With(files), file, "flows.html")
		if err != nil {
			t.Fatal(err)
		}
		if err := templatecheck.CheckHTML(p.Template(), data); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestEveryTextExists(t *testing.T) {
	t.Parallel()
	c, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	var sources []string
	for _, pattern := range []string{"*.html", "*.go", "../ui/*.go", "../ui/account/*.go", "../ui/account/*.html", "../ui/assets/*.html", "../notify/*.go", "../notify/mail.*", "../notify/report.txt", "../report/*.go", "../knowledge/*.go"} {
		names, err := fs.Glob(os.DirFS(".."), strings.TrimPrefix("portal/"+pattern, "portal/../"))
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, names...)
	}
	n := 0
	for _, name := range sources {
		b, err := os.ReadFile("../" + name)
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range text.Used(string(b)) {
			n++
			if !c.In("ja").Has(key) {
				t.Errorf("%s uses %q, which nobody wrote", name, key)
			}
		}
	}
	if n < 100 {
		t.Errorf("only %d uses found: is the pattern still right?", n)
	}
}

func TestHomeSaysHowItIs(t *testing.T) {
	t.Parallel()
	t.Run("something to do", func(t *testing.T) {
		t.Parallel()
		body := at(t, sample()).page("/")
		says(t, body, "お願いがあります", "今日は攻撃を 5 件止めました。", "今日のお願い（2）", "「経理のパソコン」がウイルスに操作された疑い",
			"11月21日(土) 18:00 まで", "外からの攻撃", "58", "62 件すべてを止めました", "本社のボックス", "見守り中", "050-1234-5678")
		saysNot(t, body, "portal.", "common.", "alert.", "tanaka")
		if strings.Index(body, "経理のパソコン") > strings.Index(body, "営業ノート2") {
			t.Error("the most important request is not the first")
		}
	})
	t.Run("quiet", func(t *testing.T) {
		t.Parallel()
		o := sample()
		o.alerts, o.counts = nil, alert.Counts{}
		body := at(t, o).page("/")
		says(t, body, "守られています", "今日、攻撃はありません。", "今日していただくことは、ありません。")
		if strings.Contains(body, "<svg") {
			t.Error("a chart of nothing")
		}
	})
	t.Run("not watching", func(t *testing.T) {
		t.Parallel()
		o := sample()
		o.boxes[0].Protecting = false
		says(t, at(t, o).page("/"), "いま守れていません", "インターネットはそのまま使えます")
	})
	t.Run("listening only", func(t *testing.T) {
		t.Parallel()
		o := sample()
		o.alerts, o.counts = nil, alert.Counts{}
		o.boxes[0].Health.Mode = wire.ModeTap
		body := at(t, o).page("/")
		says(t, body, "見張っています", "止めることはできません", "見張り中（お知らせだけ")
		saysNot(t, body, "守られています", "今日、攻撃はありません")
	})
	t.Run("silent", func(t *testing.T) {
		t.Parallel()
		o := sample()
		o.boxes[0].LastSeen = now.Add(-time.Hour)
		says(t, at(t, o).page("/"), "ボックスと連絡がとれません", "11月21日(土) 13:30")
	})
	t.Run("box has been returned", func(t *testing.T) {
		t.Parallel()
		o := sample()
		o.boxes[0].Returned = now
		says(t, at(t, o).page("/"), "ボックスをお待ちしています")
	})
	t.Run("virus check", func(t *testing.T) {
		t.Parallel()
		for want, h := range map[string]wire.Health{
			"ウイルスを調べています（ウイルスの見本帳は 11月21日(土)": {Parts: map[string]wire.State{"virus": wire.StateOK}, Signatures: now.Add(-time.Hour)},
			"ウイルスを調べています":                     {Parts: map[string]wire.State{"virus": wire.StateOK}},
			"ウイルス検査が止まっています":                  {Parts: map[string]wire.State{"virus": wire.StateDown}},
			"ウイルスの見本帳が届くのを待っています":             {Parts: map[string]wire.State{"virus": wire.StateWaiting}},
			"ウイルスの見本帳が 8 日前":                  {Parts: map[string]wire.State{"virus": wire.StateOK}, Signatures: now.Add(-8*24*time.Hour - time.Hour)},
			"ウイルス検査は使っていません":                  {Parts: map[string]wire.State{"virus": wire.StateOff}},
		} {
			o := sample()
			o.boxes[0].Health = h
			says(t, at(t, o).page("/"), want)
		}
	})
	t.Run("many requests", func(t *testing.T) {
		t.Parallel()
		o := sample()
		for range 4 {
			o.alerts[ours] = append(o.alerts[ours], o.alerts[ours][1])
		}
		body := at(t, o).page("/")
		says(t, body, "今日のお願い（6）", "ほかに 3 件あります", "2026年10月: 同じ業種・規模の会社（42社）の真ん中は 51件、御社は 60件")
		if n := strings.Count(body, `class="todo"`); n != 3 {
			t.Errorf("%d requests", n)
		}
	})
}

func TestAlertPageSaysWhatTheMailSays(t *testing.T) {
	t.Parallel()
	b := at(t, sample())
	body := b.page("/alerts/1795237521-1")
	says(t, body, "重要度 高（★★★）", "482 913", "何が起きましたか", "もう止めましたか", "いま危ないですか", "していただくこと", "困ったら",
		"LAN ケーブルを抜いてください", "対応しました", "心当たりがあります", "電話してほしい", "社長への一言", "これまでの流れ",
		"メールでお知らせしました", "お返事「電話してほしい」", "画面に変な表示があります", "アラート種別", "2026-11-21 14:05:00 JST", "203.0.113.9", "T1071")
	saysNot(t, body[:strings.Index(body, "技術情報")], "C2", "IPS", "検知", "203.0.113.9")
	low := b.page("/alerts/1795230000-3")
	says(t, low, "していただくことはありません")
	if strings.Contains(low, `name="answer"`) {
		t.Error("asks for an answer where nothing is to do")
	}
	over := b.page("/alerts/1795100000-4")
	says(t, over, "終わった理由: ソフトを消したことを確認しました。", "ありません。この件は終わりました。")
	saysNot(t, over, "letter-steps", `name="answer"`, "お願いします")
}

func TestWhatIsNotYoursDoesNotExist(t *testing.T) {
	t.Parallel()
	o := sample()
	b := at(t, o)
	form := url.Values{"csrf": {"form-token"}, "answer": {"done"}, "name": {"x"}}
	for _, path := range []string{"/alerts/1795237521-9", "/alerts/none", "/nowhere", "/alerts/1795237521-9/answer"} {
		if status, body := b.get(path); status != http.StatusNotFound || !strings.Contains(body, "ページが見つかりません") {
			t.Errorf("GET %s: %d", path, status)
		}
	}
	for _, path := range []string{"/alerts/1795237521-9/answer", "/devices/d9", "/devices/d9/known", "/devices/d9/hold"} {
		if status, _ := b.post(path, form); status != http.StatusNotFound {
			t.Errorf("POST %s: %d", path, status)
		}
	}
	if len(o.answers) != 0 {
		t.Errorf("answered %v", o.answers)
	}
}

func TestAnswering(t *testing.T) {
	t.Parallel()
	o := sample()
	b := at(t, o)
	path := "/alerts/1795237521-1/answer"
	status, body := b.post(path, url.Values{"csrf": {"form-token"}, "answer": {"done"}, "note": {" 抜きました "}})
	if status != http.StatusOK || len(o.answers) != 1 || o.answers[0] != "1795237521-1|p1|done|抜きました" {
		t.Fatalf("%d, %v", status, o.answers)
	}
	says(t, body, "お返事をありがとうございます")
	for name, form := range map[string]url.Values{
		"no token": {"answer": {"done"}}, "wrong token": {"csrf": {"x"}, "answer": {"done"}},
	} {
		if status, _ := b.post(path, form); status != http.StatusForbidden {
			t.Errorf("%s: %d", name, status)
		}
	}
	if status, _ := b.post(path, url.Values{"csrf": {"form-token"}, "answer": {"burn"}}); status != http.StatusBadRequest {
		t.Errorf("unknown answer: %d", status)
	}
	_, body = b.post("/alerts/1795100000-4/answer", url.Values{"csrf": {"form-token"}, "answer": {"done"}})
	says(t, body, "このお知らせは、もう終わっています")
	o.role = tenant.RoleReadonly
	if status, _ := b.post(path, url.Values{"csrf": {"form-token"}, "answer": {"done"}}); status != http.StatusForbidden {
		t.Errorf("reader may answer: %d", status)
	}
	if len(o.answers) != 1 {
		t.Errorf("answers: %v", o.answers)
	}
}

func TestAnotherSiteCannotPost(t *testing.T) {
	t.Parallel()
	o := sample()
	b := at(t, o)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.url+"/a/good/done", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", "https://evil.example")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if status, _ := b.do(r); status != http.StatusForbidden || len(o.answers) != 0 {
		t.Errorf("%d, %v", status, o.answers)
	}
}

func TestButtonsOfTheMail(t *testing.T) {
	t.Parallel()
	o := sample()
	b := serve(t, o, "") // without login
	for range 3 {        // a mail scanner opens every link
		says(t, b.page("/a/good/done"), "まだ何も送っていません", "「対応しました」と知らせる", "「経理のパソコン」がウイルスに操作された疑い", "482 913")
	}
	if len(o.answers) != 0 || o.spent {
		t.Fatal("opening the link changed something")
	}
	status, body := b.post("/a/good/call", url.Values{"note": {"至急"}})
	if status != http.StatusOK || len(o.answers) != 1 || o.answers[0] != "1795237521-1|p1|call|至急" {
		t.Fatalf("%d %v", status, o.answers)
	}
	says(t, body, "センターから、お電話します", "050-1234-5678")
	says(t, b.page("/a/good/done"), "もうお返事をいただいています")
	for _, path := range []string{"/a/old/done", "/a/unknown/done", "/a/good2/burn"} {
		if status, body := b.get(path); status != http.StatusNotFound || !strings.Contains(body, "このリンクは使えません") {
			t.Errorf("%s: %d", path, status)
		}
	}
}

func TestLogin(t *testing.T) {
	t.Parallel()
	b := serve(t, sample(), "")
	says(t, b.page("/devices"), "ログイン", "メールアドレス")
	f := func(email, password string, status int, want string) {
		t.Helper()
		got, body := b.post("/login", url.Values{"email": {email}, "password": {password}, "next": {"/devices"}})
		if got != status {
			t.Errorf("%s: %d", email, got)
		}
		says(t, body, want)
	}
	f("hanako@sato.example.jp", "wrong", http.StatusUnprocessableEntity, "メールアドレスかパスワードが違うようです")
	f("staff@centre.example.jp", "correct horse", http.StatusUnprocessableEntity, "メールアドレスかパスワードが違うようです")
	f("busy@sato.example.jp", "x", http.StatusTooManyRequests, "しばらくお休みしています")
	f("hanako@sato.example.jp", "correct horse", http.StatusOK, "社内のネットワークで見つかった機器")
	if status, body := b.post("/logout", url.Values{"csrf": {"form-token"}}); status != http.StatusOK || !strings.Contains(body, "ログアウトしました") {
		t.Errorf("logout: %d", status)
	}
	says(t, b.page("/"), "ログインする")
}

func TestDevicesAndWhoLooked(t *testing.T) {
	t.Parallel()
	o := sample()
	b := at(t, o)
	says(t, b.page("/devices"), "192.168.1.23", "00:1b:8b:12:34:56", "名前を変える")
	_, body := b.post("/devices/d2", url.Values{"csrf": {"form-token"}, "name": {"社長のスマホ"}})
	says(t, body, "名前を変えました")
	if o.endpoints[1].Name != "社長のスマホ" {
		t.Error("not renamed")
	}
	for _, bad := range []string{"", "  ", strings.Repeat("長", 41), "a\nb"} {
		status, body := b.post("/devices/d2", url.Values{"csrf": {"form-token"}, "name": {bad}})
		for _, want := range []string{`href="#name"`, `id="name-error">名前は1文字以上`, `value="` + strings.TrimSpace(bad) + `"`} {
			if !strings.Contains(body, want) {
				t.Errorf("%q: the page lacks %s", bad, want)
			}
		}
		if status != http.StatusUnprocessableEntity {
			t.Errorf("%q: %d", bad, status)
		}
	}
	if o.endpoints[1].Name != "社長のスマホ" {
		t.Error("a bad name was taken")
	}
	says(t, b.page("/looks"), "センター 山田（相談窓口）", "お知らせ 1795237521-1", "案件 482913 の対応", "2026年11月21日(土) 13:30")
}

// What a device is and why, what waits for the owner, and phones without any alarm.
func TestDeviceKinds(t *testing.T) {
	t.Parallel()
	o := sample()
	b := at(t, o)
	page := b.page("/devices")
	says(t, page, "確認をお願いしたい機器", "&lt;b&gt;SX-1", "Silex", "パソコン", "Windows 7", "更新は 2020年1月14日", "NAS（共有の保存装置）（たぶん）", "1 台を見る", "ラベルの番号")
	saysNot(t, page, "<b>SX-1")
	says(t, b.page("/devices/d1"), "経理のパソコン", "KEIRI-PC", "fe80::1", "種類の自己紹介（WSD） (Computer) 確かさ 96％", "前は「プリンター・複合機」に見えました。", "初めてつながりました。")
	says(t, b.page("/devices/d5"), "まだ手がかりがありません。", "知っている機器かどうか")
	_, body := b.post("/devices/d5/known", url.Values{"csrf": {"form-token"}})
	says(t, body, "「知っている機器」にしました")
	saysNot(t, body, "確認をお願いしたい機器")
	o.role = tenant.RoleReadonly
	saysNot(t, b.page("/devices"), "名前を変える")
	if status, _ := b.post("/devices/d5/known", url.Values{"csrf": {"form-token"}}); status != http.StatusForbidden {
		t.Errorf("who may only read approves: %d", status)
	}
}

// The owner stops a device, sees when the box has done it, and lets it go again; the way out of
// all others cannot be stopped.
func TestHold(t *testing.T) {
	t.Parallel()
	o := sample()
	b := at(t, o)
	form := func(on string) url.Values { return url.Values{"csrf": {"form-token"}, "hold": {on}} }
	says(t, b.page("/devices/d1"), "この機器の通信を止める", "社内の機器どうしの通信")
	_, body := b.post("/devices/d1/hold", form("on"))
	says(t, body, "通信を止めます", "ボックスが受け取るまで", "通信を元に戻す")
	o.boxes[0].Health.Held = 1
	says(t, b.page("/devices/d1"), "通信は止まっています。")
	says(t, b.page("/devices"), "通信を止めています")
	_, body = b.post("/devices/d1/hold", form("off"))
	says(t, body, "通信を元に戻します", "この機器の通信を止める")
	_, body = b.post("/devices/d3/hold", form("on"))
	says(t, body, "会社のルーターのようです")
	o.role = tenant.RoleReadonly
	saysNot(t, b.page("/devices/d1"), "この機器の通信を止める")
	if status, _ := b.post("/devices/d1/hold", form("on")); status != http.StatusForbidden {
		t.Errorf("who may only read stops devices: %d", status)
	}
}

func TestListFilters(t *testing.T) {
	t.Parallel()
	o := sample()
	b := at(t, o)
	says(t, b.page("/alerts"), "経理のパソコン", "営業ノート2", "受付のNAS", "倉庫のタブレット")
	saysNot(t, b.page("/alerts?show=open"), "倉庫のタブレット")
	saysNot(t, b.page("/alerts?show=closed"), "経理のパソコン")
	saysNot(t, b.page("/alerts?stars=3"), "営業ノート2")
	says(t, b.page("/alerts?show=closed&stars=3"), "あてはまるお知らせは、ありません。")
	for range 40 {
		o.alerts[ours] = append(o.alerts[ours], o.alerts[ours][3])
	}
	says(t, b.page("/alerts"), "前のお知らせ")
}

func TestEnglishIsComplete(t *testing.T) {
	t.Parallel()
	o := sample()
	b := at(t, o)
	b.page("/lang?to=en&back=/")
	own := "株式会社佐藤製作所経理のパソコン営業ノート受付倉庫タブレットソフトを消したことを確認しました。画面に変な表示があります佐藤 花子本社ボックス受発注システム案件対応山田電話でご相談日本語切替える"
	for _, path := range []string{"/", "/alerts", "/alerts/1795237521-1", "/alerts/1795230000-3", "/alerts/1795100000-4", "/devices", "/devices/d1", "/used", "/used/d1", "/looks", "/a/good/done", "/a/old/done", "/nowhere"} {
		_, body := b.get(path)
		if !strings.Contains(body, `<html lang="en">`) {
			t.Errorf("%s: not marked as English", path)
		}
		for _, r := range words(body) {
			if (r >= 'ぁ' && r <= 'ヿ' || r >= '一' && r <= '龥') && !strings.ContainsRune(own, r) {
				t.Errorf("%s: Japanese %q in the English page", path, r)
			}
		}
	}
}

// ownScript is the one script of the portal's pages, a file of ours.
var ownScript = regexp.MustCompile(`<script src="/static/draft\.[0-9a-f]{16}\.js" defer></script>`)

func TestSafeguardsOnEveryAnswer(t *testing.T) {
	t.Parallel()
	b := at(t, sample())
	for _, path := range []string{"/", "/login", "/alerts/1795237521-1", "/nowhere", "/a/good/done"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := b.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		csp := res.Header.Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") || res.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: headers %v", path, res.Header)
		}
		if res.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s may be cached", path)
		}
	}
	for _, path := range []string{"/", "/alerts/1795237521-1", "/devices", "/used", "/looks", "/login"} {
		body := ownScript.ReplaceAllString(b.page(path), "")
		for _, bad := range []string{" style=", "<style", "onclick", "http://", "https://", "<script"} {
			if strings.Contains(body, bad) {
				t.Errorf("%s has %q", path, bad)
			}
		}
	}
}

func TestBelowAPath(t *testing.T) {
	t.Parallel()
	b := serve(t, sample(), "/portal")
	status, body := b.post("/login", url.Values{"email": {"a@b.example"}, "password": {"correct horse"}})
	if status != http.StatusOK {
		t.Fatalf("login: %d", status)
	}
	says(t, body, "お願いがあります")
	if strings.Contains(body, `href="/alerts`) || !strings.Contains(body, `href="/portal/alerts`) || !strings.Contains(body, `href="/portal/static/`) {
		t.Error("links leave the portal's path")
	}
}

func TestFailureIsNotThePersonsFault(t *testing.T) {
	t.Parallel()
	o := sample()
	b := at(t, o)
	o.fail = http.ErrHandlerTimeout
	if status, body := b.get("/"); status != http.StatusInternalServerError || !strings.Contains(body, "お客様の操作のせいではありません") || strings.Contains(body, "Handler timeout") {
		t.Errorf("%d", status)
	}
}

func TestUsedSaysWhatWasUsed(t *testing.T) {
	t.Parallel()
	o := sample()
	b := at(t, o)
	body := b.page("/used")
	says(t, body, "どのアプリをどれだけ使ったか", "YouTube 動画・音楽 · お仕事以外のことが多い 4.2 GB 12 MB 8時間25分 3", "ChatGPT へ 30 MB を送信 （機器 1 台）", "30 MB ご確認を",
		"3 回止めました", "受発注システム&lt;b&gt;", "名前のわからないもの", "経理のパソコン 900 MB 31 MB 30 MB ご確認を", "区別できない機器", "何を送ったかはわかりません")
	saysNot(t, body, "Dropbox へ", "portal.", "orders")
	if o.asked != " 7" {
		t.Errorf("asked for %q", o.asked)
	}
	says(t, b.page("/used/d1?days=30"), "「経理のパソコン」が使ったアプリです。", "すべての機器を見る")
	if o.asked != "d1 30" {
		t.Errorf("asked for %q", o.asked)
	}
	for _, path := range []string{"/used/d9", "/used/gone", "/used/%00"} {
		if status, body := b.get(path); status != http.StatusNotFound || strings.Contains(body, "YouTube") {
			t.Errorf("%s: %d", path, status)
		}
	}
	o.used = nil
	says(t, b.page("/used?days=1"), "この期間の記録は、まだありません。")
}
