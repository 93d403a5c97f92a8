package discovery_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/device"
	"otasuke/centre/internal/discovery"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/policy"
	"otasuke/centre/internal/question"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/clock"
	"otasuke/wire"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fleet is a centre with companies, each with a box.
type fleet struct {
	*testing.T
	s         *store.Store
	clock     *clock.Fake
	questions *question.Service
	policies  *policy.Service
	svc       *discovery.Service
	companies []string
	boxes     []string
}

func suite(t *testing.T, companies int, fn func(f *fleet)) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		f := &fleet{T: t, s: s, clock: clock.NewFake(time.Now())}
		people := tenant.New(tenant.Config{Store: s, Clock: f.clock})
		must(t, people.EnsureHouse(t.Context(), "センター"))
		devices := device.New(device.Config{Store: s, Clock: f.clock})
		f.questions = question.New(s, f.clock)
		guard, err := discovery.NewGuard(nil)
		must(t, err)
		f.svc = discovery.New(discovery.Config{Store: s, Guard: guard, Ask: f.questions.Ask, Clock: f.clock})
		f.policies = policy.New(policy.Config{Store: s, Stops: f.svc.Stops, Clock: f.clock})
		for i := range companies {
			id, err := people.CreateCompany(t.Context(), "system", tenant.Company{Name: fmt.Sprint("会社", i)})
			must(t, err)
			code, _, err := devices.NewClaim(t.Context(), id, "", "system")
			must(t, err)
			box, _, err := devices.Redeem(t.Context(), device.Claim{Code: code, KeyHash: fmt.Sprintf("%064d", i), Remote: fmt.Sprintf("192.0.2.%d:1", i)},
				func(string, string) (string, string, error) { return "c", fmt.Sprint("s", i), nil })
			must(t, err)
			f.companies, f.boxes = append(f.companies, id), append(f.boxes, box.ID)
		}
		f.alive()
		fn(f)
	}, tenant.Schema(), job.Schema(), device.Schema(), alert.Schema(), question.Schema(), policy.Schema(), discovery.Schema())
}

// alive has all boxes heard of now.
func (f *fleet) alive() {
	f.Helper()
	for _, id := range f.companies {
		must(f.T, f.s.Write(f.Context(), id, func(tx *store.Tx) error {
			_, err := tx.Exec(`UPDATE box SET last_seen = $2 WHERE tenant_id = $1`, store.Micros(f.clock.Now()))
			return err
		}))
	}
}

const why = "偽の銀行だと確かめた"

func (f *fleet) proposal() discovery.Proposal {
	return discovery.Proposal{Kind: wire.StopName, Value: "evil.example", Category: "phishing", CompanyID: f.companies[0], AlertID: "1-1", Who: "op-1", Why: why}
}

func (f *fleet) propose() string {
	f.Helper()
	id, err := f.svc.Propose(f.Context(), f.proposal())
	must(f.T, err)
	return id
}

// answer has the box of a company say since when it knows the name; zero for never.
func (f *fleet) answer(company int, first time.Time) {
	f.Helper()
	ctx, cancel := context.WithTimeout(f.Context(), time.Minute)
	defer cancel()
	list, err := f.questions.Next(ctx, f.companies[company], f.boxes[company], nil, nil)
	must(f.T, err)
	if len(list) != 1 {
		f.Fatalf("company %d is asked %+v", company, list)
	}
	q := list[0].Traffic
	if q.Name != ".evil.example" || q.Sum != wire.SumName || q.Limit != 1 {
		f.Errorf("asked %+v", q)
	}
	a := wire.Answer{Version: wire.Version, ID: list[0].ID, Traffic: new(wire.TrafficAnswer)}
	if !first.IsZero() {
		a.Traffic.Found, a.Traffic.Sums = 1, []wire.TrafficSum{{Key: "evil.example", Flows: 3, First: first, Last: f.clock.Now()}}
	}
	must(f.T, f.questions.Take(f.Context(), f.companies[company], f.boxes[company], &a))
}

// stops are the values that every company's boxes are told.
func (f *fleet) stops() (values []string) {
	f.Helper()
	for i, id := range f.companies {
		p, err := f.policies.Wanted(f.Context(), id)
		must(f.T, err)
		must(f.T, p.Check())
		values = values[:0]
		for _, s := range p.Stops {
			values = append(values, s.Value)
		}
		for _, s := range p.StopFiles {
			values = append(values, s.SHA256)
		}
		if text := fmt.Sprintf("%+v", p); strings.Contains(text, f.companies[0]) || strings.Contains(text, "op-1") || strings.Contains(text, why) {
			f.Errorf("company %d hears where it was found, by whom or why: %s", i, text)
		}
	}
	return values
}

