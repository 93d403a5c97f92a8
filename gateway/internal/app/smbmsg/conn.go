package smbmsg

import (
	"bytes"

	"otasuke/gateway/internal/app"
)

// Limits.
const (
	// MaxMessage bounds what is collected of a message in bytes; of larger ones only
	// file contents, which are given on as they pass, are read.
	MaxMessage = 256 << 10
	// streamed is the size from which file contents are not collected first.
	streamed = 16 << 10
	// headSize is what is collected of a message before its contents are given on.
	headSize = 256
	// MaxOpen bounds the commands without an answer, the files that are open and what is
	// known of reads; the oldest are given up. Windows gives 8192 credits at most but
	// clients rarely have more than some dozen requests on their way.
	MaxOpen = 1024
	// MaxQueued bounds file contents that came ahead of others, per conversation in bytes:
	// Samba's clients ask for 8 MiB three times at once, servers answer as their disks do, and
	// nobody scans more than 24 MiB.
	MaxQueued = 16 << 20
	// maxQueue bounds their number of pieces.
	maxQueue = 64
	// MaxTrees bounds the shares connected.
	MaxTrees = 256
	// MaxSize is the largest read or write that raises no event, in bytes.
	MaxSize = 16 << 20
)

// nbssHeader is the size of the session service's header (RFC 1002 section 4.3.1).
const nbssHeader = 4

// Session service packet types.
const nbssMessage = 0

// half is one direction.
type half struct {
	buf    []byte
	skip   int       // bytes of the current message to pass over
	stream int       // bytes of file contents in the current message to give on
	to     *transfer // where they go
	ahead  *chunk    // keeps them instead, because they came before others; nil for none
	lost   bool      // bytes are missing: the next message is looked for
}

// Conn reads one conversation.
type Conn struct {
	sink    app.Sink
	half    [2]half
	state   state
	stopped bool
	closed  [2]bool
	queued  int // bytes that came ahead of others, of all transfers
}

// New makes a reader that tells sink.
func New(sink app.Sink) *Conn {
	c := &Conn{sink: sink}
	c.state.init()
	return c
}

// Push implements [app.Reader].
func (c *Conn) Push(dir int, b []byte) {
	h := &c.half[dir]
	for len(b) > 0 && !c.stopped {
		switch {
		case h.stream > 0:
			n := min(h.stream, len(b))
			h.stream -= n
			c.streamed(h, b[:n])
			b = b[n:]
		case h.skip > 0:
			n := min(h.skip, len(b))
			h.skip -= n
			b = b[n:]
		case h.lost:
			b = h.resync(b)
		default:
			b = c.collect(dir, b)
		}
	}
}

// collect takes bytes of a message and reads it when there are enough.
func (c *Conn) collect(dir int, b []byte) (rest []byte) {
	h := &c.half[dir]
	take := func(upTo int) bool {
		if n := min(upTo-len(h.buf), len(b)); n > 0 {
			h.buf, b = append(h.buf, b[:n]...), b[n:]
		}
		return len(h.buf) >= upTo
	}
	if !take(nbssHeader) {
		return b
	}
	size := int(h.buf[1])<<16 | int(h.buf[2])<<8 | int(h.buf[3])
	if h.buf[0] != nbssMessage {
		if h.buf[0] < 0x81 || h.buf[0] > 0x85 {
			h.buf, h.lost = h.buf[:copy(h.buf, h.buf[1:])], true
			return b
		}
		h.buf, h.skip = h.buf[:0], size
		return b
	}
	if size > streamed {
		if !take(nbssHeader + headSize) {
			return b
		}
		if len(h.buf) == nbssHeader+headSize && c.startStream(dir, h.buf[nbssHeader:], size) {
			return b
		}
	}
	whole := min(size, MaxMessage)
	if !take(nbssHeader + whole) {
		return b
	}
	c.message(dir, h.buf[nbssHeader:], size > whole)
	h.buf, h.skip = h.buf[:0], size-whole
	if cap(h.buf) > 4*streamed { // large messages are rare
		h.buf = nil
	}
	return b
}

// message reads a message; cut tells that its end was left out.
func (c *Conn) message(dir int, b []byte, cut bool) {
	if len(b) == 0 {
		return
	}
	if cut || len(b) < 4 || !bytes.Equal(b[1:4], []byte("SMB")) {
		c.malformed(dir)
		return
	}
	switch b[0] {
	case 0xff:
		c.message1(dir, b)
	case 0xfe:
		c.messages2(dir, b)
	case 0xfd, 0xfc: // encrypted, compressed
	default:
		c.malformed(dir)
	}
}

// resync looks for the next message behind missing bytes: a header and a signature.
func (h *half) resync(b []byte) (rest []byte) {
	const need = nbssHeader + 4
	for i, x := range b {
		if len(h.buf) >= need {
			h.buf = h.buf[:copy(h.buf, h.buf[len(h.buf)-need+1:])]
		}
		h.buf = append(h.buf, x)
		m := h.buf
		if len(m) == need && m[0] == nbssMessage && m[4] >= 0xfc && bytes.Equal(m[5:], []byte("SMB")) {
			h.lost = false
			return b[i+1:]
		}
	}
	return nil
}

// Gap implements [app.Reader].
func (c *Conn) Gap(dir, n int) {
	h := &c.half[dir]
	if h.stream > 0 {
		m := min(n, h.stream)
		if h.stream -= m; h.ahead != nil {
			h.ahead, h.skip, h.stream = nil, h.skip+h.stream, 0 // it stays missing
		} else {
			c.missed(h.to, m)
		}
		n -= m
	}
	m := min(n, h.skip)
	h.skip -= m
	if n -= m; n == 0 && len(h.buf) == 0 {
		return
	}
	h.buf, h.lost = h.buf[:0], true
}

// Close implements [app.Reader].
func (c *Conn) Close(dir int) {
	c.closed[dir] = true
	if !c.closed[0] || !c.closed[1] || c.stopped {
		return
	}
	c.stopped = true
	for _, k := range c.state.order {
		c.closeFile(c.state.files[k], true)
	}
	for len(c.state.open) > 0 {
		c.finish(c.state.open[0])
	}
	c.half = [2]half{}
}
