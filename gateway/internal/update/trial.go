package update

import (
	"fmt"
	"time"

	"otasuke/wire"
)

const (
	// trialTime is how long a new version is watched.
	trialTime = 5 * time.Minute
	// takeTime is how long the engine may take to judge by it: tens of thousands of rules are
	// compiled on one processor, beside traffic.
	takeTime = 3 * time.Minute
	// hearTime is how long a new program may take to reach the centre, when the one before did:
	// a centre that is away for a while is not the program's fault.
	hearTime = 30 * time.Minute
	// scannerTime is how long the scanner may be away: it loads for up to a minute.
	scannerTime = 2 * time.Minute
	// maxStarts of the box within a trial: it does not stay up.
	maxStarts = 3
	// A share is only judged from so many packets on, and is worse when it rises by so much.
	minPackets = 1000
	worseShare = 0.05
	// worseFaults of inspection more than in the whole life of the engine before.
	worseFaults = 3
)

// Figures of the engine.
type Figures struct {
	Rules       int    `json:"rules"`
	Packets     uint64 `json:"packets"`
	Uninspected uint64 `json:"uninspected"`
	Faults      uint64 `json:"faults"`
	ScannerDown bool   `json:"scanner_down,omitempty"`
	Heard       bool   `json:"heard,omitempty"` // the centre answered a heartbeat
	// Loaded are the versions that it judges by, and Refused why it did not take others.
	Loaded  map[string]int64 `json:"-"`
	Refused string           `json:"-"`
}

// share of packets that passed without a look.
func (f Figures) share() float64 {
	if f.Uninspected == 0 {
		return 0
	}
	return float64(f.Uninspected) / float64(f.Packets+f.Uninspected)
}

// watch is a trial that goes on in this process.
type watch struct {
	kind    string
	version int64
	base    Figures
	since   time.Time
	taken   bool    // the engine judges by it
	first   Figures // when it began to
	down    time.Time
	bad     string // what has gone wrong
}

// sees judges the engine's figures.
func (w *watch) sees(f Figures, now time.Time) {
	if w.bad != "" {
		return
	}
	switch w.kind {
	case wire.BundleVirus:
		w.taken = true
	case wire.BundleProgram:
		w.taken = now.After(w.since) // they are of an engine that this program has started
	default:
		if f.Refused != "" && !w.taken {
			w.bad = "the engine refused it: " + f.Refused
			return
		}
		w.taken = w.taken || f.Loaded[w.kind] == w.version
	}
	if !w.taken {
		return
	}
	if w.first.Loaded == nil {
		w.first = f
		w.first.Loaded = map[string]int64{}
	}
	w.bad = w.worse(f, now)
}

// worse says what is worse than before, "" for nothing.
func (w *watch) worse(f Figures, now time.Time) string {
	during := Figures{Packets: f.Packets - w.first.Packets, Uninspected: f.Uninspected - w.first.Uninspected}
	switch {
	case (w.kind == wire.BundleRules || w.kind == wire.BundleProgram) && f.Rules < w.base.Rules/2:
		return fmt.Sprintf("%d rules are loaded, %d were", f.Rules, w.base.Rules)
	case f.Packets >= w.first.Packets && during.Packets+during.Uninspected >= minPackets && during.share() > w.base.share()+worseShare:
		return fmt.Sprintf("%.0f %% of the packets pass without a look, %.0f %% did", 100*during.share(), 100*w.base.share())
	case f.Faults >= w.first.Faults+worseFaults && f.Faults >= w.base.Faults+worseFaults:
		return fmt.Sprintf("%d faults of inspection since", f.Faults-w.first.Faults)
	}
	if !f.ScannerDown || w.base.ScannerDown {
		w.down = time.Time{}
	} else if w.down.IsZero() {
		w.down = now
	} else if now.Sub(w.down) >= scannerTime {
		return "the virus scanner does not answer"
	}
	return ""
}

// over says whether the trial has ended, and why it has gone wrong.
func (w *watch) over(now time.Time, heard bool) (ended bool, bad string) {
	run := now.Sub(w.since)
	lost := w.kind == wire.BundleProgram && w.base.Heard && !heard
	switch {
	case w.bad != "":
		return true, w.bad
	case !w.taken && run >= takeTime:
		return true, "the engine did not take it"
	case lost && run >= hearTime:
		return true, "the centre is not reached any more"
	}
	return w.taken && !lost && run >= trialTime, ""
}
