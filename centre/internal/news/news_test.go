package news_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/bulletin"
	"otasuke/centre/internal/contract"
	"otasuke/centre/internal/device"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/mail"
	"otasuke/centre/internal/news"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/content/text"
	"otasuke/internal/clock"
	"otasuke/wire"
)

// sink takes mails, and fails as it is told.
type sink struct {
	mu   sync.Mutex
	got  []mail.Message
	fail func(m *mail.Message) error
}

func (s *sink) Send(_ context.Context, m mail.Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		if err := s.fail(&m); err != nil {
			return err
		}
	}
	s.got = append(s.got, m)
	return nil
}

func (s *sink) to(email string) (all []mail.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.got {
		if m.To.Email == email {
			all = append(all, m)
		}
	}
	return all
}

type noContracts struct{}

func (noContracts) All(context.Context, string, string, ...contract.State) ([]contract.Contract, error) {
	return nil, nil
}

type centre struct {
	*testing.T
	s       *store.Store
	clock   *clock.Fake
	tenants *tenant.Service
	svc     *news.Service
	sink    *sink
	sakura  string // in Osaka, retail; owner and a member
	fuji    string // in Tokyo, manufacturing; reads English
	people  map[string]string
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func suite(t *testing.T, fn func(c *centre)) {
	t.Helper()
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		c := &centre{T: t, s: s, clock: clock.NewFake(time.Date(2026, 11, 21, 5, 5, 0, 0, time.UTC)), sink: &sink{}, people: map[string]string{}}
		c.tenants = tenant.New(tenant.Config{Store: s, Clock: c.clock})
		must(t, c.tenants.EnsureHouse(t.Context(), "みほん商工会議所"))
		var err error
		c.sakura, err = c.tenants.CreateCompany(t.Context(), "test", tenant.Company{Name: "株式会社さくら金属", Region: "27", Industry: "retail", Passphrase: "みかん山"})
		must(t, err)
		c.fuji, err = c.tenants.CreateCompany(t.Context(), "test", tenant.Company{Name: "Fuji Trading", Region: "13", Industry: "manufacturing", Lang: tenant.English})
		must(t, err)
		for _, p := range []tenant.Person{{TenantID: c.sakura, Name: "佐藤 花子", Email: "owner@sakura.example", Role: tenant.RoleOwner, Mails: true}, {TenantID: c.sakura, Name: "鈴木 一郎", Email: "member@sakura.example", Role: tenant.RoleMember, Mails: true},
			{TenantID: c.sakura, Name: "読 むだけ", Email: "reader@sakura.example", Role: tenant.RoleReadonly}, {TenantID: c.fuji, Name: "Alice", Email: "alice@fuji.example", Role: tenant.RoleOwner, Mails: true, Lang: tenant.English}} {
			c.people[p.Email], err = c.tenants.AddPerson(t.Context(), "test", p)
			must(t, err)
		}
		c.svc = c.open(nil)
		fn(c)
	}, tenant.Schema(), job.Schema(), device.Schema(), attach.Schema(), news.Schema())
}

// open makes a service as another process would have it.
func (c *centre) open(change func(*news.Config)) *news.Service {
	c.Helper()
	texts, err := text.Load()
	must(c.T, err)
	cfg := news.Config{Store: c.s, Companies: c.tenants, Contracts: noContracts{}, Texts: texts, Sender: c.sink, Domain: "news.example.jp", Provider: "みほん商工会議所", Address: "大阪府大阪市みほん区1-1", Contact: "050-0000-0000", Phone: "050-0000-0000", Portal: "https://portal.example.jp", Clock: c.clock}
	if change != nil {
		change(&cfg)
	}
	return news.New(cfg)
}

// work does all jobs that are due, as the queue does, and says how many there were.
func (c *centre) work(svc *news.Service) {
	c.Helper()
	q := job.New(job.Config{Store: c.s, Clock: c.clock, Poll: 5 * time.Millisecond})
	for kind, fn := range map[string]job.Handler{news.KindSpread: svc.HandleSpread, news.KindMail: svc.HandleMail, news.KindFetch: svc.HandleFetch, news.KindRemind: svc.HandleRemind, news.KindTell: svc.HandleTell} {
		q.Handle(kind, fn)
	}
	ctx, cancel := context.WithCancel(c.Context())
	done := make(chan error, 1)
	go func() { done <- q.Run(ctx) }()
	deadline := time.Now().Add(30 * time.Second)
	for c.due() > 0 {
		if time.Now().After(deadline) {
			c.Fatal("jobs do not end")
		}
		<-time.After(5 * time.Millisecond) // the queue's own poll
	}
	cancel()
	must(c.T, <-done)
}

