package traffic

import (
	"sync"
	"sync/atomic"
)

const (
	// MaxBatch bytes are handed out at once: what the journal takes as one record.
	MaxBatch = 48 << 10
	// maxWaiting bytes wait at most: a second of 25,000 conversations, many times what an office
	// has. Past it rows are lost and counted: a flood costs no more than that.
	maxWaiting = 2 << 20
)

// spareBatches are kept for the next rows: a quiet office needs no new memory.
const spareBatches = 4

// Gather holds rows until they are taken. The zero value is ready; nil takes nothing.
type Gather struct {
	full atomic.Bool // nothing more is taken

	mu    sync.Mutex
	waits [][]byte // batches; the last is being filled
	spare [][]byte
	size  int // of what waits, bytes
	lost  atomic.Uint64
}

// Full tells that rows would be lost now, and counts one: who asks before making a row
// spares the work in a flood.
func (g *Gather) Full() bool {
	if g == nil || !g.full.Load() {
		return false
	}
	g.lost.Add(1)
	return true
}

// Add takes a row.
func (g *Gather) Add(f *Flow) {
	if g == nil || g.Full() {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	last := len(g.waits) - 1
	if last < 0 || len(g.waits[last])+maxRow > MaxBatch {
		g.waits = append(g.waits, g.batch())
		last++
	}
	before := len(g.waits[last])
	g.waits[last] = f.Append(g.waits[last])
	g.size += len(g.waits[last]) - before
	if g.size+maxRow > maxWaiting {
		g.full.Store(true)
	}
}

func (g *Gather) batch() []byte {
	if n := len(g.spare); n > 0 {
		b := g.spare[n-1]
		g.spare = g.spare[:n-1]
		return b
	}
	return make([]byte, 0, MaxBatch)
}

// Take hands out what waits, in batches of at most MaxBatch bytes, and how many rows were
// lost so far. The bytes are good until each returns.
func (g *Gather) Take(each func(batch []byte)) (lost uint64) {
	g.mu.Lock()
	waits := g.waits
	g.waits, g.size = nil, 0
	g.full.Store(false)
	g.mu.Unlock()
	for _, b := range waits {
		each(b)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, b := range waits[:min(len(waits), spareBatches-len(g.spare))] {
		g.spare = append(g.spare, b[:0])
	}
	return g.lost.Load()
}
