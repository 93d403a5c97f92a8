package ftpcmd

import (
	"bytes"

	"otasuke/gateway/internal/app"
	"otasuke/rule"
)

// Limits.
const (
	// MaxLine bounds a line in bytes without its line end; the rest of a longer one is
	// passed over. Paths have up to 4096 bytes.
	MaxLine = 4096
	// MaxOpen bounds the commands that wait for their reply.
	MaxOpen = 1024
	// MaxReplies bounds the lines kept of one command's replies: directory listings
	// in a STAT reply are the longest.
	MaxReplies = 256
)

// Modes of data conversations, the values of the buffer ftp.mode.
const (
	Passive = 0 // the client opens it
	Active  = 1 // the server does
)

// Config says how a conversation is read.
type Config struct {
	// Secure tells that an accepted AUTH TLS (RFC 4217) makes the conversation TLS.
	// Otherwise its bytes are read as FTP on and on, as Suricata 8.0 does.
	Secure bool
}

// Conn reads one control conversation.
type Conn struct {
	sink    app.Sink
	cfg     Config
	lines   [2]lineReader
	open    []*transaction // not complete, oldest first
	several *transaction   // inside a reply of several lines
	next    uint64
	last    *command // the latest command
	stopped bool
	closed  [2]bool

	asked  uint16 // port of the latest PORT or EPRT
	port   uint16 // of the data conversation to come, 0 for none
	active bool
}

// transaction is a command with its replies.
type transaction struct {
	app.Tx
	command   *command // nil when unknown
	data      []byte
	has       bool // there is a command line at all
	truncated bool // the line was cut
	port      uint16
	active    bool
	replied   bool
	stray     bool // lines that answer nothing and have no code
	codes     []string
	replies   []string
	cutReply  bool
}

// New makes a reader that tells sink.
func New(sink app.Sink, cfg Config) *Conn { return &Conn{sink: sink, cfg: cfg} }

// Push implements [app.Reader].
func (c *Conn) Push(dir int, b []byte) {
	for len(b) > 0 && !c.stopped {
		line, cut, rest, ok := c.lines[dir].next(b)
		if !ok {
			return
		}
		if dir == app.ToServer {
			c.request(line, cut)
		} else {
			c.reply(line, cut, rest)
		}
		c.lines[dir].taken()
		b = rest
	}
}

// Gap implements [app.Reader]: commands and replies cannot be related behind missing
// bytes.
func (c *Conn) Gap(int, int) { c.stop() }

// Close implements [app.Reader].
func (c *Conn) Close(dir int) {
	c.closed[dir] = true
	if c.closed[0] && c.closed[1] {
		c.stop()
	}
}

func (c *Conn) stop() {
	if c.stopped {
		return
	}
	c.stopped = true
	for len(c.open) > 0 {
		c.finish(c.open[0])
	}
	c.lines = [2]lineReader{}
}

// begin makes a transaction.
func (c *Conn) begin() *transaction {
	t := &transaction{}
	t.Tx = app.Tx{ID: c.next, Proto: rule.ProtoFTP, Recorder: recorder{}, User: t}
	c.next++
	if len(c.open) == MaxOpen {
		t.event("too_many_transactions")
		c.finish(c.open[0])
	}
	c.open = append(c.open, t)
	return t
}

// finish ends a transaction, which is the oldest.
func (c *Conn) finish(t *transaction) {
	c.open[0] = nil
	c.open = c.open[1:]
	if c.several == t {
		c.several = nil
	}
	t.Sides[0].Done, t.Sides[1].Done = true, true
	c.step(t)
	c.sink.Log(&t.Tx, app.ToClient, "ftp")
}

func (c *Conn) step(t *transaction) {
	c.sink.Step(&t.Tx, app.ToServer)
	c.sink.Step(&t.Tx, app.ToClient)
}

// event tells of an event; rules of both directions see it.
func (t *transaction) event(name string) { t.both(func(s *app.Side) { s.Event("ftp." + name) }) }

func (t *transaction) both(do func(*app.Side)) {
	do(&t.Sides[0])
	do(&t.Sides[1])
}

// setPort notes the port of a data conversation.
func (t *transaction) setPort(port uint16, active bool) {
	t.port, t.active = port, active
	mode := uint64(Passive)
	if active {
		mode = Active
	}
	t.both(func(s *app.Side) {
		s.Number(rule.FTPDynamicPort, uint64(port))
		s.Number(rule.FTPMode, mode)
	})
}

