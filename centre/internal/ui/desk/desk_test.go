package desk_test

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/contract"
	"otasuke/centre/internal/desk"
	"otasuke/centre/internal/device"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/knowledge"
	"otasuke/centre/internal/mail"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	pages "otasuke/centre/internal/ui/desk"
	"otasuke/centre/internal/ui/stage"
	content "otasuke/content/desk"
	"otasuke/content/offer"
	"otasuke/content/text"
	"otasuke/internal/clock"
	"otasuke/internal/ja"
	"otasuke/internal/uitest"
	"otasuke/wire"
)

const word = "correct horse battery staple"

// start is Friday 20 November 2026, 14:05 in Japan.
var start = time.Date(2026, 11, 20, 14, 5, 0, 0, ja.Zone)

type nobody struct{}

func (nobody) Send(context.Context, mail.Message) error { return nil }

// world is both faces with real rooms behind them.
type world struct {
	*testing.T
	s               *store.Store
	clock           *clock.Fake
	tenants         *tenant.Service
	alerts          *alert.Service
	svc             *desk.Service
	portal, console *ui.Face
	staff, owner    string // cookies
	company         string
	alert           alert.Alert
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func schemas() []store.Schema {
	return []store.Schema{tenant.Schema(), job.Schema(), device.Schema(), alert.Schema(), attach.Schema(), contract.Schema(), desk.Schema()}
}

func open(t *testing.T, s *store.Store) *world {
	t.Helper()
	w := &world{T: t, s: s, clock: clock.NewFake(start)}
	w.tenants = tenant.New(tenant.Config{Store: s, Clock: w.clock, FactorRequired: false, Cost: tenant.Cost{Time: 1, Memory: 64, Threads: 1}})
	must(t, w.tenants.EnsureHouse(t.Context(), "みなと商工会議所"))
	known, err := knowledge.Load()
	must(t, err)
	texts, err := text.Load()
	must(t, err)
	book, err := content.Load()
	must(t, err)
	offers, err := offer.Load()
	must(t, err)
	devices := device.New(device.Config{Store: s, Clock: w.clock})
	w.alerts = alert.New(alert.Config{Store: s, Classifier: known, Clock: w.clock})
	w.svc = desk.New(desk.Config{Store: s, People: w.tenants, Book: book, Texts: texts, Sender: nobody{}, Domain: "centre.example", Clock: w.clock})
	cfg := pages.Config{Desk: w.svc, Book: book, Companies: w.tenants, Alerts: w.alerts, Boxes: devices, Contracts: contract.New(contract.Config{Store: s, Companies: w.tenants, Boxes: devices, Offers: offers, Clock: w.clock}), Families: known, Clock: w.clock}
	w.portal, w.console = w.face(pages.Customers(cfg), false), w.face(pages.Staff(cfg), true)
	w.company, err = w.tenants.CreateCompany(t.Context(), "system", tenant.Company{Name: "株式会社佐藤製作所", NameKana: "サトウセイサクショ", Passphrase: "みかん山"})
	must(t, err)
	for _, p := range []tenant.Person{{TenantID: tenant.House, Email: "desk@minato.example", Name: "窓口 三郎", Role: tenant.RoleDesk}, {TenantID: w.company, Email: "hanako@sato.example", Name: "佐藤 花子", Role: tenant.RoleOwner}} {
		id, err := w.tenants.AddPerson(t.Context(), "system", p)
		must(t, err)
		must(t, w.tenants.SetPassword(t.Context(), "system", p.TenantID, id, word))
	}
	w.staff, w.owner = w.login(w.console, "desk@minato.example"), w.login(w.portal, "hanako@sato.example")
	must(t, s.Write(t.Context(), w.company, func(tx *store.Tx) error {
		return w.alerts.Record(tx, []alert.Incoming{{BoxID: "box", DeviceID: "d", DeviceName: "経理のPC", DeviceAddr: "192.168.1.23", Event: &wire.Event{ID: fmt.Sprintf("%026d", 1), Time: start, Kind: wire.KindIPS, Verdict: wire.VerdictPassed, Direction: wire.Outbound,
			Flow: wire.Flow{Proto: "TCP", Src: netip.MustParseAddr("192.168.1.23"), SrcPort: 50000, Dst: netip.MustParseAddr("203.0.113.5"), DstPort: 443}, Rule: &wire.Rule{GID: 1, SID: 2000001, Rev: 3, Msg: "beacon", Family: "c2"}}}})
	}))
	all, err := w.alerts.List(t.Context(), w.company, alert.Filter{})
	must(t, err)
	w.alert = all[0]
	return w
}

func (w *world) face(g ui.Guest, staff bool) *ui.Face {
	w.Helper()
	return stage.Face(w.T, stage.Config{Accounts: w.tenants, Clock: w.clock, Guest: g, Site: "portal", Staff: staff})
}

func (w *world) login(f *ui.Face, email string) string {
	w.Helper()
	rec := w.send(f, "", "/login", url.Values{"email": {email}, "password": {word}})
	for _, c := range rec.Result().Cookies() {
		if c.Name == "s" {
			return c.Value
		}
	}
	w.Fatalf("no login: %d", rec.Code)
	return ""
}

func (w *world) request(f *ui.Face, cookie string, r *http.Request) *httptest.ResponseRecorder {
	r.AddCookie(&http.Cookie{Name: "s", Value: cookie})
	r.AddCookie(&http.Cookie{Name: "lang", Value: "ja"})
	rec := httptest.NewRecorder()
	f.ServeHTTP(rec, r)
	return rec
}

func (w *world) code(f *ui.Face, cookie, path string) (int, string) {
	rec := w.request(f, cookie, httptest.NewRequestWithContext(w.Context(), http.MethodGet, path, nil))
	return rec.Code, rec.Header().Get("Location")
}

func (w *world) get(f *ui.Face, cookie, path string) string {
	w.Helper()
	rec := w.request(f, cookie, httptest.NewRequestWithContext(w.Context(), http.MethodGet, path, nil))
	if rec.Code != http.StatusOK {
		w.Fatalf("GET %s: %d %s", path, rec.Code, rec.Header().Get("Location"))
	}
	return html.UnescapeString(rec.Body.String())
}

func (w *world) send(f *ui.Face, cookie, path string, form url.Values) *httptest.ResponseRecorder {
	w.Helper()
	r := httptest.NewRequestWithContext(w.Context(), http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return w.request(f, cookie, r)
}

var csrf = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

// post sends a form with the token of a page.
func (w *world) post(f *ui.Face, page, action string, pairs ...string) *httptest.ResponseRecorder {
	w.Helper()
	cookie := w.staff
	if f == w.portal {
		cookie = w.owner
	}
	form := url.Values{"csrf": {csrf.FindStringSubmatch(w.get(f, cookie, page))[1]}}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return w.send(f, cookie, action, form)
}

// upload sends a form of the portal with a file.
func (w *world) upload(page, action, name string, data []byte, pairs ...string) *httptest.ResponseRecorder {
	w.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	must(w.T, m.WriteField("csrf", csrf.FindStringSubmatch(w.get(w.portal, w.owner, page))[1]))
	for i := 0; i < len(pairs); i += 2 {
		must(w.T, m.WriteField(pairs[i], pairs[i+1]))
	}
	f, err := m.CreateFormFile("file", name)
	must(w.T, err)
	_, err = f.Write(data)
	must(w.T, err)
	must(w.T, m.Close())
	r := httptest.NewRequestWithContext(w.Context(), http.MethodPost, action, &b)
	r.Header.Set("Content-Type", m.FormDataContentType())
	return w.request(w.portal, w.owner, r)
}

func says(t *testing.T, body string, words ...string) {
	t.Helper()
	for _, one := range words {
		if !strings.Contains(body, one) {
			t.Errorf("does not say %q", one)
		}
	}
}

func to(t *testing.T, rec *httptest.ResponseRecorder) string {
	t.Helper()
	if rec.Code != http.StatusSeeOther {
		t.Fatalf("%d: %s", rec.Code, rec.Body)
	}
	return rec.Header().Get("Location")
}

// From an alert to an answer and a face: the customer's side and the desk's, both by forms alone.
func TestAskedFromAnAlert(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		w := open(t, s)
		says(t, w.get(w.portal, w.owner, "/desk"), "窓口は今、開いています", "見積書に意見を聞く", "まだご相談はありません")
		form := "/desk/new?alert=" + w.alert.ID
		says(t, w.get(w.portal, w.owner, form), ja.CaseNumber(w.alert.Case))
		if rec := w.post(w.portal, form, "/desk/new", "alert", w.alert.ID, "kind", "ask", "text", " "); rec.Code != http.StatusUnprocessableEntity {
			t.Errorf("nothing asked: %d", rec.Code)
		}
		page := to(t, w.upload(form, "/desk/new", "画面.jpg", []byte("\xff\xd8\xff\xe0\x00\x10JFIF"), "alert", w.alert.ID, "kind", "ask", "text", "これは何ですか <script>"))
		body := w.get(w.portal, w.owner, page)
		says(t, body, "お受けしました。11月20日(金) 15:05", "これは何ですか <script>", "画面.jpg", "検査をしていません", "/alerts/"+w.alert.ID) // urgent: within an hour
		page, _, _ = strings.Cut(page, "?")
		file := regexp.MustCompile(`href="(/desk/[^"]+/files/[^"]+)"`).FindStringSubmatch(body)[1]
		if code, _ := w.code(w.portal, w.owner, file); code != http.StatusOK {
			t.Errorf("own photo: %d", code)
		}

		queue := w.get(w.console, w.staff, "/desk")
		says(t, queue, "急ぎ", "株式会社佐藤製作所 佐藤 花子", "うち窓口の番 1件", "あと 1時間")
		ticket := regexp.MustCompile(`href="(/desk/ticket/[^"]+)"`).FindStringSubmatch(queue)[1]
		says(t, w.get(w.console, w.staff, ticket), "みかん山", "hanako@sato.example", "/cases/"+w.company+"/"+w.alert.ID)
		if code, _ := w.code(w.console, w.staff, ticket+strings.TrimPrefix(file, page)); code != http.StatusOK {
			t.Errorf("their photo: %d", code)
		}
		ready := w.post(w.console, ticket, ticket+"/answer", "do", "put", "ready", "unplug", "answer", "佐藤様")
		says(t, html.UnescapeString(ready.Body.String()), "佐藤様\n\nご連絡ありがとうございます。まず、その機器の LAN ケーブル")
		to(t, w.post(w.console, ticket, ticket+"/jot", "note", "強そうな方"))
		to(t, w.post(w.console, ticket, ticket+"/escalate", "note", "駆付け業者へ"))
		if rec := w.post(w.console, ticket, ticket+"/answer", "do", "ask", "answer", "\n"); rec.Code != http.StatusUnprocessableEntity {
			t.Errorf("an empty answer: %d", rec.Code)
		}
		w.clock.Advance(5 * time.Minute)
		to(t, w.post(w.console, ticket, ticket+"/answer", "do", "ask", "answer", "ケーブルを抜けますか"))
		says(t, w.get(w.console, w.staff, "/desk"), "引き継ぎ: 駆付け業者へ", "窓口時間で 5分", "お客様の返事待ち")
		body = w.get(w.portal, w.owner, page)
		says(t, body, "ケーブルを抜けますか", "お返事待ち", "窓口 三郎")
		if strings.Contains(body, "強そうな方") || strings.Contains(body, "駆付け業者へ") {
			t.Error("the customer reads the staff's notes")
		}
		to(t, w.post(w.portal, page, page+"/say", "text", "抜きました"))
		to(t, w.post(w.console, ticket, ticket+"/close", "reason", "解決しました"))
		says(t, w.get(w.portal, w.owner, page), "終了の理由: 解決しました", "今回の対応はいかがでしたか")
		to(t, w.post(w.portal, page, page+"/rate", "face", "3", "word", "助かりました"))
		says(t, w.get(w.console, w.staff, ticket), "よかった 助かりました")
		says(t, w.get(w.console, w.staff, "/desk"), "よかった 1 / 1件")
		log, err := w.tenants.AuditLog(t.Context(), w.company, 100)
		must(t, err)
		looks := 0
		for _, e := range log {
			if e.Action == "view.company" {
				looks++
			}
		}
		if looks != 1 {
			t.Errorf("the company reads of %d looks", looks)
		}
	}, schemas()...)
}

