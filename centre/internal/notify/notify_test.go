package notify

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/knowledge"
	"otasuke/centre/internal/mail"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/clock"
)

// What the centre wires in.
var (
	_ Alerts    = (*alert.Service)(nil)
	_ Companies = (*tenant.Service)(nil)
	_ Links     = (*tenant.Service)(nil)
	_ Sender    = (*mail.Sender)(nil)
)

var start = time.Date(2026, 11, 21, 5, 5, 21, 0, time.UTC)

// post takes mails in place of an SMTP server.
type post struct {
	mu     sync.Mutex
	mails  []mail.Message
	answer func(n int, to string) error // n counts from 0
	asked  int
}

func (p *post) Send(_ context.Context, m mail.Message) error {
	p.mu.Lock()
	n, answer := p.asked, p.answer
	p.asked++
	p.mu.Unlock()
	if answer != nil {
		if err := answer(n, m.To.Email); err != nil {
			return err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mails = append(p.mails, m)
	return nil
}

func (p *post) to(email string) (got []mail.Message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range p.mails {
		if m.To.Email == email {
			got = append(got, m)
		}
	}
	return got
}

type alerts struct {
	a       alert.Alert
	history []alert.Change
	told    []string
}

func (x *alerts) History(context.Context, string, string) ([]alert.Change, error) {
	return x.history, nil
}

func (x *alerts) List(context.Context, string, alert.Filter) ([]alert.Alert, error) {
	return []alert.Alert{x.a}, nil
}

func (x *alerts) Told(_ *store.Tx, _, how string) error {
	x.told = append(x.told, how)
	return nil
}

func (x *alerts) worse() { x.history = append(x.history, alert.Change{What: alert.ChangeWorse}) }

func (x *alerts) Get(_ context.Context, tenantID, id string) (alert.Alert, error) {
	if tenantID != x.a.TenantID || id != x.a.ID {
		return alert.Alert{}, store.ErrNotFound
	}
	return x.a, nil
}

// office is a company with people, and a notifier for it.
type office struct {
	*Notifier
	t      *testing.T
	id     string
	alerts *alerts
	post   *post
	clock  *clock.Fake
}

func newOffice(t *testing.T, s *store.Store) *office {
	t.Helper()
	k, err := knowledge.Load()
	if err != nil {
		t.Fatal(err)
	}
	c := clock.NewFake(start)
	people := tenant.New(tenant.Config{Store: s, Clock: c})
	ctx := t.Context()
	id, err := people.CreateCompany(ctx, "test", tenant.Company{Name: "佐藤製作所", Passphrase: "みかん山"})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []tenant.Person{
		{Email: "owner@sato.example.jp", Name: "佐藤 一郎", Role: tenant.RoleOwner},
		{Email: "hanako@sato.example.jp", Name: "佐藤 花子", Role: tenant.RoleMember, Mails: true},
		{Email: "maria@sato.example.jp", Name: "Maria", Role: tenant.RoleMember, Mails: true, Lang: tenant.English},
		{Email: "quiet@sato.example.jp", Name: "静か", Role: tenant.RoleMember},
	} {
		p.TenantID = id
		if _, err := people.AddPerson(ctx, "test", p); err != nil {
			t.Fatal(err)
		}
	}
	o := &office{t: t, id: id, clock: c, post: &post{}, alerts: &alerts{a: alert.Alert{
		TenantID: id, ID: "1795237521-1652", Case: "482913", DeviceName: "経理のパソコン", DeviceAddr: "192.168.1.23", Family: "c2",
		Stars: alert.High, Blocked: true, State: alert.Open, First: start, Last: start, Count: 1, BoxID: "bx1",
		Evidence: []alert.Evidence{{EventID: "e", Time: start, What: "ET MALWARE X CnC (sid 2045001)", Verdict: "blocked", Proto: "TCP",
			Src: "192.168.1.23", SrcPort: 50512, Dst: "203.0.113.9", DstPort: 443, Mitre: []string{"T1071"}}},
	}}}
	o.Notifier = New(Config{Store: s, Alerts: o.alerts, Companies: people, Links: people, Sender: o.post, Knowledge: k, Clock: c,
		BaseURL: "https://portal.example.jp", Domain: "alert.example.jp", Phone: "050-1234-5678"})
	return o
}

func (o *office) notify(cause string) error {
	o.t.Helper()
	raw, err := json.Marshal(alert.NotifyArgs{Alert: o.alerts.a.ID, Cause: cause})
	if err != nil {
		o.t.Fatal(err)
	}
	return o.Handle(o.t.Context(), o.id, raw)
}

func (o *office) must(cause string) {
	o.t.Helper()
	if err := o.notify(cause); err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) states() map[string]State {
	o.t.Helper()
	all, err := o.Deliveries(o.t.Context(), o.id, o.alerts.a.ID)
	if err != nil {
		o.t.Fatal(err)
	}
	got := map[string]State{}
	for _, d := range all {
		got[d.Email] = d.State
	}
	return got
}

// onBoth runs a test on both database engines.
func onBoth(t *testing.T, f func(*testing.T, *office)) {
	t.Helper()
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) { f(t, newOffice(t, s)) }, tenant.Schema(), Schema())
}

func TestEachPersonIsToldOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		o.clock.Advance(7 * time.Second)
		o.must("new")
		o.must("new") // the job came again
		o.must("worse")
		for _, who := range []string{"owner@sato.example.jp", "hanako@sato.example.jp", "maria@sato.example.jp"} {
			if n := len(o.post.to(who)); n != 1 {
				t.Errorf("%s got %d mails", who, n)
			}
		}
		if len(o.post.to("quiet@sato.example.jp")) != 0 {
			t.Error("somebody without mails got one")
		}
		all, err := o.Deliveries(t.Context(), o.id, o.alerts.a.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range all {
			if d.State != StateSent || d.Latency != 7*time.Second || d.Subject == "" || d.Tries != 1 {
				t.Errorf("delivery %+v", d)
			}
		}
		if len(o.alerts.told) != 3 || !strings.HasPrefix(o.alerts.told[0], "mail ") {
			t.Errorf("the history knows of %v", o.alerts.told)
		}
		other, err := o.Deliveries(t.Context(), "somebody-else", o.alerts.a.ID)
		if err != nil || len(other) != 0 {
			t.Errorf("another company sees %v, %v", other, err)
		}
	})
}

func TestUpdateOnlyWhenItGotWorseAndInTheSameThread(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		o.alerts.a.Stars, o.alerts.a.Family = alert.Medium, "phishing"
		o.must("new")
		if len(o.post.to("owner@sato.example.jp")) != 0 {
			t.Error("an owner with mails off gets only ★★★")
		}
		o.alerts.a.Stars, o.alerts.a.Blocked = alert.High, false
		o.alerts.worse()
		o.alerts.worse() // twice before the mail went out
		o.clock.Advance(time.Minute)
		o.alerts.a.Last = o.clock.Now()
		o.must("worse")
		o.must("worse") // nothing new happened
		got := o.post.to("hanako@sato.example.jp")
		if len(got) != 2 {
			t.Fatalf("%d mails", len(got))
		}
		if got[0].ID == got[1].ID || len(got[1].References) != 1 || got[1].References[0] != got[0].ID {
			t.Errorf("not one thread: %q then %q in reply to %v", got[0].ID, got[1].ID, got[1].References)
		}
		if !strings.Contains(got[1].Subject, "続報") || !strings.Contains(got[1].Text, "続報") {
			t.Errorf("the update does not say so: %s", got[1].Subject)
		}
		if first := o.post.to("owner@sato.example.jp"); len(first) != 1 || len(first[0].References) != 0 {
			t.Errorf("who was not told before gets no update but a first mail: %v", first)
		}
	})
}

func TestNoMailNobodyNeeds(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		o.alerts.a.Stars = alert.Low
		o.must("new")
		o.alerts.a.Stars, o.alerts.a.State = alert.High, alert.Closed
		o.must("new")
		if o.post.asked != 0 {
			t.Errorf("%d mails", o.post.asked)
		}
		if err := o.Handle(t.Context(), o.id, json.RawMessage(`{"alert":"gone"}`)); err != nil {
			t.Errorf("an alert that is gone: %v", err)
		}
		if err := o.Handle(t.Context(), o.id, json.RawMessage(`?`)); err == nil {
			t.Error("bad job accepted")
		}
	})
}

func TestTroubleOfOneDoesNotHoldUpOthers(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		o.post.answer = func(_ int, to string) error {
			switch to {
			case "owner@sato.example.jp":
				return errors.Join(mail.ErrPermanent, errors.New("550 no such user"))
			case "hanako@sato.example.jp":
				return errors.Join(mail.ErrTemporary, errors.New("451 later"))
			}
			return nil
		}
		if err := o.notify("new"); !errors.Is(err, mail.ErrTemporary) {
			t.Fatalf("the job must come again: %v", err)
		}
		want := map[string]State{"owner@sato.example.jp": StateBounced, "hanako@sato.example.jp": StateWaiting, "maria@sato.example.jp": StateSent}
		for who, state := range o.states() {
			if want[who] != state {
				t.Errorf("%s: %s", who, state)
			}
		}
		o.post.answer = nil
		o.must("new")
		if n := len(o.post.mails); n != 2 || o.states()["hanako@sato.example.jp"] != StateSent || o.states()["owner@sato.example.jp"] != StateBounced {
			t.Errorf("%d mails, %v", n, o.states())
		}
	})
}

