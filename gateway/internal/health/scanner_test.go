package health

import (
	"slices"
	"testing"
	"time"

	"otasuke/wire"
)

// A new box waits for its first signatures for a day and nobody is told; then it does not scan, and people
// are. Signatures that go away later are a fault at once, and so is one that ends with them.
func TestScannerWaits(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 21, 5, 0, 0, 0, time.UTC)
	type step struct {
		at       time.Duration
		state    wire.State
		unsigned bool
		want     wire.State
		notes    []string
	}
	for name, steps := range map[string][]step{
		"they come": {
			{0, wire.StateDown, true, wire.StateWaiting, nil},
			{time.Hour, wire.StateDown, true, wire.StateWaiting, nil},
			{time.Hour + time.Second, wire.StateDown, false, wire.StateDown, nil},
			{time.Hour + time.Minute, wire.StateOK, false, wire.StateOK, nil},
			{2 * time.Hour, wire.StateDown, true, wire.StateDown, nil},
			{3 * time.Hour, wire.StateDown, true, wire.StateDown, []string{ScannerDown}},
		},
		"they never come": {
			{0, wire.StateDown, true, wire.StateWaiting, nil},
			{24*time.Hour - time.Second, wire.StateDown, true, wire.StateWaiting, nil},
			{24 * time.Hour, wire.StateDown, true, wire.StateDown, nil},
			{24*time.Hour + scannerPatience, wire.StateDown, true, wire.StateDown, []string{ScannerDown}},
		},
		"no scanner": {{0, wire.StateOff, true, wire.StateOff, nil}},
		"it ends with signatures": {
			{0, wire.StateDown, false, wire.StateDown, nil},
			{scannerPatience, wire.StateDown, false, wire.StateDown, []string{ScannerDown}},
		},
	} {
		var s Scanner
		for i, c := range steps {
			now := start.Add(c.at)
			got := s.State(c.state, c.unsigned, now)
			if notes := s.Notes(got, time.Time{}, now); got != c.want || !slices.Equal(notes, c.notes) {
				t.Errorf("%s, %d: %v %v, want %v %v", name, i, got, notes, c.want, c.notes)
			}
		}
	}
}

// People are told once of a scanner that is away for long, once when it is back, and once of
// signatures that have become old; not of a start, nor of one that is switched off.
func TestScannerNotes(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 21, 5, 0, 0, 0, time.UTC)
	fresh := start.Add(-time.Hour)
	var s Scanner
	for i, c := range []struct {
		at    time.Duration
		state wire.State
		made  time.Time
		want  []string
	}{
		{0, wire.StateOff, time.Time{}, nil},
		{1 * time.Second, wire.StateDown, time.Time{}, nil},
		{100 * time.Second, wire.StateDown, time.Time{}, nil},
		{110 * time.Second, wire.StateOK, fresh, nil},
		{120 * time.Second, wire.StateDown, time.Time{}, nil},
		{239 * time.Second, wire.StateDown, time.Time{}, nil},
		{240 * time.Second, wire.StateDown, time.Time{}, []string{ScannerDown}},
		{1000 * time.Second, wire.StateDown, time.Time{}, nil},
		{1001 * time.Second, wire.StateOK, fresh, []string{ScannerBack}},
		{1002 * time.Second, wire.StateOK, fresh, nil},
		{7 * 24 * time.Hour, wire.StateOK, fresh, []string{SignaturesOld}},
		{8 * 24 * time.Hour, wire.StateOK, fresh, nil},
		{8*24*time.Hour + 1, wire.StateOK, time.Time{}, nil},
		{9 * 24 * time.Hour, wire.StateOK, start.Add(9 * 24 * time.Hour), nil},
		{20 * 24 * time.Hour, wire.StateOK, start.Add(9 * 24 * time.Hour), []string{SignaturesOld}},
	} {
		if got := s.Notes(c.state, c.made, start.Add(c.at)); !slices.Equal(got, c.want) {
			t.Errorf("%d: %v, want %v", i, got, c.want)
		}
	}
}
