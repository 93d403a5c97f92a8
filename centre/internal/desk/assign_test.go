package desk_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"otasuke/centre/internal/desk"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
)

// worker adds somebody to the desk.
func (r *room) worker(name, email string, role tenant.Role) tenant.Person {
	r.Helper()
	p := tenant.Person{TenantID: tenant.House, Email: email, Name: name, Role: role}
	var err error
	p.ID, err = r.tenants.AddPerson(r.Context(), "test", p)
	must(r.T, err)
	return p
}

func (r *room) ask(text string) desk.Ticket {
	r.Helper()
	t, err := r.svc.Open(r.Context(), r.own, r.hanako.ID, desk.Ticket{Channel: desk.Portal, Name: r.hanako.Name, Email: r.hanako.Email, PersonID: r.hanako.ID, Lang: "ja"}, desk.Said{Text: text})
	must(r.T, err)
	return t
}

// tells are the jobs that tell the staff of a ticket, by when they run.
func (r *room) tells(tenantID string) (at []time.Time) {
	r.Helper()
	must(r.T, r.s.Read(r.Context(), tenantID, func(tx *store.Tx) (err error) {
		at, err = store.Collect[time.Time](tx.Query(`SELECT run_at FROM job WHERE owner = $1 AND kind = $2 AND state = 'waiting' ORDER BY run_at`, desk.KindTell))(func(scan func(...any) error) (time.Time, error) {
			var us int64
			err := scan(&us)
			return store.Time(us), err
		})
		return err
	}))
	return at
}

// Of two who take a ticket at once one has it, and the other hears that; whoever saw who has it can take it over or give it away.
func TestOneOfTwoHasATicket(t *testing.T) {
	suite(t, func(r *room) {
		ticket := r.ask("画面が固まりました。")
		people := []tenant.Person{r.worker("窓口 一郎", "one@centre.example", tenant.RoleDesk), r.worker("窓口 二郎", "two@centre.example", tenant.RoleDesk)}
		failed := make([]error, len(people))
		var wg sync.WaitGroup
		for i, p := range people {
			wg.Go(func() { failed[i] = r.svc.Assign(r.Context(), r.own, ticket.ID, p, "", p.ID) })
		}
		wg.Wait()
		won := 0
		if failed[0] != nil {
			won = 1
		}
		if failed[won] != nil || !errors.Is(failed[1-won], desk.ErrHeld) {
			r.Fatalf("%v", failed)
		}
		has := func(want string) {
			r.Helper()
			if now, _ := r.thread(ticket); now.Assignee != want {
				r.Errorf("it is with %q, want %q", now.Assignee, want)
			}
		}
		winner, loser := people[won], people[1-won]
		has(winner.ID)
		// Given to the other, who is told; then let go.
		before := len(r.tells(r.own))
		must(r.T, r.svc.Assign(r.Context(), r.own, ticket.ID, winner, winner.ID, loser.ID))
		has(loser.ID)
		if n := len(r.tells(r.own)); n != before+1 {
			r.Errorf("%d jobs tell of it, before %d", n, before)
		}
		must(r.T, r.svc.Assign(r.Context(), r.own, ticket.ID, loser, loser.ID, ""))
		has("")
		// Nobody who does not work here gets one, and a closed one is nobody's work.
		vendor := r.worker("業者", "vendor@vendor.example", tenant.RoleVendor)
		for _, to := range []string{vendor.ID, r.hanako.ID, "nobody"} {
			if err := r.svc.Assign(r.Context(), r.own, ticket.ID, winner, "", to); !errors.Is(err, store.ErrNotFound) {
				r.Errorf("to %s: %v", to, err)
			}
		}
		must(r.T, r.svc.Close(r.Context(), r.own, ticket.ID, winner.ID, "解決"))
		if err := r.svc.Assign(r.Context(), r.own, ticket.ID, winner, "", winner.ID); !errors.Is(err, desk.ErrState) {
			r.Errorf("a closed one: %v", err)
		}
		if err := r.svc.Assign(r.Context(), r.decoy, ticket.ID, winner, "", winner.ID); !errors.Is(err, store.ErrNotFound) {
			r.Errorf("in another company: %v", err)
		}
	})
}

// The staff is told at once, and of what comes after that together, an hour later; a call has a minute to be answered.
func TestStaffIsToldOnceAnHour(t *testing.T) {
	suite(t, func(r *room) {
		ticket := r.ask("画面が固まりました。")
		if at := r.tells(r.own); len(at) != 1 || !at[0].Equal(start) {
			r.Fatalf("%v", at)
		}
		must(r.T, r.s.Write(r.Context(), r.own, func(tx *store.Tx) error {
			_, err := tx.Exec(`DELETE FROM job WHERE owner = $1`)
			return errors.Join(err, r.svc.Rang(tx, ticket.ID, start))
		}))
		for range 2 {
			r.clock.Advance(5 * time.Minute)
			must(r.T, r.svc.Say(r.Context(), r.own, ticket.ID, r.hanako, desk.Said{Text: "まだです。"}))
		}
		if at := r.tells(r.own); len(at) != 1 || !at[0].Equal(start.Add(time.Hour)) {
			r.Errorf("%v", at)
		}
		if _, news, err := r.svc.News(r.Context(), r.own, ticket.ID); err != nil || len(news) != 2 {
			r.Errorf("%+v, %v", news, err)
		}
		call, err := r.svc.Open(r.Context(), r.decoy, r.staff.ID, desk.Ticket{Channel: desk.Phone}, desk.Said{Text: "お電話"})
		must(r.T, err)
		if at := r.tells(r.decoy); len(at) != 1 || !at[0].Equal(call.Opened.Add(time.Minute)) {
			r.Errorf("%v", at)
		}
	})
}
