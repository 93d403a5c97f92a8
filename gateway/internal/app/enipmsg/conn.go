package enipmsg

import (
	"encoding/binary"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/octets"
	"otasuke/gateway/internal/app/turn"
	"otasuke/rule"
)

// MaxTx messages wait for their answer; older ones are ended.
const MaxTx = 1024

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
	stream  bool
}

// New makes a reader that tells sink. stream is for TCP.
func New(sink app.Sink, stream bool) *Conn {
	c := &Conn{stream: stream}
	c.turns.Init(sink, rule.ProtoENIP, recorder{}, "enip")
	return c
}

// Push implements [app.Reader].
func (c *Conn) Push(dir int, b []byte) {
	switch {
	case c.stopped[dir]:
	case c.stream:
		c.half[dir].Feed(b, func(b []byte) (int, int) { return c.next(dir, b) })
	default:
		c.next(dir, b)
	}
}

// Gap implements [app.Reader]: messages cannot be told apart behind missing bytes.
func (c *Conn) Gap(dir, _ int) { c.stopped[dir] = c.stream }

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
	h := readHead(b)
	n := headSize + int(h.length)
	switch {
	case !known(h.command):
		c.stopped[dir] = c.stream
		return 0, 0
	case len(b) < n:
		return 0, n
	}
	m, ok := read(h, append([]byte(nil), b[headSize:n]...), dir == app.ToClient)
	t := c.of(dir, &m)
	t.Data.sides[dir] = &m
	s := &t.Tx.Sides[dir]
	if !ok {
		s.Event("enip.invalid_pdu")
	} else {
		m.put(s)
	}
	s.Done = true
	c.frames(t, dir, &m, b[:n])
	c.turns.Step(t, dir)
	if dir == app.ToClient || h.command == cmdNOP || h.command == cmdUnregister {
		c.turns.Close(t)
	}
	return n, 0
}

// frames shows the pieces of a message.
func (c *Conn) frames(t *turn.Turn[exchange], dir int, m *message, b []byte) {
	c.turns.Frame(t, dir, rule.FrameENIPHdr, b[:headSize])
	c.turns.Frame(t, dir, rule.FrameENIPData, b[headSize:])
	c.turns.Frame(t, dir, rule.FrameENIPPDU, b)
	for _, item := range m.pieces {
		c.turns.Frame(t, dir, rule.FrameENIPItem, item)
	}
	c.turns.Frame(t, dir, rule.FrameENIPCIP, m.inner)
}

// of returns the transaction of a message: a new one, or of an answer that of its question.
func (c *Conn) of(dir int, m *message) *turn.Turn[exchange] {
	if dir == app.ToClient {
		t := c.turns.Find(func(x *exchange) bool {
			q := x.sides[app.ToServer]
			return q != nil && q.command == m.command && q.context == m.context && (q.session == m.session || q.session == 0)
		})
		if t != nil {
			return t
		}
	}
	if open := c.turns.Open(); len(open) >= MaxTx {
		c.turns.Both(open[0], "enip.too_many_transactions")
		c.turns.Close(open[0])
	}
	return c.turns.Begin()
}

// put adds the values of a message.
func (m *message) put(s *app.Side) {
	s.Number(rule.ENIPCommand, uint64(m.command))
	s.Number(rule.ENIPStatus, uint64(m.status))
	if m.register || m.service != nil {
		s.Number(rule.ENIPProtocolVersion, uint64(m.version))
	}
	if m.service != nil {
		s.Number(rule.ENIPCapabilities, uint64(m.capabilities))
		s.Put(rule.ENIPServiceName, m.service)
	}
	if d := m.identity; d != nil {
		s.Number(rule.ENIPProtocolVersion, uint64(d.version))
		s.Number(rule.ENIPVendorID, uint64(d.vendor))
		s.Number(rule.ENIPDeviceType, uint64(d.device))
		s.Number(rule.ENIPProductCode, uint64(d.product))
		s.Number(rule.ENIPRevision, uint64(d.major)<<8|uint64(d.minor))
		s.Number(rule.ENIPIdentityStatus, uint64(d.status))
		s.Number(rule.ENIPSerial, uint64(d.serial))
		s.Number(rule.ENIPState, uint64(d.state))
		s.Put(rule.ENIPProductName, d.name)
	}
	if m.cip != nil {
		m.cip.put(s)
		for i := range m.cip.multiple {
			m.cip.multiple[i].put(s)
		}
	}
}

// put adds the values of a message of CIP.
func (m *cip) put(s *app.Side) {
	numbers := func(list ...uint64) {
		var v []byte
		for _, n := range list {
			v = binary.BigEndian.AppendUint64(v, n)
		}
		s.Put(rule.CIPService, v)
	}
	if m.response {
		numbers(uint64(m.service))
		s.Number(rule.ENIPCIPStatus, uint64(m.status))
		for _, n := range m.extended {
			s.Number(rule.ENIPCIPExtStatus, uint64(n))
		}
		return
	}
	class, ok := m.get("class")
	switch {
	case !ok:
		numbers(uint64(m.service))
	case len(m.attributes) == 0:
		numbers(uint64(m.service), uint64(class))
	}
	if ok {
		s.Number(rule.ENIPCIPClass, uint64(class))
	}
	for _, a := range m.attributes {
		if ok {
			numbers(uint64(m.service), uint64(class), uint64(a))
		}
		s.Number(rule.ENIPCIPAttribute, uint64(a))
	}
	if n, ok := m.get("instance"); ok {
		s.Number(rule.ENIPCIPInstance, uint64(n))
	}
}
