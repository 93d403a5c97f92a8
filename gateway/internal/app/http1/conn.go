package http1

import (
	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/http1/lines"
	"otasuke/rule"
)

// step is where a direction stands.
type step uint8

const (
	stepLine step = iota
	stepHead
	stepBody       // of known length
	stepChunkLen   // chunked coding, RFC 9112 section 7.1
	stepChunkData  //
	stepChunkEnd   //
	stepTrailer    //
	stepUntilClose // a body that ends with the conversation
	stepEnd        // the message is complete but for what comes with its end
	stepWait       // a CONNECT waits for its answer
	stepIgnore     // behind a request of HTTP/0.9
	stepDead       // not HTTP any more: nothing is read
)

// reading is where one direction stands.
type reading struct {
	step step
	x    *exchange // whose message is read, nil between messages
	scan lines.Scanner
	left int64  // of the body or chunk
	line []byte // of the chunked coding that is not whole yet, or what may begin a message
	// digit is what the line's first byte that is not white space is: 1 a digit, -1 none.
	digit int8
}

// Conn reads one conversation. It is an [app.Reader].
type Conn struct {
	cfg  Config
	sink app.Sink
	dirs [2]reading
	open []*exchange // oldest first
	next int         // in open: the next to be answered
	owed []owed      // answers that come before it
	held int         // memory of open
	ids  uint64
	gone bool // another protocol took over
	wait []byte

	found [2][]lines.Line // lines of the heads that are read
	mem   *Memory
}

// Memory is what conversations need only while they read a message.
type Memory struct {
	free    []*exchange
	lines   [][]lines.Line
	scratch []byte
}

// addLine notes a line of the head that is read.
func (c *Conn) addLine(dir int, l lines.Line) {
	if n := len(c.mem.lines); c.found[dir] == nil && n > 0 {
		c.found[dir], c.mem.lines = c.mem.lines[n-1], c.mem.lines[:n-1]
	}
	c.found[dir] = append(c.found[dir], l)
}

// dropLines ends the use of the lines that were noted.
func (c *Conn) dropLines(dir int) {
	if l := c.found[dir]; l != nil && len(c.mem.lines) < keepFree {
		c.mem.lines = append(c.mem.lines, l[:0])
	}
	c.found[dir] = nil
}

// New returns a reader that tells sink what it finds.
func New(sink app.Sink, cfg Config) *Conn {
	cfg.complete()
	c := &Conn{cfg: cfg, mem: cfg.Memory}
	c.Reset(sink)
	return c
}

// Reset makes c ready for another conversation.
func (c *Conn) Reset(sink app.Sink) {
	for _, x := range c.open {
		c.recycle(x)
	}
	c.sink, c.open, c.next, c.owed, c.held, c.ids, c.gone, c.wait = sink, c.open[:0], 0, nil, 0, 0, false, c.wait[:0]
	for i := range c.dirs {
		c.dropLines(i)
		c.dirs[i] = reading{line: c.dirs[i].line[:0]}
	}
}

// Rest tells that c is between messages, so that another [Conn] can go on in its place, and
// the number of the next transaction.
func (c *Conn) Rest() (next uint64, ok bool) {
	ok = !c.gone && len(c.open)+len(c.owed)+len(c.wait)+c.next == 0
	for i := range c.dirs {
		d := &c.dirs[i]
		ok = ok && d.step == stepLine && d.x == nil && len(d.line) == 0 && d.digit == 0
	}
	return c.ids, ok
}

// Resume is Reset for a conversation that has had next transactions.
func (c *Conn) Resume(sink app.Sink, next uint64) {
	c.Reset(sink)
	c.ids = next
}

// Push takes the next bytes of a direction.
func (c *Conn) Push(dir int, b []byte) {
	for len(b) > 0 && !c.gone {
		if dir == app.ToServer {
			b = c.pushRequest(b)
		} else {
			b = c.pushResponse(b)
		}
	}
	c.settleEnd(dir)
	c.growing(dir)
}

// growing shows what has come of a body.
func (c *Conn) growing(dir int) {
	d := &c.dirs[dir]
	if !c.cfg.AtOnce || c.gone || d.x == nil {
		return
	}
	m := d.x.message(dir)
	if n := m.size - m.told; n > 0 && !m.full && (m.size <= eager || n >= m.told/8) {
		c.settle(dir, d.x, true)
		c.show(d.x, dir)
	}
}

