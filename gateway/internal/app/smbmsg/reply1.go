package smbmsg

import "otasuke/gateway/internal/app"

// response1 reads an answer of SMB1.
func (c *Conn) response1(h *header, p *part1) {
	w := &p.words
	switch h.command {
	case readAndX1:
		c.readResponse1(h, p)
		return
	case trans1:
		c.transResponse1(h, p)
		return
	case writeAndX1, write1, writeClose1:
		c.writeResponse(h)
		return
	}
	t := c.answered(h)
	if t == nil {
		return
	}
	if h.status.code == 0 || h.command == sessionSetup1 {
		c.take1(t, h, p)
	}
	p.bad = p.bad || w.bad
	c.finish(t)
}

// take1 takes what a good answer says.
func (c *Conn) take1(t *transaction, h *header, p *part1) {
	w := &p.words
	switch d := t.detail.(type) {
	case *negotiate:
		if n := w.u16(0); n < len(c.state.dialects) {
			c.state.dialect = c.state.dialects[n]
		}
		if len(p.data) >= len(d.serverGUID) {
			copy(d.serverGUID[:], p.data)
		}
	case *session:
		if len(w.b) >= 6 {
			at := 0
			if len(w.b) >= 8 {
				at = w.u16(6)
			}
			var rest []byte
			d.responseOS, rest = text(p.strings(at, h.unicode), h.unicode)
			d.responseLM, _ = text(rest, h.unicode)
		}
	case *treeConnect:
		d.responseService, _ = text(p.data, false)
		d.pipe = d.responseService == "IPC"
		t.tree = h.tree
		c.connect(h.tree, tree{share: d.share, pipe: d.pipe})
	case *create:
		if h.command == openAndX1 {
			d.id = fid(w.u16(4))
		} else {
			d.id = fid(w.u16(5))
			d.created, d.accessed, d.modified, d.changed = w.u64(11), w.u64(19), w.u64(27), w.u64(35)
			d.size = w.u64(55)
		}
		if !w.bad {
			c.addFile(d.id, d.name, c.state.trees[h.tree])
		}
	}
}

func (c *Conn) readResponse1(h *header, p *part1) {
	w := &p.words
	r, known := c.state.reads[h.message]
	delete(c.state.reads, h.message)
	if h.status.code != 0 && h.status.code != statusOverflow || len(w.b) == 0 {
		return
	}
	at, n := readWords1(w)
	data := p.b[min(at, len(p.b)):]
	if p.bad = w.bad || n > len(data); p.bad || n == 0 || !known {
		return
	}
	c.wasRead(h, r, data[:n])
}

// readWords1 reads the words of a READ_ANDX answer (MS-SMB section 2.2.4.2.2).
func readWords1(w *view) (at, n int) { return w.u16(12), w.u16(14)<<16 | w.u16(10) }

func (c *Conn) transResponse1(h *header, p *part1) {
	r, ok := c.state.reads[h.message]
	if !ok {
		return
	}
	delete(c.state.reads, h.message)
	w := &p.words
	if len(w.b) < 20 {
		return
	}
	if data := p.view.at(w.u16(14), w.u16(12)); !p.bad && len(data) > 0 {
		c.rpc(h, c.file(r.file, h.tree), app.ToClient, data)
	}
}

// largeTransfer1 finds where the contents of a large read or write stand.
func (c *Conn) largeTransfer1(dir int, head []byte) (t *transfer, at, n int, ok bool) {
	v := &view{b: head}
	h := c.head1(v)
	words := view{b: v.at(header1+1, 2*v.u8(header1))}
	if v.bad || h.response != (dir == app.ToClient) || len(words.b) < 4 || words.u8(0) != noCommand1 {
		return nil, 0, 0, false
	}
	switch {
	case h.command == writeAndX1 && !h.response:
		var id fileID
		var offset uint64
		id, offset, at, n = writeWords1(&words)
		if f := c.file(id, h.tree); n >= streamed/2 && !words.bad && !c.isPipe(f, nil) {
			t, ok = c.large(&h, f, dir, offset, n)
		}
	case h.command == readAndX1 && h.response && h.status.code == 0:
		r, known := c.state.reads[h.message]
		at, n = readWords1(&words)
		if f := c.file(r.file, h.tree); known && n >= streamed/2 && !words.bad && !c.isPipe(f, nil) {
			if t, ok = c.large(&h, f, dir, r.offset, n); ok {
				t.tx.status = h.status
				delete(c.state.reads, h.message)
			}
		}
	}
	return t, at, n, ok
}
