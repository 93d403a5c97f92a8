package app

import "otasuke/rule"

// Directions of a conversation.
const (
	ToServer = 0
	ToClient = 1
)

// Reader reads one conversation.
type Reader interface {
	// Push takes the next bytes that dir sent: any cut of them over TCP, one datagram
	// over UDP. b is good until Push returns.
	Push(dir int, b []byte)
	// Gap tells that n bytes of dir were never seen; Push goes on behind them.
	Gap(dir int, n int)
	// Close tells that nothing more comes from dir. It is called once for each
	// direction at the latest when the conversation is forgotten.
	Close(dir int)
}

// Sink is told what a reader finds, in the order in which it was sent.
type Sink interface {
	// Step tells that tx has fresh values in dir, or that dir of it is complete. The
	// engine matches rules at once. Call it when something that is judged together is
	// together (the head of a message), not for each value.
	Step(tx *Tx, dir int)
	// Log writes the transaction's record. kind is the EVE event type.
	Log(tx *Tx, dir int, kind string)
	// Event tells of an event outside any transaction. name is in the form of rules,
	// "protocol.event".
	Event(dir int, name string)

	// OpenFile begins a file that dir of tx carries. name may be empty.
	OpenFile(tx *Tx, dir int, name []byte) *File
	// WriteFile gives the next bytes of the file's contents, decoded.
	WriteFile(f *File, b []byte)
	// GapFile tells that n bytes of the file were never seen.
	GapFile(f *File, n int)
	// CloseFile ends the file. cut tells that not all of it was seen.
	CloseFile(f *File, cut bool)

	// Become tells that from the next byte of both directions on the conversation
	// speaks p, or what recognition finds when p is rule.ProtoUnknown (STARTTLS, CONNECT,
	// Upgrade). rest are bytes of dir that were given to Push and already belong to it.
	// The reader gets nothing more.
	Become(p rule.Proto, dir int, rest []byte)
	// Expect announces a conversation that belongs to this one (FTP data).
	Expect(e Expected)
}

// Framer is a sink that also takes frames, the pieces of messages as they were sent.
type Framer interface {
	// Frame shows one: b is its kind, data good until Frame returns. tx may be nil.
	Frame(tx *Tx, dir int, b rule.Buffer, data []byte)
}

// ShowFrame shows a frame to a sink that takes them.
func ShowFrame(s Sink, tx *Tx, dir int, b rule.Buffer, data []byte) {
	if f, ok := s.(Framer); ok && len(data) > 0 {
		f.Frame(tx, dir, b, data)
	}
}

// Ender is a sink that wants to know before a file is closed that its receiver may have all
// of it.
type Ender interface {
	// MayEnd tells that the bytes given last may be the file's last. announced tells that
	// something said before that they are; more may come all the same.
	MayEnd(f *File, announced bool)
}

// MayEnd tells a sink that wants to know.
func MayEnd(s Sink, f *File, announced bool) {
	if e, ok := s.(Ender); ok && f != nil {
		e.MayEnd(f, announced)
	}
}

// Part is a part of a mail that begins: its headers come first (RFC 2046 section 5.1).
type Part struct {
	Tx  *Tx
	Dir int
	// Mail names the mail: it is the same when it is sent again. Number counts its parts from 1.
	Mail   [32]byte
	Number int
	// Left bytes of those that are being given to Push are behind its beginning.
	Left int
	// Size bytes of mail come from there before something else does, -1 where a line with a
	// dot ends it, which other lines with a dot have another one before (RFC 5321 section 4.5.2).
	Size int64
	// Borders are the beginnings of lines one of which ends it.
	Borders [][]byte
	// Continues tells that the part that was begun last goes on here, behind something else.
	Continues bool
}

// Parter is a sink that wants to know of the parts of mails, perhaps to change them.
type Parter interface {
	// Part is called before the part's file is opened, if it has one.
	Part(p *Part)
}

// ShowPart tells a sink that wants to know.
func ShowPart(s Sink, p *Part) {
	if k, ok := s.(Parter); ok {
		k.Part(p)
	}
}

// Expected is a conversation to come.
type Expected struct {
	// FromServer tells that the server opens it (to the client's Port), else the client
	// opens it to the server's Port.
	FromServer bool
	Port       uint16
	Proto      rule.Proto
	// Command and File are what the control conversation said about it (FTP: RETR or
	// STOR, and the file's name).
	Command, File []byte
}

