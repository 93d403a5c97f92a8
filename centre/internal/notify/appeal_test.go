package notify

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"otasuke/centre/internal/appeal"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/mail"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
)

var _ Appeals = (*appeal.Service)(nil)

// desk is an office with requests, and the staff who answer them.
type desk struct {
	*office
	appeals *appeal.Service
	people  *tenant.Service
	queue   []string // arguments of jobs to do
}

// work does the jobs that wait, and those that they leave; errors come from one.
func (d *desk) work() (failed error) {
	d.t.Helper()
	for range 10 {
		var waiting []string
		err := d.cfg.Store.Write(d.t.Context(), d.id, func(tx *store.Tx) (err error) {
			waiting, err = store.Collect[string](tx.Query(`SELECT args FROM job WHERE owner = $1 AND kind = 'appeal.tell' ORDER BY id`))(
				func(scan func(...any) error) (s string, err error) { return s, scan(&s) })
			if err == nil {
				_, err = tx.Exec(`DELETE FROM job WHERE owner = $1`)
			}
			return err
		})
		if err != nil {
			d.t.Fatal(err)
		}
		for _, raw := range waiting {
			failed = errors.Join(failed, d.HandleAppeal(d.t.Context(), d.id, json.RawMessage(raw)))
		}
		if len(waiting) == 0 {
			return failed
		}
	}
	d.t.Fatal("jobs without end")
	return nil
}

func onDesk(t *testing.T, f func(*testing.T, *desk)) {
	t.Helper()
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		d := &desk{office: o, appeals: appeal.New(s, o.clock, nil), people: o.cfg.Companies.(*tenant.Service)}
		o.cfg.Appeals, o.cfg.Console = d.appeals, "https://console.example.jp"
		if err := d.people.EnsureHouse(t.Context(), "センター"); err != nil {
			t.Fatal(err)
		}
		f(t, d)
	}, tenant.Schema(), Schema(), job.Schema(), appeal.Schema())
}

func (d *desk) staff(email string, mails bool) {
	d.t.Helper()
	if _, err := d.people.AddPerson(d.t.Context(), "test", tenant.Person{TenantID: tenant.House, Email: email, Name: "窓口", Role: tenant.RoleDesk, Mails: mails}); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) ask(what string) appeal.Appeal {
	d.t.Helper()
	if err := d.appeals.Ask(d.t.Context(), d.id, "", appeal.Appeal{What: what, Category: "phishing", Note: "仕入れに使います"}); err != nil {
		d.t.Fatal(err)
	}
	all, err := d.appeals.Requests(d.t.Context(), d.id)
	if err != nil {
		d.t.Fatal(err)
	}
	return all[0]
}

// The desk hears of a request, the customer of its answer, each in one mail that has no link
// to what was blocked.
func TestAppealMails(t *testing.T) {
	onDesk(t, func(t *testing.T, d *desk) {
		d.staff("desk@centre.example.jp", true)
		d.staff("off@centre.example.jp", false)
		a := d.ask("shop.example")
		if err := d.work(); err != nil {
			t.Fatal(err)
		}
		got := d.post.to("desk@centre.example.jp")
		if len(got) != 1 || len(d.post.mails) != 1 {
			t.Fatalf("%d mails, %d to the desk", len(d.post.mails), len(got))
		}
		if m := got[0]; m.Subject != "【申し出】shop[.]example（佐藤製作所）" || strings.Contains(m.Text, "shop.example") || !strings.Contains(m.Text, "https://console.example.jp/requests") || !strings.Contains(m.Text, "仕入れに使います") {
			t.Errorf("%s\n%s", m.Subject, m.Text)
		}
		if _, err := d.appeals.Decide(t.Context(), d.id, a.ID, "op", false, "偽のサイトでした。", ""); err != nil {
			t.Fatal(err)
		}
		if err := d.work(); err != nil {
			t.Fatal(err)
		}
		for _, who := range []string{"owner@sato.example.jp", "hanako@sato.example.jp", "maria@sato.example.jp"} {
			if len(d.post.to(who)) != 1 {
				t.Errorf("%s got %d mails", who, len(d.post.to(who)))
			}
		}
		if len(d.post.to("quiet@sato.example.jp")) != 0 {
			t.Error("somebody without mails got one")
		}
		if m := d.post.to("owner@sato.example.jp")[0]; !strings.Contains(m.Text, "みかん山") || !strings.Contains(m.Text, "偽のサイトでした。") || !strings.Contains(m.Text, "https://portal.example.jp/requests") || !strings.Contains(m.Text, "050-1234-5678") {
			t.Errorf("%s", m.Text)
		}
		if m := d.post.to("maria@sato.example.jp")[0]; !strings.Contains(m.Subject, "stays blocked") {
			t.Errorf("%s", m.Subject)
		}
	})
}

// Trouble that passes holds up nobody else, and nobody is told twice; an address that is
// refused for good is left.
func TestAppealMailTrouble(t *testing.T) {
	onDesk(t, func(t *testing.T, d *desk) {
		d.staff("one@centre.example.jp", false) // nobody has mails on: all are told
		d.staff("two@centre.example.jp", false)
		d.post.answer = func(_ int, to string) error {
			if to == "one@centre.example.jp" {
				return mail.ErrPermanent
			}
			return nil
		}
		a := d.ask("shop.example")
		if err := d.work(); err != nil {
			t.Fatal(err)
		}
		if len(d.post.to("two@centre.example.jp")) != 1 || len(d.post.mails) != 1 {
			t.Errorf("%d mails", len(d.post.mails))
		}
		busy := errors.New("busy")
		d.post.answer = func(int, string) error { return busy }
		d.ask("other.example")
		if err := d.work(); !errors.Is(err, busy) {
			t.Errorf("the job does not come again: %v", err)
		}
		// An answered request needs no mail to the desk any more.
		d.post.answer = nil
		if _, err := d.appeals.Decide(t.Context(), d.id, a.ID, "op", true, "", ""); err != nil {
			t.Fatal(err)
		}
		raw, err := json.Marshal(appeal.TellArgs{ID: a.ID})
		if err != nil {
			t.Fatal(err)
		}
		before := len(d.post.mails)
		if err := errors.Join(d.HandleAppeal(t.Context(), d.id, raw), d.HandleAppeal(t.Context(), d.id, json.RawMessage(`{"id":"gone"}`))); err != nil {
			t.Error(err)
		}
		if err := d.HandleAppeal(t.Context(), d.id, json.RawMessage(`[`)); !errors.Is(err, job.ErrGiveUp) {
			t.Errorf("broken arguments: %v", err)
		}
		if len(d.post.mails) != before {
			t.Error("told of what is answered")
		}
	})
}