func TestDeathWhileSending(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		all, err := o.cfg.Companies.People(t.Context(), o.id)
		if err != nil {
			t.Fatal(err)
		}
		o.alerts.a.Stars = alert.Medium // two people have mails on
		die := func() (ids []string) {
			for _, p := range all {
				if !p.Mails {
					continue
				}
				d, token, err := o.begin(t.Context(), &o.alerts.a, p, 0)
				if err != nil || d == nil || token == "" {
					t.Fatalf("begin: %v, %v", d, err)
				}
				ids = append(ids, d.MessageID)
			}
			o.clock.Advance(othersTime) // it may have been another process
			return ids
		}
		ids := die()
		o.must("new")
		for i, m := range o.post.mails {
			if m.ID != ids[i] {
				t.Errorf("sent again under another id: %q and %q", ids[i], m.ID)
			}
		}
		if len(o.post.mails) != 2 {
			t.Fatalf("%d mails", len(o.post.mails))
		}
		// Another alert on which the process dies twice is given up, visibly.
		o.alerts.a.ID = "1795237521-1653"
		die()
		die()
		o.must("new")
		if len(o.post.mails) != 2 {
			t.Error("sent a third time")
		}
		for who, state := range o.states() {
			if state != StateUnsure {
				t.Errorf("%s: %s", who, state)
			}
		}
	})
}

func TestTheMail(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		o.must("new")
		ja, en := o.post.to("hanako@sato.example.jp")[0], o.post.to("maria@sato.example.jp")[0]
		if want := "【★★★ 本日中にお願いします】「経理のパソコン」がウイルスに操作された疑い（外への通信は止めました）"; ja.Subject != want {
			t.Errorf("subject %q", ja.Subject)
		}
		if want := "[★★★ Please act today] “経理のパソコン” may be under an attacker's control (we stopped its connection)"; en.Subject != want {
			t.Errorf("subject %q", en.Subject)
		}
		for _, part := range []string{ja.Text, ja.HTML} {
			for _, want := range []string{"佐藤製作所 様", "みかん山", "482 913", "050-1234-5678", "LAN ケーブルを抜いてください", "ほかの機器への広がりは見つかっていません", "11月21日(土) 14:05", "□", "1795237521-1652",
				"https://portal.example.jp/a/", "/done", "/expected", "/call", "アラート種別", "1795237521-1652", "2026-11-21 14:05:21 JST", "192.168.1.23", "50512", "203.0.113.9", "443", "遮断", "T1071"} {
				if !strings.Contains(part, want) {
					t.Errorf("the mail lacks %q", want)
				}
			}
		}
		if !strings.Contains(ja.Text, "□ 1 LAN ケーブルを抜く") || !strings.Contains(ja.Text, "□ 4 ") {
			t.Error("the steps are not numbered")
		}
		for _, m := range []mail.Message{ja, en} {
			head, _, _ := strings.Cut(m.Text, "----")
			for _, jargon := range []string{"C2", "IPS", "203.0.113.9", "ET MALWARE", "検知"} {
				if strings.Contains(head, jargon) {
					t.Errorf("first screen has %q", jargon)
				}
			}
			if strings.Contains(m.HTML, "<img") || strings.Contains(m.HTML, "<script") || strings.Contains(m.HTML, "<link") {
				t.Error("the mail loads something")
			}
			if strings.Contains(m.Text, "mail.") && strings.Contains(m.Text, "alert.q_") || strings.Contains(m.Text, "<no value>") {
				t.Error("a text is missing")
			}
		}
		for _, r := range en.Text {
			if r >= 'ぁ' && r <= 'ヺ' && !strings.Contains("経理のパソコン佐藤製作所みかん山", string(r)) {
				t.Errorf("Japanese in the English mail: %q", r)
			}
		}
	})
}

func TestNamesCannotBreakTheMail(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		o.alerts.a.DeviceName = "a\r\nBcc: x@example.com <script>alert(1)</script>" + strings.Repeat("長", 500)
		o.must("new")
		m := o.post.to("hanako@sato.example.jp")[0]
		if strings.ContainsAny(m.Subject, "\r\n") || len([]rune(m.Subject)) > mail.MaxSubject {
			t.Errorf("subject %q", m.Subject)
		}
		if strings.Contains(m.HTML, "<script>") {
			t.Error("a device's name became markup")
		}
	})
}
