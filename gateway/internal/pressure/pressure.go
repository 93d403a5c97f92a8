// Package pressure tells when the process holds more memory than it may, so that what
// can be forgotten is forgotten before the kernel ends the process.
//
// Every table and buffer has a bound of its own; this one is for what they add up to when
// somebody fills all of them: a conversation may hold some megabytes, and there may be
// 100,000 of them. One [Gauge] serves one goroutine. The engine's workers ask it.
//
// It also bounds the garbage that may lie beside what is used, see [Garbage].
package pressure

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// Gauge compares memory with a bound.
type Gauge struct {
	// Max bytes may be in use; 0 is no bound.
	Max uint64

	// Times is how often there was more.
	Times uint64

	percent int // of garbage that may lie beside what is used
	samples []metrics.Sample
	told    uint64 // the collection after which there was too much
}

// Holder holds things that can be let go.
type Holder interface {
	Len() int
	Shed(n int)
}

// Relieve lets so many of h's things go as are too many.
func (g *Gauge) Relieve(h Holder) {
	if part := g.Excess(); part > 0 {
		g.Times++
		h.Shed(1 + int(part*float64(h.Len())))
	}
}

// Bounds of garbage. What a box holds after its start is mostly rules, which cost much to
// look through and never go; what comes on top are conversations, many of which wait.
const (
	mostGarbage, leastGarbage = 50, 20 // percent
	garbageStep               = 10
	maxGarbage                = 128 << 20 // while leastGarbage is less
)

// Garbage is how much garbage may lie beside so many bytes in use before it is collected, in
// percent.
func Garbage(live uint64) int {
	p := min(mostGarbage, maxGarbage*100/max(live, 1))
	return int(max(leastGarbage, p-p%garbageStep))
}

// low is where memory is to come down to, in percent of Max: not at the bound, where the
// next packet is too much again.
const low = 75

// Excess is the part of what is in use that must go, from 0 to 1, once for each garbage
// collection: what goes shows at the next one, which it asks for in the background.
func (g *Gauge) Excess() float64 {
	if g.Max == 0 {
		return 0
	}
	if g.samples == nil {
		g.samples = []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/cycles/total:gc-cycles"}}
	}
	metrics.Read(g.samples)
	live, cycle := g.samples[0].Value.Uint64(), g.samples[1].Value.Uint64()
	if p := Garbage(live); p != g.percent {
		g.percent = p
		go debug.SetGCPercent(p) // it waits for the collection that is under way
	}
	if live <= g.Max || cycle == g.told {
		return 0
	}
	g.told = cycle
	go runtime.GC()
	return 1 - float64(g.Max/100*low)/float64(live)
}
