package wire_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"otasuke/wire"
)

func tested() *wire.TestAnswer {
	return &wire.TestAnswer{At: time.Date(2026, 11, 21, 5, 5, 0, 0, time.UTC), Software: "1.4.0", Uptime: 86400, Took: 900, Points: []wire.TestPoint{
		{Name: wire.PointInspection, State: wire.StateOK, Value: 700}, {Name: wire.PartRouter, State: wire.StateDown}, {Name: wire.PointVirus, State: wire.StateWaiting}, {Name: wire.PointSites, State: wire.StateOff}}}
}

// A test is taken as a box makes it and in no other form: what a page shows and adds up has bounds.
func TestTestAnswerCheck(t *testing.T) {
	t.Parallel()
	check := func(what string, ok bool, change func(a *wire.TestAnswer)) {
		t.Helper()
		a := wire.Answer{Version: wire.Version, ID: "q", Test: tested()}
		change(a.Test)
		if err := a.Check(); (err == nil) != ok {
			t.Errorf("%s: %v", what, err)
		}
	}
	type A = *wire.TestAnswer
	point := func(p wire.TestPoint) func(A) { return func(a A) { a.Points = append(a.Points, p) } }
	check("as it is", true, func(A) {})
	check("a point of tomorrow", true, point(wire.TestPoint{Name: "temperature", State: wire.StateOK, Value: wire.MaxTestValue}))
	check("put off", true, func(a A) { a.Points, a.Again = nil, 60 })
	check("put off and made", false, func(a A) { a.Again = 60 })
	check("neither made nor put off", false, func(a A) { a.Points = nil })
	check("put off for ever", false, func(a A) { a.Points, a.Again = nil, wire.MaxTestWait+1 })
	check("put off to the past", false, func(a A) { a.Again = -1 })
	check("at no time", false, func(a A) { a.At = time.Time{} })
	check("at a time that JSON has not", false, func(a A) { a.At = a.At.AddDate(9000, 0, 0) })
	check("negative", false, func(a A) { a.Took = -1 })
	check("up for less than no time", false, func(a A) { a.Uptime = -1 })
	check("a point twice", false, point(wire.TestPoint{Name: wire.PartRouter, State: wire.StateOK}))
	check("a point without a name", false, point(wire.TestPoint{State: wire.StateOK}))
	check("a name that is markup", false, point(wire.TestPoint{Name: "<b>", State: wire.StateOK}))
	check("a name that is long", false, point(wire.TestPoint{Name: strings.Repeat("a", wire.MaxWord+1), State: wire.StateOK}))
	check("a state that nobody knows", false, point(wire.TestPoint{Name: "x", State: "fine"}))
	check("a point without a state", false, point(wire.TestPoint{Name: "x"}))
	check("less than nothing", false, point(wire.TestPoint{Name: "x", State: wire.StateOK, Value: -1}))
	check("more than there is", false, point(wire.TestPoint{Name: "x", State: wire.StateOK, Value: wire.MaxTestValue + 1}))
	check("too much software", false, func(a A) { a.Software = strings.Repeat("x", wire.MaxName+1) })
	check("too many points", false, func(a A) {
		for i := range wire.MaxPoints {
			a.Points = append(a.Points, wire.TestPoint{Name: strings.Repeat("x", i+1), State: wire.StateOK})
		}
	})
}

// Of several answers in one, some would be shown that nobody has checked.
func TestOneAnswerAtATime(t *testing.T) {
	t.Parallel()
	bad := &wire.SpreadAnswer{Devices: make([]wire.SpreadDevice, 1), Edges: []wire.SpreadEdge{{To: 7}}}
	for what, a := range map[string]wire.Answer{
		"flows and spread": {ID: "q", Traffic: &wire.TrafficAnswer{}, Spread: bad}, "flows and test": {ID: "q", Traffic: &wire.TrafficAnswer{}, Test: tested()},
		"spread and test": {ID: "q", Spread: bad, Test: tested()}, "spread beside a failure": {ID: "q", Failed: "x", Spread: bad},
	} {
		if a.Check() == nil {
			t.Errorf("%s passed", what)
		}
	}
}

// FuzzAnswer: whatever a box sends as an answer and passes the check is within the limits, holds one answer at most, and
// means the same after it was kept and read again.
func FuzzAnswer(f *testing.F) {
	for _, a := range []wire.Answer{
		{Version: wire.Version, ID: "q", Test: tested()}, {Version: wire.Version, ID: "q", Failed: "too soon", Test: &wire.TestAnswer{At: time.Now().UTC(), Again: 12}},
		{Version: wire.Version, ID: "q", Traffic: &wire.TrafficAnswer{Found: 1, Rows: []wire.TrafficRow{{Name: "x.example"}}}},
		{Version: wire.Version, ID: "q", Spread: &wire.SpreadAnswer{Devices: make([]wire.SpreadDevice, 2), Edges: []wire.SpreadEdge{{To: 1}}}},
	} {
		text, err := json.Marshal(a)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"id":"q","selftest":{"at":"2026-11-21T05:05:00Z","points":[{"name":"x","state":"ok","value":-1}]}}`))
	f.Add([]byte(`{"id":"q","selftest":{"at":"9999-12-31T23:59:59-23:59","again_s":1}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var a wire.Answer
		if json.Unmarshal(text, &a) != nil || a.Check() != nil || a.Test == nil {
			return
		}
		if a.Traffic != nil || a.Spread != nil || len(a.Test.Points) > wire.MaxPoints || (len(a.Test.Points) == 0) != (a.Test.Again > 0) {
			t.Errorf("passed: %s", text)
		}
		kept, err := json.Marshal(a.Test)
		if err != nil {
			t.Fatalf("cannot be kept: %v", err)
		}
		var back wire.TestAnswer
		if err := json.Unmarshal(kept, &back); err != nil {
			t.Fatalf("%s: %v", kept, err)
		}
		if d := cmp.Diff(*a.Test, back, cmpopts.EquateEmpty()); d != "" { // times are compared as times
			t.Error(d)
		}
		if err := (&wire.Answer{ID: "q", Test: &back}).Check(); err != nil {
			t.Errorf("%s: %v", kept, err)
		}
	})
}