// Value is one value of a buffer: bytes, a number (8 bytes, most significant first) or the
// name of an event.
type Value struct {
	Buffer rule.Buffer
	// Data must stay good until the transaction is reset; nil does not exist, empty
	// does. The engine does not change it.
	Data []byte
	// Partial tells that the value may still grow.
	Partial bool
	// Fresh is set for what is new or has grown; the engine clears it.
	Fresh bool
	// Searched is how many bytes of Data the engine has searched already.
	Searched int
}

// Side is what one direction of a transaction has shown.
type Side struct {
	Values []Value
	// Done tells that nothing more comes in this direction.
	Done bool

	arena []byte // numbers and small copies
}

// Put adds a value. A nil value is not added.
func (s *Side) Put(b rule.Buffer, data []byte) {
	if data != nil {
		s.Values = append(s.Values, Value{Buffer: b, Data: data, Fresh: true})
	}
}

// Copy adds a value whose bytes do not last.
func (s *Side) Copy(b rule.Buffer, data []byte) { s.Put(b, s.Keep(data)) }

// Keep copies bytes that do not last until the transaction is reset.
func (s *Side) Keep(data []byte) []byte {
	n := len(s.arena)
	s.arena = append(s.arena, data...)
	return s.arena[n:len(s.arena):len(s.arena)]
}

// Set replaces the value of a buffer, or adds it. For what grows.
func (s *Side) Set(b rule.Buffer, data []byte, partial bool) {
	for i := range s.Values {
		if v := &s.Values[i]; v.Buffer == b {
			v.Fresh = v.Fresh || len(data) != len(v.Data) || partial != v.Partial
			v.Data, v.Partial = data, partial
			return
		}
	}
	s.Values = append(s.Values, Value{Buffer: b, Data: data, Partial: partial, Fresh: true})
}

// Number adds a number.
func (s *Side) Number(b rule.Buffer, n uint64) {
	at := len(s.arena)
	s.arena = append(s.arena, byte(n>>56), byte(n>>48), byte(n>>40), byte(n>>32), byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	s.Put(b, s.arena[at:len(s.arena):len(s.arena)])
}

// Event adds an event, once; its name is in the form of rules, "protocol.event".
func (s *Side) Event(name string) {
	for i := range s.Values {
		if v := &s.Values[i]; v.Buffer == rule.AppEvent && string(v.Data) == name {
			return
		}
	}
	s.Values = append(s.Values, Value{Buffer: rule.AppEvent, Data: []byte(name), Fresh: true})
}

// Get returns the first value of a buffer, nil when there is none.
func (s *Side) Get(b rule.Buffer) []byte {
	for i := range s.Values {
		if s.Values[i].Buffer == b {
			return s.Values[i].Data
		}
	}
	return nil
}

// Tx is a transaction: a request and its answer, a message, or whatever a protocol
// counts by.
type Tx struct {
	// ID counts from 0 within the conversation.
	ID    uint64
	Proto rule.Proto
	Sides [2]Side // by direction
	// Recorder writes the protocol's part of EVE records; nil for none.
	Recorder Recorder
	// User is the reader's own.
	User any
	// State is the engine's; readers keep it through Reset.
	State any
}

// Recorder writes what a transaction is about.
type Recorder interface {
	// Record returns the fields of an EVE record, such as {"ssh", ...}. It is also
	// called while the transaction goes on, for alerts. Nothing of what it returns may
	// change later: it is written by another goroutine.
	Record(tx *Tx) []Field
}

// Appender is a [Recorder] that can write its fields as JSON itself, without memory of
// their own: for protocols of many small transactions.
type Appender interface {
	Recorder
	// AppendRecord appends the members that Record has, a comma behind each. Not ok leaves
	// it to Record.
	AppendRecord(b []byte, tx *Tx) (_ []byte, ok bool)
}

// Field is one member of an EVE record. The value writes itself with AppendJSON or is
// written by encoding/json.
type Field struct {
	Name  string
	Value any
}

// Reset makes the transaction ready for the next use and keeps its memory.
func (t *Tx) Reset(id uint64) {
	t.ID = id
	for i := range t.Sides {
		s := &t.Sides[i]
		clear(s.Values)
		*s = Side{Values: s.Values[:0], arena: s.arena[:0]}
	}
}

// File is a file on its way.
type File struct {
	Tx   *Tx
	Dir  int
	Name []byte
	// Size is the number of bytes so far, gaps not counted.
	Size uint64
	// Start, End and Total are of an HTTP Content-Range; Start is -1 when there is none.
	Start, End, Total int64
	// Encoded is the number of bytes that a part of a mail takes in it, its headers included;
	// set when it closes.
	Encoded int
	// Gaps tells that bytes are missing.
	Gaps bool
	// State is the engine's.
	State any
}
