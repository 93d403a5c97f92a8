package dcerpc

import (
	"encoding/binary"

	"otasuke/gateway/internal/app"
	"otasuke/rule"
)

// datagramHeader is the size of the connectionless header (C706 section 12.5.1).
const datagramHeader = 80

// Flags of connectionless PDUs (C706 section 12.5.2.3).
const (
	datagramLast = 0x02
	datagramFrag = 0x04
)

// activity names a call over UDP.
type activity struct {
	id  UUID
	seq uint32
}

// datagramCall is a call over UDP.
type datagramCall struct {
	Call
	activity
}

// Datagrams reads calls over UDP.
type Datagrams struct {
	sink   app.Sink
	calls  []*datagramCall
	kept   int
	next   uint64
	closed [2]bool
}

// NewDatagrams makes a reader that tells sink.
func NewDatagrams(sink app.Sink) *Datagrams { return &Datagrams{sink: sink} }

// Push implements [app.Reader].
func (d *Datagrams) Push(_ int, b []byte) {
	if len(b) < datagramHeader || b[0] != 4 || b[1] > Orphaned {
		return
	}
	var o binary.ByteOrder = binary.BigEndian
	little := b[4]&0x10 != 0
	if little {
		o = binary.LittleEndian
	}
	// The activity is shown as little-endian senders mean it: records elsewhere are so too.
	key := activity{ParseUUID(b[40:], true), o.Uint32(b[64:])}
	c := d.find(key)
	if c == nil {
		c = d.begin(key)
	}
	stub := b[datagramHeader:]
	if n := int(o.Uint16(b[74:])); n < len(stub) {
		stub = stub[:n]
	}
	last := b[2]&datagramFrag == 0 || b[2]&datagramLast != 0
	// Both sides may be servers: the type says who asks.
	dir := app.ToServer
	if b[1] == Request {
		d.request(c, b, o, little)
	} else {
		dir, c.Resp, c.Answered = app.ToClient, b[1], true
	}
	c.add(dir, stub, last)
	d.sink.Step(c.Tx, dir)
	if dir == app.ToClient && last && (b[1] == Response || b[1] == Fault) {
		d.end(c)
	}
}

// request takes what a request says of itself.
func (d *Datagrams) request(c *datagramCall, b []byte, o binary.ByteOrder, little bool) {
	if c.Asked {
		return
	}
	c.Req, c.Asked, c.Opnum = b[1], true, o.Uint16(b[68:])
	version := o.Uint32(b[60:])
	i := Interface{
		UUID: ParseUUID(b[24:], little), Major: uint16(version), Minor: uint16(version >> 16), First: true,
	}
	for s := range c.Tx.Sides {
		c.Tx.Sides[s].Number(rule.DCEOpnum, uint64(c.Opnum))
		c.Tx.Sides[s].Put(rule.DCEInterface, i.Value())
	}
}

func (d *Datagrams) find(key activity) *datagramCall {
	for _, c := range d.calls {
		if c.activity == key {
			return c
		}
	}
	return nil
}

func (d *Datagrams) begin(key activity) *datagramCall {
	if len(d.calls) == MaxCalls {
		d.end(d.calls[0])
	}
	c := &datagramCall{activity: key}
	c.kept = &d.kept
	c.Tx = &app.Tx{ID: d.next, Proto: rule.ProtoDCERPC, Recorder: recorder{}, User: c}
	d.next++
	d.calls = append(d.calls, c)
	return c
}

func (d *Datagrams) end(c *datagramCall) {
	d.kept -= len(c.stub[0]) + len(c.stub[1])
	for i := range d.calls {
		if d.calls[i] == c {
			d.calls = append(d.calls[:i], d.calls[i+1:]...)
			break
		}
	}
	finish(d.sink, &c.Call)
}

// Gap implements [app.Reader]; datagrams have none.
func (d *Datagrams) Gap(int, int) {}

// Close implements [app.Reader].
func (d *Datagrams) Close(dir int) {
	d.closed[dir] = true
	for d.closed[0] && d.closed[1] && len(d.calls) > 0 {
		d.end(d.calls[0])
	}
}
