package cases_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/knowledge"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/centre/internal/ui/cases"
	"otasuke/content/text"
)

// What became of the same thing at others is said in one line, and can be opened.
func TestWhatWasDecidedBeforeIsShown(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		w := open(t, s)
		for i := range 3 {
			a := w.event(w.companies[1], "coinminer", fmt.Sprint("PC ", i))
			w.clock.Advance(3 * 3600e9)
			must(t, w.alerts.CloseAs(t.Context(), a.TenantID, a.ID, "op", []alert.Outcome{alert.OutcomeHarmless, alert.OutcomeHarmless, alert.OutcomeHandled}[i], "社内の検査でした"))
		}
		a := w.event(w.companies[0], "coinminer", "PC 9")
		known, err := knowledge.Load()
		must(t, err)
		texts, err := text.Load()
		must(t, err)
		f := cases.Finder{Alerts: w.alerts, Title: known.Title, KindName: func(string, string) string { return "プリンター" }, Kind: func(_ context.Context, _, device string) (string, error) {
			return map[string]string{"PC 9": "printer", "PC 2": "printer"}[device], nil
		}}
		v := &ui.Visit{Session: tenant.Session{PersonID: "op", Role: tenant.RoleDesk}, Texts: texts.In("ja")}
		v.Request = request(t)
		likes, err := f.Of(v, "/console", &a)
		must(t, err)
		said := fmt.Sprintf("%+v", *likes)
		for _, want := range []string{"同じ種類: これまでに 3 件。問題なし 2 件、攻撃で、対応済み 1 件", "同じ通信先（203.0.113.5）", "Mori Trading", "社内の検査でした", "3時間で終了", "同じ規則", "同じ機器の種類（プリンター）", "/console/cases/" + w.companies[1]} {
			if !strings.Contains(said, want) {
				t.Errorf("%q is not in %s", want, said)
			}
		}
		if strings.Count(said, "同じ機器の種類") != 1 {
			t.Error("devices of another kind")
		}
		v.Role = tenant.RoleVendor
		if likes, err = f.Of(v, "/console", &a); err != nil || strings.Contains(fmt.Sprintf("%+v", *likes), "Mori") {
			t.Errorf("a company is named to who may not read: %v", err)
		}
		first := w.event(w.companies[0], "phishing", "PC 10")
		first.First = start.AddDate(-1, 0, 0)
		if likes, err = f.Of(v, "", &first); err != nil || len(likes.Rows) != 0 || likes.Counts[0] != "似た案件は、これまでにありません。" {
			t.Errorf("%+v, %v", likes, err)
		}
	}, schemas()...)
}
