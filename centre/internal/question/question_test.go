package question_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"otasuke/centre/internal/question"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/clock"
	"otasuke/wire"
)

type office struct {
	*testing.T
	clock      *clock.Fake
	svc        *question.Service
	people     *tenant.Service
	own, decoy string
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func suite(t *testing.T, fn func(o *office)) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		o := &office{T: t, clock: clock.NewFake(time.Date(2026, 11, 21, 5, 5, 0, 0, time.UTC))}
		o.svc = question.New(s, o.clock)
		o.people = tenant.New(tenant.Config{Store: s, Clock: o.clock})
		for _, to := range []*string{&o.own, &o.decoy} {
			id, err := o.people.CreateCompany(t.Context(), "system", tenant.Company{Name: "株式会社さくら金属"})
			must(t, err)
			*to = id
		}
		fn(o)
	}, tenant.Schema(), question.Schema())
}

func (o *office) ask(box string) string {
	o.Helper()
	id, err := o.svc.Ask(o.Context(), o.own, box, "op-1", "電話で相談", wire.Question{Traffic: &wire.TrafficQuery{Name: "evil.example"}})
	must(o.T, err)
	return id
}

// none tells that a box has nothing to answer.
func (o *office) none(tenantID, box string) {
	o.Helper()
	ctx, cancel := context.WithCancel(o.Context())
	cancel()
	if list, err := o.svc.Next(ctx, tenantID, box, nil, nil); len(list) != 0 || err != nil {
		o.Errorf("%s of %s: %+v %v", box, tenantID, list, err)
	}
}

func TestAskAndAnswer(t *testing.T) {
	suite(t, func(o *office) {
		got := make(chan []wire.Question)
		go func() {
			list, err := o.svc.Next(o.Context(), o.own, "b1", nil, nil)
			if err != nil {
				o.Error(err)
			}
			got <- list
		}()
		id := o.ask("b1")
		list := <-got
		if len(list) != 1 || list[0].ID != id || list[0].Traffic.Name != "evil.example" {
			o.Fatalf("%+v", list)
		}
		o.none(o.own, "b1")
		o.none(o.own, "b2")
		o.none(o.decoy, "b1")
		answer := &wire.Answer{Version: wire.Version, ID: id, Traffic: &wire.TrafficAnswer{Found: 7}}
		for _, wrong := range [][2]string{{o.own, "b2"}, {o.decoy, "b1"}} {
			if err := o.svc.Take(o.Context(), wrong[0], wrong[1], answer); !errors.Is(err, question.ErrUnknown) {
				o.Errorf("an answer of another box: %v", err)
			}
		}
		waited := make(chan question.Asked)
		go func() {
			q, err := o.svc.Wait(o.Context(), o.own, id)
			if err != nil {
				o.Error(err)
			}
			waited <- q
		}()
		must(o.T, o.svc.Take(o.Context(), o.own, "b1", answer))
		if q := <-waited; q.Answer == nil || q.Answer.Traffic.Found != 7 || q.Who != "op-1" || q.Question.Traffic.Name != "evil.example" || q.Answered.IsZero() {
			o.Errorf("%+v", q)
		}
		if err := o.svc.Take(o.Context(), o.own, "b1", answer); !errors.Is(err, question.ErrUnknown) {
			o.Errorf("answered twice: %v", err)
		}
		if _, err := o.svc.Get(o.Context(), o.decoy, id); !errors.Is(err, store.ErrNotFound) {
			o.Errorf("another company reads it: %v", err)
		}
		seen, err := o.people.WhoViewed(o.Context(), o.own, 10)
		if err != nil || len(seen) != 1 || seen[0].Action != "view.traffic" || seen[0].Who != "op-1" || seen[0].Why != "電話で相談" {
			o.Errorf("the company does not see it: %+v %v", seen, err)
		}
	})
}

