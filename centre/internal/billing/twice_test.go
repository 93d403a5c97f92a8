package billing_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"otasuke/centre/internal/billing"
)

// Two of the desk correct and book the same invoice at the same moment, or one presses twice: one correction, one payment, one mail.
func TestTwoAtTheSameInvoice(t *testing.T) {
	suite(t, func(o *office) {
		first(o)
		ctx := t.Context()
		each := func(what string, allowed error, do func() error) {
			o.Helper()
			errs := make([]error, 4)
			var wait sync.WaitGroup
			for i := range errs {
				wait.Go(func() { errs[i] = do() })
			}
			wait.Wait()
			done := 0
			for _, err := range errs {
				switch {
				case err == nil:
					done++
				case !errors.Is(err, allowed):
					o.Errorf("%s: %v", what, err)
				}
			}
			if done != 1 {
				o.Errorf("%s: %d went through", what, done)
			}
		}
		each("a discount", billing.ErrChanged, func() error {
			_, err := o.svc.Correct(ctx, "op", monthly, billing.Correction{After: monthly, Why: "ご紹介", Note: "ご紹介の割引", Yen: -550})
			return err
		})
		_, _, chain, err := o.svc.Get(ctx, monthly)
		must(t, err)
		if len(chain) != 2 || chain[1].Total != -550 {
			o.Errorf("%+v", chain)
		}
		if _, err := o.svc.Correct(ctx, "op", monthly, billing.Correction{After: chain[1].Number, Why: "もう一度", Note: "追加の割引", Yen: -550}); err != nil {
			o.Errorf("somebody who saw the first correction: %v", err)
		}
		each("a payment", billing.ErrPaid, func() error { return o.svc.PayByHand(ctx, "op", monthly, "2026-12-31", "窓口") })
		for range 2 {
			must(t, o.svc.Reissue(ctx, "op", monthly))
		}
		o.clock.Advance(2 * time.Minute)
		must(t, o.svc.Reissue(ctx, "op", monthly))
		_, log, _, err := o.svc.Get(ctx, monthly)
		must(t, err)
		n := 0
		for _, e := range log {
			if e.What == billing.Reissued {
				n++
			}
		}
		if n != 2 {
			o.Errorf("issued again %d times", n)
		}
	})
}
