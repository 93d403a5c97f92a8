package nfsmsg

import (
	"bytes"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/octets"
)

// Procedures of version 3 (RFC 1813 section 3).
const (
	procGetattr     = 1
	procLookup      = 3
	procAccess      = 4
	procRead        = 6
	procWrite       = 7
	procCreate      = 8
	procMkdir       = 9
	procSymlink     = 10
	procMknod       = 11
	procRemove      = 12
	procRmdir       = 13
	procRename      = 14
	procReaddirplus = 17
	procCommit      = 21
)

// Procedures of version 2 (RFC 1094 section 2.2).
const (
	v2Lookup = 4
	v2Read   = 6
	v2Write  = 8
	v2Create = 9
	v2Remove = 10
	v2Rename = 11
	v2Mkdir  = 14
	v2Rmdir  = 15
)

// handleV2 is the size of a file handle of version 2.
const handleV2 = 32

// request reads a call's arguments.
func (c *Conn) request(r rpcCall, cur *octets.Cursor) {
	k := &call{rpcCall: r}
	k.machine = bytes.Clone(r.machine)
	switch r.version {
	case 2:
		c.requestV2(k, cur)
	case 3:
		c.requestV3(k, cur)
	case 4:
		c.requestV4(k, cur)
	default:
		return
	}
	c.wait(k)
}

// single opens the transaction of a call that is not part of a file's.
func (c *Conn) single(k *call) {
	t := c.begin(&k.rpcCall)
	t.Data.name, t.Data.to, t.Data.handle = k.name, k.to, k.handle
	put(t)
	t.Tx.Sides[app.ToServer].Done = true
	c.turns.Step(t, app.ToServer)
	k.t = t
}

func (c *Conn) requestV2(k *call, cur *octets.Cursor) {
	handle := cur.Take(handleV2)
	k.handle = bytes.Clone(handle)
	switch k.proc {
	case v2Lookup, v2Create, v2Remove, v2Mkdir, v2Rmdir:
		k.name, k.handle = bytes.Clone(opaque(cur)), nil
	case v2Rename:
		k.name, k.handle = bytes.Clone(opaque(cur)), nil
		cur.Skip(handleV2)
		k.to = bytes.Clone(opaque(cur))
	case v2Read:
		k.offset = uint64(cur.U32())
		c.fileTx(k, handle, app.ToClient, k.proc)
		return
	case v2Write:
		cur.Skip(4)
		offset := uint64(cur.U32())
		cur.Skip(4)
		c.written(k, handle, offset, opaque(cur), false)
		return
	default:
		k.name = c.nameOf(handle)
	}
	c.single(k)
}

// fileSync asks that all is on the disk with the reply (RFC 1813 section 3.3.7): elsewhere
// it ends the file, and so it does here.
const fileSync = 2

// written adds what a call writes to its file.
func (c *Conn) written(k *call, handle []byte, offset uint64, data []byte, last bool) {
	if len(data) == 0 {
		return
	}
	t := c.fileTx(k, handle, app.ToServer, k.proc)
	c.data(t, offset, data, k.xid)
	if last {
		t.Data.move.last = true
		c.end(t, false)
	}
}

func (c *Conn) requestV3(k *call, cur *octets.Cursor) {
	handle := opaque(cur)
	switch k.proc {
	case procLookup, procCreate, procMkdir, procSymlink, procMknod, procRemove, procRmdir:
		k.name = bytes.Clone(opaque(cur))
	case procRename:
		k.name = bytes.Clone(opaque(cur))
		opaque(cur)
		k.to = bytes.Clone(opaque(cur))
	case procRead:
		k.handle, k.offset = bytes.Clone(handle), cur.U64()
		if cur.OK() {
			c.fileTx(k, handle, app.ToClient, procRead)
		}
		return
	case procWrite:
		offset := cur.U64()
		cur.Skip(4) // count
		stable := cur.U32()
		c.written(k, handle, offset, opaque(cur), stable == fileSync)
		return
	case procCommit:
		c.committed(handle)
		return
	default:
		if handle != nil {
			k.handle, k.name = bytes.Clone(handle), c.nameOf(handle)
		}
	}
	if k.proc != 0 && !cur.OK() {
		c.malformed()
	}
	c.single(k)
}

