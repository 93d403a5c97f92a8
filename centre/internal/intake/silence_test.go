package intake_test

import (
	"testing"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/internal/ja"
	"otasuke/wire"
)

// A box of which nothing is heard is told of once, when people are at work; that it is back
// stands in the history. One that was off overnight is nobody's concern.
func TestSilentBoxIsToldOnce(t *testing.T) {
	suite(t, func(o *office) {
		settle := o.work()
		b := o.newBox(o.own)
		at := func(day, hour int) { // of November 2026, in Japan; the 27th is a Friday
			o.Helper()
			o.clock.Advance(time.Date(2026, 11, day, hour, 30, 0, 0, ja.Zone).Sub(o.clock.Now()))
			settle()
		}
		told := func(what string, n int) []alert.Alert {
			o.Helper()
			all := o.list(o.own)
			if len(all) != n {
				o.Fatalf("%s: %+v", what, all)
			}
			return all
		}
		at(27, 8)
		b.beat(wire.Health{Protecting: true})
		at(27, 9)
		b.beat(wire.Health{Protecting: true})
		at(27, 20)
		told("at night", 0)
		at(28, 12)
		told("on Saturday", 0)
		at(30, 8)
		b.beat(wire.Health{Protecting: true}) // switched on by who opens the office
		at(30, 9)
		b.beat(wire.Health{Protecting: true})
		at(30, 10)
		told("soon", 0)
		at(30, 12)
		told("at the first look", 0)
		o.clock.Advance(15 * time.Minute)
		settle()
		all := told("after two hours and more", 1)
		if all[0].Family != alert.FamilySilent || all[0].Stars != alert.Medium || all[0].BoxID != b.id || !all[0].First.Equal(time.Date(2026, 11, 30, 9, 30, 0, 0, ja.Zone)) {
			o.Errorf("%+v", all[0])
		}
		at(30, 17)
		told("still", 1)
		b.beat(wire.Health{Protecting: true})
		b.beat(wire.Health{Protecting: true})
		history, err := o.alerts.History(o.Context(), o.own, all[0].ID)
		if err != nil || len(history) != 2 || history[1].What != alert.ChangeRestored {
			o.Errorf("back: %+v, %v", history, err)
		}
	})
}

// A centre that was away for hours, or whose database was, has heard of no box: none is told of before it had the time to come back.
func TestACentreThatWasAwayTellsOfNoBox(t *testing.T) {
	suite(t, func(o *office) {
		b, lost := o.newBox(o.own), o.newBox(o.decoy)
		monday := time.Date(2026, 11, 30, 9, 30, 0, 0, ja.Zone)
		o.clock.Advance(monday.Sub(o.clock.Now()))
		for _, one := range []*box{b, lost} {
			one.beat(wire.Health{Protecting: true})
		}
		away := func(d time.Duration) { // with what was due meanwhile
			o.clock.Advance(d)
			o.work()()
		}
		away(4 * time.Hour)
		b.beat(wire.Health{Protecting: true}) // a minute later
		away(3 * time.Hour)                   // and again
		b.beat(wire.Health{Protecting: true})
		away(15 * time.Minute)
		if all := o.list(o.own); len(all) != 0 {
			o.Errorf("told of a box that is there: %+v", all)
		}
		if all := o.list(o.decoy); len(all) != 1 {
			o.Errorf("not told of a box that is gone: %+v", all)
		}
	})
}
