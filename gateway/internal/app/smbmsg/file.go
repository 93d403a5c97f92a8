package smbmsg

import "otasuke/gateway/internal/app"

// transfer is what one direction moves of an open file.
type transfer struct {
	tx    *transaction
	dir   int
	file  *app.File
	of    *openFile
	next  uint64 // offset of the byte that is awaited
	want  uint64 // up to where the latest read asked
	said  uint64 // the size that was announced
	queue []chunk
	came  uint64 // offset of the contents of the message at hand, where they are given on as they pass
	gap   bool
	ended bool
}

// chunk is contents that came ahead.
type chunk struct {
	offset uint64
	data   []byte
}

// unknownName is the name of files whose opening was not seen.
const unknownName = "<unknown>"

// transfer is the transfer of a file in dir, begun when there is none.
func (c *Conn) transfer(h *header, f *openFile, dir int, offset uint64) *transfer {
	if t := f.sent[dir]; t != nil {
		return t
	}
	name := f.name
	if name == "" {
		name = unknownName
	}
	d := &fileDetail{name: name, share: f.tree.share, id: f.id}
	tx := c.begin(h, d)
	t := &transfer{tx: tx, dir: dir, of: f}
	d.transfer = t
	f.sent[dir] = t
	t.file = c.sink.OpenFile(&tx.Tx, dir, []byte(name))
	t.next = c.start(f, dir, offset)
	tx.asked = true
	return t
}

// start is where a transfer begins whose first contents stand at offset: at the beginning of a
// file that was empty, and where the earliest read begins that has no answer yet. Else not all
// of the file is transferred, or the start was not seen.
func (c *Conn) start(f *openFile, dir int, offset uint64) uint64 {
	if dir == app.ToServer {
		if f.empty {
			return 0
		}
		return offset
	}
	for _, r := range c.state.reads {
		if r.size > 0 && r.file == f.id {
			offset = min(offset, r.offset)
		}
	}
	return offset
}

// contents takes bytes of a file from offset on.
func (c *Conn) contents(t *transfer, offset uint64, b []byte) {
	if t.ended || len(b) == 0 {
		return
	}
	if offset > t.next {
		c.enqueue(t, offset, b)
		return
	}
	if skip := t.next - offset; skip > 0 {
		t.tx.event("file_overlap")
		if skip >= uint64(len(b)) {
			return
		}
		b = b[skip:]
	}
	c.transferred(t, b)
	c.dequeue(t)
}

// transferred gives the awaited bytes on.
func (c *Conn) transferred(t *transfer, b []byte) {
	if t == nil || t.ended {
		return
	}
	t.next += uint64(len(b))
	c.sink.WriteFile(t.file, b)
}

// mayEnd tells, behind a message, that the receiver may have all of the file. It is announced
// where the size is reached that the server gave or the client has set. What is read may also
// end where there is less than was asked for, what is written with any message, because the
// client closes the file only behind the answer; but not while others are awaited before what is
// there.
func (c *Conn) mayEnd(t *transfer) {
	if t == nil || t.ended {
		return
	}
	size := t.of.size
	whole := size > 0 && t.next >= size && size != t.said
	if whole {
		t.said = size
	}
	if whole || len(t.queue) == 0 && (t.dir == app.ToServer || size == 0 || t.next < t.want) {
		app.MayEnd(c.sink, t.file, whole)
	}
}

// missed tells that n bytes of a file were not seen.
func (c *Conn) missed(t *transfer, n int) {
	if t == nil || t.ended || n <= 0 {
		return
	}
	t.next += uint64(n)
	t.gap = true
	c.sink.GapFile(t.file, n)
}

// enqueue keeps contents that came ahead; with too much of them what is awaited is
// given up.
func (c *Conn) enqueue(t *transfer, offset uint64, b []byte) {
	if !c.room(t, len(b)) {
		name := "write_queue"
		if t.dir == app.ToClient {
			name = "read_queue"
		}
		if len(t.queue) == maxQueue {
			t.tx.event(name + "_cnt_exceeded")
		} else {
			t.tx.event(name + "_size_exceeded")
		}
		c.skipTo(t, offset)
		c.contents(t, max(offset, t.next), b[min(uint64(len(b)), max(offset, t.next)-offset):])
		return
	}
	t.queue = append(t.queue, chunk{offset, append([]byte(nil), b...)})
	c.queued += len(b)
}

