package clock

import (
	"testing"
	"time"
)

func TestFakeStandsUntilMoved(t *testing.T) {
	t.Parallel()
	tokyo := time.FixedZone("JST", 9*3600)
	f := NewFake(time.Date(2026, 11, 21, 14, 5, 0, 0, tokyo))
	if got := f.Now(); got.Location() != time.UTC || got.Hour() != 5 {
		t.Errorf("Now() = %v, want 05:05 UTC", got)
	}
	f.Advance(time.Hour)
	if got := f.Now().Hour(); got != 6 {
		t.Errorf("after an hour: %d o'clock, want 6", got)
	}
	f.Set(time.Unix(0, 0))
	if !f.Now().Equal(time.Unix(0, 0)) {
		t.Errorf("Set did not move the clock: %v", f.Now())
	}
	if (System{}).Now().Location() != time.UTC {
		t.Error("the system clock does not speak UTC")
	}
}
