package desk_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/desk"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/mail"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	content "otasuke/content/desk"
	"otasuke/content/text"
	"otasuke/internal/clock"
	"otasuke/internal/ja"
)

// start is Friday 20 November 2026, 16:30 in Japan: the desk closes in an hour, for three days.
var start = time.Date(2026, 11, 20, 16, 30, 0, 0, ja.Zone)

// outbox is where mails go.
type outbox struct {
	mails []mail.Message
	err   error
}

func (o *outbox) Send(_ context.Context, m mail.Message) error {
	if o.err == nil {
		o.mails = append(o.mails, m)
	}
	return o.err
}

type room struct {
	*testing.T
	s          *store.Store
	clock      *clock.Fake
	svc        *desk.Service
	tenants    *tenant.Service
	out        *outbox
	own, decoy string
	hanako     tenant.Person
	staff      tenant.Person
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func suite(t *testing.T, fn func(r *room)) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) { fn(open(t, s, "")) }, tenant.Schema(), job.Schema(), attach.Schema(), desk.Schema())
}

func open(t *testing.T, s *store.Store, clamd string) *room {
	t.Helper()
	r := &room{T: t, s: s, clock: clock.NewFake(start), out: &outbox{}}
	r.tenants = tenant.New(tenant.Config{Store: s, Clock: r.clock})
	must(t, r.tenants.EnsureHouse(t.Context(), "みなと商工会議所"))
	var err error
	r.own, err = r.tenants.CreateCompany(t.Context(), "system", tenant.Company{Name: "株式会社佐藤製作所", Passphrase: "みかん山"})
	must(t, err)
	r.decoy, err = r.tenants.CreateCompany(t.Context(), "system", tenant.Company{Name: "Decoy"})
	must(t, err)
	r.hanako = tenant.Person{TenantID: r.own, Email: "hanako@sato.example", Name: "佐藤 花子", Role: tenant.RoleOwner}
	r.hanako.ID, err = r.tenants.AddPerson(t.Context(), "system", r.hanako)
	must(t, err)
	r.staff = tenant.Person{ID: "op", TenantID: tenant.House, Name: "窓口 三郎"}
	book, err := content.Load()
	must(t, err)
	texts, err := text.Load()
	must(t, err)
	r.svc = desk.New(desk.Config{Store: s, People: r.tenants, Book: book, Texts: texts, Sender: r.out, Domain: "centre.example", Own: []string{"desk@centre.example"}, Phone: "050-1234-5678", Portal: "https://portal.example", Clamd: clamd, Clock: r.clock})
	return r
}

// work does the jobs that wait, as the queue does, and returns the errors of those that failed.
func (r *room) work() (failed []error) {
	r.Helper()
	handlers := map[string]job.Handler{desk.KindRead: r.svc.HandleRead, desk.KindSend: r.svc.HandleSend, desk.KindScan: r.svc.HandleScan}
	for range 10 {
		n := 0
		for _, owner := range []string{tenant.House, r.own, r.decoy} {
			type one struct{ id, kind, args string }
			var jobs []one
			must(r.T, r.s.Read(r.Context(), owner, func(tx *store.Tx) (err error) {
				jobs, err = store.Collect[one](tx.Query(`SELECT id, kind, args FROM job WHERE owner = $1 AND state = 'waiting' ORDER BY id`))(func(scan func(...any) error) (j one, err error) {
					err = scan(&j.id, &j.kind, &j.args)
					return j, err
				})
				return err
			}))
			for _, j := range jobs {
				h := handlers[j.kind]
				if h == nil {
					continue
				}
				if err := h(r.Context(), owner, json.RawMessage(j.args)); err != nil {
					failed = append(failed, err)
					continue
				}
				n++
				must(r.T, r.s.Write(r.Context(), owner, func(tx *store.Tx) error {
					_, err := tx.Exec(`DELETE FROM job WHERE owner = $1 AND id = $2`, j.id)
					return err
				}))
			}
		}
		if n == 0 || len(failed) > 0 {
			return failed
		}
	}
	return failed
}

