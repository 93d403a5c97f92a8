package alert_test

import (
	"fmt"
	"testing"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/store"
	"otasuke/wire"
)

// TestLateBatchAroundAClosedAlert: one late batch reaches the same closed alert
// twice, with another alert between; no event may get lost.
func TestLateBatchAroundAClosedAlert(t *testing.T) {
	suite(t, func(o *office) {
		at := func(hours int, v wire.Verdict) alert.Incoming {
			in := o.event("scan", wire.Outbound, v)
			in.Event.Time = start.Add(time.Duration(hours) * time.Hour)
			return in
		}
		o.clock.Advance(5 * 24 * time.Hour)
		o.record(o.own, at(0, wire.VerdictBlocked), at(20, wire.VerdictBlocked), at(40, wire.VerdictBlocked), at(60, wire.VerdictBlocked))
		first := o.one()
		must(o.T, o.svc.Close(o.Context(), o.own, first.ID, "op-1", "済み"))
		o.record(o.own, at(1, wire.VerdictBlocked), at(2, wire.VerdictPassed), at(50, wire.VerdictBlocked))
		total := 0
		for _, a := range o.list(alert.Filter{}) {
			total += a.Count
		}
		if total != 7 {
			o.Errorf("%d events in alerts, want 7", total)
		}
	})
}

// TestFloodOfAlertsIsGathered: one box that makes up devices cannot use up the
// case numbers of the centre.
func TestFloodOfAlertsIsGathered(t *testing.T) {
	suite(t, func(o *office) {
		var events []alert.Incoming
		for i := range alert.MaxOpen + 50 {
			in := o.event("c2", wire.Outbound, wire.VerdictBlocked)
			in.DeviceID, in.DeviceAddr = fmt.Sprintf("dev%d", i), fmt.Sprintf("192.0.2.%d", i%250)
			events = append(events, in)
		}
		o.record(o.own, events[:alert.MaxOpen+10]...)
		o.record(o.own, events[alert.MaxOpen+10:]...)
		counts, err := o.svc.Counts(o.Context(), o.own, start, start)
		must(o.T, err)
		if n := counts.Alerts[alert.High]; n != alert.MaxOpen+1 {
			o.Errorf("%d alerts, want %d", n, alert.MaxOpen+1)
		}
		// Another company still gets its own.
		o.record(o.decoy, o.event("scan", wire.Outbound, wire.VerdictBlocked))
	})
}

// TestBoxIsBackAfterDays: the history says so however long it took.
func TestBoxIsBackAfterDays(t *testing.T) {
	suite(t, func(o *office) {
		must(o.T, o.s.Write(o.Context(), o.own, func(tx *store.Tx) error { return o.svc.Unprotected(tx, "box1", "本社", start) }))
		o.clock.Advance(3 * 24 * time.Hour)
		must(o.T, o.s.Write(o.Context(), o.own, func(tx *store.Tx) error { return o.svc.Protected(tx, "box1", o.clock.Now()) }))
		history, err := o.svc.History(o.Context(), o.own, o.one().ID)
		if err != nil || history[len(history)-1].What != alert.ChangeRestored {
			o.Errorf("history %+v, %v", history, err)
		}
	})
}
