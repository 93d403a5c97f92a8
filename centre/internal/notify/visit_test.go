package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/dispatch"
	"otasuke/centre/internal/store"
)

var _ Visits = (*dispatch.Service)(nil)

// round has one visit.
type round struct{ w dispatch.Whole }

func (r *round) Get(context.Context, string, string) (dispatch.Whole, error) { return r.w, nil }

func (r *round) NewToken(context.Context, string, string, int) (string, error) { return "secret", nil }

// A vendor is asked without being told whose office it is, and not once the offer is over; the owner reads who comes and when.
func TestVisitMails(t *testing.T) {
	onDesk(t, func(t *testing.T, d *desk) {
		now := d.cfg.Clock.Now()
		visits := &round{dispatch.Whole{Dispatch: dispatch.Dispatch{TenantID: d.id, ID: "v", Number: "123456", State: dispatch.Offered, Round: 1, Due: now.Add(time.Hour), Brief: dispatch.Brief{Company: "佐藤製作所", Address: "大阪府大阪市中央区"}},
			Offers: []dispatch.Offer{{Seq: 1, VendorID: "x", VendorName: "本町\r\nBcc: evil@x.example", Email: "v@vendor.example", Lang: "ja", Due: now.Add(time.Hour)}}}}
		d.cfg.Visits = visits
		offer := func() {
			t.Helper()
			if err := d.HandleOffer(t.Context(), d.id, json.RawMessage(`{"id":"v","seq":1}`)); err != nil {
				t.Fatal(err)
			}
		}
		offer()
		got := d.post.to("v@vendor.example")
		if len(got) != 1 || !strings.Contains(got[0].Text, "/visit/secret") || !strings.Contains(got[0].Subject, "大阪") || strings.Contains(got[0].Subject+got[0].Text, "佐藤製作所") || strings.ContainsAny(got[0].To.Name, "\r\n") {
			t.Fatalf("%+v", got)
		}
		visits.w.Offers[0].Lang, visits.w.Offers[0].Email = "en", "e@vendor.example"
		offer()
		if got := d.post.to("e@vendor.example"); len(got) != 1 || !strings.HasPrefix(got[0].Subject, "[Visit] Osaka") || !strings.Contains(got[0].Text, "Could you go to a customer?") {
			t.Errorf("in English: %+v", got)
		}
		visits.w.State, visits.w.VendorName, visits.w.VendorPhone, visits.w.Arrival = dispatch.Accepted, "本町システム", "06-1234-5678", "本日23時ごろ"
		offer() // too late: nobody is asked
		if n := len(d.post.to("v@vendor.example")); n != 1 {
			t.Errorf("asked %d times", n)
		}
		if err := d.HandleVisit(t.Context(), d.id, json.RawMessage(`{"id":"v","state":"accepted"}`)); err != nil {
			t.Fatal(err)
		}
		var waiting []string
		if err := d.cfg.Store.Read(t.Context(), d.id, func(tx *store.Tx) (err error) {
			waiting, err = store.Collect[string](tx.Query(`SELECT args FROM job WHERE owner = $1 AND kind = $2`, dispatch.KindTell))(func(scan func(...any) error) (s string, err error) { return s, scan(&s) })
			return err
		}); err != nil || len(waiting) == 0 {
			t.Fatalf("%v, %v", waiting, err)
		}
		for _, raw := range waiting {
			if err := d.HandleVisit(t.Context(), d.id, json.RawMessage(raw)); err != nil {
				t.Fatal(err)
			}
		}
		owner := d.post.to("owner@sato.example.jp")
		if len(owner) != 1 || !strings.Contains(fmt.Sprint(owner[0].Subject), "本日23時ごろ") || !strings.Contains(owner[0].Text, "06-1234-5678") {
			t.Errorf("%+v", owner)
		}
	})
}
