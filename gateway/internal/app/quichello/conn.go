package quichello

import (
	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/clienthello"
	"otasuke/rule"
)

// maxInitials that are opened for one connection: a hello fits in two or three.
const maxInitials = 8

// Conn reads the first datagrams between two ports. A client that begins another
// connection between the same ports is looked at again.
type Conn struct {
	sink    app.Sink
	initial Initial
	tx      app.Tx
	hello   clienthello.HelloText
	next    uint64
	tries   int
	done    bool
}

// New makes a reader.
func New(sink app.Sink) *Conn { return &Conn{sink: sink} }

// Done tells that nothing more can be read.
func (c *Conn) Done() bool { return c.done }

// Push reads a datagram.
func (c *Conn) Push(dir int, b []byte) {
	if c.tries >= maxInitials || dir != app.ToServer || !IsInitial(b) {
		return
	}
	c.tries++
	if c.done {
		c.initial = Initial{}
	}
	msg, err := c.initial.Push(b)
	c.done = c.done || c.tries >= maxInitials
	if err != nil || msg == nil {
		return
	}
	c.done = true
	hello, err := clienthello.Parse(msg)
	if err != nil {
		return
	}
	c.hello.Set(&hello)
	c.tx.Reset(c.next)
	c.next++
	c.tx.Proto, c.tx.Recorder = rule.ProtoQUIC, c
	s := &c.tx.Sides[0]
	c.hello.Put(s, rule.QUICSNI)
	if len(c.hello.SNI) > 0 {
		s.Put(rule.TLSSNI, c.hello.SNI)
	}
	s.Done = true
	c.sink.Step(&c.tx, dir)
	c.sink.Log(&c.tx, dir, "quic")
}

// Gap and Close do nothing: datagrams stand alone.
func (c *Conn) Gap(int, int) {}

// Close does nothing.
func (c *Conn) Close(int) {}

type record struct {
	SNI string `json:"sni,omitempty"`
}

// Record returns the connection as EVE has it.
func (c *Conn) Record(*app.Tx) []app.Field {
	return []app.Field{{Name: "quic", Value: record{SNI: string(c.hello.SNI)}}}
}