// Somebody rings: from whatever they say to the form, in two clicks.
func TestTwoClicksToTheNote(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		w := open(t, s)
		company := "/desk/company/" + w.company
		first := company + "?alert=" + w.alert.ID
		if code, where := w.code(w.console, w.staff, "/desk?q="+url.QueryEscape("４８ "+"x")); code != http.StatusOK {
			t.Errorf("nothing found: %d %s", code, where)
		}
		for q, want := range map[string]string{ja.CaseNumber(w.alert.Case): first, "佐藤製作": company, "さとうせい": company, "（株）佐藤製作所": company} {
			if code, where := w.code(w.console, w.staff, "/desk?q="+url.QueryEscape(q)); code != http.StatusSeeOther || where != want {
				t.Errorf("%q: %d %s, want %s", q, code, where, want)
			}
		}
		body := w.get(w.console, w.staff, first)
		says(t, body, "みかん山", "佐藤 花子", "hanako@sato.example", `name="alert" value="`+w.alert.ID, "これまでの連絡はありません")
		if rec := w.post(w.console, first, company, "text", "", "alert", w.alert.ID); rec.Code != http.StatusUnprocessableEntity || !strings.Contains(rec.Body.String(), "内容を入力") {
			t.Errorf("an empty note: %d", rec.Code)
		}
		if rec := w.post(w.console, first, company, "text", "x", "phone", "12"); rec.Code != http.StatusUnprocessableEntity || !strings.Contains(rec.Body.String(), `id="phone-error"`) {
			t.Errorf("a number that is none: %d", rec.Code)
		}
		where := to(t, w.post(w.console, first, company, "text", "画面が赤い", "who", "佐藤 花子", "phone", "０９０-1234-5678", "alert", w.alert.ID, "topic", "incident", "do", "go"))
		ticket, _, _ := strings.Cut(where, "?")
		says(t, w.get(w.console, w.staff, ticket), "画面が赤い", "090-1234-5678", "急ぎ", "電話")
		// The same number rings again.
		if code, where := w.code(w.console, w.staff, "/desk?q=09012345678"); code != http.StatusSeeOther || where != company+"?phone=09012345678" {
			t.Errorf("%d %s", code, where)
		}
		says(t, w.get(w.console, w.staff, company+"?phone=09012345678"), `value="09012345678"`, "画面が赤い")
		handover := w.get(w.console, w.staff, ticket+"/to/police")
		says(t, handover, "株式会社佐藤製作所 の 佐藤 花子", "090-1234-5678", "画面が赤い", ja.CaseNumber(w.alert.Case), "npa.go.jp", "経理のPC")
		// A stranger, answered at once.
		to(t, w.post(w.console, "/desk/company/house", "/desk/company/house", "text", "入りたい", "company", "新しい商店", "email", "new@new.example", "answer", "申込ページを案内", "do", "close"))
		if strings.Contains(w.get(w.console, w.staff, "/desk"), "新しい商店") {
			t.Error("closed, and still in the queue")
		}
		if code, _ := w.code(w.console, w.staff, "/desk/company/house?alert="+w.alert.ID); code != http.StatusNotFound {
			t.Errorf("another company's alert: %d", code)
		}
	}, schemas()...)
}

