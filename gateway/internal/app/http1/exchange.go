package http1

import (
	"slices"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/http1/coding"
	"otasuke/gateway/internal/app/http1/form"
	"otasuke/gateway/internal/app/http1/lines"
	"otasuke/gateway/internal/app/http1/uri"
	"otasuke/rule"
)

// exchange is a transaction: a request and its response.
type exchange struct {
	tx        app.Tx
	req, resp message
	logged    bool
	is09      bool     // the request is of HTTP/0.9: the answer is all body
	unseen    bool     // the request was never seen
	continued bool     // a 100 Continue was there
	news      bool     // the response had events, which requests' rules have not seen
	late      []string // events that a CONNECT has only when no tunnel came of it
}

func (x *exchange) message(dir int) *message {
	if dir == app.ToServer {
		return &x.req
	}
	return &x.resp
}

// exchangeOf returns the reader's side of a transaction.
func exchangeOf(tx *app.Tx) *exchange {
	x, _ := tx.User.(*exchange)
	return x
}

// message is one message of a transaction.
type message struct {
	conn *Conn
	x    *exchange
	dir  int

	head    []byte // start line and headers as sent
	raw     int    // where the headers begin in head
	trailer []byte // as sent
	line    []byte // start line without its end
	headers []header
	at      [numKnown]int16 // index in headers + 1
	text    []byte          // unfolded and joined values
	repeats int
	seen    flags

	method, target, version []byte
	uri                     uri.Target
	host                    []byte
	port                    int
	protocol                protocol
	isConnect, isHead       bool
	status, reason          []byte
	code                    int // -1 when it is no number

	ended   bool // the head is complete
	begun   bool // the body has begun
	length  int64
	chunked bool
	wire    uint64 // bytes of the body as sent
	size    uint64 // decoded
	body    []byte // the first of them
	told    uint64 // of size
	shown   int    // of headers, one by one
	full    bool   // rules do not look at the rest
	done    bool   // what they look at was shown whole
	limited bool   // the limit is reached: the rest is not looked at
	file    *app.File
	parts   *form.Reader
	codings coding.Chain
}

// flags are what is told once a message.
type flags uint16

const (
	flagNoColon flags = 1 << iota
	flagFolding
	flagInvalid
	flagRest
)

// once says whether f is seen for the first time.
func (m *message) once(f flags) bool {
	if m.seen&f != 0 {
		return false
	}
	m.seen |= f
	return true
}

func (m *message) reset() {
	old := *m
	clear(old.headers)
	*m = message{
		conn: old.conn, x: old.x, dir: old.dir,
		head: old.head[:0], trailer: old.trailer[:0], headers: old.headers[:0], text: old.text[:0],
		body: old.body[:0], codings: old.codings, host: old.host[:0], code: -1, port: -1, length: -1,
	}
	for _, b := range []*[]byte{&m.body, &m.head, &m.text, &m.trailer} {
		if cap(*b) > keepMemory {
			*b = nil
		}
	}
}

// begin makes a transaction. It is the last of open.
func (c *Conn) begin() *exchange {
	var x *exchange
	if n := len(c.mem.free); n > 0 {
		x, c.mem.free = c.mem.free[n-1], c.mem.free[:n-1]
	} else {
		x = new(exchange)
		x.tx.Proto, x.tx.User = rule.ProtoHTTP, x
		for dir := range x.tx.Sides {
			m := x.message(dir)
			m.x, m.dir = x, dir
		}
	}
	x.req.conn, x.resp.conn = c, c
	x.logged, x.is09, x.unseen, x.continued, x.news, x.late = false, false, false, false, false, x.late[:0]
	x.req.reset()
	x.resp.reset()
	x.tx.Recorder = c
	x.tx.Reset(c.ids)
	c.ids++
	c.open = append(c.open, x)
	c.bound()
	return x
}

