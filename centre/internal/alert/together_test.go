package alert_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/tenant"
	"otasuke/wire"
)

// queued is the queue as somebody saw it.
func (o *office) queued() []alert.QueueItem {
	o.Helper()
	items, err := o.svc.Queue(o.Context(), "op-1", "queue", alert.Filter{})
	must(o.T, err)
	return items
}

func pick(q alert.QueueItem) alert.Pick {
	return alert.Pick{TenantID: q.Alert.TenantID, ID: q.Alert.ID, Version: q.Version}
}

var finish = alert.Decision{Verdict: alert.VerdictClose, Was: alert.OutcomeHarmless, Note: "社内の検査でした", Why: "decided together"}

// Two of the staff press the button at the same moment, twice each: every case is decided once.
func TestDecidedTogetherIsDecidedOnce(t *testing.T) {
	suite(t, func(o *office) {
		for range 3 {
			o.clock.Advance(48 * time.Hour)
			o.record(o.own, o.event("c2", wire.Outbound, wire.VerdictBlocked))
		}
		items := o.queued()
		if len(items) != 4 {
			o.Fatalf("%d in the queue", len(items))
		}
		var mu sync.Mutex
		done := map[alert.Pick]int{}
		var group sync.WaitGroup
		for _, who := range []string{"op-1", "op-2", "op-1", "op-2"} {
			group.Go(func() {
				for _, q := range items {
					fit, err := o.svc.Decide(o.Context(), who, finish, pick(q))
					if err != nil {
						o.Error(err)
					}
					if fit == alert.FitYes {
						mu.Lock()
						done[pick(q)]++
						mu.Unlock()
					}
				}
			})
		}
		group.Wait()
		for _, q := range items {
			if done[pick(q)] != 1 {
				o.Errorf("%s was decided %d times", q.Alert.ID, done[pick(q)])
			}
			a, err := o.svc.Get(o.Context(), q.Alert.TenantID, q.Alert.ID)
			if err != nil || a.State != alert.Closed || a.Outcome != alert.OutcomeHarmless || a.Reason != finish.Note {
				o.Errorf("%+v, %v", a, err)
			}
		}
		entries, err := tenant.New(tenant.Config{Store: o.s, Clock: o.clock}).AuditLog(o.Context(), o.own, 100)
		must(o.T, err)
		n := map[string]int{}
		for _, e := range entries {
			if n[e.Action]++; e.Action == "view.alert" && e.Why != finish.Why {
				o.Errorf("looked without saying why: %+v", e)
			}
		}
		if n["alert.closed"] != 3 || n["view.alert"] != 3 {
			o.Errorf("the company's record: %v", n)
		}
	})
}

// What is not what was seen stays as it is, and it is said why.
func TestWhatChangedIsNotDecided(t *testing.T) {
	suite(t, func(o *office) {
		for range 3 {
			o.clock.Advance(48 * time.Hour)
			o.record(o.own, o.event("c2", wire.Outbound, wire.VerdictBlocked))
		}
		var picks []alert.Pick
		for _, q := range o.queued() {
			if q.Alert.TenantID == o.own {
				picks = append(picks, pick(q))
			}
		}
		must(o.T, o.svc.Take(o.Context(), o.own, picks[0].ID, "op-2"))
		must(o.T, o.svc.Answer(o.Context(), o.own, picks[1].ID, "hanako", alert.AnswerCall, ""))
		must(o.T, o.svc.Close(o.Context(), o.own, picks[2].ID, "op-2", "x"))
		picks = append(picks, alert.Pick{TenantID: o.decoy, ID: picks[0].ID}, alert.Pick{TenantID: "nobody", ID: "1-1"})
		want := []alert.Fit{alert.FitOthers, alert.FitChanged, alert.FitClosed, alert.FitGone, alert.FitGone}
		weighed, err := o.svc.Weigh(o.Context(), "op-1", "confirm", alert.VerdictClose, picks)
		must(o.T, err)
		for i, p := range picks {
			if weighed[i].Fit != want[i] {
				o.Errorf("%d weighs %q, want %q", i, weighed[i].Fit, want[i])
			}
			if fit, err := o.svc.Decide(o.Context(), "op-1", finish, p); err != nil || fit != want[i] {
				o.Errorf("%d: %q, %v, want %q", i, fit, err, want[i])
			}
		}
		if a, err := o.svc.Get(o.Context(), o.own, picks[0].ID); err != nil || a.State != alert.Acknowledged {
			o.Errorf("somebody else's: %+v, %v", a, err)
		}
		// Who has it decides it; that a mail was sent meanwhile changes nothing.
		for _, q := range o.queued() {
			if q.Alert.ID == picks[0].ID {
				if q.Taker != "op-2" {
					o.Errorf("taken by %q", q.Taker)
				}
				if fit, err := o.svc.Decide(o.Context(), "op-2", alert.Decision{Verdict: alert.VerdictTake, Why: "x"}, pick(q)); err != nil || fit != alert.FitTaken {
					o.Errorf("taken twice: %q, %v", fit, err)
				}
				if fit, err := o.svc.Decide(o.Context(), "op-2", finish, pick(q)); err != nil || fit != alert.FitYes {
					o.Errorf("one's own: %q, %v", fit, err)
				}
			}
		}
	})
}

func TestADecisionSaysWhy(t *testing.T) {
	suite(t, func(o *office) {
		p := pick(o.queued()[0])
		for _, d := range []alert.Decision{{}, {Verdict: "x", Note: "x", Why: "x"}, {Verdict: alert.VerdictClose, Note: " ", Why: "x"}, {Verdict: alert.VerdictNote, Why: "x"}, {Verdict: alert.VerdictTake}} {
			if _, err := o.svc.Decide(o.Context(), "op-1", d, p); !errors.Is(err, alert.ErrInvalid) {
				o.Errorf("%+v: %v", d, err)
			}
		}
		if fit, err := o.svc.Decide(o.Context(), "op-1", alert.Decision{Verdict: alert.VerdictTake, Note: "見ています", Why: "x"}, p); err != nil || fit != alert.FitYes {
			o.Errorf("%q, %v", fit, err)
		}
	})
}
