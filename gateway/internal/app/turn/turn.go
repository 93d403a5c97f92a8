package turn

import (
	"slices"

	"otasuke/gateway/internal/app"
	"otasuke/rule"
)

// Turn is a transaction with what its reader keeps of it.
type Turn[T any] struct {
	Tx   app.Tx
	Data T
}

// Of returns the turn of a transaction.
func Of[T any](tx *app.Tx) *Turn[T] { return tx.User.(*Turn[T]) }

// List are the transactions of a conversation, oldest first.
type List[T any] struct {
	sink app.Sink
	kind string
	base app.Tx
	open []*Turn[T]
	free []*Turn[T]
	next uint64
}

// maxFree transactions keep their memory for the next.
const maxFree = 16

// Init names what all transactions have. kind is the EVE event type of their records.
func (l *List[T]) Init(sink app.Sink, p rule.Proto, r app.Recorder, kind string) {
	l.sink, l.kind, l.base = sink, kind, app.Tx{Proto: p, Recorder: r}
}

// Reset begins another conversation that tells sink.
func (l *List[T]) Reset(sink app.Sink) {
	for len(l.open) > 0 {
		l.recycle(l.open[len(l.open)-1])
	}
	l.sink, l.next = sink, 0
}

// Begin opens a transaction.
func (l *List[T]) Begin() *Turn[T] {
	var t *Turn[T]
	if n := len(l.free); n > 0 {
		t, l.free = l.free[n-1], l.free[:n-1]
	} else {
		t = &Turn[T]{Tx: l.base}
		t.Tx.User = t
	}
	t.Tx.Reset(l.next)
	var zero T
	t.Data = zero
	l.next++
	l.open = append(l.open, t)
	return t
}

// Open are the open transactions, oldest first. The slice is good until the next call.
func (l *List[T]) Open() []*Turn[T] { return l.open }

// Last is the newest open transaction, nil when there is none.
func (l *List[T]) Last() *Turn[T] {
	if n := len(l.open); n > 0 {
		return l.open[n-1]
	}
	return nil
}

// Find returns the oldest open transaction of which is holds, nil when there is none.
func (l *List[T]) Find(is func(*T) bool) *Turn[T] {
	for _, t := range l.open {
		if is(&t.Data) {
			return t
		}
	}
	return nil
}

// Step has what is new in dir judged.
func (l *List[T]) Step(t *Turn[T], dir int) { l.sink.Step(&t.Tx, dir) }

// Frame shows a piece of a message; t may be nil.
func (l *List[T]) Frame(t *Turn[T], dir int, b rule.Buffer, data []byte) {
	var tx *app.Tx
	if t != nil {
		tx = &t.Tx
	}
	app.ShowFrame(l.sink, tx, dir, b, data)
}

// Message ends a transaction that is one message of dir: judges it and writes its record.
func (l *List[T]) Message(t *Turn[T], dir int) {
	t.Tx.Sides[dir].Done = true
	l.sink.Step(&t.Tx, dir)
	l.sink.Log(&t.Tx, dir, l.kind)
	l.recycle(t)
}

// Close ends a transaction, has both directions judged to their end and writes its record.
func (l *List[T]) Close(t *Turn[T]) {
	l.end(t)
	l.sink.Log(&t.Tx, app.ToServer, l.kind)
	l.recycle(t)
}

// Drop ends a transaction without a record.
func (l *List[T]) Drop(t *Turn[T]) {
	l.end(t)
	l.recycle(t)
}

// Forget ends a transaction of which files may still be told, with its record when log is
// set. Its memory is not used again.
func (l *List[T]) Forget(t *Turn[T], log bool) {
	l.end(t)
	if log {
		l.sink.Log(&t.Tx, app.ToServer, l.kind)
	}
	l.remove(t)
}

// CloseAll ends what is open.
func (l *List[T]) CloseAll() {
	for len(l.open) > 0 {
		l.Close(l.open[0])
	}
}

func (l *List[T]) end(t *Turn[T]) {
	for d := range t.Tx.Sides {
		if !t.Tx.Sides[d].Done {
			t.Tx.Sides[d].Done = true
			l.sink.Step(&t.Tx, d)
		}
	}
}

func (l *List[T]) recycle(t *Turn[T]) {
	l.remove(t)
	if len(l.free) < maxFree {
		l.free = append(l.free, t)
	}
}

func (l *List[T]) remove(t *Turn[T]) {
	if i := slices.Index(l.open, t); i >= 0 {
		l.open = slices.Delete(l.open, i, i+1)
	}
}

// Both raises an event where rules of both directions see it.
func (l *List[T]) Both(t *Turn[T], name string) {
	for d := range t.Tx.Sides {
		t.Tx.Sides[d].Event(name)
		l.sink.Step(&t.Tx, d)
	}
}
