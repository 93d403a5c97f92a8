package smbmsg

import (
	"otasuke/gateway/internal/app"
	"otasuke/rule"
)

// Commands of SMB2 (MS-SMB2 section 2.2.1).
const (
	negotiate2 = iota
	sessionSetup2
	logoff2
	treeConnect2
	treeDisconnect2
	create2
	close2
	flush2
	read2
	write2
	lock2
	ioctl2
	cancel2
	echo2
	queryDirectory2
	changeNotify2
	queryInfo2
	setInfo2
	oplockBreak2
)

const (
	header2 = 64 // size of the SMB2 header

	flagResponse = 0x01
	flagAsync    = 0x02
	// pipeTransceive writes to a pipe and reads the answer (MS-FSCC section 2.3).
	pipeTransceive = 0x0011c017

	sharePipe = 2
)

// NTSTATUS codes that are looked at (MS-ERREF section 2.3.1).
const (
	statusPending  = 0x103
	statusOverflow = 0x80000005 // the answer has more than fits
)

// messages2 reads the SMB2 messages in b, which may be compounded (MS-SMB2 section
// 3.3.5.2.7).
func (c *Conn) messages2(dir int, b []byte) {
	for len(b) > 0 {
		v := view{b: b}
		h := c.head2(&v)
		next := int(v.u32(20))
		if v.bad || v.u16(4) != header2 || string(b[1:4]) != "SMB" {
			c.malformed(dir)
			return
		}
		one := b
		if next > 0 {
			if next < header2 || next > len(b) {
				c.malformed(dir)
				return
			}
			one = b[:next]
		}
		c.message2(dir, &h, one)
		if next == 0 {
			return
		}
		b = b[next:]
	}
}

func (c *Conn) head2(v *view) header {
	h := header{
		version: 2, command: uint16(v.u16(12)), session: v.u64(40),
		message: messageID{id: v.u64(24)}, unicode: true,
	}
	flags := v.u32(16)
	h.response = flags&flagResponse != 0
	if h.async = flags&flagAsync != 0; !h.async {
		h.tree = v.u32(36)
	}
	if h.response {
		h.status = status{known: true, code: v.u32(8)}
	}
	v.at(0, header2)
	return h
}

func (c *Conn) message2(dir int, h *header, b []byte) {
	v := &view{b: b}
	switch {
	case h.response && dir == app.ToServer:
		c.event("response_to_server")
		return
	case !h.response && dir == app.ToClient && h.command != oplockBreak2:
		c.event("request_to_client")
		return
	case h.response:
		c.response2(h, v)
	default:
		c.request2(h, v)
	}
	if v.bad {
		c.malformed(dir)
	}
}

// request2 reads a command.
func (c *Conn) request2(h *header, v *view) {
	var t *transaction
	switch h.command {
	case negotiate2:
		t = c.ask(h, negotiateRequest2(v))
	case sessionSetup2:
		s := &session{}
		s.blob(v.at(v.u16(76), v.u16(78)))
		t = c.ask(h, s)
		s.put(t)
	case treeConnect2:
		d := newTreeConnect(wide(v.at(v.u16(68), v.u16(70))))
		t = c.ask(h, d)
		d.put(t)
	case create2:
		t = c.ask(h, createRequest2(v))
	case close2:
		id := v.id(72)
		t = c.ask(h, nil)
		if f := c.state.files[id]; f != nil && !v.bad {
			c.closeFile(f, false)
			c.forget(f)
		}
	case read2:
		c.readRequest(h, read{file: v.id(80), offset: v.u64(72)}, v.u32(68))
		return
	case write2:
		c.write2(h, v)
		return
	case ioctl2:
		if t = c.ioctlRequest2(h, v); t == nil {
			return
		}
	case setInfo2:
		if t = c.setInfo2(h, v); t == nil {
			return
		}
	case queryInfo2:
		return
	default:
		t = c.ask(h, nil)
	}
	c.asked(t)
}

// readRequest notes what a read is for.
func (c *Conn) readRequest(h *header, r read, size uint32) {
	r.size = uint64(size)
	c.asks(h, r)
	if size > MaxSize || c.state.maxRead != 0 && size > c.state.maxRead {
		c.event("read_request_too_large")
	}
}

func (c *Conn) write2(h *header, v *view) {
	data := v.at(v.u16(66), int(v.u32(68)))
	if v.bad {
		return
	}
	c.written(h, v.id(80), v.u64(72), data)
}

// written takes what a command writes to a file or pipe.
func (c *Conn) written(h *header, id fileID, offset uint64, data []byte) {
	f := c.file(id, h.tree)
	if c.isCall(h, f, app.ToServer, data) {
		c.rpc(h, f, app.ToServer, data)
		return
	}
	n := uint32(min(len(data), 1<<30))
	t := c.transfer(h, f, app.ToServer, offset)
	c.asks(h, read{file: id})
	if n > MaxSize || c.state.maxWrite != 0 && n > c.state.maxWrite {
		t.tx.event("write_request_too_large")
	}
	c.contents(t, offset, data)
	c.mayEnd(t)
	c.asked(t.tx)
}

