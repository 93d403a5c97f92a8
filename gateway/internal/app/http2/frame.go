package http2

import (
	"encoding/binary"

	"otasuke/gateway/internal/app"
	"otasuke/rule"
)

// Types of frames (RFC 9113 section 6).
const (
	frameData = iota
	frameHeaders
	framePriority
	frameReset
	frameSettings
	framePush
	framePing
	frameGoAway
	frameWindow
	frameContinuation
)

// Flags of frames.
const (
	flagEndStream  = 0x01
	flagEndHeaders = 0x04
	flagPadded     = 0x08
	flagPriority   = 0x20
)

// frame is one frame; not whole, its data is the beginning.
type frame struct {
	size        int
	kind, flags byte
	stream      uint32
	data        []byte
	whole       bool
}

// frame reads one.
func (c *Conn) frame(dir int, f *frame) {
	if f.kind == frameSettings && f.size == 0 {
		return // an acknowledgement
	}
	id := f.stream
	if f.kind == framePush && dir == app.ToClient {
		id = promised(f)
	}
	var s *stream
	switch {
	case id == 0:
		s = c.create(0)
	case c.streams[id] == nil && (f.kind == frameWindow || f.kind == frameReset):
		s = c.create(id) // behind the end of a stream
	default:
		if s = c.open(id); s == nil {
			return
		}
	}
	if !f.whole && f.size >= maxFrame {
		s.tx.Sides[dir].Event("http2.long_frame_data")
	}
	s.number(dir, rule.HTTP2FrameType, uint64(f.kind))
	c.content(s, dir, f)
	if c.dead {
		return
	}
	c.sink.Step(&s.tx, dir)
	if id == 0 || c.streams[id] != s || s.state == stateClosed {
		c.finish(s, false)
	}
}

// promised is the stream that a PUSH_PROMISE is about.
func promised(f *frame) uint32 {
	b := f.data
	if f.flags&flagPadded != 0 && len(b) > 0 {
		b = b[1:]
	}
	if len(b) < 4 {
		return f.stream
	}
	return binary.BigEndian.Uint32(b) &^ (1 << 31)
}

// content reads what a frame holds.
func (c *Conn) content(s *stream, dir int, f *frame) {
	switch f.kind {
	case frameData:
		c.data(s, dir, f)
	case frameHeaders, framePush, frameContinuation:
		c.headers(s, dir, f)
	case framePriority:
		if s.expect(dir, f, 5) {
			s.priority(dir, f.data[4])
		}
	case frameReset:
		if s.expect(dir, f, 4) {
			s.errorCode(dir, binary.BigEndian.Uint32(f.data))
		}
		s.cancelled = true // the other side may not know yet
	case frameSettings:
		s.settings(dir, f)
	case frameGoAway:
		if len(f.data) < 8 {
			s.bad(dir, f)
			return
		}
		s.errorCode(dir, binary.BigEndian.Uint32(f.data[4:]))
	case frameWindow:
		if s.expect(dir, f, 4) {
			s.number(dir, rule.HTTP2Window, uint64(binary.BigEndian.Uint32(f.data)&^(1<<31)))
		}
	}
}

// expect checks the size of a frame.
func (s *stream) expect(dir int, f *frame, size int) bool {
	if f.size != size || !f.whole {
		s.bad(dir, f)
		return false
	}
	return true
}

// bad tells that a frame has not the length of its kind.
func (s *stream) bad(dir int, f *frame) {
	if f.whole {
		s.tx.Sides[dir].Event("http2.invalid_frame_length")
	}
}

// setting is a parameter and its value.
type setting struct {
	id    uint16
	value uint32
}

// settings reads a SETTINGS frame.
func (s *stream) settings(dir int, f *frame) {
	if f.size%6 != 0 {
		s.bad(dir, f)
	}
	side := &s.tx.Sides[dir]
	for b := f.data; len(b) >= 6 && len(s.side[dir].settings) < maxNumbers; b = b[6:] {
		x := setting{binary.BigEndian.Uint16(b), binary.BigEndian.Uint32(b[2:])}
		s.side[dir].settings = append(s.side[dir].settings, x)
		v := binary.BigEndian.AppendUint64(nil, uint64(x.id))
		side.Put(rule.HTTP2Settings, binary.BigEndian.AppendUint64(v, uint64(x.value)))
	}
}

func (s *stream) errorCode(dir int, code uint32) {
	d := &s.side[dir]
	if !d.hasError {
		d.hasError, d.errorCode = true, code
	} else {
		d.multiple = true
	}
	s.number(dir, rule.HTTP2ErrorCode, uint64(code))
}

func (s *stream) priority(dir int, weight byte) {
	d := &s.side[dir]
	if !d.hasPriority {
		d.hasPriority, d.priority = true, weight
	}
	s.number(dir, rule.HTTP2Priority, uint64(weight))
}

// data takes the bytes of a body.
func (c *Conn) data(s *stream, dir int, f *frame) {
	if f.stream == 0 {
		s.tx.Sides[dir].Event("http2.data_stream_zero")
		return
	}
	b, t := f.data, tail{stream: s.id, over: f.flags&flagEndStream != 0}
	if f.flags&flagPadded != 0 && len(b) > 0 && int(b[0]) < f.size {
		t.pad = int(b[0])
		b = b[1:max(1, min(len(b), f.size-t.pad))]
	}
	c.body(s, dir, b)
	if !f.whole {
		c.half[dir].tail = t
		return
	}
	if t.over {
		c.closeBody(s, dir, false)
	}
	s.advance(dir, t.over)
}

// tail is what is to come of a DATA frame: a body with padding at its end.
type tail struct {
	stream uint32 // 0 for a frame of another kind, which is passed over
	pad    int
	over   bool // the frame ends the stream
}

// goOn takes the next n bytes of the frame at hand, nil where they were missed.
func (c *Conn) goOn(dir, n int, b []byte) {
	h := &c.half[dir]
	t := h.tail
	body := min(n, max(0, h.skip-t.pad))
	h.skip -= n
	s := c.streams[t.stream]
	if t.stream == 0 || s == nil {
		return
	}
	switch {
	case body > 0 && b != nil:
		c.body(s, dir, b[:body])
	case body > 0:
		c.missed(s, dir, body)
	}
	if h.skip == 0 && t.over {
		c.closeBody(s, dir, false)
		s.advance(dir, true)
	}
	if c.dead {
		return
	}
	c.sink.Step(&s.tx, dir)
	if c.streams[t.stream] == s && s.state == stateClosed {
		c.finish(s, false)
	}
}
