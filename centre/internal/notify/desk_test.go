package notify

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	tickets "otasuke/centre/internal/desk"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
)

var _ Desk = (*tickets.Service)(nil)

// matter is one ticket and what is new in it.
type matter struct {
	t    tickets.Ticket
	news []tickets.Message
	rang []time.Time
}

func (m *matter) News(_ context.Context, _, id string) (tickets.Ticket, []tickets.Message, error) {
	if id != m.t.ID {
		return tickets.Ticket{}, nil, store.ErrNotFound
	}
	return m.t, m.news, nil
}

func (m *matter) Rang(_ *store.Tx, _ string, at time.Time) error {
	m.rang = append(m.rang, at)
	return nil
}

// All who work at the desk hear of what nobody has, else who has it; nobody of what they wrote down, or what is answered.
func TestMailsToTheDesk(t *testing.T) {
	onDesk(t, func(t *testing.T, d *desk) {
		for _, p := range []tenant.Person{{Email: "one@centre.example.jp", Name: "窓口 一郎", Role: tenant.RoleDesk}, {Email: "two@centre.example.jp", Name: "Desk Two", Role: tenant.RoleOperator, Lang: "en"}, {Email: "vendor@vendor.example.jp", Name: "業者", Role: tenant.RoleVendor, Mails: true}} {
			p.TenantID = tenant.House
			if _, err := d.people.AddPerson(t.Context(), "test", p); err != nil {
				t.Fatal(err)
			}
		}
		ids := map[string]string{}
		people, err := d.people.People(t.Context(), tenant.House)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range people {
			ids[p.Email] = p.ID
		}
		m := &matter{t: tickets.Ticket{TenantID: d.id, ID: "x", Number: "1234567", Channel: tickets.Portal, State: tickets.Fresh, Name: "佐藤 花子", Subject: "www.evil.example を開いた\r\nBcc: a@b.example", Due: time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC)},
			news: []tickets.Message{{Side: tickets.Customer, Who: "hanako"}}}
		d.cfg.Desk = m
		// ring does a job and those that it leaves, and returns to whom mails went.
		ring := func(args tickets.TellArgs) (to string) {
			t.Helper()
			before := len(d.post.mails)
			raw, err := json.Marshal(args)
			if err != nil {
				t.Fatal(err)
			}
			waiting := []string{string(raw)}
			for len(waiting) > 0 {
				if err := d.HandleDesk(t.Context(), d.id, json.RawMessage(waiting[0])); err != nil {
					t.Fatal(err)
				}
				if err := d.cfg.Store.Write(t.Context(), d.id, func(tx *store.Tx) error {
					more, err := store.Collect[string](tx.Query(`SELECT args FROM job WHERE owner = $1 AND kind = $2`, tickets.KindTell))(func(scan func(...any) error) (s string, err error) { return s, scan(&s) })
					if waiting = append(waiting[1:], more...); err == nil {
						_, err = tx.Exec(`DELETE FROM job WHERE owner = $1`)
					}
					return err
				}); err != nil {
					t.Fatal(err)
				}
			}
			for _, one := range []string{"one@centre.example.jp", "two@centre.example.jp", "vendor@vendor.example.jp"} {
				for _, mail := range d.post.mails[before:] {
					if mail.To.Email == one {
						to += one[:3] + " "
					}
				}
			}
			if n := len(d.post.mails) - before; n != len(strings.Fields(to)) {
				t.Errorf("%d mails for %q", n, to)
			}
			return to
		}
		wants := func(what, want string, args tickets.TellArgs) {
			t.Helper()
			if got := ring(args); got != want {
				t.Errorf("%s: told %q, want %q", what, got, want)
			}
		}
		wants("nobody has it", "one two ", tickets.TellArgs{ID: "x"})
		if len(m.rang) != 1 {
			t.Errorf("kept %d times that it was told", len(m.rang))
		}
		ja, en := d.post.to("one@centre.example.jp")[0], d.post.to("two@centre.example.jp")[0]
		if ja.Subject != "【相談】佐藤製作所 番号 1234567" || !strings.Contains(ja.Text, "https://console.example.jp/desk/ticket/"+d.id+"/x") || strings.Contains(ja.Text, "www.evil") || strings.Contains(ja.Text, "\nBcc:") || !strings.Contains(ja.Text, "佐藤 花子") {
			t.Errorf("%s\n%s", ja.Subject, ja.Text)
		}
		if en.Subject != "[Desk] 佐藤製作所, number 1234567" || !strings.Contains(en.Text, "is waiting for an answer") {
			t.Errorf("%s\n%s", en.Subject, en.Text)
		}
		m.news[0].Who = ids["one@centre.example.jp"] // a call that this one wrote down
		wants("one's own note", "two ", tickets.TellArgs{ID: "x"})
		m.t.Assignee = ids["one@centre.example.jp"]
		wants("one's own note, in one's own", "", tickets.TellArgs{ID: "x"})
		m.news = append(m.news, tickets.Message{Side: tickets.Customer})
		wants("one's own", "one ", tickets.TellArgs{ID: "x"})
		m.t.Assignee = "who has left"
		wants("who has left", "one two ", tickets.TellArgs{ID: "x"})
		m.news = nil
		wants("nothing new", "", tickets.TellArgs{ID: "x"})
		m.news, m.t.Urgent = []tickets.Message{{}}, true
		wants("urgent", "one two ", tickets.TellArgs{ID: "x"})
		if all := d.post.to("one@centre.example.jp"); all[len(all)-1].Subject != "【急ぎの相談】佐藤製作所 番号 1234567" {
			t.Error(all[len(all)-1].Subject)
		}
		m.t.State = tickets.Answered
		wants("answered meanwhile", "", tickets.TellArgs{ID: "x"})
		wants("given to somebody", "two ", tickets.TellArgs{ID: "x", Person: ids["two@centre.example.jp"], At: 5, Given: "窓口 一郎"})
		if all := d.post.to("two@centre.example.jp"); !strings.Contains(all[len(all)-1].Text, "窓口 一郎 gave this question to you") {
			t.Error(all[len(all)-1].Text)
		}
		m.t.State, m.t.MovedTo = tickets.Fresh, "elsewhere"
		wants("gone to a company", "", tickets.TellArgs{ID: "x"})
		wants("gone", "", tickets.TellArgs{ID: "y"})
		if err := d.HandleDesk(t.Context(), d.id, json.RawMessage(`[`)); !errors.Is(err, job.ErrGiveUp) {
			t.Errorf("broken arguments: %v", err)
		}
	})
}
