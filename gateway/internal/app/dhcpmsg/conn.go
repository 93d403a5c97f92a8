package dhcpmsg

import (
	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/octets"
	"otasuke/gateway/internal/app/turn"
	"otasuke/rule"
)

// maxOptions of a message are read.
const maxOptions = 512

// Options that are read (RFC 2132).
const (
	optSubnetMask  = 1
	optRouters     = 3
	optDNS         = 6
	optHostname    = 12
	optRequestedIP = 50
	optLease       = 51
	optType        = 53
	optParams      = 55
	optRenewal     = 58
	optRebinding   = 59
	optVendorClass = 60
	optClientID    = 61
	optEnd         = 255
)

const typeACK = 5

// option is one; data are bytes of the transaction.
type option struct {
	code uint8
	data []byte
}

// message is one.
type message struct {
	op, hwLen                  uint8
	id                         uint32
	client, your, next, relay  [4]byte
	hw                         [16]byte
	options                    []option
	extended, malformed, short bool
}

// Config of a reader. Its zero value is the default.
type Config struct {
	// Extended writes records of all messages, with all that is known.
	Extended bool
}

// Conn reads one conversation.
type Conn struct {
	cfg   Config
	turns turn.List[message]
}

// New makes a reader that tells sink.
func New(sink app.Sink, cfg Config) *Conn {
	c := &Conn{cfg: cfg}
	c.turns.Init(sink, rule.ProtoDHCP, recorder{}, "dhcp")
	return c
}

// Reset begins another conversation that tells sink.
func (c *Conn) Reset(sink app.Sink) { c.turns.Reset(sink) }

// Push implements [app.Reader].
func (c *Conn) Push(dir int, b []byte) {
	t := c.turns.Begin()
	s, m := &t.Tx.Sides[dir], &t.Data
	m.extended = c.cfg.Extended
	if !m.read(s.Keep(b)) {
		c.turns.Drop(t)
		return
	}
	for _, o := range m.options {
		buf, ok := map[uint8]rule.Buffer{optLease: rule.DHCPLeaseTime, optRenewal: rule.DHCPRenewalTime, optRebinding: rule.DHCPRebindingTime}[o.code]
		if ok {
			s.Number(buf, uint64(o.seconds()))
		}
	}
	if m.malformed {
		s.Event("dhcp.malformed_options")
	}
	if m.short {
		s.Event("dhcp.truncated_options")
	}
	if !m.extended && m.kind() != typeACK {
		s.Done = true
		c.turns.Step(t, dir)
		c.turns.Drop(t)
		return
	}
	c.turns.Message(t, dir)
}

// Gap implements [app.Reader].
func (c *Conn) Gap(int, int) {}

// Close implements [app.Reader].
func (c *Conn) Close(int) {}

// kind is the message type, 0 for none.
func (m *message) kind() uint8 {
	for _, o := range m.options {
		if o.code == optType && len(o.data) == 1 {
			return o.data[0]
		}
	}
	return 0
}

func (o *option) seconds() uint32 {
	c := octets.New(o.data)
	return c.U32()
}

// read reads a datagram.
func (m *message) read(b []byte) bool {
	c := octets.New(b)
	m.op = c.U8()
	c.Skip(1)
	m.hwLen = c.U8()
	c.Skip(1)
	m.id = c.U32()
	c.Skip(4) // seconds, flags
	for _, a := range []*[4]byte{&m.client, &m.your, &m.next, &m.relay} {
		copy(a[:], c.Take(4))
	}
	copy(m.hw[:], c.Take(16))
	c.Skip(64 + 128) // server name, boot file
	c.Skip(4)        // cookie; recognition has seen the first
	if !c.OK() {
		return false
	}
	m.readOptions(&c)
	return true
}

// readOptions is RFC 2132 section 2: up to the end option. A pad is read with a length
// like the others, because that decides elsewhere which options are truncated.
func (m *message) readOptions(c *octets.Cursor) {
	for len(m.options) < maxOptions {
		if c.Len() == 0 {
			m.short = true
			return
		}
		code := c.U8()
		if code == optEnd {
			return
		}
		o := option{code: code, data: c.Take(int(c.U8()))}
		if !c.OK() {
			m.short = true
			return
		}
		switch code {
		case optLease, optRenewal, optRebinding:
			m.malformed = len(o.data) != 4
		case optClientID:
			m.malformed = len(o.data) < 2
		}
		if m.malformed {
			return
		}
		m.options = append(m.options, o)
	}
}
