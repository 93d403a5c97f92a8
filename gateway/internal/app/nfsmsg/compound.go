package nfsmsg

import (
	"bytes"

	"otasuke/gateway/internal/app/octets"
)

// Operations of version 4 (RFC 7530 section 16).
const (
	opClose     = 4
	opCommit    = 5
	opCreate    = 6
	opGetattr   = 9
	opGetfh     = 10
	opLookup    = 15
	opOpen      = 18
	opPutfh     = 22
	opRead      = 25
	opReaddir   = 26
	opRemove    = 28
	opRename    = 29
	opWrite     = 38
	opSequence  = 53
	compound    = 1
	maxCompound = 64 // operations of a compound are read
)

// stateID is the size of a state (RFC 7530 section 9.1.4.2).
const stateID = 16

// requestV4 reads a compound.
func (c *Conn) requestV4(k *call, cur *octets.Cursor) {
	if k.proc != compound || k.flavor == authGSS && !k.gss {
		return
	}
	opaque(cur) // tag
	cur.Skip(4) // minor version
	var fh []byte
	for n := min(cur.U32(), maxCompound); n > 0 && cur.OK(); n-- {
		op := cur.U32()
		switch op {
		case opPutfh:
			fh = opaque(cur)
			k.handle = bytes.Clone(fh)
		case opLookup:
			k.name = bytes.Clone(opaque(cur))
		case opRemove:
			k.name, k.main = bytes.Clone(opaque(cur)), op
		case opRename:
			k.name, k.to = bytes.Clone(opaque(cur)), bytes.Clone(opaque(cur))
			k.main = op
		case opCreate:
			k.name, k.main = bytes.Clone(createArgs(cur)), op
		case opOpen:
			k.name = bytes.Clone(openArgs(cur))
		case opRead:
			cur.Skip(stateID)
			k.offset = cur.U64()
			cur.Skip(4)
		case opWrite:
			cur.Skip(stateID)
			offset := cur.U64()
			stable := cur.U32()
			if data := opaque(cur); fh != nil {
				w := *k
				w.proc = opWrite
				c.written(&w, fh, offset, data, stable == fileSync)
			}
		case opCommit:
			cur.Skip(12)
			c.committed(fh)
		case opClose:
			cur.Skip(4 + stateID)
			c.committed(fh)
		default:
			if !skipArgs(op, cur) {
				n = 1
			}
		}
	}
	if k.main != 0 {
		own := *k
		own.proc, own.handle = k.main, nil
		c.single(&own)
		k.t = own.t
	}
}

// bitmap passes over one.
func bitmap(c *octets.Cursor) {
	if n := c.U32(); n <= 8 {
		c.Skip(4 * int(n))
	} else {
		c.Fail()
	}
}

// attributes passes over attributes.
func attributes(c *octets.Cursor) {
	bitmap(c)
	opaque(c)
}

// createArgs is RFC 7530 section 16.4.
func createArgs(c *octets.Cursor) (name []byte) {
	switch c.U32() {
	case 3, 4: // devices
		c.Skip(8)
	case 5: // symbolic link
		opaque(c)
	}
	name = opaque(c)
	attributes(c)
	return name
}

// openArgs is RFC 7530 section 16.16.
func openArgs(c *octets.Cursor) (name []byte) {
	c.Skip(4 + 4 + 4 + 8) // sequence, access, deny, client
	opaque(c)             // owner
	if c.U32() == 1 {
		switch c.U32() {
		case 0, 1:
			attributes(c)
		case 2:
			c.Skip(8)
		case 3:
			c.Skip(8)
			attributes(c)
		}
	}
	switch c.U32() { // claim
	case 0, 3:
		return opaque(c)
	case 1:
		c.Skip(4)
	case 2:
		c.Skip(stateID)
		return opaque(c)
	case 5:
		c.Skip(stateID)
	}
	return nil
}

