package console

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jba/templatecheck"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/appeal"
	"otasuke/centre/internal/device"
	"otasuke/centre/internal/knowledge"
	"otasuke/centre/internal/notify"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/centre/internal/ui/flows"
	"otasuke/content/text"
	"otasuke/internal/clock"
	"otasuke/internal/uitest"
	"otasuke/wire"
)

// What the centre wires in.
var (
	_ Alerts    = (*alert.Service)(nil)
	_ Appeals   = (*appeal.Service)(nil)
	_ Companies = (*tenant.Service)(nil)
	_ Devices   = (*device.Service)(nil)
	_ Mails     = (*notify.Notifier)(nil)
)

// now is Saturday 21 November 2026, 14:30 in Japan.
var now = time.Date(2026, 11, 21, 5, 30, 0, 0, time.UTC)

// centre plays every service behind the console, in memory.
type centre struct {
	queue []alert.QueueItem
	role  tenant.Role
	staff bool
	did   []string // what was done to cases
	log   []string // the company's record
	going *going
	virus wire.State // of the first box's scanner
}

func (c *centre) Login(context.Context, string, string, tenant.From) (tenant.Session, string, error) {
	return tenant.Session{Staff: c.staff, Expires: time.Now().Add(time.Hour)}, "token", nil
}

func (c *centre) SessionByToken(_ context.Context, token string) (tenant.Session, error) {
	if token != "token" {
		return tenant.Session{}, tenant.ErrNoSession
	}
	return tenant.Session{PersonID: "op", TenantID: tenant.House, Role: c.role, Staff: c.staff, Lang: "ja", CSRF: "form-token"}, nil
}

func (c *centre) Second(context.Context, string, string, tenant.From) (tenant.Session, string, error) {
	return tenant.Session{}, "", tenant.ErrCode
}

func (c *centre) Logout(context.Context, string) error { return nil }

func (c *centre) Queue(_ context.Context, who, why string, f alert.Filter) (got []alert.QueueItem, err error) {
	if who == "" || why == "" {
		return nil, store.ErrNoTenant
	}
	for _, q := range c.queue {
		if q.Alert.Stars >= f.Stars {
			got = append(got, q)
		}
	}
	return got, nil
}

func (c *centre) List(_ context.Context, tenantID string, _ alert.Filter) (got []alert.Alert, err error) {
	for _, q := range c.queue {
		if q.Alert.TenantID == tenantID {
			got = append(got, q.Alert)
		}
	}
	return got, nil
}

func (c *centre) Get(_ context.Context, tenantID, id string) (alert.Alert, error) {
	for _, q := range c.queue {
		if q.Alert.TenantID == tenantID && q.Alert.ID == id {
			return q.Alert, nil
		}
	}
	return alert.Alert{}, alert.ErrNotFound
}

func (c *centre) History(context.Context, string, string) ([]alert.Change, error) {
	return []alert.Change{{At: now.Add(-25 * time.Minute), Who: "system", What: alert.ChangeOpened}, {At: now.Add(-20 * time.Minute), Who: "op", What: "taken"},
		{At: now.Add(-5 * time.Minute), Who: "op", What: "noted", Note: "電話しましたが、お出になりません。"}}, nil
}

func (c *centre) act(ctx context.Context, what ...string) error {
	if _, err := c.Get(ctx, what[1], what[2]); err != nil {
		return err
	}
	c.did = append(c.did, strings.Join(what, "|"))
	return nil
}

func (c *centre) Take(ctx context.Context, tenantID, id, who string) error {
	return c.act(ctx, "take", tenantID, id, who)
}

func (c *centre) Note(ctx context.Context, tenantID, id, who, note string) error {
	return c.act(ctx, "note", tenantID, id, who, note)
}

func (c *centre) CloseAs(ctx context.Context, tenantID, id, who string, was alert.Outcome, reason string) error {
	return c.act(ctx, "close"+string(was), tenantID, id, who, reason)
}

func (c *centre) Waiting(_ context.Context, who, why string) ([]appeal.Item, error) {
	if who == "" || why == "" {
		return nil, store.ErrNoTenant
	}
	return []appeal.Item{{Company: "株式会社佐藤製作所", Appeal: appeal.Appeal{TenantID: "sato", ID: "r1", What: "shop.example<b>", Device: "経理のPC", Category: "phishing", List: "feed", Reason: "work", Times: 3, Asked: now.Add(-time.Hour)}}}, nil
}

