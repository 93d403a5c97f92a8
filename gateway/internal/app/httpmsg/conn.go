package httpmsg

import (
	"bytes"
	"slices"
)

// MaxTransactions that wait for their response (pipelining): browsers send one,
// a few tools up to a dozen. The oldest is forgotten past it.
const MaxTransactions = 32

// Directions.
const (
	ToServer = 0
	ToClient = 1
)

// Tx is a request and its response. User is the caller's.
type Tx[T any] struct {
	Req, Resp Message
	User      T
}

// Handler is told what was read. The transaction is valid until its Done for
// ToClient returns.
type Handler[T any] interface {
	// Head: the start line and headers of one direction are there.
	Head(tx *Tx[T], dir int)
	// Body: further bytes of the body, transfer coding removed.
	Body(tx *Tx[T], dir int, b []byte)
	// Done: the message of one direction is complete.
	Done(tx *Tx[T], dir int)
}

type step uint8

const (
	stepHead step = iota
	stepFixed
	stepChunkSize
	stepChunkData
	stepChunkEnd
	stepTrailer
	stepClose
	stepTunnel
	stepBroken // not HTTP any more: nothing is read
)

// reading is where one direction stands.
type reading struct {
	step step
	left int64  // of the body or chunk
	line []byte // of a chunk size or trailer that is not whole yet
}

// Conn reads one connection. Reset must be called before first use.
type Conn[T any] struct {
	h    Handler[T]
	dirs [2]reading
	open []*Tx[T] // oldest first; the last one is the request being read
	free []*Tx[T]
	// reqOpen tells that open's last request is not complete yet.
	reqOpen bool
}

// Reset makes c ready for another connection whose events go to h.
func (c *Conn[T]) Reset(h Handler[T]) {
	for _, tx := range c.open {
		c.recycle(tx)
	}
	c.h, c.open, c.reqOpen = h, c.open[:0], false
	for i := range c.dirs {
		c.dirs[i] = reading{line: c.dirs[i].line[:0]}
	}
}

// Broken tells that a direction is not HTTP/1, or a tunnel since its upgrade.
func (c *Conn[T]) Broken(dir int) bool {
	return c.dirs[dir].step == stepBroken || c.dirs[dir].step == stepTunnel
}

// Current returns the transaction that a direction is in, or nil.
func (c *Conn[T]) Current(dir int) *Tx[T] {
	if len(c.open) == 0 {
		return nil
	}
	if dir == ToServer {
		return c.open[len(c.open)-1]
	}
	return c.open[0]
}

// Opaque tells that the rest of the current body in dir will not be looked at:
// it is past MaxBody and at least n bytes of it are still to come.
func (c *Conn[T]) Opaque(dir int, n int64) bool {
	d := &c.dirs[dir]
	tx := c.Current(dir)
	return d.step == stepFixed && tx != nil && d.left >= n && c.message(tx, dir).BodySize > MaxBody
}

// maxMethod is longer than every registered method.
const maxMethod = 20