// argSizes are the arguments of fixed size.
var argSizes = map[uint32]int{3: 4, 7: 8, 8: stateID, opGetfh: 0, 14: 8 + stateID + 16, 16: 0, 19: 4, 20: stateID + 4, 21: stateID + 12, 23: 0, 24: 0,
	27: 0, 30: 8, 31: 0, 32: 0, 36: 16, 44: stateID, opSequence: stateID + 16, 57: 8, 58: 4}

// skipArgs passes over the arguments of other operations. False means that they are not
// known, and so is not what is behind them.
func skipArgs(op uint32, c *octets.Cursor) bool {
	if n, ok := argSizes[op]; ok {
		c.Skip(n)
		return true
	}
	switch op {
	case opGetattr:
		bitmap(c)
	case 11, 33: // link, secinfo
		opaque(c)
	case 13: // lockt
		c.Skip(4 + 16 + 8)
		opaque(c)
	case 17, 37: // nverify, verify
		attributes(c)
	case opReaddir:
		c.Skip(8 + 8 + 8)
		bitmap(c)
	case 34: // setattr
		c.Skip(stateID)
		attributes(c)
	case 35: // setclientid
		c.Skip(8)
		opaque(c)
		c.Skip(4)
		opaque(c)
		opaque(c)
		c.Skip(4)
	case 39: // release_lockowner
		c.Skip(8)
		opaque(c)
	default:
		return false
	}
	return true
}

// replyV4 reads the results of a compound.
func (c *Conn) replyV4(k *call, cur *octets.Cursor) (status uint32, handle []byte) {
	if k.proc != compound || k.flavor == authGSS && !k.gss {
		return 0, nil
	}
	if k.gss {
		cur.Skip(8)
	}
	cur.Skip(4) // status of the last operation
	opaque(cur) // tag
	for n := min(cur.U32(), maxCompound); n > 0 && cur.OK(); n-- {
		op, result := cur.U32(), cur.U32()
		if op == k.main {
			status = result
		}
		if result != 0 {
			return status, handle
		}
		switch op {
		case opGetfh:
			if handle = opaque(cur); cur.OK() {
				c.remember(handle, k.name)
			}
		case opRead:
			eof := cur.U32() != 0
			data := opaque(cur)
			r := *k
			r.proc = opRead
			if cur.OK() && k.handle != nil {
				c.read(&r, k.handle, data, eof)
			}
		default:
			if !skipResult(op, cur) {
				return status, handle
			}
		}
	}
	return status, handle
}

// resultSizes are the results of fixed size.
var resultSizes = map[uint32]int{3: 8, opClose: stateID, opCommit: 8, 7: 0, 8: 0, 11: 20, 14: stateID, opLookup: 0, 16: 0, 17: 0, 19: 0, 20: stateID,
	21: stateID, opPutfh: 0, 23: 0, 24: 0, opRemove: 20, opRename: 40, 30: 0, 31: 0, 32: 0, 35: 16, 36: 0, 37: 0, opWrite: 16, 39: 0, 44: 0,
	opSequence: stateID + 20, 57: 0, 58: 0}

// skipResult passes over the result of an operation. False means that it is not known.
func skipResult(op uint32, c *octets.Cursor) bool {
	if n, ok := resultSizes[op]; ok {
		c.Skip(n)
		return true
	}
	switch op {
	case opCreate:
		c.Skip(20)
		bitmap(c)
	case opGetattr:
		attributes(c)
	case 34: // setattr
		bitmap(c)
	case opOpen:
		return openResult(c)
	default:
		return false
	}
	return true
}

// openResult is RFC 7530 section 16.16.3.
func openResult(c *octets.Cursor) bool {
	c.Skip(stateID + 20 + 4)
	bitmap(c)
	switch c.U32() { // delegation
	case 0:
		return true
	case 1:
		c.Skip(stateID + 4)
	case 2:
		c.Skip(stateID + 4 + 12)
	default:
		return false
	}
	c.Skip(12)
	opaque(c)
	return true
}
