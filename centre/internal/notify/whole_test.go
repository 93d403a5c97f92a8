package notify

import (
	"context"
	"encoding/json"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/wire"
)

// TestFromEventToMail goes the whole way with the real rooms around this one:
// events become an alert, the alert a mail, its button an answer.
func TestFromEventToMail(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		people, ok := o.cfg.Companies.(*tenant.Service)
		if !ok {
			t.Fatal("not the real companies")
		}
		alerts := alert.New(alert.Config{Store: s, Classifier: o.cfg.Knowledge, Clock: o.clock})
		o.cfg.Alerts = alerts
		record := func(id string, at time.Time, verdict wire.Verdict) {
			t.Helper()
			e := &wire.Event{ID: strings.Repeat(id, 26), Time: at, Kind: wire.KindIPS, Verdict: verdict, Direction: wire.Outbound,
				Flow: wire.Flow{Proto: "TCP", Src: netip.MustParseAddr("192.168.1.23"), SrcPort: 50512, Dst: netip.MustParseAddr("203.0.113.9"), DstPort: 443},
				Rule: &wire.Rule{GID: 1, SID: 2045001, Rev: 3, Msg: "ET MALWARE X CnC Activity", Class: "trojan-activity", Mitre: []string{"T1071"}}}
			err := s.Write(t.Context(), o.id, func(tx *store.Tx) error {
				return alerts.Record(tx, []alert.Incoming{{BoxID: "bx1", DeviceID: "d1", DeviceName: "経理のパソコン", DeviceAddr: "192.168.1.23", Event: e}})
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		work := func() {
			t.Helper()
			all, err := alerts.List(t.Context(), o.id, alert.Filter{})
			if err != nil || len(all) != 1 {
				t.Fatalf("%d alerts, %v", len(all), err)
			}
			raw, err := json.Marshal(alert.NotifyArgs{Alert: all[0].ID, Cause: alert.CauseNew})
			if err != nil {
				t.Fatal(err)
			}
			if err := o.Handle(context.Background(), o.id, raw); err != nil {
				t.Fatal(err)
			}
		}
		record("a", start, wire.VerdictBlocked)
		o.clock.Advance(3 * time.Second)
		work()
		record("b", o.clock.Now(), wire.VerdictBlocked) // more of the same
		work()
		got := o.post.to("hanako@sato.example.jp")
		if len(got) != 1 || !strings.Contains(got[0].Subject, "「経理のパソコン」がウイルスに操作された疑い（外への通信は止めました）") || !strings.Contains(got[0].Text, "sid") && !strings.Contains(got[0].Text, "2045001") {
			t.Fatalf("mails: %+v", got)
		}
		// The button's link belongs to this alert and this person.
		token := regexp.MustCompile(`/a/([A-Za-z0-9_-]+)/done`).FindStringSubmatch(got[0].Text)
		if token == nil {
			t.Fatal("no button")
		}
		link, err := people.ActionLink(t.Context(), token[1])
		if err != nil || link.TenantID != o.id {
			t.Fatalf("link %+v, %v", link, err)
		}
		// Something got through: that is worse, and an update in the same thread.
		o.clock.Advance(10 * time.Minute)
		record("c", o.clock.Now(), wire.VerdictPassed)
		o.clock.Advance(3 * time.Second)
		work()
		got = o.post.to("hanako@sato.example.jp")
		if len(got) != 2 || !strings.Contains(got[1].Subject, "続報") || !strings.Contains(got[1].Subject, "外への通信を止められていません") || got[1].References[0] != got[0].ID {
			t.Fatalf("no update: %d mails", len(got))
		}
		history, err := alerts.History(t.Context(), o.id, link.AlertID)
		if err != nil {
			t.Fatal(err)
		}
		told := 0
		for _, c := range history {
			if c.What == alert.ChangeTold {
				told++
			}
		}
		if told != 6 { // three people, twice
			t.Errorf("the history says that %d mails went out", told)
		}
		all, err := o.Deliveries(t.Context(), o.id, link.AlertID)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range all {
			if d.Latency != 3*time.Second {
				t.Errorf("packet to mail took %v", d.Latency)
			}
		}
	}, tenant.Schema(), job.Schema(), alert.Schema(), Schema())
}
