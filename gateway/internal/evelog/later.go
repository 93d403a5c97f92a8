package evelog

import "otasuke/gateway/internal/eve"

// maxLater bounds the records of a flow that wait; what comes then is told at once.
const maxLater = 256

// Later holds the records of what a transaction or the stream of one connection has shown.
// In a capture they are told with the packet at which other sensors notice: the receiver
// has acknowledged the bytes, and for an alert its sender goes on.
type Later struct{ list []later }

type later struct {
	rec   *eve.Record
	dir   int
	end   uint32 // the bytes before this number are to be acknowledged
	log   bool   // the acknowledgement is enough
	acked bool
}

// Put lets a record wait until the bytes of dir before end are acknowledged; log tells that
// this is enough. It reports whether there is room.
func (q *Later) Put(rec *eve.Record, dir int, end uint32, log bool) bool {
	if len(q.list) >= maxLater {
		return false
	}
	q.list = append(q.list, later{rec: rec, dir: dir, end: end, log: log})
	return true
}

// Noticed tells what a segment of dir makes others notice; acks tells that it has an
// acknowledgement.
func (q *Later) Noticed(dir int, acks bool, ack uint32, tell func(*eve.Record)) {
	if len(q.list) == 0 {
		return
	}
	keep := q.list[:0]
	for _, l := range q.list {
		if !l.acked && acks && dir != l.dir && int32(ack-l.end) >= 0 {
			l.acked = true
		}
		if l.acked && (l.log || dir == l.dir) {
			tell(l.rec)
			continue
		}
		keep = append(keep, l)
	}
	clear(q.list[len(keep):])
	q.list = keep
}

// Flush tells everything that waits.
func (q *Later) Flush(tell func(*eve.Record)) {
	for _, l := range q.list {
		tell(l.rec)
	}
	q.Reset()
}

// Reset forgets everything but the memory.
func (q *Later) Reset() {
	clear(q.list)
	q.list = q.list[:0]
}