func (c *centre) Decide(_ context.Context, tenantID, id, who string, accept bool, answer, why string) (bool, error) {
	if id != "r1" {
		return false, appeal.ErrAnswered
	}
	c.did = append(c.did, strings.Join([]string{"decide", tenantID, id, who, fmt.Sprint(accept), answer, why}, "|"))
	return accept && answer != "", nil
}

func (c *centre) Companies(context.Context, tenant.Session, string) ([]tenant.Company, error) {
	return []tenant.Company{{ID: "sato", Name: "株式会社佐藤製作所", NameKana: "サトウセイサクショ"}, {ID: "tanaka", Name: "田中商店", NameKana: "タナカショウテン"}}, nil
}

func (c *centre) CompanyByID(_ context.Context, id string) (tenant.Company, error) {
	if id != "sato" && id != tenant.House {
		return tenant.Company{}, store.ErrNotFound
	}
	return tenant.Company{ID: id, Name: "株式会社佐藤製作所", Passphrase: "みかん山"}, nil
}

func (c *centre) People(context.Context, string) ([]tenant.Person, error) {
	return []tenant.Person{{ID: "p1", Name: "佐藤 一郎", Email: "owner@sato.example.jp", Role: tenant.RoleOwner}, {ID: "p2", Name: "佐藤 花子", Email: "hanako@sato.example.jp", Role: tenant.RoleMember}}, nil
}

func (c *centre) Audit(_ context.Context, tenantID, who, action, object, why string) error {
	c.log = append(c.log, strings.Join([]string{tenantID, who, action, object, why}, "|"))
	return nil
}

func (c *centre) boxes() []device.Box {
	return []device.Box{{TenantID: "sato", ID: "bx1", Name: "本社", Model: "N100", Software: "0.3.1", Protecting: true, LastSeen: now.Add(-2 * time.Minute), Health: wire.Health{Parts: map[string]wire.State{"virus": cmp.Or(c.virus, wire.StateOff)}}},
		{TenantID: "sato", ID: "bx2", Name: "工場", Model: "N100", Software: "0.3.1", LastSeen: now.Add(-3 * time.Minute)},
		{TenantID: "sato", ID: "bx3", Name: "倉庫", Model: "N100", Software: "0.3.0", Protecting: true, LastSeen: now.Add(-5 * time.Hour)}}
}

func (c *centre) Fleet(context.Context, string, string, int) (all []device.FleetBox, err error) {
	for _, b := range c.boxes() {
		all = append(all, device.FleetBox{Company: "株式会社佐藤製作所", Box: b})
	}
	return all, nil
}

func (c *centre) Boxes(context.Context, string) ([]device.Box, error) { return c.boxes(), nil }

func (c *centre) NewClaim(_ context.Context, tenantID, _, who string) (string, time.Time, error) {
	c.did = append(c.did, "claim|"+tenantID+"|"+who)
	return "ABCD-EFGH-JKLM-NPQR", now.Add(14 * 24 * time.Hour), nil
}

func (c *centre) Deliveries(context.Context, string, string) ([]notify.Delivery, error) {
	return []notify.Delivery{{PersonID: "p1", State: notify.StateSent, Sent: now.Add(-24 * time.Minute), Subject: "【★★★ 本日中にお願いします】「経理のパソコン」がウイルスに操作された疑い（外への通信は止めました）"},
		{PersonID: "p2", Email: "hanako@sato.example.jp", State: notify.StateBounced, Tried: now.Add(-24 * time.Minute), Subject: "【★★★ 本日中にお願いします】「経理のパソコン」がウイルスに操作された疑い（外への通信は止めました）", Error: "550 no such user"}}, nil
}

