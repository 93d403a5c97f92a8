package websocket

import (
	"encoding/binary"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/http1/coding/inflate"
	"otasuke/rule"
)

// maxPayload bytes of a frame, and of a message, are looked at: Suricata's default.
const maxPayload = 0xffff

// maxWork bytes are decompressed for one message: later ones need what came before, but a
// bomb must not keep the box busy. Past it compression is not followed any more.
const maxWork = 4 << 20

// keepMemory is how large a buffer of an idle conversation may be.
const keepMemory = 4 << 10

// Bits of a frame's first byte (RFC 6455 section 5.2, RFC 7692 section 6).
const (
	flagFin        = 0x80
	flagCompressed = 0x40
	flagBits       = 0xf0
	opControl      = 0x08 // and above: control frames
)

// Conn reads one conversation.
type Conn struct {
	sink app.Sink
	half [2]half
	tx   app.Tx
	next uint64
	at   frame // the one at hand, for its record
}

// half is one direction.
type half struct {
	buf        []byte // an unfinished frame
	skip       uint64 // bytes of a frame that are passed over
	message    []byte // of the frames so far
	open       bool   // a message is not at its end
	compressed bool   // the message at hand is
	plain      []byte
	decoder    *inflate.Decoder
	out        []byte // decompressed
	work       int    // bytes that were decompressed for the message at hand
	lost       bool   // the compression cannot be followed any more
}

type frame struct {
	flags, opcode byte
	masked        bool
	mask          uint32
}

// New makes a reader.
func New(sink app.Sink) *Conn { return &Conn{sink: sink} }

// Reset makes c ready for another conversation.
func (c *Conn) Reset(sink app.Sink) {
	c.sink, c.next = sink, 0
	for i := range c.half {
		h := &c.half[i]
		*h = half{buf: small(h.buf), message: small(h.message), plain: small(h.plain), out: small(h.out)}
	}
}

func small(b []byte) []byte {
	if cap(b) > keepMemory {
		return nil
	}
	return b[:0]
}

// Push reads the next bytes.
func (c *Conn) Push(dir int, b []byte) {
	h := &c.half[dir]
	if len(h.buf) > 0 {
		h.buf = append(h.buf, b...)
		b = h.buf
	}
	waiting := len(b)
	for len(b) > 0 {
		if n := min(h.skip, uint64(len(b))); n > 0 {
			h.skip -= n
			b = b[n:]
			continue
		}
		n := c.frame(dir, b)
		if n == 0 {
			break
		}
		b = b[n:]
	}
	// What is left moves when something was read only: small pieces of a large frame must
	// not cost more than it.
	if len(b) < waiting || len(h.buf) == 0 {
		h.buf = append(h.buf[:0], b...)
	}
}

// Gap passes over the rest of a frame when its bytes are all that is missing, else the
// direction's frames are lost.
func (c *Conn) Gap(dir int, n int) {
	h := &c.half[dir]
	if uint64(n) <= h.skip && len(h.buf) == 0 {
		h.skip -= uint64(n)
		return
	}
	*h = half{skip: 1 << 63}
}

// Close does nothing: a frame is whole or not there.
func (c *Conn) Close(int) {}

// frame reads the frame at the start of b and returns its size without what is passed
// over, 0 when more is needed.
func (c *Conn) frame(dir int, b []byte) int {
	if len(b) < 2 {
		return 0
	}
	f := frame{flags: b[0] & flagBits, opcode: b[0] &^ flagBits, masked: b[1]&0x80 != 0}
	size, head := uint64(b[1]&0x7f), 2
	switch size {
	case 126:
		head = 4
	case 127:
		head = 10
	}
	mask := head
	if f.masked {
		head += 4
	}
	if len(b) < head {
		return 0
	}
	switch size {
	case 126:
		size = uint64(binary.BigEndian.Uint16(b[2:]))
	case 127:
		size = binary.BigEndian.Uint64(b[2:])
	}
	kept := int(min(size, maxPayload))
	if len(b) < head+kept {
		return 0
	}
	h := &c.half[dir]
	payload := append(h.plain[:0], b[head:head+kept]...)
	if payload == nil {
		payload = []byte{} // empty is a value, too
	}
	h.plain = payload
	if f.masked {
		f.mask = binary.BigEndian.Uint32(b[mask:])
		for i := range payload {
			payload[i] ^= b[mask+i&3]
		}
	}
	h.skip = size - uint64(kept)
	c.tell(dir, f, payload)
	app.ShowFrame(c.sink, &c.tx, dir, rule.FrameWebSocketHeader, b[:head])
	app.ShowFrame(c.sink, &c.tx, dir, rule.FrameWebSocketPDU, b[:head+kept])
	app.ShowFrame(c.sink, &c.tx, dir, rule.FrameWebSocketData, b[head:head+kept])
	h.plain = small(h.plain)
	return head + kept
}

// tell shows a frame to rules.
func (c *Conn) tell(dir int, f frame, payload []byte) {
	h := &c.half[dir]
	c.tx.Reset(c.next)
	c.next++
	c.tx.Proto, c.tx.Recorder, c.at = rule.ProtoWebSocket, c, f
	s := &c.tx.Sides[dir]
	if h.skip > 0 {
		s.Event("websocket.skip_end_of_payload")
	}
	payload, full := h.join(f, payload)
	if full {
		s.Event("websocket.reassembly_limit_reached")
	}
	s.Put(rule.WebSocketPayload, payload)
	s.Number(rule.WebSocketOpcode, uint64(f.opcode))
	if f.masked {
		s.Number(rule.WebSocketMask, uint64(f.mask))
	}
	s.Number(rule.WebSocketFlags, uint64(f.flags))
	s.Done, c.tx.Sides[1-dir].Done = true, true
	c.sink.Step(&c.tx, dir)
	c.sink.Log(&c.tx, dir, "websocket")
	if f.flags&flagFin != 0 && f.opcode < opControl {
		h.message, h.out = small(h.message), small(h.out)
	}
}

// join puts the frames of a message together and returns what rules see at f: the last
// one shows the whole. full tells that the message became too long with f.
func (h *half) join(f frame, payload []byte) (shown []byte, full bool) {
	fin := f.flags&flagFin != 0
	if f.opcode >= opControl {
		return payload, false
	}
	if !h.open {
		h.compressed = f.flags&flagCompressed != 0
	}
	if h.open || !fin {
		room := maxPayload - len(h.message)
		full = len(payload) > room && room > 0
		h.message = append(h.message, payload[:min(len(payload), room)]...)
		if fin {
			payload = h.message
		}
	}
	h.open = !fin
	if fin && h.compressed {
		return h.inflate(payload), full
	}
	return payload, full
}

// inflate decompresses a message; what cannot be is shown as it is.
func (h *half) inflate(b []byte) []byte {
	if h.lost {
		return b
	}
	h.out, h.work = h.out[:0], 0
	if h.decoder == nil {
		h.decoder = new(inflate.Decoder)
		h.decoder.Reset(h.take)
	}
	for _, part := range [][]byte{b, {0, 0, 0xff, 0xff}} { // RFC 7692 section 7.2.2
		if _, err := h.decoder.Write(part); err != nil || h.decoder.Done() {
			h.lost = true
			h.decoder = nil
			break
		}
	}
	if len(h.out) == 0 {
		return b
	}
	return h.out
}

// take keeps what came out.
func (h *half) take(p []byte) bool {
	h.work += len(p)
	h.out = append(h.out, p[:min(len(p), maxPayload-len(h.out))]...)
	return h.work <= maxWork
}
