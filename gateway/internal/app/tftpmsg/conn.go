package tftpmsg

import (
	"bytes"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/octets"
	"otasuke/gateway/internal/app/turn"
	"otasuke/internal/ascii"
	"otasuke/rule"
)

// request is a transaction.
type request struct {
	write      bool
	file, mode []byte
}

// Conn reads one conversation.
type Conn struct {
	turns turn.List[request]
}

// New makes a reader that tells sink.
func New(sink app.Sink) *Conn {
	c := &Conn{}
	c.turns.Init(sink, rule.ProtoTFTP, recorder{}, "tftp")
	return c
}

// Reset begins another conversation that tells sink.
func (c *Conn) Reset(sink app.Sink) { c.turns.Reset(sink) }

// Push implements [app.Reader].
func (c *Conn) Push(dir int, b []byte) {
	r, ok := read(b)
	if !ok || dir != app.ToServer {
		return
	}
	t := c.turns.Begin()
	s := &t.Tx.Sides[dir]
	r.file, r.mode = s.Keep(r.file), s.Keep(r.mode)
	t.Data = r
	c.turns.Message(t, dir)
}

// read reads a request: its kind, a name and a mode, each with a zero at its end (RFC
// 1350 section 5).
func read(b []byte) (r request, ok bool) {
	if len(b) < 2 || b[0] != 0 || b[1] != 1 && b[1] != 2 {
		return r, false
	}
	r.write = b[1] == 2
	file, rest, ok := bytes.Cut(b[2:], []byte{0})
	mode, _, ok2 := bytes.Cut(rest, []byte{0})
	r.file, r.mode = file, ascii.ToLower(mode)
	switch string(r.mode) {
	case "netascii", "octet", "mail":
		return r, ok && ok2
	}
	return r, false
}

// Gap implements [app.Reader].
func (c *Conn) Gap(int, int) {}

// Close implements [app.Reader].
func (c *Conn) Close(int) {}

// Record is the member "tftp" of EVE records.
type Record struct {
	Packet string `json:"packet"`
	File   string `json:"file"`
	Mode   string `json:"mode"`
}

type recorder struct{}

// Record implements [app.Recorder].
func (recorder) Record(tx *app.Tx) []app.Field {
	r := &turn.Of[request](tx).Data
	packet := "read"
	if r.write {
		packet = "write"
	}
	return []app.Field{{Name: "tftp", Value: Record{packet, octets.Text(r.file), octets.Text(r.mode)}}}
}