// settleEnd completes a message that nothing came with.
func (c *Conn) settleEnd(dir int) {
	if d := &c.dirs[dir]; c.gone || d.step != stepEnd || len(d.line) > 0 {
		return
	}
	if dir == app.ToServer {
		c.requestRest(nil)
	} else {
		c.responseRest(nil)
	}
}

func (c *Conn) pushRequest(b []byte) []byte {
	d := &c.dirs[app.ToServer]
	switch d.step {
	case stepLine, stepHead, stepTrailer:
		return c.readHead(app.ToServer, b)
	case stepBody, stepChunkData:
		return c.data(app.ToServer, b)
	case stepChunkLen:
		return c.requestChunk(b)
	case stepChunkEnd:
		return c.chunkEnd(app.ToServer, b)
	case stepEnd:
		return c.requestRest(b)
	case stepWait:
		if len(c.wait)+len(b) <= MaxHead {
			c.wait = append(c.wait, b...)
		}
	}
	return nil
}

func (c *Conn) pushResponse(b []byte) []byte {
	d := &c.dirs[app.ToClient]
	switch d.step {
	case stepLine, stepHead, stepTrailer:
		return c.readHead(app.ToClient, b)
	case stepBody, stepChunkData:
		return c.data(app.ToClient, b)
	case stepChunkLen:
		return c.responseChunk(b)
	case stepChunkEnd:
		return c.chunkEnd(app.ToClient, b)
	case stepUntilClose:
		c.body(app.ToClient, d.x, b, len(b))
	case stepEnd:
		return c.responseRest(b)
	}
	return nil
}

// Gap tells that n bytes of dir were never seen. Only a body may miss some: behind
// a gap anywhere else nothing can be trusted.
func (c *Conn) Gap(dir int, n int) {
	d := &c.dirs[dir]
	if n <= 0 || c.gone {
		return
	}
	switch d.step {
	case stepBody, stepChunkData:
		k := min(int64(n), d.left)
		c.skip(dir, d.x, int(k))
		if d.left -= k; d.left == 0 {
			c.bodyEnd(dir)
			c.settleEnd(dir)
		}
		if int64(n) > k {
			c.kill(dir)
		}
	case stepUntilClose:
		c.skip(dir, d.x, n)
	case stepIgnore, stepDead:
	default:
		c.kill(dir)
	}
}

// kill gives a direction up: what it was in the middle of is cut.
func (c *Conn) kill(dir int) {
	d := &c.dirs[dir]
	if x := d.x; x != nil {
		c.cut(dir, x)
	}
	d.step, d.x = stepDead, nil
}

// Close tells that nothing more comes from dir.
func (c *Conn) Close(dir int) {
	d := &c.dirs[dir]
	if d.step == stepDead && d.x == nil && dir == app.ToServer {
		return
	}
	if !c.gone {
		switch d.step {
		case stepLine, stepHead, stepTrailer:
			c.closeHead(dir)
			if d.x != nil {
				c.complete(dir)
			}
		default:
			if d.x != nil { // the end of the conversation ends a body
				c.complete(dir)
			}
		}
	}
	d.step, d.x = stepDead, nil
	if c.dirs[1-dir].step == stepDead {
		c.flush()
	}
}

// cut ends a message that is not whole.
func (c *Conn) cut(dir int, x *exchange) {
	m := x.message(dir)
	c.closeFiles(m, true)
	m.codings.Release(c.cfg.Pool)
	c.settle(dir, x, false)
	x.tx.Sides[dir].Done = true
	c.show(x, dir)
}

// flush lets go of all transactions when nothing more comes in either direction.
func (c *Conn) flush() {
	for _, x := range c.open {
		c.noTunnel(x)
		for dir := range x.tx.Sides {
			if s := &x.tx.Sides[dir]; !s.Done {
				s.Done = true
				c.show(x, dir)
			}
		}
		c.log(x)
		c.recycle(x)
	}
	c.open, c.next, c.held, c.owed = c.open[:0], 0, 0, nil
}

// become hands the conversation to another protocol.
func (c *Conn) become(p rule.Proto, dir int, rest []byte) {
	c.gone = true
	for _, x := range c.open {
		x.late = x.late[:0]
	}
	c.dirs[0].step, c.dirs[1].step = stepDead, stepDead
	c.dirs[0].x, c.dirs[1].x = nil, nil
	c.flush()
	if len(rest) == 0 && len(c.wait) > 0 {
		dir, rest = app.ToServer, c.wait
	}
	c.sink.Become(p, dir, rest)
}
