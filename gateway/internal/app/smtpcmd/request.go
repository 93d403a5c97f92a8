package smtpcmd

import (
	"bytes"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/mimemsg"
	"otasuke/rule"
)

// request reads a line of the client.
func (c *Conn) request(l line) {
	if c.tx == nil || c.tx.done && !c.goesOn(l.text) {
		c.begin()
	}
	if !c.greeted {
		c.event("no_server_welcome_message")
	}
	if c.inData {
		c.dataLine(l)
		return
	}
	if l.cut {
		c.event("truncated_line")
	}
	app.ShowFrame(c.sink, &c.tx.Tx, app.ToServer, rule.FrameSMTPCommandLine, l.whole())
	if c.behindChunk && !isCommand(l.text) {
		c.event("bdat_chunk_len_exceeded")
	}
	c.behindChunk = false
	if c.command(l.text) {
		c.push(c.current)
		c.step(app.ToServer)
	}
	if len(c.tx.Sides[app.ToClient].Values) > 0 {
		c.step(app.ToClient)
	}
}

// goesOn tells whether a command behind a complete transaction is still part of it.
func (c *Conn) goesOn(b []byte) bool { return !c.inData && hasFold(b, "rset") }

// command reads a command (RFC 5321 section 4.1). ok is false when it counts for nothing
// or ended the reading.
func (c *Conn) command(b []byte) (ok bool) {
	c.current = other
	switch {
	case hasFold(b, "starttls"):
		c.current = startTLS
	case hasFold(b, "data"):
		return c.dataCommand()
	case hasFold(b, "bdat"):
		return c.bdatCommand(b)
	case hasFold(b, "helo"), hasFold(b, "ehlo"):
		if c.helo != nil {
			c.event("duplicate_fields")
		} else if v := argument(b, 5); v != nil {
			c.helo = bytes.Clone(v)
			c.tx.Sides[app.ToServer].Put(rule.SMTPHelo, c.helo)
		}
	case hasFold(b, "mail from"):
		if c.tx.from != nil {
			c.event("duplicate_fields")
		} else if v := argument(b, 10); v != nil {
			c.tx.from = bytes.Clone(v)
			c.tx.Sides[app.ToServer].Put(rule.SMTPMailFrom, c.tx.from)
		}
	case hasFold(b, "rcpt to"):
		if v := argument(b, 8); v != nil && len(c.tx.recipients) < MaxRecipients {
			v = bytes.Clone(v)
			c.tx.recipients = append(c.tx.recipients, v)
			c.tx.Sides[app.ToServer].Put(rule.SMTPRcptTo, v)
		}
	case hasFold(b, "rset"):
		c.message = lineReader{}
		c.current = rset
	}
	return true
}

// dataCommand reads DATA.
func (c *Conn) dataCommand() bool {
	c.current = data
	if c.tx.dataSeen { // the one before was not accepted
		c.event("unparsable_content")
		c.step(app.ToServer)
		return false
	}
	c.tx.dataSeen = true
	c.tx.message = c.newMessage()
	c.inData = c.pipelining
	return true
}

func (c *Conn) newMessage() *mimemsg.Message {
	m := mimemsg.New(c.tx, "http")
	m.AllParts, m.Begins = c.cfg.AllParts, c.tx.begins
	return m
}

// bdatCommand reads BDAT (RFC 3030 section 2).
func (c *Conn) bdatCommand(b []byte) bool {
	c.current = bdat
	arg := bytes.TrimLeft(b[4:], " ")
	n, digits := uint64(0), 0
	for digits < len(arg) && arg[digits] >= '0' && arg[digits] <= '9' {
		n = min(n*10+uint64(arg[digits]-'0'), 1<<60)
		digits++
	}
	if digits == 0 || len(arg) == len(b)-4 {
		c.stop()
		return false
	}
	c.chunk, c.chunkSeen = n, 0
	c.lastChunk = hasFold(bytes.TrimLeft(arg[digits:], " "), "last")
	if c.tx.message == nil && !c.tx.ended {
		c.tx.message = c.newMessage()
	}
	if c.inData = n > 0; !c.inData {
		c.push(bdat)
		c.endChunk()
		return false
	}
	return true
}

// chunkBytes reads the bytes of a chunk and returns those behind it.
func (c *Conn) chunkBytes(b []byte) []byte {
	n := min(uint64(len(b)), c.chunk-c.chunkSeen)
	c.chunkSeen += n
	for part := b[:n]; len(part) > 0; {
		var l line
		var ok bool
		if l, part, ok = c.message.next(part, true); ok {
			c.messageLine(l)
			c.message.taken()
		}
	}
	b = b[n:]
	if c.chunkSeen < c.chunk {
		return b
	}
	c.inData, c.behindChunk = false, true
	c.endChunk()
	return b
}

// endChunk ends a chunk, and with the last one the message.
func (c *Conn) endChunk() {
	if !c.lastChunk {
		return
	}
	c.endChunks()
	if !c.tx.done {
		c.complete(false)
	}
}

// endChunks reads the line that no line end ends.
func (c *Conn) endChunks() {
	if l, ok := c.message.last(); ok {
		c.messageLine(l)
	}
	c.message = lineReader{}
}

func (c *Conn) messageLine(l line) {
	if c.tx != nil && c.tx.message != nil && !c.tx.ended { // nil when RSET was accepted
		c.tx.message.Line(l.text, l.eol, l.more)
	}
}

// isCommand tells that b is one of the commands that may follow a chunk.
func isCommand(b []byte) bool {
	for _, name := range [...]string{"bdat", "rset", "quit", "noop", "mail", "rcpt", "ehlo", "helo", "vrfy", "data"} {
		if hasFold(b, name) {
			return true
		}
	}
	return false
}

// dataLine reads a line in data mode.
func (c *Conn) dataLine(l line) {
	if c.current == data {
		if !l.more && len(l.text) == 1 && l.text[0] == '.' {
			c.inData = false
			c.push(dataEnd)
			c.complete(false)
			return
		}
		if !l.more && len(l.text) > 1 && l.text[0] == '.' { // RFC 5321 section 4.5.2
			l.text = l.text[1:]
		}
		c.messageLine(l)
	}
}

// push notes a command that will be replied to.
func (c *Conn) push(cmd command) {
	if n := len(c.pending); n > c.replied && (c.pending[n-1] == startTLS || c.pending[n-1] == data) {
		// RFC 2920 section 3.1: these end a group of commands.
		c.event("invalid_pipelined_sequence")
	}
	if len(c.pending) < MaxPending {
		c.pending = append(c.pending, cmd)
	}
}

// argument is the word behind a command's name: from n on, up to a space, where
// parameters begin (RFC 5321 section 4.1.1.11). nil when there is none.
func argument(b []byte, n int) []byte {
	if len(b) <= n {
		return nil
	}
	b = bytes.TrimLeft(b[n:], " ")
	if i := bytes.IndexByte(b, ' '); i >= 0 {
		b = b[:i]
	}
	if len(b) == 0 {
		return nil
	}
	return b
}

// hasFold tells whether b begins with s, which is in lower case.
func hasFold(b []byte, s string) bool {
	if len(b) < len(s) {
		return false
	}
	for i := range len(s) {
		c := b[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != s[i] {
			return false
		}
	}
	return true
}
