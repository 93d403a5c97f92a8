package portal

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/appeal"
	"otasuke/centre/internal/device"
	"otasuke/centre/internal/knowledge"
	"otasuke/centre/internal/pairing"
	"otasuke/centre/internal/report"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/centre/internal/usage"
	"otasuke/content/apps"
	"otasuke/content/devices"
	"otasuke/content/text"
	"otasuke/internal/clock"
	"otasuke/internal/ja"
	"otasuke/wire"
)

// What the centre wires in.
var (
	_ Alerts      = (*alert.Service)(nil)
	_ Companies   = (*tenant.Service)(nil)
	_ Links       = (*tenant.Service)(nil)
	_ Network     = (*device.Service)(nil)
	_ Usage       = (*usage.Service)(nil)
	_ Appeals     = (*appeal.Service)(nil)
	_ Reports     = (*report.Service)(nil)
	_ Pairings    = (*pairing.Service)(nil)
	_ ui.Accounts = (*tenant.Service)(nil)
)

// now is Saturday 21 November 2026, 14:30 in Japan.
var now = time.Date(2026, 11, 21, 5, 30, 0, 0, time.UTC)

const (
	ours   = "sato"
	theirs = "tanaka"
)

// office plays every service behind the portal, in memory.
type office struct {
	alerts    map[string][]alert.Alert // by company
	answers   []string
	boxes     []device.Box
	endpoints []device.Endpoint
	about     map[string]device.Known
	counts    alert.Counts
	role      tenant.Role
	spent     bool
	fail      error
	used      []usage.Row
	requests  []appeal.Appeal
	asked     string
	question  wire.Question
	busy      bool
	boxLine   string   // address that a box waits at
	connected []string // companies and people that connected it
	forged    bool
	paper     Paper
}

func (o *office) Login(_ context.Context, email, password string, _ tenant.From) (tenant.Session, string, error) {
	switch {
	case email == "busy@sato.example.jp":
		return tenant.Session{}, "", tenant.ErrTooMany
	case password != "correct horse":
		return tenant.Session{}, "", tenant.ErrLogin
	case email == "staff@centre.example.jp":
		return tenant.Session{Staff: true, TenantID: tenant.House, Expires: now.Add(time.Hour)}, "staff-token", nil
	}
	return tenant.Session{Expires: time.Now().Add(time.Hour)}, "token-" + ours, nil
}

func (o *office) SessionByToken(_ context.Context, token string) (tenant.Session, error) {
	if token != "token-"+ours {
		return tenant.Session{}, tenant.ErrNoSession
	}
	return tenant.Session{PersonID: "p1", TenantID: ours, Role: o.role, Name: "佐藤 花子", Lang: "ja", CSRF: "form-token"}, nil
}

func (o *office) Second(context.Context, string, string, tenant.From) (tenant.Session, string, error) {
	return tenant.Session{}, "", tenant.ErrCode
}

func (o *office) Logout(context.Context, string) error { return nil }

func (o *office) CompanyByID(_ context.Context, id string) (tenant.Company, error) {
	return tenant.Company{ID: id, Name: "株式会社佐藤製作所", Passphrase: "みかん山"}, o.fail
}

func (o *office) People(_ context.Context, id string) ([]tenant.Person, error) {
	if id == tenant.House {
		return []tenant.Person{{ID: "op", Name: "山田"}}, nil
	}
	return []tenant.Person{{ID: "p1", Name: "佐藤 花子", Lang: "ja"}}, nil
}

func (o *office) WhoViewed(context.Context, string, int) ([]tenant.Entry, error) {
	return []tenant.Entry{
		{At: now.Add(-time.Hour), Who: "op", Action: "view.alert", Object: "1795237521-1", Why: "案件 482913 の対応"},
		{At: now.Add(-26 * time.Hour), Who: "op", Action: "view.company", Object: ours, Why: "電話でのご相談"},
	}, nil
}

