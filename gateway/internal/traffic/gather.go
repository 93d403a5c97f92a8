package traffic

import "sync"

const (
	// MaxBatch bytes are handed out at once: what the journal takes as one record.
	MaxBatch = 48 << 10
	// maxWaiting bytes wait at most: a second of 30,000 conversations, many times what an office
	// has. Past it rows are lost and counted: a flood costs no more than that.
	maxWaiting = 3 << 20
)

// Gather holds rows until they are taken. The zero value is ready; nil takes nothing.
type Gather struct {
	mu    sync.Mutex
	waits []byte
	ends  []int // of batches in waits
	lost  uint64
}

// Add takes a row.
func (g *Gather) Add(f *Flow) {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.waits)+maxRow > maxWaiting {
		g.lost++
		return
	}
	last := 0
	if n := len(g.ends); n > 0 {
		last = g.ends[n-1]
	}
	before := len(g.waits)
	g.waits = f.Append(g.waits)
	if len(g.waits)-last > MaxBatch {
		g.ends = append(g.ends, before)
	}
}

// Take hands out what waits, in batches of at most MaxBatch bytes, and how many rows were
// lost so far. The bytes are good until the next call.
func (g *Gather) Take(each func(batch []byte)) (lost uint64) {
	g.mu.Lock()
	waits, ends := g.waits, g.ends
	g.waits, g.ends = nil, nil
	lost = g.lost
	g.mu.Unlock()
	from := 0
	for _, end := range append(ends, len(waits)) {
		if end > from {
			each(waits[from:end])
		}
		from = end
	}
	g.mu.Lock()
	if g.waits == nil && cap(waits) <= 4*MaxBatch {
		g.waits, g.ends = waits[:0], ends[:0] // a quiet office needs no new memory
	}
	g.mu.Unlock()
	return lost
}
