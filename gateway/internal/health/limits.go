package health

import (
	"log/slog"
	"time"
)

// tellEvery is how often the log says at most that a limit was reached: a flood lasts.
const tellEvery = 10 * time.Second

// Reached counts, since an engine started, what it could not do.
type Reached struct {
	Packets, Uninspected, Lost uint64
	// Limits says how often each limit was reached, by its name.
	Limits map[string]uint64
}

// Limits tells the log what an engine could not do, when there is more of it. Its zero value
// is ready.
type Limits struct {
	last Reached // what was told
	at   time.Time
}

// Tell says what is new.
func (l *Limits) Tell(log *slog.Logger, s Reached, now time.Time) {
	if s.Packets < l.last.Packets { // another engine
		l.last, l.at = Reached{}, time.Time{}
	}
	if now.Sub(l.at) < tellEvery {
		return
	}
	said := false
	if s.Uninspected > l.last.Uninspected {
		said = true
		log.Warn("packets passed without inspection: more than this box can inspect", "since", s.Uninspected-l.last.Uninspected, "uninspected", s.Uninspected, "inspected", s.Packets)
	}
	if s.Lost > l.last.Lost {
		said = true
		log.Warn("records are lost: too many, or their disk is full", "since", s.Lost-l.last.Lost, "lost", s.Lost)
	}
	for name, n := range s.Limits {
		if n > l.last.Limits[name] {
			said = true
			log.Warn("a limit was reached", "limit", name, "since", n-l.last.Limits[name], "times", n)
		}
	}
	if said {
		l.last, l.at = s, now
	}
}