// due counts jobs that would run by now.
func (c *centre) due() (n int) {
	c.Helper()
	must(c.T, c.s.GlobalRead(c.Context(), func(tx *store.GlobalTx) error {
		return tx.QueryRow(`SELECT count(*) FROM job WHERE state = 'running' OR state = 'waiting' AND run_at <= $1`, store.Micros(c.clock.Now())).Scan(&n)
	}))
	return n
}

func piece(kind news.Kind) news.Piece {
	return news.Piece{Kind: kind, Title: map[string]string{"ja": "ルーターの更新をお願いします", "en": "Please update your router"}, Body: map[string]string{"ja": "管理画面で更新してください。\n\n- 電源は切らない\n- 10分かかります\n\nhttps://maker.example/update", "en": "Update it on its page."}}
}

// sent writes a piece and lets it out.
func (c *centre) sent(p news.Piece) news.Piece {
	c.Helper()
	p, err := c.svc.Write(c.Context(), "noda", p)
	must(c.T, err)
	must(c.T, c.svc.Send(c.Context(), "noda", p.ID, p.Revision))
	c.work(c.svc)
	p, err = c.svc.Piece(c.Context(), p.ID)
	must(c.T, err)
	return p
}

func TestAWarningReachesEverybodyOnce(t *testing.T) {
	suite(t, func(c *centre) {
		p := c.sent(piece(news.Warning))
		if p.State != news.Sent {
			c.Fatalf("state %s", p.State)
		}
		for email, subject := range map[string]string{"owner@sakura.example": "【注意喚起】ルーターの更新をお願いします", "member@sakura.example": "【注意喚起】ルーターの更新をお願いします", "alice@fuji.example": "[Warning] Please update your router"} {
			all := c.sink.to(email)
			if len(all) != 1 || all[0].Subject != subject {
				c.Fatalf("%s got %d: %+v", email, len(all), all)
			}
			m := all[0]
			if m.Unsubscribe != "" || strings.Contains(m.Text, "/n/leave/") {
				c.Error("a warning can be ended")
			}
			if email == "owner@sakura.example" && (!strings.Contains(m.Text, "合言葉: みかん山") && !strings.Contains(m.Text, "みかん山") || !strings.Contains(m.Text, "・電源は切らない") || !strings.Contains(m.HTML, "<li>電源は切らない</li>") || !strings.Contains(m.HTML, `<a href="https://maker.example/update"`)) {
				c.Errorf("mail:\n%s\n%s", m.Text, m.HTML)
			}
		}
		if n := len(c.sink.to("reader@sakura.example")); n != 0 {
			c.Errorf("who gets no mails got %d", n)
		}
		all, err := c.svc.Archive(c.Context(), c.sakura, c.people["reader@sakura.example"], 0)
		must(c.T, err)
		if len(all) != 1 || all[0].Read {
			c.Fatalf("portal: %+v", all)
		}
		_, err = c.svc.Open(c.Context(), c.sakura, c.people["reader@sakura.example"], p.ID)
		must(c.T, err)
		all, err = c.svc.Archive(c.Context(), c.sakura, c.people["reader@sakura.example"], 0)
		must(c.T, err)
		other, err := c.svc.Archive(c.Context(), c.sakura, c.people["owner@sakura.example"], 0)
		must(c.T, err)
		if !all[0].Read || other[0].Read {
			c.Error("reading is of one person")
		}
	})
}