// What is confirmed stands in every company's policy at once, wakes boxes, and is gone when it is taken back; each step is
// written down.
func TestConfirmAndWithdraw(t *testing.T) {
	suite(t, 3, func(f *fleet) {
		ctx := f.Context()
		id := f.propose()
		if err := f.svc.Confirm(ctx, id, "op-1", why); !errors.Is(err, discovery.ErrEarly) {
			t.Errorf("before any box has answered: %v", err)
		}
		f.answer(1, time.Time{})
		f.answer(2, time.Time{})
		if got := f.stops(); len(got) != 0 {
			t.Errorf("a proposal stops %v", got)
		}
		before, err := f.policies.Wanted(ctx, f.companies[1])
		must(t, err)
		_, all := f.policies.Woken(f.companies[1])
		must(t, f.svc.Confirm(ctx, id, "op-1", why))
		select {
		case <-all:
		default:
			t.Error("boxes are not woken")
		}
		if got := f.stops(); len(got) != 1 || got[0] != "evil.example" {
			t.Errorf("boxes stop %v", got)
		}
		after, err := f.policies.Wanted(ctx, f.companies[1])
		if err != nil || after.ID == before.ID || after.StopsSeq <= before.StopsSeq {
			t.Errorf("%s %d, before %s %d, %v", after.ID, after.StopsSeq, before.ID, before.StopsSeq, err)
		}
		var known *discovery.Known
		if _, err := f.svc.Propose(ctx, f.proposal()); !errors.As(err, &known) || known.ID != id {
			t.Errorf("the same again: %v", err)
		}
		must(t, f.svc.Withdraw(ctx, id, "op-2", "正しいサイトだった"))
		if got := f.stops(); len(got) != 0 {
			t.Errorf("taken back, and still %v", got)
		}
		if err := f.svc.Withdraw(ctx, id, "op-2", "正しいサイトだった"); !errors.Is(err, discovery.ErrState) {
			t.Errorf("taken back twice: %v", err)
		}
		history, err := f.svc.History(ctx, id)
		if err != nil || len(history) != 3 || history[0].What != discovery.StepWithdraw || history[0].Who != "op-2" || history[0].Why != "正しいサイトだった" || history[1].What != discovery.StepConfirm {
			t.Errorf("%+v %v", history, err)
		}
		must(t, f.s.Read(ctx, f.companies[1], func(tx *store.Tx) error {
			var n int
			err := tx.QueryRow(`SELECT count(*) FROM audit WHERE tenant_id = $1 AND action = 'view.traffic' AND who = 'op-1'`).Scan(&n)
			if n != 1 {
				t.Error("the company's record does not say that its box was asked")
			}
			return err
		}))
	})
}

// Who uses it decides: nobody else, one person is enough; some, another person must agree; many for long, nobody can.
func TestReach(t *testing.T) {
	suite(t, 5, func(f *fleet) {
		ctx := f.Context()
		week, hour := f.clock.Now().Add(-8*24*time.Hour), f.clock.Now().Add(-time.Hour)
		id := f.propose()
		for i := 1; i < 5; i++ {
			f.answer(i, hour) // a wave of mails: all have just clicked
		}
		if err := f.svc.Confirm(ctx, id, "op-1", why); !errors.Is(err, discovery.ErrSecond) {
			t.Errorf("used at four companies, by the same person: %v", err)
		}
		d, err := f.svc.Get(ctx, id)
		must(t, err)
		r, err := f.svc.Reach(ctx, &d, "op-1")
		if err != nil || r.Asked != 4 || r.Answered != 4 || r.Used != 4 || r.Long != 0 {
			t.Errorf("%+v %v", r, err)
		}
		must(t, f.svc.Confirm(ctx, id, "op-2", why))
		must(t, f.svc.Withdraw(ctx, id, "op-1", why))

		f.clock.Advance(time.Hour)
		f.alive()
		id = f.propose()
		for i := 1; i < 5; i++ {
			f.answer(i, week)
		}
		var refused *discovery.Refusal
		for _, who := range []string{"op-1", "op-2"} {
			if err := f.svc.Confirm(ctx, id, who, why); !errors.As(err, &refused) || refused.Reason != discovery.NotUsed {
				t.Errorf("what four companies have used for long: %v", err)
			}
		}
		must(t, f.svc.Drop(ctx, id, "op-1", "ふつうの\r\nサイト"))
		if len(f.stops()) != 0 {
			t.Error("it is stopped")
		}
	})
}

