package dispatch_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/contract"
	"otasuke/centre/internal/device"
	"otasuke/centre/internal/dispatch"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/knowledge"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	pages "otasuke/centre/internal/ui/dispatch"
	"otasuke/centre/internal/ui/stage"
	"otasuke/content/offer"
	"otasuke/content/text"
	"otasuke/internal/clock"
	"otasuke/internal/ja"
	"otasuke/internal/uitest"
	"otasuke/wire"
)

const word = "correct horse battery staple"

// start is Saturday 28 November 2026, 22:10 in Japan.
var start = time.Date(2026, 11, 28, 22, 10, 0, 0, ja.Zone)

// world is both faces with real rooms behind them.
type world struct {
	lang string // of the vendors
	*testing.T
	clock           *clock.Fake
	tenants         *tenant.Service
	svc             *dispatch.Service
	portal, console *ui.Face
	staff, owner    string // cookies
	company, other  string
	alert           alert.Alert
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func schemas() []store.Schema {
	return []store.Schema{tenant.Schema(), job.Schema(), device.Schema(), alert.Schema(), attach.Schema(), contract.Schema(), dispatch.Schema()}
}

func open(t *testing.T, s *store.Store) *world {
	t.Helper()
	w := &world{T: t, clock: clock.NewFake(start)}
	w.tenants = tenant.New(tenant.Config{Store: s, Clock: w.clock, FactorRequired: false, Cost: tenant.Cost{Time: 1, Memory: 64, Threads: 1}})
	must(t, w.tenants.EnsureHouse(t.Context(), "みなと商工会議所"))
	known, err := knowledge.Load()
	must(t, err)
	offers, err := offer.Load()
	must(t, err)
	devices := device.New(device.Config{Store: s, Clock: w.clock})
	alerts := alert.New(alert.Config{Store: s, Classifier: known, Clock: w.clock})
	w.svc = dispatch.New(dispatch.Config{Store: s, Clock: w.clock})
	cfg := pages.Config{Dispatch: w.svc, Alerts: alerts, Explain: known, Contracts: contract.New(contract.Config{Store: s, Companies: w.tenants, Boxes: devices, Offers: offers, Clock: w.clock}), Companies: w.tenants, Provider: "みなと商工会議所", Yen: func() int { return 16500 }, Clock: w.clock}
	w.portal, w.console = w.face(pages.Customers(cfg), false), w.face(pages.Staff(cfg), true)
	w.company, err = w.tenants.CreateCompany(t.Context(), "system", tenant.Company{Name: "株式会社佐藤製作所"})
	must(t, err)
	w.other, err = w.tenants.CreateCompany(t.Context(), "system", tenant.Company{Name: "Other"})
	must(t, err)
	for _, p := range []tenant.Person{{TenantID: tenant.House, Email: "desk@minato.example", Name: "野田 三郎", Role: tenant.RoleOperator}, {TenantID: w.company, Email: "hanako@sato.example", Name: "佐藤 花子", Role: tenant.RoleOwner}} {
		id, err := w.tenants.AddPerson(t.Context(), "system", p)
		must(t, err)
		must(t, w.tenants.SetPassword(t.Context(), "system", p.TenantID, id, word))
	}
	w.staff, w.owner = w.login(w.console, "desk@minato.example"), w.login(w.portal, "hanako@sato.example")
	must(t, s.Write(t.Context(), w.company, func(tx *store.Tx) error {
		return alerts.Record(tx, []alert.Incoming{{BoxID: "box", DeviceID: "d", DeviceName: "経理のPC", DeviceAddr: "192.168.1.23", Event: &wire.Event{ID: fmt.Sprintf("%026d", 1), Time: start, Kind: wire.KindIPS, Verdict: wire.VerdictPassed, Direction: wire.Outbound,
			Flow: wire.Flow{Proto: "TCP", Src: netip.MustParseAddr("192.168.1.23"), SrcPort: 50000, Dst: netip.MustParseAddr("203.0.113.5"), DstPort: 443}, Rule: &wire.Rule{GID: 1, SID: 2000001, Rev: 3, Msg: "beacon", Family: "c2"}}}})
	}))
	all, err := alerts.List(t.Context(), w.company, alert.Filter{})
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
	if w.lang == "" {
		r.AddCookie(&http.Cookie{Name: "lang", Value: "ja"})
	}
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

// upload sends a file from the vendor's phone.
func (w *world) upload(action, name string, data []byte) *httptest.ResponseRecorder {
	w.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	f, err := m.CreateFormFile("file", name)
	must(w.T, err)
	_, err = f.Write(data)
	must(w.T, err)
	must(w.T, m.Close())
	r := httptest.NewRequestWithContext(w.Context(), http.MethodPost, action, &b)
	r.Header.Set("Content-Type", m.FormDataContentType())
	return w.request(w.portal, "", r)
}

// phone sends one of the vendor's forms.
func (w *world) phone(action string, pairs ...string) *httptest.ResponseRecorder {
	w.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return w.send(w.portal, "", action, form)
}

// to is where an answer leads.
func to(t *testing.T, rec *httptest.ResponseRecorder) string {
	t.Helper()
	if rec.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	return rec.Header().Get("Location")
}

func (w *world) has(page string, parts ...string) {
	w.Helper()
	for _, p := range parts {
		if !strings.Contains(page, p) {
			w.Errorf("%q is not on the page", p)
		}
	}
}

// picture is a photo of a desk.
func picture(t *testing.T) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 320, 240))
	for i := range 320 * 240 {
		img.Set(i%320, i/320, color.RGBA{uint8(i % 320 / 2), uint8(i / 320), 120, 255})
	}
	var b bytes.Buffer
	must(t, jpeg.Encode(&b, img, nil))
	return b.Bytes()
}

