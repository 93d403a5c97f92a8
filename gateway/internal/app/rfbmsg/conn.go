package rfbmsg

import (
	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/octets"
	"otasuke/gateway/internal/app/turn"
	"otasuke/rule"
)

// MaxMessage is the longest name or reason that is collected: names are titles of desktops.
const MaxMessage = 16 << 10

// Security types (RFC 6143 section 7.1.2).
const (
	secNone = 1
	secVNC  = 2
)

// phase is what comes next, and from which side.
type phase uint8

const (
	serverVersion phase = iota
	clientVersion
	oneType  // 3.3: the server decides
	types    // the server offers
	choice   // the client chooses
	question // VNC challenge
	response
	result
	reason // why it failed
	clientInit
	serverInit
	over
)

// sender of each phase.
func (p phase) sender() int {
	switch p {
	case clientVersion, choice, response, clientInit:
		return app.ToServer
	}
	return app.ToClient
}

// session is the transaction.
type session struct {
	server, client [2][]byte // versions: major, minor
	secType        int64     // -1 while unknown
	question       []byte
	response       []byte
	result         int64 // -1 while unknown
	reason         []byte
	shared         *bool
	screen         *screen
}

// screen is what the server describes (section 7.3.2).
type screen struct {
	width, height uint16
	format        format
	name          []byte
}

// Conn reads one conversation.
type Conn struct {
	turns  turn.List[session]
	t      *turn.Turn[session]
	half   [2]octets.Buffer
	phase  phase
	closed [2]bool
}

// New makes a reader that tells sink.
func New(sink app.Sink) *Conn {
	c := &Conn{}
	c.turns.Init(sink, rule.ProtoRFB, recorder{}, "rfb")
	return c
}

// Reset begins another conversation that tells sink.
func (c *Conn) Reset(sink app.Sink) {
	c.turns.Reset(sink)
	c.half[0].Reset()
	c.half[1].Reset()
	*c = Conn{turns: c.turns, half: c.half}
}

// maxWaiting bytes of a side that is not to speak yet are kept.
const maxWaiting = 4 << 10

// Push implements [app.Reader].
func (c *Conn) Push(dir int, b []byte) {
	if c.phase == over {
		return
	}
	if c.t == nil {
		c.t = c.turns.Begin()
		c.t.Data.secType, c.t.Data.result = -1, -1
	}
	c.half[dir].Feed(b, func(b []byte) (int, int) { return c.next(dir, b) })
	// What the other side said ahead may have its turn now.
	for d := 1 - dir; c.phase != over && c.phase.sender() == d && c.half[d].Len() > 0; d = 1 - d {
		before := c.phase
		c.half[d].Again(func(b []byte) (int, int) { return c.next(d, b) })
		if c.phase == before {
			return
		}
	}
}

// Gap implements [app.Reader]: messages cannot be told apart behind missing bytes.
func (c *Conn) Gap(int, int) { c.end() }

// Close implements [app.Reader].
func (c *Conn) Close(dir int) {
	c.closed[dir] = true
	if c.closed[0] && c.closed[1] {
		c.end()
	}
}

// end ends the transaction.
func (c *Conn) end() {
	c.phase = over
	if c.t != nil {
		c.turns.Close(c.t)
		c.t = nil
	}
}

func (c *Conn) event(name string) { c.turns.Both(c.t, "rfb."+name) }

// next reads what comes next from dir.
func (c *Conn) next(dir int, b []byte) (took, need int) {
	if c.phase == over {
		return len(b), 0
	}
	if c.phase.sender() != dir {
		if len(b) > maxWaiting {
			c.event("confused_state")
			c.end()
			return len(b), 0
		}
		return 0, 1 // kept until its turn
	}
	need = c.size(b)
	if need > len(b) {
		return 0, need
	}
	if need > MaxMessage {
		c.end()
		return len(b), 0
	}
	c.read(b[:need])
	return need, 0
}

// size is how long the next message is, as far as b tells.
func (c *Conn) size(b []byte) int {
	u32 := func(at int) int {
		if len(b) < at+4 {
			return at + 4
		}
		cur := octets.New(b[at:])
		return at + 4 + int(min(cur.U32(), MaxMessage+1))
	}
	switch c.phase {
	case serverVersion, clientVersion:
		return 12
	case types:
		return 1 + int(b[0])
	case oneType, result:
		return 4
	case question, response:
		return 16
	case reason:
		return u32(0)
	case serverInit:
		return u32(20)
	}
	return 1
}

// read reads a whole message.
func (c *Conn) read(b []byte) {
	s, x := &c.t.Tx.Sides[c.phase.sender()], &c.t.Data
	keep := func(b []byte) []byte { return append([]byte{}, b...) }
	switch c.phase {
	case serverVersion, clientVersion:
		c.version(b)
	case oneType:
		cur := octets.New(b)
		c.chosen(cur.U32())
	case types:
		c.phase = choice
		if b[0] == 0 {
			c.phase = reason
		}
	case choice:
		c.chosen(uint32(b[0]))
	case question:
		x.question, c.phase = keep(b), response
	case response:
		x.response, c.phase = keep(b), result
	case result:
		cur := octets.New(b)
		x.result = int64(cur.U32())
		s.Number(rule.RFBSecResult, uint64(x.result))
		c.judged()
	case reason:
		x.reason = keep(b[4:])
		c.end()
		return
	case clientInit:
		shared := b[0] != 0
		x.shared, c.phase = &shared, serverInit
	case serverInit:
		x.screen = readScreen(keep(b))
		s.Put(rule.RFBName, x.screen.name)
		c.end()
		return
	}
	if c.phase != over {
		c.turns.Step(c.t, app.ToServer)
		c.turns.Step(c.t, app.ToClient)
	}
}

// version reads "RFB 003.008\n" (section 7.1.1).
func (c *Conn) version(b []byte) {
	if string(b[:4]) != "RFB " || b[7] != '.' || b[11] != '\n' {
		c.event("malformed_message")
		c.end()
		return
	}
	b = append([]byte{}, b...)
	v := [2][]byte{b[4:7], b[8:11]}
	if c.phase == serverVersion {
		c.t.Data.server, c.phase = v, clientVersion
		return
	}
	c.t.Data.client, c.phase = v, types
	if string(v[1]) == "003" {
		c.phase = oneType
	}
}

// chosen goes on as the security type has it.
func (c *Conn) chosen(n uint32) {
	x := &c.t.Data
	x.secType = int64(n)
	c.t.Tx.Sides[app.ToServer].Number(rule.RFBSecType, uint64(n))
	switch {
	case n == 0:
		c.phase = reason
	case n == secNone && string(x.client[1]) == "008":
		c.phase = result
	case n == secNone:
		c.phase = clientInit
	case n == secVNC:
		c.phase = question
	default:
		c.event("unimplemented_security_type")
		c.end()
	}
}

// judged goes on as the security result has it (section 7.1.3).
func (c *Conn) judged() {
	switch c.t.Data.result {
	case 0:
		c.phase = clientInit
	case 1, 2:
		c.phase = reason
		if string(c.t.Data.client[1]) != "008" {
			c.end()
		}
	default:
		c.event("unknown_security_result")
		c.end()
	}
}