// Whoever presses, however often: one mail each.
func TestSendingTwiceSendsOnce(t *testing.T) {
	suite(t, func(c *centre) {
		p, err := c.svc.Write(c.Context(), "noda", piece(news.Warning))
		must(c.T, err)
		other := c.open(nil)
		var wg sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			wg.Go(func() {
				errs[i] = []*news.Service{c.svc, other}[i%2].Send(c.Context(), fmt.Sprint("operator", i%2), p.ID, p.Revision)
			})
		}
		wg.Wait()
		good := 0
		for _, err := range errs {
			if err == nil {
				good++
			} else if !errors.Is(err, news.ErrState) {
				c.Error(err)
			}
		}
		if good != 1 {
			c.Errorf("%d of eight went through", good)
		}
		raw, _ := json.Marshal(map[string]string{"news": p.ID})
		for range 3 { // the job as often as a queue that lost its lease runs it
			wg.Go(func() {
				if err := c.svc.HandleSpread(c.Context(), tenant.House, raw); err != nil {
					c.Error(err)
				}
			})
		}
		wg.Wait()
		c.work(c.svc)
		c.work(other)
		if n := len(c.sink.got); n != 3 {
			c.Errorf("%d mails for three addresses", n)
		}
	})
}

// The process dies with kill -9 at each point of sending, and another goes on.
func TestDyingWhileSending(t *testing.T) {
	suite(t, func(c *centre) {
		for _, kind := range []news.Kind{news.Warning, news.Offer} {
			c.sink.got = nil
			p, err := c.svc.Write(c.Context(), "noda", piece(kind))
			must(c.T, err)
			must(c.T, c.svc.Send(c.Context(), "noda", p.ID, p.Revision))
			raw, _ := json.Marshal(map[string]string{"news": p.ID})
			must(c.T, c.svc.HandleSpread(c.Context(), tenant.House, raw))
			// After the server took it and before we wrote that down.
			owner := c.people["owner@sakura.example"]
			args, _ := json.Marshal(map[string]string{"news": p.ID, "what": "news", "to": owner})
			c.sink.fail = func(m *mail.Message) error {
				c.sink.got = append(c.sink.got, *m)
				panic("kill -9")
			}
			func() {
				defer func() { _ = recover() }()
				c.sink.mu = sync.Mutex{}
				_ = c.svc.HandleMail(c.Context(), c.sakura, args)
			}()
			c.sink.mu, c.sink.fail = sync.Mutex{}, nil
			next := c.open(nil)
			must(c.T, next.HandleMail(c.Context(), c.sakura, args))
			c.work(next)
			all := c.sink.to("owner@sakura.example")
			d, err := c.svc.Delivery(c.Context(), "noda", p.ID)
			must(c.T, err)
			switch kind {
			case news.Warning: // again, with the same id: shown once
				if len(all) != 2 || all[0].ID != all[1].ID {
					c.Errorf("warning: %d mails", len(all))
				}
			case news.Offer:
				if len(all) != 1 || d.States["unknown"] != 1 {
					c.Errorf("offer: %d mails, %v", len(all), d.States)
				}
			}
			if n := len(c.sink.to("member@sakura.example")) + len(c.sink.to("alice@fuji.example")); n != 2 {
				c.Errorf("%s: the others got %d", kind, n)
			}
		}
	})
}

// dying is a clock that ends a process when it was asked so often.
type dying struct {
	*clock.Fake
	left int
	die  func()
}

func (d *dying) Now() time.Time {
	if d.left--; d.left == 0 {
		d.die()
	}
	return d.Fake.Now()
}

// The process dies at each point of giving a piece to its companies, and another goes on: each address gets it once.
func TestDyingBetweenCompanies(t *testing.T) {
	suite(t, func(c *centre) {
		cut := 0
		for point := 1; point <= 8; point++ {
			c.sink.got = nil
			p, err := c.svc.Write(c.Context(), "noda", piece(news.Warning))
			must(c.T, err)
			must(c.T, c.svc.Send(c.Context(), "noda", p.ID, p.Revision))
			raw, _ := json.Marshal(map[string]string{"news": p.ID})
			ctx, die := context.WithCancel(c.Context())
			half := c.open(func(cfg *news.Config) { cfg.Clock = &dying{c.clock, point, die} })
			if err := half.HandleSpread(ctx, tenant.House, raw); err != nil {
				cut++
			}
			die()
			c.work(c.open(nil))
			for _, email := range []string{"owner@sakura.example", "member@sakura.example", "alice@fuji.example"} {
				if n := len(c.sink.to(email)); n != 1 {
					c.Errorf("dead at point %d: %s got %d", point, email, n)
				}
			}
		}
		if cut < 4 {
			c.Errorf("it died %d times only", cut)
		}
	})
}

