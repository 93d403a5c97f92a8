package intake_test

import (
	"encoding/json"
	"testing"
	"time"

	"otasuke/centre/internal/discovery"
	"otasuke/centre/internal/policy"
	"otasuke/wire"
)

// must posts something that is not refused.
func (b *box) must(path string, body, answer any) {
	b.o.Helper()
	text, err := json.Marshal(body)
	must(b.o.T, err)
	if _, refused := b.o.post(b.client, path, text, answer); refused != nil {
		b.o.Error(refused)
	}
}

// policy fetches what the company wants.
func (b *box) policy() (p wire.Policy) {
	b.o.Helper()
	resp, err := b.client.Get("https://" + b.o.addr + wire.PathPolicy)
	must(b.o.T, err)
	defer resp.Body.Close()
	must(b.o.T, json.NewDecoder(resp.Body).Decode(&p))
	return p
}

func (b *box) ask() []wire.Question {
	b.o.Helper()
	body, err := json.Marshal(wire.QuestionsRequest{Version: wire.Version})
	must(b.o.T, err)
	var got wire.Questions
	if _, refused := b.o.post(b.client, wire.PathQuestions, body, &got); refused != nil {
		b.o.Fatal(refused)
	}
	return got.Questions
}

func (b *box) answer(a wire.Answer) *wire.Error {
	b.o.Helper()
	var ack wire.Ack
	_, refused := b.o.post(b.client, wire.PathAnswers, pack(b.o.T, a), &ack)
	return refused
}

// A box hears only what its company asked it, and answers only that.
func TestQuestions(t *testing.T) {
	suite(t, func(o *office) {
		b, other := o.newBox(o.own), o.newBox(o.decoy)
		id, err := o.questions.Ask(o.Context(), o.own, b.id, "op-1", "reason", wire.Question{Traffic: &wire.TrafficQuery{MAC: "02:00:00:00:00:01"}})
		must(o.T, err)
		if got := b.ask(); len(got) != 1 || got[0].ID != id || got[0].Traffic.MAC != "02:00:00:00:00:01" {
			o.Fatalf("%+v", got)
		}
		if refused := other.answer(wire.Answer{Version: wire.Version, ID: id, Failed: "mine"}); refused != nil {
			o.Error(refused)
		}
		for what, a := range map[string]wire.Answer{
			"nothing in it": {Version: wire.Version, ID: id}, "another version": {Version: 99, ID: id, Failed: "x"},
			"an edge to nowhere":        {Version: wire.Version, ID: id, Spread: &wire.SpreadAnswer{Devices: make([]wire.SpreadDevice, 1), Edges: []wire.SpreadEdge{{To: 1}}}},
			"two answers in one":        {Version: wire.Version, ID: id, Traffic: &wire.TrafficAnswer{}, Spread: &wire.SpreadAnswer{Devices: make([]wire.SpreadDevice, 1), Edges: []wire.SpreadEdge{{To: 1}}}},
			"a test without a point":    {Version: wire.Version, ID: id, Test: &wire.TestAnswer{At: time.Now()}},
			"a test in a made-up state": {Version: wire.Version, ID: id, Test: &wire.TestAnswer{At: time.Now(), Points: []wire.TestPoint{{Name: "x", State: "fine"}}}},
			"too many rows":             {Version: wire.Version, ID: id, Traffic: &wire.TrafficAnswer{Rows: make([]wire.TrafficRow, wire.MaxRows+1)}},
		} {
			if refused := b.answer(a); refused == nil {
				o.Errorf("%s is taken", what)
			}
		}
		q, err := o.questions.Get(o.Context(), o.own, id)
		if err != nil || q.Answer != nil {
			o.Errorf("%+v %v", q.Answer, err)
		}
		if refused := b.answer(wire.Answer{Version: wire.Version, ID: id, Traffic: &wire.TrafficAnswer{Found: 3}}); refused != nil {
			o.Error(refused)
		}
		q, err = o.questions.Get(o.Context(), o.own, id)
		if err != nil || q.Answer == nil || q.Answer.Traffic.Found != 3 {
			o.Errorf("%+v %v", q.Answer, err)
		}
	})
}

