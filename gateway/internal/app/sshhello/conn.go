package sshhello

import (
	"bytes"
	"encoding/binary"

	"otasuke/gateway/internal/app"
	"otasuke/rule"
)

// Limits.
const (
	// MaxBanner is the longest banner with its line end (RFC 4253 section 4.2 allows 255).
	MaxBanner = 256
	// MaxPacket is the largest packet that is collected (RFC 4253 section 6.1).
	MaxPacket = 35000
)

// Messages (RFC 4253 section 12).
const (
	msgKexInit = 20
	msgNewKeys = 21
)

type phase uint8

const (
	banner  phase = iota
	lineEnd       // the rest of a long banner is passed over
	packets
	done // encrypted from here
)

// half is one direction.
type half struct {
	phase           phase
	buf             []byte
	skip            uint32 // bytes of the current packet to pass over
	proto, software []byte
	hassh, offer    []byte
	named           bool // the banner was read
}

// Conn reads one conversation.
type Conn struct {
	sink    app.Sink
	tx      app.Tx
	half    [2]half
	stopped bool
	logged  bool
	closed  [2]bool
}

// New makes a reader that tells sink.
func New(sink app.Sink) *Conn {
	c := &Conn{sink: sink}
	c.tx = app.Tx{Proto: rule.ProtoSSH, Recorder: recorder{}, User: c}
	return c
}

// Push implements [app.Reader].
func (c *Conn) Push(dir int, b []byte) {
	h := &c.half[dir]
	for len(b) > 0 && !c.stopped {
		switch h.phase {
		case banner:
			b = c.banner(dir, b)
		case lineEnd:
			i := bytes.IndexByte(b, '\n')
			if i < 0 {
				return
			}
			h.phase, b = packets, b[i+1:]
		case packets:
			b = c.packet(dir, b)
		case done:
			return
		}
	}
}

// Gap implements [app.Reader]: packets cannot be told apart behind missing bytes.
func (c *Conn) Gap(dir, _ int) {
	if c.half[dir].phase != done {
		c.stop()
	}
}

// Close implements [app.Reader].
func (c *Conn) Close(dir int) {
	c.closed[dir] = true
	if c.closed[0] && c.closed[1] {
		c.stop()
	}
}

// stop ends the reading.
func (c *Conn) stop() {
	if c.stopped {
		return
	}
	c.stopped = true
	for d := range c.half {
		c.half[d].buf = nil
		c.tx.Sides[d].Done = true
		c.sink.Step(&c.tx, d)
	}
	c.log()
}

func (c *Conn) log() {
	if !c.logged {
		c.logged = true
		c.sink.Log(&c.tx, app.ToServer, "ssh")
	}
}

// event tells of an event; rules of both directions see it.
func (c *Conn) event(name string) {
	for d := range c.tx.Sides {
		c.tx.Sides[d].Event("ssh." + name)
		c.sink.Step(&c.tx, d)
	}
}

// banner collects the first line.
func (c *Conn) banner(dir int, b []byte) (rest []byte) {
	h := &c.half[dir]
	n := bytes.IndexByte(b, '\n') + 1
	room := MaxBanner - len(h.buf)
	switch {
	case n > 0 && n <= room:
		h.buf, rest, h.phase = append(h.buf, b[:n]...), b[n:], packets
	case len(b) < room:
		h.buf = append(h.buf, b...)
		return nil
	default:
		h.buf, rest, h.phase = append(h.buf, b[:room]...), b[room:], lineEnd
	}
	if !h.readBanner(bytes.TrimRight(h.buf, "\r\n")) {
		c.event("invalid_banner")
		c.stop()
		return nil
	}
	if h.phase == lineEnd {
		c.event("long_banner")
	}
	side := &c.tx.Sides[dir]
	side.Put(rule.SSHProto, h.proto)
	side.Put(rule.SSHSoftware, h.software)
	h.buf, h.named = nil, true
	c.sink.Step(&c.tx, dir)
	return rest
}

// readBanner reads "SSH-protocol-software comment" (RFC 4253 section 4.2). The buffer
// stays with the values.
func (h *half) readBanner(b []byte) bool {
	b, ok := bytes.CutPrefix(b, []byte("SSH-"))
	if !ok {
		return false
	}
	h.proto, b, ok = bytes.Cut(b, []byte("-"))
	if !ok || len(h.proto) == 0 {
		return false
	}
	if i := bytes.IndexAny(b, " \r\n"); i >= 0 {
		b = b[:i]
	}
	if len(b) > 0 {
		h.software = b
	}
	return true
}

// packet reads the next packet (RFC 4253 section 6): what is no KEXINIT is passed over.
func (c *Conn) packet(dir int, b []byte) (rest []byte) {
	h := &c.half[dir]
	if h.skip > 0 {
		n := min(h.skip, uint32(min(len(b), 1<<30)))
		h.skip -= n
		return b[n:]
	}
	const head = 6 // length, padding length, message
	if n := min(head-len(h.buf), len(b)); n > 0 {
		h.buf, b = append(h.buf, b[:n]...), b[n:]
	}
	if len(h.buf) < head {
		return b
	}
	size := binary.BigEndian.Uint32(h.buf)
	if size < 2 {
		c.event("invalid_record")
		c.stop()
		return nil
	}
	switch {
	case h.buf[5] == msgNewKeys:
		app.ShowFrame(c.sink, &c.tx, dir, rule.FrameSSHRecordHdr, h.buf)
		h.phase, h.buf = done, nil
		c.finish(dir)
		return nil
	case h.buf[5] != msgKexInit || size > MaxPacket || h.offer != nil:
		h.skip, h.buf = size-2, h.buf[:0]
		return b
	}
	n := min(4+int(size)-len(h.buf), len(b))
	h.buf, b = append(h.buf, b[:n]...), b[n:]
	if len(h.buf) == 4+int(size) {
		app.ShowFrame(c.sink, &c.tx, dir, rule.FrameSSHRecordHdr, h.buf[:head])
		app.ShowFrame(c.sink, &c.tx, dir, rule.FrameSSHRecordData, h.buf[head:])
		app.ShowFrame(c.sink, &c.tx, dir, rule.FrameSSHRecordPDU, h.buf)
		c.kexInit(dir, h.buf[head:])
		h.buf = h.buf[:0]
	}
	return b
}

// finish tells that a direction is encrypted from here.
func (c *Conn) finish(dir int) {
	c.tx.Sides[dir].Done = true
	c.sink.Step(&c.tx, dir)
	if c.half[0].phase == done && c.half[1].phase == done {
		c.log()
	}
}

// Encrypted tells whether both directions are encrypted: nothing more is read.
func (c *Conn) Encrypted() bool { return c.half[0].phase == done && c.half[1].phase == done }
