package mqttmsg

import (
	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/octets"
	"otasuke/gateway/internal/app/turn"
	"otasuke/rule"
)

// Limits.
const (
	// MaxTx transactions wait for their answer; older ones are ended.
	MaxTx = 1024
	// MaxPackets are kept of a transaction: the longest regular one has four.
	MaxPackets = 32
)

// Config of a reader. Its zero value is the default.
type Config struct {
	// MaxMessage is the longest packet that is read, 1 MiB when 0.
	MaxMessage int
	// MaxLog is the longest topic or message in records, in bytes, 1 KiB when 0.
	MaxLog int
	// HidePasswords leaves passwords out of records.
	HidePasswords bool
}

// Kinds of what waits for an answer, beside packet ids.
const (
	waitsNot = -1
	waitsAck = -2 // CONNECT
)

// exchange is a transaction.
type exchange struct {
	packets []packet
	waits   int // packet id that its answers have, or one of the kinds
	dir     int // that began it
	cfg     *Config
}

// Conn reads one conversation.
type Conn struct {
	cfg       Config
	turns     turn.List[exchange]
	half      [2]octets.Buffer
	skip      [2]int
	stopped   [2]bool
	closed    [2]bool
	version   uint8
	connected bool
}

// New makes a reader that tells sink.
func New(sink app.Sink, cfg Config) *Conn {
	if cfg.MaxMessage == 0 {
		cfg.MaxMessage = 1 << 20
	}
	if cfg.MaxLog == 0 {
		cfg.MaxLog = 1 << 10
	}
	c := &Conn{cfg: cfg}
	c.turns.Init(sink, rule.ProtoMQTT, recorder{}, "mqtt")
	return c
}

// Reset begins another conversation that tells sink.
func (c *Conn) Reset(sink app.Sink) {
	c.turns.Reset(sink)
	c.half[0].Reset()
	c.half[1].Reset()
	*c = Conn{cfg: c.cfg, turns: c.turns, half: c.half}
}

// Push implements [app.Reader].
func (c *Conn) Push(dir int, b []byte) {
	if n := min(c.skip[dir], len(b)); n > 0 {
		c.skip[dir] -= n
		b = b[n:]
	}
	if len(b) > 0 && !c.stopped[dir] {
		c.half[dir].Feed(b, func(b []byte) (int, int) { return c.packet(dir, b) })
	}
}

// Gap implements [app.Reader]: packets cannot be told apart behind missing bytes.
func (c *Conn) Gap(dir, n int) {
	if c.skip[dir] >= n {
		c.skip[dir] -= n
		return
	}
	c.stopped[dir] = true
}

// Close implements [app.Reader].
func (c *Conn) Close(dir int) {
	c.closed[dir] = true
	if c.closed[0] && c.closed[1] {
		for len(c.turns.Open()) > 0 {
			c.complete(c.turns.Open()[0])
		}
	}
}

// packet takes the next one.
func (c *Conn) packet(dir int, b []byte) (took, need int) {
	h, n, need, bad := readHead(b)
	switch {
	case bad:
		return c.malformed(dir), 0
	case need > 0:
		return 0, need
	case h.size > c.cfg.MaxMessage:
		c.handle(dir, packet{head: h, skipped: n + h.size, id: -1, reason: -1})
		c.skip[dir] = n + h.size - min(len(b), n+h.size)
		return min(len(b), n+h.size), 0
	case len(b) < n+h.size:
		return 0, n + h.size
	}
	p, ok := readPacket(h, b[n:n+h.size], c.version)
	if !ok {
		return c.malformed(dir), 0
	}
	c.turns.Frame(nil, dir, rule.FrameMQTTPDU, b[:n+h.size])
	c.turns.Frame(nil, dir, rule.FrameMQTTHeader, b[:n])
	c.turns.Frame(nil, dir, rule.FrameMQTTData, b[n:n+h.size])
	c.handle(dir, p)
	return n + h.size, 0
}

// malformed ends the reading of a direction.
func (c *Conn) malformed(dir int) int {
	t := c.begin(dir)
	t.Tx.Sides[dir].Event("mqtt.malformed_traffic")
	c.turns.Step(t, dir)
	c.turns.Drop(t)
	c.stopped[dir] = true
	return 0
}

func (c *Conn) begin(dir int) *turn.Turn[exchange] {
	if open := c.turns.Open(); len(open) >= MaxTx {
		old := open[0]
		old.Tx.Sides[old.Data.dir].Event("mqtt.too_many_transactions")
		c.complete(old)
	}
	t := c.turns.Begin()
	t.Data = exchange{waits: waitsNot, dir: dir, cfg: &c.cfg}
	return t
}

// event raises one on the side that began the transaction.
func event(t *turn.Turn[exchange], name string) { t.Tx.Sides[t.Data.dir].Event("mqtt." + name) }