// LooksLike tells whether b can be the start of a conversation in dir. What is
// true of some bytes is true of the first few of them, however few.
func LooksLike(dir int, b []byte) bool {
	if dir == ToClient {
		n := min(len(b), 5)
		return n > 0 && string(b[:n]) == "HTTP/"[:n]
	}
	method, _, found := bytes.Cut(b, []byte(" "))
	if len(method) == 0 || found && len(method) > maxMethod {
		return false
	}
	for _, c := range method[:min(len(method), maxMethod)] {
		// Some servers hand methods in lower case on to their scripts.
		if lower := c | 0x20; (lower < 'a' || lower > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	if !found {
		return len(b) <= maxMethod
	}
	line, rest := cutLine(b)
	return rest == nil || bytes.Contains(line, []byte(" HTTP/")) || oldLine(line)
}

// oldLine tells a request of HTTP/0.9, which some servers still answer: the
// whole of it is "GET /target".
func oldLine(line []byte) bool {
	return bytes.HasPrefix(line, []byte("GET /")) && !bytes.Contains(line, []byte(" HTTP/"))
}

// Push takes the next bytes of a direction.
func (c *Conn[T]) Push(dir int, b []byte) {
	d := &c.dirs[dir]
	for len(b) > 0 {
		switch d.step {
		case stepHead:
			b = c.head(dir, b)
		case stepFixed, stepChunkData:
			b = c.data(dir, b)
		case stepChunkSize, stepChunkEnd, stepTrailer:
			b = c.chunkLine(dir, b)
		case stepClose:
			c.body(dir, b)
			return
		default:
			return
		}
	}
}

// Close tells that a direction ended (FIN).
func (c *Conn[T]) Close(dir int) {
	if c.dirs[dir].step == stepClose {
		c.done(dir)
	}
	c.dirs[dir].step = stepBroken
}

func (c *Conn[T]) message(tx *Tx[T], dir int) *Message {
	if dir == ToServer {
		return &tx.Req
	}
	return &tx.Resp
}

// begin finds or makes the transaction for a message that starts in dir.
func (c *Conn[T]) begin(dir int) *Tx[T] {
	if dir == ToClient && len(c.open) > 0 {
		return c.open[0]
	}
	if dir == ToServer && c.reqOpen {
		return c.open[len(c.open)-1]
	}
	if len(c.open) >= MaxTransactions {
		old := 0
		if len(c.open[0].Resp.head) > 0 {
			old = 1 // the oldest is being answered
		}
		c.recycle(c.open[old])
		c.open = slices.Delete(c.open, old, old+1)
	}
	var tx *Tx[T]
	// An answer without a request gets a User that nobody used: its handler was
	// not told that a request began.
	if n := len(c.free); n > 0 && dir == ToServer {
		tx, c.free = c.free[n-1], c.free[:n-1]
	} else {
		tx = new(Tx[T])
	}
	tx.Req.reset(false)
	tx.Resp.reset(true)
	c.open = append(c.open, tx)
	c.reqOpen = dir == ToServer
	return tx
}

// head collects a head and reads it when it is whole.
func (c *Conn[T]) head(dir int, b []byte) []byte {
	d := &c.dirs[dir]
	tx := c.begin(dir)
	m := c.message(tx, dir)
	if len(m.head) == 0 { // empty lines before a start line are skipped, RFC 9112 section 2.2
		for len(b) > 0 && (b[0] == '\r' || b[0] == '\n') {
			b = b[1:]
		}
		if len(b) == 0 {
			return nil
		}
	}
	// The start is looked at until its line is whole, however it was cut.
	isNew := len(m.head) < maxMethod || bytes.IndexByte(m.head, '\n') < 0
	from := max(0, len(m.head)-3)
	m.head = append(m.head, b...)
	if isNew && !LooksLike(dir, m.head) {
		d.step = stepBroken
		return nil
	}
	end := headEnd(m.head, from)
	if line, rest := cutLine(m.head); dir == ToServer && rest != nil && oldLine(line) {
		end = len(m.head) - len(rest)
	}
	if end == 0 && len(m.head) <= MaxHead {
		return nil
	}
	used := len(b) - (len(m.head) - end)
	m.head = m.head[:end]
	if end == 0 || end > MaxHead || !m.parseHead() {
		d.step = stepBroken
		return nil
	}
	c.h.Head(tx, dir)
	c.start(dir, tx, m)
	return b[used:]
}

// headEnd finds the end of the empty line that ends a head, looking from index from.
func headEnd(b []byte, from int) int {
	for i := from; i < len(b); i++ {
		if b[i] != '\n' {
			continue
		}
		if i+1 < len(b) && b[i+1] == '\n' {
			return i + 2
		}
		if i+2 < len(b) && b[i+1] == '\r' && b[i+2] == '\n' {
			return i + 3
		}
	}
	return 0
}

// start prepares for the body of m.
func (c *Conn[T]) start(dir int, tx *Tx[T], m *Message) {
	d := &c.dirs[dir]
	switch m.framing(tx.Req.Method) {
	case noBody:
		if m.Response && m.Status/100 == 1 {
			m.reset(true) // an interim response: the real one follows
			return
		}
		c.done(dir)
	case fixed:
		d.step, d.left = stepFixed, m.Length
	case chunked:
		d.step, d.line = stepChunkSize, d.line[:0]
	case untilClose:
		d.step = stepClose
	case tunnel:
		c.done(dir)
		c.dirs[0].step, c.dirs[1].step = stepTunnel, stepTunnel
	}
}

func (c *Conn[T]) data(dir int, b []byte) []byte {
	d := &c.dirs[dir]
	n := int(min(int64(len(b)), d.left))
	c.body(dir, b[:n])
	if d.left -= int64(n); d.left == 0 {
		if d.step == stepFixed {
			c.done(dir)
		} else {
			d.step = stepChunkEnd
		}
	}
	return b[n:]
}

// reading is the transaction whose message dir is in the middle of. The rest of
// a request that was answered early belongs to none.
func (c *Conn[T]) reading(dir int) *Tx[T] {
	if dir == ToServer && !c.reqOpen {
		return nil
	}
	return c.Current(dir)
}

func (c *Conn[T]) body(dir int, b []byte) {
	tx := c.reading(dir)
	if tx == nil || len(b) == 0 {
		return
	}
	m := c.message(tx, dir)
	m.BodySize += int64(len(b))
	if room := MaxBody - len(m.Body); room > 0 {
		m.Body = append(m.Body, b[:min(room, len(b))]...)
	}
	c.h.Body(tx, dir, b)
}

// done ends the message of a direction; a transaction ends with its response.
func (c *Conn[T]) done(dir int) {
	c.dirs[dir].step = stepHead
	tx := c.reading(dir)
	if tx == nil {
		return
	}
	c.message(tx, dir).Complete = true
	c.h.Done(tx, dir)
	if dir == ToServer {
		c.reqOpen = false
		return
	}
	if len(c.open) == 1 && c.reqOpen {
		c.reqOpen = false // answered before the request ended
	}
	c.open = c.open[:copy(c.open, c.open[1:])]
	c.recycle(tx)
}

func (c *Conn[T]) recycle(tx *Tx[T]) {
	if len(c.free) < 2 && cap(tx.Req.Body)+cap(tx.Resp.Body) <= 32<<10 {
		c.free = append(c.free, tx)
	}
}
