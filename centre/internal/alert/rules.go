package alert

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"otasuke/wire"
)

// Windows.
const (
	// quiet is how long after its last event an open alert still takes more:
	// what comes back a day later is a new thing to look at.
	quiet = 24 * time.Hour
	// doneGrace is how long after "done" events are expected to trickle in;
	// later ones mean that it did not help.
	doneGrace = time.Hour
	// clockSkew is how far a box's clock may run ahead before it is corrected.
	clockSkew = 5 * time.Minute
)

// MaxOpen bounds the alerts of a company that are open at once; more are not for
// people to read, and case numbers are shared by all companies. What comes above
// it is gathered into one alert for each family, whatever the device.
const MaxOpen = 500

// crowd stands for the device in the group of what is above MaxOpen.
const crowd = "crowd"

// outside is the group of all attacks from outside against one target.
const outside = "outside"

// Classifier knows the threat families. The package knowledge is one.
type Classifier interface {
	// Family is the key of the family that explains an event; "" is nothing that
	// a person should see: it is counted, and that is all.
	Family(e *wire.Event) string
	// Controlled: a device that shows this family is probably controlled by
	// someone else, even when the connection was stopped.
	Controlled(family string) bool
	// MaxStars caps the importance of a family that is no attack as such.
	MaxStars(family string) Stars
	// Due is when an alert that began at first should be acted on.
	Due(family string, first time.Time) time.Time
}

// judge gives the importance of one event by its outcome.
func judge(c Classifier, family string, inbound, blocked bool) Stars {
	stars := Medium
	switch {
	case inbound && blocked:
		stars = Low
	case inbound, !blocked, c.Controlled(family):
		stars = High
	}
	return min(stars, c.MaxStars(family))
}

// groupKey is what events must have in common to be one alert.
func groupKey(in *Incoming, family string) string {
	target := cmp.Or(in.DeviceID, in.DeviceAddr)
	if in.Event.Direction == wire.Inbound {
		return outside + "|" + target
	}
	return family + "|" + target
}

// sign is one event as the rules see it.
type sign struct {
	at       time.Time
	family   string
	stars    Stars
	blocked  bool
	evidence *Evidence
}

// add puts one more event into a, and says whether that makes a worse.
func (a *Alert) add(s sign) (worse bool) {
	if s.stars > a.Stars {
		a.Stars, a.Family, worse = s.stars, s.family, true
	}
	if a.Blocked && !s.blocked {
		a.Blocked, a.Family, worse = false, s.family, true
	}
	a.Families[s.family]++
	if s.stars == a.Stars && s.blocked == a.Blocked && a.Families[s.family] > a.Families[a.Family] {
		a.Family = s.family
	}
	a.Count++
	if s.at.Before(a.First) {
		a.First = s.at
	}
	if s.at.After(a.Last) {
		a.Last = s.at
	}
	if s.evidence != nil {
		a.show(*s.evidence)
	}
	if a.Answer == AnswerDone && s.at.Sub(a.Answered) > doneGrace {
		worse = true
	}
	return worse
}

// show keeps e among the newest pieces of evidence. An event that passed is never
// pushed out by events that were stopped.
func (a *Alert) show(e Evidence) {
	a.Evidence = append(a.Evidence, e)
	newest := func(x, y Evidence) int { return y.Time.Compare(x.Time) }
	if len(a.Evidence) > MaxEvidence {
		passed := func(x Evidence) int {
			if x.Verdict == string(wire.VerdictPassed) {
				return 0
			}
			return 1
		}
		slices.SortStableFunc(a.Evidence, func(x, y Evidence) int { return cmp.Or(passed(x)-passed(y), newest(x, y)) })
		a.Evidence = a.Evidence[:MaxEvidence]
	}
	slices.SortStableFunc(a.Evidence, newest)
}

// takes says whether an event at the given time belongs to a, which has its
// group. A closed alert takes only what happened before it was closed.
func (a *Alert) takes(at time.Time) bool {
	if at.After(a.Last.Add(quiet)) || at.Before(a.First.Add(-quiet)) {
		return false
	}
	return a.State != Closed || !at.After(a.Closed)
}

// accepts says whether s may be added to a: it belongs to it, and what turns out
// worse than a closed matter is a matter of its own.
func (a *Alert) accepts(s sign) bool {
	return a.takes(s.at) && (a.State != Closed || s.stars <= a.Stars && (s.blocked || !a.Blocked))
}

// visible replaces what could hide or turn around the rest of a line on a page or in
// a mail, such as U+202E: attackers choose names of files and addresses of pages.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// evidence puts an event into the technical block's words.
func evidence(e *wire.Event, at time.Time) *Evidence {
	x := &Evidence{EventID: e.ID, Time: at, Kind: string(e.Kind), Verdict: string(e.Verdict), Proto: visible(e.Flow.Proto),
		SrcPort: e.Flow.SrcPort, DstPort: e.Flow.DstPort, App: visible(e.App), URL: visible(e.URL)}
	if e.Flow.Src.IsValid() {
		x.Src = e.Flow.Src.String()
	}
	if e.Flow.Dst.IsValid() {
		x.Dst = e.Flow.Dst.String()
	}
	if e.Rule != nil {
		for _, technique := range e.Rule.Mitre {
			x.Mitre = append(x.Mitre, visible(technique))
		}
	}
	switch { // what was asked for or came says more than the number that such events share
	case e.Kind == wire.KindSite && e.Site != nil:
		x.What = fmt.Sprintf("%s (%s, %s)", e.Site.Name, e.Site.Category, e.Site.List)
	case e.Kind == wire.KindVirus && e.File != nil:
		x.What, x.SHA256 = fmt.Sprintf("%s (%s)", e.File.Virus, e.File.Name), visible(e.File.SHA256)
	case e.Rule != nil:
		x.What = fmt.Sprintf("%s [%d:%d:%d]", e.Rule.Msg, e.Rule.GID, e.Rule.SID, e.Rule.Rev)
	}
	x.What = visible(x.What)
	return x
}
