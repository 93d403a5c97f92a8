package question_test

import (
	"context"
	"errors"
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
			ctx, cancel := context.WithTimeout(o.Context(), 5*time.Second)
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