func TestTheSecondLook(t *testing.T) {
	suite(t, func(c *centre) {
		svc := c.open(func(cfg *news.Config) { cfg.SecondLook = true })
		p, err := svc.Write(c.Context(), "noda", piece(news.Warning))
		must(c.T, err)
		must(c.T, svc.Send(c.Context(), "mori", p.ID, p.Revision))
		c.work(svc)
		if len(c.sink.got) != 0 {
			c.Fatal("it went out after one look")
		}
		if _, err := svc.Write(c.Context(), "noda", news.Piece{ID: p.ID, Revision: p.Revision + 1, Kind: news.Warning, Title: map[string]string{}, Body: map[string]string{}}); !errors.Is(err, news.ErrState) {
			c.Errorf("changed while it is looked at: %v", err)
		}
		for _, who := range []string{"noda", "mori"} {
			if err := svc.Approve(c.Context(), who, p.ID, p.Revision+1); !errors.Is(err, news.ErrSecond) {
				c.Errorf("%s approves: %v", who, err)
			}
		}
		if err := svc.Approve(c.Context(), "kato", p.ID, p.Revision); !errors.Is(err, news.ErrState) {
			c.Errorf("what was not seen: %v", err)
		}
		must(c.T, svc.Approve(c.Context(), "kato", p.ID, p.Revision+1))
		c.work(svc)
		if len(c.sink.got) != 3 {
			c.Errorf("%d mails", len(c.sink.got))
		}
	})
}

func TestWhatGoesOutLater(t *testing.T) {
	suite(t, func(c *centre) {
		p := piece(news.Notice)
		p.SendAt = c.clock.Now().Add(48 * time.Hour)
		p, err := c.svc.Write(c.Context(), "noda", p)
		must(c.T, err)
		must(c.T, c.svc.Send(c.Context(), "noda", p.ID, p.Revision))
		c.work(c.svc)
		must(c.T, c.svc.Back(c.Context(), "mori", p.ID, p.Revision+1))
		c.clock.Advance(49 * time.Hour)
		c.work(c.svc)
		if len(c.sink.got) != 0 {
			c.Fatal("what was taken back went out")
		}
		must(c.T, c.svc.Send(c.Context(), "noda", p.ID, p.Revision+2))
		c.work(c.svc)
		if len(c.sink.got) != 3 {
			c.Errorf("%d mails", len(c.sink.got))
		}
		if err := c.svc.Back(c.Context(), "noda", p.ID, p.Revision+5); !errors.Is(err, news.ErrState) {
			c.Errorf("back after sending: %v", err)
		}
	})
}

func TestAudiences(t *testing.T) {
	suite(t, func(c *centre) {
		devices := device.New(device.Config{Store: c.s, Clock: c.clock})
		must(c.T, c.s.Write(c.Context(), c.fuji, func(tx *store.Tx) error {
			_, _, err := devices.Inside(tx, &device.Box{ID: "b"}, wire.Device{MAC: "02:00:00:00:00:01"}, &wire.Inside{First: c.clock.Now(), Last: c.clock.Now(), Maker: "Mihon Electric Co., Ltd.", Model: wire.Guess{ID: "WR-100HP"}}, c.clock.Now())
			return err
		}))
		f := func(name string, a news.Audience, companies, addresses int) {
			c.Helper()
			p := piece(news.Warning)
			p.Audience = a
			r, err := c.svc.Reach(c.Context(), "noda", &p)
			must(c.T, err)
			if r.Companies != companies || r.Addresses != addresses {
				c.Errorf("%s: %d companies, %d addresses", name, r.Companies, r.Addresses)
			}
		}
		f("everybody", news.Audience{}, 2, 3)
		f("Osaka", news.Audience{Regions: []string{"27", "28"}}, 1, 2)
		f("industry", news.Audience{Industries: []string{"manufacturing"}}, 1, 1)
		f("both, which nobody is", news.Audience{Regions: []string{"27"}, Industries: []string{"manufacturing"}}, 0, 0)
		f("maker", news.Audience{Maker: "ＭＩＨＯＮ electric"}, 1, 1)
		f("model in wide letters, with another hyphen", news.Audience{Model: "ｗｒー１００"}, 1, 1)
		f("another model", news.Audience{Maker: "Mihon", Model: "WR-200"}, 0, 0)
		f("plan that nobody signed", news.Audience{Plans: []string{"2026-12"}}, 0, 0)
	})
}