// signature is what the script sends.
func signature(t *testing.T) string {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 600, 200))
	for x := range 500 {
		img.Set(x+50, 100+x%40, color.Black)
	}
	var b bytes.Buffer
	must(t, png.Encode(&b, img))
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes())
}

// ask registers two vendors and sends one; it gives the visit and the page of the nearer.
func (w *world) ask() (id, page string) {
	w.Helper()
	for _, v := range [][]string{{"本町システム", "540-0028"}, {"堺ネット", "590-0001"}} {
		to(w.T, w.post(w.console, "/visits/vendors", "/visits/vendors", "name", v[0], "phone", "06-1234-5678", "email", "v@vendor.example", "postcode", v[1], "areas", "大阪府\n59", "skills", "first", "days", "6", "opens", "00:00", "shuts", "00:00", "from", "2026-10-01", "yen", "16,500", "lang", w.lang))
	}
	if rec := w.post(w.console, "/visits/vendors", "/visits/vendors", "name", "", "phone", "1", "email", "<b>", "postcode", "1", "areas", "", "opens", "9", "shuts", "x", "from", "1", "until", "2", "yen", "多い"); rec.Code != http.StatusUnprocessableEntity || strings.Count(rec.Body.String(), `<li><a href="#`) != 12 ||
		!strings.Contains(rec.Body.String(), `value="多い"`) || !strings.Contains(rec.Body.String(), `value="&lt;b&gt;"`) || strings.Count(rec.Body.String(), `class="error"`) != 12 {
		w.Errorf("everything is wrong: %d %.4000s", rec.Code, rec.Body.String())
	}
	form := "/visits/" + w.company + "/ask?alert=" + w.alert.ID
	w.has(w.get(w.console, w.staff, form), "経理のPC", "電源を切らない")
	if rec := w.post(w.console, form, "/visits/"+w.company+"/ask", "alert", w.alert.ID, "once", "1", "skill", "first", "seen", "x", "contact", "x", "address", "x", "first", "x", "keep", "x", "phone", "1", "postcode", "1"); rec.Code != http.StatusUnprocessableEntity || !strings.Contains(rec.Body.String(), "電話番号を確かめてください") || strings.Count(rec.Body.String(), `<li><a href="#`) != 2 {
		w.Errorf("half a form: %d", rec.Code)
	}
	send := func() string {
		return to(w.T, w.post(w.console, form, "/visits/"+w.company+"/ask", "alert", w.alert.ID, "once", "1", "skill", "first", "seen", "攻撃者のサーバーと通信しています", "device", "経理のPC (192.168.1.23)", "did", "LANケーブルを抜いた", "first", "画面の写真を撮る\nLANケーブルを抜く", "keep", "電源を切らない、初期化しない",
			"contact", "佐藤 花子", "phone", "06-1111-2222", "postcode", "5400029", "address", "大阪府大阪市中央区本町橋2-8"))
	}
	first, second := send(), send()
	path, _, _ := strings.Cut(first, "?")
	if again, said, _ := strings.Cut(second, "?"); again != path || said != "said=running" {
		w.Errorf("sent twice: %s, %s", first, second)
	}
	id = filepath.Base(path)
	token, err := w.svc.NewToken(w.Context(), w.company, id, 1)
	must(w.T, err)
	return id, "/visit/" + token
}

// work is a visit up to the signed report.
func (w *world) work(page string) {
	w.Helper()
	to(w.T, w.phone(page+"/accept", "arrival", "本日23時ごろ"))
	for _, s := range []string{"travelling", "arrived", "working"} {
		w.clock.Advance(5 * time.Minute)
		to(w.T, w.phone(page+"/step", "to", s))
	}
	to(w.T, w.upload(page+"/photo", "画面.jpg", picture(w.T)))
}

