package notify

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"otasuke/centre/internal/job"
	"otasuke/centre/internal/report"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
)

var _ Reports = (*report.Service)(nil)

// hostile is what a device calls itself.
const hostile = "経理の<b>xパソコン\r\nBcc: x"

// october is a report that was made.
type october struct{ tenant, device string }

func (o october) Get(_ context.Context, tenantID, month string) (*report.Figures, error) {
	from, to, err := report.Span(month)
	if err != nil || tenantID != o.tenant {
		return nil, store.ErrNotFound
	}
	return &report.Figures{Month: month, From: from, To: to, Box: true, Days: 31, Attacks: 60, Stopped: 60, Inside: 2, Silent: 3,
		Compare: report.Comparison{Companies: 42, Low: 34, Middle: 51, High: 76, By: 2},
		Todo:    &report.Todo{Alert: "1-1", Case: "482913", Family: "c2", Device: o.device, Stars: 3}}, nil
}

// The report comes once, in three sentences, with the passphrase, also when the server was busy first.
func TestReportMail(t *testing.T) {
	onDesk(t, func(t *testing.T, d *desk) {
		if err := d.cfg.Store.Migrate(t.Context(), tenant.Schema(), job.Schema(), report.Schema()); err != nil {
			t.Fatal(err)
		}
		d.cfg.Reports = october{d.id, hostile}
		id, err := d.people.AddPerson(t.Context(), "test", tenant.Person{TenantID: d.id, Email: "shacho@report.example.jp", Name: "社長", Role: tenant.RoleOwner})
		if err != nil {
			t.Fatal(err)
		}
		raw, err := json.Marshal(report.Args{Month: "2026-10", Person: id})
		if err != nil {
			t.Fatal(err)
		}
		busy := errors.New("451 later")
		d.post.answer = func(n int, _ string) error {
			if n == 0 {
				return busy
			}
			return nil
		}
		if err := d.HandleReport(t.Context(), d.id, raw); !errors.Is(err, busy) {
			t.Fatalf("a busy server: %v", err)
		}
		for range 3 {
			if err := d.HandleReport(t.Context(), d.id, raw); err != nil {
				t.Fatal(err)
			}
		}
		got := d.post.to("shacho@report.example.jp")
		if len(got) != 1 {
			t.Fatalf("%d mails were accepted", len(got))
		}
		m := got[0]
		if m.Subject != "【月次報告】2026年10月：お願いが1つあります。" {
			t.Error(m.Subject)
		}
		for _, want := range []string{"合言葉", "60 件見つけ、すべて止めました", "3 日間は", "真ん中は 51 件", "482 913", "050-1234-5678", "/reports/2026-10"} {
			if !strings.Contains(m.Text, want) {
				t.Errorf("no %q in\n%s", want, m.Text)
			}
		}
		if err := d.HandleReport(t.Context(), d.id, json.RawMessage(`[`)); !errors.Is(err, job.ErrGiveUp) {
			t.Errorf("broken arguments: %v", err)
		}
	})
}