// A box that took a question and died gets it once more; one that was away too long does
// not; nothing is kept for longer than a day.
func TestTimes(t *testing.T) {
	suite(t, func(o *office) {
		id := o.ask("b1")
		take := func(want int) {
			o.Helper()
			ctx, cancel := context.WithTimeout(o.Context(), time.Minute)
			defer cancel()
			if list, err := o.svc.Next(ctx, o.own, "b1", nil, nil); len(list) != want || err != nil {
				o.Errorf("%+v %v", list, err)
			}
		}
		take(1)
		o.none(o.own, "b1")
		o.clock.Advance(2 * time.Minute)
		take(1)
		o.clock.Advance(10 * time.Minute)
		o.none(o.own, "b1")
		ctx, cancel := context.WithCancel(o.Context())
		cancel()
		if q, err := o.svc.Wait(ctx, o.own, id); err == nil && q.Answer != nil {
			o.Errorf("%+v", q)
		}
		for range 20 {
			o.ask("b1")
		}
		if _, err := o.svc.Ask(o.Context(), o.own, "b1", "op-1", "reason", wire.Question{}); !errors.Is(err, question.ErrTooMany) {
			o.Errorf("too many: %v", err)
		}
		take(4)
		o.clock.Advance(question.Keep)
		o.ask("b2")
		if _, err := o.svc.Get(o.Context(), o.own, id); !errors.Is(err, store.ErrNotFound) {
			o.Errorf("after a day: %v", err)
		}
	})
}

// What a box found when it tested itself is kept with its time beside the question, which goes after a day; what puts a test
// off, and what was not asked for, is not.
func TestSelfTestIsKept(t *testing.T) {
	suite(t, func(o *office) {
		ctx := o.Context()
		ask := func(box string, q wire.Question) string {
			o.Helper()
			id, err := o.svc.Ask(ctx, o.own, box, "op-1", "電話で相談", q)
			must(o.T, err)
			return id
		}
		test := wire.Question{Test: &wire.TestQuery{}}
		found := func(n int64) *wire.TestAnswer {
			return &wire.TestAnswer{At: o.clock.Now(), Points: []wire.TestPoint{{Name: wire.PointRules, State: wire.StateOK, Value: n}}}
		}
		take := func(box, id string, a *wire.TestAnswer) {
			o.Helper()
			must(o.T, o.svc.Take(ctx, o.own, box, &wire.Answer{Version: wire.Version, ID: id, Test: a}))
		}
		first := ask("b1", test)
		o.clock.Advance(2 * time.Second)
		take("b1", first, found(1))
		soon := ask("b1", test)
		take("b1", soon, &wire.TestAnswer{At: o.clock.Now(), Again: 58})
		take("b1", ask("b1", wire.Question{Traffic: &wire.TrafficQuery{}}), found(2))
		if err := o.svc.Take(ctx, o.own, "b1", &wire.Answer{ID: first, Test: found(3)}); !errors.Is(err, question.ErrUnknown) {
			o.Errorf("answered twice: %v", err)
		}
		if q, err := o.svc.Get(ctx, o.own, soon); err != nil || q.Answer == nil || q.Answer.Test.Again != 58 {
			o.Errorf("who asked too soon is not told: %+v %v", q, err)
		}
		all, err := o.svc.Tests(ctx, o.own, "b1", 10)
		if err != nil || len(all) != 1 || all[0].ID != first || all[0].Who != "op-1" || all[0].Answered.Sub(all[0].At) != 2*time.Second || all[0].Found.Points[0].Value != 1 {
			o.Fatalf("%+v %v", all, err)
		}
		for _, x := range []struct{ tenant, box string }{{o.decoy, "b1"}, {o.own, "b2"}} {
			if all, err := o.svc.Tests(ctx, x.tenant, x.box, 10); err != nil || len(all) != 0 {
				o.Errorf("of another box or company: %+v %v", all, err)
			}
		}
		if _, err := o.svc.Test(ctx, o.decoy, first); !errors.Is(err, store.ErrNotFound) {
			o.Errorf("another company reads it: %v", err)
		}
		entries, err := o.people.AuditLog(ctx, o.own, 10)
		if err != nil || !slices.ContainsFunc(entries, func(e tenant.Entry) bool {
			return e.Action == "box.test" && e.Who == "op-1" && e.Object == "b1" && e.Why == "電話で相談"
		}) {
			o.Errorf("the company's record says nothing: %+v %v", entries, err)
		}
		o.clock.Advance(question.Keep + time.Minute)
		ask("b2", test) // lets go what is older than a day
		if got, err := o.svc.Test(ctx, o.own, first); err != nil || got.Found.Points[0].Value != 1 {
			o.Errorf("after a day: %+v %v", got, err)
		}
		for i := range question.KeepTests {
			o.clock.Advance(time.Minute)
			take("b1", ask("b1", test), found(int64(100+i)))
		}
		all, err = o.svc.Tests(ctx, o.own, "b1", 2*question.KeepTests)
		if err != nil || len(all) != question.KeepTests || all[0].Found.Points[0].Value != 100+question.KeepTests-1 || all[len(all)-1].ID == first {
			o.Errorf("%d are kept, the newest %+v: %v", len(all), all[0], err)
		}
	})
}