func (w *world) report(page string) {
	w.Helper()
	to(w.T, w.phone(page+"/report", "found", "偽の更新プログラムが動いていました", "done", "隔離し、ログと画面を残しました", "known", "no", "advice", "パスワードの変更", "what-1", "出張（夜間）", "yen-1", "16,500", "what-2", "初動対応 2時間", "yen-2", "４４０００", "signer", "佐藤 花子", "agreed", "1", "signature", signature(w.T)))
}

// The way of a Saturday night: asked, accepted on a phone, reported with photo and signature, followed up, decided.
func TestTheWholeWay(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		w := open(t, s)
		id, page := w.ask()
		offered := w.get(w.portal, "", page)
		w.has(offered, "大阪府大阪市", "22:40", "初動対応")
		for _, secret := range []string{"佐藤", "06-1111-2222", "本町橋"} {
			if strings.Contains(offered, secret) {
				t.Errorf("an offer shows %q to who did not accept", secret)
			}
		}
		if rec := w.phone(page+"/accept", "arrival", " "); rec.Code != http.StatusUnprocessableEntity || !strings.Contains(rec.Body.String(), "いつごろ着くかを") {
			t.Errorf("without a time: %d", rec.Code)
		}
		w.work(page)
		w.has(w.get(w.portal, "", page), "株式会社佐藤製作所", "06-1111-2222", "証拠がいちばん大事", "電源を切らない", "capture=\"environment\"", "signature")
		w.has(w.get(w.portal, w.owner, "/visits/"+id), "本町システム", "06-1234-5678", "本日23時ごろ", "作業中")
		if rec := w.upload(page+"/photo", "x.exe", []byte("MZ")); rec.Code != http.StatusUnprocessableEntity || !strings.Contains(rec.Body.String(), "この種類のファイルは") {
			t.Errorf("a program as a photo: %d", rec.Code)
		}
		if rec := w.upload(page+"/photo", "x.jpg", append(picture(t), make([]byte, attach.MaxSize)...)); rec.Code != http.StatusUnprocessableEntity && rec.Code != http.StatusRequestEntityTooLarge {
			t.Errorf("more than 20 MB: %d", rec.Code)
		}
		for field, form := range map[string][]string{"お客様のお名前を": {"found", "x", "done", "x", "known", "yes", "cause", "x", "agreed", "1"}, "原因がわかったかどうか": {"found", "x", "done", "x", "signer", "x", "agreed", "1"}, "費用は、内容と金額": {"found", "x", "done", "x", "known", "no", "signer", "x", "agreed", "1", "what-1", "x", "yen-1", "=1+1"},
			"確かめたことに印": {"found", "x", "done", "x", "known", "no", "signer", "佐藤"}, "お客様のお名前を入れ": {"found", "x", "done", "x", "known", "no", "signer", "佐藤", "agreed", "1", "signature", "data:text/html,x"}} {
			if rec := w.phone(page+"/report", form...); rec.Code != http.StatusUnprocessableEntity || !strings.Contains(rec.Body.String(), field) {
				t.Errorf("%s: %d", field, rec.Code)
			}
		}
		w.report(page)
		to(t, w.upload(page+"/invoice", "請求書.pdf", []byte("%PDF-1.7")))
		theirs := "/visits/" + w.company + "/" + id
		w.has(w.get(w.console, w.staff, theirs), "60,500円", "佐藤 花子", "請求書.pdf", "原因がわからないまま")
		if got := to(t, w.post(w.console, theirs, theirs+"/close", "why", " ")); !strings.HasSuffix(got, "said=decision") {
			t.Errorf("closed without a reason: %s", got)
		}
		to(t, w.post(w.console, theirs, theirs+"/follow", "why", "機器を預かり、メーカーに確かめる"))
		to(t, w.post(w.console, theirs, theirs+"/close", "why", "初期化して再発なし。原因は特定できず"))
		own := w.get(w.portal, w.owner, "/visits/"+id)
		w.has(own, "野田 三郎", "原因は特定できず", "60,500円")
		if strings.Contains(own, "請求書.pdf") {
			t.Error("the customer sees the vendor's invoice to the provider")
		}
		for _, path := range []string{"/visit/forged", "/visit/" + strings.Repeat("a", 26), "/visits/" + strings.Repeat("a", 26)} {
			if code, _ := w.code(w.portal, w.owner, path); code != http.StatusNotFound {
				t.Errorf("%s: %d", path, code)
			}
		}
		if code, _ := w.code(w.console, w.staff, "/visits/"+w.other+"/"+id); code != http.StatusNotFound {
			t.Errorf("as another company's: %d", code)
		}
		if rec := w.send(w.console, w.staff, theirs+"/again", url.Values{}); rec.Code != http.StatusForbidden {
			t.Errorf("without its token: %d", rec.Code)
		}
		w.clock.Advance(dispatch.Sight)
		rec := w.request(w.portal, "", httptest.NewRequestWithContext(t.Context(), http.MethodGet, page, nil))
		if rec.Code != http.StatusGone || strings.Contains(rec.Body.String(), "佐藤") {
			t.Errorf("two weeks later: %d", rec.Code)
		}
	}, schemas()...)
}