// mail is one as it comes, with what stands in its header.
func letter(body string, head ...string) []byte {
	return []byte(strings.Join(head, "\r\n") + "\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + body + "\r\n")
}

func (r *room) comes(raw []byte) {
	r.Helper()
	must(r.T, r.svc.Take(r.Context(), raw, false))
	if failed := r.work(); len(failed) > 0 {
		r.Fatal(failed)
	}
}

func (r *room) tickets(tenantID string) []desk.Ticket {
	r.Helper()
	all, err := r.svc.Tickets(r.Context(), tenantID)
	must(r.T, err)
	return all
}

func (r *room) thread(t desk.Ticket) (desk.Ticket, []desk.Message) {
	r.Helper()
	t, all, err := r.svc.Ticket(r.Context(), t.TenantID, t.ID, true)
	must(r.T, err)
	return t, all
}

// A customer writes, the desk answers, the customer answers that, and it is one thread in both mailboxes.
func TestAThreadByMail(t *testing.T) {
	suite(t, func(r *room) {
		r.comes(letter("画面が固まりました。", "From: Hanako <Hanako@SATO.example>", "Subject: 画面について", "Message-ID: <m1@sato.example>"))
		all := r.tickets(r.own)
		if len(all) != 1 || len(r.tickets(tenant.House)) != 0 {
			r.Fatalf("%+v", all)
		}
		one := all[0]
		// Friday 16:30, four opening hours: three hours into Tuesday, since Monday is a holiday.
		if want := time.Date(2026, 11, 24, 12, 0, 0, 0, ja.Zone); one.State != desk.Fresh || len(one.Number) != 7 || one.PersonID != r.hanako.ID || !one.ByAddress || one.Email != "hanako@sato.example" || !one.Due.Equal(want) {
			r.Errorf("%+v", one)
		}
		if len(r.out.mails) != 1 {
			r.Fatalf("%d mails", len(r.out.mails))
		}
		ack := r.out.mails[0]
		if ack.To.Email != "hanako@sato.example" || !strings.Contains(ack.Subject, "[相談 "+one.Number+"]") || !slices.Equal(ack.References, []string{"m1@sato.example"}) || !strings.Contains(ack.Text, "みかん山") || !strings.Contains(ack.Text, "11月24日(火) 12:00") || ack.Personal {
			r.Errorf("%+v", ack)
		}
		r.clock.Advance(10 * time.Minute)
		must(r.T, r.svc.Answer(r.Context(), r.own, one.ID, r.staff, "LAN ケーブルを抜いてください。", true))
		if failed := r.work(); len(failed) > 0 {
			r.Fatal(failed)
		}
		answer := r.out.mails[1]
		if !answer.Personal || !strings.Contains(answer.Text, "LAN ケーブル") || !slices.Equal(answer.References, []string{"m1@sato.example"}) || !strings.HasSuffix(answer.ID, "@centre.example") {
			r.Errorf("%+v", answer)
		}
		one, said := r.thread(one)
		if took, ok := r.svc.FirstAnswer(&one); one.State != desk.Waiting || !ok || took != 10*time.Minute || said[1].Sent != desk.SentOut {
			r.Errorf("%+v after %s, %+v", one, took, said)
		}
		// The answer to it comes with other words in the subject, and is known by the thread; one to the acknowledgement too.
		r.comes(letter("抜きました。", "From: hanako@sato.example", "Subject: Re:", "Message-ID: <m2@sato.example>", "In-Reply-To: <"+answer.ID+">"))
		r.comes(letter("もう一つ。", "From: hanako@sato.example", "Subject: x", "Message-ID: <m3@sato.example>", "References: <"+ack.ID+">"))
		// And by the number alone, full of marks that mail programs add.
		r.comes(letter("追伸。", "From: hanako@sato.example", "Subject: RE: Re: "+ack.Subject, "Message-ID: <m4@sato.example>"))
		if all := r.tickets(r.own); len(all) != 1 {
			r.Errorf("%d tickets", len(all))
		}
		one, said = r.thread(one)
		if len(said) != 5 || one.State != desk.Fresh || said[4].Text != "追伸。" {
			r.Errorf("%+v", said)
		}
		if len(r.out.mails) != 2 {
			r.Errorf("acknowledged again: %d mails", len(r.out.mails))
		}
		must(r.T, r.svc.Close(r.Context(), r.own, one.ID, "op", "解決しました"))
		r.clock.Advance(25 * time.Hour)
		r.comes(letter("また出ました。", "From: hanako@sato.example", "Subject: y", "Message-ID: <m5@sato.example>", "In-Reply-To: <"+answer.ID+">"))
		if one, _ = r.thread(one); one.State != desk.Fresh || one.Reason != "" || len(r.out.mails) != 3 {
			r.Errorf("not open again: %+v, %d mails", one, len(r.out.mails))
		}
		log, err := r.tenants.AuditLog(r.Context(), r.own, 100)
		must(r.T, err)
		for _, action := range []string{"desk.open", "desk.mail", "desk.answer", "desk.close"} {
			if !slices.ContainsFunc(log, func(e tenant.Entry) bool { return e.Action == action && e.Object == one.ID }) {
				r.Errorf("the company's record says nothing of %s", action)
			}
		}
	})
}

// The address of a mail opens no other company's ticket, and gets no answers that were meant for somebody else.
func TestAddressesProveNothing(t *testing.T) {
	suite(t, func(r *room) {
		r.comes(letter("a", "From: hanako@sato.example", "Subject: a", "Message-ID: <m1@sato.example>"))
		one := r.tickets(r.own)[0]
		r.comes(letter("b", "From: evil@evil.example", "Subject: Re: [相談 "+one.Number+"] a", "Message-ID: <e1@evil.example>"))
		if _, said := r.thread(one); len(said) != 1 {
			r.Errorf("a guessed number is enough: %+v", said)
		}
		if all := r.tickets(tenant.House); len(all) != 1 || all[0].PersonID != "" {
			r.Errorf("%+v", all)
		}
		// Who has a mail of the thread belongs to it, as far as one sees who it was.
		r.comes(letter("c", "From: friend@it.example", "Subject: a", "Message-ID: <e2@it.example>", "References: <m1@sato.example>"))
		_, said := r.thread(one)
		if len(said) != 2 || said[1].Address != "friend@it.example" || said[1].Who != "" {
			r.Fatalf("%+v", said)
		}
		before := len(r.out.mails)
		must(r.T, r.svc.Answer(r.Context(), r.own, one.ID, r.staff, "d", false))
		r.work()
		if got := r.out.mails[before:]; len(got) != 1 || got[0].To.Email != "hanako@sato.example" {
			r.Errorf("%+v", got)
		}
	})
}

// Machines that answer each other end with us.
func TestNoLoops(t *testing.T) {
	suite(t, func(r *room) {
		r.comes(letter("a", "From: hanako@sato.example", "Subject: a", "Message-ID: <m1@sato.example>"))
		one, sent := r.tickets(r.own)[0], len(r.out.mails)
		must(r.T, r.svc.Answer(r.Context(), r.own, one.ID, r.staff, "b", false))
		r.work()
		answer := r.out.mails[sent]
		r.comes(letter("不在です", "From: hanako@sato.example", "Subject: Auto", "Message-ID: <a1@sato.example>", "Auto-Submitted: auto-replied", "In-Reply-To: <"+answer.ID+">"))
		now, said := r.thread(one)
		if now.State != desk.Answered || len(said) != 3 || !said[2].Auto {
			r.Errorf("%+v %+v", now, said)
		}
		r.comes(letter("届きません", "From: MAILER-DAEMON@sato.example", "Return-Path: <>", "Subject: Undelivered", "Message-ID: <a2@sato.example>", "References: <"+answer.ID+">"))
		if now, _ = r.thread(one); now.State != desk.Fresh {
			r.Error("nobody hears that an answer did not arrive")
		}
		r.comes(letter("x", "From: desk@centre.example", "Subject: x", "Message-ID: <a3@centre.example>"))
		r.comes(letter("news", "From: news@shop.example", "Subject: Sale", "List-Id: <x>", "Message-ID: <a4@shop.example>"))
		if len(r.out.mails) != sent+1 {
			r.Errorf("answered: %+v", r.out.mails[sent+1:])
		}
		// A machine that says nothing about itself and begins a new thread each time.
		for i := range 20 {
			r.comes(letter("x", "From: robot@robot.example", fmt.Sprintf("Subject: ticket %d", i), fmt.Sprintf("Message-ID: <r%d@robot.example>", i)))
		}
		if n := len(r.out.mails) - sent - 1; n != 5 {
			r.Errorf("%d acknowledgements", n)
		}
		if n := len(r.tickets(tenant.House)); n != 22 {
			r.Errorf("%d tickets: something was lost", n)
		}
	})
}

// A mail is kept before it is acknowledged to who brought it, and dying at any point after that loses and doubles nothing.
func TestNoMailIsLost(t *testing.T) {
	suite(t, func(r *room) {
		raw := letter("a", "From: hanako@sato.example", "Subject: a", "Message-ID: <m1@sato.example>")
		must(r.T, r.svc.Take(r.Context(), raw, false))
		// The same again, by another way: a server on it wrote its name, and ends lines otherwise.
		must(r.T, r.svc.Take(r.Context(), append([]byte("Received: from x by y\n"), strings.ReplaceAll(string(raw), "\r\n", "\n")...), false))
		var args []string
		must(r.T, r.s.Read(r.Context(), tenant.House, func(tx *store.Tx) (err error) {
			args, err = store.Collect[string](tx.Query(`SELECT args FROM job WHERE owner = $1 AND kind = 'desk.read'`))(func(scan func(...any) error) (a string, err error) { err = scan(&a); return a, err })
			return err
		}))
		if len(args) != 1 {
			r.Fatalf("%d jobs", len(args))
		}
		r.clock.Advance(time.Hour)
		if n, err := r.svc.Unread(r.Context()); n != 1 || err != nil {
			r.Errorf("%d unread, %v", n, err)
		}
		// The process dies after each n-th step with the database, and begins anew.
		for fail := range 60 {
			ctx, cancel := context.WithCancel(r.Context())
			steps := 0
			svc := *r.svc
			svc.People = dying{r.tenants, func() {
				if steps++; steps > fail {
					cancel()
				}
			}}
			_ = svc.HandleRead(ctx, tenant.House, json.RawMessage(args[0]))
			cancel()
		}
		for range 3 {
			must(r.T, r.svc.HandleRead(r.Context(), tenant.House, json.RawMessage(args[0])))
		}
		must(r.T, r.svc.Take(r.Context(), raw, false)) // and a week later once more
		if failed := r.work(); len(failed) > 0 {
			r.Fatal(failed)
		}
		all := r.tickets(r.own)
		if len(all) != 1 {
			r.Fatalf("%d tickets", len(all))
		}
		if _, said := r.thread(all[0]); len(said) != 1 {
			r.Errorf("%+v", said)
		}
		if len(r.out.mails) != 1 {
			r.Errorf("%d acknowledgements", len(r.out.mails))
		}
		if n, err := r.svc.Unread(r.Context()); n != 0 || err != nil {
			r.Errorf("%d unread, %v", n, err)
		}
		must(r.T, r.s.Read(r.Context(), tenant.House, func(tx *store.Tx) error {
			var n int
			err := tx.QueryRow(`SELECT count(*) FROM desk_mail_part WHERE tenant_id = $1`).Scan(&n)
			if n != 0 {
				r.Errorf("%d pieces of raw mail are kept", n)
			}
			return err
		}))
	})
}

// PeopleOf is [desk.People] by another name, for it has a method of that.
type PeopleOf = desk.People

// dying ends the process while it asks who somebody is.
type dying struct {
	PeopleOf
	die func()
}

func (d dying) People(ctx context.Context, tenantID string) ([]tenant.Person, error) {
	p, err := d.PeopleOf.People(ctx, tenantID)
	d.die()
	return p, err
}

// Dying between the places where a mail is written leaves it where the next try finds it.
func TestDiesBetweenTwoPlaces(t *testing.T) {
	suite(t, func(r *room) {
		raw := letter("a", "From: stranger@new.example", "Subject: a", "Message-ID: <m1@new.example>")
		must(r.T, r.svc.Take(r.Context(), raw, false))
		r.work()
		// As if the last step had not been written: the mail is not done, its ticket is there.
		must(r.T, r.s.Write(r.Context(), tenant.House, func(tx *store.Tx) error {
			var id string
			if err := tx.QueryRow(`SELECT id FROM desk_mail WHERE tenant_id = $1`).Scan(&id); err != nil {
				return err
			}
			_, err := tx.Exec(`UPDATE desk_mail SET done_at = 0 WHERE tenant_id = $1 AND id = $2`, id)
			return errors.Join(err, job.Enqueue(tx, job.Job{Kind: desk.KindRead, Args: map[string]string{"mail": id}}))
		}))
		r.work()
		if all := r.tickets(tenant.House); len(all) != 1 || len(r.out.mails) != 1 {
			r.Errorf("%d tickets, %d mails", len(all), len(r.out.mails))
		}
	})
}

// A mail server that is away gets the answer later, once; one that refuses is told of.
func TestAnswersGoOut(t *testing.T) {
	suite(t, func(r *room) {
		one, err := r.svc.Open(r.Context(), r.own, r.hanako.ID, desk.Ticket{Channel: desk.Portal, Name: "佐藤 花子", Email: "hanako@sato.example", PersonID: r.hanako.ID}, desk.Said{Text: "質問\nです"})
		must(r.T, err)
		must(r.T, r.svc.Answer(r.Context(), r.own, one.ID, r.staff, "答えです\r\nBcc: all@evil.example", false))
		r.out.err = mail.ErrTemporary
		if failed := r.work(); len(failed) == 0 {
			r.Error("the job gave up")
		}
		r.out.err = nil
		r.work()
		if _, said := r.thread(one); len(r.out.mails) != 1 || said[1].Sent != desk.SentOut || r.out.mails[0].Subject != "Re: [相談 "+one.Number+"] 質問" {
			r.Errorf("%+v %+v", r.out.mails, said)
		}
		must(r.T, r.svc.Answer(r.Context(), r.own, one.ID, r.staff, "もう一度", false))
		r.out.err = mail.ErrPermanent
		r.work()
		if _, said := r.thread(one); said[2].Sent != desk.SentRefused {
			r.Errorf("%+v", said[2])
		}
	})
}

func TestTelephoneNotes(t *testing.T) {
	suite(t, func(r *room) {
		one, err := r.svc.Open(r.Context(), r.own, "op", desk.Ticket{Channel: desk.Phone, Topic: "box", Name: "佐藤　花子\u202e", Phone: "０６ー１２３４ー５６７８", AlertID: "a1"}, desk.Said{Text: "ランプが消えた"})
		must(r.T, err)
		if one.Phone != "06-1234-5678" || one.Subject != "ランプが消えた" || one.Name != "佐藤 花子" {
			r.Errorf("%+v", one)
		}
		must(r.T, r.svc.Jot(r.Context(), r.own, one.ID, r.staff, "コンセントを確かめてもらった", true))
		must(r.T, r.svc.Escalate(r.Context(), r.own, one.ID, "op", "駆付け業者\nに依頼"))
		now, said := r.thread(one)
		if now.State != desk.Answered || now.First.IsZero() || now.Escalated != "駆付け業者 に依頼" || len(said) != 2 {
			r.Errorf("%+v %+v", now, said)
		}
		if _, said, _ := r.svc.Ticket(r.Context(), r.own, one.ID, false); len(said) != 1 {
			r.Errorf("the customer reads notes: %+v", said)
		}
		if found, err := r.svc.ByPhone(r.Context(), "op", "test", "0612345678"); err != nil || len(found) != 1 || found[0].Owner != "株式会社佐藤製作所" {
			r.Errorf("%+v, %v", found, err)
		}
		if found, err := r.svc.ByNumber(r.Context(), one.Number); err != nil || found.ID != one.ID {
			r.Errorf("%+v, %v", found, err)
		}
		for what, bad := range map[error]desk.Ticket{desk.ErrPhone: {Phone: "12"}, desk.ErrEmail: {Email: "a@b\r\nBcc: c@d"}} {
			if _, err := r.svc.Open(r.Context(), r.own, "op", bad, desk.Said{Text: "x"}); !errors.Is(err, what) {
				r.Errorf("%v, want %v", err, what)
			}
		}
		if _, err := r.svc.Open(r.Context(), r.own, "op", desk.Ticket{}, desk.Said{Text: " \n "}); !errors.Is(err, desk.ErrEmpty) {
			r.Error(err)
		}
		if err := r.svc.Rate(r.Context(), r.own, one.ID, r.hanako.ID, desk.Good, "x"); !errors.Is(err, desk.ErrState) {
			r.Errorf("rated before it is closed: %v", err)
		}
		must(r.T, r.svc.Close(r.Context(), r.own, one.ID, "op", "交換"))
		if err := r.svc.Close(r.Context(), r.own, one.ID, "op2", "again"); !errors.Is(err, desk.ErrState) {
			r.Errorf("closed by two: %v", err)
		}
		must(r.T, r.svc.Rate(r.Context(), r.own, one.ID, r.hanako.ID, desk.Good, "助かりました"))
		if now, _ = r.thread(one); now.Face != desk.Good || now.Word != "助かりました" {
			r.Errorf("%+v", now)
		}
	})
}

// What waits for the desk comes first, by when its answer is due; what hangs on a serious alert is due sooner.
func TestQueue(t *testing.T) {
	suite(t, func(r *room) {
		put := func(text string, urgent bool) desk.Ticket {
			one, err := r.svc.Open(r.Context(), r.own, r.hanako.ID, desk.Ticket{Channel: desk.Portal, Urgent: urgent}, desk.Said{Text: text})
			must(r.T, err)
			return one
		}
		first := put("first", false)
		r.clock.Advance(time.Minute)
		put("second", false)
		put("urgent", true)
		must(r.T, r.svc.Answer(r.Context(), r.own, first.ID, r.staff, "x", false))
		items, err := r.svc.Queue(r.Context(), "op", "test")
		must(r.T, err)
		var order []string
		for _, it := range items {
			order = append(order, it.Subject)
		}
		if !slices.Equal(order, []string{"urgent", "second", "first"}) {
			r.Errorf("%v", order)
		}
		must(r.T, r.svc.Say(r.Context(), r.own, first.ID, r.hanako, desk.Said{Text: "more"}))
		if now, _ := r.thread(first); now.State != desk.Fresh || !now.Due.After(start) {
			r.Errorf("%+v", now)
		}
	})
}

// Another company's tickets and files cannot be reached.
func TestCompaniesApart(t *testing.T) {
	suite(t, func(r *room) {
		u, err := attach.Check("a.txt", strings.NewReader("secret"), desk.Kinds...)
		must(r.T, err)
		one, err := r.svc.Open(r.Context(), r.decoy, "p", desk.Ticket{}, desk.Said{Text: "x", Files: []attach.Upload{u}})
		must(r.T, err)
		_, said := r.thread(one)
		file := said[0].Files[0]
		if _, data, err := r.svc.File(r.Context(), r.decoy, one.ID, file.ID); err != nil || string(data) != "secret" || file.State != desk.FileUnknown {
			r.Errorf("%q, %v", data, err)
		}
		if all := r.tickets(r.own); len(all) != 0 {
			r.Errorf("%+v", all)
		}
		for what, err := range map[string]error{
			"answer": r.svc.Answer(r.Context(), r.own, one.ID, r.staff, "x", false), "say": r.svc.Say(r.Context(), r.own, one.ID, r.hanako, desk.Said{Text: "x"}), "close": r.svc.Close(r.Context(), r.own, one.ID, "op", "x"),
		} {
			if !errors.Is(err, store.ErrNotFound) {
				r.Errorf("%s: %v", what, err)
			}
		}
		if _, _, err := r.svc.File(r.Context(), r.own, one.ID, file.ID); !errors.Is(err, store.ErrNotFound) {
			r.Errorf("file: %v", err)
		}
		if err := r.svc.Take(r.Context(), make([]byte, 31<<20), false); !errors.Is(err, desk.ErrLarge) {
			r.Errorf("a mail of 31 MiB: %v", err)
		}
	})
}
