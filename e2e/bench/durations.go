package bench

import (
	"math/bits"
	"time"
)

// durations is a histogram of waiting times: 32 steps for each power of two of
// microseconds, so that a percentile is off by 3 % at most and hours of load fit.
type durations struct {
	n     uint64
	steps [32 * 32]uint64
}

func (d *durations) add(t time.Duration) {
	us := uint64(max(t.Microseconds(), 0))
	d.steps[step(us)]++
	d.n++
}

// step of a number of microseconds.
func step(us uint64) int {
	if us < 64 {
		return int(us)
	}
	shift := bits.Len64(us) - 6
	return min(32*(shift+1)+int(us>>shift)-32, 32*32-1)
}

// floor is the least number of microseconds of a step.
func floor(i int) uint64 {
	if i < 64 {
		return uint64(i)
	}
	shift := i/32 - 1
	return uint64(i%32+32) << shift
}

// merge adds what another one counted.
func (d *durations) merge(o *durations) {
	d.n += o.n
	for i, v := range o.steps {
		d.steps[i] += v
	}
}

// percentile in milliseconds.
func (d *durations) percentile(p float64) float64 {
	want, seen := uint64(float64(d.n)*p/100), uint64(0)
	for i, v := range d.steps {
		if seen += v; seen > want {
			return float64(floor(i)) / 1000
		}
	}
	return 0
}

// from counts those that took at least so long, to the histogram's precision.
func (d *durations) from(t time.Duration) (n uint64) {
	for i := step(uint64(t.Microseconds())); i < len(d.steps); i++ {
		n += d.steps[i]
	}
	return n
}
