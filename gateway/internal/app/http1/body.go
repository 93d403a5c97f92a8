package http1

import (
	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/http1/form"
	"otasuke/gateway/internal/app/http1/uri"
	"otasuke/rule"
)

var bodyBuffer = [2]rule.Buffer{rule.HTTPRequestBody, rule.HTTPResponseBody}

var bodyGrowth = [2]uint64{growRequest, growResponse}

// body takes bytes of a body, transfer coding removed. wire is how many were sent.
func (c *Conn) body(dir int, x *exchange, b []byte, wire int) {
	m := x.message(dir)
	m.wire += uint64(wire)
	if len(b) == 0 {
		return
	}
	if !m.begun {
		m.begun = true
		c.beginBody(dir, x, m)
	}
	if m.limited {
		return
	}
	if m.codings.Any() {
		m.codings.Write(b)
	} else {
		c.plain(dir, x, b)
	}
	if !m.done && (m.full || m.size-m.told >= bodyGrowth[dir]) {
		m.done = m.full // all that is looked at is there
		c.settle(dir, x, !m.full)
		c.show(x, dir)
	}
}

// plain takes decoded bytes of a body. It returns false when no more are wanted.
func (c *Conn) plain(dir int, x *exchange, b []byte) bool {
	m := x.message(dir)
	room := left(c.cfg.bodyLimit(dir), m.size)
	total := left(c.cfg.fileLimit(dir), m.size)
	m.size += uint64(len(b))
	if c.cfg.Want.Has(bodyBuffer[dir]) {
		part := b[:min(room, len(b))]
		if n := len(m.body) + len(part); n > cap(m.body) { // no further than to the limit
			m.body = append(make([]byte, 0, min(c.cfg.bodyLimit(dir), max(n, 2*cap(m.body)))), m.body...)
		}
		m.body = append(m.body, part...)
	}
	m.full = m.full || len(b) > room
	if len(b) > total {
		b = b[:total]
		m.limited = true
	}
	switch {
	case m.parts != nil:
		m.parts.Write(b)
	case m.file != nil && len(b) > 0:
		c.sink.WriteFile(m.file, b)
	}
	if m.limited {
		c.closeFiles(m, true)
	}
	return !m.limited
}

// left is how much of a limit is not used up.
func left(limit int, used uint64) int { return limit - int(min(uint64(limit), used)) }

// settle shows what is there of a body. partial tells that it may grow.
func (c *Conn) settle(dir int, x *exchange, partial bool) {
	m := x.message(dir)
	m.told = m.size
	if m.begun && c.cfg.Want.Has(bodyBuffer[dir]) {
		x.tx.Sides[dir].Set(bodyBuffer[dir], m.body, partial)
	}
}

// finishBody ends a body that is whole.
func (c *Conn) finishBody(dir int, x *exchange, m *message) {
	m.codings.End()
	if m.parts != nil {
		m.parts.End()
	}
	c.closeFiles(m, false)
	m.codings.Release(c.cfg.Pool)
	c.settle(dir, x, false)
}

// skip passes n bytes of a body that were never seen.
func (c *Conn) skip(dir int, x *exchange, n int) {
	m := x.message(dir)
	m.wire += uint64(n)
	if !m.begun {
		m.begun = true
		c.beginBody(dir, x, m)
	}
	if m.file != nil {
		m.file.Gaps = true
		c.sink.GapFile(m.file, n)
	}
	m.size += uint64(n)
	m.full = m.full || m.size > uint64(c.cfg.bodyLimit(dir))
	if m.codings.Any() || m.parts != nil || m.size > uint64(c.cfg.fileLimit(dir)) {
		m.full, m.limited = true, true // what follows cannot be read
		c.closeFiles(m, true)
	}
}

// beginBody opens the file that a body is, or makes ready for those that it holds.
func (c *Conn) beginBody(dir int, x *exchange, m *message) {
	if dir == app.ToClient {
		name := form.Parameter(m.get(hdrContentDisposition), "filename")
		if name == nil {
			name = c.pathName(x)
		}
		c.openFile(dir, x, m, name)
		if m.code == 206 {
			c.fileRange(x, m)
		}
		return
	}
	switch string(m.method) {
	case "POST":
		if b := form.Boundary(m.get(hdrContentType)); b != nil {
			m.parts = form.New((*upload)(m), b)
			return
		}
		fallthrough
	case "PUT":
		c.openFile(dir, x, m, c.pathName(x))
	}
}

// pathName is the path of the target without query, decoded.
func (c *Conn) pathName(x *exchange) []byte {
	if x.unseen {
		return unseenTarget
	}
	path := uri.Target{Path: x.req.uri.Path}
	c.mem.scratch = path.Append(c.mem.scratch[:0])
	return c.mem.scratch
}

// maxName bounds the name of a file.
const maxName = 4096

func (c *Conn) openFile(dir int, x *exchange, m *message, name []byte) {
	if len(name) > maxName {
		c.event(x, dir, evFileName)
		name = name[:maxName]
	}
	m.file = c.sink.OpenFile(&x.tx, dir, name)
	if m.file != nil {
		m.file.Start = -1
	}
}

func (c *Conn) closeFiles(m *message, cut bool) {
	if m.parts != nil && cut {
		m.parts.Cut()
	}
	if m.file != nil {
		c.sink.CloseFile(m.file, cut || m.file.Gaps)
		m.file = nil
	}
}

// decoded takes what the codings of a message's body hide.
type decoded message

func (d *decoded) Plain(b []byte) bool { return d.conn.plain(d.dir, d.x, b) }
func (d *decoded) Broken()             { d.conn.event(d.x, d.dir, evGzip) }

// upload takes the files of a form.
type upload message

func (u *upload) Open(name []byte) {
	u.conn.openFile(u.dir, u.x, (*message)(u), name)
}

func (u *upload) Write(b []byte) {
	if u.file != nil {
		u.conn.sink.WriteFile(u.file, b)
	}
}

func (u *upload) Close(cut bool) {
	if u.file != nil {
		u.conn.sink.CloseFile(u.file, cut)
		u.file = nil
	}
}

func (u *upload) Odd(what form.Oddity) {
	names := [...]string{form.Endless: evMultipart, form.BadHeader: evMultipartHeader, form.NoData: evMultipartNoFile}
	u.conn.event(u.x, u.dir, names[what])
}

// fileRange says which part of a file comes (RFC 9110 section 14.4).
func (c *Conn) fileRange(x *exchange, m *message) {
	v := m.get(hdrContentRange)
	if v == nil {
		return
	}
	r, ok := form.ParseRange(v)
	switch {
	case !ok:
		c.event(x, app.ToClient, evRange)
		return
	case r.End <= 0, r.Size < 0: // only the size: the range was not there
		return
	case r.Size > 0 && r.Size == r.End-r.Start+1: // all of it
		return
	case r.Start > r.End || r.End > r.Size-1:
		c.event(x, app.ToClient, evRange)
		return
	}
	if m.file != nil {
		m.file.Start, m.file.End, m.file.Total = r.Start, r.End, r.Size
	}
}
