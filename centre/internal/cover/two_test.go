package cover_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"otasuke/centre/internal/cover"
)

// The insurer decides, the desk writes its letter down and somebody withdraws, all at the same moment: one of them counts, and whoever comes later is told.
func TestTwoDecideAtOnce(t *testing.T) {
	on(t, func(o *office) {
		ctx := o.Context()
		id, err := o.svc.Claim(ctx, o.own, o.visit(o.alerts[0].ID, 40_000), "desk")
		must(t, err)
		errs := make([]error, 6)
		var wait sync.WaitGroup
		for i := range errs[:3] { // sent by three
			wait.Go(func() { errs[i] = o.svc.Send(ctx, o.own, id, "desk") })
		}
		wait.Wait()
		if n := fine(t, errs[:3]); n != 1 {
			t.Errorf("sent %d times", n)
		}
		clear(errs)
		for i := range errs {
			wait.Go(func() {
				switch i % 3 {
				case 0:
					errs[i] = o.svc.Decide(ctx, o.own, id, fmt.Sprint("p", i), cover.Decision{Paid: true, Yen: 40_000, By: "みなと損保 査定課", On: "2026-11-28"})
				case 1:
					errs[i] = o.svc.Decide(ctx, o.own, id, fmt.Sprint("p", i), cover.Decision{By: "みなと損保 査定課", On: "2026-11-28", Why: "対象外"})
				default:
					errs[i] = o.svc.Withdraw(ctx, o.own, id, fmt.Sprint("p", i), "取り下げ")
				}
			})
		}
		wait.Wait()
		if n := fine(t, errs); n != 1 {
			t.Errorf("%d decisions", n)
		}
	})
}

// fine counts what went through; everything else was told that somebody was faster.
func fine(t *testing.T, errs []error) (n int) {
	t.Helper()
	for _, err := range errs {
		switch {
		case err == nil:
			n++
		case !errors.Is(err, cover.ErrState):
			t.Error(err)
		}
	}
	return n
}
