package readers

import (
	"otasuke/gateway/internal/app"
	"otasuke/rule"
)

// Lent is the reader of a conversation. Its zero value is none.
type Lent struct {
	reader app.Reader // nil for none, and while it rests
	kind
	// rests tells that a reader of this kind is needed for the next bytes only; next is
	// the number of its next transaction.
	rests bool
	next  uint64
}

// reusable is a reader that can read another conversation.
type reusable interface {
	app.Reader
	Reset(app.Sink)
}

// resting is a reader of which nothing but a number is needed between two messages: most
// conversations wait most of the time.
type resting interface {
	reusable
	// Rest tells that it is between messages, and the number of the next transaction.
	Rest() (next uint64, ok bool)
	// Resume is Reset for a conversation that has had next transactions.
	Resume(k app.Sink, next uint64)
}

// Of is a conversation's own reader, which is not reused.
func Of(r app.Reader, proto rule.Proto, stream bool) Lent {
	return Lent{reader: r, kind: kind{proto, stream}}
}

// None tells that the conversation is not read.
func (l *Lent) None() bool { return l.reader == nil && !l.rests }

// Reads tells that it is read as p.
func (l *Lent) Reads(p rule.Proto) bool { return !l.None() && l.proto == p }

// Encrypted tells that the conversation is, from here on.
func (l *Lent) Encrypted() bool {
	r, ok := l.reader.(interface{ Encrypted() bool })
	return ok && r.Encrypted()
}

// Opaque tells that bytes of a direction are of no use to rules.
func (l *Lent) Opaque(dir int) bool {
	if r, ok := l.reader.(interface{ Opaque(dir int) bool }); ok {
		return r.Opaque(dir)
	}
	return l.Encrypted()
}

// Unseen tells that nobody looks at bytes of a direction, no scanner either.
func (l *Lent) Unseen(dir int) bool {
	r, ok := l.reader.(interface{ Unread(dir int) int64 })
	return l.Opaque(dir) && (!ok || r.Unread(dir) != 0)
}

// Begun tells that bytes of the current response have passed.
func (l *Lent) Begun() bool {
	r, ok := l.reader.(interface{ Begun() bool })
	return ok && r.Begun()
}

// Done tells that nothing more is worth reading.
func (l *Lent) Done() bool {
	r, ok := l.reader.(interface{ Done() bool })
	return ok && r.Done()
}
