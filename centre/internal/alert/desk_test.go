package alert_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/store"
	"otasuke/wire"
)

func TestWrongTenant(t *testing.T) {
	suite(t, func(o *office) {
		o.clock.Advance(time.Second) // an id that the decoy does not have
		o.record(o.own, o.event("c2", wire.Outbound, wire.VerdictBlocked))
		a := o.one()
		check := func(what string, err error) {
			o.Helper()
			if !errors.Is(err, alert.ErrNotFound) {
				o.Errorf("%s of another company's alert: %v, want ErrNotFound", what, err)
			}
		}
		_, err := o.svc.Get(o.Context(), o.decoy, a.ID)
		check("reading", err)
		_, err = o.svc.History(o.Context(), o.decoy, a.ID)
		check("history", err)
		check("answer", o.svc.Answer(o.Context(), o.decoy, a.ID, "x", alert.AnswerDone, ""))
		check("closing", o.svc.Close(o.Context(), o.decoy, a.ID, "x", "reason"))
		check("telling", o.s.Write(o.Context(), o.decoy, func(tx *store.Tx) error { return o.svc.Told(tx, a.ID, "mail") }))
		for _, x := range o.list(alert.Filter{}) {
			if x.TenantID != o.own {
				o.Errorf("list shows %+v", x)
			}
		}
		if got := o.one(); got.State != alert.Open || got.Count != 1 {
			o.Errorf("the alert was changed: %+v", got)
		}
		c, err := o.svc.Counts(o.Context(), o.own, start, start)
		if err != nil || c.Outbound != 1 || c.Alerts[alert.High] != 1 {
			o.Errorf("counts include another company: %+v, %v", c, err)
		}
	})
}

func TestDeskFindsByCaseAndQueue(t *testing.T) {
	suite(t, func(o *office) {
		o.record(o.own, o.event("phishing", wire.Outbound, wire.VerdictBlocked))
		a := o.one()
		got, err := o.svc.ByCase(o.Context(), "op-1", "customer on the line", a.Case[:3]+" "+a.Case[3:])
		if err != nil || got.ID != a.ID || got.TenantID != o.own || len(got.Evidence) != 1 {
			o.Errorf("by case: %+v, %v", got, err)
		}
		queue, err := o.svc.Queue(o.Context(), "op-1", "morning round", alert.Filter{Stars: alert.Medium})
		if err != nil || len(queue) != 2 || queue[0].Alert.Stars != alert.High || queue[1].Company != "株式会社さくら金属" ||
			!queue[1].Deadline.Equal(start.Add(4*time.Hour)) {
			o.Errorf("queue %+v, %v", queue, err)
		}
		must(o.T, o.svc.Answer(o.Context(), o.own, a.ID, "hanako", alert.AnswerCall, ""))
		queue, err = o.svc.Queue(o.Context(), "op-1", "morning round", alert.Filter{})
		if err != nil || len(queue) != 2 || queue[0].Alert.ID != a.ID {
			o.Errorf("who wants to be called does not come first: %+v, %v", queue, err)
		}
		seen, err := o.s.Accesses(o.Context(), 10)
		if err != nil || len(seen) != 3 || seen[0].Who != "op-1" {
			o.Errorf("on record: %+v, %v", seen, err)
		}
	})
}

func TestUnprotectedBox(t *testing.T) {
	suite(t, func(o *office) {
		raise := func() {
			must(o.T, o.s.Write(o.Context(), o.own, func(tx *store.Tx) error { return o.svc.Unprotected(tx, "box1", "本社の箱", start) }))
		}
		o.clock.Advance(5 * time.Minute)
		raise()
		raise()
		a := o.one()
		if a.Family != alert.FamilyUnprotected || a.Stars != alert.High || a.Blocked || a.Count != 1 || a.DeviceName != "本社の箱" {
			o.Errorf("%+v", a)
		}
		must(o.T, o.s.Write(o.Context(), o.own, func(tx *store.Tx) error { return o.svc.Protected(tx, "box1", o.clock.Now()) }))
		changes, err := o.svc.History(o.Context(), o.own, a.ID)
		if err != nil || len(changes) != 2 || changes[1].What != alert.ChangeRestored {
			o.Errorf("history %+v, %v", changes, err)
		}
		o.clock.Advance(time.Minute)
		if got := o.mails(); !slices.Equal(got, []string{alert.CauseNew}) {
			o.Errorf("mails %v", got)
		}
	})
}

func TestCountsByDayInJapan(t *testing.T) {
	suite(t, func(o *office) {
		o.clock.Set(time.Date(2026, 11, 21, 14, 59, 0, 0, time.UTC)) // 23:59 in Japan
		o.record(o.own, o.event("exploit", wire.Inbound, wire.VerdictBlocked), o.event("exploit", wire.Inbound, wire.VerdictPassed))
		o.clock.Advance(2 * time.Minute)
		o.record(o.own, o.event("c2", wire.Outbound, wire.VerdictBlocked), o.event("boring", wire.Internal, wire.VerdictPassed))
		c, err := o.svc.Counts(o.Context(), o.own, start.Add(-24*time.Hour), o.clock.Now())
		must(o.T, err)
		if len(c.Days) != 3 || c.Days[0] != (alert.Day{Date: c.Days[0].Date}) || c.Days[1].Inbound != 2 || c.Days[1].InboundBlocked != 1 ||
			c.Days[2].Outbound != 2 || c.Days[2].OutboundBlocked != 1 || c.Inbound != 2 || c.Outbound != 2 {
			o.Errorf("%+v", c)
		}
	})
}

// TestBatchesAtOnce: several uploads of one company at the same moment lose nothing.
func TestBatchesAtOnce(t *testing.T) {
	suite(t, func(o *office) {
		const batches, size = 8, 5
		var group sync.WaitGroup
		for range batches {
			var events []alert.Incoming
			for range size {
				events = append(events, o.event("c2", wire.Outbound, wire.VerdictBlocked))
			}
			group.Go(func() {
				err := o.s.Write(o.Context(), o.own, func(tx *store.Tx) error { return o.svc.Record(tx, events) })
				if err != nil {
					o.Error(err)
				}
			})
		}
		group.Wait()
		if a := o.one(); a.Count != batches*size {
			o.Errorf("%d events counted of %d", a.Count, batches*size)
		}
	})
}

func TestClockOfABoxRunsAhead(t *testing.T) {
	suite(t, func(o *office) {
		e := o.event("c2", wire.Outbound, wire.VerdictBlocked)
		e.Event.Time = start.AddDate(10, 0, 0)
		o.record(o.own, e)
		if a := o.one(); !a.Last.Equal(start) {
			o.Errorf("an alert from the future: %v", a.Last)
		}
	})
}

func TestFilterAndPaging(t *testing.T) {
	suite(t, func(o *office) {
		for i := range 5 {
			o.clock.Advance(time.Minute)
			e := o.event("c2", wire.Outbound, wire.VerdictBlocked)
			e.DeviceID = fmt.Sprint("d", i)
			o.record(o.own, e)
		}
		page := o.list(alert.Filter{Limit: 2})
		next := o.list(alert.Filter{Limit: 2, Before: page[1].Last})
		if len(page) != 2 || len(next) != 2 || page[0].DeviceID != "d4" || next[0].DeviceID != "d2" {
			o.Errorf("pages %+v / %+v", page, next)
		}
	})
}
