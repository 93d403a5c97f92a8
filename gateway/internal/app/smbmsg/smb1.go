package smbmsg

import (
	"bytes"

	"otasuke/gateway/internal/app"
	"otasuke/internal/ascii"
)

// Commands of SMB1 that are looked into (MS-CIFS section 2.2.2.1).
const (
	close1         = 0x04
	write1         = 0x0b
	trans1         = 0x25
	writeClose1    = 0x2c
	openAndX1      = 0x2d
	readAndX1      = 0x2e
	writeAndX1     = 0x2f
	trans21        = 0x32
	treeDisconn1   = 0x71
	negotiate1     = 0x72
	sessionSetup1  = 0x73
	logoffAndX1    = 0x74
	treeConnect1   = 0x75
	ntCreateAndX1  = 0xa2
	lockingAndX1   = 0x24
	noCommand1     = 0xff
	header1        = 32
	flags1Response = 0x80
	flags2NTStatus = 0x4000
	flags2Unicode  = 0x8000
	// maxChain bounds commands chained in one message.
	maxChain = 16
)

// message1 reads a message with its chain of commands (MS-CIFS section 2.2.3.4).
func (c *Conn) message1(dir int, b []byte) {
	v := &view{b: b}
	h := c.head1(v)
	if v.bad {
		c.malformed(dir)
		return
	}
	switch {
	case h.response && dir == app.ToServer:
		c.event("response_to_server")
		return
	case !h.response && dir == app.ToClient && h.command != lockingAndX1:
		c.event("request_to_client")
		return
	}
	at := header1
	for range maxChain {
		p := part1{view: view{b: b}, at: at}
		p.split()
		if p.bad {
			c.malformed(dir)
			return
		}
		next, nextAt := p.chain(h.command)
		if h.response {
			c.response1(&h, &p)
		} else {
			c.request1(&h, &p)
		}
		if p.bad {
			c.malformed(dir)
		}
		if next == noCommand1 || nextAt <= at {
			return
		}
		at = nextAt
		h.command, h.message.command = uint16(next), uint8(next)
	}
}

func (c *Conn) head1(v *view) header {
	v.at(0, header1)
	flags2 := v.u16(10)
	cmd := v.u8(4)
	h := header{
		version: 1, command: uint16(cmd), response: v.u8(9)&flags1Response != 0, unicode: flags2&flags2Unicode != 0,
		session: uint64(v.u16(28)), tree: uint32(v.u16(24)),
		message: messageID{id: uint64(v.u16(30)) | uint64(v.u16(26))<<16, command: uint8(cmd)},
	}
	if !h.response {
		return h
	}
	h.status = status{known: true, code: v.u32(5)}
	if flags2&flags2NTStatus == 0 {
		h.status.dos = true
		h.status.code = uint32(v.u8(5)) | uint32(v.u16(7))<<8
	}
	return h
}

// part1 is one command of a message: its words and bytes.
type part1 struct {
	view
	at    int // of the word count, from the message's start
	words view
	data  []byte
	dataA int // offset of data in the message
}

func (p *part1) split() {
	n := 2 * p.u8(p.at)
	p.words = view{b: p.view.at(p.at+1, n)}
	size := p.u16(p.at + 1 + n)
	p.dataA = p.at + 3 + n
	if p.bad {
		return
	}
	// A byte count of 0 or one that is too large is common in large writes.
	p.data = p.b[p.dataA:min(len(p.b), p.dataA+size)]
}

// chain is the command that follows in the message.
func (p *part1) chain(cmd uint16) (next, at int) {
	switch cmd {
	case openAndX1, readAndX1, writeAndX1, sessionSetup1, logoffAndX1, treeConnect1, ntCreateAndX1, lockingAndX1:
		if len(p.words.b) >= 4 {
			return p.words.u8(0), p.words.u16(2)
		}
	}
	return noCommand1, 0
}

// strings is where strings begin that stand n bytes into data, aligned when they are
// of 16 bits.
func (p *part1) strings(n int, unicode bool) []byte {
	if unicode && (p.dataA+n)%2 != 0 {
		n++
	}
	if n > len(p.data) {
		return nil
	}
	return p.data[n:]
}

// fid makes an SMB1 file's id.
func fid(n int) (id fileID) {
	id[0], id[1] = byte(n), byte(n>>8)
	return id
}

