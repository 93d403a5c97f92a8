package trafficlog

import (
	"testing"
	"time"
)

// Few names are asked for often, most rarely: another mix would measure something else.
func TestOffice(t *testing.T) {
	t.Parallel()
	o, seen := newOffice(), map[string]int{}
	const n = 20_000
	for range n {
		r := o.row(time.Unix(1_795_000_000, 0))
		seen[r.Name]++
		if r.Up == 0 || !r.Device.Is4() || r.Inside != (r.PeerPort == 53) {
			t.Fatalf("%+v", r)
		}
	}
	if most := seen[name(0)]; most < n/100 || most > n/10 || len(seen) < n/20 {
		t.Errorf("%d names, the first %d times", len(seen), most)
	}
}