// One click ends promotions, not warnings; links of others and for other things open nothing.
func TestLeaving(t *testing.T) {
	suite(t, func(c *centre) {
		p := c.sent(piece(news.Offer))
		m := c.sink.to("member@sakura.example")[0]
		token := m.Unsubscribe[strings.LastIndexByte(m.Unsubscribe, '/')+1:]
		for _, want := range []string{"みほん商工会議所", "大阪府大阪市みほん区1-1", "050-0000-0000", m.Unsubscribe} {
			if !strings.Contains(m.Text, want) || !strings.Contains(m.HTML, strings.ReplaceAll(want, "+", "&#43;")) {
				c.Errorf("the law wants %q in the mail", want)
			}
		}
		l, err := c.svc.Leaver(c.Context(), token)
		must(c.T, err)
		if l.Off || l.Name != "鈴木 一郎" {
			c.Errorf("%+v", l)
		}
		other := c.sink.to("alice@fuji.example")[0].Unsubscribe
		other = other[strings.LastIndexByte(other, '/')+1:]
		first, mac, _ := strings.Cut(token, ".")
		theirs, _, _ := strings.Cut(other, ".")
		for name, bad := range map[string]string{"nothing": "", "no seal": first, "the seal of another": theirs + "." + mac, "cut": token[:len(token)-1], "longer": token + "A", "long": strings.Repeat("A", 10_000), "words": "a.b", "zero": "AA\x00.AA"} {
			if err := c.svc.Leave(c.Context(), bad, false); !errors.Is(err, store.ErrNotFound) {
				c.Errorf("%s: %v", name, err)
			}
		}
		if _, err := c.svc.Invited(c.Context(), token); !errors.Is(err, store.ErrNotFound) {
			c.Errorf("a link for something else: %v", err)
		}
		for range 2 { // mail programs press twice
			must(c.T, c.open(nil).Leave(c.Context(), token, false))
		}
		c.sink.got = nil
		c.sent(piece(news.Offer))
		c.sent(piece(news.Warning))
		if all := c.sink.to("member@sakura.example"); len(all) != 1 || !strings.Contains(all[0].Subject, "注意喚起") {
			c.Errorf("after leaving: %+v", all)
		}
		if n := len(c.sink.to("owner@sakura.example")); n != 2 {
			c.Errorf("a colleague got %d", n)
		}
		must(c.T, c.svc.Leave(c.Context(), token, true))
		c.sink.got = nil
		c.sent(piece(news.Offer))
		if len(c.sink.to("member@sakura.example")) != 1 {
			c.Error("again, and nothing came")
		}
		_ = p
	})
}

// Who ends promotions between the button and the mail gets none.
func TestLeavingOnTheWay(t *testing.T) {
	suite(t, func(c *centre) {
		p, err := c.svc.Write(c.Context(), "noda", piece(news.Offer))
		must(c.T, err)
		must(c.T, c.svc.Send(c.Context(), "noda", p.ID, p.Revision))
		raw, _ := json.Marshal(map[string]string{"news": p.ID})
		must(c.T, c.svc.HandleSpread(c.Context(), tenant.House, raw))
		must(c.T, c.svc.Choose(c.Context(), c.fuji, c.people["alice@fuji.example"], c.people["alice@fuji.example"], true, false))
		c.work(c.svc)
		if n := len(c.sink.to("alice@fuji.example")); n != 0 {
			c.Errorf("%d mails", n)
		}
	})
}

func TestSomebodyAlwaysGetsWarnings(t *testing.T) {
	suite(t, func(c *centre) {
		owner, member := c.people["owner@sakura.example"], c.people["member@sakura.example"]
		must(c.T, c.svc.Choose(c.Context(), c.sakura, owner, member, false, false))
		if err := c.svc.Choose(c.Context(), c.sakura, owner, owner, false, true); !errors.Is(err, news.ErrLast) {
			c.Errorf("the last one: %v", err)
		}
		if err := c.svc.Choose(c.Context(), c.fuji, "x", owner, true, true); !errors.Is(err, store.ErrNotFound) {
			c.Errorf("another company's person: %v", err)
		}
		must(c.T, c.svc.Choose(c.Context(), c.sakura, owner, member, true, false))
		must(c.T, c.svc.Choose(c.Context(), c.sakura, owner, owner, false, true))
		must(c.T, c.tenants.RemovePerson(c.Context(), owner, c.sakura, member)) // the one who was chosen leaves
		c.sent(piece(news.Warning))
		if n := len(c.sink.to("owner@sakura.example")); n != 1 {
			c.Errorf("nobody is left, and the owner got %d", n)
		}
	})
}

