package selftest

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"otasuke/centre/internal/question"
	"otasuke/centre/internal/ui"
	"otasuke/content/text"
	"otasuke/internal/ja"
	"otasuke/wire"
)

// Keys of the words for a point: its name follows.
const (
	nameKey = "selftest.name_"
	doKey   = "selftest.do_"
	// of a state and a point
	sayKey = "selftest."
)

// maxUptime in seconds is what is believed: a hundred years.
const maxUptime = 100 * 365 * 24 * 3600

// point is what is known of one.
type point struct {
	weight ui.Tone // of its failing
	off    bool    // it can be out of use, or wait
}

// points in the order in which they are read; what fails comes first.
var order = []string{wire.PointInspection, wire.PartRouter, wire.PartOffice, wire.PartTest, wire.PointRules, wire.PointSites, wire.PointVirus, wire.PointSignatures,
	wire.PartClock, wire.PointDisk, wire.PointJournal, wire.PointUpdates}

var points = map[string]point{
	wire.PointInspection: {weight: ui.Alarm}, wire.PartRouter: {weight: ui.Alarm}, wire.PartOffice: {weight: ui.Alarm}, wire.PartTest: {weight: ui.Care},
	wire.PointRules: {weight: ui.Alarm, off: true}, wire.PointSites: {weight: ui.Care, off: true}, wire.PointVirus: {weight: ui.Care, off: true}, wire.PointSignatures: {weight: ui.Care},
	wire.PartClock: {weight: ui.Care}, wire.PointDisk: {weight: ui.Care}, wire.PointJournal: {weight: ui.Care}, wire.PointUpdates: {weight: ui.Care, off: true},
}

// key is a point's name as it stands in keys of texts.
func key(name string) string { return strings.ReplaceAll(name, "-", "_") }

// judged is a test in one line.
type judged struct {
	state           ui.State
	good, bad, rest int
}

// judge says what a test comes to.
func judge(t text.Texts, a *wire.TestAnswer) (j judged) {
	worst := ui.Good
	j.good = 1 // that it answered
	for i := range a.Points {
		switch p := &a.Points[i]; p.State {
		case wire.StateOK:
			j.good++
		case wire.StateOff:
			j.rest++
		default:
			j.bad++
			if worst != ui.Alarm {
				worst = tone(p)
			}
		}
	}
	switch worst {
	case ui.Alarm:
		j.state = ui.State{Tone: worst, Text: t.T("selftest.head_alarm", "n", j.bad)}
	case ui.Care:
		j.state = ui.State{Tone: worst, Text: t.T("selftest.head_care", "n", j.bad)}
	default:
		j.state = ui.State{Tone: worst, Text: t.T("selftest.head_good", "n", j.good)}
	}
	return j
}

// tone of a point that is not as it should be.
func tone(p *wire.TestPoint) ui.Tone {
	if known, ok := points[p.Name]; ok && p.State == wire.StateDown {
		return known.weight
	}
	return ui.Care
}

// pointRow is a point in words.
type pointRow struct {
	Name, Say, Do string
	State         ui.State
}

// tell puts a test in words.
func (p *pages) tell(v *ui.Visit, view *resultView, t *question.Test, who string) {
	lang := v.Texts.Lang()
	j := judge(v.Texts, &t.Found)
	view.State = j.state
	view.Say = v.T("selftest.say_good")
	if j.bad > 0 {
		view.Say = v.T("selftest.say_bad", "good", j.good, "n", j.bad)
	}
	view.When = v.T("selftest.when", "time", ja.Long(t.Answered, lang), "who", who)
	view.Do = nil                                                        // it answered; whether it is away now is told beside
	seconds := max(t.Answered.Sub(t.At), 100*time.Millisecond).Seconds() // nobody believes 0.0
	view.Good = append(view.Good, pointRow{Name: v.T("selftest.name_link"), Say: v.T("selftest.ok_link", "n", strconv.FormatFloat(seconds, 'f', 1, 64)), State: ui.State{Tone: ui.Good, Text: v.T("selftest.ok")}})
	if up := ja.Span(time.Duration(min(t.Found.Uptime, maxUptime))*time.Second, lang); t.Found.Software != "" {
		view.Facts = v.T("selftest.facts", "software", t.Found.Software, "span", up)
	} else {
		view.Facts = v.T("selftest.facts_up", "span", up)
	}
	rank := func(name string) int {
		if i := slices.Index(order, name); i >= 0 {
			return i
		}
		return len(order)
	}
	all := slices.Clone(t.Found.Points)
	slices.SortStableFunc(all, func(a, b wire.TestPoint) int { return cmp.Compare(rank(a.Name), rank(b.Name)) })
	others := 0
	for i := range all {
		x := &all[i]
		if _, known := points[x.Name]; !known {
			others++
			if x.State == wire.StateDown || x.State == wire.StateWaiting { // it is counted above, and must not be hidden
				view.Faults = append(view.Faults, pointRow{Name: x.Name, Say: v.T("selftest.other_down"), Do: v.T("selftest.other_do"), State: ui.State{Tone: tone(x), Text: v.T("selftest.down")}})
			}
			continue
		}
		switch row := words(v.Texts, x, t.Found.Mode); row.State.Tone {
		case ui.Good:
			view.Good = append(view.Good, row)
		case ui.Off:
			view.Off = append(view.Off, row)
		default:
			view.Faults = append(view.Faults, row)
		}
	}
	slices.SortStableFunc(view.Faults, func(a, b pointRow) int { return cmp.Compare(weight(a.State.Tone), weight(b.State.Tone)) })
	if others > 0 {
		view.Others = v.T("selftest.others", "n", others)
	}
}

func weight(t ui.Tone) int {
	if t == ui.Alarm {
		return 0
	}
	return 1
}

// words are those for one point that is known.
func words(t text.Texts, x *wire.TestPoint, mode string) pointRow {
	name := key(x.Name)
	row := pointRow{Name: t.T(nameKey + name)}
	say := func(state string) string {
		k := sayKey + state + "_" + name
		if tap := k + "_tap"; mode == wire.ModeTap && t.Has(tap) {
			k = tap
		}
		return t.T(k, "n", ja.Number(x.Value))
	}
	switch x.State {
	case wire.StateOK:
		row.State, row.Say = ui.State{Tone: ui.Good, Text: t.T("selftest.ok")}, say("ok")
	case wire.StateOff:
		row.State, row.Say = ui.State{Tone: ui.Off, Text: t.T("selftest.off")}, t.T("selftest.off_say")
		if points[x.Name].off {
			row.Say = say("off")
		}
	case wire.StateWaiting:
		row.State, row.Say, row.Do = ui.State{Tone: ui.Care, Text: t.T("selftest.waiting")}, t.T("selftest.waiting_say"), t.T("selftest.waiting_do")
	default:
		row.State, row.Say, row.Do = ui.State{Tone: points[x.Name].weight, Text: t.T("selftest.down")}, say("down"), t.T(doKey+name)
	}
	return row
}