// A vendor who reads English is asked in English: the page as the mail, and after a change of the list too.
func TestAVendorReadsItsOwnLanguage(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		w := open(t, s)
		w.lang = "en"
		_, page := w.ask()
		all, err := w.svc.Vendors(t.Context())
		must(t, err)
		w.has(w.get(w.console, w.staff, "/visits/vendors?vendor="+all[0].ID), `<option value="en" selected>`)
		w.has(w.get(w.portal, "", page), `lang="en"`, "Please answer", "First response")
		if rec := w.phone(page+"/accept", "arrival", " "); rec.Code != http.StatusUnprocessableEntity || !strings.Contains(rec.Body.String(), `lang="en"`) {
			t.Errorf("what did not do is said in another language: %d", rec.Code)
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, page, nil)
		r.AddCookie(&http.Cookie{Name: "lang", Value: "ja"})
		if rec := w.request(w.portal, "", r); !strings.Contains(rec.Body.String(), `lang="ja"`) {
			t.Error("the switch does not work")
		}
	}, schemas()...)
}

func TestEveryTextExists(t *testing.T) {
	t.Parallel()
	c, err := text.Load()
	must(t, err)
	names, err := filepath.Glob("*.*")
	must(t, err)
	has := func(key string) {
		if !c.In("ja").Has(key) {
			t.Errorf("nobody wrote %q", key)
		}
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		b, err := os.ReadFile(name)
		must(t, err)
		for _, key := range text.Used(string(b)) {
			has(key)
		}
	}
	for _, lang := range []string{"ja", "en"} {
		has("dispatch.written_" + lang)
	}
	for _, s := range dispatch.States {
		has("dispatch.state_" + string(s))
		has("dispatch.lead_" + string(s))
	}
	for _, s := range dispatch.Skills {
		has("dispatch.skill_" + s)
	}
	for _, s := range []dispatch.State{dispatch.Accepted, dispatch.Travelling, dispatch.Done, dispatch.FollowUp, dispatch.Closed, dispatch.Cancelled, "staff_nobody", "staff_done"} {
		has("dispatch.mail_" + string(s))
		has("dispatch.mail_" + string(s) + "_subject")
	}
	for _, s := range []string{dispatch.AnswerAccepted, dispatch.AnswerDeclined, dispatch.AnswerOver, dispatch.AnswerReturned, dispatch.AnswerSilent} {
		has("dispatch.answer_" + s)
	}
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
		id, page := w.ask()
		theirs := "/visits/" + w.company + "/" + id
		look(t, shot{"offer", page, "", w.portal, 900})
		w.work(page)
		look(t, shot{"working", page, "", w.portal, 2900})
		w.report(page)
		must(t, w.svc.HandleDue(t.Context(), w.company, json.RawMessage(`{"id":"x"}`)))
		for _, p := range []shot{{"list", "/visits", w.staff, w.console, 700}, {"vendors", "/visits/vendors", w.staff, w.console, 2000}, {"ask", "/visits/" + w.company + "/ask?alert=" + w.alert.ID, w.staff, w.console, 1700}, {"one", theirs, w.staff, w.console, 2600},
			{"mine", "/visits", w.owner, w.portal, 700}, {"own", "/visits/" + id, w.owner, w.portal, 2200}, {"done", page, "", w.portal, 2300}} {
			look(t, p)
		}
		w.clock.Advance(dispatch.Sight)
		look(t, shot{"over", page, "", w.portal, 500})
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
				uitest.Picture(t, p.face, p.path, "s="+p.cookie+"; lang="+lang, width, height, filepath.Join(dir, fmt.Sprintf("visit-%s-%s-%d.png", p.name, lang, width)))
			}
		}
	})
}

func TestEverybodyCanUseThePages(t *testing.T) {
	samples(t, func(t *testing.T, p shot) {
		if p.name != "over" { // answers 410 Gone, which the browser of the check takes for a failure
			uitest.Axe(t, p.face, p.path, "s="+p.cookie)
		}
	})
}
