package filter

import (
	"fmt"
	"testing"
)

func TestRecent(t *testing.T) {
	t.Parallel()
	var r Recent
	for i, c := range []struct {
		key   string
		now   int64
		first bool
	}{{"a", 0, true}, {"a", recentTime - 1, false}, {"b", 1, true}, {"a", recentTime, true}} {
		if got := r.First(c.key, c.now); got != c.first {
			t.Errorf("%d: %v", i, got)
		}
	}
	for i := range 3 * recentMax {
		r.First(fmt.Sprint(i), recentTime)
	}
	if len(r.seen) > recentMax {
		t.Errorf("%d are remembered", len(r.seen))
	}
}
