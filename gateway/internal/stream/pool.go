package stream

// Limits of all connections of a worker together.
const (
	// maxPoolWaiting bounds what waits behind gaps: 128 gaps of MaxWaiting at a time. An
	// office of 100 PCs on a line that loses packets has a few open.
	maxPoolWaiting = 64 << 20
	// segmentCost is what a waiting segment takes besides its bytes.
	segmentCost = 64
	// maxPoolKept bounds what is kept to compare with: 800 connections with all of MaxKept
	// on the way. Past it they keep a Tail each.
	maxPoolKept = 256 << 20
)

// Pool lends buffers in a few sizes and knows what all directions hold together. One
// worker owns one.
type Pool struct {
	// Refused counts segments for which their direction had no room, Short those for which
	// all directions together had none.
	Refused, Short uint64
	// Forgot counts how often judged bytes were forgotten early for want of room.
	Forgot uint64

	waiting, kept int
	window        []byte // of who may keep no more than a Tail
	free          [len(classes)][][]byte
}

// Memory is what all directions hold, in bytes.
func (p *Pool) Memory() int { return p.waiting + p.kept }

// lend gives a direction room for n bytes, back takes it again.
func (p *Pool) lend(n int) []byte {
	b := p.Get(n)
	p.kept += cap(b)
	return b
}

func (p *Pool) back(b []byte) {
	p.kept -= cap(b)
	p.Put(b)
}

// cost of a waiting segment.
func cost(b []byte) int { return len(b) + segmentCost }

// classes are the sizes lent: steps up to a tail, because that is what a conversation that
// waits holds; two tails, a small page, a bundle, what is matched of a file (file.MaxData),
// everything kept.
var classes = [...]int{step, 2 * step, 3 * step, 4 * step, 5 * step, 6 * step, 7 * step, Tail, 4 << 10, 16 << 10, 80 << 10, 100 << 10, MaxKept + 80<<10}

const step = Tail / 8

// maxFree buffers of a size are held back; more go to the garbage collector.
const maxFree = 256

// Get lends an empty buffer for n bytes.
func (p *Pool) Get(n int) []byte {
	for i, size := range classes {
		if n > size {
			continue
		}
		if l := len(p.free[i]); l > 0 {
			b := p.free[i][l-1]
			p.free[i] = p.free[i][:l-1]
			return b
		}
		return make([]byte, 0, size)
	}
	return make([]byte, 0, n)
}

// Replace returns a buffer with the bytes of b, old where they have room there.
func (p *Pool) Replace(old, b []byte) []byte {
	if cap(old) < len(b) {
		p.Put(old)
		old = p.Get(len(b))
	}
	return append(old[:0], b...)
}

// Put takes a buffer back that nobody uses any more; any other is let go.
func (p *Pool) Put(b []byte) {
	for i, size := range classes {
		if cap(b) == size {
			if len(p.free[i]) < maxFree {
				p.free[i] = append(p.free[i], b[:0])
			}
			return
		}
	}
}
