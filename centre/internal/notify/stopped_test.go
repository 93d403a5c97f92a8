package notify

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"otasuke/centre/internal/job"
	"otasuke/centre/internal/release"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
)

// The staff hear of a release that has stopped by itself, once.
func TestStoppedReleaseMail(t *testing.T) {
	onDesk(t, func(t *testing.T, d *desk) {
		d.staff("desk@centre.example.jp", true)
		d.staff("off@centre.example.jp", false)
		raw, err := json.Marshal(release.StoppedArgs{Kind: "rules", Version: 2026112801, Well: 3, Bad: 1})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // a job may run twice
			if err := d.HandleStopped(t.Context(), tenant.House, raw); err != nil {
				t.Fatal(err)
			}
		}
		var waiting []string
		if err := d.cfg.Store.Write(t.Context(), tenant.House, func(tx *store.Tx) (err error) {
			waiting, err = store.Collect[string](tx.Query(`SELECT args FROM job WHERE owner = $1 AND kind = 'release.stopped'`))(func(scan func(...any) error) (s string, err error) { return s, scan(&s) })
			return err
		}); err != nil || len(waiting) != 1 {
			t.Fatalf("%q, %v", waiting, err)
		}
		if err := d.HandleStopped(t.Context(), tenant.House, json.RawMessage(waiting[0])); err != nil {
			t.Fatal(err)
		}
		got := d.post.to("desk@centre.example.jp")
		if len(got) != 1 || len(d.post.mails) != 1 {
			t.Fatalf("%d mails", len(d.post.mails))
		}
		if m := got[0]; m.Subject != "【更新が止まりました】検知のルール 2026112801" || !strings.Contains(m.Text, "うまくいったボックス 3 台、戻したか受け取らなかったボックス 1 台") || !strings.Contains(m.Text, "https://console.example.jp/updates") {
			t.Errorf("%s\n%s", m.Subject, m.Text)
		}
		if err := d.HandleStopped(t.Context(), tenant.House, json.RawMessage(`[`)); !errors.Is(err, job.ErrGiveUp) {
			t.Errorf("broken arguments: %v", err)
		}
	})
}
