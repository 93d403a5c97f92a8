package intake_test

import (
	"context"
	"encoding/json"
	"net/netip"
	"sync"
	"testing"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/appeal"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/usage"
	"otasuke/wire"
)

// TestRepeatedBatchCountsOnce: the centre died, or the line did, between the commit
// and the answer.
func TestRepeatedBatchCountsOnce(t *testing.T) {
	suite(t, func(o *office) {
		b, other := o.newBox(o.own), o.newBox(o.own)
		batch := []wire.Event{o.event(), o.event()}
		batch = append(batch, batch[0])
		at, err := o.devices.BoxByID(o.Context(), o.own, b.id)
		must(o.T, err)
		if _, err := o.in.Accept(o.Context(), at, batch); err != nil { // and nobody hears the answer
			o.Fatal(err)
		}
		for range 3 {
			if ack := b.send(batch...); ack.New != 0 || len(ack.Refused) != 0 {
				o.Errorf("repeated: %+v", ack)
			}
		}
		if a := o.list(o.own)[0]; a.Count != 2 {
			o.Errorf("counted %d times, want 2", a.Count)
		}
		// Another box has ids of its own.
		if ack := other.send(batch[0]); ack.New != 1 {
			o.Errorf("another box: %+v", ack)
		}
	})
}

// TestCrashBeforeCommitKeepsNothing: a batch is kept whole or not at all.
func TestCrashBeforeCommitKeepsNothing(t *testing.T) {
	suite(t, func(o *office) {
		b := o.newBox(o.own)
		at, err := o.devices.BoxByID(o.Context(), o.own, b.id)
		must(o.T, err)
		ctx, cancel := context.WithCancel(o.Context())
		cancel()
		batch := []wire.Event{o.event(), o.event()}
		if _, err := o.in.Accept(ctx, at, batch); err == nil {
			o.Fatal("accepted after the end")
		}
		if len(o.list(o.own)) != 0 {
			o.Error("a part was kept")
		}
		if ack := b.send(batch...); ack.New != 2 {
			o.Errorf("then repeated: %+v", ack)
		}
	})
}

func TestManyBatchesAtOnce(t *testing.T) {
	suite(t, func(o *office) {
		boxes := []*box{o.newBox(o.own), o.newBox(o.own), o.newBox(o.decoy)}
		const batches, size = 6, 20
		var group sync.WaitGroup
		for _, b := range boxes {
			for range batches {
				var events []wire.Event
				for range size {
					events = append(events, o.event())
				}
				group.Go(func() {
					b.send(events...)
					b.send(events...)
				})
			}
		}
		group.Wait()
		for tenantID, want := range map[string]int{o.own: 2 * batches * size, o.decoy: batches * size} {
			got := 0
			for _, a := range o.list(tenantID) {
				got += a.Count
			}
			if got != want {
				o.Errorf("%d events counted, want %d", got, want)
			}
		}
	})
}

// work runs jobs until the test ends; settle waits until nothing is due.
func (o *office) work() (settle func()) {
	q := job.New(job.Config{Store: o.s, Clock: o.clock, Poll: time.Millisecond})
	o.in.Register(q)
	q.Handle(alert.KindNotify, func(context.Context, string, json.RawMessage) error { return nil })
	ctx, cancel := context.WithCancel(o.Context())
	done := make(chan error, 1)
	go func() { done <- q.Run(ctx) }()
	o.Cleanup(func() { cancel(); must(o.T, <-done) })
	return func() {
		o.Helper()
		for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
			c, err := q.Counts(o.Context())
			must(o.T, err)
			if c.Running == 0 && c.Oldest.IsZero() {
				return
			}
			if time.Now().After(deadline) {
				o.Fatalf("jobs never ended: %+v", c)
			}
		}
	}
}

func TestUnprotectedForFiveMinutesIsToldOnce(t *testing.T) {
	suite(t, func(o *office) {
		b := o.newBox(o.own)
		settle := o.work()
		dead := wire.Health{Note: "engine-died", Parts: map[string]wire.State{"inspection": wire.StateDown}}
		b.beat(dead)
		o.clock.Advance(2 * time.Minute)
		b.beat(wire.Health{Protecting: true})
		o.clock.Advance(10 * time.Minute)
		settle()
		if all := o.list(o.own); len(all) != 0 {
			o.Errorf("a gap of two minutes was told: %+v", all)
		}
		b.send(o.event(func(e *wire.Event) { *e = wire.Event{ID: e.ID, Time: e.Time, Kind: wire.KindHealth, Health: &dead} }))
		o.clock.Advance(5 * time.Minute) // and the box says nothing more
		settle()
		all := o.list(o.own)
		if len(all) != 1 || all[0].Family != alert.FamilyUnprotected || all[0].Stars != alert.High || all[0].BoxID != b.id {
			o.Fatalf("five minutes without protection: %+v", all)
		}
		b.beat(wire.Health{})
		b.beat(wire.Health{Protecting: true, Note: "engine-restarted"})
		settle()
		history, err := o.alerts.History(o.Context(), o.own, all[0].ID)
		if err != nil || history[len(history)-1].What != alert.ChangeRestored || len(o.list(o.own)) != 1 {
			o.Errorf("back: %+v, %v", history, err)
		}
	})
}

// TestReturnedBoxRaisesNothing: a box that was given back while it was down is
// unprotected on purpose.
func TestReturnedBoxRaisesNothing(t *testing.T) {
	suite(t, func(o *office) {
		b := o.newBox(o.own)
		b.beat(wire.Health{})
		must(o.T, o.devices.Return(o.Context(), o.own, b.id, "op-1", "contract ended"))
		o.clock.Advance(5 * time.Hour)
		o.work()()
		if all := o.list(o.own); len(all) != 0 {
			o.Errorf("told: %+v", all)
		}
	})
}

