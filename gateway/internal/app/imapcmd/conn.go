// Package imapcmd reads IMAP conversations (RFC 9051, RFC 3501) as far as they carry mail:
// what a client fetches and what it appends. Everything that is transferred as a literal
// or as a quoted string behind the name of a mail's part is a mail or a part of one, and
// its attachments are files. Commands and answers are not told.
//
// Pieces of a mail that are fetched one after the other are one mail. What tells the encoding
// of a part that is fetched alone may have been said in another conversation, so such a part
// is a file in each encoding.
// Behind STARTTLS and COMPRESS nothing is read. Memory is bounded by the Max constants.
// Used by the engine.
//
// Pure: no goroutine, clock or I/O.
package imapcmd

import (
	"bytes"

	"otasuke/gateway/internal/app"
	"otasuke/internal/ascii"
	"otasuke/rule"
)

// Limits.
const (
	// MaxLine of a command or answer without its literals; the rest of a longer one is
	// passed over. Servers take 8 KiB and more.
	MaxLine = 64 << 10
	// MaxLiteral is the largest number that is read as the length of a literal: RFC 9051
	// section 4.3 allows 63 bits.
	MaxLiteral = 1 << 62
	// MaxTags bounds the commands that are remembered until they are answered.
	MaxTags = 32
)

// half is one direction.
type half struct {
	line    []byte // without literals
	start   int    // of line: what is not looked at yet
	skip    bool   // the rest of a long line is passed over
	literal uint64 // bytes of it to come
	waits   bool   // it comes only when the server agrees (RFC 9051 section 4.3)
	mail    part   // takes it
	lost    bool   // bytes are missing: the next line is looked for
}

// Conn reads one conversation.
type Conn struct {
	sink    app.Sink
	half    [2]half
	next    uint64
	tags    []tag
	stopped bool
	closed  [2]bool
}

// tag is a command that ends the reading when the server agrees.
type tag struct {
	name   string
	become rule.Proto
}

// New makes a reader that tells sink.
func New(sink app.Sink) *Conn { return &Conn{sink: sink} }

// Push implements [app.Reader].
func (c *Conn) Push(dir int, b []byte) {
	h := &c.half[dir]
	for len(b) > 0 && !c.stopped {
		if h.literal > 0 {
			n := int(min(h.literal, uint64(len(b))))
			h.waits = false
			h.literal -= uint64(n)
			h.mail.write(b[:n], len(b)-n, h.literal)
			if b = b[n:]; h.literal == 0 {
				h.mail.endPiece()
			}
			continue
		}
		b = c.collect(dir, b)
	}
}

// collect takes bytes of a line and reads it at its end.
func (c *Conn) collect(dir int, b []byte) (rest []byte) {
	h := &c.half[dir]
	n := bytes.IndexByte(b, '\n') + 1
	end := n > 0
	if !end {
		n = len(b)
	}
	if room := MaxLine - len(h.line); n > room {
		h.line = append(h.line, b[:room]...)
		h.skip = true
		h.line = keepTail(h.line, b[room:n])
	} else {
		h.line = append(h.line, b[:n]...)
	}
	if rest = b[n:]; !end {
		return rest
	}
	if !h.lost {
		c.lineEnd(dir, rest)
	}
	if h.lost = false; h.literal == 0 {
		h.line, h.start, h.skip = h.line[:0], 0, false
		if cap(h.line) > MaxLine/4 { // long lines are rare
			h.line = nil
		}
	}
	return rest
}

// tail is how much of the end of a long line is kept: a literal may follow it.
const tail = 256

// keepTail puts what is next in place of the end of a line that is full.
func keepTail(line, b []byte) []byte {
	if len(b) > tail {
		b = b[len(b)-tail:]
	}
	end := line[len(line)-tail:]
	copy(end, end[len(b):])
	copy(end[tail-len(b):], b)
	return line
}

