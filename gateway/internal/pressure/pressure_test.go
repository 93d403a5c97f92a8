package pressure

import (
	"runtime"
	"runtime/metrics"
	"testing"
	"time"
)

func TestExcess(t *testing.T) {
	runtime.GC()
	if (&Gauge{}).Excess() != 0 {
		t.Error("no bound is never passed")
	}
	roomy := Gauge{Max: 1 << 50}
	if roomy.Excess() != 0 {
		t.Error("a petabyte is in use")
	}
	if n := testing.AllocsPerRun(100, func() { roomy.Excess() }); n > 0 {
		t.Errorf("%v allocations", n)
	}
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	tight := Gauge{Max: live[0].Value.Uint64() / 2}
	if part := tight.Excess(); part < 0.5 || part > 0.8 {
		t.Errorf("twice of what may be in use is: %.2f must go", part)
	}
	for end := time.Now().Add(10 * time.Second); tight.Excess() == 0; runtime.Gosched() { // the collection that it asked for
		if time.Now().After(end) {
			t.Fatal("not told again after the next collection")
		}
	}
}

// Of a small heap half may be garbage again, of a large one a fixed amount and never little.
func TestGarbage(t *testing.T) {
	t.Parallel()
	for live, want := range map[uint64]int{0: 50, 200 << 20: 50, 257 << 20: 40, 400 << 20: 30, 640 << 20: 20, 8 << 30: 20} {
		if got := Garbage(live); got != want {
			t.Errorf("%d MiB in use: %d %%, want %d %%", live>>20, got, want)
		}
	}
}
