package scan

import (
	"errors"
	"sync/atomic"
)

// counts are what became of files, and how often each limit was reached.
type counts struct {
	scanned, remembered, infected, flagged                     atomic.Uint64
	tooLarge, busy, slow, deep, gaps, down, notKept, unguarded atomic.Uint64
}

func (c *counts) add(r *Result) {
	switch {
	case errors.Is(r.Err, ErrTooLarge):
		c.tooLarge.Add(1)
	case errors.Is(r.Err, ErrBusy):
		c.busy.Add(1)
	case errors.Is(r.Err, ErrSlow):
		c.slow.Add(1)
	case errors.Is(r.Err, ErrDeep):
		c.deep.Add(1)
	case errors.Is(r.Err, ErrGaps):
		c.gaps.Add(1)
	case errors.Is(r.Err, ErrDown):
		c.down.Add(1)
	case r.Err != nil: // the conversation ended
	default:
		c.scanned.Add(1)
	}
	if r.Remembered {
		c.remembered.Add(1)
	}
	if r.Virus != "" {
		c.infected.Add(1)
	}
	if r.Flag != "" {
		c.flagged.Add(1)
	}
}

// Counts are what became of files, by name.
func (s *Scanner) Counts() map[string]uint64 {
	c := &s.counts
	return read(map[string]*atomic.Uint64{"scan_files": &c.scanned, "scan_remembered": &c.remembered, "scan_infected": &c.infected, "scan_flagged": &c.flagged})
}

// Limits are how often each limit was reached, by name; those that never were are left out.
func (s *Scanner) Limits() map[string]uint64 {
	c := &s.counts
	return read(map[string]*atomic.Uint64{"scan_too_large": &c.tooLarge, "scan_too_many": &c.busy, "scan_too_slow": &c.slow, "scan_too_deep": &c.deep,
		"scan_gaps": &c.gaps, "scan_down": &c.down, "scan_not_kept": &c.notKept, "scan_unguarded": &c.unguarded})
}

func read(by map[string]*atomic.Uint64) map[string]uint64 {
	out := map[string]uint64{}
	for name, n := range by {
		if v := n.Load(); v > 0 {
			out[name] = v
		}
	}
	return out
}