// committed ends the writing of a file.
func (c *Conn) committed(handle []byte) {
	t := c.turns.Find(func(x *action) bool { return x.isFile && x.move.dir == app.ToServer && bytes.Equal(x.handle, handle) })
	if t != nil {
		t.Data.move.last = true
		c.end(t, false)
	}
}

// reply reads the results of a call that was seen.
func (c *Conn) reply(r rpcReply, cur *octets.Cursor) {
	k := c.calls[r.xid]
	if k == nil {
		return
	}
	delete(c.calls, r.xid)
	var status uint32
	var handle []byte
	if r.state == 0 && r.accept == 0 && !(k.proc == 0 && k.version < 4) {
		switch k.version {
		case 2:
			status, handle = c.replyV2(k, cur)
		case 3:
			status, handle = c.replyV3(k, cur)
		case 4:
			status, handle = c.replyV4(k, cur)
		}
	}
	t := k.t
	if t == nil {
		return
	}
	t.Data.state, t.Data.status = r.state, status
	if handle != nil {
		t.Data.handle = bytes.Clone(handle)
	}
	c.end(t, false)
}

func (c *Conn) replyV2(k *call, cur *octets.Cursor) (status uint32, handle []byte) {
	if status = cur.U32(); status != 0 {
		return status, nil
	}
	switch k.proc {
	case v2Lookup, v2Create, v2Mkdir:
		handle = cur.Take(handleV2)
		c.remember(handle, k.name)
	case v2Read:
		const attributes = 68
		cur.Skip(attributes)
		c.read(k, k.handle, opaque(cur), false)
	}
	return 0, handle
}

func (c *Conn) replyV3(k *call, cur *octets.Cursor) (status uint32, handle []byte) {
	if status = cur.U32(); status != 0 {
		return status, nil
	}
	switch k.proc {
	case procLookup:
		handle = opaque(cur)
		c.remember(handle, k.name)
	case procCreate, procMkdir, procSymlink, procMknod:
		if cur.U32() != 0 {
			handle = opaque(cur)
			c.remember(handle, k.name)
		}
	case procRead:
		attributesV3(cur)
		cur.Skip(4)
		eof := cur.U32() != 0
		c.read(k, k.handle, opaque(cur), eof)
	case procReaddirplus:
		c.entries(cur)
	}
	return 0, handle
}

// attributesV3 passes over attributes that may be there (RFC 1813 section 2.6).
func attributesV3(cur *octets.Cursor) {
	const size = 84
	if cur.U32() != 0 {
		cur.Skip(size)
	}
}

// maxEntries of a directory are read from a reply.
const maxEntries = 4096

// entries remembers the names in a directory (RFC 1813 section 3.3.17).
func (c *Conn) entries(cur *octets.Cursor) {
	attributesV3(cur)
	cur.Skip(8)
	for n := 0; n < maxEntries && cur.U32() != 0; n++ {
		cur.Skip(8)
		name := opaque(cur)
		cur.Skip(8)
		attributesV3(cur)
		if cur.U32() != 0 {
			if handle := opaque(cur); cur.OK() {
				c.remember(handle, name)
			}
		}
	}
}

// read adds what a reply has of a file.
func (c *Conn) read(k *call, handle, data []byte, eof bool) {
	if len(data) == 0 && !eof {
		return
	}
	t := c.fileTx(k, handle, app.ToClient, k.proc)
	if len(data) > 0 {
		c.data(t, k.offset, data, k.xid)
	}
	if eof {
		t.Data.move.last = true
		c.end(t, false)
	}
}
