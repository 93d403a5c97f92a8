package notify

import (
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
)

var _ Logins = (*tenant.Service)(nil)

// onLogins is an office whose jobs about logins are done by work.
func onLogins(t *testing.T, f func(t *testing.T, d *desk, work func() error)) {
	t.Helper()
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		d := &desk{office: o, people: o.cfg.Companies.(*tenant.Service)}
		o.cfg.Logins, o.cfg.Console = d.people, "https://console.example.jp"
		if err := d.people.EnsureHouse(t.Context(), "センター"); err != nil {
			t.Fatal(err)
		}
		f(t, d, func() (failed error) {
			for range 5 {
				var waiting [][2]string
				for _, id := range []string{d.id, tenant.House} {
					if err := s.Write(t.Context(), id, func(tx *store.Tx) error {
						all, err := store.Collect[string](tx.Query(`SELECT args FROM job WHERE owner = $1 AND kind = 'tenant.tell' ORDER BY id`))(
							func(scan func(...any) error) (s string, err error) { return s, scan(&s) })
						for _, one := range all {
							waiting = append(waiting, [2]string{id, one})
						}
						_, err1 := tx.Exec(`DELETE FROM job WHERE owner = $1`)
						return errors.Join(err, err1)
					}); err != nil {
						t.Fatal(err)
					}
				}
				for _, one := range waiting {
					failed = errors.Join(failed, d.HandleLogin(t.Context(), one[0], json.RawMessage(one[1])))
				}
			}
			return failed
		})
	}, tenant.Schema(), Schema(), job.Schema())
}

// linkTo is the token in a mail, behind an address that begins so.
func linkTo(t *testing.T, text, begins string) string {
	t.Helper()
	m := regexp.MustCompile(regexp.QuoteMeta(begins) + `([A-Za-z0-9_-]{43})\b`).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("no %s in\n%s", begins, text)
	}
	return m[1]
}

func (d *desk) person(role tenant.Role) tenant.Person {
	d.t.Helper()
	people, err := d.people.People(d.t.Context(), d.id)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, p := range people {
		if p.Role == role {
			return p
		}
	}
	d.t.Fatal("nobody")
	return tenant.Person{}
}

// The link of an invitation lets one in; the mail tells a stranger nothing secret.
func TestInvitationMail(t *testing.T) {
	onLogins(t, func(t *testing.T, d *desk, work func() error) {
		owner := d.person(tenant.RoleOwner)
		if _, err := d.people.Invite(t.Context(), owner.ID, tenant.Person{TenantID: d.id, Email: "new@sato.example.jp", Name: "新田", Role: tenant.RoleMember}); err != nil {
			t.Fatal(err)
		}
		// The server is busy first: the second mail's link works as well.
		busy := errors.New("busy")
		d.post.answer = func(int, string) error { return busy }
		if err := work(); !errors.Is(err, busy) {
			t.Fatalf("the job does not come again: %v", err)
		}
		d.post.answer = nil
		all, err := d.people.Invites(t.Context(), d.id)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := json.Marshal(tenant.TellArgs{What: tenant.TellInvite, Ref: all[0].ID})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.HandleLogin(t.Context(), d.id, raw); err != nil {
			t.Fatal(err)
		}
		got := d.post.to("new@sato.example.jp")
		if len(got) != 1 || strings.Contains(got[0].Text, "みかん山") || !strings.Contains(got[0].Subject, "佐藤製作所") || !strings.Contains(got[0].Text, "050-1234-5678") {
			t.Fatalf("%+v", got)
		}
		token := linkTo(t, got[0].Text, "https://portal.example.jp/join/")
		if _, err := d.people.Join(t.Context(), token, "新田", "correct horse battery"); err != nil {
			t.Fatal(err)
		}
		if err := d.HandleLogin(t.Context(), d.id, raw); err != nil || len(d.post.mails) != 1 { // taken up: no mail more
			t.Errorf("%d mails, %v", len(d.post.mails), err)
		}
		if _, err := d.people.Invite(t.Context(), "x", tenant.Person{TenantID: tenant.House, Email: "desk@centre.example.jp", Name: "窓口", Role: tenant.RoleDesk}); err != nil {
			t.Fatal(err)
		}
		if err := work(); err != nil {
			t.Fatal(err)
		}
		linkTo(t, d.post.to("desk@centre.example.jp")[0].Text, "https://console.example.jp/join/")
	})
}