func sample() *centre {
	at := func(minutes int) time.Time { return now.Add(time.Duration(-minutes) * time.Minute) }
	item := func(id, family string, stars alert.Stars, state alert.State, answer alert.Answer, device string, minutes, left int) alert.QueueItem {
		return alert.QueueItem{Company: "株式会社佐藤製作所", Deadline: at(-left), Alert: alert.Alert{TenantID: "sato", ID: id, Case: "482913", Family: family, Stars: stars,
			Blocked: true, State: state, Answer: answer, DeviceName: device, First: at(minutes), Last: at(minutes), Count: 1,
			Evidence: []alert.Evidence{{Time: at(minutes), What: "ET MALWARE X [1:2045001:3]", Verdict: "blocked", Proto: "TCP", Src: "192.168.1.23", SrcPort: 50512, Dst: "203.0.113.9", DstPort: 443}}}}
	}
	return &centre{role: tenant.RoleOperator, staff: true, queue: []alert.QueueItem{
		item("1795237521-1", "c2", alert.High, alert.Acknowledged, alert.AnswerCall, "経理のパソコン", 25, 200),
		item("1795237521-2", "ransomware", alert.High, alert.Open, "", "設計のPC", 130, -70),
		item("1795237521-3", "phishing", alert.Medium, alert.Acknowledged, alert.AnswerDone, "営業ノート2", 300, 60),
		item("1795237521-4", "site-malware", alert.Medium, alert.Open, "", "受付", 20, 9000),
		item("1795237521-5", "scan", alert.Low, alert.Open, "", "NAS", 20, 9000),
	}}
}

type browser struct {
	t       *testing.T
	client  *http.Client
	url     string
	handler http.Handler
}

