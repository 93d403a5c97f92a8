package popcmd

import (
	"bytes"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/letter"
	"otasuke/internal/ascii"
	"otasuke/rule"
)

// Config says how conversations are read.
type Config struct {
	// Files gives the attachments of mails that are fetched.
	Files bool
}

// Limits.
const (
	// MaxCommand is the longest command line with its line end (RFC 2449 section 4).
	MaxCommand = 255
	// MaxReply is the longest reply line with its line end (RFC 2449 section 4 allows
	// 512); lines of messages are cut there.
	MaxReply = 512
	// MaxOpen bounds the commands that wait for a reply; what is over is told as an
	// event and the oldest are given up.
	MaxOpen = 256
	// MaxData bounds the lines of a reply that records show.
	MaxData = 64
	// maxArguments bounds what is kept of a command.
	maxArguments = 16
)

// lines cuts one direction into lines.
type lines struct {
	buf  []byte
	skip bool
}

// next takes the first line, cut at limit; long tells that more was left out.
func (l *lines) next(b []byte, limit int) (line, rest []byte, long, ok bool) {
	for len(b) > 0 {
		n := bytes.IndexByte(b, '\n') + 1
		end := n > 0
		if !end {
			n = len(b)
		}
		if l.skip {
			b, l.skip = b[n:], !end
			continue
		}
		if room := limit - len(l.buf); n > room {
			l.buf, b, l.skip = append(l.buf, b[:room]...), b[room:], true
			return l.buf, b, true, true
		}
		l.buf, b = append(l.buf, b[:n]...), b[n:]
		if end {
			return bytes.TrimRight(l.buf, "\r\n"), b, false, true
		}
	}
	return nil, nil, false, false
}

// Conn reads one conversation.
type Conn struct {
	sink    app.Sink
	cfg     Config
	lines   [2]lines
	mail    *letter.Letter // that is being fetched, nil for none
	cutter  letter.Cutter  // of its lines
	open    []*transaction // wait for their reply, oldest first
	next    uint64
	body    bool // inside a reply of several lines
	sasl    bool // the client's next line is no command
	stopped bool
	closed  [2]bool
}

// transaction is a command with its reply.
type transaction struct {
	app.Tx
	greeting bool   // the server spoke unasked
	command  string // as the client wrote it: names are known in capitals
	args     []string
	status   string // "OK", "ERR", empty without a reply
	header   string
	data     []string
	several  bool // a good reply has several lines
}

// New makes a reader that tells sink.
func New(sink app.Sink, cfg Config) *Conn { return &Conn{sink: sink, cfg: cfg} }

// Push implements [app.Reader].
func (c *Conn) Push(dir int, b []byte) {
	limit := MaxCommand
	if dir == app.ToClient {
		limit = MaxReply
	}
	for len(b) > 0 && !c.stopped {
		if dir == app.ToClient && c.mail != nil {
			b = c.mailBytes(b)
			continue
		}
		line, rest, long, ok := c.lines[dir].next(b, limit)
		if !ok {
			return
		}
		if dir == app.ToServer {
			c.request(line, long)
		} else {
			c.reply(line, long, rest)
		}
		c.lines[dir].buf = c.lines[dir].buf[:0]
		b = rest
	}
}

// Gap implements [app.Reader]: reading goes on with the next line.
func (c *Conn) Gap(dir, n int) {
	if dir == app.ToClient && c.mail != nil { // its end is looked for
		c.mail.Gap(n)
		c.cutter = letter.Cutter{}
		return
	}
	c.lines[dir] = lines{skip: true}
	if dir == app.ToClient {
		c.body = false
	}
}

// mailBytes reads lines of a mail that is fetched and returns what is behind it.
func (c *Conn) mailBytes(b []byte) []byte {
	for len(b) > 0 {
		l, rest, ok := c.cutter.Next(b)
		b = rest
		if !ok {
			continue
		}
		if !l.More && len(l.Text) > 0 && l.Text[0] == '.' { // RFC 1939 section 3
			if l.Text = l.Text[1:]; len(l.Text) == 0 && len(l.EOL) > 0 {
				c.finish()
				return b
			}
		}
		c.mail.Line(l, len(b))
	}
	return nil
}

// endMail ends the mail that is being fetched; cut tells that it was not seen to its end.
func (c *Conn) endMail(cut bool) {
	if c.mail != nil {
		c.mail.End(cut)
		c.mail, c.cutter = nil, letter.Cutter{}
	}
}

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
	c.endMail(true)
	for len(c.open) > 0 {
		c.finish()
	}
	c.lines = [2]lines{}
}

