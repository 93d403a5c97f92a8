package smbmsg

import (
	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/dcerpc"
	"otasuke/rule"
)

// fileID is an open file's id; of SMB1 its first two bytes.
type fileID [16]byte

// messageID relates an answer to its command. For SMB1 the command is part of it, because
// several may be chained in one message.
type messageID struct {
	id      uint64
	command uint8 // SMB1 only
}

// tree is a connected share.
type tree struct {
	share string
	pipe  bool
}

// openFile is an open file or pipe.
type openFile struct {
	id   fileID
	name string
	size uint64 // as the server gave it or the client has set it, 0 when nobody knows
	// empty tells that it was when it was opened.
	empty bool
	tree  tree
	pipe  bool
	sent  [2]*transfer // by direction
	rpc   *pipe
}

// read is what a read asked for.
type read struct {
	file   fileID
	offset uint64
	size   uint64
}

// state is what the conversation has established.
type state struct {
	open    []*transaction // not complete, oldest first
	pending map[messageID]*transaction
	last    *transaction
	next    uint64

	files map[fileID]*openFile
	order []fileID // of files, oldest first
	trees map[uint32]tree
	reads map[messageID]read

	dialects []string // that an SMB1 client offered
	dialect  string
	maxRead  uint32 // as the server said
	maxWrite uint32
	opened   fileID // the latest that an answer gave
}

func (s *state) init() {
	s.pending = map[messageID]*transaction{}
	s.files = map[fileID]*openFile{}
	s.trees = map[uint32]tree{}
	s.reads = map[messageID]read{}
}

// transaction is a command with its answer, a transfer or a remote procedure call.
type transaction struct {
	app.Tx
	conn    *Conn
	version uint8
	command uint16
	session uint64
	tree    uint32
	status  status
	message messageID
	waits   bool // its answer is looked for by message
	asked   bool
	replied bool
	done    bool
	detail  any // *negotiate, *session, … or nil
}

// header is what both generations' headers say.
type header struct {
	version  uint8
	command  uint16
	session  uint64
	tree     uint32
	message  messageID
	status   status
	response bool
	async    bool
	unicode  bool
}

// status is how a command ended.
type status struct {
	known bool
	dos   bool
	code  uint32 // NTSTATUS, or the class in the low byte and the code above it
}

// begin makes a transaction of a message.
func (c *Conn) begin(h *header, detail any) *transaction {
	s := &c.state
	t := &transaction{
		conn: c, version: h.version, command: h.command, session: h.session, tree: h.tree, message: h.message,
		detail: detail,
	}
	t.Tx = app.Tx{ID: s.next, Proto: rule.ProtoSMB, Recorder: recorder{}, User: t}
	s.next++
	if len(s.open) == MaxOpen {
		t.event("too_many_transactions")
		c.finish(s.open[0])
	}
	for i := range t.Sides {
		t.Sides[i].Number(rule.SMBVersion, uint64(h.version))
	}
	s.open = append(s.open, t)
	s.last = t
	return t
}

// ask makes the transaction of a command whose answer will come.
func (c *Conn) ask(h *header, detail any) *transaction {
	t := c.begin(h, detail)
	if old := c.state.pending[h.message]; old != nil {
		old.waits = false
	}
	c.state.pending[h.message] = t
	t.waits = true
	return t
}

// asked tells that the command's own values are there.
func (c *Conn) asked(t *transaction) {
	t.asked = true
	t.Sides[app.ToServer].Done = true
	c.sink.Step(&t.Tx, app.ToServer)
}

// answered is the transaction that a message answers, nil for none. It is complete
// when the caller has taken what it needs and calls finish.
func (c *Conn) answered(h *header) *transaction {
	t := c.state.pending[h.message]
	if t == nil || t.command != h.command {
		return nil
	}
	t.replied, t.status = true, h.status
	return t
}

// finish ends a transaction.
func (c *Conn) finish(t *transaction) {
	if t.done {
		return
	}
	t.done = true
	s := &c.state
	for i := range s.open {
		if s.open[i] == t {
			s.open = append(s.open[:i], s.open[i+1:]...)
			break
		}
	}
	if t.waits {
		delete(s.pending, t.message)
	}
	if d, ok := t.detail.(*fileDetail); ok {
		d.transfer.end(c)
	}
	t.Sides[0].Done, t.Sides[1].Done = true, true
	c.sink.Step(&t.Tx, app.ToServer)
	c.sink.Step(&t.Tx, app.ToClient)
	c.sink.Log(&t.Tx, app.ToServer, "smb")
}

// event tells of an event; rules of both directions see it.
func (t *transaction) event(name string) {
	t.Sides[0].Event("smb." + name)
	t.Sides[1].Event("smb." + name)
	if !t.done {
		t.conn.sink.Step(&t.Tx, app.ToServer)
		t.conn.sink.Step(&t.Tx, app.ToClient)
	}
}

// event tells of an event that no command of its own has: it goes to the latest
// transaction.
func (c *Conn) event(name string) {
	if n := len(c.state.open); n > 0 {
		c.state.open[n-1].event(name)
	}
}

func (c *Conn) malformed(int) { c.event("malformed_data") }

// file is an open file, made up when its opening was not seen.
func (c *Conn) file(id fileID, tree uint32) *openFile {
	s := &c.state
	if f := s.files[id]; f != nil {
		return f
	}
	return c.addFile(id, "", s.trees[tree])
}

// addFile notes an open file.
func (c *Conn) addFile(id fileID, name string, tr tree) *openFile {
	s := &c.state
	if old := s.files[id]; old != nil {
		c.forget(old)
	}
	if len(s.order) == MaxOpen {
		c.forget(s.files[s.order[0]])
	}
	f := &openFile{id: id, name: name, tree: tr, pipe: tr.pipe}
	s.files[id] = f
	s.order = append(s.order, id)
	return f
}

// forget drops a file that is open no more.
func (c *Conn) forget(f *openFile) {
	c.closeFile(f, true)
	s := &c.state
	delete(s.files, f.id)
	for i := range s.order {
		if s.order[i] == f.id {
			s.order = append(s.order[:i], s.order[i+1:]...)
			return
		}
	}
}

// connect notes a share.
func (c *Conn) connect(id uint32, tr tree) {
	if len(c.state.trees) < MaxTrees {
		c.state.trees[id] = tr
	}
}

// asks notes what a read is for.
func (c *Conn) asks(h *header, r read) {
	if len(c.state.reads) == MaxOpen {
		clear(c.state.reads)
	}
	c.state.reads[h.message] = r
}

// pipe is a named pipe with remote procedure calls.
type pipe struct {
	assoc dcerpc.Assoc
	buf   [2][]byte
	head  header // of the message that is read
}