// handle gives a packet to its transaction.
func (c *Conn) handle(dir int, p packet) {
	switch {
	case p.skipped > 0:
		c.single(dir, p, "")
	case p.kind == unassigned:
		t := c.begin(dir)
		event(t, "unassigned_msg_type")
		c.complete(t)
	case p.kind == connect:
		c.version = p.version
		t := c.begin(dir)
		t.Data.waits = waitsAck
		if c.connected {
			event(t, "double_connect")
		}
		c.add(t, p)
		c.turns.Step(t, dir)
	case p.kind == connack:
		if t := c.find(waitsAck); t != nil {
			c.connected = true
			c.add(t, p)
			c.complete(t)
			return
		}
		t := c.begin(dir)
		event(t, "missing_connect")
		c.add(t, p)
		c.complete(t)
	case p.kind == publish, p.kind == subscribe, p.kind == unsubscribe:
		c.ask(dir, p)
	case p.kind <= unsuback:
		c.answer(dir, p)
	default:
		c.single(dir, p, "")
	}
}

// ask begins a transaction that has an answer, unless the quality of service is 0.
func (c *Conn) ask(dir int, p packet) {
	t := c.begin(dir)
	switch {
	case p.qos == 0:
	case p.qos == 3:
		event(t, "invalid_qos_level")
	case p.id < 0:
		event(t, "missing_msg_id")
	default:
		t.Data.waits = p.id
	}
	if !c.connected {
		event(t, "unintroduced_message")
	}
	c.add(t, p)
	if p.qos == 0 {
		c.complete(t)
		return
	}
	c.turns.Step(t, dir)
}

// answer adds a packet to what it answers.
func (c *Conn) answer(dir int, p packet) {
	t := c.find(p.id)
	if t == nil {
		c.single(dir, p, map[uint8]string{suback: "missing_subscribe", unsuback: "missing_unsubscribe"}[p.kind])
		return
	}
	if len(t.Data.packets) >= MaxPackets {
		event(t, "too_many_messages")
		c.complete(t)
		return
	}
	c.add(t, p)
	if p.kind != pubrec && p.kind != pubrel {
		c.complete(t)
	}
}

// single makes a transaction of a packet that has no other.
func (c *Conn) single(dir int, p packet, missing string) {
	t := c.begin(dir)
	switch {
	case p.skipped > 0 || p.kind > unsuback:
	case missing == "":
		event(t, "missing_publish")
	default:
		event(t, missing)
	}
	if !c.connected {
		event(t, "unintroduced_message")
	}
	c.add(t, p)
	c.complete(t)
}

func (c *Conn) find(waits int) *turn.Turn[exchange] {
	return c.turns.Find(func(x *exchange) bool { return x.waits == waits })
}

// complete ends a transaction: only now all of it is judged.
func (c *Conn) complete(t *turn.Turn[exchange]) { c.turns.Close(t) }

// add puts a packet's values. They share the packet's own memory.
func (c *Conn) add(t *turn.Turn[exchange], p packet) {
	t.Data.packets = append(t.Data.packets, p)
	s := &t.Tx.Sides[t.Data.dir]
	s.Number(rule.MQTTType, uint64(p.kind))
	s.Number(rule.MQTTFlags, flagsOf(&p))
	s.Number(rule.MQTTQoS, uint64(p.qos))
	if c.version > 0 && s.Get(rule.MQTTProtocolVersion) == nil {
		s.Number(rule.MQTTProtocolVersion, uint64(c.version))
	}
	if p.reason >= 0 {
		s.Number(rule.MQTTReasonCode, uint64(p.reason))
	}
	if p.skipped > 0 {
		return
	}
	switch p.kind {
	case connect:
		s.Number(rule.MQTTConnectFlags, uint64(p.flags))
		s.Put(rule.MQTTProtocolString, p.proto)
		s.Put(rule.MQTTClientID, p.client)
		s.Put(rule.MQTTWillTopic, p.willTopic)
		s.Put(rule.MQTTWillMessage, p.willMessage)
		s.Put(rule.MQTTUsername, p.user)
		s.Put(rule.MQTTPassword, p.password)
	case connack:
		s.Number(rule.MQTTSessionPresent, bit(p.present))
	case publish:
		s.Put(rule.MQTTPublishTopic, p.topic)
		s.Put(rule.MQTTPublishMessage, p.message)
	case subscribe:
		for _, t := range p.topics {
			s.Put(rule.MQTTSubscribeTopic, t.name)
		}
	case unsubscribe:
		for _, t := range p.topics {
			s.Put(rule.MQTTUnsubscribeTopic, t.name)
		}
	case suback, unsuback:
		for _, n := range p.codes[:min(len(p.codes), maxTopics)] {
			s.Number(rule.MQTTReasonCode, uint64(n))
		}
	}
}

// flagsOf are the first byte's flags, as rules ask for them.
func flagsOf(p *packet) uint64 { return bit(p.dup)<<3 | bit(p.retain) }

func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}
