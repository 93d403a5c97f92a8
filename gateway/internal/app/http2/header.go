package http2

import (
	"golang.org/x/net/http2/hpack"

	"otasuke/gateway/internal/app"
	"otasuke/internal/ascii"
	"otasuke/rule"
)

// headers takes a frame of headers.
func (c *Conn) headers(s *stream, dir int, f *frame) {
	h := &c.half[dir]
	b, ok := c.fragment(s, dir, f)
	if !ok {
		s.tx.Sides[dir].Event("http2.invalid_frame_data")
		return
	}
	if f.kind != frameContinuation {
		h.block = h.block[:0]
	}
	h.of = s
	if f.flags&flagEndHeaders == 0 {
		if room := maxBlock - len(h.block); len(b) > room {
			s.tx.Sides[dir].Event("http2.reassembly_limit_reached")
			b = b[:room]
		}
		h.block = append(h.block, b...)
	} else {
		if len(h.block) > 0 {
			h.block = append(h.block, b[:min(len(b), maxBlock)]...)
			b = h.block
		}
		c.decode(s, dir, b)
		h.block = h.block[:0]
		if cap(h.block) > keepMemory {
			h.block = nil
		}
		c.show(s, dir)
	}
	if f.kind == frameHeaders {
		over := f.flags&flagEndStream != 0
		if over {
			c.closeBody(s, dir, false)
		}
		s.advance(dir, over)
	}
}

// fragment takes off padding, priority and the promised stream.
func (c *Conn) fragment(s *stream, dir int, f *frame) ([]byte, bool) {
	b := f.data
	if f.kind == frameContinuation {
		return b, true
	}
	if f.flags&flagPadded != 0 {
		if len(b) == 0 || int(b[0]) >= len(b) {
			return nil, false
		}
		b = b[1 : len(b)-int(b[0])]
	}
	if f.kind == framePush {
		if len(b) < 4 {
			return nil, false
		}
		return b[4:], true
	}
	if f.flags&flagPriority != 0 {
		if len(b) < 5 {
			return nil, false
		}
		s.priority(dir, b[4])
		b = b[5:]
	}
	return b, true
}

// decode undoes HPACK. What was decoded before an error stays.
func (c *Conn) decode(s *stream, dir int, b []byte) {
	h := &c.half[dir]
	h.of, h.said = s, 0
	for b := b; len(b) > 0 && b[0]>>5 == 1; { // changes of the table come first
		n, size, ok := prefixed(b, 5)
		if !ok {
			break
		}
		s.side[dir].headers = append(s.side[dir].headers, header{update: true, size: size})
		s.number(dir, rule.HTTP2SizeUpdate, size)
		b = b[n:]
		if len(s.side[dir].headers) >= maxCount {
			break
		}
	}
	h.table.SetEmitEnabled(true)
	_, err := h.table.Write(b)
	if end := h.table.Close(); err == nil {
		err = end
	}
	if err != nil {
		s.tx.Sides[dir].Event("http2.invalid_header")
	}
}

// prefixed reads an integer behind the bits of its first byte (RFC 7541 section 5.1).
func prefixed(b []byte, bits uint) (n int, v uint64, ok bool) {
	most := byte(1)<<bits - 1
	v = uint64(b[0] & most)
	if v < uint64(most) {
		return 1, v, true
	}
	for i := 1; i < len(b) && i < 6; i++ {
		v += uint64(b[i]&0x7f) << (7 * (i - 1))
		if b[i]&0x80 == 0 {
			return i + 1, v, true
		}
	}
	return 0, 0, false
}

// field takes a header that was decoded.
func (c *Conn) field(dir int, f hpack.HeaderField) {
	h := &c.half[dir]
	s := h.of
	if s == nil {
		return
	}
	d := &s.side[dir]
	h.said += len(f.Name) + len(f.Value)
	if h.said > maxHeaders || len(d.headers) >= maxCount {
		h.table.SetEmitEnabled(false) // the table goes on
		return
	}
	c.keep(s, len(f.Name)+len(f.Value))
	side := &s.tx.Sides[dir]
	d.headers = append(d.headers, header{name: side.Keep([]byte(f.Name)), value: side.Keep([]byte(f.Value))})
}

// show puts the headers of a direction before rules.
func (c *Conn) show(s *stream, dir int) {
	side := &s.tx.Sides[dir]
	if dir == app.ToServer {
		c.checkHost(s)
		c.requestValues(s)
	} else {
		c.responseValues(s)
	}
	want := c.cfg.Want
	set := func(b rule.Buffer, make func([]byte) []byte) {
		if want.Has(b) {
			c.scratch = make(c.scratch[:0])
			side.Set(b, side.Keep(c.scratch), false)
		}
	}
	headers := s.side[dir].headers
	set(rule.HTTPHeader, func(out []byte) []byte { return joined(out, headers, cookieName(dir)) })
	set(rule.HTTPHeaderRaw, func(out []byte) []byte { return joined(out, headers, "") })
	set(rule.HTTPHeaderNames, func(out []byte) []byte { return names(out, headers) })
	each := [2]rule.Buffer{rule.HTTPRequestHeader, rule.HTTPResponseHeader}[dir]
	for ; s.side[dir].shown < len(headers); s.side[dir].shown++ {
		h := &headers[s.side[dir].shown]
		if h.update {
			continue
		}
		if want.Has(each) {
			c.scratch = append(append(append(c.scratch[:0], h.name...), ": "...), h.value...)
			side.Copy(each, c.scratch)
		}
		if want.Has(rule.HTTP2HeaderName) {
			side.Put(rule.HTTP2HeaderName, h.name)
		}
	}
	c.coded(s, dir)
	c.dnsHeaders(s, dir)
}

func cookieName(dir int) string { return [2]string{"cookie", "set-cookie"}[dir] }

// joined writes headers one a line, but that of a name.
func joined(out []byte, headers []header, but string) []byte {
	for i := range headers {
		h := &headers[i]
		if h.update || but != "" && ascii.EqualFold(h.name, but) {
			continue
		}
		out = append(append(append(append(out, h.name...), ": "...), h.value...), "\r\n"...)
	}
	return out
}

// names writes the names of headers one a line between empty lines.
func names(out []byte, headers []header) []byte {
	out = append(out, "\r\n"...)
	for i := range headers {
		if !headers[i].update {
			out = append(append(out, headers[i].name...), "\r\n"...)
		}
	}
	return append(out, "\r\n"...)
}
