package nfsmsg

import (
	"bytes"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/turn"
)

const (
	// maxAhead chunks that came too early are kept of a file, and
	maxAhead = 64
	// maxAheadBytes of them.
	maxAheadBytes = 1 << 20
)

// transfer is a file on its way.
type transfer struct {
	dir    int
	file   *app.File
	next   uint64 // offset that is told next
	ahead  []chunk
	kept   int
	chunks uint32
	last   bool
	xid    uint32 // of the latest chunk
}

type chunk struct {
	offset uint64
	data   []byte
}

// fileTx finds or opens the transaction of a file that dir carries.
func (c *Conn) fileTx(k *call, handle []byte, dir int, proc uint32) *turn.Turn[action] {
	t := c.turns.Find(func(x *action) bool { return x.isFile && x.move.dir == dir && bytes.Equal(x.handle, handle) })
	if t != nil {
		return t
	}
	t = c.begin(&k.rpcCall)
	x := &t.Data
	x.isFile, x.proc, x.move.dir = true, proc, dir
	if dir == app.ToServer {
		x.flavor = authNull // who writes is not told elsewhere
	}
	x.handle, x.name = bytes.Clone(handle), bytes.Clone(c.nameOf(handle))
	put(t)
	c.turns.Step(t, app.ToServer)
	c.turns.Step(t, app.ToClient)
	return t
}

// data adds contents at an offset.
func (c *Conn) data(t *turn.Turn[action], offset uint64, b []byte, xid uint32) {
	m := &t.Data.move
	m.chunks++
	m.xid = xid
	if m.file == nil {
		m.file = c.sink.OpenFile(&t.Tx, m.dir, t.Data.name)
		if m.file == nil {
			return
		}
	}
	switch {
	case offset < m.next:
		if skip := m.next - offset; skip < uint64(len(b)) {
			c.write(m, b[skip:])
		}
	case offset == m.next:
		c.write(m, b)
	case len(m.ahead) < maxAhead && m.kept+len(b) <= maxAheadBytes:
		m.ahead = append(m.ahead, chunk{offset, bytes.Clone(b)})
		m.kept += len(b)
		return
	default:
		c.leap(m, offset)
		c.write(m, b)
	}
	c.drain(m)
}

func (c *Conn) write(m *transfer, b []byte) {
	c.sink.WriteFile(m.file, b)
	m.next += uint64(len(b))
}

// leap passes over what did not come up to offset.
func (c *Conn) leap(m *transfer, offset uint64) {
	c.sink.GapFile(m.file, int(min(offset-m.next, 1<<30)))
	m.next = offset
}

// drain tells chunks that came early and have their turn now.
func (c *Conn) drain(m *transfer) {
	for again := true; again; {
		again = false
		for i, k := range m.ahead {
			if k.offset > m.next {
				continue
			}
			m.ahead = append(m.ahead[:i], m.ahead[i+1:]...)
			m.kept -= len(k.data)
			if skip := m.next - k.offset; skip < uint64(len(k.data)) {
				c.write(m, k.data[skip:])
			}
			again = true
			break
		}
	}
}

// closeFile ends a transaction's file; cut tells that its end was not seen.
func (c *Conn) closeFile(t *turn.Turn[action], cut bool) {
	m := &t.Data.move
	if m.file == nil {
		return
	}
	for len(m.ahead) > 0 {
		low := m.ahead[0].offset
		for _, k := range m.ahead {
			low = min(low, k.offset)
		}
		c.leap(m, low)
		c.drain(m)
	}
	c.sink.CloseFile(m.file, cut)
	m.file = nil
}
