package alert_test

import (
	"testing"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/wire"
)

// How long customers wait is measured on what happened, and a rule that was taken back is nobody's work.
func TestHowTheStaffWorked(t *testing.T) {
	suite(t, func(o *office) { // the suite's own case of another company is open
		id := func() string { return o.list(alert.Filter{Limit: 1})[0].ID }
		for i := range 10 {
			o.clock.Set(start.Add(time.Duration(i) * 48 * time.Hour))
			o.record(o.own, o.event("c2", wire.Outbound, wire.VerdictBlocked))
			o.clock.Advance(time.Duration(i+1) * time.Minute)
			must(o.T, o.svc.Take(o.Context(), o.own, id(), "op-1"))
			o.clock.Advance(time.Hour)
			must(o.T, o.svc.CloseAs(o.Context(), o.own, id(), "op-1", []alert.Outcome{alert.OutcomeHandled, alert.OutcomeMisfire}[i%2], "x"))
		}
		o.clock.Set(start.AddDate(0, 0, 25))
		o.record(o.own, o.event("phishing", wire.Outbound, wire.VerdictBlocked))
		o.clock.Advance(time.Hour)
		must(o.T, o.svc.CloseAs(o.Context(), o.own, id(), "system", alert.OutcomeWithdrawn, "x"))
		w, err := o.svc.Work(o.Context(), "op-1", "figures", start, o.clock.Now())
		must(o.T, err)
		if got := w.Answered[alert.High]; got != (alert.Spread{N: 10, P50: 5 * time.Minute, P90: 9 * time.Minute}) {
			o.Errorf("answered %+v", got)
		}
		if w.Companies != 2 || w.New != 12 || w.Waiting != 1 || w.Open[alert.High] != 1 || w.All() != 11 || w.Closed[alert.OutcomeHandled] != 5 || w.Closed[alert.OutcomeMisfire] != 5 || w.Closed[alert.OutcomeWithdrawn] != 1 || w.Answered[alert.Medium].N != 0 {
			o.Errorf("%+v", w)
		}
		if len(w.Days) != 26 || w.Days[0].New != 2 || w.Days[1].New != 0 || w.Days[25].Withdrawn != 1 || w.Days[2].Answered.P90 != 2*time.Minute {
			o.Errorf("days %+v", w.Days)
		}
		if w, err = o.svc.Work(o.Context(), "op-1", "figures", start.AddDate(1, 0, 0), start.AddDate(1, 0, 6)); err != nil || w.New != 0 || len(w.Days) != 7 || w.Answered[alert.High].N != 0 {
			o.Errorf("an empty week: %+v, %v", w, err)
		}
	})
}
