package krb5msg

import (
	"encoding/binary"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/ber"
	"otasuke/gateway/internal/app/octets"
	"otasuke/gateway/internal/app/turn"
	"otasuke/rule"
)

// MaxMessage is the largest message over TCP that is collected: tickets of members of
// many groups reach 64 KiB.
const MaxMessage = 100_000

// Messages (RFC 4120 section 7.5.7); their application tags have the same numbers.
const (
	asReq    = 10
	asRep    = 11
	tgsReq   = 12
	tgsRep   = 13
	apReq    = 14
	krbError = 30
)

// message is what a transaction is about.
type message struct {
	kind         int64
	request      int64    // that an error answers
	code         int64    // of an error
	cname, sname [][]byte // nil for none
	realm        []byte
	etype        int64
	ticket       int64
}

// Conn reads one conversation.
type Conn struct {
	turns   turn.List[message]
	half    [2]octets.Buffer
	stopped [2]bool
	stream  bool
	asked   int64 // kind of the request that waits for its answer, 0 for none
}

// New makes a reader that tells sink. stream is for TCP.
func New(sink app.Sink, stream bool) *Conn {
	c := &Conn{stream: stream}
	c.turns.Init(sink, rule.ProtoKRB5, recorder{}, "krb5")
	return c
}

// Push implements [app.Reader].
func (c *Conn) Push(dir int, b []byte) {
	switch {
	case c.stopped[dir]:
	case c.stream:
		c.half[dir].Feed(b, func(b []byte) (int, int) { return c.record(dir, b) })
	default:
		c.read(dir, b)
	}
}

// Gap implements [app.Reader]: messages cannot be told apart behind missing bytes.
func (c *Conn) Gap(dir, _ int) { c.stopped[dir] = c.stream }

// Close implements [app.Reader].
func (c *Conn) Close(int) {}

// record takes a message with its length.
func (c *Conn) record(dir int, b []byte) (took, need int) {
	if len(b) < 4 {
		return 0, 4
	}
	n := binary.BigEndian.Uint32(b)
	switch {
	case n > MaxMessage:
		c.stopped[dir] = true
		return 0, 0
	case len(b) < 4+int(n):
		return 0, 4 + int(n)
	case n > 0 && !c.read(dir, b[4:4+n]):
		c.stopped[dir] = true
		return 0, 0
	}
	return 4 + int(n), 0
}

// read reads a message. False means that it is no message at all, which ends the reading
// of TCP; the event for it belongs to no transaction and is not told, as elsewhere.
func (c *Conn) read(dir int, b []byte) bool {
	tag, _, _, err := ber.Header(b)
	if err != nil {
		return false
	}
	if tag&0xc0 != 0x40 {
		return true
	}
	switch n := int64(tag & 0x1f); n {
	case asReq, tgsReq:
		c.asked = n
		if a, ok := kdcReq(b, n); ok {
			c.tell(dir, &a)
		}
	case apReq:
		c.asked = n
	case asRep, tgsRep:
		c.asked = 0
		if a, ok := kdcRep(b, n); ok {
			c.tell(dir, &a)
		}
	case krbError:
		a, ok := krbErr(b)
		a.request, c.asked = c.asked, 0
		if ok {
			c.tell(dir, &a)
		}
	case apReq + 1:
		c.asked = 0
	}
	return true
}

// tell makes a transaction of a message.
func (c *Conn) tell(dir int, a *message) {
	t := c.turns.Begin()
	side := &t.Tx.Sides[dir]
	side.Number(rule.KRB5MsgType, uint64(a.kind))
	for i, s := range a.cname {
		a.cname[i] = side.Keep(s)
		side.Put(rule.KRB5Cname, a.cname[i])
	}
	for i, s := range a.sname {
		a.sname[i] = side.Keep(s)
		side.Put(rule.KRB5Sname, a.sname[i])
	}
	if a.realm != nil {
		a.realm = side.Keep(a.realm)
	}
	switch a.kind {
	case krbError:
		side.Number(rule.KRB5ErrCode, uint64(a.code))
	case asRep, tgsRep:
		side.Number(rule.KRB5Encryption, uint64(a.ticket))
		if weak(a.etype) {
			side.Event("krb5.weak_encryption")
		}
	}
	t.Data = *a
	c.turns.Message(t, dir)
}