func TestMailsThatAreRefusedOrComeBack(t *testing.T) {
	suite(t, func(c *centre) {
		tries := 0
		c.sink.fail = func(m *mail.Message) error {
			switch {
			case m.To.Email == "member@sakura.example":
				return fmt.Errorf("%w: 550 5.1.1 no such user", mail.ErrPermanent)
			case m.To.Email == "alice@fuji.example" && tries == 0:
				tries++
				return fmt.Errorf("%w: 451 later", mail.ErrTemporary)
			}
			return nil
		}
		p, err := c.svc.Write(c.Context(), "noda", piece(news.Warning))
		must(c.T, err)
		must(c.T, c.svc.Send(c.Context(), "noda", p.ID, p.Revision))
		c.work(c.svc)
		c.clock.Advance(time.Minute)
		c.work(c.svc)
		d, err := c.svc.Delivery(c.Context(), "noda", p.ID)
		must(c.T, err)
		if diff := cmp.Diff(map[string]int{"sent": 2, "refused": 1}, d.States); diff != "" {
			c.Error(diff)
		}
		owner := c.sink.to("owner@sakura.example")[0]
		report := bounce(owner.ID, "owner@sakura.example", "failed", "5.1.1")
		for name, raw := range map[string]string{"of another mail": bounce("news.guessed@news.example.jp", "owner@sakura.example", "failed", "5.1.1"), "no report": "From: a@b\r\n\r\nhi " + owner.ID} {
			if ours, err := c.svc.Bounced(c.Context(), []byte(raw)); ours || err != nil {
				c.Errorf("%s: %v, %v", name, ours, err)
			}
		}
		for _, raw := range []string{bounce(owner.ID, "owner@sakura.example", "delayed", "4.4.7"), report, report} {
			if ours, err := c.svc.Bounced(c.Context(), []byte(raw)); !ours || err != nil {
				c.Errorf("%v, %v", ours, err)
			}
		}
		d, err = c.svc.Delivery(c.Context(), "noda", p.ID)
		must(c.T, err)
		if d.States["bounced"] != 1 || len(d.Troubled) != 2 {
			c.Errorf("%+v", d)
		}
		broken, err := c.svc.Broken(c.Context(), "noda")
		must(c.T, err)
		if len(broken) != 2 || !slices.ContainsFunc(broken, func(b news.Broken) bool {
			return b.Email == "owner@sakura.example" && strings.HasPrefix(b.Answer, "5.1.1")
		}) {
			c.Errorf("%+v", broken)
		}
		// Offers do not go there, which is said; warnings do.
		c.sink.fail, c.sink.got = nil, nil
		o := c.sent(piece(news.Offer))
		d, err = c.svc.Delivery(c.Context(), "noda", o.ID)
		must(c.T, err)
		if len(c.sink.got) != 1 || d.States["held"] != 2 {
			c.Errorf("%d mails, %v", len(c.sink.got), d.States)
		}
		c.sent(piece(news.Warning))
		if len(c.sink.got) != 4 {
			c.Errorf("warnings: %d mails", len(c.sink.got))
		}
		must(c.T, c.svc.Repaired(c.Context(), "noda", c.sakura, "Owner@sakura.example"))
		if broken, err = c.svc.Broken(c.Context(), "noda"); err != nil || len(broken) != 1 {
			c.Errorf("%v, %v", broken, err)
		}
	})
}

func bounce(id, to, action, status string) string {
	return strings.ReplaceAll(`From: MAILER-DAEMON@mx.example
To: news@news.example.jp
Subject: Undelivered
Content-Type: multipart/report; report-type=delivery-status; boundary=b
MIME-Version: 1.0

--b
Content-Type: text/plain

no
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; `+to+`
Action: `+action+`
Status: `+status+`
Diagnostic-Code: smtp; 550 no such user

--b
Content-Type: text/rfc822-headers

From: news@news.example.jp
Message-ID: <`+id+`>

--b--
`, "\n", "\r\n")
}

