package rdpmsg

import (
	"bytes"
	"encoding/binary"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/octets"
	"otasuke/gateway/internal/app/turn"
	"otasuke/rule"
)

// X.224 TPDUs (section 13.2), and the tags of MCS connect messages (T.125 section 7).
const (
	tpduRequest = 0xe0
	tpduConfirm = 0xd0
	tpduData    = 0xf0
	mcsRequest  = 0x65
	mcsResponse = 0x66
)

// kind of a message.
type kind uint8

const (
	initialRequest kind = iota
	initialResponse
	connectRequest
	connectResponse
	tlsHandshake
)

// message is a transaction.
type message struct {
	kind     kind
	cookie   []byte
	flags    uint8  // of the negotiation
	protocol uint32 // asked for or chosen
	negotiates,
	failed bool
	code     uint32 // why the negotiation failed
	core     *core
	channels []string
	serials  []string
}

// Conn reads one conversation.
type Conn struct {
	turns turn.List[message]
	half  [2]octets.Buffer
	tls   bool
	over  bool    // nothing more is read
	stop  [2]bool // of a direction
	shake []byte  // handshake messages of the server
}

// New makes a reader that tells sink.
func New(sink app.Sink) *Conn {
	c := &Conn{}
	c.turns.Init(sink, rule.ProtoRDP, recorder{}, "rdp")
	return c
}

// Reset begins another conversation that tells sink.
func (c *Conn) Reset(sink app.Sink) {
	c.turns.Reset(sink)
	c.half[0].Reset()
	c.half[1].Reset()
	*c = Conn{turns: c.turns, half: c.half}
}

// Push implements [app.Reader].
func (c *Conn) Push(dir int, b []byte) {
	if !c.over && !c.stop[dir] {
		c.half[dir].Feed(b, func(b []byte) (int, int) { return c.next(dir, b) })
	}
}

// Gap implements [app.Reader]: messages cannot be told apart behind missing bytes.
func (c *Conn) Gap(dir, _ int) { c.stop[dir] = true }

// Close implements [app.Reader].
func (c *Conn) Close(int) {}

// next takes a message.
func (c *Conn) next(dir int, b []byte) (took, need int) {
	if c.over {
		return 0, 0
	}
	if b[0] == 0x16 || c.tls {
		c.tls = true
		return c.record(dir, b)
	}
	if len(b) < 4 {
		return 0, 4
	}
	n := int(binary.BigEndian.Uint16(b[2:]))
	if b[0] != 3 || n < 7 {
		c.stop[dir] = true
		return 0, 0
	}
	if len(b) < n {
		return 0, n
	}
	c.packet(dir, b[4:n])
	return n, 0
}

// packet reads what is in a TPKT (RFC 1006 section 6).
func (c *Conn) packet(dir int, b []byte) {
	cur := octets.New(b)
	size, tpdu := int(cur.U8()), cur.U8()
	head := cur.Sub(size - 1)
	var m message
	switch {
	case !cur.OK():
		return
	case tpdu&0xf0 == tpduRequest && dir == app.ToServer:
		m.kind = initialRequest
		head.Skip(5)
		m.negotiate(head.Rest(), 1)
	case tpdu&0xf0 == tpduConfirm && dir == app.ToClient:
		m.kind = initialResponse
		head.Skip(5)
		m.negotiate(head.Rest(), 2)
	case tpdu == tpduData:
		rest := cur.Rest()
		switch {
		case len(rest) < 2 || rest[0] != 0x7f:
			return
		case rest[1] == mcsRequest && dir == app.ToServer:
			m.kind = connectRequest
			m.client(rest)
		case rest[1] == mcsResponse && dir == app.ToClient:
			m.kind = connectResponse
		default:
			return
		}
	default:
		return
	}
	c.tell(dir, m)
}

func (c *Conn) tell(dir int, m message) {
	t := c.turns.Begin()
	t.Data = m
	c.turns.Message(t, dir)
}

// negotiate reads the cookie and the negotiation (MS-RDPBCGR sections 2.2.1.1.1 and
// 2.2.1.2.1).
func (m *message) negotiate(b []byte, kind uint8) {
	if rest, ok := bytes.CutPrefix(b, []byte("Cookie: ")); ok {
		line, after, found := bytes.Cut(rest, []byte("\r\n"))
		if found {
			_, value, _ := bytes.Cut(line, []byte("="))
			m.cookie, b = bytes.Clone(value), after
		}
	}
	c := octets.New(b)
	got, flags, size, value := c.U8(), c.U8(), c.U16LE(), c.U32LE()
	switch {
	case !c.OK() || size != 8:
	case got == kind:
		m.negotiates, m.flags, m.protocol = true, flags, value
	case got == 3 && kind == 2:
		m.failed, m.code = true, value
	}
}

// record passes over a TLS record and reads the server's certificates.
func (c *Conn) record(dir int, b []byte) (took, need int) {
	if len(b) < 5 {
		return 0, 5
	}
	n := 5 + int(binary.BigEndian.Uint16(b[3:]))
	switch {
	case b[0] < 0x14 || b[0] > 0x17 || b[1] != 3:
		c.stop[dir] = true
		return 0, 0
	case len(b) < n:
		return 0, n
	case dir == app.ToClient && b[0] == 0x16:
		c.handshake(b[5:n])
	case b[0] != 0x16:
		c.over = dir == app.ToClient // encrypted from here
	}
	return n, 0
}

// maxShake bytes of handshake messages are collected: certificate chains are far below.
const maxShake = 64 << 10

// handshake reads the certificates (RFC 5246 section 7.4.2).
func (c *Conn) handshake(b []byte) {
	const certificate = 11
	c.shake = append(c.shake, b...)
	for len(c.shake) >= 4 {
		n := 4 + (int(c.shake[1])<<16 | int(c.shake[2])<<8 | int(c.shake[3]))
		if n > maxShake {
			c.over, c.shake = true, nil
			return
		}
		if len(c.shake) < n {
			return
		}
		if c.shake[0] == certificate {
			c.tell(app.ToClient, message{kind: tlsHandshake, serials: serials(c.shake[4:n])})
			c.over, c.shake = true, nil
			return
		}
		c.shake = c.shake[n:]
	}
}