// Boxes that do not answer, and files, which no box knows: then two people decide.
func TestNobodyKnows(t *testing.T) {
	suite(t, 3, func(f *fleet) {
		ctx := f.Context()
		id := f.propose()
		f.clock.Advance(2 * time.Minute)
		if err := f.svc.Confirm(ctx, id, "op-1", why); !errors.Is(err, discovery.ErrSecond) {
			t.Errorf("no box has answered: %v", err)
		}
		must(t, f.svc.Confirm(ctx, id, "op-2", why))
		p := f.proposal()
		p.Kind, p.Value = discovery.KindFile, strings.Repeat("AB", 32)
		file, err := f.svc.Propose(ctx, p)
		must(t, err)
		if err := f.svc.Confirm(ctx, file, "op-1", why); !errors.Is(err, discovery.ErrSecond) {
			t.Errorf("a file: %v", err)
		}
		must(t, f.svc.Confirm(ctx, file, "op-2", why))
		p.Kind, p.Value = wire.StopPage, "shop.example/x.php"
		page, err := f.svc.Propose(ctx, p)
		must(t, err)
		must(t, f.svc.Confirm(ctx, page, "op-1", why)) // as narrow as can be
		if got := f.stops(); len(got) != 3 {
			t.Errorf("%v", got)
		}
	})
}

