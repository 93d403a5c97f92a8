package notify

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/contract"
	"otasuke/centre/internal/device"
	"otasuke/centre/internal/dispatch"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/mail"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/content/offer"
	"otasuke/internal/ja"
	"otasuke/internal/uitest"
)

var _ Contracts = (*contract.Service)(nil)

// cabled are boxes as they are connected in the course of a test.
type cabled struct{ all []device.Box }

func (c *cabled) Boxes(context.Context, string) ([]device.Box, error) { return c.all, nil }

// life is a centre in which somebody applies, with the real rooms and their queue.
type life struct {
	*office
	people    *tenant.Service
	contracts *contract.Service
	visits    *dispatch.Service
	boxes     *cabled
	lang      string
	dir       string // for pictures; may be empty
	seen      int
}

// lives runs a test in both languages on SQLite, where it may draw, and in Japanese on PostgreSQL.
func lives(t *testing.T, fn func(l *life)) {
	t.Helper()
	t.Parallel()
	schemas := []store.Schema{tenant.Schema(), Schema(), job.Schema(), attach.Schema(), contract.Schema(), dispatch.Schema()}
	for _, lang := range []string{ja.Japanese, ja.English} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			storetest.Run(t, func(t *testing.T, s *store.Store) {
				o := newOffice(t, s)
				o.clock.Set(time.Date(2026, 11, 24, 10, 0, 0, 0, ja.Zone))
				l := &life{office: o, people: o.cfg.Companies.(*tenant.Service), boxes: &cabled{}, lang: lang}
				if s.Engine() == store.SQLite {
					l.dir = os.Getenv(uitest.Variable)
				}
				l.ok(l.people.EnsureHouse(t.Context(), "みほん商工会議所"))
				_, err := l.people.AddPerson(t.Context(), "test", tenant.Person{TenantID: tenant.House, Email: "noda@centre.example.jp", Name: "野田", Role: tenant.RoleOperator, Lang: tenant.Lang(lang)})
				l.ok(err)
				book, err := offer.Load()
				l.ok(err)
				l.contracts = contract.New(contract.Config{Store: s, Companies: l.people, Boxes: l.boxes, Offers: book, Clock: o.clock})
				l.visits = dispatch.New(dispatch.Config{Store: s, Clock: o.clock})
				o.cfg.Contracts, o.cfg.Visits, o.cfg.Logins, o.cfg.Console = l.contracts, l.visits, l.people, "https://console.example.jp"
				o.cfg.Hours = map[string]string{"ja": "平日 9:00〜17:30", "en": "weekdays 9:00 to 17:30"}
				fn(l)
			}, schemas...)
		})
	}
}

