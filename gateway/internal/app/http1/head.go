package http1

import (
	"bytes"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/http1/lines"
	"otasuke/internal/ascii"
)

// bite is how much of a push is taken into a head at once: a body behind a head is
// not copied.
const bite = 2 << 10

// readHead collects start line and headers, or a trailer, and returns the bytes
// behind them.
func (c *Conn) readHead(dir int, b []byte) []byte {
	d := &c.dirs[dir]
	if d.x == nil {
		for len(b) > 0 && (b[0] == '\r' || b[0] == '\n') { // RFC 9112 section 2.2
			b = b[1:]
		}
		if len(b) == 0 {
			return nil
		}
		c.start(dir)
		if d.step != stepLine {
			return b
		}
	}
	m := d.x.message(dir)
	for len(b) > 0 {
		buf := &m.head
		if d.step == stepTrailer {
			buf = &m.trailer
		}
		n := min(len(b), bite)
		*buf = append(*buf, b[:n]...)
		all := len(*buf)
		if c.takeLines(dir, *buf, b[n:], false) {
			at := d.scan.At
			*buf = (*buf)[:min(at, len(*buf))]
			d.scan = lines.Scanner{}
			return b[n-(all-at):]
		}
		b = b[n:]
		if len(*buf) > MaxHead || len(*buf)-d.scan.At > maxLine {
			c.event(d.x, dir, bySide(dir, evRequestTooLong, evResponseTooLong))
			c.kill(dir)
			return nil
		}
	}
	return nil
}

// start finds or makes the transaction for a message that begins.
func (c *Conn) start(dir int) {
	d := &c.dirs[dir]
	d.scan = lines.Scanner{}
	c.dropLines(dir)
	if dir == app.ToServer {
		d.x = c.begin()
		return
	}
	if len(c.owed) > 0 {
		d.x = c.forgotten()
		return
	}
	if c.next < len(c.open) {
		d.x = c.open[c.next]
		if d.x.is09 {
			d.step = stepUntilClose
		}
		return
	}
	x := c.begin()
	x.unseen = true
	x.req.target = unseenTarget
	x.tx.Sides[app.ToServer].Done = true
	c.event(x, dir, evUnmatched)
	d.x = x
}

// unseenTarget is what a response without a request is said to answer.
var unseenTarget = []byte("/libhtp::request_uri_not_seen")

// takeLines looks at the lines of buf that are whole. It returns true when what follows
// them is not of the head; more are the bytes that buf has not got yet.
func (c *Conn) takeLines(dir int, buf, more []byte, eof bool) bool {
	d := &c.dirs[dir]
	for {
		var f lines.Line
		var ok bool
		switch {
		case dir == app.ToServer:
			f, ok = d.scan.Request(buf, eof)
		case d.step == stepLine:
			f, ok = d.scan.Start(buf, eof)
		default:
			f, ok = d.scan.Response(buf, eof)
		}
		if !ok {
			return false
		}
		if d.step == stepLine {
			c.startLine(dir, buf, f, more)
			if d.step != stepHead {
				if d.step == stepLine {
					continue
				}
				return true
			}
			d.x.message(dir).raw = d.scan.At
			d.scan.From = d.scan.At
			continue
		}
		if f.Last {
			c.endHead(dir)
			return true
		}
		if len(c.found[dir]) < 2*maxHeaders {
			c.addLine(dir, f)
		}
	}
}

func (c *Conn) startLine(dir int, buf []byte, f lines.Line, more []byte) {
	d := &c.dirs[dir]
	if f.From == f.To {
		return
	}
	if dir == app.ToServer {
		c.requestLine(d.x, buf[f.From:f.To])
		c.afterRequestLine(d.x, buf[d.scan.At:])
		return
	}
	rest := buf[d.scan.At:]
	if len(rest) == 0 {
		rest = more
	}
	c.responseLine(d.x, buf[f.From:d.scan.At], buf[f.From:f.To], rest)
}

// endHead reads the headers, or the trailer, and goes on to the body.
func (c *Conn) endHead(dir int) {
	d := &c.dirs[dir]
	x := d.x
	m := x.message(dir)
	if d.step == stepTrailer {
		c.endTrailer(dir, x, m)
		return
	}
	m.head = m.head[:d.scan.At]
	c.fields(dir, x, m, m.head, c.found[dir])
	c.dropLines(dir)
	m.ended = true
	if dir == app.ToServer {
		c.endRequestHead(x, m)
	} else {
		c.endResponseHead(x, m)
	}
}

func (c *Conn) endTrailer(dir int, x *exchange, m *message) {
	if found := c.found[dir]; len(found) > 0 {
		c.fields(dir, x, m, m.trailer, found)
		c.dropLines(dir)
		c.trailerValues(dir, x, m)
	}
	c.dirs[dir].step = stepEnd
}

// closeHead ends a head that the end of the conversation cuts: its start line counts.
func (c *Conn) closeHead(dir int) {
	d := &c.dirs[dir]
	if d.x == nil {
		return
	}
	m := d.x.message(dir)
	buf := m.head
	if d.step == stepTrailer {
		buf = m.trailer
	}
	if !c.takeLines(dir, buf, nil, true) && d.x != nil && (d.step == stepHead || d.step == stepTrailer) {
		c.dropLines(dir)
		c.endHead(dir)
	}
}

// trailerValues adds what a trailer (RFC 9110 section 6.5) brought.
func (c *Conn) trailerValues(dir int, x *exchange, m *message) {
	c.headerValues(dir, x, m, true)
}

// protocol is a version of HTTP.
type protocol uint8

const (
	httpInvalid protocol = iota
	http09
	http10
	http11
)

// parseProtocol reads "HTTP/1.1" with what servers overlook: case, space around its
// parts, zeros before the number.
func parseProtocol(b []byte) protocol {
	b = bytes.TrimLeft(b, " \t\n\v\f\r\x00")
	if len(b) < 4 || !ascii.EqualFold(b[:4], "HTTP") {
		return httpInvalid
	}
	b = trim(b[4:], isSpace)
	if len(b) == 0 || b[0] != '/' {
		return httpInvalid
	}
	b = bytes.TrimLeft(b[1:], " \t\n\v\f\r0")
	switch string(b) {
	case ".9":
		return http09
	case "1.0":
		return http10
	case "1.1":
		return http11
	}
	return httpInvalid
}
