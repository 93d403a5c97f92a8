package pgsqlmsg

import (
	"bytes"
	"encoding/binary"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/octets"
	"otasuke/gateway/internal/app/turn"
	"otasuke/rule"
)

// Limits.
const (
	// MaxMessage is the longest message that is read; longer ones are passed over.
	MaxMessage = 1 << 20
	// MaxTx questions wait for their answer; older ones are ended.
	MaxTx = 1024
	// maxStartup is what other software takes for a beginning at most.
	maxStartup = 10_000
	// maxLists parameters and notices are kept of a transaction.
	maxLists = 64
)

// Codes of messages without a kind ("Message Formats": StartupMessage and following).
const (
	codeCancel  = 80877102
	codeSSL     = 80877103
	codeGSS     = 80877104
	codeStartup = 3 << 16
)

// Conn reads one conversation.
type Conn struct {
	sink    app.Sink
	turns   turn.List[exchange]
	half    [2]octets.Buffer
	skip    [2]int
	stopped [2]bool
	closed  [2]bool
	started bool // messages of the client have kinds
	sasl    bool // the next password is of SASL
	begun   bool // the mechanism of SASL was chosen
	wants   bool // the server answers with one letter
	become  bool
}

// New makes a reader that tells sink.
func New(sink app.Sink) *Conn {
	c := &Conn{sink: sink}
	c.turns.Init(sink, rule.ProtoPGSQL, recorder{}, "pgsql")
	return c
}

// Reset begins another conversation that tells sink.
func (c *Conn) Reset(sink app.Sink) {
	c.turns.Reset(sink)
	c.half[0].Reset()
	c.half[1].Reset()
	*c = Conn{sink: sink, turns: c.turns, half: c.half}
}

// Push implements [app.Reader].
func (c *Conn) Push(dir int, b []byte) {
	if n := min(c.skip[dir], len(b)); n > 0 {
		c.skip[dir] -= n
		b = b[n:]
	}
	if len(b) == 0 || c.stopped[dir] || c.become {
		return
	}
	if dir == app.ToServer {
		c.half[dir].Feed(b, c.client)
	} else {
		c.half[dir].Feed(b, c.server)
	}
}

// Gap implements [app.Reader]: messages cannot be told apart behind missing bytes.
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
		c.turns.CloseAll()
	}
}

// begin opens the transaction of a question.
func (c *Conn) begin() *turn.Turn[exchange] {
	if open := c.turns.Open(); len(open) >= MaxTx {
		c.turns.Both(open[0], "pgsql.too_many_transactions")
		c.turns.Close(open[0])
	}
	return c.turns.Begin()
}

// bad ends the reading of a direction with an event.
func (c *Conn) bad(dir int, name string) (took, need int) {
	c.stopped[dir] = true
	t := c.turns.Last()
	if t == nil {
		t = c.begin()
	}
	t.Tx.Sides[dir].Event("pgsql." + name)
	c.turns.Step(t, dir)
	return 0, 0
}

// client takes a message of the client.
func (c *Conn) client(b []byte) (took, need int) {
	if !c.started {
		return c.startup(b)
	}
	if len(b) < 5 {
		return 0, 5
	}
	n := 1 + int(binary.BigEndian.Uint32(b[1:]))
	switch {
	case n < 5:
		return c.bad(app.ToServer, "invalid_length")
	case n > MaxMessage:
		return c.pass(app.ToServer, b, n)
	case len(b) < n:
		return 0, n
	}
	c.question(b[0], b[5:n])
	return n, 0
}

// pass passes over a message that is too long.
func (c *Conn) pass(dir int, b []byte, n int) (took, need int) {
	got := min(len(b), n)
	c.skip[dir] = n - got
	return got, 0
}

