package http1

import (
	"bytes"

	"otasuke/gateway/internal/app"
	"otasuke/internal/ascii"
	"otasuke/rule"
)

// responseLine reads a line that a response may start with. Browsers take what does
// not look like one for the body.
func (c *Conn) responseLine(x *exchange, whole, line, rest []byte) {
	d := &c.dirs[app.ToClient]
	m := &x.resp
	if isBody(line) {
		if len(rest) > 1 && (rest[0] == 'H' || len(line) <= 2) {
			return // the response comes next
		}
		c.body(app.ToClient, x, whole, len(whole))
		if len(rest) == 0 {
			d.step = stepUntilClose
		}
		return
	}
	m.line = line
	line = bytes.TrimLeft(line, " \t\n\v\f\r\x00")
	m.version, line = word(line)
	m.protocol = parseProtocol(m.version)
	m.status, line = word(line)
	m.code = statusCode(m.status)
	m.reason = line
	d.step = stepHead
}

// isBody says that a line does not begin with "HTTP".
func isBody(line []byte) bool {
	line = bytes.TrimLeft(line, " \t\n\v\f\r\x00")
	return len(line) < 4 || !ascii.EqualFold(line[:4], "HTTP")
}

// word cuts a word off, and the white space behind it.
func word(b []byte) (w, rest []byte) {
	i := 0
	for i < len(b) && !isSpace(b[i]) {
		i++
	}
	j := i
	for j < len(b) && isSpace(b[j]) {
		j++
	}
	return b[:i:i], b[j:]
}

// statusCode reads a status; -1 is none.
func statusCode(b []byte) int {
	n := 0
	for _, ch := range b {
		if ch < '0' || ch > '9' || n > 999 {
			return -1
		}
		n = n*10 + int(ch-'0')
	}
	if n < 100 || n > 999 {
		return -1
	}
	return n
}

// endResponseHead decides on the body (RFC 9112 section 6.3) and shows the head.
func (c *Conn) endResponseHead(x *exchange, m *message) {
	d := &c.dirs[app.ToClient]
	te, cl := m.get(hdrTransferEncoding), m.get(hdrContentLength)
	length, hasLength := int64(0), false
	if cl != nil {
		length, hasLength = parseLength(cl)
	}
	if m.code == 100 && te == nil && length <= 0 {
		c.interim(x, m)
		return
	}
	c.responseValues(x, m)
	switch {
	case x.req.isConnect && m.code >= 200 && m.code <= 299,
		m.code == 101 && te == nil && cl == nil,
		x.req.isHead,
		(m.code >= 100 && m.code <= 199 || m.code == 204 || m.code == 304) && te == nil && cl == nil:
		d.step = stepEnd
	case te != nil && holds(te, "chunked"):
		c.startChunked(x, m, te)
	case cl != nil && !hasLength:
		c.event(x, app.ToClient, evResponseLength)
		c.show(x, app.ToClient)
		c.kill(app.ToClient)
		return
	case cl != nil:
		m.length, d.left = length, length
		if d.step = stepBody; length == 0 {
			d.step = stepEnd
		}
	default:
		d.step = stepUntilClose
	}
	if d.step != stepEnd {
		tooMany, odd := m.codings.Response(m.get(hdrContentEncoding), c.cfg.Layers, c.cfg.Pool, (*decoded)(m))
		if tooMany {
			c.event(x, app.ToClient, evTooManyLayers)
		}
		if odd {
			c.event(x, app.ToClient, evAbnormalCE)
		}
		c.show(x, app.ToClient)
	}
	c.unexpect(x, m)
}

func (c *Conn) startChunked(x *exchange, m *message, te []byte) {
	d := &c.dirs[app.ToClient]
	if !ascii.EqualFold(te, "chunked") {
		c.event(x, app.ToClient, evAbnormalTE)
	}
	if m.protocol != http11 {
		c.event(x, app.ToClient, evChunkedOld)
	}
	m.chunked, d.step, d.line = true, stepChunkLen, d.line[:0]
}

// interim forgets a 100 Continue: the real response follows.
func (c *Conn) interim(x *exchange, m *message) {
	d := &c.dirs[app.ToClient]
	if x.continued {
		c.event(x, app.ToClient, evContinueTwice)
		c.kill(app.ToClient)
		return
	}
	x.continued = true
	m.reset()
	d.step = stepLine
}

// unexpect ends a request whose body will not come: the server refused a request that
// waits for 100 Continue (RFC 9110 section 10.1.1).
func (c *Conn) unexpect(x *exchange, m *message) {
	d := &c.dirs[app.ToServer]
	if m.code < 400 || m.code > 499 || d.x != x || d.step != stepBody || d.left != x.req.length {
		return
	}
	if ascii.EqualFold(x.req.get(hdrExpect), "100-continue") {
		d.step = stepEnd
	}
}

// responseRest looks at what came with the end of a response: lines that do not look
// like a response belong to its body.
func (c *Conn) responseRest(b []byte) []byte {
	d := &c.dirs[app.ToClient]
	x := d.x
	m := &x.resp
	switches := x.req.isConnect && m.code >= 200 && m.code <= 299 || m.code == 101 && m.length < 0 && !m.chunked
	b = d.withHeld(b)
	for len(b) > 0 && !switches {
		verdict := beginsResponse(b)
		if verdict == Maybe {
			d.line = append(d.line, b...)
			return nil
		}
		if verdict == Yes {
			break
		}
		line := firstLine(b)
		if m.once(flagRest) {
			c.event(x, app.ToClient, evResponseBody)
		}
		c.body(app.ToClient, x, line, len(line))
		b = b[len(line):]
	}
	next, connect := rule.ProtoUnknown, x.req.isConnect
	if connect && !switches {
		c.noTunnel(x)
	}
	if m.code == 101 {
		next = upgrade(m.get(hdrUpgrade))
	}
	c.complete(app.ToClient)
	switch {
	case switches:
		c.become(next, app.ToClient, b)
		return nil
	case connect && c.dirs[app.ToServer].step == stepWait:
		c.refused()
	}
	return b
}

// beginsResponse says whether the first line begins with "HTTP".
func beginsResponse(b []byte) Verdict {
	line := firstLine(b)
	if !isBody(line) {
		return Yes
	}
	line = bytes.TrimLeft(line, " \t\n\v\f\r\x00")
	if n := len(line); n > 0 && n < 4 && ascii.EqualFold(line, []byte("HTTP")[:n]) {
		return Maybe
	}
	return No
}

// upgrade names the protocol that both sides agreed on (RFC 9110 section 7.8).
func upgrade(v []byte) rule.Proto {
	switch {
	case ascii.EqualFold(v, "h2c"):
		return rule.ProtoHTTP2
	case ascii.EqualFold(v, "websocket"):
		return rule.ProtoWebSocket
	}
	return rule.ProtoUnknown
}

// refused goes on with requests behind a CONNECT that was refused.
func (c *Conn) refused() {
	c.dirs[app.ToServer].step = stepLine
	wait := c.wait
	c.wait = nil
	c.Push(app.ToServer, wait)
	c.wait = wait[:0]
}

// holds says whether b holds the word in any case, NULs not counted.
func holds(b []byte, word string) bool {
	for i := range b {
		k := 0
		for j := i; j < len(b) && k < len(word) && (b[j] == 0 && k > 0 || lower(b[j]) == word[k]); j++ {
			if b[j] != 0 {
				k++
			}
		}
		if k == len(word) {
			return true
		}
	}
	return false
}
