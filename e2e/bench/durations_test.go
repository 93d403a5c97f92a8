package bench

import (
	"testing"
	"time"
)

func TestDurations(t *testing.T) {
	t.Parallel()
	for us := uint64(0); us < 1<<24; us += 1 + us/50 {
		i := step(us)
		if lo, hi := floor(i), floor(i+1); us < lo || us >= hi || float64(hi-lo) > max(1, float64(lo)/31) {
			t.Fatalf("%d µs is in step %d, from %d to %d", us, i, lo, hi)
		}
	}
	var d, all durations
	for i := range 1000 {
		d.add(time.Duration(i+1) * time.Millisecond)
	}
	all.merge(&d)
	if p := all.percentile(50); p < 485 || p > 505 {
		t.Errorf("median %v ms", p)
	}
	if p := all.percentile(99); p < 960 || p > 995 {
		t.Errorf("99th percentile %v ms", p)
	}
	if n := all.from(900 * time.Millisecond); n < 100 || n > 130 {
		t.Errorf("%d of at least 900 ms", n)
	}
	d.add(100 * time.Hour)
}