func TestFormsBeforeACallAndAboutAnOffer(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		w := open(t, s)
		page := to(t, w.post(w.portal, "/desk/new?kind=call", "/desk/new", "kind", "call", "what", "警告が出た", "since", "今朝", "device", "受付のPC", "done", "再起動", "phone", "06-1234-5678"))
		body := w.get(w.portal, w.owner, page)
		number := regexp.MustCompile(`「相談番号 (\d{7})」`).FindStringSubmatch(body)
		if number == nil {
			t.Fatal("no number to say on the telephone")
		}
		if code, where := w.code(w.console, w.staff, "/desk?q="+number[1]); code != http.StatusSeeOther {
			t.Errorf("%d", code)
		} else {
			says(t, w.get(w.console, w.staff, where), "警告が出た", "今朝", "受付のPC", "再起動", "06-1234-5678")
			says(t, w.get(w.console, w.staff, where+"/to/ipa"), "気づいた時: 今朝", "機器: 受付のPC", "してあること: 再起動")
		}
		page = to(t, w.upload("/desk/new?kind=offer", "/desk/new", "見積書.xlsx", []byte("PK\x03\x04"), "kind", "offer", "aim", "UTM の入れ替え", "price", "80万円", "doubt", "必要か"))
		says(t, w.get(w.portal, w.owner, page), "UTM の入れ替え", "80万円", "見積書.xlsx")
		if rec := w.upload("/desk/new?kind=offer", "/desk/new", "空.pdf", nil, "kind", "offer", "aim", "x"); rec.Code != http.StatusUnprocessableEntity || !strings.Contains(rec.Body.String(), "受け取れません") {
			t.Errorf("an empty file: %d", rec.Code)
		}
		if rec := w.upload("/desk/new?kind=offer", "/desk/new", "大.jpg", append([]byte("\xff\xd8\xff"), make([]byte, attach.MaxSize-3)...), "kind", "offer", "aim", "写真"); rec.Code != http.StatusSeeOther {
			t.Errorf("a photo of 20 MB: %d", rec.Code)
		}
		if rec := w.upload("/desk/new?kind=offer", "/desk/new", "大.jpg", make([]byte, attach.MaxSize+200<<10), "kind", "offer", "aim", "写真"); rec.Code != http.StatusRequestEntityTooLarge {
			t.Errorf("more than is taken: %d", rec.Code)
		}
		if rec := w.send(w.portal, w.owner, "/desk/new", url.Values{"kind": {"call"}, "what": {"x"}}); rec.Code != http.StatusForbidden {
			t.Errorf("without its token: %d", rec.Code)
		}
	}, schemas()...)
}