// room tells whether n bytes that came ahead can be kept.
func (c *Conn) room(t *transfer, n int) bool {
	return len(t.queue) < maxQueue && c.queued+n <= MaxQueued
}

// skipTo gives up what is missing before offset and takes what is queued there.
func (c *Conn) skipTo(t *transfer, offset uint64) {
	for len(t.queue) > 0 {
		low := 0
		for i := range t.queue {
			if t.queue[i].offset < t.queue[low].offset {
				low = i
			}
		}
		if t.queue[low].offset > offset {
			break
		}
		c.jump(t, t.queue[low].offset)
		c.dequeue(t)
	}
	c.jump(t, offset)
}

// jump counts what is missing up to offset.
func (c *Conn) jump(t *transfer, offset uint64) {
	if offset > t.next {
		gap := offset - t.next
		for ; gap > 1<<30; gap -= 1 << 30 {
			if gap > 1<<40 { // not counted: a hole in a sparse file
				t.next, gap = offset-1, 1
				break
			}
			c.missed(t, 1<<30)
		}
		c.missed(t, int(gap))
	}
}

// dequeue gives on what is now awaited.
func (c *Conn) dequeue(t *transfer) {
	for i := 0; i < len(t.queue); i++ {
		q := t.queue[i]
		if q.offset > t.next {
			continue
		}
		t.queue = append(t.queue[:i], t.queue[i+1:]...)
		c.queued -= len(q.data)
		if skip := t.next - q.offset; skip < uint64(len(q.data)) {
			c.transferred(t, q.data[skip:])
		}
		i = -1
	}
}

// closeFile ends what is transferred of a file. cut tells that it was not closed.
func (c *Conn) closeFile(f *openFile, cut bool) {
	for _, t := range f.sent {
		if t == nil {
			continue
		}
		for len(t.queue) > 0 {
			c.skipTo(t, t.queue[0].offset)
		}
		t.gap = t.gap || cut
		t.tx.replied = true
		c.finish(t.tx)
	}
	f.sent = [2]*transfer{}
	if f.rpc != nil {
		f.rpc.assoc.Close()
	}
}

// end closes the file.
func (t *transfer) end(c *Conn) {
	if !t.ended {
		t.ended = true
		for i := range t.queue {
			c.queued -= len(t.queue[i].data)
		}
		t.queue = nil
		c.sink.CloseFile(t.file, t.gap)
	}
}

// startStream begins to give on the contents of a large read or write. head is the
// start of the message, size the message's.
func (c *Conn) startStream(dir int, head []byte, size int) bool {
	var (
		t  *transfer
		at int
		n  int
		ok bool
	)
	switch {
	case head[0] == 0xfe && string(head[1:4]) == "SMB":
		t, at, n, ok = c.largeTransfer2(dir, head)
	case head[0] == 0xff && string(head[1:4]) == "SMB":
		t, at, n, ok = c.largeTransfer1(dir, head)
	}
	if !ok || at > len(head) || n > size-at {
		return false
	}
	h := &c.half[dir]
	h.buf = h.buf[:0]
	first := head[at:min(len(head), at+n)]
	if h.ahead = nil; t.came > t.next {
		h.ahead = &chunk{offset: t.came}
	}
	h.to, h.stream = t, n-len(first)
	h.skip = size - max(len(head), at+n)
	if h.stream == 0 {
		h.skip = size - len(head)
	}
	c.streamed(h, first)
	return true
}

// streamed takes the next contents of the message at hand.
func (c *Conn) streamed(h *half, b []byte) {
	t, q := h.to, h.ahead
	if q == nil {
		c.transferred(t, b)
	} else {
		q.data = append(q.data, b...)
	}
	if h.stream > 0 {
		return
	}
	if h.ahead = nil; q != nil {
		c.contents(t, q.offset, q.data)
	}
	c.mayEnd(t)
}

// large prepares a transfer for contents that are given on as they pass.
func (c *Conn) large(h *header, f *openFile, dir int, offset uint64, n int) (t *transfer, ok bool) {
	if f.pipe {
		return nil, false
	}
	if t = c.transfer(h, f, dir, offset); offset < t.next {
		return nil, false // an overlap is read from the whole message
	}
	if t.came = offset; offset > t.next && !c.room(t, n) {
		c.skipTo(t, offset)
	}
	return t, t.next <= offset
}