func (o *office) AuditLog(ctx context.Context, id string, limit int) ([]tenant.Entry, error) {
	all, err := o.WhoViewed(ctx, id, limit)
	return append(all, tenant.Entry{Seq: 7, At: now.Add(-30 * time.Hour), Who: "p1", Action: "person.role.readonly", Object: "p1"},
		tenant.Entry{Seq: 6, At: now.Add(-31 * time.Hour), Who: "box:bx1", Action: "box.claim", Object: "bx1"},
		tenant.Entry{Seq: 5, At: now.Add(-32 * time.Hour), Who: "p1", Action: "login.refused", Object: "=HYPERLINK(\"x\")", Why: "@cmd"},
		tenant.Entry{Seq: 4, At: now.Add(-33 * time.Hour), Who: "op", Action: "future.thing"}), err
}

func (o *office) VerifyAudit(context.Context, string) (int64, string, error) {
	if o.forged {
		return 3, "", fmt.Errorf("%w: entry 4", tenant.ErrChain)
	}
	return 1234, "x", nil
}

func (o *office) NamesOf(_ context.Context, id string) (map[string]tenant.Person, error) {
	if id == tenant.House {
		return map[string]tenant.Person{"op": {ID: "op", Name: "山田", Role: tenant.RoleDesk}}, nil
	}
	return map[string]tenant.Person{"p1": {ID: "p1", Name: "佐藤 花子", Role: tenant.RoleOwner}}, nil
}

func (o *office) ActionLink(_ context.Context, token string) (tenant.Link, error) {
	l := tenant.Link{TenantID: ours, AlertID: o.alerts[ours][0].ID, PersonID: "p1"}
	switch {
	case token == "old":
		return l, tenant.ErrLinkExpired
	case token != "good":
		return tenant.Link{}, store.ErrNotFound
	case o.spent:
		return l, tenant.ErrLinkUsed
	}
	return l, nil
}

func (o *office) SpendActionLink(_ *store.Tx, token string) (tenant.Link, error) {
	l, err := o.ActionLink(context.Background(), token)
	o.spent = true
	return l, err
}

func (o *office) List(_ context.Context, id string, f alert.Filter) ([]alert.Alert, error) {
	var got []alert.Alert
	for _, a := range o.alerts[id] {
		switch {
		case f.State != "" && a.State != f.State, f.NotClosed && a.State == alert.Closed, a.Stars < f.Stars,
			!f.Before.IsZero() && !a.Last.Before(f.Before):
			continue
		}
		got = append(got, a)
	}
	if f.Limit > 0 && len(got) > f.Limit {
		got = got[:f.Limit]
	}
	return got, nil
}

func (o *office) Get(_ context.Context, id, alertID string) (alert.Alert, error) {
	for _, a := range o.alerts[id] {
		if a.ID == alertID {
			return a, nil
		}
	}
	return alert.Alert{}, alert.ErrNotFound
}

func (o *office) History(context.Context, string, string) ([]alert.Change, error) {
	return []alert.Change{
		{At: now.Add(-25 * time.Minute), Who: "system", What: alert.ChangeOpened, Note: "c2"},
		{At: now.Add(-25*time.Minute + 4*time.Second), Who: "system", What: alert.ChangeTold, Note: "mail p1"},
		{At: now.Add(-10 * time.Minute), Who: "p1", What: alert.ChangeAnswered, Note: "call 画面に変な表示があります"},
	}, nil
}

func (o *office) Counts(context.Context, string, time.Time, time.Time) (alert.Counts, error) {
	return o.counts, nil
}

func (o *office) Answer(ctx context.Context, id, alertID, who string, a alert.Answer, note string) error {
	found, err := o.Get(ctx, id, alertID)
	if err != nil {
		return err
	}
	if found.State == alert.Closed {
		return alert.ErrClosed
	}
	o.answers = append(o.answers, strings.Join([]string{alertID, who, string(a), note}, "|"))
	return nil
}

func (o *office) AnswerTx(_ *store.Tx, alertID, who string, a alert.Answer, note string) error {
	return o.Answer(context.Background(), ours, alertID, who, a, note)
}

func (o *office) Boxes(context.Context, string) ([]device.Box, error) { return o.boxes, nil }

func (o *office) Endpoints(context.Context, string) ([]device.Endpoint, error) {
	return o.endpoints, nil
}

func (o *office) Apps(_ context.Context, id, endpoint string, from, to time.Time) ([]usage.Row, error) {
	o.asked = fmt.Sprint(endpoint, " ", to.Sub(from).Round(24*time.Hour).Hours()/24)
	if id != ours {
		return nil, nil
	}
	return o.used, nil
}

