package centre

import (
	"runtime/debug"
	"testing"
)

// A small centre may leave 128 MiB lying about, a large one a quarter of what it uses.
func TestGarbage(t *testing.T) {
	for used, want := range map[uint64]int{0: 400, 30 << 20: 400, 64 << 20: 200, 128 << 20: 100, 300 << 20: 25, 1 << 30: 25, 1 << 40: 25} {
		if got := garbage(used); got != want {
			t.Errorf("%d MiB: %d %%, want %d", used>>20, got, want)
		}
	}
	before := debug.SetGCPercent(77)
	defer debug.SetGCPercent(before)
	stop := collect()
	during := debug.SetGCPercent(100)
	if stop(); during < leastGarbage || during > mostGarbage {
		t.Errorf("%d %%", during)
	}
	if got := debug.SetGCPercent(77); got != 77 {
		t.Errorf("afterwards %d %%", got)
	}
}