func TestNothingIsInjected(t *testing.T) {
	suite(t, func(c *centre) {
		p := piece(news.Warning)
		p.Title["ja"] = "題\r\nBcc: x@evil.example"
		p.Body["ja"] = "<script>alert(1)</script> <img src=x onerror=alert(1)>\n\n[押す](javascript:alert(1)) https://evil.example/\"onmouseover=\"x\n\u202e逆"
		_, err := c.svc.Write(c.Context(), "noda", p)
		var bad news.FormError
		if !errors.As(err, &bad) || bad["body_ja"] == "" {
			c.Errorf("a text that turns its direction: %v", err)
		}
		p.Body["ja"] = strings.ReplaceAll(p.Body["ja"], "\u202e", "")
		p, err = c.svc.Write(c.Context(), "noda", p)
		must(c.T, err)
		if strings.ContainsAny(p.Title["ja"], "\r\n") {
			c.Errorf("title %q", p.Title["ja"])
		}
		m, err := c.svc.Preview(&p, "ja")
		must(c.T, err)
		if strings.Contains(m.HTML, "<script") || strings.Contains(m.HTML, "<img") || strings.Contains(m.HTML, `href="javascript`) || strings.Contains(m.HTML, `"onmouseover`) || strings.ContainsAny(m.Subject, "\r\n") {
			c.Errorf("%s\n%s", m.Subject, m.HTML)
		}
		must(c.T, c.svc.Send(c.Context(), "noda", p.ID, p.Revision))
		c.work(c.svc)
		for _, m := range c.sink.got {
			if strings.ContainsAny(m.Subject+m.To.Name+m.Unsubscribe, "\r\n") {
				c.Errorf("%q", m.Subject)
			}
		}
	})
}

// The source says the same twice, then something else.
func TestFeedsMakeDraftsAndNeverMails(t *testing.T) {
	suite(t, func(c *centre) {
		say, status := "直してください", http.StatusOK
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			fmt.Fprintf(w, `<rss version="2.0"><channel><item><title>ルーターの問題</title><guid>1</guid><link>https://a.example/1</link><description>%s</description><pubDate>Fri, 20 Nov 2026 10:00:00 +0900</pubDate></item>
				<item><title>昔の話</title><guid>2</guid><pubDate>Fri, 20 Nov 2020 10:00:00 +0900</pubDate></item></channel></rss>`, say)
		}))
		defer server.Close()
		svc := c.open(func(cfg *news.Config) {
			cfg.Sources, cfg.Client = []bulletin.Source{{Name: "police", Kind: bulletin.KindRSS, URL: server.URL}}, bulletin.NewClient(true)
		})
		ask := func() []news.Piece {
			c.Helper()
			must(c.T, svc.Plan(c.Context()))
			c.work(svc)
			all, err := svc.Pieces(c.Context(), news.Draft)
			must(c.T, err)
			return all
		}
		all := ask()
		if len(all) != 1 || all[0].Source != "police" || all[0].URL != "https://a.example/1" || all[0].Title["ja"] != "ルーターの問題" || all[0].Changed {
			c.Fatalf("%+v", all)
		}
		if all = ask(); len(all) != 1 || all[0].Changed {
			c.Fatalf("the same twice: %+v", all)
		}
		say = "急いで直してください"
		if all = ask(); len(all) != 1 || !all[0].Changed || !strings.HasPrefix(all[0].Body["ja"], say) {
			c.Fatalf("changed: %+v", all)
		}
		one := all[0]
		one.Body["ja"] = "やさしい言葉"
		one, err := svc.Write(c.Context(), "noda", one)
		must(c.T, err)
		say = "さらに変わった"
		if all = ask(); len(all) != 1 || !all[0].Changed || all[0].Body["ja"] != "やさしい言葉" || all[0].Revision != one.Revision {
			c.Fatalf("an operator's words are lost: %+v", all)
		}
		must(c.T, svc.Drop(c.Context(), "noda", one.ID, one.Revision))
		if all = ask(); len(all) != 0 {
			c.Errorf("put away, and there again: %+v", all)
		}
		status = http.StatusServiceUnavailable
		ask()
		feeds, err := svc.Feeds(c.Context())
		must(c.T, err)
		if len(feeds) != 1 || feeds[0].Fault == "" || feeds[0].Good.IsZero() {
			c.Errorf("%+v", feeds)
		}
		if len(c.sink.got) != 0 {
			c.Errorf("%d mails by themselves", len(c.sink.got))
		}
	})
}
