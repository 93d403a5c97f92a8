package nfsmsg

import (
	"bytes"
	"encoding/binary"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/octets"
	"otasuke/gateway/internal/app/turn"
	"otasuke/rule"
)

// Limits.
const (
	// MaxRecord is the longest message over TCP: transfers have at most 1 MiB.
	MaxRecord = 1<<20 + 64<<10
	// MaxTx transactions are open; older ones are ended.
	MaxTx = 1024
	// MaxCalls wait for their reply; older ones are forgotten.
	MaxCalls = 4096
	// MaxNames of files are remembered; older ones are forgotten.
	MaxNames = 4096
	// MaxName is the longest name or handle that is remembered.
	MaxName = 1024
)

// call waits for its reply.
type call struct {
	rpcCall
	name, to []byte
	handle   []byte
	offset   uint64
	t        *turn.Turn[action] // nil when it has none of its own
	main     uint32             // operation of version 4 that made the transaction
}

// action is a transaction.
type action struct {
	rpcCall
	isFile   bool
	name, to []byte
	handle   []byte
	state    uint32 // of the reply
	status   uint32
	move     transfer
}

// Conn reads one conversation.
type Conn struct {
	sink    app.Sink
	turns   turn.List[action]
	half    [2]octets.Buffer
	parts   [2][]byte // fragments of a record
	skip    [2]int
	stopped [2]bool
	closed  [2]bool
	stream  bool

	calls     map[uint32]*call
	callOrder []uint32
	names     map[string][]byte
	nameOrder []string
}

// New makes a reader that tells sink. stream is for TCP.
func New(sink app.Sink, stream bool) *Conn {
	c := &Conn{sink: sink, stream: stream, calls: map[uint32]*call{}, names: map[string][]byte{}}
	c.turns.Init(sink, rule.ProtoNFS, recorder{}, "nfs")
	return c
}

// Push implements [app.Reader].
func (c *Conn) Push(dir int, b []byte) {
	if !c.stream {
		c.message(dir, b)
		return
	}
	if n := min(c.skip[dir], len(b)); n > 0 {
		c.skip[dir] -= n
		b = b[n:]
	}
	if len(b) > 0 && !c.stopped[dir] {
		c.half[dir].Feed(b, func(b []byte) (int, int) { return c.record(dir, b) })
	}
}

// Gap implements [app.Reader]: records cannot be told apart behind missing bytes.
func (c *Conn) Gap(dir, n int) {
	if c.skip[dir] >= n {
		c.skip[dir] -= n
		return
	}
	c.stopped[dir] = c.stream
}

// Close implements [app.Reader].
func (c *Conn) Close(dir int) {
	c.closed[dir] = true
	if c.closed[0] && c.closed[1] {
		for len(c.turns.Open()) > 0 {
			c.last(c.turns.Open()[0])
		}
	}
}

// last ends what never was complete. Of datagrams no record is written then.
func (c *Conn) last(t *turn.Turn[action]) {
	switch {
	case c.stream:
		c.end(t, true)
	case t.Data.isFile:
		c.closeFile(t, true)
		c.turns.Forget(t, false)
	default:
		c.turns.Drop(t)
	}
}

// record takes a fragment of a record (RFC 5531 section 11).
func (c *Conn) record(dir int, b []byte) (took, need int) {
	if len(b) < 4 {
		return 0, 4
	}
	mark := binary.BigEndian.Uint32(b)
	n, last := 4+int(mark&0x7fffffff), mark>>31 != 0
	if n+len(c.parts[dir]) > MaxRecord {
		c.parts[dir] = nil
		got := min(n, len(b))
		c.skip[dir] = n - got
		return got, 0
	}
	if len(b) < n {
		return 0, n
	}
	switch {
	case !last:
		c.parts[dir] = append(c.parts[dir], b[4:n]...)
	case len(c.parts[dir]) > 0:
		whole := append(c.parts[dir], b[4:n]...)
		c.parts[dir] = nil
		c.message(dir, whole)
	default:
		c.message(dir, b[4:n])
	}
	return n, 0
}

// message reads a call or a reply.
func (c *Conn) message(dir int, b []byte) {
	cur := octets.New(b)
	if dir == app.ToServer {
		if r, ok := readCall(&cur); ok {
			c.request(r, &cur)
			return
		}
	} else if r, ok := readReply(&cur); ok {
		c.reply(r, &cur)
		return
	}
	c.malformed()
}

// malformed raises its event on the latest transaction: without one it is not told.
func (c *Conn) malformed() {
	if t := c.turns.Last(); t != nil {
		c.turns.Both(t, "nfs.malformed_data")
	}
}

// begin opens a transaction for a call.
func (c *Conn) begin(r *rpcCall) *turn.Turn[action] {
	if open := c.turns.Open(); len(open) >= MaxTx {
		c.turns.Both(open[0], "nfs.too_many_transactions")
		c.end(open[0], true)
	}
	t := c.turns.Begin()
	t.Data.rpcCall = *r
	t.Data.machine = bytes.Clone(r.machine)
	return t
}

// put tells what a transaction is about.
func put(t *turn.Turn[action]) {
	for d := range t.Tx.Sides {
		s := &t.Tx.Sides[d]
		s.Number(rule.NFSProcedure, uint64(t.Data.proc))
		s.Number(rule.NFSVersion, uint64(t.Data.version))
	}
}

// end ends a transaction. Attributes are asked for so often that nothing is written of it.
func (c *Conn) end(t *turn.Turn[action], cut bool) {
	x := &t.Data
	if x.isFile {
		c.closeFile(t, cut)
		c.turns.Forget(t, true)
		return
	}
	if k := c.calls[x.xid]; k != nil && k.t == t {
		k.t = nil
	}
	if x.version < 4 && x.proc == procGetattr {
		c.turns.Drop(t)
		return
	}
	c.turns.Close(t)
}

// wait remembers a call until its reply.
func (c *Conn) wait(k *call) {
	if len(c.callOrder) >= MaxCalls {
		delete(c.calls, c.callOrder[0])
		c.callOrder = c.callOrder[1:]
	}
	if _, again := c.calls[k.xid]; !again {
		c.callOrder = append(c.callOrder, k.xid)
	}
	c.calls[k.xid] = k
}

// remember a file's name.
func (c *Conn) remember(handle, name []byte) {
	if len(handle) == 0 || len(handle) > MaxName || len(name) == 0 || len(name) > MaxName {
		return
	}
	if _, known := c.names[string(handle)]; !known {
		if len(c.nameOrder) >= MaxNames {
			delete(c.names, c.nameOrder[0])
			c.nameOrder = c.nameOrder[1:]
		}
		c.nameOrder = append(c.nameOrder, string(handle))
	}
	c.names[string(handle)] = bytes.Clone(name)
}

// nameOf returns the name of a file, nil when it is not known.
func (c *Conn) nameOf(handle []byte) []byte { return c.names[string(handle)] }