// finish ends the oldest transaction.
func (c *Conn) finish() {
	c.endMail(false)
	t := c.open[0]
	c.open[0] = nil
	c.open = c.open[1:]
	c.body = false
	t.Sides[0].Done, t.Sides[1].Done = true, true
	c.sink.Step(&t.Tx, app.ToServer)
	c.sink.Step(&t.Tx, app.ToClient)
	c.sink.Log(&t.Tx, app.ToClient, "pop3")
}

// event tells of an event; rules of both directions see it.
func (t *transaction) event(name string) {
	t.Sides[0].Event("pop3." + name)
	t.Sides[1].Event("pop3." + name)
}

func (c *Conn) begin() *transaction {
	t := &transaction{}
	t.Tx = app.Tx{ID: c.next, Proto: rule.ProtoPOP3, Recorder: recorder{}, User: t}
	c.next++
	return t
}

// isReply tells whether a line is a reply's first.
func isReply(line []byte) bool {
	return len(line) >= 3 && ascii.EqualFold(line[:3], "+OK") ||
		len(line) >= 4 && ascii.EqualFold(line[:4], "-ERR")
}

// request reads a command.
func (c *Conn) request(line []byte, long bool) {
	if c.sasl { // RFC 5034 section 4: an answer to the server's challenge
		c.sasl = false
		return
	}
	t := c.begin()
	if long {
		t.event("request_too_long")
	}
	t.parse(line)
	if len(c.open) == MaxOpen {
		t.event("too_many_transactions")
		c.finish()
	}
	c.open = append(c.open, t)
	t.Sides[app.ToServer].Done = true
	c.sink.Step(&t.Tx, app.ToServer)
}

// commands by name: how many arguments they take (RFC 1939, 2449, 5034, 6856) and
// whether a good reply has several lines, for those that take an argument or none only
// without.
var commands = map[string]struct {
	min, max int
	several  bool
}{
	"APOP": {2, 2, false}, "AUTH": {1, 2, false}, "CAPA": {0, 0, true}, "DELE": {1, 1, false},
	"LANG": {0, 1, true}, "LIST": {0, 1, true}, "NOOP": {0, 0, false}, "PASS": {1, maxArguments, false},
	"QUIT": {0, 0, false}, "RETR": {1, 1, true}, "RSET": {0, 0, false}, "STAT": {0, 0, false},
	"STLS": {0, 0, false}, "TOP": {2, 2, true}, "UIDL": {0, 1, true}, "USER": {1, 1, false},
	"UTF8": {0, 1, false},
}

func (t *transaction) parse(line []byte) {
	words := bytes.Fields(line)
	if len(words) == 0 {
		t.event("unknown_command")
		return
	}
	t.command = string(words[0])
	for _, w := range words[1:min(len(words), maxArguments+1)] {
		t.args = append(t.args, string(w))
	}
	want, ok := commands[t.command]
	if !ok {
		t.event("unknown_command")
		return
	}
	if len(t.args) < want.min || len(t.args) > want.max {
		t.event("incorrect_argument_count")
	}
	t.several = want.several && (want.min == want.max || len(t.args) == 0)
}

// reply reads a line of the server. rest are the bytes behind it.
func (c *Conn) reply(line []byte, long bool, rest []byte) {
	if len(c.open) == 0 {
		if !isReply(line) {
			return
		}
		t := c.begin() // the greeting
		t.greeting = true
		c.open = append(c.open, t)
	}
	t := c.open[0]
	if c.body {
		c.bodyLine(t, line)
		return
	}
	if long {
		t.event("response_too_long")
	}
	switch word, header, _ := bytes.Cut(line, []byte(" ")); {
	case ascii.EqualFold(word, "+OK"):
		t.status, t.header = "OK", string(header)
	case ascii.EqualFold(word, "-ERR"):
		t.status, t.header = "ERR", string(header)
	case string(word) == "+" && t.command == "AUTH":
		c.sasl = true
		return
	default:
		c.sink.Step(&t.Tx, app.ToClient)
		return // no reply: a line of one before
	}
	c.sink.Step(&t.Tx, app.ToClient)
	if c.cfg.Files && t.status == "OK" && (ascii.EqualFold(t.command, "RETR") || ascii.EqualFold(t.command, "TOP")) {
		c.mail = letter.New(c.sink, &t.Tx, app.ToClient) // however the client writes it
		return
	}
	if t.several && t.status == "OK" {
		c.body = true
		return
	}
	secure := t.command == "STLS" && t.status == "OK"
	c.finish()
	if secure {
		c.stop()
		c.sink.Become(rule.ProtoTLS, app.ToClient, rest)
	}
}

// bodyLine reads a line of a reply of several (RFC 1939 section 3).
func (c *Conn) bodyLine(t *transaction, line []byte) {
	if string(line) == "." {
		c.finish()
		return
	}
	if len(t.data) < MaxData {
		t.data = append(t.data, string(line))
	}
}
