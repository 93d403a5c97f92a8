package ikemsg

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/turn"
	"otasuke/rule"
)

// maxVendors of a side are kept.
const maxVendors = 64

// side is what one side of a conversation in version 1 has shown, hexadecimal.
type side struct {
	key, nonce string
	vendors    []string
	transforms [][]attribute
}

// seen is what a conversation in version 1 has shown.
type seen struct {
	sides  [2]side
	doi    uint32
	hasDOI bool
}

// Conn reads one conversation.
type Conn struct {
	turns turn.List[message]
	seen  seen
}

// New makes a reader that tells sink.
func New(sink app.Sink) *Conn {
	c := &Conn{}
	c.turns.Init(sink, rule.ProtoIKE, recorder{}, "ike")
	return c
}

// Reset begins another conversation that tells sink.
func (c *Conn) Reset(sink app.Sink) {
	c.turns.Reset(sink)
	c.seen = seen{}
}

// Push implements [app.Reader].
func (c *Conn) Push(dir int, b []byte) {
	m, ok := read(bytes.Clone(b))
	if !ok {
		return
	}
	t := c.turns.Begin()
	s := &t.Tx.Sides[dir]
	event := func(name string) { s.Event("ike." + name) }
	if m.major == 1 {
		c.note(dir, &m, event)
		m.seen = &c.seen
	} else if m.hasSA {
		for i := range m.proposals {
			m.proposals[i].judge(event)
		}
		if dir == app.ToClient && len(m.proposals) > 0 {
			m.chosen = m.proposals[0].attributes()
		}
	}
	m.put(dir, s)
	t.Data = m
	c.turns.Message(t, dir)
}

// note keeps what a message of version 1 shows.
func (c *Conn) note(dir int, m *message, event func(string)) {
	h := &c.seen.sides[dir]
	if m.key != nil {
		h.key = hex.EncodeToString(m.key)
	}
	if m.nonce != nil {
		h.nonce = hex.EncodeToString(m.nonce)
	}
	for _, v := range m.vendors {
		if len(h.vendors) < maxVendors {
			h.vendors = append(h.vendors, hex.EncodeToString(v))
		}
	}
	if !m.hasSA {
		return
	}
	c.seen.doi, c.seen.hasDOI = m.doi, true
	h.transforms = nil
	for _, p := range m.proposals {
		h.transforms = append(h.transforms, p.transforms...)
	}
	if dir == app.ToClient {
		if len(h.transforms) > 1 {
			event("multiple_server_proposal")
		}
		if len(h.transforms) > 0 {
			m.chosen = h.transforms[0]
		}
	}
}

// put adds the values of a message.
func (m *message) put(dir int, s *app.Side) {
	if dir == app.ToServer {
		s.Put(rule.IKEInitSPI, []byte(m.initSPI))
	} else {
		s.Put(rule.IKERespSPI, []byte(m.respSPI))
	}
	s.Number(rule.IKEExchType, uint64(m.exchange))
	for _, v := range m.vendors {
		if dir == app.ToServer { // elsewhere only the client's are looked at
			s.Put(rule.IKEVendor, hex.AppendEncode(nil, v))
		}
	}
	if m.key != nil {
		s.Put(rule.IKEKeyExchange, m.key)
		s.Number(rule.IKEKeyExchangeLen, uint64(len(m.key)))
	}
	if m.nonce != nil {
		s.Put(rule.IKENonce, m.nonce)
		s.Number(rule.IKENonceLen, uint64(len(m.nonce)))
	}
	for _, a := range m.chosen {
		v := binary.BigEndian.AppendUint64(nil, uint64(a.kind))
		s.Put(rule.IKESAAttribute, binary.BigEndian.AppendUint64(v, a.value))
	}
}

// Gap implements [app.Reader].
func (c *Conn) Gap(int, int) {}

// Close implements [app.Reader].
func (c *Conn) Close(int) {}