// TestHostileEventsDoNotStopTheOthers: what one event holds is refused, or made fit
// to show; the box would repeat the batch for ever.
func TestHostileEventsDoNotStopTheOthers(t *testing.T) {
	suite(t, func(o *office) {
		b := o.newBox(o.own)
		zone := netip.MustParseAddr("fe80::1%eth0\x00")
		ack := b.send(o.event(), o.event(func(e *wire.Event) { e.Device = wire.Device{Addr: zone} }),
			o.event(func(e *wire.Event) { e.Device = wire.Device{}; e.Flow.Src = zone }),
			o.event(func(e *wire.Event) { e.Rule.Msg, e.URL = "invoice\u202efdp.exe\x00\n", "evil.example/\u2066　猫" }),
			o.event(func(e *wire.Event) { e.Time = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC) }),
			o.event(func(e *wire.Event) { e.Time = time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC) }))
		if ack.New != 3 || len(ack.Refused) != 3 {
			o.Errorf("answer %+v", ack)
		}
		a, err := o.alerts.Get(o.Context(), o.own, o.list(o.own)[0].ID)
		must(o.T, err)
		found := false
		for _, e := range a.Evidence {
			found = found || e.What == "invoice\uFFFDfdp.exe\uFFFD\uFFFD [1:2000001:1]" && e.URL == "evil.example/\uFFFD　猫"
			if e.Time.After(start.Add(time.Minute)) {
				o.Errorf("evidence from the future: %v", e.Time)
			}
		}
		if a.Count != 3 || !found {
			o.Errorf("%d events, evidence %+v", a.Count, a.Evidence)
		}
	})
}

// TestUsageCountsOnce: what devices used is added up for their company, a repeated batch
// adds nothing, and it is no alert.
func TestUsageCountsOnce(t *testing.T) {
	suite(t, func(o *office) {
		b, other := o.newBox(o.own), o.newBox(o.decoy)
		use := func(d wire.Device) wire.Event {
			return o.event(func(e *wire.Event) {
				*e = wire.Event{ID: e.ID, Time: e.Time, Kind: wire.KindUsage, Device: d, Usage: &wire.Usage{Since: e.Time, Period: 60,
					Apps: []wire.AppUse{{App: "chatgpt", Category: "ai", Up: 7, Down: 70, Minutes: 3, Flows: 1}}}}
			})
		}
		batch := []wire.Event{use(wire.Device{MAC: "02:00:00:00:00:01", Addr: netip.MustParseAddr("192.0.2.10")}), use(wire.Device{})}
		for range 2 {
			b.send(batch...)
		}
		other.send(use(wire.Device{MAC: "02:00:00:00:00:01"}))
		rows, err := usage.New(o.s, o.clock).Apps(o.Context(), o.own, "", start, start.Add(time.Hour))
		if err != nil || len(rows) != 1 || rows[0].Up != 14 || rows[0].Devices != 2 {
			o.Errorf("%+v %v", rows, err)
		}
		if known, err := o.devices.Endpoints(o.Context(), o.own); err != nil || len(known) != 1 || known[0].MAC != "02:00:00:00:00:01" {
			o.Errorf("%+v %v", known, err)
		}
		if all := o.list(o.own); len(all) != 0 {
			o.Errorf("alerts %+v", all)
		}
	})
}

// TestAppealCountsOnce: what somebody says from a block page is a request of their company,
// from a device that is known from then on, and no alert.
func TestAppealCountsOnce(t *testing.T) {
	suite(t, func(o *office) {
		b, other := o.newBox(o.own), o.newBox(o.decoy)
		say := func() wire.Event {
			return o.event(func(e *wire.Event) {
				e.Kind, e.Rule, e.Verdict, e.Appeal = wire.KindAppeal, nil, wire.VerdictPassed, &wire.Appeal{What: "shop.example", Category: "phishing", List: "feed", Reason: "work"}
			})
		}
		one := say()
		b.send(one)
		b.send(one)
		other.send(say())
		all, err := appeal.New(o.s, o.clock, nil).Requests(o.Context(), o.own)
		if err != nil || len(all) != 1 || all[0].Times != 1 || all[0].Device == "" || all[0].Reason != "work" {
			o.Errorf("%+v %v", all, err)
		}
		if known, err := o.devices.Endpoints(o.Context(), o.own); err != nil || len(known) != 1 {
			o.Errorf("%+v %v", known, err)
		}
		if all := o.list(o.own); len(all) != 0 {
			o.Errorf("alerts %+v", all)
		}
	})
}

// TestEveryTableOfACompanyIsLocked looks at the schema of the whole back of the
// centre: the fourth lock must be on each table that has a tenant.
func TestEveryTableOfACompanyIsLocked(t *testing.T) {
	suite(t, func(o *office) {
		if o.s.Engine() != store.Postgres {
			return // SQLite has no such lock; the decoy companies stand in for it
		}
		must(o.T, o.s.GlobalRead(o.Context(), func(tx *store.GlobalTx) error {
			var tables, open int
			err := tx.QueryRow(`SELECT count(*), coalesce(sum(CASE WHEN c.relrowsecurity AND c.relforcerowsecurity THEN 0 ELSE 1 END), 0)
				FROM information_schema.columns i JOIN pg_class c ON c.oid = quote_ident(i.table_name)::regclass
				WHERE i.table_schema = current_schema() AND i.column_name = 'tenant_id'`).Scan(&tables, &open)
			if tables < 15 || open != 0 {
				o.Errorf("%d of %d tables without row-level security", open, tables)
			}
			return err
		}))
	})
}