func negotiateRequest2(v *view) *negotiate {
	d := &negotiate{clientGUID: v.id(76)}
	n := v.u16(66)
	for i := 0; i < n && i < 64; i++ {
		d.dialects = append(d.dialects, dialect2(v.u16(100+2*i)))
	}
	return d
}

func createRequest2(v *view) *create {
	name := wide(v.at(v.u16(108), v.u16(110)))
	return &create{name: name, disposition: v.u32(100), options: v.u32(104)}
}

// ioctlRequest2 reads a control request; nil when it is a call through a pipe, which
// has its own transaction.
func (c *Conn) ioctlRequest2(h *header, v *view) *transaction {
	code := v.u32(68)
	data := v.at(int(v.u32(88)), int(v.u32(92)))
	if code == pipeTransceive && !v.bad {
		f := c.file(v.id(72), h.tree)
		f.pipe = true
		c.asks(h, read{file: f.id})
		c.rpc(h, f, app.ToServer, data)
		return nil
	}
	return c.ask(h, &ioctl{code: code})
}

// Kinds and levels of SET_INFO (MS-SMB2 section 2.2.39, MS-FSCC section 2.4).
const (
	infoFile        = 1
	infoRename      = 10
	infoDisposition = 13
	infoEnd         = 20
)

// previous is the file id of commands compounded behind the one that opens the file
// (MS-SMB2 section 3.2.4.1.4).
var previous = fileID{255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}

// chained is the file of a command, which the command before may only be opening.
func (c *Conn) chained(h *header, id fileID) *openFile {
	if id != previous {
		return c.file(id, h.tree)
	}
	f := &openFile{id: id, tree: c.state.trees[h.tree]}
	for back := uint64(1); back <= 4 && back <= h.message.id; back++ {
		if t := c.state.pending[messageID{id: h.message.id - back}]; t != nil {
			if d, ok := t.detail.(*create); ok {
				f.name = d.name
				break
			}
		}
	}
	return f
}

// setInfo2 reads a change of a file; nil for those that have no transaction.
func (c *Conn) setInfo2(h *header, v *view) *transaction {
	data := v.at(v.u16(72), int(v.u32(68)))
	kind, level := v.u8(66), v.u8(67)
	if v.bad || kind != infoFile {
		return nil
	}
	f := c.chained(h, v.id(80))
	d := view{b: data}
	switch level {
	case infoRename:
		to := wide(d.at(20, int(d.u32(16))))
		return c.ask(h, &rename{from: f.name, to: to})
	case infoEnd:
		f.size = d.u64(0)
	case infoDisposition:
		return c.ask(h, &setInfo{
			name: f.name, id: f.id, class: "SET_INFO", level: "FILE_DISPOSITION_INFO", remove: d.u8(0)&1 != 0,
		})
	}
	return nil
}

// response2 reads an answer.
func (c *Conn) response2(h *header, v *view) {
	if h.status.code == statusPending {
		return // MS-SMB2 section 3.3.4.4: the answer itself comes later
	}
	good := h.status.code == 0
	switch h.command {
	case read2:
		if good || h.status.code == statusOverflow {
			c.readResponse(h, int(v.u8(66)), int(v.u32(68)), v)
		} else {
			delete(c.state.reads, h.message)
		}
		return
	case write2:
		c.writeResponse(h)
		return
	case ioctl2:
		if c.ioctlResponse2(h, v) {
			return
		}
	case negotiate2:
		if c.state.pending[h.message] == nil {
			c.upgraded(h, v)
			return
		}
	}
	t := c.answered(h)
	if t == nil {
		return
	}
	if good || h.command == sessionSetup2 {
		c.take2(t, h, v)
	}
	c.finish(t)
}

// upgraded takes the answer in SMB2 to a client that began with SMB1 (MS-SMB2 section
// 3.3.5.3.1).
func (c *Conn) upgraded(h *header, v *view) {
	for _, t := range c.state.open {
		if d, ok := t.detail.(*negotiate); ok && d.one {
			t.replied, t.status = true, h.status
			c.take2(t, h, v)
			c.finish(t)
			return
		}
	}
	c.take2(&transaction{conn: c, detail: &negotiate{}, done: true}, h, v)
}

// writeResponse notes how a write ended.
func (c *Conn) writeResponse(h *header) {
	r, ok := c.state.reads[h.message]
	delete(c.state.reads, h.message)
	if f := c.state.files[r.file]; ok && f != nil && f.sent[app.ToServer] != nil {
		f.sent[app.ToServer].tx.status = h.status
	}
}

