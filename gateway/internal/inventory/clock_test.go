package inventory

import (
	"testing"
	"time"

	"otasuke/gateway/internal/heard"
)

// A new box that does not know the time yet, as one without a battery, learns it from the network after a minute: who has
// been there all the time is neither new nor back from a journey, and its first days are not over.
func TestClockPutRight(t *testing.T) {
	t.Parallel()
	for name, age := range map[string]time.Duration{"the first day": 0, "after years": 900 * 24 * time.Hour} {
		o := open(t)
		all := func() {
			t.Helper()
			for n := range byte(20) {
				o.hear(mac(n+1), heard.Addr, heard.ByARP, "192.168.1.5")
			}
		}
		all()
		o.told()
		o.pass(age)
		all()
		o.told()
		o.now += (400 * 24 * time.Hour).Microseconds() // the clock is corrected
		all()
		o.hear(mac(99), heard.Addr, heard.ByARP, "192.168.1.9")
		o.pass(24 * time.Hour)
		all()
		told := o.told()
		if len(told) < 20 {
			t.Errorf("%s: %d are told of", name, len(told))
		}
		for who, d := range told {
			if fresh := who == "00:1b:8b:00:00:63" && age > 0; (len(d.Changes) > 0) != fresh || d.Last.Before(d.First) {
				t.Errorf("%s: %s: %v, %+v", name, who, changes(d), d)
			}
		}
		for range 15 { // nobody has gone
			o.pass(24 * time.Hour)
			all()
			for who, d := range o.told() {
				if len(d.Changes) > 0 {
					t.Errorf("%s: %s: %v", name, who, changes(d))
				}
			}
		}
	}
}
