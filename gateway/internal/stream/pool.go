package stream

// Pool lends buffers in a few sizes. One worker owns one.
type Pool struct {
	free [len(classes)][][]byte
}

// classes are the sizes lent: a request, a tail, two of them, a small page, a bundle,
// everything kept.
var classes = [...]int{512, Tail, 4 << 10, 16 << 10, 80 << 10, MaxKept + 80<<10}

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