// lineEnd reads a line up to a literal or its end. rest are the bytes behind it.
func (c *Conn) lineEnd(dir int, rest []byte) {
	h := &c.half[dir]
	text := bytes.TrimRight(h.line[h.start:], "\r\n")
	size, sync, literal := literalAt(text)
	what := text
	if literal {
		what = text[:bytes.LastIndexByte(text, '{')]
	}
	first := h.start == 0
	c.quoted(dir, what)
	if literal {
		h.literal, h.waits = size, sync && dir == app.ToServer
		h.mail.begin(c, dir, c.names(dir, what))
		if h.start = len(h.line); size == 0 {
			h.mail.endPiece()
			h.literal = 0
		}
		if h.start > MaxLine/2 { // an answer of many literals
			h.line, h.start = append(h.line[:0], h.line[:min(len(h.line), tail)]...), min(len(h.line), tail)
		}
		return
	}
	if first {
		c.command(dir, text, rest)
	}
}

// literalAt reads the length of a literal at the end of a line: {12}, {12+} or ~{12}.
func literalAt(b []byte) (n uint64, sync, ok bool) {
	if len(b) < 3 || b[len(b)-1] != '}' {
		return 0, false, false
	}
	b = b[:len(b)-1]
	if sync = b[len(b)-1] != '+'; !sync {
		b = b[:len(b)-1]
	}
	open := bytes.LastIndexByte(b, '{')
	digits := b[open+1:]
	if open < 0 || len(digits) == 0 {
		return 0, false, false
	}
	for _, d := range digits {
		if d < '0' || d > '9' || n > MaxLiteral/10 {
			return 0, false, false
		}
		n = n*10 + uint64(d-'0')
	}
	return n, sync, true
}

// command looks for what ends the reading, and for refused literals.
func (c *Conn) command(dir int, text []byte, rest []byte) {
	words := bytes.Fields(text[:min(len(text), tail)])
	if len(words) < 2 {
		return
	}
	if dir == app.ToServer {
		become := rule.ProtoUnknown
		switch {
		case ascii.EqualFold(words[1], "STARTTLS"):
			become = rule.ProtoTLS
		case ascii.EqualFold(words[1], "COMPRESS"):
		default:
			return
		}
		if len(c.tags) == MaxTags {
			c.tags = c.tags[1:]
		}
		c.tags = append(c.tags, tag{string(words[0]), become})
		return
	}
	if h := &c.half[0]; h.waits && string(words[0]) != "*" && string(words[0]) != "+" && bytes.HasPrefix(h.line, append(words[0], ' ')) {
		h.literal, h.waits = 0, false // RFC 9051 section 4.3: refused, it does not come
		h.mail.end(true)
		h.line, h.start = h.line[:0], 0
	}
	for i, t := range c.tags {
		if t.name != string(words[0]) {
			continue
		}
		c.tags = append(c.tags[:i], c.tags[i+1:]...)
		if ascii.EqualFold(words[1], "OK") {
			c.stop()
			if t.become != rule.ProtoUnknown {
				c.sink.Become(t.become, dir, rest)
			}
		}
		return
	}
}

// Gap implements [app.Reader]: reading goes on with the next line.
func (c *Conn) Gap(dir, n int) {
	h := &c.half[dir]
	if h.literal > 0 {
		m := min(uint64(n), h.literal)
		h.mail.gap(int(m))
		h.literal -= m
		if n -= int(m); h.literal == 0 {
			h.mail.endPiece()
		}
	}
	if n > 0 {
		h.line, h.start, h.lost = h.line[:0], 0, true
	}
}

// Close implements [app.Reader].
func (c *Conn) Close(dir int) {
	c.closed[dir] = true
	c.half[dir].mail.end(c.half[dir].literal > 0)
	if c.closed[0] && c.closed[1] {
		c.stop()
	}
}

func (c *Conn) stop() {
	c.stopped = true
	for dir := range c.half {
		c.half[dir].mail.end(c.half[dir].literal > 0)
		c.half[dir] = half{}
	}
}
