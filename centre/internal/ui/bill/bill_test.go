package bill_test

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
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/billing"
	"otasuke/centre/internal/contract"
	"otasuke/centre/internal/device"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/centre/internal/ui/bill"
	"otasuke/centre/internal/ui/stage"
	"otasuke/content/desk"
	"otasuke/content/offer"
	"otasuke/internal/clock"
	"otasuke/internal/ja"
	"otasuke/internal/paper"
	"otasuke/internal/uitest"
	"otasuke/internal/zengin"
)

const word = "correct horse battery staple"

type boxes map[string][]device.Box

func (b boxes) Boxes(_ context.Context, id string) ([]device.Box, error) { return b[id], nil }

// world is both faces with real books behind them: two companies, invoices of November and December.
type world struct {
	*testing.T
	s               *store.Store
	clock           *clock.Fake
	tenants         *tenant.Service
	contracts       *contract.Service
	boxes           boxes
	svc             *billing.Service
	portal, console *ui.Face
	staff, owner    string // cookies
	company         string
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func schemas() []store.Schema {
	return []store.Schema{tenant.Schema(), job.Schema(), attach.Schema(), contract.Schema(), billing.Schema()}
}

func open(t *testing.T, s *store.Store) *world {
	t.Helper()
	w := &world{T: t, s: s, clock: clock.NewFake(time.Date(2026, 11, 10, 10, 0, 0, 0, ja.Zone)), boxes: boxes{}}
	w.tenants = tenant.New(tenant.Config{Store: s, Clock: w.clock, Cost: tenant.Cost{Time: 1, Memory: 64, Threads: 1}})
	must(t, w.tenants.EnsureHouse(t.Context(), "みなと商工会議所"))
	book, err := offer.Load()
	must(t, err)
	w.contracts = contract.New(contract.Config{Store: s, Companies: w.tenants, Boxes: w.boxes, Offers: book, Clock: w.clock})
	days, err := desk.Load()
	must(t, err)
	w.svc = billing.New(billing.Config{Store: s, Contracts: w.contracts, Clock: w.clock, Banks: days.OnBankDay,
		Provider:  billing.Provider{Name: "みなと商工会議所", Number: "T7000012050002", Address: "大阪府大阪市中央区本町橋2-8", Phone: "050-1234-5678", Bank: "みなと銀行 本店 普通 1234567 ミナトシヨウコウカイギシヨ"},
		Collector: zengin.Header{Consignor: "1234567890", Name: "ﾐﾅﾄ", Account: zengin.Account{Bank: "0001", Branch: "001", Kind: "1", Number: "1234567"}}})
	cfg := bill.Config{Service: w.svc, On: true, Debits: true, Companies: w.tenants.Companies, Names: w.tenants.NamesOf, Offers: book, Clock: w.clock}
	if press, err := paper.Open(paper.Fonts{}); err == nil {
		cfg.Paper = press
	}
	w.portal, w.console = w.face(bill.Customers(cfg), false), w.face(bill.Desk(cfg), true)
	w.company = w.join("株式会社佐藤製作所", false)
	w.join("=HYPERLINK(\"http://x\")&<b>田中商店", true)
	w.month("2026-11", time.Date(2026, 12, 1, 5, 0, 0, 0, ja.Zone))
	w.month("2026-12", time.Date(2027, 1, 1, 5, 0, 0, 0, ja.Zone))
	w.staff = w.person(w.console, tenant.Person{TenantID: tenant.House, Email: "desk@minato.example", Name: "窓口 三郎", Role: tenant.RoleOperator})
	w.owner = w.person(w.portal, tenant.Person{TenantID: w.company, Email: "owner@sato.example", Name: "佐藤 花子", Role: tenant.RoleOwner})
	return w
}

func (w *world) month(month string, now time.Time) {
	w.Helper()
	w.clock.Set(now)
	must(w.T, w.svc.HandleMonth(w.Context(), tenant.House, json.RawMessage(fmt.Sprintf(`{"month":%q}`, month))))
}

// join makes a customer whose box is connected now, with a visit.
func (w *world) join(name string, member bool) (companyID string) {
	w.Helper()
	ctx := w.Context()
	token, err := w.contracts.Enter(ctx, contract.Form{Company: name, Kana: "サトウ", Industry: "manufacturing", PCs: "6", Line: "fibre", Router: "own", Visit: true, Contact: "佐藤 花子", ContactKana: "サトウ", Email: "hanako@sato.example", Phone: "0612345678",
		Postcode: "5400029", Address: "大阪府大阪市中央区本町橋2-8", Passphrase: "みかん山", Consents: []string{"addresses", "names", "files", "devices", "partners"}, Agreed: true})
	must(w.T, err)
	must(w.T, w.contracts.Submit(ctx, token))
	a, _, err := w.contracts.ByToken(ctx, token)
	must(w.T, err)
	must(w.T, w.contracts.Tick(ctx, a.ID, "op"))
	must(w.T, w.contracts.Accept(ctx, a.ID, "op", contract.Accepted{Member: member, Proof: "名簿"}))
	must(w.T, w.contracts.HandleFound(ctx, tenant.House, json.RawMessage(fmt.Sprintf(`{"id":%q,"who":"op","Member":%v,"Proof":"名簿"}`, a.ID, member))))
	a, _, err = w.contracts.ByToken(ctx, token)
	must(w.T, err)
	w.boxes[a.CompanyID] = []device.Box{{ID: "b", Claimed: w.clock.Now(), LastSeen: w.clock.Now().Add(time.Minute)}}
	must(w.T, w.contracts.HandleWatch(ctx, a.CompanyID, json.RawMessage(fmt.Sprintf(`{"id":%q}`, a.ID))))
	return a.CompanyID
}

func (w *world) face(g ui.Guest, staff bool) *ui.Face {
	w.Helper()
	return stage.Face(w.T, stage.Config{Accounts: w.tenants, Clock: w.clock, Guest: g, Site: "portal", Staff: staff})
}

// person is somebody new, and the cookie that logging in gives.
func (w *world) person(f *ui.Face, p tenant.Person) string {
	w.Helper()
	id, err := w.tenants.AddPerson(w.Context(), "system", p)
	must(w.T, err)
	must(w.T, w.tenants.SetPassword(w.Context(), "system", p.TenantID, id, word))
	r := httptest.NewRequestWithContext(w.Context(), http.MethodPost, "/login", strings.NewReader(url.Values{"email": {p.Email}, "password": {word}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, c := range w.request(f, "", r).Result().Cookies() {
		if c.Name == "s" {
			return c.Value
		}
	}
	w.Fatal("no login")
	return ""
}

func (w *world) request(f *ui.Face, cookie string, r *http.Request) *httptest.ResponseRecorder {
	r.AddCookie(&http.Cookie{Name: "s", Value: cookie})
	r.AddCookie(&http.Cookie{Name: "lang", Value: "ja"})
	rec := httptest.NewRecorder()
	f.ServeHTTP(rec, r)
	return rec
}

func (w *world) fetch(f *ui.Face, cookie, path string) *httptest.ResponseRecorder {
	return w.request(f, cookie, httptest.NewRequestWithContext(w.Context(), http.MethodGet, path, nil))
}

func (w *world) get(f *ui.Face, cookie, path string) string {
	w.Helper()
	rec := w.fetch(f, cookie, path)
	if rec.Code != http.StatusOK {
		w.Fatalf("GET %s: %d", path, rec.Code)
	}
	return html.UnescapeString(rec.Body.String())
}

var token = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

// post sends a form of the console, with the token of a page.
func (w *world) post(page, action string, pairs ...string) *httptest.ResponseRecorder {
	w.Helper()
	form := url.Values{"csrf": {token.FindStringSubmatch(w.get(w.console, w.staff, page))[1]}}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	r := httptest.NewRequestWithContext(w.Context(), http.MethodPost, action, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return w.request(w.console, w.staff, r)
}

func (w *world) upload(page string, raw []byte) *httptest.ResponseRecorder {
	w.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	must(w.T, m.WriteField("csrf", token.FindStringSubmatch(w.get(w.console, w.staff, page))[1]))
	f, err := m.CreateFormFile("result", "result.txt")
	must(w.T, err)
	_, err = f.Write(raw)
	must(w.T, err)
	must(w.T, m.Close())
	r := httptest.NewRequestWithContext(w.Context(), http.MethodPost, page+"/result", &b)
	r.Header.Set("Content-Type", m.FormDataContentType())
	return w.request(w.console, w.staff, r)
}

func says(t *testing.T, body string, words ...string) {
	t.Helper()
	for _, one := range words {
		if !strings.Contains(body, one) {
			t.Errorf("does not say %q", one)
		}
	}
}

// number is that of the company's invoice of a month.
func (w *world) number(month string) string {
	w.Helper()
	all, err := w.svc.Of(w.Context(), w.company)
	must(w.T, err)
	for _, i := range all {
		if i.Month == month && i.Corrects == "" {
			return i.Number
		}
	}
	w.Fatal("no invoice of " + month)
	return ""
}

func TestACustomerReadsInvoices(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		w := open(t, s)
		december := w.number("2026-12")
		says(t, w.get(w.portal, w.owner, "/invoices"), "2026年12月", "8,250円", "2027年1月27日", "16,500円", "期限を過ぎています", "お支払い待ち")
		page := "/invoices/" + december
		// All that a qualified invoice must say.
		says(t, w.get(w.portal, w.owner, page), "株式会社佐藤製作所 御中", "みなと商工会議所", "登録番号 T7000012050002", "2027年1月1日", "月額利用料 2026年12月分", "10%対象", "7,500円", "750円", "8,250円", "みなと銀行")
		rec := w.fetch(w.portal, w.owner, page+"/csv")
		says(t, rec.Body.String(), "\ufeffnumber,", december+",,2027-01-01,2027-01-27,2026-12,みなと商工会議所,T7000012050002,株式会社佐藤製作所,月額利用料 2026年12月分,8250,10,7500,750,8250,,")
		if body := w.fetch(w.portal, w.owner, "/invoices/csv").Body.String(); strings.Count(body, "\r\n") != 3 || strings.Contains(body, "田中") {
			t.Errorf("%s", body)
		}
		others, err := w.svc.Find(t.Context(), billing.Search{Name: "田中"})
		must(t, err)
		for _, path := range []string{"/invoices/" + others[0].Number, "/invoices/" + others[0].Number + "/csv", "/invoices/2027-999999", "/invoices/x'y"} {
			if rec := w.fetch(w.portal, w.owner, path); rec.Code != http.StatusNotFound {
				t.Errorf("%s: %d", path, rec.Code)
			}
		}
		w.paper(page + "/pdf")
	}, schemas()...)
}

// paper reads the PDF as people would.
func (w *world) paper(path string) {
	w.Helper()
	rec := w.fetch(w.portal, w.owner, path)
	if rec.Code == http.StatusNotFound {
		w.Log("no fonts: no PDF is looked at")
		return
	}
	if _, err := exec.LookPath("pdftotext"); err != nil {
		w.Log("pdftotext is not installed: the PDF is not read")
		return
	}
	cmd := exec.CommandContext(w.Context(), "pdftotext", "-layout", "-", "-")
	cmd.Stdin = rec.Body
	out, err := cmd.Output()
	must(w.T, err)
	says(w.T, string(out), "請求書", "株式会社佐藤製作所 御中", "登録番号 T7000012050002", "8,250円", "7,500円", "750円", "10%", "1/1")
}

func TestTheDeskKeepsTheBooks(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		w := open(t, s)
		november, december := w.number("2026-11"), w.number("2026-12")
		says(t, w.get(w.console, w.staff, "/billing"), "4件、合計 47,850円。未入金 47,850円", "株式会社佐藤製作所", "<b>田中商店", "会員 6,600円（税抜 6,000円）、会員以外 8,250円（税抜 7,500円）", "上限 月10,000円（税抜）以内です")
		if strings.Contains(w.fetch(w.console, w.staff, "/billing").Body.String(), "<b>田中") {
			t.Error("HTML in a name")
		}
		says(t, w.get(w.console, w.staff, "/billing?from=2026-12-01&to=2026-12-31&min="+url.QueryEscape("１６，５００円")+"&max=16500&name="+url.QueryEscape("佐藤")), "1件、合計 16,500円")
		if rec := w.fetch(w.console, w.staff, "/billing?from=yesterday"); rec.Code != http.StatusUnprocessableEntity {
			t.Errorf("%d", rec.Code)
		}
		csv := w.fetch(w.console, w.staff, "/billing/csv?name="+url.QueryEscape("田中")).Body.String()
		says(t, csv, "\ufeffnumber", `"'=HYPERLINK(""http://x"")&<b>田中商店"`)
		page := "/billing/" + december
		bad := w.post(page, page+"/correct", "line-"+december+"-0", "六千円", "reason", "会員でした")
		says(t, bad.Body.String(), "六千円", `<a href="#reason">`)
		if bad.Code != http.StatusUnprocessableEntity {
			t.Errorf("%d", bad.Code)
		}
		rec := w.post(page, page+"/correct", "line-"+december+"-0", "６，６００", "reason", "会員でした")
		made := rec.Header().Get("Location")
		if rec.Code != http.StatusSeeOther || !strings.HasPrefix(made, "/billing/2027-000003") {
			t.Fatalf("%d %s %s", rec.Code, made, rec.Body)
		}
		says(t, w.get(w.console, w.staff, made), "修正した請求書を発行しました", "請求書 "+december+" の修正です。理由: 会員でした", "返還（請求書 "+december+"）: 月額利用料 2026年12月分", "-8,250円", "6,600円", "-1,650円", "-150円")
		says(t, w.get(w.portal, w.owner, "/invoices/"+december), "2027-000003 で修正されています", "お支払いいただく額: 6,600円")
		for _, day := range []string{"2027-12-31", ""} {
			if rec := w.post(page, page+"/paid", "day", day); rec.Code != http.StatusUnprocessableEntity || !strings.Contains(rec.Body.String(), "今日までの日付") {
				t.Errorf("%q: %d", day, rec.Code)
			}
		}
		if rec := w.post(page, page+"/paid", "day", "2026-12-30", "why", "サトウ"); rec.Code != http.StatusSeeOther {
			t.Errorf("%d", rec.Code)
		}
		says(t, w.get(w.portal, w.owner, "/invoices/"+december), "お支払い済み（2026年12月30日")
		w.post(page, page+"/reissue")
		says(t, w.get(w.portal, w.owner, "/invoices/"+december), "再発行（2027年1月1日")
		says(t, w.get(w.console, w.staff, page), "再発行", "入金（窓口で確認）", "窓口 三郎", "センター")
		if rec := w.post("/billing", "/billing/make", "month", "2027-01"); rec.Code != http.StatusUnprocessableEntity {
			t.Errorf("a month that is not over: %d", rec.Code)
		}
		if rec := w.post("/billing", "/billing/make", "month", "２０２６-12"); rec.Code != http.StatusSeeOther {
			t.Errorf("%d", rec.Code)
		}
		w.clock.Set(time.Date(2027, 2, 1, 9, 0, 0, 0, ja.Zone))
		must(t, w.svc.HandleRemind(t.Context(), tenant.House, json.RawMessage(`{"number":"`+november+`","step":2}`)))
		w.staff = w.person(w.console, tenant.Person{TenantID: tenant.House, Email: "next@minato.example", Name: "窓口 四郎", Role: tenant.RoleOperator})
		says(t, w.get(w.console, w.staff, "/billing"), "お電話をお願いします", "見守りは止まりません")
	}, schemas()...)
}

func TestCollectingFromAccounts(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		w := open(t, s)
		says(t, w.get(w.console, w.staff, "/transfers?name="+url.QueryEscape("さとう")), "口座振替")
		says(t, w.get(w.console, w.staff, "/transfers?name="+url.QueryEscape("佐藤")), "/debit/"+w.company)
		page := "/debit/" + w.company
		rec := w.post(page, page, "bank", "12", "branch", "001", "kind", "1", "number", "123", "holder", "カ）サトウ")
		says(t, rec.Body.String(), "銀行コードは、4けたの数字です", "カ）サトウ")
		if rec := w.post(page, page, "bank", "０００５", "branch", "001", "kind", "1", "number", "123", "holder", "カ）サトウ"); rec.Code != http.StatusSeeOther {
			t.Fatalf("%d %s", rec.Code, rec.Body)
		}
		says(t, w.get(w.console, w.staff, page), "ｶ)ｻﾄｳ", "0000123", "顧客番号 1")
		// The passbook of Japan Post Bank is copied as it is printed.
		for form, word := range map[string]string{"12345 12345671": "1で始まり0で終わります", "12340 12345678": "最後は1です"} {
			symbol, number, _ := strings.Cut(form, " ")
			says(t, w.post(page, page, "kind", "1", "symbol", symbol, "post_number", number, "holder", "カ）サトウ").Body.String(), word)
		}
		if rec := w.post(page, page, "kind", "1", "symbol", "１２３４０", "post_number", "１２３４５６７１", "holder", "カ）サトウ"); rec.Code != http.StatusSeeOther {
			t.Fatalf("%d %s", rec.Code, rec.Body)
		}
		says(t, w.get(w.console, w.staff, page), `value="9900"`, `value="238"`, `value="1234567"`, "ﾕｳﾁﾖ", "顧客番号 1")
		if rec := w.post(page, page, "bank", "０００５", "branch", "001", "kind", "1", "number", "123", "holder", "カ）サトウ"); rec.Code != http.StatusSeeOther {
			t.Fatalf("%d %s", rec.Code, rec.Body)
		}
		if rec := w.fetch(w.console, w.staff, "/debit/"+tenant.House); rec.Code != http.StatusNotFound {
			t.Errorf("the centre's own: %d", rec.Code)
		}
		for day, word := range map[string]string{"2027-01-01": "あすより後の日", "2026-12-31": "あすより後の日", "x": "あすより後の日", "2027-01-23": "次の営業日は 2027年1月25日"} {
			if rec := w.post("/transfers", "/transfers", "day", day); !strings.Contains(rec.Body.String(), word) {
				t.Errorf("%s: %d", day, rec.Code)
			}
		}
		if rec := w.post("/transfers", "/transfers", "day", "2027-01-27"); rec.Code != http.StatusSeeOther {
			t.Fatalf("%d %s", rec.Code, rec.Body)
		}
		day := "/transfers/2027-01-27"
		says(t, w.get(w.console, w.staff, day), "1件、24,750円", "結果待ち", "株式会社佐藤製作所")
		out := w.fetch(w.console, w.staff, day+"/file").Body.Bytes()
		f, err := zengin.Decode(out)
		must(t, err)
		for name, c := range map[string]struct {
			raw  []byte
			says string
		}{"nothing": {nil, "ファイルが選ばれていません"}, "a photo": {bytes.Repeat([]byte{0xff}, 500_000), "全銀形式"}, "the one that went out": {out, "送るほうのファイル"}, "cut off": {out[:122], "途中で切れている"}} {
			if rec := w.upload(day, c.raw); rec.Code != http.StatusUnprocessableEntity || !strings.Contains(rec.Body.String(), c.says) {
				t.Errorf("%s: %d", name, rec.Code)
			}
		}
		f.Back = true
		back, err := zengin.Encode(f, true)
		must(t, err)
		says(t, w.upload(day, back).Body.String(), "入金 1件", "引き落とし済み")
		says(t, w.upload(day, back).Body.String(), "入金 0件", "前に読み込んだもの 1件")
		says(t, w.get(w.portal, w.owner, "/invoices"), "お支払い済み（2027年1月27日")
		if rec := w.fetch(w.console, w.staff, "/transfers/2027-01-28"); rec.Code != http.StatusNotFound {
			t.Errorf("%d", rec.Code)
		}
	}, schemas()...)
}

