package smtpcmd

import (
	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/mimemsg"
	"otasuke/rule"
)

// Limits.
const (
	// MaxLine bounds a command or reply line in bytes with its line end: RFC 5321
	// section 4.5.3.1 allows 512, AUTH and MAIL with parameters more. The rest of a
	// longer line is passed over.
	MaxLine = 4096
	// MaxPiece is the size of pieces in which longer lines of a message are read.
	MaxPiece = 8 << 10
	// MaxRecipients bounds what one transaction keeps; RFC 5321 section 4.5.3.1.8
	// demands 100.
	MaxRecipients = 1024
	// MaxPending bounds the commands without a reply.
	MaxPending = 65535
	// MaxHeaderValues bounds the values that one message gives to rules.
	MaxHeaderValues = 256
)

type command uint8

const (
	other command = iota
	startTLS
	data
	bdat
	rset
	dataEnd // the dot that ends a message, which is replied to as well
)

// Conn reads one conversation.
type Conn struct {
	sink    app.Sink
	cfg     Config
	lines   [2]lineReader
	tx      *transaction
	next    uint64 // id of the next transaction
	helo    []byte
	pending []command // commands; those before replied have their reply
	replied int
	current command

	greeted    bool // the first reply was seen
	pipelining bool // the server allows it
	multiline  bool // inside a reply of several lines
	inData     bool // the client sends a message
	stopped    bool
	closed     [2]bool
	left       int // bytes at hand behind the client's line

	chunk, chunkSeen uint64     // of BDAT
	lastChunk        bool       // the message ends with it
	behindChunk      bool       // the next line comes behind it
	message          lineReader // of the chunks: they may cut lines anywhere
}

// New makes a reader that tells sink.
func New(sink app.Sink, cfg Config) *Conn { return &Conn{sink: sink, cfg: cfg} }

// Push implements [app.Reader].
func (c *Conn) Push(dir int, b []byte) {
	for len(b) > 0 && !c.stopped {
		if dir == app.ToServer && c.inData && c.current == bdat {
			b = c.chunkBytes(b)
			continue
		}
		long := dir == app.ToServer && c.inData && c.current == data
		var l line
		var ok bool
		l, b, ok = c.lines[dir].next(b, long)
		if !ok {
			return
		}
		if dir == app.ToServer {
			c.left = len(b)
			c.request(l)
		} else {
			c.reply(l, b)
		}
		c.lines[dir].taken()
	}
}

// Gap implements [app.Reader]: commands and replies cannot be told apart behind
// missing bytes.
func (c *Conn) Gap(int, int) { c.stop() }

// Close implements [app.Reader].
func (c *Conn) Close(dir int) {
	c.closed[dir] = true
	if c.closed[0] && c.closed[1] {
		c.stop()
	}
}

// stop ends the reading: what was begun is told as it stands.
func (c *Conn) stop() {
	if c.stopped {
		return
	}
	c.stopped = true
	if l, ok := c.lines[app.ToServer].last(); ok && c.inData && c.current == data {
		c.dataLine(l)
	}
	c.endChunks()
	if c.tx != nil && !c.tx.done {
		c.complete(true)
	}
	c.lines = [2]lineReader{}
	c.pending = nil
}

// begin makes the transaction that the next command belongs to.
func (c *Conn) begin() {
	t := &transaction{conn: c}
	t.Tx = app.Tx{ID: c.next, Proto: rule.ProtoSMTP, Recorder: recorder{}, User: t}
	c.next++
	c.tx = t
	if c.helo != nil {
		t.Sides[app.ToServer].Put(rule.SMTPHelo, c.helo)
	}
}

// complete ends the current transaction. cut tells that the message was not seen to its
// end.
func (c *Conn) complete(cut bool) {
	t := c.tx
	if t.message != nil && !t.ended {
		t.cut = cut
		t.message.End(cut)
		t.ended = true
	}
	t.done = true
	t.Sides[0].Done, t.Sides[1].Done = true, true
	c.step(app.ToServer)
	c.step(app.ToClient)
	c.sink.Log(&t.Tx, app.ToServer, "smtp")
}

func (c *Conn) step(dir int) { c.sink.Step(&c.tx.Tx, dir) }

// event tells of an event in the current transaction; rules of both directions see it.
func (c *Conn) event(name string) {
	if c.tx == nil || c.tx.events[name] {
		return
	}
	if c.tx.events == nil {
		c.tx.events = map[string]bool{}
	}
	c.tx.events[name] = true
	c.tx.Sides[0].Event("smtp." + name)
	c.tx.Sides[1].Event("smtp." + name)
}

// transaction is one message.
type transaction struct {
	app.Tx
	conn       *Conn
	from       []byte
	recipients [][]byte
	message    *mimemsg.Message
	file       *app.File
	values     int
	events     map[string]bool // told already
	dataSeen   bool            // DATA was given
	ended      bool            // the message ended
	cut        bool
	done       bool
}
