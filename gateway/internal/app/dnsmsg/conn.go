package dnsmsg

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"slices"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/eve/object"
	"otasuke/rule"
)

// Config says how conversations are read.
type Config struct {
	// Stream tells that messages come over TCP, behind length fields (RFC 7766 section 8).
	Stream bool
	// MDNS tells that it is multicast DNS.
	MDNS bool
	// Log says what is written into records.
	Log Log
	// Scratch is memory that the conversations of one worker share: nothing of a message
	// outlasts the call of Push that brought it. Nil gives each conversation its own.
	Scratch *Scratch
}

// Scratch holds the message that is being read.
type Scratch struct {
	msg Message
	tx  app.Tx
}

// Log says which messages are written into records "dns", and how. The zero value writes
// all in full.
type Log struct {
	// Version of the records: 3, or 2 as older sensors wrote them; 0 is 3.
	Version int
	// NoRequests and NoResponses leave those messages out.
	NoRequests, NoResponses bool
	// NoDetailed leaves out the list of answers, NoGrouped what they say by type.
	NoDetailed, NoGrouped bool
	// Types are the types of records asked for that are written; nil for all.
	Types []uint16
}

// wants tells whether m is written: not without a question.
func (l *Log) wants(m *Message, response bool) bool {
	if response && l.NoResponses || !response && l.NoRequests {
		return false
	}
	return slices.ContainsFunc(m.Questions, func(q Question) bool { return l.Types == nil || slices.Contains(l.Types, q.Type) })
}

// Conn reads a conversation. Each message is a transaction of its own.
type Conn struct {
	sink app.Sink
	cfg  Config
	half [2]half
	*Scratch
	next uint64
	// open tells that tx was shown within the call of Push: an error of a message behind
	// it is told as its event.
	open bool
	// dead tells that a stream turned out not to be DNS.
	dead bool
}

// half is one direction of a stream.
type half struct {
	buf []byte
	gap bool // bytes are missing: where the next message begins is not known
}

// New makes a reader.
func New(sink app.Sink, cfg Config) *Conn {
	if cfg.Scratch == nil {
		cfg.Scratch = new(Scratch)
	}
	return &Conn{sink: sink, cfg: cfg, Scratch: cfg.Scratch}
}

// Reset makes c ready for another conversation.
func (c *Conn) Reset(sink app.Sink) { c.Resume(sink, 0) }

// Rest tells that c is between messages, so that another Conn can go on in its place, and
// the number of the next transaction.
func (c *Conn) Rest() (next uint64, ok bool) {
	ok = !c.dead
	for i := range c.half {
		ok = ok && len(c.half[i].buf) == 0 && !c.half[i].gap
	}
	return c.next, ok
}

// Resume is Reset for a conversation that has had next transactions.
func (c *Conn) Resume(sink app.Sink, next uint64) {
	c.sink, c.next, c.open, c.dead = sink, next, false, false
	for i := range c.half {
		h := &c.half[i]
		if h.buf, h.gap = h.buf[:0], false; cap(h.buf) > keepMemory {
			h.buf = nil
		}
	}
}

// Push reads the next bytes.
func (c *Conn) Push(dir int, b []byte) {
	c.open = false
	if !c.cfg.Stream {
		c.message(dir, b)
		return
	}
	if c.dead {
		return
	}
	h := &c.half[dir]
	if h.gap {
		if !begins(b) {
			return
		}
		h.gap = false
	}
	if len(h.buf) > 0 {
		h.buf = append(h.buf, b...)
		b = h.buf
	}
	rest := c.messages(dir, b)
	if c.dead {
		c.half[0].buf, c.half[1].buf = nil, nil
		return
	}
	// What is left moves when something was read only: small pieces of a large message must
	// not cost more than it.
	if len(rest) < len(b) || len(h.buf) == 0 {
		h.buf = append(h.buf[:0], rest...)
	}
}

// messages reads the messages that are whole and returns what is left.
func (c *Conn) messages(dir int, b []byte) []byte {
	for len(b) >= 2 && !c.dead {
		n := int(binary.BigEndian.Uint16(b))
		if len(b) < 2+n {
			break
		}
		if n > 0 && !c.message(dir, b[2:2+n]) {
			c.dead = true
		}
		b = b[2+n:]
	}
	return b
}