// What is confirmed at one company reaches the box of another, which waits: asked to come, told in its policy, and what it
// then stops is counted. Taken back, it is gone from the next policy.
func TestDiscoveryReachesTheBox(t *testing.T) {
	suite(t, func(o *office) {
		b, other := o.newBox(o.own), o.newBox(o.decoy)
		ctx := o.Context()
		beat := func(b *box) (id string) {
			var r wire.HeartbeatResponse
			b.must(wire.PathHeartbeat, wire.Heartbeat{Version: wire.Version, Health: wire.Health{Protecting: true}}, &r)
			return r.Policy
		}
		beat(b)
		first := beat(other)
		d := discovery.Proposal{Kind: wire.StopName, Value: "evil.example", Category: "phishing", CompanyID: o.own, AlertID: "1-1", Who: "op-1", Why: "偽の銀行", AskWhy: "たずねます"}
		id, err := o.found.Propose(ctx, d)
		must(o.T, err)
		asked := other.ask()
		if len(asked) != 1 || asked[0].Traffic.Name != ".evil.example" {
			o.Fatalf("%+v", asked)
		}
		if refused := other.answer(wire.Answer{Version: wire.Version, ID: asked[0].ID, Traffic: new(wire.TrafficAnswer)}); refused != nil {
			o.Fatal(refused)
		}
		waits := func(policy string) <-chan wire.Questions {
			got := make(chan wire.Questions, 1)
			go func() {
				var q wire.Questions
				other.must(wire.PathQuestions, wire.QuestionsRequest{Version: wire.Version, Policy: &policy}, &q)
				got <- q
			}()
			return got
		}
		woken := waits(first)
		confirmed := time.Now()
		must(o.T, o.found.Confirm(ctx, id, "op-1", "偽の銀行"))
		if q := <-woken; q.Beat == nil {
			o.Fatalf("%+v", q)
		}
		now := beat(other)
		p := other.policy()
		o.Logf("told %v after it was confirmed", time.Since(confirmed).Round(time.Millisecond))
		if now == first || p.ID != now || len(p.Stops) != 1 || p.Stops[0].Value != "evil.example" || p.Stops[0].Until.Sub(o.clock.Now()) > discovery.Days*24*time.Hour || p.Check() != nil {
			o.Errorf("%+v", p)
		}
		e := o.event(func(e *wire.Event) {
			e.Kind, e.Rule, e.Site = wire.KindSite, nil, &wire.Site{Name: "www.evil.example", Layer: "dns", Category: "phishing", List: wire.ListStops}
		})
		other.send(e)
		other.send(e) // a box that got no answer sends it again
		all, err := o.found.List(ctx)
		must(o.T, err)
		m, err := o.found.Measures(ctx, "op-1", all)
		if err != nil || m[id].Stopped != 1 || m[id].Companies != 1 {
			o.Errorf("%+v %v", m, err)
		}
		woken = waits(now)
		must(o.T, o.found.Withdraw(ctx, id, "op-1", "まちがい"))
		if q := <-woken; q.Beat == nil || beat(other) == now || len(other.policy().Stops) != 0 {
			o.Errorf("taken back: %+v", q)
		}
	})
}

// A box that waits is asked to come when what its company wants has changed, gets it, and what it says of it is kept; an
// older box is left in peace.
func TestPolicyReachesTheBox(t *testing.T) {
	suite(t, func(o *office) {
		b, other := o.newBox(o.own), o.newBox(o.decoy)
		hear := func(b *box) wire.HeartbeatResponse {
			var r wire.HeartbeatResponse
			b.must(wire.PathHeartbeat, wire.Heartbeat{Version: wire.Version, Health: wire.Health{Protecting: true}}, &r)
			return r
		}
		first := hear(b).Policy
		if first == "" || first != hear(other).Policy {
			o.Fatalf("at first: %q", first)
		}
		asked := make(chan wire.Questions, 1)
		go func() {
			var q wire.Questions
			b.must(wire.PathQuestions, wire.QuestionsRequest{Version: wire.Version, Policy: &first}, &q)
			asked <- q
		}()
		must(o.T, o.policies.Save(o.Context(), o.own, "owner", "社長の希望", 0, policy.State{Deny: []string{"game.example"}}, true))
		if q := <-asked; q.Beat == nil || q.Beat.Within != 0 {
			o.Errorf("%+v", q)
		}
		now := hear(b).Policy
		if now == first || hear(other).Policy != first {
			o.Error("nothing has changed, or for everybody")
		}
		p := b.policy()
		if p.ID != now || len(p.Deny) != 1 || p.Check() != nil || len(other.policy().Deny) != 0 {
			o.Errorf("%+v", p)
		}
		b.must(wire.PathHeartbeat, wire.Heartbeat{Version: wire.Version, Policy: &wire.PolicyState{ID: now, Active: now, State: wire.PolicyActive}}, new(wire.HeartbeatResponse))
		if all, err := o.policies.Boxes(o.Context(), o.own); err != nil || all[b.id].Active != now {
			o.Errorf("%+v %v", all, err)
		}
	})
}
