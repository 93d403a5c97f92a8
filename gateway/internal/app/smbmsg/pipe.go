package smbmsg

import (
	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/dcerpc"
)

// maxPDU bounds what is collected of a PDU: its length has 16 bits.
const maxPDU = 64 << 10

// isPipe tells whether a file is a pipe with remote procedure calls. When its share is
// not known data decides, which is what is written or read first.
func (c *Conn) isPipe(f *openFile, data []byte) bool {
	if !f.pipe && f.tree.share == "" && f.sent == [2]*transfer{} {
		if _, ok := dcerpc.ParseHeader(data); ok {
			f.pipe = true
		}
	}
	return f.pipe
}

// isCall tells whether bytes of a pipe are of remote procedure calls. SMB2 clients use
// pipes for streams of their own as well, which are read as files.
func (c *Conn) isCall(h *header, f *openFile, dir int, data []byte) bool {
	if !c.isPipe(f, data) {
		return false
	}
	if h.version == 1 || f.rpc != nil && len(f.rpc.buf[dir]) > 0 {
		return true
	}
	_, ok := dcerpc.ParseHeader(data)
	return ok
}

// rpc takes bytes of a pipe.
func (c *Conn) rpc(h *header, f *openFile, dir int, data []byte) {
	if f.rpc == nil {
		f.rpc = c.newPipe()
	}
	p := f.rpc
	p.head = *h
	buf := append(p.buf[dir], data...)
	for len(buf) >= dcerpc.HeaderSize {
		pdu, ok := dcerpc.ParseHeader(buf)
		if !ok {
			c.malformed(dir) // not remote procedure calls, or bytes are missing
			buf = nil
			break
		}
		if len(buf) < int(pdu.Frag) {
			break
		}
		p.assoc.PDU(dir, pdu, buf[:pdu.Frag])
		buf = buf[pdu.Frag:]
	}
	p.buf[dir] = append(p.buf[dir][:0], buf[:min(len(buf), maxPDU)]...)
}

// newPipe makes the association of a pipe; its calls are transactions of the
// conversation.
func (c *Conn) newPipe() *pipe {
	p := &pipe{}
	p.assoc = dcerpc.Assoc{
		Begin: func(call *dcerpc.Call, dir int) *app.Tx {
			t := c.begin(&p.head, call)
			t.asked = dir == app.ToServer
			return &t.Tx
		},
		Fresh: func(call *dcerpc.Call, dir int) {
			t := call.Tx.User.(*transaction)
			if dir == app.ToClient {
				t.replied, t.status = true, p.head.status
			}
			if !t.done {
				c.sink.Step(&t.Tx, dir)
			}
		},
		End: func(call *dcerpc.Call) { c.finish(call.Tx.User.(*transaction)) },
	}
	return p
}
