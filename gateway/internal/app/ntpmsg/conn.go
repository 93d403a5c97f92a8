package ntpmsg

import (
	"encoding/hex"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/turn"
	"otasuke/rule"
)

// headSize is what every packet has (RFC 5905 section 7.3).
const headSize = 48

// message is one.
type message struct {
	version, mode, stratum uint8
	reference              [4]byte
}

// Conn reads one conversation.
type Conn struct {
	turns turn.List[message]
}

// New makes a reader that tells sink.
func New(sink app.Sink) *Conn {
	c := &Conn{}
	c.turns.Init(sink, rule.ProtoNTP, recorder{}, "ntp")
	return c
}

// Reset begins another conversation that tells sink.
func (c *Conn) Reset(sink app.Sink) { c.turns.Reset(sink) }

// Push implements [app.Reader].
func (c *Conn) Push(dir int, b []byte) {
	if len(b) < headSize || b[0]>>3&7 != 3 && b[0]>>3&7 != 4 {
		return
	}
	t := c.turns.Begin()
	s, m := &t.Tx.Sides[dir], &t.Data
	m.version, m.mode, m.stratum, m.reference = b[0]>>3&7, b[0]&7, b[1], [4]byte(b[12:16])
	s.Number(rule.NTPVersion, uint64(m.version))
	s.Number(rule.NTPMode, uint64(m.mode))
	s.Number(rule.NTPStratum, uint64(m.stratum))
	s.Put(rule.NTPReferenceID, m.reference[:])
	s.Done = true
	c.turns.Step(t, dir)
	c.turns.Drop(t)
}

// Gap implements [app.Reader].
func (c *Conn) Gap(int, int) {}

// Close implements [app.Reader].
func (c *Conn) Close(int) {}

// Record is the member "ntp" of EVE records of alerts.
type Record struct {
	Version   uint8  `json:"version"`
	Mode      uint8  `json:"mode"`
	Stratum   uint8  `json:"stratum"`
	Reference string `json:"reference_id"`
}

type recorder struct{}

// Record implements [app.Recorder].
func (recorder) Record(tx *app.Tx) []app.Field {
	m := &turn.Of[message](tx).Data
	return []app.Field{{Name: "ntp", Value: Record{m.version, m.mode, m.stratum, hex.EncodeToString(m.reference[:])}}}
}