// Everything ends by itself, is longer there when it is renewed, and a proposal of yesterday is none.
func TestEnds(t *testing.T) {
	suite(t, 1, func(f *fleet) {
		ctx := f.Context()
		old := f.propose()
		f.clock.Advance(25 * time.Hour)
		if err := f.svc.Confirm(ctx, old, "op-2", why); !errors.Is(err, discovery.ErrStale) {
			t.Errorf("a proposal of yesterday: %v", err)
		}
		id := f.propose()
		must(t, f.svc.Confirm(ctx, id, "op-1", why))
		d, err := f.svc.Get(ctx, id)
		if err != nil || !d.Ends.Equal(f.clock.Now().Add(discovery.Days*24*time.Hour).Truncate(time.Second)) {
			t.Errorf("%+v %v", d, err)
		}
		f.clock.Advance(29 * 24 * time.Hour)
		must(t, f.svc.Renew(ctx, id, "op-1", why, 7))
		f.clock.Advance(6 * 24 * time.Hour)
		if len(f.stops()) != 1 {
			t.Error("renewed, and gone")
		}
		f.clock.Advance(25 * time.Hour)
		if len(f.stops()) != 0 {
			t.Error("it does not end")
		}
		if d, err = f.svc.Get(ctx, id); err != nil || d.State != discovery.Ended {
			t.Errorf("%+v %v", d, err)
		}
		if err := f.svc.Renew(ctx, id, "op-1", why, 7); !errors.Is(err, discovery.ErrState) {
			t.Errorf("what has ended: %v", err)
		}
		for what, err := range map[string]error{"a null byte": f.svc.Withdraw(ctx, id, "op-1", "four\x00five"), "no reason": f.svc.Withdraw(ctx, id, "op-1", "  x"), "a long one": f.svc.Withdraw(ctx, id, "op-1", strings.Repeat("字", discovery.MaxWhy+1))} {
			if !errors.Is(err, discovery.ErrWhy) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if err := f.svc.Renew(ctx, id, "op-1", why, discovery.MaxDays+1); !errors.Is(err, discovery.ErrDays) {
			t.Error(err)
		}
		if err := f.svc.Confirm(ctx, "nobody's", "op-1", why); !errors.Is(err, store.ErrNotFound) {
			t.Error(err)
		}
	})
}

// What was stopped because of it is counted by company, and boxes by what they say that they have.
func TestMeasures(t *testing.T) {
	suite(t, 3, func(f *fleet) {
		ctx := f.Context()
		id := f.propose()
		f.answer(1, time.Time{})
		must(t, f.svc.Confirm(ctx, id, "op-1", why))
		p := f.proposal()
		p.Kind, p.Value = wire.StopPage, "shop.example/x.php?a=1"
		page, err := f.svc.Propose(ctx, p)
		must(t, err)
		must(t, f.svc.Confirm(ctx, page, "op-1", why))
		now, err := f.policies.Wanted(ctx, f.companies[0])
		must(t, err)
		site := func(layer, name, url string) wire.Event {
			return wire.Event{Time: f.clock.Now(), Kind: wire.KindSite, Verdict: wire.VerdictBlocked, URL: url, Site: &wire.Site{Name: name, Layer: layer, List: wire.ListStops}}
		}
		other := site("dns", "evil.example", "")
		other.Site.List = "urlhaus"
		events := []wire.Event{site("dns", "a.b.evil.example", ""), site("tls", "Evil.example", ""), site("http", "shop.example", "shop.example/x.php"), site("dns", "notevil.example", ""), other, {Kind: wire.KindHealth}}
		for _, company := range f.companies[1:] {
			count, err := f.svc.Counter(ctx, events)
			must(t, err)
			must(t, f.s.Write(ctx, company, func(tx *store.Tx) error {
				for i := range events {
					if err := count(tx, &events[i]); err != nil {
						return err
					}
				}
				return nil
			}))
		}
		if count, err := f.svc.Counter(ctx, events[4:]); err != nil || count != nil {
			t.Error("events of something else are looked at", err)
		}
		says := func(company int, s wire.PolicyState) {
			must(t, f.s.Write(ctx, f.companies[company], func(tx *store.Tx) error { return f.policies.Tell(tx, f.boxes[company], &s) }))
		}
		says(0, wire.PolicyState{ID: now.ID, Active: now.ID, State: wire.PolicyActive, StopsSeq: now.StopsSeq})
		says(1, wire.PolicyState{State: wire.PolicyOff})
		f.clock.Advance(time.Hour)
		all, err := f.svc.List(ctx)
		must(t, err)
		m, err := f.svc.Measures(ctx, "op-1", all)
		must(t, err)
		if x := m[id]; x.Boxes != 3 || x.Have != 1 || x.Not != 1 || x.Away != 1 || x.Stopped != 4 || x.Companies != 2 {
			t.Errorf("%+v", x)
		}
		if x := m[page]; x.Stopped != 2 || x.Companies != 2 {
			t.Errorf("of the page: %+v", x)
		}
		must(t, f.svc.Withdraw(ctx, id, "op-1", why))
		if m, err = f.svc.Measures(ctx, "op-1", all[:0]); err != nil || len(m) != 0 {
			t.Errorf("%+v %v", m, err)
		}
		all, err = f.svc.List(ctx)
		must(t, err)
		if m, err = f.svc.Measures(ctx, "op-1", all); err != nil || m[id].Have != 0 || m[page].Have != 1 {
			t.Errorf("taken back: %+v %v", m, err)
		}
		// A box that was away tells later of what it stopped then.
		if count, err := f.svc.Counter(ctx, events); err != nil || count == nil {
			t.Error(err)
		}
	})
}

// A centre that takes a name which is stopped is not cut off by a second confirmation, and too much is too much.
func TestFull(t *testing.T) {
	suite(t, 1, func(f *fleet) {
		ctx := f.Context()
		must(t, f.s.Write(ctx, tenant.House, func(tx *store.Tx) error {
			for i := range discovery.MaxActive {
				if _, err := tx.Exec(`INSERT INTO discovery (tenant_id, id, kind, value, category, state, company_id, alert_id, made_at, made_by, confirmed_at, ends_at, days, shown_seq, gone_seq)
					VALUES ($1, $2, 'name', $3, 'c2', 'active', '', '', $4, 'op', $4, $5, 30, 1, 0)`, fmt.Sprint(i), fmt.Sprintf("n%d.example", i), store.Micros(f.clock.Now()), store.Micros(f.clock.Now().Add(time.Hour))); err != nil {
					return err
				}
			}
			return nil
		}))
		if got := f.stops(); len(got) != discovery.MaxActive {
			t.Fatalf("%d", len(got))
		}
		id := f.propose()
		if err := f.svc.Confirm(ctx, id, "op-1", why); !errors.Is(err, discovery.ErrFull) {
			t.Error(err)
		}
		f.clock.Advance(2 * time.Hour)
		must(t, f.svc.Confirm(ctx, id, "op-1", why))
	})
}

// What another process of the centre has changed wakes the boxes that wait at this one.
func TestAnotherProcess(t *testing.T) {
	suite(t, 1, func(f *fleet) {
		ctx, cancel := context.WithCancel(f.Context())
		done := make(chan error, 1)
		go func() { done <- f.svc.Run(ctx) }()
		defer func() {
			cancel()
			must(t, <-done)
		}()
		deadline := time.After(30 * time.Second)
		for i := 1; ; i++ {
			_, all := f.policies.Woken(f.companies[0])
			must(t, f.s.Write(f.Context(), tenant.House, func(tx *store.Tx) error { // no wake: it was elsewhere
				_, err := tx.Exec(`INSERT INTO discovery_step (tenant_id, seq, discovery_id, at, who, what, why) VALUES ($1, $2, 'x', 1, 'op', 'confirm', 'x')`, i)
				return err
			}))
			wait := time.NewTimer(7 * time.Second)
			select {
			case <-all:
				return
			case <-wait.C:
			case <-deadline:
				t.Fatal("nobody is woken")
			}
		}
	})
}
