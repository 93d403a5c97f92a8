package desk_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"otasuke/centre/internal/desk"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
)

// Who takes a ticket has it in their own queue; whoever looked before that is told so and changes nothing.
func TestTakingATicket(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		w := open(t, s)
		second := tenant.Person{TenantID: tenant.House, Email: "second@minato.example", Name: "夜勤 四郎", Role: tenant.RoleDesk}
		var err error
		second.ID, err = w.tenants.AddPerson(t.Context(), "system", second)
		must(t, err)
		me := w.person(tenant.House, "desk@minato.example")
		one, err := w.svc.Open(t.Context(), w.company, me, desk.Ticket{Channel: desk.Phone}, desk.Said{Text: "画面が固まりました。"})
		must(t, err)
		page := "/desk/ticket/" + w.company + "/" + one.ID
		if body := w.get(w.console, w.staff, page); !strings.Contains(body, "まだ誰も担当していません。") || !strings.Contains(body, "夜勤 四郎") {
			t.Error("nobody has it")
		}
		if body := w.get(w.console, w.staff, "/desk?show=mine"); strings.Contains(body, one.Number) || !strings.Contains(body, "ここに出る相談はありません。") {
			t.Error("it is mine already")
		}
		take := func(from, to, want string) {
			t.Helper()
			if rec := w.post(w.console, page, page+"/assign", "from", from, "to", to); rec.Code != http.StatusSeeOther || !strings.HasSuffix(rec.Header().Get("Location"), "said="+want) {
				t.Fatalf("%d %s, want %s", rec.Code, rec.Header().Get("Location"), want)
			}
		}
		must(t, w.svc.Assign(t.Context(), w.company, one.ID, second, "", second.ID)) // while the page is open
		take("", me, "held")
		if body := w.get(w.console, w.staff, page+"?said=held"); !strings.Contains(body, "担当: 夜勤 四郎") || !strings.Contains(body, "代わりに担当する") || !strings.Contains(body, "ほかの人が先に") {
			t.Error("who has it is not said")
		}
		take(second.ID, me, "assigned")
		if body := w.get(w.console, w.staff, "/desk?show=mine"); !strings.Contains(body, one.Number) || !strings.Contains(body, "担当: 窓口 三郎") {
			t.Error("it is not mine")
		}
		if body := w.get(w.console, w.staff, "/desk?show=free"); strings.Contains(body, one.Number) {
			t.Error("it is shown as nobody's")
		}
		take(me, "", "assigned")
		if body := w.get(w.console, w.staff, "/desk?show=free"); !strings.Contains(body, one.Number) {
			t.Error("it was not let go")
		}
	}, schemas()...)
}

// The company of a stranger is found by its name, and its people then read the thread, without what was noted; back it goes with a reason.
func TestAStrangerIsFound(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		w := open(t, s)
		me := w.person(tenant.House, "desk@minato.example")
		one, err := w.svc.Open(t.Context(), tenant.House, me, desk.Ticket{Channel: desk.Phone, Name: "佐藤さん"}, desk.Said{Text: "佐藤製作所の者です。"})
		must(t, err)
		must(t, w.svc.Jot(t.Context(), tenant.House, one.ID, tenant.Person{ID: me}, "名刺で確かめた", false))
		page := "/desk/ticket/" + tenant.House + "/" + one.ID
		if body := w.get(w.console, w.staff, page+"/move?q="+url.QueryEscape("どこにもない")); !strings.Contains(body, "見つかりませんでした") {
			t.Error("nothing found is not said")
		}
		for _, q := range []string{"佐藤製作", "さとうせいさく", w.alert.Case} {
			if body := w.get(w.console, w.staff, page+"/move?q="+url.QueryEscape(q)); !strings.Contains(body, "「株式会社佐藤製作所」に移す") {
				t.Errorf("%q finds nothing", q)
			}
		}
		rec := w.post(w.console, page+"/move?q="+url.QueryEscape("佐藤製作"), page+"/move", "to", w.company)
		if rec.Code != http.StatusSeeOther {
			t.Fatalf("%d", rec.Code)
		}
		// The old address leads to where it is.
		there := "/desk/ticket/" + w.company + "/" + one.ID
		if code, to := w.code(w.console, w.staff, page+"?said=moved"); code != http.StatusSeeOther || to != there+"?said=moved" {
			t.Fatalf("%d %s", code, to)
		}
		if body := w.get(w.console, w.staff, there+"?said=moved"); !strings.Contains(body, "相談を移しました。") || !strings.Contains(body, "名刺で確かめた") {
			t.Error("the thread is not there")
		}
		if body := w.get(w.portal, w.owner, "/desk/"+one.ID); !strings.Contains(body, "佐藤製作所の者です。") || strings.Contains(body, "名刺で確かめた") {
			t.Error("the customer reads something else")
		}
		if rec := w.post(w.console, there, there+"/move", "to", "house", "why", ""); rec.Code != http.StatusUnprocessableEntity || !strings.Contains(rec.Body.String(), "why") {
			t.Errorf("back without a reason: %d", rec.Code)
		}
		if rec := w.post(w.console, there, there+"/move", "to", "house", "why", "別の佐藤さん"); rec.Code != http.StatusSeeOther {
			t.Errorf("back: %d", rec.Code)
		}
		if code, _ := w.code(w.portal, w.owner, "/desk/"+one.ID); code != http.StatusNotFound {
			t.Errorf("the customer still reads it: %d", code)
		}
		if body := w.get(w.console, w.staff, page); !strings.Contains(body, "佐藤製作所の者です。") {
			t.Error("it is not back")
		}
	}, schemas()...)
}

// person is the id of who has an address.
func (w *world) person(tenantID, email string) string {
	w.Helper()
	people, err := w.tenants.People(w.Context(), tenantID)
	must(w.T, err)
	for _, p := range people {
		if p.Email == email {
			return p.ID
		}
	}
	w.Fatalf("nobody has %s", email)
	return ""
}
