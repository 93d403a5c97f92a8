package http1

import (
	"bytes"

	"otasuke/gateway/internal/app"
	"otasuke/internal/ascii"
)

var methods = map[string]bool{
	"HEAD": true, "GET": true, "PUT": true, "POST": true, "DELETE": true, "CONNECT": true, "OPTIONS": true,
	"TRACE": true, "PATCH": true, "PROPFIND": true, "PROPPATCH": true, "MKCOL": true, "COPY": true, "MOVE": true,
	"LOCK": true, "UNLOCK": true, "VERSION-CONTROL": true, "CHECKOUT": true, "UNCHECKOUT": true, "CHECKIN": true,
	"UPDATE": true, "LABEL": true, "REPORT": true, "MKWORKSPACE": true, "MKACTIVITY": true,
	"BASELINE-CONTROL": true, "MERGE": true, "INVALID": true, "ERROR": true,
}

// requestLine reads method, target and version (RFC 9112 section 3) as lenient
// servers do: any white space parts them, and a target may hold spaces.
func (c *Conn) requestLine(x *exchange, line []byte) {
	m := &x.req
	m.line = line
	rest := bytes.TrimLeft(line, " \t\n\v\f\r")
	if len(rest) < len(line) {
		c.event(x, app.ToServer, evLeadingSpace)
	}
	i := 0
	for i < len(rest) && !isSpace(rest[i]) {
		i++
	}
	m.method, rest = rest[:i:i], rest[i:]
	knownMethod := methods[string(m.method)]
	m.isConnect, m.isHead = string(m.method) == "CONNECT", string(m.method) == "HEAD"
	for i = 0; i < len(rest) && isSpace(rest[i]); i++ {
		if rest[i] != ' ' && m.once(flagInvalid) {
			c.event(x, app.ToServer, evMethodDelim)
		}
	}
	rest = rest[i:]
	var odd bool
	m.target, m.version, odd = splitTarget(rest)
	if odd {
		c.event(x, app.ToServer, evURIDelim)
	}
	m.protocol = parseProtocol(m.version)
	if len(m.version) == 0 {
		m.protocol, x.is09 = http09, true
	}
	if !knownMethod && m.protocol == httpInvalid && isBody(m.version) {
		c.event(x, app.ToServer, evLineInvalid)
	}
}

// splitTarget parts target and version at the last space. odd tells that another
// kind of white space parts them.
func splitTarget(b []byte) (target, version []byte, odd bool) {
	b = bytes.TrimRight(b, " \t\n\v\f\r")
	i := bytes.LastIndexByte(b, ' ')
	if i < 0 {
		if i = bytes.LastIndexAny(b, "\t\v\f\r"); i < 0 || parseProtocol(b[i:]) == httpInvalid {
			return b, nil, false
		}
		odd = true
	}
	return bytes.TrimRight(b[:i], " \t\n\v\f\r"), b[i+1:], odd
}

// afterRequestLine goes on to the headers. A line without a version is a whole request
// of HTTP/0.9, unless something follows at once.
func (c *Conn) afterRequestLine(x *exchange, rest []byte) {
	d := &c.dirs[app.ToServer]
	m := &x.req
	c.parseTarget(x, m)
	d.step = stepHead
	if !x.is09 {
		return
	}
	if len(bytes.TrimLeft(rest, "\r\n")) > 0 {
		x.is09 = false
		c.event(x, app.ToServer, evNoProtocol)
		return
	}
	m.raw, m.ended = len(m.head), true
	c.requestValues(x, m)
	d.step = stepEnd
}