func serve(t *testing.T, c *centre) *browser {
	t.Helper()
	k, err := knowledge.Load()
	if err != nil {
		t.Fatal(err)
	}
	texts, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(nil)
	t.Cleanup(server.Close)
	h, err := New(Config{Accounts: c, Alerts: c, Desk: c, Appeals: c, Companies: c, Devices: c, Logins: logins{centre: c}, Mails: c, Releases: shipping{c}, Feeds: sources{c}, Backups: copies{}, Misfires: wrong{c}, Erasures: c.leaving(), Knowledge: k, Texts: texts, BaseURL: server.URL + "/console",
		Contacts: func(_ context.Context, tenantID string) (Contact, error) {
			return map[string]Contact{"sato": {Name: "佐藤 花子", Phone: "06-1234-5678"}}[tenantID], nil
		},
		Clock: clock.NewFake(now), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = h
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t: t, client: &http.Client{Jar: jar}, url: server.URL + "/console", handler: h}
	b.post("/login", url.Values{"email": {"op@centre.example.jp"}, "password": {"x"}})
	return b
}

func (b *browser) do(method, path string, form url.Values) (int, string) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

func (b *browser) post(path string, form url.Values) (int, string) {
	b.t.Helper()
	return b.do(http.MethodPost, path, form)
}

func (b *browser) page(path string, want ...string) string {
	b.t.Helper()
	status, body := b.do(http.MethodGet, path, nil)
	if status != http.StatusOK {
		b.t.Fatalf("%s: %d", path, status)
	}
	for _, w := range want {
		if !strings.Contains(body, w) {
			b.t.Errorf("%s does not say %q", path, w)
		}
	}
	return body
}

func TestTemplatesFitTheirPages(t *testing.T) {
	t.Parallel()
	for file, data := range map[string]any{"queue.html": queueView{}, "case.html": caseView{}, "fleet.html": fleetView{}, "companies.html": companiesView{},
		"company.html": companyView{}, "why.html": whyView{}, "claim.html": claimView{}, "traffic.html": trafficView{}, "requests.html": requestsView{}, "updates.html": updatesView{}, "held.html": heldView{}} {
		p, err := ui.ParsePage(flows.With(files), file, "panel.html", "likes.html", "steps.html", "flows.html")
		if file != "case.html" && file != "company.html" {
			p, err = ui.ParsePage(flows.With(files), file, "flows.html")
		}
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
	names, err := filepath.Glob("*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range text.Used(string(b)) {
			if !c.In("ja").Has(key) {
				t.Errorf("%s uses %q, which nobody wrote", name, key)
			}
		}
	}
}

func TestQueueSaysWhatToDoNext(t *testing.T) {
	t.Parallel()
	b := serve(t, sample())
	body := b.page("/", "対応を待っているもの 4 件", "ウイルスに操作された疑い", "お客様に電話する", "1時間超過", "期限超過：お客様に電話する",
		"お客様の返事を確かめて閉じる", "内容を確かめて引き受ける", "ボックス 3 台のうち 1 台が見守り中です", "重要度 高（★★★）")
	if strings.Contains(body, "外からの下見") {
		t.Error("★☆☆ is in the queue")
	}
	b.page("/?low=1", "外からの下見", "記録を確かめる")
	if !strings.Contains(body, "電話するお客様 1 件") || !strings.Contains(body, `href="tel:06-1234-5678"`) {
		t.Error("nobody is to be rung")
	}
	// Who has not answered a mail of ★★★ for half a day is rung as well.
	late := sample()
	late.queue[1].Alert.Stars, late.queue[1].Alert.State, late.queue[1].Alert.Answer, late.queue[1].Alert.First = alert.High, alert.Open, "", now.Add(-callAfter)
	list := serve(t, late).page("/?call=1", "電話するお客様", "すべて見る")
	if strings.Count(list, "tel:")+strings.Count(list, "data-row") < 3 {
		t.Errorf("the list of calls: %s", list)
	}
	empty := sample()
	empty.queue = nil
	serve(t, empty).page("/", "待っているものはありません。", "ボックス 3 台")
}

func TestCaseHasEverythingAboutTheCompany(t *testing.T) {
	t.Parallel()
	c := sample()
	b := serve(t, c)
	path := "/cases/sato/1795237521-1"
	b.page(path, "482 913", "電話で伺うこと", "お問い合わせ番号を伺う", "みかん山", "佐藤 一郎", "責任者", "見守り停止", "連絡なし", "届けました", "届きませんでした",
		"550 no such user", "ファイルを人質に取るウイルスの疑い", "203.0.113.9", "電話しましたが、お出になりません。")
	b.page(path) // again, within ten minutes
	want := "sato|op|view.alert|1795237521-1|案件 482913 の対応"
	if len(c.log) != 1 || c.log[0] != want {
		t.Errorf("the company's record: %v", c.log)
	}
	if status, _ := b.do(http.MethodGet, "/cases/tanaka/1795237521-1", nil); status != http.StatusNotFound {
		t.Errorf("a case under the wrong company: %d", status)
	}
}

func TestActingOnACase(t *testing.T) {
	t.Parallel()
	c := sample()
	b := serve(t, c)
	path := "/cases/sato/1795237521-2"
	f := func(verb string, form url.Values, status int, want string) {
		t.Helper()
		got, body := b.post(path+verb, form)
		if got != status || !strings.Contains(body, want) {
			t.Errorf("%s %v: %d", verb, form, got)
		}
	}
	token := func(more ...string) url.Values {
		v := url.Values{"csrf": {"form-token"}}
		for i := 0; i < len(more); i += 2 {
			v.Set(more[i], more[i+1])
		}
		return v
	}
	f("/take", token(), http.StatusOK, "引き受けました。")
	f("/note", token("note", " 電話した "), http.StatusOK, "記録しました。")
	f("/note", token("note", "  "), http.StatusOK, "記録する内容を書いてください。")
	f("/escalate", token("note", "夜勤の田中へ"), http.StatusOK, "引き継ぎを記録しました。")
	f("/escalate", token("note", " "), http.StatusOK, "だれに、なぜ引き継ぐかを書いてください。")
	f("/false", token("note", "社内の検査"), http.StatusOK, "閉じました。")
	f("/false", token(), http.StatusOK, "閉じました。")
	f("/close", token(), http.StatusOK, "閉じるには、理由を書いてください。")
	f("/close", token("reason", "初期化を確認", "was", "handled"), http.StatusOK, "閉じました。")
	f("/close", url.Values{"reason": {"x"}}, http.StatusForbidden, "この操作はできませんでした")
	f("/note", token("note", strings.Repeat("長", maxText+1)), http.StatusBadRequest, "読み取れませんでした")
	want := []string{"take|sato|1795237521-2|op", "note|sato|1795237521-2|op|電話した",
		"note|sato|1795237521-2|op|引き継ぎ: 夜勤の田中へ", "mark|sato|1795237521-2", "closemisfire|sato|1795237521-2|op|調べたところ、問題のない通信でした（誤検知）。 社内の検査",
		"mark|sato|1795237521-2", "closemisfire|sato|1795237521-2|op|調べたところ、問題のない通信でした（誤検知）。", "closehandled|sato|1795237521-2|op|初期化を確認"}
	if fmt.Sprint(c.did) != fmt.Sprint(want) {
		t.Errorf("did %v", c.did)
	}
}

func TestACompanyIsOpenedWithAReason(t *testing.T) {
	t.Parallel()
	c := sample()
	b := serve(t, c)
	b.page("/companies", "株式会社佐藤製作所", "田中商店")
	if body := b.page("/companies/sato", "この会社を見る理由"); strings.Contains(body, "みかん山") {
		t.Error("shown before a reason was given")
	}
	if body := b.page("/companies/sato?why=x", "理由を4文字以上"); strings.Contains(body, "みかん山") || len(c.log) != 0 {
		t.Errorf("shown for a reason that says nothing: %v", c.log)
	}
	b.page("/companies/sato?why="+url.QueryEscape("電話でのご相談"), "みかん山", "登録コードを作る")
	if len(c.log) != 1 || c.log[0] != "sato|op|view.company|sato|電話でのご相談" {
		t.Errorf("the company's record: %v", c.log)
	}
	if status, _ := b.do(http.MethodGet, "/companies/house?why=curious", nil); status != http.StatusNotFound {
		t.Errorf("the house as a customer: %d", status)
	}
}

func TestClaimCodeIsShownOnce(t *testing.T) {
	t.Parallel()
	c := sample()
	b := serve(t, c)
	form := url.Values{"csrf": {"form-token"}}
	if status, body := b.post("/companies/sato/claim", form); status != http.StatusOK || !strings.Contains(body, "ABCD-EFGH-JKLM-NPQR") || !strings.Contains(body, "2026年12月5日(土) 14:30") {
		t.Errorf("%d", status)
	}
	c.role = tenant.RoleDesk
	if status, _ := b.post("/companies/sato/claim", form); status != http.StatusForbidden {
		t.Errorf("the desk may make codes: %d", status)
	}
	if body := b.page("/companies/sato?why=reason"); strings.Contains(body, "登録コードを作る") || strings.Contains(body, "ABCD") {
		t.Error("the desk is offered codes, or an old code is shown")
	}
	if len(c.did) != 1 {
		t.Errorf("did %v", c.did)
	}
}

func TestCustomersCannotComeIn(t *testing.T) {
	t.Parallel()
	c := sample()
	b := serve(t, c)
	b.page("/", "受付")
	c.staff = false
	for _, path := range []string{"/", "/fleet", "/companies", "/companies/sato?why=reason", "/cases/sato/1795237521-1"} {
		if body := b.page(path, "ログインする"); strings.Contains(body, "佐藤製作所") {
			t.Errorf("%s is shown to a customer", path)
		}
	}
	if status, body := b.post("/login", url.Values{"email": {"owner@sato.example.jp"}, "password": {"right"}}); status != http.StatusUnprocessableEntity || !strings.Contains(body, "違うようです") {
		t.Errorf("a customer logs in: %d", status)
	}
	if len(c.log) != 0 {
		t.Errorf("record: %v", c.log)
	}
}

// A box whose scanner has stopped is told from one that is new and waits for signatures.
func TestFleetScanner(t *testing.T) {
	t.Parallel()
	for state, want := range map[wire.State]string{wire.StateOK: "見守り中<", wire.StateDown: "ウイルス検査が停止", wire.StateWaiting: "ウイルスの見本帳の到着待ち"} {
		c := sample()
		c.virus = state
		serve(t, c).page("/fleet", want)
	}
}

func TestScreenshots(t *testing.T) {
	dir := uitest.Dir(t)
	empty := sample()
	empty.queue = nil
	for _, one := range []struct {
		name, path string
		centre     *centre
		height     int
	}{
		{"queue", "/console/", sample(), 800}, {"queue-empty", "/console/", empty, 600}, {"case", "/console/cases/sato/1795237521-1", sample(), 2200},
		{"fleet", "/console/fleet", sample(), 700}, {"updates", "/console/updates", sample(), 900}, {"held", "/console/held", sample(), 900}, {"company", "/console/companies/sato?why=reason", sample(), 2100}, {"why", "/console/companies/sato", sample(), 700}, {"company-going", "/console/companies/sato?why=reason", leaves(), 2100},
	} {
		for _, lang := range []string{"ja", "en"} {
			for _, width := range uitest.Widths {
				height := one.height
				if width < 500 {
					height *= 2
				}
				uitest.Picture(t, serve(t, one.centre).handler, one.path, "console=token; lang="+lang, width, height,
					filepath.Join(dir, fmt.Sprintf("console-%s-%s-%d.png", one.name, lang, width)))
			}
		}
	}
}

func TestEverybodyCanUseThePages(t *testing.T) {
	for _, path := range []string{"/console/", "/console/cases/sato/1795237521-2", "/console/fleet", "/console/companies", "/console/companies/sato", "/console/companies/sato?why=reason", "/console/login", "/console/updates", "/console/held"} {
		uitest.Axe(t, serve(t, sample()).handler, path, "console=token")
	}
	uitest.Axe(t, serve(t, leaves()).handler, "/console/companies/sato?why=reason", "console=token")
}