// startup takes a message without a kind.
func (c *Conn) startup(b []byte) (took, need int) {
	if len(b) < 8 {
		return 0, 8
	}
	n, code := int(binary.BigEndian.Uint32(b)), binary.BigEndian.Uint32(b[4:])
	switch {
	case n < 8 || n > maxStartup:
		return c.bad(app.ToServer, "invalid_length")
	case len(b) < n:
		return 0, n
	}
	body := bytes.Clone(b[8:n])
	t := c.begin()
	q := &t.Data.request
	switch code {
	case codeSSL, codeGSS:
		q.kind, c.wants = reqSSL, true
	case codeCancel:
		cur := octets.New(body)
		q.kind, q.pid, q.key = reqCancel, cur.U32(), cur.U32()
	default:
		if code>>16 != 3 {
			return c.bad(app.ToServer, "malformed_request")
		}
		c.started = true
		q.kind, q.version = reqStartup, code
		q.params = pairs(body)
	}
	c.turns.Step(t, app.ToServer)
	if q.kind == reqCancel {
		c.turns.Close(t)
	}
	return n, 0
}

// pairs reads names and values, each with a zero at its end.
func pairs(b []byte) (list [][2][]byte) {
	for len(b) > 0 && b[0] != 0 && len(list) < maxLists {
		name, rest, ok := bytes.Cut(b, []byte{0})
		value, after, ok2 := bytes.Cut(rest, []byte{0})
		if !ok || !ok2 {
			break
		}
		list = append(list, [2][]byte{name, value})
		b = after
	}
	return list
}

// question reads a message with a kind.
func (c *Conn) question(kind byte, b []byte) {
	switch kind {
	case 'd', 'c', 'f': // data of a copy
		t := c.turns.Last()
		if t == nil {
			t = c.begin()
		}
		if kind == 'd' {
			t.Data.request.copies++
			t.Data.request.copied += uint64(len(b))
		}
		return
	case 'P', 'B', 'E', 'D', 'S', 'C', 'H', 'F': // prepared statements are not shown
		return
	}
	t := c.begin()
	q, s := &t.Data.request, &t.Tx.Sides[app.ToServer]
	switch kind {
	case 'Q':
		text, _, _ := bytes.Cut(b, []byte{0})
		q.kind, q.text = reqQuery, s.Keep(text)
		s.Put(rule.PGSQLQuery, q.text)
	case 'p':
		c.password(q, bytes.Clone(b))
	case 'X':
		q.kind = reqTerminate
		c.turns.Close(t)
		return
	default:
		s.Event("pgsql.malformed_request")
	}
	c.turns.Step(t, app.ToServer)
}

// password reads what proves who the client is.
func (c *Conn) password(q *request, b []byte) {
	switch {
	case !c.sasl:
		q.kind = reqPassword
	case !c.begun:
		c.begun = true
		name, rest, _ := bytes.Cut(b, []byte{0})
		q.kind, q.mechanism, q.text = reqSASLFirst, name, rest[min(4, len(rest)):]
	default:
		q.kind, q.text = reqSASL, b
	}
}

// server takes a message of the server.
func (c *Conn) server(b []byte) (took, need int) {
	switch {
	case c.become:
		return 0, 0
	case c.wants:
		c.wants = false
		return c.encryption(b)
	case len(b) < 5:
		return 0, 5
	}
	n := 1 + int(binary.BigEndian.Uint32(b[1:]))
	switch {
	case n < 5:
		return c.bad(app.ToClient, "invalid_length")
	case n > MaxMessage:
		return c.pass(app.ToClient, b, n)
	case len(b) < n:
		return 0, n
	}
	t := c.oldest()
	if !c.answer(t, b[0], b[5:n]) {
		t.Tx.Sides[app.ToClient].Event("pgsql.malformed_response")
		c.turns.Step(t, app.ToClient)
	}
	if b[0] == 'Z' || b[0] == 'R' && t.Data.response.auth != authOK {
		c.turns.Close(t)
	}
	return n, 0
}

// oldest is the question that the server answers.
func (c *Conn) oldest() *turn.Turn[exchange] {
	if open := c.turns.Open(); len(open) > 0 {
		return open[0]
	}
	return c.begin()
}

// encryption reads the one letter that answers a wish for encryption.
func (c *Conn) encryption(b []byte) (took, need int) {
	t := c.oldest()
	yes := b[0] == 'S' || b[0] == 'G'
	t.Data.response.ssl = &yes
	c.turns.Close(t)
	if yes {
		c.become = true
		c.sink.Become(rule.ProtoUnknown, app.ToClient, b[1:])
		return 0, 0
	}
	return 1, 0
}