func (o *office) Devices(_ context.Context, id string, _, _ time.Time, categories []string) ([]usage.Row, error) {
	if id != ours || !slices.Contains(categories, "ai") || slices.Contains(categories, "game") || len(o.used) == 0 {
		return nil, nil
	}
	return []usage.Row{{EndpointID: "d1", Up: 31_000_000, Down: 900_000_000, Shared: 30_000_000}, {EndpointID: "", Up: 5, Down: 7}, {EndpointID: "gone", Up: 1, Down: 1}}, nil
}

func (o *office) Requests(_ context.Context, id string) (got []appeal.Appeal, _ error) {
	for _, a := range o.requests {
		if a.TenantID == id {
			got = append(got, a)
		}
	}
	return got, nil
}

func (o *office) Ask(_ context.Context, id, who string, a appeal.Appeal) error {
	if len(o.requests) > 9 {
		return appeal.ErrTooMany
	}
	a.TenantID, a.PersonID, a.State, a.Asked = id, who, appeal.Open, now
	o.requests = append(o.requests, a)
	return nil
}

// The box with the code BCDF-GHJK waits, 3333-3333 is another company's, 4444-4444 guesses.
func (o *office) Look(_ context.Context, id, typed string) (pairing.Waiting, error) {
	code, err := pairing.Parse(typed)
	switch {
	case err != nil:
		return pairing.Waiting{}, err
	case code == "33333333":
		return pairing.Waiting{}, device.ErrKeyElsewhere
	case code == "44444444":
		return pairing.Waiting{}, &device.TooMany{Wait: time.Minute}
	case code != "BCDFGHJK":
		return pairing.Waiting{}, pairing.ErrUnknown
	}
	return pairing.Waiting{Number: "482 913", Model: "Otasuke Box 2", Software: "1.4.0", Remote: o.boxLine, Asked: now.Add(-4 * time.Minute)}, nil
}

func (o *office) Accept(ctx context.Context, id, _, who, typed string) error {
	_, err := o.Look(ctx, id, typed)
	if err == nil {
		o.connected = append(o.connected, id+" "+who)
	}
	return err
}

func (o *office) Known(_ context.Context, id string) (all []device.Known, err error) {
	for _, e := range o.endpoints {
		k := o.about[e.ID]
		k.Endpoint = e
		all = append(all, k)
	}
	return all, nil
}

func (o *office) Changes(_ context.Context, id, endpoint string) ([]wire.DeviceChange, error) {
	return []wire.DeviceChange{{What: wire.ChangeNew, At: now.Add(-50 * time.Hour)}, {What: wire.ChangeKind, Detail: "printer", At: now.Add(-time.Hour)}, {What: "later", At: now}}, nil
}

func (o *office) Approve(_ context.Context, id, endpoint, who string) error {
	if !slices.ContainsFunc(o.endpoints, func(e device.Endpoint) bool { return e.ID == endpoint && e.TenantID == id }) {
		return store.ErrNotFound
	}
	k := o.about[endpoint]
	k.Approved = now
	o.about[endpoint] = k
	return nil
}

func (o *office) Hold(_ context.Context, id, endpoint, _ string, on bool) error {
	if !slices.ContainsFunc(o.endpoints, func(e device.Endpoint) bool { return e.ID == endpoint && e.TenantID == id }) {
		return store.ErrNotFound
	}
	k := o.about[endpoint]
	if k.About.Kind.ID == "nas" { // stands for the router
		return device.ErrRouter
	}
	if k.Held = (time.Time{}); on {
		k.Held = now.Add(-5 * time.Minute)
	}
	o.about[endpoint] = k
	return nil
}

func (o *office) Rename(_ context.Context, id, endpoint, _, name string) error {
	i := slices.IndexFunc(o.endpoints, func(e device.Endpoint) bool { return e.ID == endpoint && e.TenantID == id })
	if i < 0 {
		return store.ErrNotFound
	}
	o.endpoints[i].Name = name
	return nil
}