// shot is a page to be looked at.
type shot struct {
	name, path, cookie string
	face               *ui.Face
	height             int
}

// samples are all pages with something on them; both engines show the same.
func samples(t *testing.T, look func(t *testing.T, p shot)) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		if s.Engine() != store.SQLite {
			return
		}
		w := open(t, s)
		form := "/desk/new?alert=" + w.alert.ID
		page, _, _ := strings.Cut(to(t, w.upload(form, "/desk/new", "画面.jpg", []byte("\xff\xd8\xff\xe0\x00\x10JFIF"), "alert", w.alert.ID, "kind", "ask", "text", "経理のパソコンに見慣れない画面が出ました。\n消しても何度も出てきます。どうすればよいですか。")), "?")
		ticket := "/desk/ticket/" + w.company + "/" + strings.TrimPrefix(page, "/desk/")
		to(t, w.post(w.console, ticket, ticket+"/answer", "do", "ask", "answer", "ご連絡ありがとうございます。\nまず、その機器の LAN ケーブルを抜いてください。電源は切らないでください。"))
		to(t, w.post(w.console, ticket, ticket+"/jot", "note", "折り返し 15時。社長は外出中。"))
		call, _, _ := strings.Cut(to(t, w.post(w.portal, "/desk/new?kind=call", "/desk/new", "kind", "call", "what", "「ウイルスに感染」と出て、電話番号が表示された", "since", "今朝の9時ごろ", "device", "受付のパソコン", "done", "再起動した", "phone", "06-1234-5678")), "?")
		must(t, w.svc.Take(t.Context(), []byte("From: 鈴木 <suzuki@kitahama.example>\r\nSubject: =?UTF-8?B?44GK5ZWP44GE5ZCI44KP44Gb?=\r\nMessage-ID: <1@kitahama.example>\r\n\r\nhello\r\n"), false))
		closed, _, _ := strings.Cut(to(t, w.post(w.portal, "/desk/new", "/desk/new", "kind", "ask", "topic", "box", "text", "ランプが1つ消えています。")), "?")
		done := "/desk/ticket/" + w.company + "/" + strings.TrimPrefix(closed, "/desk/")
		to(t, w.post(w.console, done, done+"/answer", "do", "answer", "answer", "電源のコードを差し直してください。"))
		to(t, w.post(w.console, done, done+"/close", "reason", "コードの差し直しで直りました"))
		w.clock.Advance(20 * time.Minute)
		for _, p := range []shot{{"list", "/desk", w.owner, w.portal, 1300}, {"ask", "/desk/new?alert=" + w.alert.ID, w.owner, w.portal, 1100}, {"call", "/desk/new?kind=call", w.owner, w.portal, 1300}, {"offer", "/desk/new?kind=offer", w.owner, w.portal, 1300},
			{"one", page, w.owner, w.portal, 1500}, {"rate", closed, w.owner, w.portal, 1700}, {"queue", "/desk", w.staff, w.console, 1000}, {"found", "/desk?q=" + url.QueryEscape("なし商店"), w.staff, w.console, 1000},
			{"company", "/desk/company/" + w.company + "?alert=" + w.alert.ID, w.staff, w.console, 1500}, {"stranger", "/desk/company/house", w.staff, w.console, 1400}, {"ticket", ticket, w.staff, w.console, 1700}, {"told", "/desk/ticket/" + w.company + "/" + strings.TrimPrefix(call, "/desk/"), w.staff, w.console, 1700}, {"handover", ticket + "/to/police", w.staff, w.console, 1300}} {
			look(t, p)
		}
	}, schemas()...)
}

// TestScreenshots draws the pages, for people to look at.
func TestScreenshots(t *testing.T) {
	dir := uitest.Dir(t)
	samples(t, func(t *testing.T, p shot) {
		for _, lang := range []string{"ja", "en"} {
			for _, width := range uitest.Widths {
				height := p.height
				if width < 500 {
					height = height * 3 / 2
				}
				uitest.Picture(t, p.face, p.path, "s="+p.cookie+"; lang="+lang, width, height, filepath.Join(dir, fmt.Sprintf("desk-%s-%s-%d.png", p.name, lang, width)))
			}
		}
	})
}

func TestEverybodyCanUseThePages(t *testing.T) {
	samples(t, func(t *testing.T, p shot) { uitest.Axe(t, p.face, p.path, "s="+p.cookie) })
}
