package desk_test

import (
	"sync"
	"testing"
	"time"

	"otasuke/centre/internal/desk"
	"otasuke/centre/internal/tenant"
)

// A button that is pressed twice asks, says, answers and notes once; the same words later, of somebody else or in another place are not the same.
func TestPressedTwice(t *testing.T) {
	suite(t, func(r *room) {
		ctx := r.Context()
		ask := func(who string, text string) desk.Ticket {
			r.Helper()
			one, err := r.svc.Open(ctx, r.own, who, desk.Ticket{Channel: desk.Portal, Name: "佐藤 花子", Email: "hanako@sato.example", PersonID: r.hanako.ID}, desk.Said{Text: text})
			must(r.T, err)
			return one
		}
		var both [2]desk.Ticket
		var wait sync.WaitGroup
		for i := range both {
			wait.Go(func() { both[i] = ask(r.hanako.ID, "ページが開けません") })
		}
		wait.Wait()
		one := both[0]
		if both[1].ID != one.ID || both[1].Number != one.Number {
			r.Errorf("one question became %s and %s", both[0].Number, both[1].Number)
		}
		if other := ask(r.hanako.ID, "別の質問です"); other.ID == one.ID {
			r.Error("another question is the same")
		}
		if other := ask("somebody", "ページが開けません"); other.ID == one.ID {
			r.Error("somebody else's question is the same")
		}
		colleague := tenant.Person{ID: "op2", TenantID: tenant.House, Name: "窓口 四郎"}
		for range 2 {
			must(r.T, r.svc.Say(ctx, r.own, one.ID, r.hanako, desk.Said{Text: "まだです"}))
			must(r.T, r.svc.Jot(ctx, r.own, one.ID, r.staff, "電話に出ない", false))
			for _, p := range []tenant.Person{r.staff, r.staff} {
				must(r.T, r.svc.Answer(ctx, r.own, one.ID, p, "再起動してください", false))
			}
		}
		must(r.T, r.svc.Answer(ctx, r.own, one.ID, colleague, "再起動してください", false))
		r.work()
		if _, said := r.thread(one); len(said) != 8 { // the question, then three in turn, twice, and the colleague's
			r.Errorf("%d messages: %+v", len(said), said)
		}
		if len(r.out.mails) != 3 {
			r.Errorf("%d answers went out", len(r.out.mails))
		}
		r.clock.Advance(2 * time.Minute)
		must(r.T, r.svc.Answer(ctx, r.own, one.ID, colleague, "再起動してください", false))
		if later := ask(r.hanako.ID, "ページが開けません"); later.ID == one.ID {
			r.Error("the same question an hour later is not asked")
		}
		if _, said := r.thread(one); len(said) != 9 {
			r.Errorf("later: %d messages", len(said))
		}
	})
}
