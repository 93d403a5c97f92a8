package cases_test

import (
	"fmt"
	"net/http"
	"net/url"
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

// Two of the staff work through a playbook: each sees what the other has done, and the customer reads it.
func TestAPlaybookIsTicked(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		w := open(t, s)
		a := w.event(w.companies[1], "c2", "PC 1")
		noda, hara := w.login("noda@minato.example"), w.login("hara@minato.example")
		action := "/cases/" + a.TenantID + "/" + a.ID + "/tick"
		for _, p := range []*person{noda, hara} {
			if rec := p.send(action, url.Values{"tick": {"evidence"}}); !strings.HasSuffix(rec.Header().Get("Location"), "?said=ticked#step-evidence") {
				t.Errorf("%d %s", rec.Code, rec.Header().Get("Location"))
			}
		}
		hara.send(action, url.Values{"tick": {"ring-now"}})
		noda.send(action, url.Values{"untick": {"ring-now"}})
		if rec := noda.send(action, url.Values{"tick": {"<script>"}}); rec.Code != http.StatusBadRequest {
			t.Errorf("a step that is not there: %d", rec.Code)
		}
		if rec := noda.send("/cases/"+w.companies[0]+"/"+a.ID+"/tick", url.Values{"tick": {"evidence"}}); rec.Code != http.StatusNotFound {
			t.Errorf("of another company: %d", rec.Code)
		}
		if rec := w.login("audit@minato.example").send(action, url.Values{"tick": {"evidence"}}); rec.Code != http.StatusForbidden {
			t.Errorf("who only reads: %d", rec.Code)
		}
		known, err := knowledge.Load()
		must(t, err)
		history, err := w.alerts.History(t.Context(), a.TenantID, a.ID)
		must(t, err)
		lines := fmt.Sprint(known.History(history, nil, "en"))
		if strings.Count(lines, "A step was done Look in the technical block") != 1 || !strings.Contains(lines, "A step was not done after all") {
			t.Errorf("the customer reads %s", lines)
		}
		texts, err := text.Load()
		must(t, err)
		g := cases.Guide{Book: known.Playbook(), Names: w.tenants.NamesOf}
		v := &ui.Visit{Session: tenant.Session{PersonID: "op", Role: tenant.RoleDesk}, Texts: texts.In("ja"), Request: request(t)}
		steps, err := g.Of(v, "/console", &a, history, cases.Links{Traffic: "/traffic", Ring: "/ring"})
		must(t, err)
		said := fmt.Sprintf("%+v", *steps)
		for _, want := range []string{"のうち 1 まで済みました", "野田 三郎", "確かめること", "電話する相手", "駆け付けを出すとき", "閉じるとき", "/traffic", "/ring", "#likes", "LANケーブルを抜いてもらう"} {
			if !strings.Contains(said, want) {
				t.Errorf("%q is not in %s", want, said)
			}
		}
		if !steps.Tick || strings.Contains(said, "駆け付けを依頼する") {
			t.Error("who may tick cannot, or a link leads nowhere")
		}
		must(t, w.alerts.CloseAs(t.Context(), a.TenantID, a.ID, "op", alert.OutcomeHandled, "済み"))
		if rec := noda.send(action, url.Values{"tick": {"peer"}}); !strings.HasSuffix(rec.Header().Get("Location"), "?said=already") {
			t.Errorf("of a closed case: %s", rec.Header().Get("Location"))
		}
	}, schemas()...)
}