func (l *life) ok(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

// work does all jobs that are due, as the centre's queue does.
func (l *life) work() {
	l.t.Helper()
	q := job.New(job.Config{Store: l.cfg.Store, Clock: l.clock, Poll: 5 * time.Millisecond})
	for kind, fn := range map[string]job.Handler{contract.KindTell: l.HandleContract, contract.KindFound: l.contracts.HandleFound, contract.KindRemind: l.contracts.HandleRemind, contract.KindWatch: l.contracts.HandleWatch, contract.KindEnd: l.contracts.HandleEnd,
		tenant.KindTell: l.HandleLogin, dispatch.KindOffer: l.HandleOffer, dispatch.KindTell: l.HandleVisit, dispatch.KindDue: l.visits.HandleDue} {
		q.Handle(kind, fn)
	}
	ctx, cancel := context.WithCancel(l.t.Context())
	done := make(chan error, 1)
	go func() { done <- q.Run(ctx) }()
	deadline := time.Now().Add(30 * time.Second)
	for due := 1; due > 0; {
		if time.Now().After(deadline) {
			l.t.Fatal("jobs do not end")
		}
		<-time.After(5 * time.Millisecond) // the queue's own poll
		l.ok(l.cfg.Store.GlobalRead(ctx, func(tx *store.GlobalTx) error {
			return tx.QueryRow(`SELECT count(*) FROM job WHERE state = 'running' OR state = 'waiting' AND run_at <= $1`, store.Micros(l.clock.Now())).Scan(&due)
		}))
	}
	cancel()
	l.ok(<-done)
}

// later works after some time has gone by.
func (l *life) later(d time.Duration) {
	l.t.Helper()
	l.clock.Advance(d)
	l.work()
}

// got is the one mail that came to an address since the last call, with these words in it; it is drawn under a name.
func (l *life) got(name, to string, says ...string) mail.Message {
	l.t.Helper()
	var its []mail.Message
	for _, m := range l.post.mails[l.seen:] {
		if m.To.Email == to {
			its = append(its, m)
		}
	}
	if len(its) != 1 {
		l.t.Fatalf("%s: %d mails to %s: %+v", name, len(its), to, l.post.mails[l.seen:])
	}
	m := its[0]
	for _, word := range says {
		if !strings.Contains(m.Subject+"\n"+m.Text, word) {
			l.t.Errorf("%s: no %q in %s\n%s", name, word, m.Subject, m.Text)
		}
	}
	if strings.Contains(m.Subject+m.Text, "apply.mail_") || strings.Contains(m.Subject+m.Text, "dispatch.mail_") || strings.ContainsAny(m.Subject, "\r\n{}") {
		l.t.Errorf("%s: %s\n%s", name, m.Subject, m.Text)
	}
	if l.dir != "" {
		uitest.Mail(l.t, uitest.Letter(m.To.Email, m.Subject, m.Text), filepath.Join(l.dir, fmt.Sprintf("mail-%s-360-%s.png", name, l.lang)))
	}
	return m
}

// next forgets the mails so far.
func (l *life) next() { l.seen = len(l.post.mails) }

// none fails when somebody was written to.
func (l *life) none(what string) {
	l.t.Helper()
	if n := len(l.post.mails) - l.seen; n > 0 {
		l.t.Errorf("%s: %d mails: %+v", what, n, l.post.mails[l.seen:])
	}
}

const (
	applicant = "sato@metal.example.jp"
	deskMail  = "noda@centre.example.jp"
)

func (l *life) enter() (token string) {
	l.t.Helper()
	token, err := l.contracts.Enter(l.t.Context(), contract.Form{Company: "株式会社佐藤金属", Kana: "サトウキンゾク", Industry: "manufacturing", PCs: "6", Line: "fibre", Router: "own", Contact: "佐藤 花子", ContactKana: "サトウハナコ", Email: applicant, Phone: "06-1234-5678",
		Postcode: "540-0029", Address: "大阪府大阪市中央区本町橋2-8", Passphrase: "ぶどう棚", Consents: []string{"addresses", "names", "files", "devices", "partners"}, Agreed: true, Lang: l.lang})
	l.ok(err)
	return token
}

// TestLettersOfAContract goes through the life of a contract, from the form to the box that is back: each step is one mail to who has to know,
// with what is to be done now, a form that does not come is asked for, and two of the desk who accept at the same moment make one customer.
func TestLettersOfAContract(t *testing.T) {
	lives(t, func(l *life) {
		t, ctx := l.t, l.t.Context()
		day := 24 * time.Hour
		token := l.enter()
		l.work()
		l.none("a form that was not sent")
		l.ok(l.contracts.Submit(ctx, token))
		l.work()
		page := regexp.MustCompile(`https://portal\.example\.jp/apply/(\S+)`)
		link := page.FindStringSubmatch(l.got("apply-papers", applicant, "ぶどう棚").Text)
		l.got("apply-staff", deskMail, "株式会社佐藤金属")
		if link == nil || link[1] == token {
			t.Fatalf("the mail's link is %q", link)
		}
		a, _, err := l.contracts.ByToken(ctx, link[1])
		l.ok(err)
		for _, forged := range []string{"", "x", strings.ToUpper(link[1]), link[1] + "x", a.ID, a.Number} {
			if _, _, err := l.contracts.ByToken(ctx, forged); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("forged link %q: %v", forged, err)
			}
		}
		l.next()
		l.later(7*day + time.Minute)
		l.got("apply-remind", applicant, a.Number)
		l.next()
		l.ok(l.contracts.Tick(ctx, a.ID, "noda"))
		l.work()
		l.got("apply-review", applicant)
		l.next()
		l.ok(l.contracts.SendBack(ctx, a.ID, "noda", "印影が切れています"))
		l.work()
		l.got("apply-back", applicant, "印影が切れています")
		l.ok(l.contracts.Tick(ctx, a.ID, "noda"))
		l.work()
		l.next()
		errs := make([]error, 2)
		var both sync.WaitGroup
		for i := range errs {
			both.Go(func() { errs[i] = l.contracts.Accept(ctx, a.ID, fmt.Sprint("staff ", i), contract.Accepted{}) })
		}
		both.Wait()
		if (errs[0] == nil) == (errs[1] == nil) || !errors.Is(errors.Join(errs...), contract.ErrState) {
			t.Fatalf("accepted by two at once: %v", errs)
		}
		l.work()
		var toApplicant int
		for _, m := range l.post.mails[l.seen:] {
			if m.To.Email == applicant {
				toApplicant++
			}
		}
		if toApplicant != 2 {
			t.Errorf("%d mails, want the contract and the invitation", toApplicant)
		}
		all, err := l.contracts.All(ctx, "test", "test", contract.Contracted)
		l.ok(err)
		if len(all) != 1 {
			t.Fatalf("%d contracts", len(all))
		}
		c := all[0]
		owner, err := l.people.Join(ctx, regexp.MustCompile(`/join/(\S+)`).FindStringSubmatch(fmt.Sprint(l.post.mails[l.seen:]))[1], "佐藤 花子", "correct horse battery staple")
		l.ok(err)
		l.next()
		l.ok(l.cfg.Store.Write(ctx, c.TenantID, func(tx *store.Tx) error {
			return l.contracts.Advance(tx, c.ID, contract.Shipped, "noda", "yamato 123456789012") // as the parcels' room says it
		}))
		l.work()
		l.got("apply-shipped", applicant, map[string]string{ja.Japanese: "お荷物: ヤマト運輸 1234-5678-9012", ja.English: "Parcel: Yamato 1234-5678-9012"}[l.lang])
		l.next()
		l.boxes.all = []device.Box{{Claimed: l.clock.Now()}}
		l.later(11 * time.Minute)
		l.got("apply-installed", applicant)
		l.next()
		l.boxes.all[0].LastSeen = l.clock.Now().Add(time.Minute)
		l.later(11 * time.Minute)
		l.got("apply-active", applicant)
		l.next()
		l.later(400 * day)
		l.none("while all is well")
		l.ok(l.contracts.AskEnd(ctx, c.TenantID, c.ID, owner.ID, ""))
		l.ok(l.contracts.AskEnd(ctx, c.TenantID, c.ID, owner.ID, "twice"))
		l.work()
		l.got("apply-ending", applicant)
		l.next()
		l.later(62 * day)
		l.got("apply-ended", applicant)
		l.next()
		l.ok(l.cfg.Store.Write(ctx, c.TenantID, func(tx *store.Tx) error { return l.contracts.Advance(tx, c.ID, contract.Returned, "noda", "") }))
		l.work()
		l.got("apply-returned", applicant)
		l.next()
		if _, steps, _, err := l.contracts.Contract(ctx, c.TenantID, c.ID); err != nil || len(steps) != 7 {
			t.Errorf("the log has %d steps: %+v, %v", len(steps), steps, err)
		}
		// Nobody sends the paper of another: two reminders, and that it has ended.
		token = l.enter()
		l.ok(l.contracts.Submit(ctx, token))
		l.work()
		l.next()
		l.later(91 * day)
		l.later(day)
		var last mail.Message
		for _, m := range l.post.mails[l.seen:] {
			last = m
		}
		l.seen = len(l.post.mails) - 1
		if a, _, err := l.contracts.ByToken(ctx, token); err == nil && a.State != contract.Withdrawn {
			t.Errorf("after 92 days: %s, last mail %s", a.State, last.Subject)
		}
		l.got("apply-late", applicant, "90")
		token = l.enter()
		l.ok(l.contracts.Submit(ctx, token))
		l.work()
		l.next()
		l.ok(l.contracts.Withdraw(ctx, token))
		l.work()
		l.got("apply-withdrawn", applicant)
	})
}