// sample is a company after an eventful month.
func sample() *office {
	at := func(minutes int) time.Time { return now.Add(time.Duration(-minutes) * time.Minute) }
	evidence := []alert.Evidence{{EventID: "e1", Time: at(25), What: "ET MALWARE Observed Cobalt Strike Beacon [1:2045001:3]", Verdict: "blocked",
		Proto: "TCP", Src: "192.168.1.23", SrcPort: 50512, Dst: "203.0.113.9", DstPort: 443, App: "tls", Mitre: []string{"T1071"}},
		{EventID: "e2", Time: at(26), What: "ET MALWARE Observed Cobalt Strike Beacon [1:2045001:3]", Verdict: "blocked",
			Proto: "TCP", Src: "192.168.1.23", SrcPort: 50510, Dst: "203.0.113.9", DstPort: 443, App: "tls"}}
	o := &office{role: tenant.RoleOwner, alerts: map[string][]alert.Alert{
		ours: {
			{TenantID: ours, ID: "1795237521-1", Case: "482913", BoxID: "bx1", DeviceName: "経理のパソコン", DeviceAddr: "192.168.1.23", Family: "c2",
				Stars: alert.High, Blocked: true, State: alert.Open, First: at(26), Last: at(25), Count: 2, Evidence: evidence},
			{TenantID: ours, ID: "1795237000-2", Case: "110204", DeviceName: "営業ノート2", Family: "phishing",
				Stars: alert.Medium, Blocked: true, State: alert.Open, First: at(90), Last: at(90), Count: 1},
			{TenantID: ours, ID: "1795230000-3", Case: "771530", DeviceName: "受付のNAS", Family: "smb-probe", Inbound: true,
				Stars: alert.Low, Blocked: true, State: alert.Open, First: at(150), Last: at(140), Count: 12},
			{TenantID: ours, ID: "1795100000-4", Case: "902117", DeviceName: "倉庫のタブレット", Family: "pup", Answer: alert.AnswerDone,
				Stars: alert.Medium, Blocked: true, State: alert.Closed, Reason: "ソフトを消したことを確認しました。", First: at(3000), Last: at(3000), Count: 1},
		},
		theirs: {{TenantID: theirs, ID: "1795237521-9", Case: "555555", Family: "c2", Stars: alert.High, State: alert.Open, First: at(5), Last: at(5), Count: 1}},
	}}
	o.boxes = []device.Box{{ID: "bx1", Name: "本社のボックス", Protecting: true, LastSeen: at(2), Claimed: at(90000)}}
	o.endpoints = []device.Endpoint{
		{TenantID: ours, ID: "d1", Name: "経理のパソコン", Addr: "192.168.1.23", MAC: "00:1b:8b:12:34:56", First: at(80000), Last: at(3)},
		{TenantID: ours, ID: "d2", Addr: "192.168.1.40", MAC: "00:1b:8b:aa:bb:cc", First: at(3000), Last: at(10)},
		{TenantID: ours, ID: "d3", Name: "受付のNAS", Addr: "192.168.1.5", MAC: "00:1b:8b:00:00:05", First: at(90000), Last: at(1)},
	}
	o.endpoints = append(o.endpoints, device.Endpoint{TenantID: ours, ID: "d4", Addr: "192.168.1.77", MAC: "da:a1:19:00:00:01", First: at(200), Last: at(100)},
		device.Endpoint{TenantID: ours, ID: "d5", Addr: "192.168.1.90", MAC: "00:80:92:01:02:03", First: at(30), Last: at(9)})
	guess := func(id, by string, sure int) wire.Guess { return wire.Guess{ID: id, By: by, Sure: sure} }
	o.about = map[string]device.Known{
		"d1": {About: wire.Inside{First: at(80000), Early: true, Maker: "NEC Personal Computers", Kind: guess("pc", "wsd-type: Computer", 96), OS: guess("windows-7", "agent: microsoft-cryptoapi/6.1", 90),
			Names: []wire.SaidName{{Text: "KEIRI-PC", By: "netbios"}}, Addrs: []netip.Addr{netip.MustParseAddr("192.168.1.23"), netip.MustParseAddr("fe80::1")}}},
		"d3": {About: wire.Inside{First: at(90000), Early: true, Kind: guess("nas", "maker: BUFFALO", 40)}},
		"d4": {Random: true, About: wire.Inside{First: at(200), Random: true, Kind: guess("phone", "name: iPhone", 85), Names: []wire.SaidName{{Text: "iPhone", By: "dhcp"}}}},
		"d5": {About: wire.Inside{First: at(30), Maker: "Silex", Kind: guess("unknown", "", 0), Names: []wire.SaidName{{Text: "<b>SX-1", By: "mdns"}}}},
	}
	o.used = []usage.Row{
		{App: "youtube", Category: "media", Up: 12_000_000, Down: 4_200_000_000, Minutes: 505, Flows: 90, Devices: 3},
		{App: "chatgpt", Category: "ai", Up: 30_000_000, Down: 9_000_000, Minutes: 61, Flows: 40, Devices: 1},
		{App: "dropbox", Category: "storage", Up: 2_000, Down: 9_000, Minutes: 2, Flows: 4, Devices: 1},
		{App: "jra", Category: "gambling", Up: 900, Down: 400, Minutes: 1, Flows: 3, Blocked: 3, Devices: 1},
		{App: "orders", Category: "business", Name: "受発注システム<b>", Up: 800, Down: 1_000_000, Minutes: 45, Flows: 9, Devices: 2},
		{App: "", Up: 50_000, Down: 70_000, Minutes: 30, Flows: 100, Devices: 3},
	}
	in, out := []int{0, 3, 1, 2, 0, 0, 4, 2, 5, 1, 0, 2, 3, 0, 1, 6, 2, 0, 1, 3, 2, 0, 0, 9, 2, 1, 0, 3, 2, 3}, map[int]int{12: 1, 28: 1, 29: 2}
	for i := range in {
		d := alert.Day{Date: ja.Midnight(now).AddDate(0, 0, i-29), Inbound: in[i], InboundBlocked: in[i], Outbound: out[i], OutboundBlocked: out[i]}
		o.counts.Days = append(o.counts.Days, d)
		o.counts.Inbound, o.counts.InboundBlocked = o.counts.Inbound+d.Inbound, o.counts.InboundBlocked+d.InboundBlocked
		o.counts.Outbound, o.counts.OutboundBlocked = o.counts.Outbound+d.Outbound, o.counts.OutboundBlocked+d.OutboundBlocked
	}
	return o
}