// request1 reads a command.
func (c *Conn) request1(h *header, p *part1) {
	w := &p.words
	var t *transaction
	switch h.command {
	case negotiate1:
		d := c.negotiateRequest1(p)
		if t = c.ask(h, d); d.malformed {
			t.event("negotiate_malformed_dialects")
		}
	case sessionSetup1:
		s := sessionRequest1(h, p)
		t = c.ask(h, s)
		s.put(t)
	case treeConnect1:
		d := treeRequest1(h, p)
		t = c.ask(h, d)
		d.put(t)
	case ntCreateAndX1:
		name, _ := text(p.strings(0, h.unicode), h.unicode)
		t = c.ask(h, &create{name: name, disposition: w.u32(35), options: w.u32(39)})
	case openAndX1:
		name, _ := text(p.strings(0, h.unicode), h.unicode)
		t = c.ask(h, &create{name: name, disposition: uint32(w.u16(16))})
	case writeAndX1, write1, writeClose1:
		c.write1(h, p)
	case readAndX1:
		offset := uint64(w.u32(6))
		if len(w.b) >= 24 {
			offset |= uint64(w.u32(20)) << 32
		}
		c.readRequest(h, read{file: fid(w.u16(4)), offset: offset}, uint32(w.u16(10)))
	case trans1:
		c.transRequest1(h, p)
	case trans21:
	case close1:
		t = c.ask(h, nil)
		if f := c.state.files[fid(w.u16(0))]; f != nil {
			c.closeFile(f, false)
			c.forget(f)
		}
	default:
		t = c.ask(h, nil)
	}
	p.bad = p.bad || w.bad
	if t != nil {
		c.asked(t)
	}
}

func (c *Conn) negotiateRequest1(p *part1) *negotiate {
	d := &negotiate{one: true}
	for b := p.data; len(b) > 0 && len(d.dialects) < 64; {
		if b[0] != 2 {
			d.malformed = true
			break
		}
		var s string
		s, b = text(b[1:], false)
		d.dialects = append(d.dialects, s)
	}
	c.state.dialects = d.dialects
	return d
}

func sessionRequest1(h *header, p *part1) *session {
	s := &session{one: true}
	at := 0
	switch len(p.words.b) {
	case 2 * 12: // MS-SMB section 2.2.4.6.1: a security blob
		at = p.words.u16(14)
		if at <= len(p.data) {
			s.blob(p.data[:at])
		}
	case 2 * 13: // MS-CIFS section 2.2.4.53.1
		at = p.words.u16(14) + p.words.u16(16)
		rest := p.strings(at, h.unicode)
		s.user, rest = text(rest, h.unicode)
		s.domain, rest = text(rest, h.unicode)
		s.requestOS, rest = text(rest, h.unicode)
		s.requestLM, _ = text(rest, h.unicode)
		s.user, s.domain = "", "" // not of NTLMSSP: records do not show them
		return s
	default:
		return s
	}
	var rest []byte
	s.requestOS, rest = text(p.strings(at, h.unicode), h.unicode)
	s.requestLM, _ = text(rest, h.unicode)
	return s
}

func treeRequest1(h *header, p *part1) *treeConnect {
	path, rest := text(p.strings(p.words.u16(6), h.unicode), h.unicode)
	d := newTreeConnect(path)
	d.one = true
	d.requestService, _ = text(rest, false)
	return d
}

func (c *Conn) write1(h *header, p *part1) {
	w := &p.words
	var (
		id     fileID
		offset uint64
		data   []byte
	)
	if h.command == writeAndX1 {
		var at, n int
		id, offset, at, n = writeWords1(w)
		if data = p.b[min(at, len(p.b)):]; n < len(data) {
			data = data[:n]
		} else if n > len(data) {
			p.bad = true
		}
	} else {
		id, offset = fid(w.u16(0)), uint64(w.u32(4))
		if h.command == write1 && len(p.data) >= 3 {
			data = p.data[3:]
		} else if h.command == writeClose1 && len(p.data) >= 1 {
			data = p.data[1:]
		}
		data = data[:min(len(data), w.u16(2))]
	}
	if w.bad || p.bad {
		return
	}
	c.written(h, id, offset, data)
	if f := c.state.files[id]; h.command == writeClose1 && f != nil {
		c.closeFile(f, false)
		c.forget(f)
	}
}

// writeWords1 reads the words of WRITE_ANDX (MS-CIFS section 2.2.4.43.1, MS-SMB section
// 2.2.4.3.1).
func writeWords1(w *view) (id fileID, offset uint64, at, n int) {
	offset = uint64(w.u32(6))
	if len(w.b) >= 28 {
		offset |= uint64(w.u32(24)) << 32
	}
	return fid(w.u16(4)), offset, w.u16(22), w.u16(18)<<16 | w.u16(20)
}

// pipeFunctions of TRANSACTION (MS-CIFS section 2.2.5).
const (
	transactPipe = 0x26
	rawWritePipe = 0x31
	rawReadPipe  = 0x11
)

// transRequest1 reads a transaction; those on pipes are remote procedure calls.
func (c *Conn) transRequest1(h *header, p *part1) {
	w := &p.words
	if len(w.b) < 32 {
		return
	}
	function := w.u16(28)
	name, _ := text(p.strings(0, h.unicode), h.unicode)
	data := p.view.at(w.u16(24), w.u16(22))
	if p.bad || !bytes.HasPrefix(ascii.ToUpper([]byte(name)), []byte(`\PIPE\`)) {
		return
	}
	switch function {
	case transactPipe, rawWritePipe, rawReadPipe:
		f := c.file(fid(w.u16(30)), h.tree)
		f.pipe = true
		c.asks(h, read{file: f.id})
		c.rpc(h, f, app.ToServer, data)
	}
}
