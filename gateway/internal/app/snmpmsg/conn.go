package snmpmsg

import (
	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/turn"
	"otasuke/rule"
)

// Conn reads one conversation.
type Conn struct {
	turns   turn.List[message]
	version int64 // of the first message, 0 while unknown
}

// New makes a reader that tells sink.
func New(sink app.Sink) *Conn {
	c := &Conn{}
	c.turns.Init(sink, rule.ProtoSNMP, recorder{}, "snmp")
	return c
}

// Reset begins another conversation that tells sink.
func (c *Conn) Reset(sink app.Sink) {
	c.turns.Reset(sink)
	c.version = 0
}

// Push implements [app.Reader].
func (c *Conn) Push(dir int, b []byte) {
	m, ok := read(b)
	if !ok {
		return
	}
	t := c.turns.Begin()
	s := &t.Tx.Sides[dir]
	if c.version == 0 {
		c.version = m.version
	}
	if m.version != c.version {
		s.Event("snmp.version_mismatch")
	}
	if m.version == 3 && m.model != usmModel {
		s.Event("snmp.unknown_security_model")
	}
	m.keep(s)
	s.Number(rule.SNMPVersion, uint64(m.version))
	s.Put(rule.SNMPCommunity, m.community)
	s.Put(rule.SNMPUSM, m.usm)
	if m.pdu >= 0 {
		s.Number(rule.SNMPPDUType, uint64(m.pdu))
	}
	if m.trap >= 0 {
		s.Number(rule.SNMPTrapType, uint64(m.trap))
	}
	t.Data = m
	c.turns.Message(t, dir)
}

// keep makes the message's bytes last as long as its transaction.
func (m *message) keep(s *app.Side) {
	for _, f := range []*[]byte{&m.community, &m.usm, &m.trapOID, &m.trapAddr} {
		if *f != nil {
			*f = s.Keep(*f)
		}
	}
	for i := range m.vars {
		m.vars[i] = s.Keep(m.vars[i])
	}
}

// Gap implements [app.Reader].
func (c *Conn) Gap(int, int) {}

// Close implements [app.Reader].
func (c *Conn) Close(int) {}
