package dcerpc

import (
	"otasuke/gateway/internal/app"
	"otasuke/rule"
)

// Conn reads a TCP connection.
type Conn struct {
	sink    app.Sink
	assoc   Assoc
	buf     [2][]byte
	lost    [2]bool // bytes are missing: the next header is looked for
	next    uint64
	stopped bool
	closed  [2]bool
}

// New makes a reader that tells sink.
func New(sink app.Sink) *Conn {
	c := &Conn{sink: sink}
	c.assoc = Assoc{WithHead: true, Begin: c.begin, Fresh: c.fresh, End: c.end}
	return c
}

// Push implements [app.Reader].
func (c *Conn) Push(dir int, b []byte) {
	if c.stopped {
		return
	}
	c.buf[dir] = append(c.buf[dir], b...)
	rest := c.buf[dir]
	for len(rest) >= HeaderSize && !c.stopped {
		h, ok := ParseHeader(rest)
		switch {
		case !ok && c.lost[dir]:
			rest = rest[1:]
			continue
		case !ok:
			c.stop()
			return
		}
		c.lost[dir] = false
		if len(rest) < int(h.Frag) {
			break
		}
		c.assoc.PDU(dir, h, rest[:h.Frag])
		app.ShowFrame(c.sink, nil, dir, rule.FrameDCEHdr, rest[:HeaderSize])
		app.ShowFrame(c.sink, nil, dir, rule.FrameDCEData, rest[HeaderSize:h.Frag])
		app.ShowFrame(c.sink, nil, dir, rule.FrameDCEPDU, rest[:h.Frag])
		rest = rest[h.Frag:]
	}
	if !c.stopped {
		c.buf[dir] = c.buf[dir][:copy(c.buf[dir], rest)]
	}
}

// Gap implements [app.Reader].
func (c *Conn) Gap(dir, _ int) { c.buf[dir], c.lost[dir] = c.buf[dir][:0], true }

// Close implements [app.Reader].
func (c *Conn) Close(dir int) {
	c.closed[dir] = true
	if c.closed[0] && c.closed[1] {
		c.stop()
	}
}

func (c *Conn) stop() {
	if c.stopped {
		return
	}
	c.stopped = true
	c.assoc.Close()
	c.buf = [2][]byte{}
}

func (c *Conn) begin(call *Call, _ int) *app.Tx {
	tx := &app.Tx{ID: c.next, Proto: rule.ProtoDCERPC, Recorder: recorder{}, User: call}
	c.next++
	return tx
}

func (c *Conn) fresh(call *Call, dir int) { c.sink.Step(call.Tx, dir) }

func (c *Conn) end(call *Call) { finish(c.sink, call) }

func finish(sink app.Sink, call *Call) {
	call.Tx.Sides[0].Done, call.Tx.Sides[1].Done = true, true
	sink.Step(call.Tx, app.ToServer)
	sink.Step(call.Tx, app.ToClient)
	sink.Log(call.Tx, app.ToServer, "dcerpc")
}