// begins tells whether a message may begin behind a gap.
func begins(b []byte) bool {
	if len(b) < 2+headerLen {
		return false
	}
	n := int(binary.BigEndian.Uint16(b))
	return n >= headerLen && plausible(b[2:], n)
}

// Gap drops the message in hand.
func (c *Conn) Gap(dir int, _ int) {
	h := &c.half[dir]
	h.buf, h.gap = h.buf[:0], true
}

// Close does nothing: a message is whole or not there.
func (c *Conn) Close(int) {}

// message reads one message. False means that the conversation is none of DNS.
func (c *Conn) message(dir int, b []byte) bool {
	err := c.msg.Parse(b)
	m := &c.msg
	switch {
	case errors.Is(err, ErrHeader):
		return !c.cfg.Stream
	case err != nil:
		c.late(dir, "malformed_data")
		return false
	case dir == app.ToServer && m.Response() && !c.cfg.MDNS:
		c.late(dir, "not_request")
		return false
	}
	c.tx.Reset(c.next)
	c.next++
	c.tx.Proto, c.tx.Recorder = rule.ProtoDNS, c
	kind := "dns"
	if c.cfg.MDNS {
		c.tx.Proto, kind = rule.ProtoMDNS, "mdns"
	}
	s := &c.tx.Sides[dir]
	m.Show(s, dir, c.cfg.MDNS)
	if dir == app.ToClient && !m.Response() && !c.cfg.MDNS {
		s.Event("dns.not_response")
	}
	s.Done, c.tx.Sides[1-dir].Done = true, true
	c.open = true
	app.ShowFrame(c.sink, &c.tx, dir, rule.FrameDNSPDU, b)
	c.sink.Step(&c.tx, dir)
	if c.cfg.MDNS || c.cfg.Log.wants(m, dir == app.ToClient) {
		c.sink.Log(&c.tx, dir, kind)
	}
	return true
}

// late tells an error of a message that is no transaction, as an event of the one before.
// Without one it is not told: other engines know no place for it either.
func (c *Conn) late(dir int, event string) {
	if !c.open {
		return
	}
	layer := "dns."
	if c.cfg.MDNS {
		layer = "mdns."
	}
	// The values were of a message whose memory is used again by now.
	c.tx.Reset(c.tx.ID)
	c.tx.Recorder = nil
	s := &c.tx.Sides[dir]
	s.Event(layer + event)
	s.Done, c.tx.Sides[1-dir].Done = true, true
	c.sink.Step(&c.tx, dir)
}

// AppendBlocked appends the answer in place of the server's to what was asked for at last:
// [Message.AppendInstead] with an address, else [Message.AppendBlocked]. It may be called
// while the message is shown.
func (c *Conn) AppendBlocked(out []byte, instead netip.Addr) []byte {
	if instead.IsValid() {
		return c.msg.AppendInstead(out, c.msg.raw, instead)
	}
	return c.msg.AppendBlocked(out, c.msg.raw)
}

// Record returns the message as EVE has it.
func (c *Conn) Record(tx *app.Tx) []app.Field {
	if c.cfg.MDNS {
		return []app.Field{{Name: "mdns", Value: c.msg.multicastRecord()}}
	}
	return []app.Field{{Name: "dns", Value: c.msg.EVE(tx.ID, responds(tx), c.cfg.Log)}}
}

// AppendRecord implements [app.Appender].
func (c *Conn) AppendRecord(b []byte, tx *app.Tx) (_ []byte, ok bool) {
	if c.cfg.MDNS {
		return b, false
	}
	return object.Next(c.msg.appendEVE(object.Member(b, "dns"), tx.ID, responds(tx), c.cfg.Log)), true
}

// Message is the one that the latest transaction is about, until the next call of Push.
func (c *Conn) Message() *Message { return &c.msg }

// responds tells that the server sent the message.
func responds(tx *app.Tx) bool { return len(tx.Sides[app.ToClient].Values) > 0 }