// bound lets the oldest transactions go when too many wait.
func (c *Conn) bound() {
	c.held = 0
	if len(c.open) < 32 {
		return // each is bounded
	}
	for _, x := range c.open {
		c.held += cap(x.req.head) + cap(x.req.body) + cap(x.req.text)
	}
	for i := 0; i < len(c.open)-1 && (len(c.open) > maxOpen || c.held > maxHeld); {
		x := c.open[i]
		if x == c.dirs[app.ToServer].x || x == c.dirs[app.ToClient].x {
			i++
			continue
		}
		c.held -= cap(x.req.head) + cap(x.req.body) + cap(x.req.text)
		if i >= c.next && len(c.owed) < maxOwed {
			c.owed = append(c.owed, owed{x.tx.ID, x.req.isHead})
		}
		c.log(x)
		c.remove(x)
	}
}

// owed is an answer to a request that was let go: it must not be taken for another's.
type owed struct {
	id   uint64
	head bool
}

// forgotten makes a transaction for the answer that is owed longest.
func (c *Conn) forgotten() *exchange {
	x, o := c.begin(), c.owed[0]
	c.owed, c.ids = c.owed[1:], c.ids-1
	x.tx.Reset(o.id)
	copy(c.open[c.next+1:], c.open[c.next:])
	c.open[c.next] = x
	x.logged, x.unseen, x.req.isHead, x.req.target = true, true, o.head, unseenTarget
	x.tx.Sides[app.ToServer].Done = true
	return x
}

// remove takes x out of open.
func (c *Conn) remove(x *exchange) {
	i := slices.Index(c.open, x)
	if i < 0 {
		return
	}
	if i < c.next {
		c.next--
	}
	c.open = slices.Delete(c.open, i, i+1)
	c.recycle(x)
}

func (c *Conn) recycle(x *exchange) {
	for dir := range x.tx.Sides {
		m := x.message(dir)
		c.closeFiles(m, true)
		m.codings.Release(c.cfg.Pool)
	}
	if len(c.mem.free) < keepFree {
		c.mem.free = append(c.mem.free, x)
	}
}

// complete ends the message of a direction. A transaction ends with both.
func (c *Conn) complete(dir int) {
	d := &c.dirs[dir]
	x := d.x
	m := x.message(dir)
	c.finishBody(dir, x, m)
	c.frame(dir, x, m)
	d.step, d.x = stepLine, nil
	d.scan = lines.Scanner{}
	if dir == app.ToServer && x.is09 {
		d.step = stepIgnore
	}
	x.tx.Sides[dir].Done = true
	c.show(x, dir)
	if dir == app.ToClient && c.next < len(c.open) && c.open[c.next] == x {
		c.next++
	}
	if x.tx.Sides[app.ToServer].Done && x.tx.Sides[app.ToClient].Done {
		c.log(x)
		c.remove(x)
	}
}

// frame shows a message: its head as sent, and what was looked at of its body, decoded.
func (c *Conn) frame(dir int, x *exchange, m *message) {
	kind := [2]rule.Buffer{rule.FrameHTTP1Request, rule.FrameHTTP1Response}[dir]
	if !c.cfg.Want.Has(kind) {
		return
	}
	c.mem.scratch = append(append(c.mem.scratch[:0], m.head...), m.body...)
	app.ShowFrame(c.sink, &x.tx, dir, kind, c.mem.scratch)
}

// log writes the record of a transaction once.
func (c *Conn) log(x *exchange) {
	if !x.logged && (x.req.ended || x.resp.ended || x.req.method != nil || x.unseen || x.resp.size > 0) {
		x.logged = true
		c.sink.Log(&x.tx, app.ToServer, "http")
	}
}

// event raises an event. It counts for both directions: rules of either look for it.
func (c *Conn) event(x *exchange, dir int, name string) {
	x.tx.Sides[app.ToServer].Event(name)
	x.tx.Sides[app.ToClient].Event(name)
	x.news = x.news || dir == app.ToClient
}

// show tells the sink of what is fresh in dir, and of events for the other direction.
func (c *Conn) show(x *exchange, dir int) {
	c.sink.Step(&x.tx, dir)
	if x.news {
		x.news = false
		c.sink.Step(&x.tx, app.ToServer)
	}
}
