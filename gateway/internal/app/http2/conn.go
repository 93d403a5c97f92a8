package http2

import (
	"bytes"
	"encoding/binary"
	"slices"

	"golang.org/x/net/http2/hpack"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/dnsmsg"
	"otasuke/rule"
)

// preface is what the client says first (RFC 9113 section 3.4).
var preface = []byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")

const frameHead = 9

// Conn reads one connection.
type Conn struct {
	sink    app.Sink
	cfg     Config
	half    [2]half
	streams map[uint32]*stream
	order   []*stream // those of streams, as they came
	free    []*stream
	next    uint64
	begun   bool // the preface is over
	dead    bool
	crowded bool // too many streams have been told
	held    int  // bytes that open streams keep
	dns     dnsmsg.Message
	scratch []byte
}

// half is one direction.
type half struct {
	buf   []byte // an unfinished frame
	skip  int    // bytes of a frame that are still to come
	tail  tail   // whose they are
	table *hpack.Decoder
	block []byte  // of headers that goes on
	of    *stream // whose headers are decoded
	said  int     // bytes of headers decoded for it
}

// New makes a reader.
func New(sink app.Sink, cfg Config) *Conn {
	cfg.complete()
	c := &Conn{cfg: cfg}
	c.start(sink)
	return c
}

func (c *Conn) start(sink app.Sink) {
	c.sink, c.streams = sink, make(map[uint32]*stream)
	for dir := range c.half {
		h := &c.half[dir]
		h.table = hpack.NewDecoder(4096, func(f hpack.HeaderField) { c.field(dir, f) })
		h.table.SetAllowedMaxDynamicTableSize(maxTable)
		h.table.SetMaxStringLength(maxString)
	}
}

// Reset makes c ready for another connection.
func (c *Conn) Reset(sink app.Sink) {
	for _, s := range c.order {
		c.forget(s)
	}
	*c = Conn{cfg: c.cfg, free: c.free}
	c.start(sink)
}

// Push reads the next bytes.
func (c *Conn) Push(dir int, b []byte) {
	h := &c.half[dir]
	if n := min(h.skip, len(b)); n > 0 && !c.dead {
		c.goOn(dir, n, b[:n])
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
	b = c.frames(dir, b)
	if c.dead {
		h.buf = nil
		return
	}
	// What is left moves when something was read only: small pieces of a large frame must
	// not cost more than it.
	if len(b) < waiting || len(h.buf) == 0 {
		h.buf = append(h.buf[:0], b...)
	}
}

// frames reads the frames that are whole and returns what is left.
func (c *Conn) frames(dir int, b []byte) []byte {
	if dir == app.ToServer && !c.begun {
		if len(b) < len(preface) {
			return b
		}
		c.begun = true
		b = bytes.TrimPrefix(b, preface)
	}
	for len(b) >= frameHead && !c.dead {
		f := head(b)
		if len(f.data) >= f.size {
			f.data, f.whole = f.data[:f.size], true
		} else if f.size < maxFrame || len(f.data) < minFrame {
			return b
		}
		c.begin(dir, &f)
		for c.held > maxHeld && len(c.order) > 1 {
			c.forgo(c.order[0])
		}
		b = b[frameHead+len(f.data):]
	}
	return b
}

// head reads the first bytes of a frame; its data is all that stands behind them.
func head(b []byte) frame {
	return frame{size: int(b[0])<<16 | int(b[1])<<8 | int(b[2]), kind: b[3], flags: b[4],
		stream: binary.BigEndian.Uint32(b[5:]) &^ (1 << 31), data: b[frameHead:]}
}

// begin reads a frame, or what is there of it.
func (c *Conn) begin(dir int, f *frame) {
	c.half[dir].tail = tail{}
	c.frame(dir, f)
	c.half[dir].skip = f.size - len(f.data)
}

// Gap goes on behind bytes that were missed when they are a body's. Others may have been headers,
// whose tables are lost then: it ends the reading.
func (c *Conn) Gap(dir, n int) {
	h := &c.half[dir]
	if b := h.buf; h.skip == 0 && len(b) > frameHead && !c.dead {
		if f := head(b); f.kind == frameData && f.size-len(f.data) >= n {
			c.begin(dir, &f)
			h.buf = b[:0]
		}
	}
	switch {
	case c.dead:
	case h.skip >= n:
		c.goOn(dir, n, nil)
	default:
		c.giveUp()
	}
}

// Close ends what is open when neither side says more.
func (c *Conn) Close(dir int) {
	if dir == app.ToClient {
		c.end()
	}
}

// forgo ends a stream although its sides may go on.
func (c *Conn) forgo(s *stream) {
	for dir := range s.side {
		c.lose(&s.side[dir], 0)
	}
	c.finish(s, true)
}

// giveUp ends the reading although the connection may go on.
func (c *Conn) giveUp() {
	c.dead = true
	for len(c.order) > 0 {
		c.forgo(c.order[0])
	}
}

// end closes all streams.
func (c *Conn) end() {
	c.dead = true
	for len(c.order) > 0 {
		c.finish(c.order[0], true)
	}
}

// open returns the transaction of a stream, nil when there are too many.
func (c *Conn) open(id uint32) *stream {
	if s := c.streams[id]; s != nil {
		return s
	}
	if len(c.order) >= manyStreams {
		if i := slices.IndexFunc(c.order, func(s *stream) bool { return s.cancelled }); i >= 0 {
			c.finish(c.order[i], true)
		}
	}
	if len(c.order) >= maxStreams {
		if !c.crowded {
			c.crowded = true
			for _, s := range c.order {
				c.raise(s, app.ToServer, "too_many_streams")
			}
		}
		c.giveUp()
		return nil
	}
	s := c.create(id)
	c.streams[id] = s
	c.order = append(c.order, s)
	return s
}

// create makes a transaction.
func (c *Conn) create(id uint32) *stream {
	var s *stream
	if n := len(c.free); n > 0 {
		s, c.free = c.free[n-1], c.free[:n-1]
	} else {
		s = new(stream)
	}
	s.reset(c, id)
	s.tx.Reset(c.next)
	c.next++
	s.tx.Proto, s.tx.Recorder, s.tx.User = rule.ProtoHTTP2, c, s
	return s
}

// finish ends a transaction: its files and its record.
func (c *Conn) finish(s *stream, cut bool) {
	for dir := range s.side {
		c.closeBody(s, dir, cut)
		if side := &s.tx.Sides[dir]; !side.Done {
			side.Done = true
			c.sink.Step(&s.tx, dir)
		}
	}
	switch {
	case s.dns[0].seen || s.dns[1].seen:
		c.sink.Log(&s.tx, app.ToServer, "dns")
	case s.says():
		c.sink.Log(&s.tx, app.ToServer, "http")
	}
	if c.streams[s.id] == s {
		i := slices.Index(c.order, s)
		c.order = slices.Delete(c.order, i, i+1)
		delete(c.streams, s.id)
	}
	c.held -= s.held
	c.forget(s)
}

// forget lets go of a transaction's memory.
func (c *Conn) forget(s *stream) {
	for dir := range s.side {
		s.side[dir].codings.Release(c.cfg.Pool)
		if c.half[dir].of == s {
			c.half[dir].of, c.half[dir].block = nil, c.half[dir].block[:0]
		}
	}
	// Files outlive their transaction.
	if !s.filed && len(c.free) < keepFree {
		c.free = append(c.free, s)
	}
}

// raise tells an event of a stream.
func (c *Conn) raise(s *stream, dir int, event string) {
	s.tx.Sides[dir].Event("http2." + event)
	c.sink.Step(&s.tx, dir)
}
