package health

import (
	"time"

	"otasuke/wire"
)

// Notes about the virus scanner, as [wire.Health] has them.
const (
	ScannerDown   = "scanner-down"
	ScannerBack   = "scanner-back"
	SignaturesOld = "signatures-old"
)

// scannerPatience is how long the scanner must be away before people are told: with all its
// signatures it takes up to a minute to start, and may be started again once.
const scannerPatience = 2 * time.Minute

// firstSignatures is how long a new box may wait for its first signatures until people are told that
// it does not scan: a provider may set it up a day before its line is there.
const firstSignatures = 24 * time.Hour

// Scanner finds out what people should know of the virus scanner. Its zero value is ready.
type Scanner struct {
	since     time.Time // it has not answered; zero while it does
	told, old bool
	waits     time.Time // for its first signatures; zero while it does not
	worked    bool      // it has answered
}

// State is how the scanner is, where the engine says state and unsigned that there are no signatures.
func (s *Scanner) State(state wire.State, unsigned bool, now time.Time) wire.State {
	s.worked = s.worked || state == wire.StateOK
	if state != wire.StateDown || !unsigned || s.worked {
		s.waits = time.Time{}
		return state
	}
	if s.waits.IsZero() {
		s.waits = now
	}
	if now.Sub(s.waits) >= firstSignatures {
		return wire.StateDown
	}
	return wire.StateWaiting
}

// Notes are what has begun or ended with what the engine says now; made is when the newest
// signatures were made, zero for unknown.
func (s *Scanner) Notes(state wire.State, made, now time.Time) (notes []string) {
	switch {
	case state != wire.StateDown:
		if s.told && state == wire.StateOK {
			notes = append(notes, ScannerBack)
		}
		s.since, s.told = time.Time{}, false
	case s.since.IsZero():
		s.since = now
	case !s.told && now.Sub(s.since) >= scannerPatience:
		s.told = true
		notes = append(notes, ScannerDown)
	}
	if state == wire.StateOK {
		old := !made.IsZero() && now.Sub(made) > wire.SignaturesOld
		if old && !s.old {
			notes = append(notes, SignaturesOld)
		}
		s.old = old
	}
	return notes
}
