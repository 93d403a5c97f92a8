package apply_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/contract"
	"otasuke/centre/internal/device"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/centre/internal/ui/apply"
	"otasuke/centre/internal/ui/stage"
	"otasuke/content/offer"
	"otasuke/internal/clock"
	"otasuke/internal/uitest"
)

const word = "correct horse battery staple"

type noBoxes struct{}

func (noBoxes) Boxes(context.Context, string) ([]device.Box, error) { return nil, nil }

type codes map[string]string

func (c codes) Find(code string) (string, bool) { a, ok := c[code]; return a, ok }

// world is both faces with real applications behind them.
type world struct {
	*testing.T
	s               *store.Store
	clock           *clock.Fake
	tenants         *tenant.Service
	svc             *contract.Service
	portal, console *ui.Face
	staff           string // cookie
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func schemas() []store.Schema {
	return []store.Schema{tenant.Schema(), job.Schema(), attach.Schema(), contract.Schema()}
}

func open(t *testing.T, s *store.Store) *world {
	t.Helper()
	w := &world{T: t, s: s, clock: clock.NewFake(time.Date(2026, 11, 21, 5, 5, 0, 0, time.UTC))}
	w.tenants = tenant.New(tenant.Config{Store: s, Clock: w.clock, Cost: tenant.Cost{Time: 1, Memory: 64, Threads: 1}})
	must(t, w.tenants.EnsureHouse(t.Context(), "みなと商工会議所"))
	book, err := offer.Load()
	must(t, err)
	w.svc = contract.New(contract.Config{Store: s, Companies: w.tenants, Boxes: noBoxes{}, Offers: book, Clock: w.clock})
	cfg := apply.Config{Service: w.svc, Provider: "みなと商工会議所", Names: w.tenants.NamesOf, Clock: w.clock, Postcodes: codes{"5400029": "大阪府大阪市中央区本町橋"}}
	w.portal, w.console = w.face(apply.Customers(cfg), false), w.face(apply.Desk(cfg), true)
	id, err := w.tenants.AddPerson(t.Context(), "system", tenant.Person{TenantID: tenant.House, Email: "desk@minato.example", Name: "窓口 三郎", Role: tenant.RoleOperator})
	must(t, err)
	must(t, w.tenants.SetPassword(t.Context(), "system", tenant.House, id, word))
	w.staff = w.login(w.console, "desk@minato.example")
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

var token = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

// staffPost sends a form of the console with its token.
func (w *world) staffPost(page, action string, pairs ...string) *httptest.ResponseRecorder {
	w.Helper()
	form := url.Values{"csrf": {token.FindStringSubmatch(w.get(w.console, w.staff, page))[1]}}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return w.send(w.console, w.staff, page+action, form)
}

func filled() url.Values {
	return url.Values{"company": {"株式会社　佐藤製作所"}, "kana": {"さとうせいさくしょ"}, "corporate": {""}, "industry": {"manufacturing"}, "member": {"yes"}, "chamber": {"大阪商工会議所"}, "member_no": {"１２３"},
		"pcs": {"１２台"}, "line": {"fibre"}, "router": {"provider"}, "visit": {"no"}, "contact": {"佐藤　花子"}, "contact_kana": {"ｻﾄｳ ﾊﾅｺ"}, "email": {"hanako@sato.example"}, "phone": {"06-1234-5678"}, "passphrase": {"みかん山"},
		"postcode": {"540-0029"}, "address": {"大阪府大阪市中央区本町橋2-8"}, "consent": {"addresses", "names", "files", "devices", "partners"}, "agreed": {"1"}, "do": {"next"}}
}

// applied is the page of an application that was entered.
func (w *world) applied() string {
	w.Helper()
	rec := w.send(w.portal, "", "/apply/form", filled())
	if rec.Code != http.StatusSeeOther {
		w.Fatalf("%d: %s", rec.Code, rec.Body)
	}
	return rec.Header().Get("Location")
}

func file(name, data string) (*bytes.Buffer, string) {
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	f, _ := m.CreateFormFile("paper", name)
	_, _ = f.Write([]byte(data))
	_ = m.Close()
	return &b, m.FormDataContentType()
}

func (w *world) upload(page, name, data string) *httptest.ResponseRecorder {
	w.Helper()
	body, kind := file(name, data)
	r := httptest.NewRequestWithContext(w.Context(), http.MethodPost, page+"/paper", body)
	r.Header.Set("Content-Type", kind)
	return w.request(w.portal, "", r)
}

// found does the job that makes the company.
func (w *world) found() {
	w.Helper()
	var args string
	must(w.T, w.s.Read(w.Context(), tenant.House, func(tx *store.Tx) error {
		return tx.QueryRow(`SELECT args FROM job WHERE owner = $1 AND kind = $2`, contract.KindFound).Scan(&args)
	}))
	must(w.T, w.svc.HandleFound(w.Context(), tenant.House, json.RawMessage(args)))
}

func says(t *testing.T, body string, words ...string) {
	t.Helper()
	for _, one := range words {
		if !strings.Contains(body, one) {
			t.Errorf("does not say %q", one)
		}
	}
}

func TestStrangerBecomesACustomer(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		w := open(t, s)
		says(t, w.get(w.portal, "", "/apply"), "6,600円", "税抜 6,000円", "16,500円", "暗号化された通信", "3分")
		says(t, w.get(w.portal, "", "/apply/form"), "合言葉", "送らなくても使えます")
		page := w.applied()
		says(t, w.get(w.portal, "", page), "まだ申し込みは済んでいません", "株式会社 佐藤製作所", "サトウセイサクショ", "大阪商工会議所 123", "12台", "540-0029 大阪府", "6,600円")
		change := filled()
		change.Set("pcs", "20")
		if rec := w.send(w.portal, "", page+"/form", change); rec.Header().Get("Location") != page {
			t.Errorf("%d %s", rec.Code, rec.Body)
		}
		for range 2 {
			w.send(w.portal, "", page+"/send", nil)
		}
		body := w.get(w.portal, "", page)
		says(t, body, "申込書をお待ちしています", "20台")
		if rec := w.upload(page, "申込書.jpg", "<script>"); rec.Code != http.StatusUnprocessableEntity || !strings.Contains(rec.Body.String(), "写真（JPEG、PNG）かPDF") {
			t.Errorf("not a photo: %d", rec.Code)
		}
		if rec := w.upload(page, "", ""); rec.Code != http.StatusUnprocessableEntity {
			t.Errorf("no file: %d", rec.Code)
		}
		if rec := w.upload(page, "big.pdf", "%PDF-"+strings.Repeat("x", attach.MaxSize)); rec.Code != http.StatusUnprocessableEntity || !strings.Contains(rec.Body.String(), "20MBより大きい") {
			t.Errorf("too large: %d", rec.Code)
		}
		if rec := w.upload(page, "申込書.pdf", "%PDF-1.7 "+strings.Repeat("x", 1<<20)); rec.Code != http.StatusSeeOther {
			t.Errorf("%d %s", rec.Code, rec.Body)
		}
		says(t, w.get(w.portal, "", page), "申込書を確認しています", "申込書を受け取っています")

		list := w.get(w.console, w.staff, "/applications")
		says(t, list, "1件が進行中", "株式会社 佐藤製作所")
		one := regexp.MustCompile(`href="(/applications/[^"]+)"`).FindStringSubmatch(list)[1]
		number := regexp.MustCompile(`<b class="num">([0-9]{8})<`).FindStringSubmatch(w.get(w.console, w.staff, one))[1]
		rec := w.request(w.console, w.staff, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/applications?number="+url.QueryEscape(number[:4]+" "+number[4:]), nil))
		if rec.Header().Get("Location") != one {
			t.Errorf("by number: %d %q", rec.Code, rec.Header().Get("Location"))
		}
		rec = w.request(w.console, w.staff, httptest.NewRequestWithContext(t.Context(), http.MethodGet, one+"/paper", nil))
		if rec.Code != http.StatusOK || rec.Header().Get("Content-Type") != attach.PDF || !strings.Contains(rec.Header().Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("the paper: %d %v", rec.Code, rec.Header())
		}
		if rec := w.staffPost(one, "/back", "why", ""); rec.Code != http.StatusUnprocessableEntity || !strings.Contains(rec.Body.String(), "理由を入れてください") {
			t.Errorf("sent back without a reason: %d", rec.Code)
		}
		w.staffPost(one, "/back", "why", "印影が切れています")
		says(t, w.get(w.portal, "", page), "印影が切れています")
		w.staffPost(one, "/tick")
		if rec := w.staffPost(one, "/accept", "price", "member"); rec.Code != http.StatusUnprocessableEntity {
			t.Errorf("a member without proof: %d", rec.Code)
		}
		w.staffPost(one, "/accept", "price", "member", "proof", "会員名簿 123")
		w.found()
		says(t, w.get(w.portal, "", page), "ご契約ありがとうございます")
		if rec := w.send(w.portal, "", page+"/withdraw", nil); rec.Code != http.StatusSeeOther {
			t.Errorf("withdrawn too late: %d", rec.Code)
		}
		says(t, w.get(w.portal, "", page), "ご契約ありがとうございます")
		w.customer(page)
	}, schemas()...)
}

// customer looks at the contract as its owner.
func (w *world) customer(page string) {
	w.Helper()
	a, _, err := w.svc.ByToken(w.Context(), strings.TrimPrefix(page, "/apply/"))
	must(w.T, err)
	cookie := w.owner(a.CompanyID, "hanako@sato.example")
	body := w.get(w.portal, cookie, "/contract")
	says(w.T, body, "6,600円", "解約する", "2026年12月31日", "センター")
	if strings.Contains(body, "会員名簿") {
		w.Error("the desk's proof is shown")
	}
	csrf := token.FindStringSubmatch(body)[1]
	if rec := w.send(w.portal, cookie, "/contract/end", url.Values{"why": {"x"}}); rec.Code != http.StatusForbidden {
		w.Errorf("without the form's token: %d", rec.Code)
	}
	w.send(w.portal, cookie, "/contract/end", url.Values{"csrf": {csrf}, "why": {"移転のため"}})
	says(w.T, w.get(w.portal, cookie, "/contract"), "2026年12月31日(木)で終わります", "移転のため")
	w.send(w.portal, cookie, "/contract/keep", url.Values{"csrf": {csrf}})
	body = w.get(w.portal, cookie, "/contract")
	if strings.Contains(body, "で終わります</h2>") {
		w.Error("it still ends")
	}
}

func (w *world) owner(tenantID, email string) string {
	w.Helper()
	id, err := w.tenants.AddPerson(w.Context(), "system", tenant.Person{TenantID: tenantID, Email: email, Name: "佐藤 花子", Role: tenant.RoleOwner})
	must(w.T, err)
	must(w.T, w.tenants.SetPassword(w.Context(), "system", tenantID, id, word))
	return w.login(w.portal, email)
}

// What is typed wrong comes back with the reason beside it and in the summary; nothing is lost.
func TestTypedWrong(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		w := open(t, s)
		bad := filled()
		bad.Set("kana", "佐藤")
		bad.Set("email", "a@b.example\r\nBcc: c@d.example")
		bad.Set("company", `<b>"&'`+strings.Repeat("長", 10))
		bad.Del("agreed")
		bad["consent"] = []string{"addresses"}
		rec := w.send(w.portal, "", "/apply/form", bad)
		body := html.UnescapeString(rec.Body.String())
		if rec.Code != http.StatusUnprocessableEntity {
			t.Errorf("%d", rec.Code)
		}
		says(t, body, `<a href="#kana">`, `id="kana-error"`, `<a href="#email">`, `<a href="#consents">`, `<a href="#agreed">`, `value="佐藤"`, "autofocus", "みかん山")
		if strings.Contains(rec.Body.String(), `<b>"`) {
			t.Error("HTML in a name")
		}
		look := filled()
		look.Set("do", "postcode")
		look.Set("address", "")
		rec = w.send(w.portal, "", "/apply/form", look)
		says(t, rec.Body.String(), `value="大阪府大阪市中央区本町橋"`)
		look.Set("postcode", "9999999")
		says(t, w.send(w.portal, "", "/apply/form", look).Body.String(), "見つかりませんでした")
		huge := filled()
		huge.Set("building", strings.Repeat("x", ui.MaxForm))
		if rec := w.send(w.portal, "", "/apply/form", huge); rec.Code != http.StatusRequestEntityTooLarge {
			t.Errorf("a form of 64 KiB: %d", rec.Code)
		}
		if rec := w.request(w.portal, "", httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/apply/guessed", nil)); rec.Code != http.StatusNotFound {
			t.Errorf("a guessed page: %d", rec.Code)
		}
		last := 0
		for range 70 {
			last = w.send(w.portal, "", "/apply/form", filled()).Code
		}
		if last != http.StatusTooManyRequests {
			t.Errorf("the seventieth from one address: %d", last)
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
		entered, waiting, done := w.applied(), w.applied(), w.applied()
		w.send(w.portal, "", waiting+"/send", nil)
		w.send(w.portal, "", done+"/send", nil)
		w.upload(done, "申込書.pdf", "%PDF-1.7 x")
		var one string
		for _, m := range regexp.MustCompile(`href="(/applications/[^"]+)"`).FindAllStringSubmatch(w.get(w.console, w.staff, "/applications"), -1) {
			if strings.Contains(w.get(w.console, w.staff, m[1]), "契約する") {
				one = m[1]
			}
		}
		first := shot{"one", one, w.staff, w.console, 1500}
		look(t, first)
		w.staffPost(one, "/accept", "price", "member", "proof", "会員名簿 123")
		w.found()
		a, _, err := w.svc.ByToken(t.Context(), strings.TrimPrefix(done, "/apply/"))
		must(t, err)
		owner := w.owner(a.CompanyID, "hanako@sato.example")
		for _, p := range []shot{{"intro", "/apply", "", w.portal, 2100}, {"form", "/apply/form", "", w.portal, 4300}, {"entered", entered, "", w.portal, 1500}, {"papers", waiting, "", w.portal, 2200},
			{"list", "/applications", w.staff, w.console, 800}, {"contract", "/contract", owner, w.portal, 1400}} {
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
				uitest.Picture(t, p.face, p.path, "s="+p.cookie+"; lang="+lang, width, height, filepath.Join(dir, fmt.Sprintf("apply-%s-%s-%d.png", p.name, lang, width)))
			}
		}
	})
}

func TestEverybodyCanUseThePages(t *testing.T) {
	samples(t, func(t *testing.T, p shot) { uitest.Axe(t, p.face, p.path, "s="+p.cookie) })
}
