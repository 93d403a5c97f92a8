package modbusmsg

import (
	"bytes"
	"encoding/binary"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/octets"
	"otasuke/gateway/internal/app/turn"
	"otasuke/rule"
)

// MaxTx requests wait for their response; more are a flood.
const MaxTx = 500

// exchange is a transaction.
type exchange struct {
	sides [2]*message
}

// Conn reads one conversation.
type Conn struct {
	turns   turn.List[exchange]
	half    [2]octets.Buffer
	stopped [2]bool
	closed  [2]bool
}

// New makes a reader that tells sink.
func New(sink app.Sink) *Conn {
	c := &Conn{}
	c.turns.Init(sink, rule.ProtoModbus, recorder{}, "modbus")
	return c
}

// Reset begins another conversation that tells sink.
func (c *Conn) Reset(sink app.Sink) {
	c.turns.Reset(sink)
	c.half[0].Reset()
	c.half[1].Reset()
	c.stopped, c.closed = [2]bool{}, [2]bool{}
}

// Push implements [app.Reader].
func (c *Conn) Push(dir int, b []byte) {
	if !c.stopped[dir] {
		c.half[dir].Feed(b, func(b []byte) (int, int) { return c.next(dir, b) })
	}
}

// Gap implements [app.Reader]: messages cannot be told apart behind missing bytes.
func (c *Conn) Gap(dir, _ int) { c.stopped[dir] = true }

// Close implements [app.Reader].
func (c *Conn) Close(dir int) {
	c.closed[dir] = true
	if c.closed[0] && c.closed[1] {
		c.turns.CloseAll()
	}
}

// next takes a message.
func (c *Conn) next(dir int, b []byte) (took, need int) {
	if len(b) < headSize {
		return 0, headSize
	}
	n := 6 + int(binary.BigEndian.Uint16(b[4:]))
	if n < 8 || n > 6+maxLength {
		c.bad(dir, "invalid_length")
		return 0, 0
	}
	if binary.BigEndian.Uint16(b[2:]) != 0 {
		c.bad(dir, "invalid_protocol_id")
		return 0, 0
	}
	if len(b) < n {
		return 0, n
	}
	m := read(bytes.Clone(b[:n]), dir == app.ToClient)
	if dir == app.ToServer {
		c.request(&m)
	} else {
		c.response(&m)
	}
	return n, 0
}

// bad ends the reading of a direction with an event.
func (c *Conn) bad(dir int, name string) {
	c.stopped[dir] = true
	t := c.turns.Begin()
	t.Tx.Sides[dir].Event("modbus." + name)
	c.turns.Close(t)
}

func (c *Conn) request(m *message) {
	if open := c.turns.Open(); len(open) >= MaxTx {
		old := open[0]
		old.Tx.Sides[app.ToServer].Event("modbus.flooded")
		c.turns.Step(old, app.ToServer)
		c.turns.Close(old)
	}
	t := c.turns.Begin()
	t.Data.sides[app.ToServer] = m
	s := &t.Tx.Sides[app.ToServer]
	m.put(s)
	s.Done = true
	c.turns.Step(t, app.ToServer)
}

func (c *Conn) response(m *message) {
	t := c.turns.Find(func(x *exchange) bool {
		return x.sides[app.ToServer] != nil && x.sides[app.ToServer].transaction == m.transaction
	})
	if t == nil {
		t = c.turns.Begin()
		t.Tx.Sides[app.ToClient].Event("modbus.unsolicited_response")
	} else if q := t.Data.sides[app.ToServer]; m.bad == "" && !m.answers(q) {
		t.Tx.Sides[app.ToClient].Event("modbus.value_mismatch")
	}
	t.Data.sides[app.ToClient] = m
	m.put(&t.Tx.Sides[app.ToClient])
	c.turns.Close(t)
}

// put adds the values of a message.
func (m *message) put(s *app.Side) {
	if m.bad != "" {
		s.Event("modbus." + m.bad)
	}
	if m.writeAddress == None || m.address != None {
		access := m.access
		if access == Read|Write {
			access = Read
		}
		s.Put(rule.Modbus, m.value(access, m.address, m.count))
	}
	if m.writeAddress != None {
		s.Put(rule.Modbus, append(m.value(Write, m.writeAddress, m.writeCount), m.data...))
	}
}

// value writes what the package comment says.
func (m *message) value(access, address, count uint64) (v []byte) {
	for _, n := range []uint64{uint64(m.unit), uint64(m.function), m.sub, access, m.table, address, count} {
		v = binary.BigEndian.AppendUint64(v, n)
	}
	return v
}
