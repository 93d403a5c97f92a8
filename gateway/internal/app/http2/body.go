package http2

import (
	"bytes"
	"strconv"

	"otasuke/gateway/internal/app"
	"otasuke/rule"
)

var bodyBuffer = [2]rule.Buffer{rule.HTTPRequestBody, rule.HTTPResponseBody}

// taker takes what comes out of the codings of a body.
type taker struct {
	c   *Conn
	s   *stream
	dir int
}

// Plain takes decoded bytes.
func (t *taker) Plain(b []byte) bool { return t.c.plain(t.s, t.dir, b) }

// Broken tells of a coding that was not what it should be.
func (t *taker) Broken() { t.s.tx.Sides[t.dir].Event("http2.failed_decompression") }

// coded makes ready to undo the content codings of a body.
func (c *Conn) coded(s *stream, dir int) {
	d := &s.side[dir]
	if v := s.get(dir, "content-encoding"); v != nil && !d.begun && !d.codings.Any() {
		d.codings.Response(v, c.cfg.Layers, c.cfg.Pool, &d.take)
	}
}

// body takes bytes of a body as they were sent.
func (c *Conn) body(s *stream, dir int, b []byte) {
	d := &s.side[dir]
	if !d.begun {
		d.begun = true
		c.openFile(s, dir)
		if n, err := strconv.ParseUint(string(s.get(dir, "content-length")), 10, 63); err == nil {
			d.length = n
		}
	}
	d.wire += uint64(len(b))
	c.dnsData(s, dir, b)
	if d.over || len(b) == 0 {
		return
	}
	if d.codings.Any() {
		d.codings.Write(b)
	} else {
		c.plain(s, dir, b)
	}
	if d.wire == d.length && d.length > 0 { // a receiver may not wait for the frame that ends the stream
		app.MayEnd(c.sink, d.file, true)
	}
	if d.size-d.told >= growBody && !d.full {
		c.settle(s, dir, true)
	}
}

// plain takes decoded bytes. It returns false when no more are wanted.
func (c *Conn) plain(s *stream, dir int, b []byte) bool {
	d := &s.side[dir]
	limit := c.cfg.bodyLimit(dir)
	if room := limit - len(d.body); c.cfg.Want.Has(bodyBuffer[dir]) {
		d.body = append(d.body, b[:min(room, len(b))]...)
		c.keep(s, min(room, len(b)))
	}
	d.size += uint64(len(b))
	d.full = d.full || d.size > uint64(limit)
	if left := c.left(d, len(b)); left < len(b) {
		b, d.over = b[:left], true
	}
	if d.file != nil && len(b) > 0 {
		c.sink.WriteFile(d.file, b)
	}
	if d.size > bombSize && d.size > bombRatio*d.wire {
		s.tx.Sides[dir].Event("http2.compression_bomb")
		d.over = true
	}
	if d.over {
		c.closeFile(d, true)
	}
	return !d.over
}

// missed passes n bytes of a body that were never seen.
func (c *Conn) missed(s *stream, dir, n int) {
	d := &s.side[dir]
	d.wire += uint64(n)
	d.size += uint64(n)
	d.full = d.full || d.size > uint64(c.cfg.bodyLimit(dir))
	c.lose(d, n)
	if d.codings.Any() || c.cfg.Files > 0 && d.size > c.cfg.Files {
		d.over = true // what follows cannot be read
		c.closeFile(d, true)
	}
}

// lose tells that n bytes of a file are not seen, 0 for those to come.
func (c *Conn) lose(d *side, n int) {
	if d.file != nil {
		d.file.Gaps = true
		c.sink.GapFile(d.file, n)
	}
}

// left is how many of the last n bytes belong to the file.
func (c *Conn) left(d *side, n int) int {
	if c.cfg.Files == 0 || d.size <= c.cfg.Files {
		return n
	}
	return max(0, n-int(min(uint64(n), d.size-c.cfg.Files)))
}

// settle shows what is there of a body. partial tells that it may grow.
func (c *Conn) settle(s *stream, dir int, partial bool) {
	d := &s.side[dir]
	d.told = d.size
	if d.begun && c.cfg.Want.Has(bodyBuffer[dir]) {
		s.tx.Sides[dir].Set(bodyBuffer[dir], d.body, partial)
	}
}

// closeBody ends a body.
func (c *Conn) closeBody(s *stream, dir int, cut bool) {
	d := &s.side[dir]
	if d.ended {
		return
	}
	d.ended = true
	if d.codings.Any() {
		d.codings.End()
	}
	d.codings.Release(c.cfg.Pool)
	c.closeFile(d, cut)
	c.settle(s, dir, false)
	if !cut {
		c.dnsEnd(s, dir)
	}
}

// openFile opens the file that a body is.
func (c *Conn) openFile(s *stream, dir int) {
	path, _, _ := bytes.Cut(s.get(app.ToServer, ":path"), []byte("?"))
	d := &s.side[dir]
	d.file, s.filed = c.sink.OpenFile(&s.tx, dir, path), true
	if d.file != nil {
		d.file.Start = -1
	}
}

func (c *Conn) closeFile(d *side, cut bool) {
	if d.file != nil {
		c.sink.CloseFile(d.file, cut || d.file.Gaps)
		d.file = nil
	}
}