// take2 takes what a good answer says.
func (c *Conn) take2(t *transaction, h *header, v *view) {
	switch d := t.detail.(type) {
	case *negotiate:
		c.state.dialect = dialect2(v.u16(68))
		d.serverGUID = v.id(72)
		d.maxRead, d.maxWrite = v.u32(96), v.u32(100)
		c.state.maxRead, c.state.maxWrite = d.maxRead, d.maxWrite
		if d.maxRead > MaxSize {
			t.event("negotiate_max_read_size_too_large")
		}
		if d.maxWrite > MaxSize {
			t.event("negotiate_max_write_size_too_large")
		}
	case *session:
		t.session = h.session
	case *treeConnect:
		kind := v.u8(66)
		d.kind = shareKind(kind)
		d.pipe = kind == sharePipe
		t.tree = h.tree
		c.connect(h.tree, tree{share: d.share, pipe: d.pipe})
	case *create:
		d.created, d.accessed, d.modified, d.changed = v.u64(72), v.u64(80), v.u64(88), v.u64(96)
		d.size, d.id = v.u64(112), v.id(128)
		if !v.bad {
			f := c.addFile(d.id, d.name, c.state.trees[h.tree])
			f.size, f.empty = d.size, d.size == 0
			c.state.opened = d.id
		}
	}
}

// readResponse takes what was read of a file or pipe.
func (c *Conn) readResponse(h *header, at, n int, v *view) {
	r, ok := c.state.reads[h.message]
	delete(c.state.reads, h.message)
	data := v.at(at, n)
	if v.bad || n == 0 {
		return
	}
	if !ok {
		r = read{} // the request was not seen: its file is not known
	}
	if r.file == previous {
		r.file = c.state.opened
	}
	c.wasRead(h, r, data)
}

// wasRead takes contents of a file or pipe.
func (c *Conn) wasRead(h *header, r read, data []byte) {
	f := c.file(r.file, h.tree)
	if c.isCall(h, f, app.ToClient, data) {
		c.rpc(h, f, app.ToClient, data)
		return
	}
	t := c.transfer(h, f, app.ToClient, r.offset)
	if c.state.maxRead != 0 && uint64(len(data)) > uint64(c.state.maxRead) {
		t.tx.event("read_response_too_large")
	}
	t.tx.status = h.status
	t.want = r.offset + r.size
	c.contents(t, r.offset, data)
	c.mayEnd(t)
	c.sink.Step(&t.tx.Tx, app.ToClient)
}

// ioctlResponse2 takes the answer of a call through a pipe.
func (c *Conn) ioctlResponse2(h *header, v *view) bool {
	r, ok := c.state.reads[h.message]
	if !ok {
		return false
	}
	delete(c.state.reads, h.message)
	if h.status.code != 0 && h.status.code != statusOverflow {
		return true
	}
	if data := v.at(int(v.u32(96)), int(v.u32(100))); !v.bad {
		c.rpc(h, c.file(r.file, h.tree), app.ToClient, data)
	}
	return true
}

// largeTransfer2 finds where the contents of a large read or write stand.
func (c *Conn) largeTransfer2(dir int, head []byte) (t *transfer, at, n int, ok bool) {
	v := &view{b: head}
	h := c.head2(v)
	if v.u16(4) != header2 || v.u32(20) != 0 || h.response != (dir == app.ToClient) {
		return nil, 0, 0, false
	}
	switch {
	case h.command == write2 && !h.response:
		at, n = v.u16(66), int(v.u32(68))
		f := c.file(v.id(80), h.tree)
		if n < streamed/2 || c.isPipe(f, nil) {
			return nil, 0, 0, false
		}
		t, ok = c.large(&h, f, dir, v.u64(72), n)
	case h.command == read2 && h.response && h.status.code == 0:
		r, known := c.state.reads[h.message]
		at, n = v.u8(66), int(v.u32(68))
		if f := c.file(r.file, h.tree); known && n >= streamed/2 && !c.isPipe(f, nil) {
			if t, ok = c.large(&h, f, dir, r.offset, n); ok {
				t.tx.status, t.want = h.status, r.offset+r.size
				delete(c.state.reads, h.message)
			}
		}
	}
	return t, at, n, ok && !v.bad
}

// shareKind is a share's type in the words of EVE records.
func shareKind(kind int) string {
	switch kind {
	case 1:
		return "FILE"
	case sharePipe:
		return "PIPE"
	case 3:
		return "PRINT"
	}
	return "UNKNOWN"
}

// put gives the share to rules.
func (d *treeConnect) put(t *transaction) {
	b := rule.SMBShare
	if d.pipe {
		b = rule.SMBNamedPipe
	}
	t.Sides[app.ToServer].Put(b, []byte(d.share))
}
