package http2

import (
	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/http1/coding"
	"otasuke/internal/ascii"
	"otasuke/rule"
)

// state is how far a stream is (RFC 9113 section 5.1).
type state uint8

const (
	stateOpen state = iota
	stateHalfClient
	stateHalfServer
	stateClosed
)

// stream is a transaction.
type stream struct {
	tx    app.Tx
	id    uint32
	state state
	side  [2]side
	dns   [2]message
	// cancelled tells that a side has reset the stream.
	cancelled bool
	filed     bool // a file was opened
	held      int  // bytes that are kept
}

// header is a name and its value; with a size it is a change of the table instead.
type header struct {
	name, value []byte
	update      bool
	size        uint64
}

// side is one direction of a stream.
type side struct {
	headers  []header
	shown    int // of headers, one by one
	settings []setting
	numbers  int

	hasError, hasPriority, multiple bool
	errorCode                       uint32
	priority                        byte

	take    taker
	begun   bool // the body has begun
	ended   bool
	codings coding.Chain
	wire    uint64
	length  uint64 // of the body as it is sent, as announced; 0 when it is not
	size    uint64 // decoded
	told    uint64 // of size
	body    []byte
	full    bool // rules do not look at the rest
	over    bool // nothing more of the body is looked at
	file    *app.File
}

func (s *stream) reset(c *Conn, id uint32) {
	old := s.side
	tx := s.tx
	*s = stream{tx: tx, id: id}
	for dir := range s.side {
		o, d := &old[dir], &s.side[dir]
		clear(o.headers)
		d.headers, d.settings, d.codings = o.headers[:0], o.settings[:0], o.codings
		d.take = taker{c, s, dir}
		if cap(o.body) <= keepMemory {
			d.body = o.body[:0]
		}
	}
}

// keep counts bytes that a stream keeps.
func (c *Conn) keep(s *stream, n int) {
	s.held += n
	c.held += n
}

// number shows a number of a frame.
func (s *stream) number(dir int, b rule.Buffer, n uint64) {
	if s.side[dir].numbers++; s.side[dir].numbers <= maxNumbers {
		s.tx.Sides[dir].Number(b, n)
	}
}

// advance follows the state with a frame that may end a direction.
func (s *stream) advance(dir int, over bool) {
	if !over {
		return
	}
	mine, other := stateHalfClient, stateHalfServer
	if dir == app.ToClient {
		mine, other = other, mine
	}
	switch s.state {
	case other:
		s.state = stateClosed
	case stateOpen:
		s.state = mine
	}
	s.tx.Sides[dir].Done = true
}

// get returns the first value of a header, nil when there is none.
func (s *stream) get(dir int, name string) []byte {
	for i := range s.side[dir].headers {
		if h := &s.side[dir].headers[i]; !h.update && ascii.EqualFold(h.name, name) {
			return h.value
		}
	}
	return nil
}

// says tells whether there is something to write about a transaction.
func (s *stream) says() bool {
	for dir := range s.side {
		d := &s.side[dir]
		if len(d.headers) > 0 || len(d.settings) > 0 || d.hasError || d.hasPriority {
			return true
		}
	}
	return false
}
