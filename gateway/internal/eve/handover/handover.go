// Package handover carries EVE records from the workers that make them to the one goroutine
// that writes them, many at a time, and carries them back to be used again.
//
// Between [Queue.Put] and the call of [Queue.Take] after the one that gave it, a record is
// the writer's alone. Records of one worker stay in their order.
package handover

import (
	"sync"
	"sync/atomic"

	"otasuke/gateway/internal/eve"
)

// Queue is where records wait. Make one with [New].
type Queue struct {
	// Lost counts the records for which there was no room.
	Lost atomic.Uint64

	max   int
	ready chan struct{}

	mu      sync.Mutex
	wait    bool
	room    sync.Cond // something was taken
	closed  bool
	waiting []*eve.Record
	blank   []*eve.Record
	taken   []*eve.Record // the writer's
}

// few of what has room wait, as a part of it, before the writer is woken where Put waits for
// room: to wake it costs as much as some records.
const few = 4

// New makes a queue in which at most max records wait, or as many as there are when max is
// reached. Past that, with wait Put waits, else the records are lost.
func New(max int, wait bool) *Queue {
	q := &Queue{max: max, wait: wait, ready: make(chan struct{}, 1)}
	q.room.L = &q.mu
	return q
}

// Put takes records and fills the front of the list with blank ones; it returns how many.
// Any goroutine may call it.
func (q *Queue) Put(list []*eve.Record) (blank int) {
	q.mu.Lock()
	for q.wait && len(q.waiting) >= q.max {
		q.room.Wait()
	}
	take := len(list)
	if !q.wait {
		take = min(take, q.max-len(q.waiting))
		q.Lost.Add(uint64(len(list) - take))
	}
	q.waiting = append(q.waiting, list[:take]...)
	left := len(q.blank) - min(len(list), len(q.blank))
	blank = copy(list, q.blank[left:])
	clear(q.blank[left:])
	q.blank = q.blank[:left]
	enough := !q.wait || len(q.waiting) >= q.max/few
	q.mu.Unlock()
	if enough {
		q.wake()
	}
	return blank
}

// wake tells the writer, unless it was told and has not come yet.
func (q *Queue) wake() {
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

// Ready gives a value after records came, enough of them where Put waits for room, or
// [Queue.Close] was called.
func (q *Queue) Ready() <-chan struct{} { return q.ready }

// Take gives what waits; open tells whether more may come. What the call before gave must
// not be used any more. Only the writer calls it.
func (q *Queue) Take() (list []*eve.Record, open bool) {
	for _, r := range q.taken {
		r.Reset()
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.blank = append(q.blank, q.taken[:min(len(q.taken), max(q.max-len(q.blank), 0))]...)
	clear(q.taken)
	q.taken, q.waiting = q.waiting, q.taken[:0]
	q.room.Broadcast()
	return q.taken, !q.closed
}

// Linger makes Put wait from now on: nobody is in a hurry any more.
func (q *Queue) Linger() {
	q.mu.Lock()
	q.wait = true
	q.mu.Unlock()
}

// Close tells the writer that nothing more comes. Nobody may call Put any more.
func (q *Queue) Close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.wake()
}