// browser is somebody at the portal.
type browser struct {
	t       *testing.T
	client  *http.Client
	url     string
	handler http.Handler
}

func serve(t *testing.T, o *office, path string) *browser {
	t.Helper()
	k, err := knowledge.Load()
	if err != nil {
		t.Fatal(err)
	}
	known, err := apps.Load()
	if err != nil {
		t.Fatal(err)
	}
	kinds, err := devices.Load()
	if err != nil {
		t.Fatal(err)
	}
	texts, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), store.Config{URL: storetest.SQLiteURL(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	server := httptest.NewUnstartedServer(nil)
	server.Start()
	t.Cleanup(server.Close)
	h, err := New(Config{Accounts: o, Companies: o, Links: o, Alerts: o, Network: o, Pairings: o, Usage: o, Questions: found{o}, Appeals: o, Reports: reported{}, Exports: exported{}, Paper: o.paper, Provider: "みかん商工会議所", Apps: known, Known: kinds, Store: db, Knowledge: k, Texts: texts,
		BaseURL: server.URL + path, Phone: "050-1234-5678", Clock: clock.NewFake(now), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = h
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, client: &http.Client{Jar: jar}, url: server.URL + path, handler: h}
}

// at logs in and is at the portal.
func at(t *testing.T, o *office) *browser {
	t.Helper()
	b := serve(t, o, "")
	status, _ := b.post("/login", url.Values{"email": {"hanako@sato.example.jp"}, "password": {"correct horse"}})
	if status != http.StatusOK {
		t.Fatalf("login: %d", status)
	}
	return b
}

func (b *browser) do(r *http.Request) (int, string) {
	b.t.Helper()
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

func (b *browser) get(path string) (int, string) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.url+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.do(r)
}

// page is get for a page that must be there.
func (b *browser) page(path string) string {
	b.t.Helper()
	status, body := b.get(path)
	if status != http.StatusOK {
		b.t.Fatalf("%s: %d", path, status)
	}
	return body
}

func (b *browser) post(path string, form url.Values) (int, string) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(r)
}

var tags = regexp.MustCompile(`(?s)<script.*?</script>|<[^>]*>`)

// words is what a page says, without markup.
func words(body string) string {
	return strings.Join(strings.Fields(tags.ReplaceAllString(body, " ")), " ")
}
