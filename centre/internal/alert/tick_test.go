package alert_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/wire"
)

// A step is ticked once, by whoever came first; it can be taken back, and all of it stands in the history.
func TestStepsAreTicked(t *testing.T) {
	suite(t, func(o *office) {
		o.record(o.own, o.event("c2", wire.Outbound, wire.VerdictBlocked))
		a := o.one()
		var group sync.WaitGroup
		for _, who := range []string{"op-1", "op-2", "op-1"} {
			group.Go(func() {
				if err := o.svc.Tick(o.Context(), o.own, a.ID, who, "evidence", true); err != nil {
					o.Error(err)
				}
			})
		}
		group.Wait()
		o.clock.Advance(time.Minute)
		must(o.T, o.svc.Tick(o.Context(), o.own, a.ID, "op-2", "peer", true))
		must(o.T, o.svc.Tick(o.Context(), o.own, a.ID, "op-2", "peer", false))
		must(o.T, o.svc.Tick(o.Context(), o.own, a.ID, "op-2", "peer", false))
		must(o.T, o.svc.Tick(o.Context(), o.own, a.ID, "op-2", "ring-now", true))
		history, err := o.svc.History(o.Context(), o.own, a.ID)
		must(o.T, err)
		n := map[alert.What]int{}
		for _, c := range history {
			n[c.What]++
		}
		if n[alert.ChangeTicked] != 3 || n[alert.ChangeUnticked] != 1 {
			o.Errorf("history %v", n)
		}
		done := alert.Ticks(history)
		if len(done) != 2 || done["evidence"].Who == "" || done["ring-now"] != (alert.Tick{Who: "op-2", At: start.Add(time.Minute)}) {
			o.Errorf("done %v", done)
		}
		for what, err := range map[string]error{
			"of another company": o.svc.Tick(o.Context(), "nobody", a.ID, "op-1", "evidence", true),
			"nothing ticked yet": o.svc.Tick(o.Context(), o.own, "1-999", "op-1", "evidence", false),
		} {
			if !errors.Is(err, alert.ErrNotFound) {
				o.Errorf("%s: %v", what, err)
			}
		}
		for _, step := range []string{"", strings.Repeat("x", 41)} {
			if err := o.svc.Tick(o.Context(), o.own, a.ID, "op-1", step, true); !errors.Is(err, alert.ErrInvalid) {
				o.Errorf("%q: %v", step, err)
			}
		}
		must(o.T, o.svc.Close(o.Context(), o.own, a.ID, "op-1", "x"))
		if err := o.svc.Tick(o.Context(), o.own, a.ID, "op-1", "volume", true); !errors.Is(err, alert.ErrClosed) {
			o.Errorf("of what is closed: %v", err)
		}
	})
}
