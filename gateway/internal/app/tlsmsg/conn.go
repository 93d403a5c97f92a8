package tlsmsg

import (
	"slices"

	"otasuke/gateway/internal/app"
	"otasuke/rule"
)

// maxMessage bounds a handshake message that is put together: hellos are under 4 KiB,
// long certificate chains under 64 KiB. Longer ones are passed over.
const maxMessage = 128 << 10

// keepMemory is how large a buffer of an idle conversation may be.
const keepMemory = 8 << 10

// Config says what is written into records beside the usual. The zero value is good.
type Config struct {
	// Certificate, Chain and Client write the server's certificate, all of its chain, and
	// the client's certificate.
	Certificate, Chain, Client bool
	// Handshakes writes versions, ciphers and extensions of the hellos.
	Handshakes bool
	// Only are the members that records have, nil for all that the others allow.
	Only map[string]bool
}

// Conn reads one connection: one transaction.
type Conn struct {
	sink app.Sink
	cfg  Config
	half [2]half
	tx   app.Tx
	dead bool // nothing more is read

	client clientTexts
	server serverTexts
	hello  ClientHello

	resumed, withoutCert bool // what the hellos said about the session
	certWanted           bool // from the client
	logged               bool
	beat                 heartbeats
}

// half is one direction.
type half struct {
	buf  []byte // an unfinished record
	skip int    // bytes of a record that are passed over
	hand []byte // an unfinished handshake message
	drop int    // bytes of a handshake message that are passed over

	version   uint16
	hello     bool // has been seen
	changed   bool // ChangeCipherSpec has been seen
	data      bool // application data has been seen
	certs     chain
	later     []string // events of the other direction that rules of this one have not seen
	random    []byte
	cipherLog helloLog
}

// New makes a reader.
func New(sink app.Sink, cfg Config) *Conn {
	c := &Conn{cfg: cfg}
	c.Reset(sink)
	return c
}

// Reset makes c ready for another connection.
func (c *Conn) Reset(sink app.Sink) {
	tx, cfg, halves, client, server, hello := c.tx, c.cfg, c.half, c.client, c.server, c.hello
	*c = Conn{sink: sink, cfg: cfg, tx: tx, client: client.empty(), server: server.empty(), hello: hello}
	c.client.ja4 = c.hello.AppendJA4(c.client.ja4, false) // of a hello that says nothing
	for i := range halves {
		c.half[i] = half{buf: small(halves[i].buf), hand: small(halves[i].hand), later: halves[i].later[:0]}
	}
	c.tx.Reset(0)
	c.tx.Proto, c.tx.Recorder = rule.ProtoTLS, c
}

// small empties a buffer and lets go of a large one.
func small(b []byte) []byte {
	if cap(b) > keepMemory {
		return nil
	}
	return b[:0]
}

// Encrypted tells that the handshake is over: rules find nothing in what follows.
func (c *Conn) Encrypted() bool {
	return c.logged && (c.half[0].changed || c.half[0].data) && (c.half[1].changed || c.half[1].data)
}

// Push reads the next bytes.
func (c *Conn) Push(dir int, b []byte) {
	c.told(dir)
	h := &c.half[dir]
	if n := min(h.skip, len(b)); n > 0 {
		h.skip -= n
		b = b[n:]
	}
	if c.dead || len(b) == 0 {
		return
	}
	if len(h.buf) > 0 {
		h.buf = append(h.buf, b...)
		b = h.buf
	}
	waiting := len(b)
	for len(b) > 0 && !c.dead {
		n := c.record(dir, b)
		if n == 0 {
			break
		}
		if n > len(b) {
			h.skip, n = n-len(b), len(b)
		}
		b = b[n:]
	}
	if c.dead {
		c.forget()
		return
	}
	// What is left moves when something was read only: small pieces of a large record must
	// not cost more than it.
	if len(b) < waiting || len(h.buf) == 0 {
		h.buf = append(h.buf[:0], b...)
	}
}

// Gap ends the reading: where the next record begins is not known.
func (c *Conn) Gap(int, int) { c.end() }

// Close writes the record of a handshake that was not finished, when nothing more comes.
func (c *Conn) Close(dir int) {
	c.told(dir)
	if dir == app.ToClient {
		c.finish()
	}
}

// end stops reading.
func (c *Conn) end() {
	c.dead = true
	c.forget()
}

// forget lets go of what is not read any more.
func (c *Conn) forget() {
	for i := range c.half {
		h := &c.half[i]
		h.buf, h.hand = nil, nil
	}
}

// raise tells an event to rules of either direction: to those of the other one when it
// speaks or ends.
func (c *Conn) raise(dir int, event string) {
	event = "tls." + event
	c.tx.Sides[dir].Event(event)
	if h := &c.half[1-dir]; !slices.Contains(h.later, event) {
		h.later = append(h.later, event)
	}
}

// told tells what is left to tell to rules of a direction.
func (c *Conn) told(dir int) {
	h := &c.half[dir]
	if len(h.later) == 0 {
		return
	}
	for _, e := range h.later {
		c.tx.Sides[dir].Event(e)
	}
	h.later = h.later[:0]
	c.sink.Step(&c.tx, dir)
}

// fail raises events and stops reading.
func (c *Conn) fail(dir int, events ...string) {
	for _, e := range events {
		c.raise(dir, e)
	}
	c.sink.Step(&c.tx, dir)
	c.end()
}

// encrypts notes that a direction encrypts from here on.
func (c *Conn) encrypts(dir int) {
	c.tx.Sides[dir].Done = true
	c.sink.Step(&c.tx, dir)
	if other := &c.half[1-dir]; other.changed || other.data {
		c.finish()
		c.slim()
	}
}

// slim lets go of certificates: rules have seen them, and a connection may last for hours.
func (c *Conn) slim() {
	if c.half[0].certs.all == nil && c.half[1].certs.all == nil || c.cfg.Chain || c.cfg.Certificate {
		return
	}
	old := &c.tx
	c.tx = app.Tx{ID: old.ID, Proto: old.Proto, Recorder: old.Recorder, State: old.State}
	for dir := range c.half {
		c.half[dir].certs.all = nil
		c.tx.Sides[dir].Done = true
	}
}

// version is what the server chose, else what the client asked for.
func (c *Conn) version() uint16 {
	if v := c.half[app.ToClient].version; v != 0 {
		return v
	}
	return c.half[app.ToServer].version
}

// finish writes the record, once.
func (c *Conn) finish() {
	if c.logged || c.version() == 0 {
		return
	}
	c.logged = true
	for dir := range c.tx.Sides {
		if s := &c.tx.Sides[dir]; !s.Done {
			s.Done = true
			c.sink.Step(&c.tx, dir)
		}
	}
	c.sink.Log(&c.tx, app.ToServer, "tls")
}

// number sets a number of a direction, fresh in any case.
func (c *Conn) number(dir int, b rule.Buffer, n uint64) {
	s := &c.tx.Sides[dir]
	for i := range s.Values {
		if v := &s.Values[i]; v.Buffer == b {
			v.Data[6], v.Data[7], v.Fresh = byte(n>>8), byte(n), true
			return
		}
	}
	s.Number(b, n)
}
