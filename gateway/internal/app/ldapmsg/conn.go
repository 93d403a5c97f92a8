package ldapmsg

import (
	"encoding/binary"
	"errors"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/ber"
	"otasuke/gateway/internal/app/octets"
	"otasuke/gateway/internal/app/turn"
	"otasuke/rule"
)

// Limits.
const (
	// MaxMessage is the longest message that is collected.
	MaxMessage = 1 << 20
	// MaxTx requests wait for their answer; older ones are ended.
	MaxTx = 256
	// MaxResponses are kept of a request, and
	MaxResponses = 1024
	// MaxKept bytes of them.
	MaxKept = 1 << 20
)

// startTLS is the name of the extension (RFC 4511 section 4.14.1).
const startTLS = "1.3.6.1.4.1.1466.20037"

// exchange is a transaction.
type exchange struct {
	request   *message // nil when it was not seen
	responses []message
	kept      int
}

// Conn reads one conversation.
type Conn struct {
	pdu     []byte // the message at hand, as sent
	sink    app.Sink
	turns   turn.List[exchange]
	half    [2]octets.Buffer
	stopped [2]bool
	closed  [2]bool
	stream  bool
	any     bool // a transaction has been seen
	wantTLS bool // StartTLS was asked for
	become  bool
}

// New makes a reader that tells sink. stream is for TCP.
func New(sink app.Sink, stream bool) *Conn {
	c := &Conn{sink: sink, stream: stream}
	c.turns.Init(sink, rule.ProtoLDAP, recorder{}, "ldap")
	return c
}

// Push implements [app.Reader].
func (c *Conn) Push(dir int, b []byte) {
	switch {
	case c.stopped[dir] || c.become:
	case c.stream:
		c.half[dir].Feed(b, func(b []byte) (int, int) { return c.next(dir, b) })
	default:
		for len(b) > 0 && !c.stopped[dir] {
			n, _ := c.next(dir, b)
			if n == 0 && !c.stopped[dir] {
				c.invalid(dir)
			}
			b = b[n:]
		}
	}
}

// Gap implements [app.Reader]: messages cannot be told apart behind missing bytes.
func (c *Conn) Gap(dir, _ int) { c.stopped[dir] = c.stream }

// Close implements [app.Reader].
func (c *Conn) Close(dir int) {
	c.closed[dir] = true
	if c.closed[0] && c.closed[1] {
		for len(c.turns.Open()) > 0 {
			c.end(c.turns.Open()[0])
		}
	}
}

// next takes a message.
func (c *Conn) next(dir int, b []byte) (took, need int) {
	tag, head, size, err := ber.Header(b)
	switch {
	case c.become:
		return 0, 0
	case errors.Is(err, ber.ErrShort):
		return 0, len(b) + 1
	case err != nil || tag != ber.Sequence:
		return c.invalid(dir), 0
	case size > MaxMessage:
		c.stopped[dir] = true
		return 0, 0
	case len(b) < head+size:
		return 0, head + size
	}
	m, ok := read(b[head : head+size])
	if !ok {
		return c.invalid(dir), 0
	}
	c.pdu = b[:head+size]
	if dir == app.ToServer {
		c.request(&m)
	} else {
		c.response(m)
	}
	if c.become {
		c.sink.Become(rule.ProtoUnknown, dir, b[head+size:])
		return 0, 0
	}
	return head + size, 0
}

// invalid ends the reading of a direction. The event goes with the latest transaction:
// without one there was no LDAP yet.
func (c *Conn) invalid(dir int) int {
	c.stopped[dir] = true
	if t := c.turns.Last(); t != nil {
		c.turns.Both(t, "ldap.invalid_data")
	} else if c.any {
		c.sink.Event(app.ToClient, "ldap.invalid_data")
	}
	return 0
}

func (c *Conn) begin() *turn.Turn[exchange] {
	c.any = true
	if open := c.turns.Open(); len(open) >= MaxTx {
		c.turns.Both(open[0], "ldap.too_many_transactions")
		c.end(open[0])
	}
	return c.turns.Begin()
}

// end ends a transaction: what has not been judged is judged now.
func (c *Conn) end(t *turn.Turn[exchange]) { c.turns.Close(t) }

// soon tells that the answers so far are judged before the last is there: the first few, and
// later fewer and fewer, because all of them are judged together each time.
func soon(n int) bool { return n <= 16 || n&(n-1) == 0 }

func (c *Conn) request(m *message) {
	c.wantTLS = c.wantTLS || m.op == extRequest && string(m.name) == startTLS
	t := c.begin()
	c.turns.Frame(t, app.ToServer, rule.FrameLDAPPDU, c.pdu)
	t.Data.request = m
	s := &t.Tx.Sides[app.ToServer]
	s.Number(rule.LDAPRequestOperation, uint64(m.op))
	s.Put(rule.LDAPRequestDN, m.dn)
	for _, a := range m.list {
		s.Put(rule.LDAPRequestAttribute, a.name)
	}
	if m.op == compareRequest {
		s.Put(rule.LDAPRequestAttribute, m.name)
	}
	if m.last() {
		c.end(t)
		return
	}
	s.Done = true
	c.turns.Step(t, app.ToServer)
}

func (c *Conn) response(m message) {
	if c.wantTLS && m.op == extResponse {
		c.become, c.wantTLS = m.code == 0, false
	}
	t := c.turns.Find(func(x *exchange) bool { return x.request != nil && x.request.id == m.id })
	if t == nil {
		t = c.begin()
		c.answer(t, m)
		if m.op != extResponse {
			c.turns.Both(t, "ldap.request_not_found")
		}
		c.end(t)
		return
	}
	last := m.last()
	c.answer(t, m)
	if last || c.become {
		c.end(t)
		return
	}
	n := len(t.Data.responses)
	switch {
	case n >= MaxResponses || t.Data.kept > MaxKept:
		c.turns.Both(t, "ldap.too_many_responses")
		c.end(t)
	case soon(n):
		c.turns.Step(t, app.ToClient)
	}
}

// answer adds a response to its transaction.
func (c *Conn) answer(t *turn.Turn[exchange], m message) {
	c.turns.Frame(t, app.ToClient, rule.FrameLDAPPDU, c.pdu)
	s := &t.Tx.Sides[app.ToClient]
	s.Number(rule.LDAPResponsesOperation, uint64(m.op))
	if m.result() {
		s.Number(rule.LDAPResponsesResult, uint64(m.code))
		s.Put(rule.LDAPResponsesMessage, m.text)
	}
	s.Put(rule.LDAPResponsesDN, m.dn)
	t.Data.kept += len(m.dn) + len(m.text) + len(m.value)
	for _, a := range m.list {
		s.Put(rule.LDAPResponsesAttribute, a.name)
		t.Data.kept += len(a.name)
		for _, v := range a.values {
			t.Data.kept += len(v)
		}
	}
	t.Data.responses = append(t.Data.responses, m)
	s.Set(rule.LDAPResponsesCount, binary.BigEndian.AppendUint64(nil, uint64(len(t.Data.responses))), false)
	for i := range s.Values {
		if v := &s.Values[i]; v.Buffer == rule.LDAPResponsesCount {
			v.Fresh = true
			break
		}
	}
}
