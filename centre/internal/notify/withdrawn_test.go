package notify

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/misfire"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
)

// due takes the arguments of the jobs of a kind.
func (d *desk) due(owner, kind string) (all []json.RawMessage) {
	d.t.Helper()
	if err := d.cfg.Store.Write(d.t.Context(), owner, func(tx *store.Tx) error {
		texts, err := store.Collect[string](tx.Query(`SELECT args FROM job WHERE owner = $1 AND kind = $2 ORDER BY id`, kind))(func(scan func(...any) error) (s string, err error) { return s, scan(&s) })
		for _, s := range texts {
			all = append(all, json.RawMessage(s))
		}
		if err == nil {
			_, err = tx.Exec(`DELETE FROM job WHERE owner = $1 AND kind = $2`, kind)
		}
		return err
	}); err != nil {
		d.t.Fatal(err)
	}
	return all
}

// Who was told of an alert hears once, in the same thread, that there was none; nobody else does.
func TestWithdrawnMail(t *testing.T) {
	onDesk(t, func(t *testing.T, d *desk) {
		raw, err := json.Marshal(alert.NotifyArgs{Alert: d.office.alerts.a.ID, Cause: alert.CauseNew})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Handle(t.Context(), d.id, raw); err != nil {
			t.Fatal(err)
		}
		told := len(d.post.mails)
		raw, err = json.Marshal(misfire.WithdrawnArgs{Alert: d.office.alerts.a.ID, Reason: "更新の通信でした。"})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.HandleWithdrawn(t.Context(), d.id, raw); err != nil {
			t.Fatal(err)
		}
		jobs := d.due(d.id, misfire.KindWithdrawn)
		if len(jobs) != told || told == 0 {
			t.Fatalf("%d jobs for %d who were told", len(jobs), told)
		}
		for _, one := range jobs {
			if err := d.HandleWithdrawn(t.Context(), d.id, one); err != nil {
				t.Fatal(err)
			}
		}
		if len(d.post.mails) != 2*told || len(d.post.to("quiet@sato.example.jp")) != 0 {
			t.Errorf("%d mails behind %d", len(d.post.mails), told)
		}
		got := d.post.to("owner@sato.example.jp")
		if len(got) != 2 {
			t.Fatalf("the owner has %d mails", len(got))
		}
		first, m := got[0], got[1]
		if !strings.HasPrefix(m.Subject, "【取り消し】") || len(m.References) == 0 || m.References[0] != first.ID {
			t.Errorf("%q in the thread %q of %q", m.Subject, m.References, first.ID)
		}
		for _, want := range []string{"更新の通信でした。", "みかん山", "482 913", "050-1234-5678", "元どおりに"} {
			if !strings.Contains(m.Text, want) {
				t.Errorf("without %q:\n%s", want, m.Text)
			}
		}
	})
}

// silence holds every rule.
type silence bool

func (s *silence) Silent(_ context.Context, _, _ string) (bool, error) { return bool(*s), nil }

// While a rule is held nobody is told, and the staff hear of it; once released the mail goes out.
func TestHeldRuleTellsNobody(t *testing.T) {
	onDesk(t, func(t *testing.T, d *desk) {
		held := silence(true)
		d.cfg.Misfires = &held
		d.staff("desk@centre.example.jp", true)
		raw, err := json.Marshal(alert.NotifyArgs{Alert: d.office.alerts.a.ID, Cause: alert.CauseNew})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Handle(t.Context(), d.id, raw); err != nil || len(d.post.mails) != 0 {
			t.Fatalf("%d mails, %v", len(d.post.mails), err)
		}
		about, err := json.Marshal(misfire.HeldArgs{RuleKey: alert.RuleKey{GID: 1, SID: 7}, Msg: "ET X", Companies: 42})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.HandleHeld(t.Context(), tenant.House, about); err != nil {
			t.Fatal(err)
		}
		for _, one := range d.due(tenant.House, misfire.KindHeld) {
			if err := d.HandleHeld(t.Context(), tenant.House, one); err != nil {
				t.Fatal(err)
			}
		}
		got := d.post.to("desk@centre.example.jp")
		if len(got) != 1 || !strings.Contains(got[0].Subject, "42 社") || !strings.Contains(got[0].Text, "ET X (1:7)") || !strings.Contains(got[0].Text, "https://console.example.jp/held") {
			t.Fatalf("%+v", got)
		}
		held = false
		if err := d.Handle(t.Context(), d.id, raw); err != nil || len(d.post.to("owner@sato.example.jp")) != 1 {
			t.Errorf("the owner has %d mails, %v", len(d.post.to("owner@sato.example.jp")), err)
		}
	})
}
