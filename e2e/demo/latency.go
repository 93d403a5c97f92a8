package demo

import (
	"slices"
	"time"
)

// Latency of mails in milliseconds, from just before the packet was sent to the
// mail server's yes.
type Latency struct {
	P50 int64 `json:"p50"`
	P99 int64 `json:"p99"`
	N   int   `json:"n"`
}

type latencies []time.Duration

func (l *latencies) add(d time.Duration) { *l = append(*l, d) }

func (l latencies) sum() Latency {
	if len(l) == 0 {
		return Latency{}
	}
	s := slices.Clone(l)
	slices.Sort(s)
	at := func(q int) int64 { return s[(len(s)-1)*q/100].Milliseconds() }
	return Latency{P50: at(50), P99: s[len(s)-1].Milliseconds(), N: len(s)}
}
