package dhtmsg

import (
	"bytes"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/turn"
	"otasuke/rule"
)

// beginnings of messages; what begins otherwise is passed over.
var beginnings = []string{"d1:ad2:id20:", "d1:rd2:id20:", "d2:ip", "d1:el"}

// Conn reads one conversation.
type Conn struct {
	turns turn.List[Record]
}

// New makes a reader that tells sink.
func New(sink app.Sink) *Conn {
	c := &Conn{}
	c.turns.Init(sink, rule.ProtoBitTorrent, recorder{}, "bittorrent_dht")
	return c
}

// Reset begins another conversation that tells sink.
func (c *Conn) Reset(sink app.Sink) { c.turns.Reset(sink) }

// Push implements [app.Reader].
func (c *Conn) Push(dir int, b []byte) {
	known := false
	for _, s := range beginnings {
		known = known || bytes.HasPrefix(b, []byte(s))
	}
	if !known {
		return
	}
	t := c.turns.Begin()
	if !t.Data.read(b) {
		t.Tx.Sides[dir].Event("bittorrent-dht.malformed_packet")
	}
	c.turns.Message(t, dir)
}

// Gap implements [app.Reader].
func (c *Conn) Gap(int, int) {}

// Close implements [app.Reader].
func (c *Conn) Close(int) {}
