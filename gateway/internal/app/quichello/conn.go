package quichello

import (
	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/tlsmsg"
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
	hello   tlsmsg.ClientHello
	sni     []byte
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
	if len(msg) < 4 || msg[0] != 1 {
		return
	}
	if fault, _ := c.hello.Parse(msg[4:]); fault != "" {
		return
	}
	c.sni = append(c.sni[:0], c.hello.ServerName...)
	c.tx.Reset(c.next)
	c.next++
	c.tx.Proto, c.tx.Recorder = rule.ProtoQUIC, c
	s := &c.tx.Sides[0]
	if len(c.sni) > 0 {
		s.Put(rule.QUICSNI, c.sni)
		s.Put(rule.TLSSNI, c.sni)
	}
	s.Copy(rule.JA3String, c.hello.AppendJA3(nil))
	s.Copy(rule.JA3Hash, tlsmsg.AppendMD5(nil, c.hello.AppendJA3(nil)))
	s.Copy(rule.JA4Hash, c.hello.AppendJA4(nil, true))
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
	return []app.Field{{Name: "quic", Value: record{SNI: string(c.sni)}}}
}
