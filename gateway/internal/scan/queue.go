package scan

import "sync"

// blockSize of memory: a file that stands still keeps at most one.
const blockSize = 32 << 10

// block is a piece of a file that waits.
type block struct {
	data [blockSize]byte
	n    int
}

var blocks = sync.Pool{New: func() any { return new(block) }}

func (b *block) bytes() []byte { return b.data[:b.n] }

// free gives the memory back; nobody may use it any more.
func (b *block) free() {
	b.n = 0
	blocks.Put(b)
}

// queue are the bytes of a file that wait, in blocks that all files share: a burst leaves
// nothing behind. Its zero value is ready.
type queue struct {
	list []*block
	size int // bytes in all
}

// add adds bytes at the end.
func (q *queue) add(b []byte) {
	q.size += len(b)
	for len(b) > 0 {
		if n := len(q.list); n == 0 || q.list[n-1].n == blockSize {
			q.list = append(q.list, blocks.Get().(*block))
		}
		last := q.list[len(q.list)-1]
		n := copy(last.data[last.n:], b)
		last.n, b = last.n+n, b[n:]
	}
}

// take takes the first block away, nil when there is none.
func (q *queue) take() *block {
	if len(q.list) == 0 {
		return nil
	}
	b := q.list[0]
	q.size -= b.n
	q.list[0] = nil
	if q.list = q.list[1:]; len(q.list) == 0 {
		q.list = nil
	}
	return b
}

// forget lets go of all.
func (q *queue) forget() {
	for b := q.take(); b != nil; b = q.take() {
		b.free()
	}
}