// endRequestHead decides on the body (RFC 9112 section 6) and shows the head.
func (c *Conn) endRequestHead(x *exchange, m *message) {
	d := &c.dirs[app.ToServer]
	te, cl := m.get(hdrTransferEncoding), m.get(hdrContentLength)
	invalid := false
	m.chunked = te != nil && hasToken(te, "chunked")
	if te != nil && (!m.chunked || m.protocol != http11) {
		c.event(x, app.ToServer, evRequestTE) // servers that do not refuse it pass over what they do not know
	}
	switch {
	case m.chunked:
		d.step = stepChunkLen
	case cl != nil:
		n, ok := parseLength(cl)
		if !ok {
			c.event(x, app.ToServer, evRequestLength)
			invalid = true
			break
		}
		m.length, d.left = n, n
		if d.step = stepBody; n == 0 {
			d.step = stepEnd
		}
	default:
		d.step = stepEnd
	}
	c.requestHost(x, m)
	c.requestAuth(x, m)
	c.requestValues(x, m)
	m.codings.Request(m.get(hdrContentEncoding), c.cfg.Pool, (*decoded)(m))
	if m.isConnect && !invalid {
		d.step = stepEnd
	}
	switch {
	case invalid:
		c.show(x, app.ToServer)
		c.kill(app.ToServer)
	case d.step != stepEnd:
		c.show(x, app.ToServer)
	}
	if d.step == stepEnd && len(d.line) > 0 {
		d.line = d.line[:0]
	}
}

// hasToken says whether a list of tokens holds one that begins the list's member.
func hasToken(list []byte, token string) bool {
	for part := range bytes.SplitSeq(list, []byte(",")) {
		if ascii.EqualFold(trim(part, isSpace), token) {
			return true
		}
	}
	return false
}

// requestRest looks at what came with the end of a request: a line that no method
// begins belongs to its body.
func (c *Conn) requestRest(b []byte) []byte {
	d := &c.dirs[app.ToServer]
	x := d.x
	m := &x.req
	b = d.withHeld(b)
	for len(b) > 0 && !x.is09 && !m.isConnect {
		verdict := beginsRequest(b)
		if verdict == Maybe {
			d.line = append(d.line, b...)
			return nil
		}
		if verdict == Yes {
			break
		}
		line := firstLine(b)
		if len(trim(line, isSpace)) > 0 && m.once(flagRest) {
			c.event(x, app.ToServer, evRequestBody)
		}
		c.body(app.ToServer, x, line, len(line))
		b = b[len(line):]
	}
	c.complete(app.ToServer)
	if m.isConnect && d.step == stepLine {
		d.step = stepWait
	}
	return b
}

// withHeld puts the bytes that were too few to tell what they are before b.
func (d *reading) withHeld(b []byte) []byte {
	if len(d.line) == 0 {
		return b
	}
	b = append(bytes.Clone(d.line), b...)
	d.line = d.line[:0]
	return b
}

// firstLine is the first line of b with its end, or all of it.
func firstLine(b []byte) []byte {
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		return b[:i+1]
	}
	return b
}

// beginsRequest says whether a known method is the first word of the first line.
func beginsRequest(b []byte) Verdict {
	for len(b) > 0 && isSpace(b[0]) && b[0] != '\n' {
		b = b[1:]
	}
	for i := 0; i < len(b) && i <= longestMethod; i++ {
		if isSpace(b[i]) {
			if methods[string(b[:i])] {
				return Yes
			}
			return No
		}
	}
	if len(b) > 0 && beginsMethod(b) {
		return Maybe
	}
	return No
}

// beginsMethod says whether a known method begins with b.
func beginsMethod(b []byte) bool {
	for m := range methods {
		if len(b) <= len(m) && m[:len(b)] == string(b) {
			return true
		}
	}
	return false
}

// requestAuth looks at the kind of authorization (RFC 9110 section 11).
func (c *Conn) requestAuth(x *exchange, m *message) {
	v := m.get(hdrAuthorization)
	if v == nil {
		return
	}
	for _, scheme := range []string{"basic", "digest", "bearer"} {
		if len(v) >= len(scheme) && ascii.EqualFold(v[:len(scheme)], scheme) {
			return
		}
	}
	c.event(x, app.ToServer, evAuth)
}
