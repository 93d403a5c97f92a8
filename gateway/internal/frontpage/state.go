package frontpage

import (
	"time"

	"otasuke/gateway/internal/selftest"
	"otasuke/wire"
)

// Phase is how far the box is on its way to a company.
type Phase int

// Phases.
const (
	Alone   Phase = iota // there is no centre for it
	Asking               // it has no code yet
	Shown                // a code waits for somebody to enter it
	Refused              // the claim code of its configuration was refused
	Claimed
)

// State is what the page shows.
type State struct {
	Now     time.Time
	Phase   Phase
	Code    string // of Shown
	Number  string // of the box's key, to compare; "" when there is none
	Site    string // where the code is entered
	Expires time.Time
	Company string // whose box it is; "" when unknown
	Phone   string // whom to call; "" when unknown
	// Last is when the centre answered, Trouble tells that it does not now, WrongClock that the
	// box's clock is the reason. Ahead is how far the centre's clock was then.
	Last       time.Time
	Trouble    bool
	WrongClock bool
	Ahead      time.Duration
	Unsigned   bool // the virus scanner waits for its first signatures
	// Six is of a router [wire.StateOK] when the office has IPv6, [wire.StateOff] when only its line
	// has; "" else.
	Six     wire.State
	Health  wire.Health
	Updates []wire.BundleState
}

// Tone is the colour and shape of a lamp.
type Tone string

// Tones, the worst last.
const (
	Off   Tone = "off"
	Good  Tone = "good"
	Care  Tone = "care"
	Alarm Tone = "alarm"
)

// rank orders tones.
var rank = map[Tone]int{Off: 0, Good: 0, Care: 1, Alarm: 2}

// lamp is one of the lamps: keys of texts, and what fills their holes.
type lamp struct {
	name, word, say, do string // keys; do is "" when there is nothing to do
	tone                Tone
	holes               []any
}

// lamps are all of them, in the order in which they are read.
func (s *State) lamps() []lamp {
	list := []lamp{s.inspection(), s.cables(), s.centre(), s.clock(), s.sites(), s.virus(), s.updates(), s.disk()}
	switch s.Six {
	case wire.StateOK:
		list = append(list, lamp{name: "front.six", word: "front.working", say: "front.six_ok", tone: Good})
	case wire.StateOff:
		list = append(list, lamp{name: "front.six", word: "front.not_used", say: "front.six_none", tone: Off})
	}
	return list
}

// listens tells that the box gets a copy of the traffic: it finds and tells, and stops nothing.
func (s *State) listens() bool { return s.Health.Mode == wire.ModeTap }

func (s *State) part(name string) wire.State { return s.Health.Parts[name] }

func (s *State) inspection() lamp {
	l := lamp{name: "front.inspect", word: "front.working", say: "front.inspect_ok", tone: Good, holes: []any{"n", s.Health.Packets, "rules", s.Health.Rules}}
	if !s.Health.Protecting {
		l.word, l.say, l.do, l.tone = "front.stopped", "front.inspect_down", "front.inspect_do", Alarm
	}
	return l
}

func (s *State) cables() lamp {
	l := lamp{name: "front.cables", word: "front.plugged", say: "front.cables_ok", tone: Good}
	if s.listens() {
		l.word, l.say, l.tone = "front.unknown", "front.cables_tap", Off
		return l
	}
	router, office := s.part(wire.PartRouter), s.part(wire.PartOffice)
	switch {
	case router == wire.StateDown && office == wire.StateDown:
		l.word, l.say, l.do, l.tone = "front.unplugged", "front.cables_both", "front.cables_do", Alarm
	case router == wire.StateDown:
		l.word, l.say, l.do, l.tone = "front.unplugged", "front.cables_router", "front.cables_do", Alarm
	case office == wire.StateDown:
		l.word, l.say, l.do, l.tone = "front.unplugged", "front.cables_office", "front.cables_do", Alarm
	case router == "" && office == "":
		l.word, l.say, l.tone = "front.unknown", "front.cables_unknown", Off
	}
	return l
}

