package notify

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/job"
	"otasuke/centre/internal/shift"
	"otasuke/centre/internal/tenant"
)

// Whoever is on duty hears of what nobody opened, without the name of a company.
func TestMailToWhoIsOnDuty(t *testing.T) {
	onDesk(t, func(t *testing.T, d *desk) {
		d.staff("noda@centre.example.jp", false)
		people, err := d.cfg.Companies.People(t.Context(), tenant.House)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := json.Marshal(shift.TellArgs{Person: people[len(people)-1].ID, More: 2, Cases: []shift.Case{{CompanyID: "c1", AlertID: "1-1", Number: "482913", First: time.Date(2026, 11, 21, 5, 5, 0, 0, time.UTC)}}})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.HandleDuty(t.Context(), tenant.House, raw); err != nil {
			t.Fatal(err)
		}
		got := d.post.to("noda@centre.example.jp")
		if len(got) != 1 {
			t.Fatalf("%d mails", len(got))
		}
		if m := got[0]; m.Subject != "【当番】まだだれも開いていない ★★★ が 3 件あります" || !strings.Contains(m.Text, "案件 482 913（11月21日(土) 14:05 から）") || !strings.Contains(m.Text, "https://console.example.jp/cases/c1/1-1") || !strings.Contains(m.Text, "ほかに 2 件") || strings.Contains(m.Text, "当番が決まっていない") {
			t.Errorf("%s\n%s", m.Subject, m.Text)
		}
		for _, bad := range []string{`[`, `{}`} {
			if err := d.HandleDuty(t.Context(), tenant.House, json.RawMessage(bad)); !errors.Is(err, job.ErrGiveUp) {
				t.Errorf("%s: %v", bad, err)
			}
		}
	})
}
