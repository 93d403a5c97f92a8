package mqttmsg

import (
	"bytes"

	"otasuke/gateway/internal/app/octets"
)

// Packet types (MQTT 5.0 section 2.1.2).
const (
	unassigned = iota
	connect
	connack
	publish
	puback
	pubrec
	pubrel
	pubcomp
	subscribe
	suback
	unsubscribe
	unsuback
	pingreq
	pingresp
	disconnect
	auth
)

var typeNames = [...]string{"", "connect", "connack", "publish", "puback", "pubrec", "pubrel", "pubcomp", "subscribe", "suback", "unsubscribe",
	"unsuback", "pingreq", "pingresp", "disconnect", "auth"}

// Flags of CONNECT (section 3.1.2.3).
const (
	flagClean    = 0x02
	flagWill     = 0x04
	flagRetain   = 0x20
	flagPassword = 0x40
	flagUser     = 0x80
)

// head is what every packet begins with (section 2.1).
type head struct {
	kind        uint8
	dup, retain bool
	qos         uint8
	size        int // of what follows
}

// topic that is subscribed to.
type topic struct {
	name []byte
	qos  uint8
}

// packet is one, read. Its bytes are its own.
type packet struct {
	head
	skipped int  // bytes passed over, header included; 0 for a whole packet
	id      int  // message id, -1 for none
	reason  int  // reason or return code, -1 for none
	present bool // session present

	proto, client, user, password []byte
	version, flags                uint8
	willTopic, willMessage        []byte
	willProps, props              []property

	topic, message []byte
	topics         []topic
	codes          []byte // of SUBACK and UNSUBACK
}

// readHead reads the fixed header; n is its size. need tells how many bytes are missing
// for it, and bad that it has no end.
func readHead(b []byte) (h head, n, need int, bad bool) {
	h = head{kind: b[0] >> 4, dup: b[0]&8 != 0, qos: b[0] >> 1 & 3, retain: b[0]&1 != 0}
	for i := 1; ; i++ {
		switch {
		case i > 4:
			return h, 0, 0, true
		case i >= len(b):
			return h, 0, i + 1, false
		}
		h.size |= int(b[i]&0x7f) << (7 * (i - 1))
		if b[i]&0x80 == 0 {
			return h, i + 1, 0, false
		}
	}
}

// maxTopics of a packet are read.
const maxTopics = 1024

// readPacket reads what follows the header. version is the conversation's.
func readPacket(h head, b []byte, version uint8) (p packet, ok bool) {
	p = packet{head: h, id: -1, reason: -1}
	c := octets.New(bytes.Clone(b))
	v5 := version >= 5
	switch h.kind {
	case connect:
		p.connect(&c)
	case connack:
		p.present, p.reason = c.U8()&1 != 0, int(c.U8())
		p.props = propsIf(v5, &c)
	case publish:
		p.topic = str(&c)
		if h.qos > 0 {
			p.id = int(c.U16())
		}
		p.props = propsIf(v5, &c)
		p.message = c.Rest()
	case puback, pubrec, pubrel, pubcomp:
		p.id = int(c.U16())
		p.reasoned(&c, v5)
	case subscribe, unsubscribe:
		p.id = int(c.U16())
		p.props = propsIf(v5, &c)
		p.readTopics(&c)
	case suback, unsuback:
		p.id = int(c.U16())
		p.props = propsIf(v5, &c)
		if h.kind == suback || v5 {
			p.codes = c.Rest()
		}
	case disconnect:
		// A reason without properties counts as none elsewhere, too.
		if c.Len() == 1 {
			c.Skip(1)
		}
		p.reasoned(&c, v5)
	case auth:
		p.reasoned(&c, v5)
	}
	return p, c.OK()
}

// reasoned reads a reason and properties, which may be left out: then all is well (section
// 3.4.2.1).
func (p *packet) reasoned(c *octets.Cursor, v5 bool) {
	if !v5 {
		return
	}
	if c.Len() == 0 {
		p.reason = 0
		return
	}
	p.reason = int(c.U8())
	if c.Len() > 0 {
		p.props = properties(c)
	}
}

func (p *packet) readTopics(c *octets.Cursor) {
	for c.Len() > 0 && len(p.topics) < maxTopics {
		t := topic{name: str(c)}
		if p.kind == subscribe {
			t.qos = c.U8()
		}
		p.topics = append(p.topics, t)
	}
}

func (p *packet) connect(c *octets.Cursor) {
	p.proto, p.version, p.flags = str(c), c.U8(), c.U8()
	c.Skip(2) // keep alive
	v5 := p.version == 5
	p.props = propsIf(v5, c)
	p.client = str(c)
	if p.flags&flagWill != 0 {
		p.willProps = propsIf(v5, c)
		p.willTopic, p.willMessage = str(c), str(c)
	}
	if p.flags&flagUser != 0 {
		p.user = str(c)
	}
	if p.flags&flagPassword != 0 {
		p.password = str(c)
	}
}

// str takes a string or binary data behind its length (section 1.5.4); not nil.
func str(c *octets.Cursor) []byte {
	if b := c.Take(int(c.U16())); b != nil {
		return b
	}
	return []byte{}
}