func (s *State) centre() lamp {
	l := lamp{name: "front.centre"}
	switch {
	case s.Phase == Alone:
		l.word, l.say, l.tone = "front.not_used", "front.centre_none", Off
	case s.Phase == Refused:
		l.word, l.say, l.do, l.tone = "front.not_connected", "front.centre_refused", "front.centre_refused_do", Alarm
	case s.Trouble:
		l.word, l.say, l.do, l.tone = "front.unreached", "front.centre_away", "front.centre_do", Care
	case s.Phase != Claimed && s.Phase != Shown:
		l.word, l.say, l.tone = "front.trying", "front.centre_trying", Off
	case s.Phase == Shown:
		l.word, l.say, l.do, l.tone = "front.waiting", "front.centre_waiting", "front.centre_waiting_do", Care
	case s.Last.IsZero():
		l.word, l.say, l.tone = "front.trying", "front.centre_trying", Off
	default:
		l.word, l.say, l.tone = "front.reached", "front.centre_ok", Good
	}
	return l
}

func (s *State) clock() lamp {
	l := lamp{name: "front.clock", word: "front.right", say: "front.clock_ok", tone: Good}
	switch {
	case s.WrongClock || !s.Last.IsZero() && s.Ahead.Abs() > selftest.MaxSkew:
		l.word, l.say, l.do, l.tone = "front.wrong", "front.clock_wrong", "front.clock_do", Alarm
	case s.Last.IsZero():
		l.word, l.say, l.tone = "front.unknown", "front.clock_unknown", Off
	}
	return l
}

func (s *State) sites() lamp {
	switch s.part("sites") {
	case wire.StateOK:
		if s.listens() {
			return lamp{name: "front.sites", word: "front.working", say: "front.sites_tap", tone: Good, holes: []any{"n", s.Health.Sites}}
		}
		return lamp{name: "front.sites", word: "front.working", say: "front.sites_ok", tone: Good, holes: []any{"n", s.Health.Sites}}
	case wire.StateOff:
		return lamp{name: "front.sites", word: "front.none_yet", say: "front.sites_none", tone: Off}
	}
	return lamp{name: "front.sites", word: "front.stopped", say: "front.sites_down", tone: Care}
}

func (s *State) virus() lamp {
	l := lamp{name: "front.virus", word: "front.working", say: "front.virus_ok", tone: Good}
	age := s.Now.Sub(s.Health.Signatures)
	switch state := s.part("virus"); {
	case state == wire.StateWaiting || s.Unsigned && state == wire.StateDown:
		l.word, l.say, l.do, l.tone = "front.none_yet", "front.virus_unsigned", "front.virus_unsigned_do", Care
	case state == wire.StateOff || state == "":
		l.word, l.say, l.tone = "front.not_used", "front.virus_off", Off
	case state == wire.StateDown:
		l.word, l.say, l.do, l.tone = "front.stopped", "front.virus_down", "front.virus_do", Care
	case !s.Health.Signatures.IsZero() && age > wire.SignaturesOld:
		l.word, l.say, l.tone, l.holes = "front.old", "front.virus_old", Care, []any{"n", int(age.Hours() / 24)}
	}
	return l
}

func (s *State) updates() lamp {
	l := lamp{name: "front.updates", word: "front.current", say: "front.updates_ok", tone: Good}
	if len(s.Updates) == 0 {
		l.word, l.say, l.tone = "front.none_yet", "front.updates_none", Off
	}
	for _, u := range s.Updates {
		if u.State == wire.BundleReturned || u.State == wire.BundleRefused {
			l.word, l.say, l.tone = "front.kept_old", "front.updates_back", Care
		}
	}
	return l
}

func (s *State) disk() lamp {
	if s.part("journal") == wire.StateDown {
		return lamp{name: "front.disk", word: "front.full", say: "front.disk_full", do: "front.disk_do", tone: Care}
	}
	return lamp{name: "front.disk", word: "front.working", say: "front.disk_ok", tone: Good}
}

// headline is the one sentence above the lamps: keys, and a tone.
func (s *State) headline() (word, say string, tone Tone) {
	worst, n := Good, 0
	for _, l := range s.lamps() {
		if rank[l.tone] > 0 {
			n++
		}
		if rank[l.tone] > rank[worst] {
			worst = l.tone
		}
	}
	switch {
	case !s.Health.Protecting:
		return "front.head_off", "front.head_off_say", Alarm
	case worst == Alarm:
		return "front.head_alarm", "front.head_alarm_say", Alarm
	case s.Phase == Shown || s.Phase == Asking:
		return "front.head_waiting", "front.head_waiting_say", Care
	case worst == Care && s.listens():
		return "front.head_tap", "front.head_care_say", Care
	case worst == Care:
		return "front.head_care", "front.head_care_say", Care
	}
	if s.listens() {
		return "front.head_tap", "front.head_tap_say", Good
	}
	return "front.head_good", "front.head_good_say", Good
}