// A recovery is told to its person and to all owners, at once; only the person can take
// it up, and each can stop it.
func TestRecoveryMails(t *testing.T) {
	onLogins(t, func(t *testing.T, d *desk, work func() error) {
		member := d.person(tenant.RoleMember)
		staff := tenant.Session{PersonID: "op", TenantID: tenant.House, Role: tenant.RoleDesk, Staff: true}
		if _, err := d.people.StartRecovery(t.Context(), staff, d.id, member.ID, true, "合言葉を確認しました"); err != nil {
			t.Fatal(err)
		}
		if err := work(); err != nil {
			t.Fatal(err)
		}
		mine, owners := d.post.to(member.Email), d.post.to("owner@sato.example.jp")
		if len(mine) != 1 || len(owners) != 1 || len(d.post.mails) != 2 {
			t.Fatalf("%d mails", len(d.post.mails))
		}
		if strings.Contains(owners[0].Text, "/recover/") != true || strings.Count(owners[0].Text, "https://") != 1 {
			t.Errorf("an owner can take it up:\n%s", owners[0].Text)
		}
		for _, want := range []string{member.Name, "合言葉を確認しました", "確認コードとパスキーの設定も消えます", "みかん山", "050-1234-5678"} {
			if !strings.Contains(owners[0].Text, want) {
				t.Errorf("no %q in\n%s", want, owners[0].Text)
			}
		}
		take := linkTo(t, mine[0].Text, "https://portal.example.jp/recover/")
		if _, err := d.people.Recover(t.Context(), take, "correct horse battery"); !errors.Is(err, tenant.ErrEarly) {
			t.Errorf("at once: %v", err)
		}
		stop := linkTo(t, owners[0].Text, "https://portal.example.jp/recover/")
		if _, err := d.people.CancelRecovery(t.Context(), stop); err != nil {
			t.Fatal(err)
		}
		d.clock.Advance(25 * time.Hour)
		if _, err := d.people.Recover(t.Context(), take, "correct horse battery"); !errors.Is(err, tenant.ErrLinkUsed) {
			t.Errorf("after it was stopped: %v", err)
		}
	})
}

// What became of a login is told to its person, in each case with words.
func TestChangesOfALoginAreTold(t *testing.T) {
	onLogins(t, func(t *testing.T, d *desk, _ func() error) {
		owner := d.person(tenant.RoleOwner)
		for note := range changes {
			raw, err := json.Marshal(tenant.TellArgs{What: tenant.TellChanged, Note: note, Person: owner.ID})
			if err != nil {
				t.Fatal(err)
			}
			if err := d.HandleLogin(t.Context(), d.id, raw); err != nil {
				t.Errorf("%s: %v", note, err)
			}
		}
		for _, m := range d.post.mails {
			if strings.Contains(m.Subject+m.Text, "mail.") || !strings.Contains(m.Text, "https://portal.example.jp/account") {
				t.Errorf("%s\n%s", m.Subject, m.Text)
			}
		}
		if len(d.post.mails) != len(changes) {
			t.Errorf("%d mails", len(d.post.mails))
		}
		for _, bad := range []string{`{`, `{"what":"changed","note":"x","person":"` + owner.ID + `"}`} {
			if err := d.HandleLogin(t.Context(), d.id, json.RawMessage(bad)); !errors.Is(err, job.ErrGiveUp) {
				t.Errorf("%s: %v", bad, err)
			}
		}
		if err := d.HandleLogin(t.Context(), d.id, json.RawMessage(`{"what":"changed","note":"person.password","person":"gone"}`)); err != nil {
			t.Error(err)
		}
	})
}

// Vendors and insurers are not told of customers' matters.
func TestMailsGoToThoseWhoWorkOnThem(t *testing.T) {
	t.Parallel()
	people := []tenant.Person{{ID: "v", Role: tenant.RoleVendor, Mails: true}, {ID: "i", Role: tenant.RoleInsurer, Mails: true}, {ID: "a", Role: tenant.RoleAuditor}, {ID: "d", Role: tenant.RoleDesk}}
	if got := staff(people); len(got) != 1 || got[0].ID != "d" {
		t.Errorf("%v", got)
	}
}
