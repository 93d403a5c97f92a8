package centre

import (
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

// What may lie about before it is collected, beside what is in use. Ten thousand boxes hold a
// connection each: memory is scarcer there than the little time that more garbage would save. A small
// centre that is busy would collect all the time.
const (
	leastGarbage = 25          // percent
	mostGarbage  = 400         // percent
	freeGarbage  = 128 << 20   // bytes, while leastGarbage is less
	garbageStep  = 25          // percent
	garbageEvery = time.Second // fast enough for a box a millisecond that comes
)

// garbage is that share, in percent of so many bytes in use.
func garbage(used uint64) int {
	p := int(min(mostGarbage, freeGarbage*100/max(used, 1)))
	return max(leastGarbage, p-p%garbageStep)
}

// collect keeps the share right until stop, which leaves it as it was before.
func collect() (stop func()) {
	samples := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/scan/stack:bytes"}}
	now := func() int {
		metrics.Read(samples)
		return garbage(samples[0].Value.Uint64() + samples[1].Value.Uint64())
	}
	last := now()
	before := debug.SetGCPercent(last)
	end := make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		tick := time.NewTicker(garbageEvery)
		defer tick.Stop()
		for {
			select {
			case <-end:
				return
			case <-tick.C:
			}
			if p := now(); p != last { // setting it stops everything for a moment
				debug.SetGCPercent(p)
				last = p
			}
		}
	})
	return func() {
		close(end)
		done.Wait()
		debug.SetGCPercent(before)
	}
}
