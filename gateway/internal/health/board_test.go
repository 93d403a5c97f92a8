package health

import (
	"errors"
	"testing"
	"time"

	"otasuke/wire"
)

// What the centre reads follows what is true, part by part.
func TestReport(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 21, 5, 0, 0, 0, time.UTC)
	b := New("v1", start)
	woken := 0
	b.Wake(func() { woken++ })
	check := func(what string, protecting bool, inspection, virus, sites, journal wire.State) {
		t.Helper()
		h := b.Report(start.Add(90 * time.Second))
		p := h.Parts
		if h.Protecting != protecting || h.Uptime != 90 || p["inspection"] != inspection || p["virus"] != virus || p["sites"] != sites || p["journal"] != journal {
			t.Errorf("%s: %+v", what, h)
		}
	}
	b.Counts(Counts{Scanner: wire.StateOff})
	check("before the engine", false, wire.StateDown, wire.StateOff, wire.StateDown, wire.StateOK)
	b.Engine(true)
	check("without lists", true, wire.StateOK, wire.StateOff, wire.StateOff, wire.StateOK)
	b.Counts(Counts{Sites: 5, Rules: 7, Packets: 9, Scanner: wire.StateOK})
	check("all", true, wire.StateOK, wire.StateOK, wire.StateOK, wire.StateOK)
	b.Counts(Counts{Sites: 5, Scanner: wire.StateDown})
	check("scanner down", true, wire.StateOK, wire.StateDown, wire.StateOK, wire.StateOK)
	b.Counts(Counts{Sites: 5, Scanner: wire.StateWaiting})
	check("a new scanner", true, wire.StateOK, wire.StateWaiting, wire.StateOK, wire.StateOK)
	b.Engine(false)
	check("a new scanner, engine died", false, wire.StateDown, wire.StateWaiting, wire.StateDown, wire.StateOK)
	b.Engine(true)
	b.Counts(Counts{Sites: 5, Scanner: wire.StateDown})
	b.JournalFailed(errors.New("disk full"))
	check("journal", true, wire.StateOK, wire.StateDown, wire.StateOK, wire.StateDown)
	b.Changed()
	check("journal again", true, wire.StateOK, wire.StateDown, wire.StateOK, wire.StateOK)
	b.Counts(Counts{Sites: 5, Scanner: wire.StateOK})
	b.Counts(Counts{Sites: 5, Scanner: wire.StateOK, Signatures: start.Unix()})
	if h := b.Report(start); !h.Signatures.Equal(start) {
		t.Errorf("signatures of %v", h.Signatures)
	}
	b.Engine(false)
	check("engine died", false, wire.StateDown, wire.StateDown, wire.StateDown, wire.StateOK)
	if woken != 1 {
		t.Errorf("woken %d times", woken)
	}
}

// The parts of the self-test are told once they are known, and only then.
func TestSelfTest(t *testing.T) {
	t.Parallel()
	b := New("v1", time.Now())
	check := func(what string, want map[string]wire.State) {
		t.Helper()
		parts := b.Report(time.Now()).Parts
		for _, name := range []string{wire.PartTest, wire.PartClock, wire.PartRouter, wire.PartOffice} {
			if parts[name] != want[name] {
				t.Errorf("%s: %s is %q", what, name, parts[name])
			}
		}
	}
	check("nothing known", nil)
	b.Engine(true)
	b.Counts(Counts{Tested: wire.StateOK})
	b.Tried(errors.New("no route"))
	b.Cable(wire.PartRouter, wire.StateDown)
	b.Cable(wire.PartOffice, wire.StateOK)
	check("before the centre answers", map[string]wire.State{wire.PartTest: "ok", wire.PartRouter: "down", wire.PartOffice: "ok"})
	b.Cable(wire.PartRouter, "")
	b.Reached(-119*time.Second, nil)
	check("clock nearly right", map[string]wire.State{wire.PartTest: "ok", wire.PartClock: "ok", wire.PartOffice: "ok"})
	b.Reached(121*time.Second, nil)
	b.Reached(0, errors.New("away"))
	b.Engine(false)
	check("clock wrong, engine dead", map[string]wire.State{wire.PartTest: "down", wire.PartClock: "down", wire.PartOffice: "ok"})
	if l := b.Line(); l.Trouble == nil || l.Last.IsZero() || l.Ahead != 121*time.Second {
		t.Errorf("%+v", l)
	}
}

// Whoever waits for the engine hears of its next figures, and of no earlier ones.
func TestNext(t *testing.T) {
	t.Parallel()
	b := New("v1", time.Now())
	b.Counts(Counts{})
	first := b.Next()
	select {
	case <-first:
		t.Fatal("it was told before")
	default:
	}
	if b.Next() != first {
		t.Error("two that wait do not wait for the same")
	}
	b.Counts(Counts{})
	<-first
	select {
	case <-b.Next():
		t.Error("told twice of one")
	default:
	}
}