// request reads a command line.
func (c *Conn) request(line []byte, cut bool) {
	if c.several != nil && c.several.stray {
		c.finish(c.several)
	}
	t := c.begin()
	t.has, t.truncated = true, cut
	if cut {
		t.event("request_command_too_long")
	}
	side := &t.Sides[app.ToServer]
	if t.command = find(line); t.command != nil {
		side.Put(rule.FTPCommand, []byte(t.command.name))
		if at := len(t.command.name) + 1; len(line) > at {
			t.data = bytes.Clone(line[at:])
			side.Put(rule.FTPCommandData, t.data)
		}
	}
	c.last = t.command
	if t.command != nil {
		c.act(t)
	}
	c.step(t)
}

// act does what a command means for the conversations to come.
func (c *Conn) act(t *transaction) {
	switch t.command.kind {
	case setsPort, setsExtendedPort:
		parse := parsePort
		if t.command.kind == setsExtendedPort {
			parse = parseExtendedPort
		}
		if c.asked = parse(t.data); c.asked != 0 {
			t.setPort(c.asked, true)
		}
	case transfers, transfersUnnamed, lists:
		name := t.data
		switch {
		case t.command.kind == lists:
			name = nil
		case len(name) == 0 && t.command.kind == transfersUnnamed:
			name = []byte("<stou>") // RFC 959 section 4.1.3: the server finds a name
		case len(name) == 0:
			t.event("file_without_name")
			return
		}
		if c.port == 0 {
			if t.command.kind != lists {
				t.event("file_before_port")
			}
			return
		}
		c.sink.Expect(app.Expected{
			FromServer: c.active, Port: c.port, Proto: rule.ProtoFTPData,
			Command: []byte(t.command.name), File: name,
		})
		c.port = 0
	}
}

// reply reads a line of the server. rest are the bytes behind it.
func (c *Conn) reply(line []byte, cut bool, rest []byte) {
	code, more := replyCode(line)
	t := c.several
	switch {
	case t != nil:
	case len(c.open) > 0:
		t = c.open[0]
	default:
		t = c.begin()
		if t.stray = code == ""; t.stray {
			c.several = t
		}
	}
	if c.several != nil && (code == "" || more) {
		t.addReply(line, code, cut)
		return
	}
	t.addReply(line, code, cut)
	c.step(t)
	c.dataPort(t, line)
	secure := c.cfg.Secure && code == "234" && t.command != nil && t.command.kind == secures
	switch {
	case more:
		c.several = t
	case len(line) > 0 && line[0] == '1': // preliminary: another follows
		c.several = nil
	default:
		c.finish(t)
	}
	if secure {
		c.stop()
		c.sink.Become(rule.ProtoTLS, app.ToClient, rest)
	}
}

// dataPort takes from a reply where the data conversation will be.
func (c *Conn) dataPort(t *transaction, line []byte) {
	if c.last == nil {
		return
	}
	switch c.last.kind {
	case setsPort, setsExtendedPort:
		if c.asked != 0 {
			c.port, c.active = c.asked, true
		}
		return
	case asksPort:
		if bytes.HasPrefix(line, []byte("227 ")) {
			c.port = parsePassive(line)
		}
	case asksExtendedPort:
		if bytes.HasPrefix(line, []byte("229 ")) {
			c.port = parseExtendedPassive(line)
		}
	default:
		return
	}
	if c.port != 0 && t.port == 0 {
		c.active = false
		t.setPort(c.port, false)
		c.step(t)
	}
}

// addReply keeps a line of a reply.
func (t *transaction) addReply(line []byte, code string, cut bool) {
	side := &t.Sides[app.ToClient]
	if cut {
		t.cutReply = true
		t.event("response_command_too_long")
	}
	if !t.replied {
		t.replied = true
		side.Number(rule.FTPReplyReceived, 1)
	}
	if len(t.replies) == MaxReplies {
		return
	}
	if code != "" {
		t.codes = append(t.codes, code)
		side.Put(rule.FTPCompletionCode, []byte(code))
		line = line[min(4, len(line)):]
	}
	t.replies = append(t.replies, string(line))
	side.Put(rule.FTPReply, bytes.Clone(line))
}