// shot is a page to be looked at.
type shot struct {
	name, path, cookie string
	face               *ui.Face
	height             int
}

func samples(t *testing.T, look func(t *testing.T, p shot)) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		if s.Engine() != store.SQLite {
			return
		}
		w := open(t, s)
		december := w.number("2026-12")
		must(t, w.svc.SetAccount(t.Context(), "op", billing.Account{CompanyID: w.company, Account: zengin.Account{Bank: "0005", Branch: "123", BranchName: "オオサカ", Kind: "1", Number: "123"}, Holder: "カ）サトウセイサクショ"}))
		made, err := w.svc.Correct(t.Context(), "op", december, billing.Correction{Why: "会員でした", Changes: nil, Note: "ご紹介の割引", Yen: -550})
		must(t, err)
		must(t, w.svc.HandleRemind(t.Context(), tenant.House, json.RawMessage(`{"number":"`+w.number("2026-11")+`","step":2}`)))
		must(t, w.svc.Collect(t.Context(), "op", "2027-01-27"))
		for _, p := range []shot{{"list", "/invoices", w.owner, w.portal, 700}, {"invoice", "/invoices/" + december, w.owner, w.portal, 1500}, {"correction", "/billing/" + made, w.staff, w.console, 1900},
			{"desk", "/billing", w.staff, w.console, 1400}, {"transfers", "/transfers?name=" + url.QueryEscape("佐藤"), w.staff, w.console, 1100}, {"transfer", "/transfers/2027-01-27", w.staff, w.console, 1000}, {"account", "/debit/" + w.company, w.staff, w.console, 1200}} {
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
				uitest.Picture(t, p.face, p.path, "s="+p.cookie+"; lang="+lang, width, height, filepath.Join(dir, fmt.Sprintf("bill-%s-%s-%d.png", p.name, lang, width)))
			}
		}
	})
}

func TestEverybodyCanUseThePages(t *testing.T) {
	samples(t, func(t *testing.T, p shot) { uitest.Axe(t, p.face, p.path, "s="+p.cookie) })
}
