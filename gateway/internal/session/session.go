package session

// State of a connection.
type State uint8

// States. The client's FIN leads to CloseWait, the server's to FinWait1.
const (
	None State = iota
	SynSent
	SynReceived
	Established
	FinWait1
	FinWait2
	TimeWait
	LastAck
	CloseWait
	Closing
	Closed
)

// TCP flags (RFC 9293 section 3.1).
const (
	fin = 1 << iota
	syn
	rst
	_
	ack
)

// Config says what is taken as a connection.
type Config struct {
	// Midstream takes connections up whose beginning was not seen.
	Midstream bool
	// Inline tells that the segments are still on their way.
	Inline bool
	// OneSided takes connections up of which only one direction is seen.
	OneSided bool
}

// Segment is what a session needs to know of a packet. Numbers are in host order.
type Segment struct {
	Dir      int // 0 to the server, 1 to the client
	Seq, Ack uint32
	Flags    uint8
	Window   uint16
	Len      int // payload bytes

	HasScale   bool
	Scale      uint8
	HasTime    bool
	Time       uint32 // of the time stamp option
	FastOpen   bool
	SACK       bool
	ArrivedSec int64 // when it was seen, seconds
}

// end is what one side sends, and what limits it.
type end struct {
	isn     uint32
	next    uint32 // sequence number that comes next
	acked   uint32 // up to where the other side has acknowledged
	window  uint32 // what the other side takes, scaled
	limit   uint32 // highest number that the other side takes
	stamp   uint32 // last time stamp
	seen    uint32 // seconds since 1970
	scale   uint8
	stamped bool
	alive   bool // the last segment was a keep-alive
	reset   bool // it has sent a RST
}

// Session is one connection. Its zero value is one of which nothing was seen.
type Session struct {
	State State
	// Probe tells that the last segment only asked whether the other end is there: its
	// byte, if it has one, is no data.
	Probe bool

	before    State // before Closed
	stamps    bool  // both sides use time stamps
	scales    bool  // the client offered scaling
	midstream bool
	oneSided  bool
	confirmed bool // the handshake is complete
	fastOpen  bool
	// turnedRound tells that the SYN has come from the side that was taken for the
	// server: it is the client.
	turnedRound bool

	crossed bool  // the server has sent a SYN of its own
	turned  bool  // the client has answered it
	scale   uint8 // that the client offered

	ends [2]end
	odd  *odd // nil where nothing is
}

// odd is what most connections never show.
type odd struct {
	events []string
	others []uint32 // numbers of other SYN segments of the client
	offers []offer  // what the server has said beside what counts now
}

// noOdd is that of connections without; nobody writes to it.
var noOdd odd

// seen is for reading.
func (s *Session) seen() *odd {
	if s.odd == nil {
		return &noOdd
	}
	return s.odd
}

// own is for writing.
func (s *Session) own() *odd {
	if s.odd == nil {
		s.odd = new(odd)
	}
	return s.odd
}

// Ended tells that both sides have said their last.
func (s *Session) Ended() bool {
	return s.State == TimeWait || s.State == LastAck || s.State == Closed
}

// Events are what the last segment has shown, good until the next one.
func (s *Session) Events() []string { return s.seen().events }

// offer is what a SYN of the server says.
type offer struct {
	isn, window, stamp uint32
	scale              uint8
	scales, stamps     bool
}

// maxOthers is how many attempts with different numbers a handshake may show before it
// is a flood.
const maxOthers = 10

// paws is after how many seconds an old time stamp says nothing (RFC 7323 section 5.5).
const paws = 24 * 24 * 3600

func lt(a, b uint32) bool { return int32(a-b) < 0 }
func le(a, b uint32) bool { return int32(a-b) <= 0 }
func gt(a, b uint32) bool { return int32(a-b) > 0 }
func ge(a, b uint32) bool { return int32(a-b) >= 0 }

func (s *Session) event(name string) {
	if o := s.own(); len(o.events) < maxEvents {
		o.events = append(o.events, name)
	}
}

// maxEvents bounds what is noted about one segment.
const maxEvents = 8

// Reset makes s ready for another connection.
func (s *Session) Reset() {
	o := s.odd
	if *s = (Session{odd: o}); o != nil {
		*o = odd{o.events[:0], o.others[:0], o.offers[:0]}
	}
}

// Known tells whether the connection is followed.
func (s *Session) Known() bool { return s.State != None }

// Segment takes the next segment. It reports whether it belongs to the connection.
func (s *Session) Segment(g *Segment, c *Config) bool {
	if s.Probe = false; s.odd != nil {
		s.odd.events = s.odd.events[:0]
	}
	if g.Flags&ack == 0 && g.Ack != 0 {
		s.event("stream.pkt_broken_ack")
	}
	if g.Flags&(fin|syn) == fin|syn {
		s.event("stream.fin_syn")
	}
	if s.State == None {
		s.turnedRound = g.Dir == 1 && g.Flags&(syn|ack|rst) == syn
	}
	if s.turnedRound {
		other := *g
		other.Dir, g = 1-g.Dir, &other
	}
	if s.State == None {
		return s.begin(g, c)
	}
	if s.keepAlive(g) || s.badWindow(g) {
		return true
	}
	next := s.ends[g.Dir].next
	judged := s.State >= SynReceived && s.State < Closed && g.Flags&syn == 0
	ok := s.dispatch(g, c)
	if ok && judged {
		s.remember(g, next)
	}
	return ok
}

func (s *Session) dispatch(g *Segment, c *Config) bool {
	switch s.State {
	case SynSent:
		return s.synSent(g, c)
	case SynReceived:
		return s.synReceived(g, c)
	case Established:
		return s.established(g)
	case CloseWait:
		return s.closeWait(g)
	case FinWait1:
		return s.finWait1(g)
	case FinWait2:
		return s.finWait2(g)
	case LastAck:
		return s.lastAck(g)
	case TimeWait:
		return s.timeWait(g)
	case Closing:
		return s.closing(g)
	}
	return s.closed(g, c)
}

// keepAlive tells of probes that carry nothing, and their answers (RFC 9293 section 3.8.4).
func (s *Session) keepAlive(g *Segment) bool {
	e, o := &s.ends[g.Dir], &s.ends[1-g.Dir]
	if g.Flags&(syn|fin|rst|ack) != ack || s.State < Established || s.State == Closed {
		e.alive = false
		return false
	}
	if g.Len <= 1 && g.Ack == o.acked && g.Seq == e.next-1 {
		e.alive, s.Probe = true, true
		return true
	}
	if g.Len == 0 && o.alive && g.Ack == o.next && g.Seq == e.next && uint32(g.Window)<<o.scale == o.window {
		o.alive = false
		return true
	}
	e.alive, o.alive = false, false
	return false
}

// badWindow tells of segments that shrink the window with numbers that were never sent.
func (s *Session) badWindow(g *Segment) bool {
	e, o := &s.ends[g.Dir], &s.ends[1-g.Dir]
	if s.State < Established || s.State == Closed || g.Flags&(syn|fin|rst|ack) != ack {
		return false
	}
	window := uint32(g.Window) << o.scale
	if window >= o.window || o.window-window <= uint32(g.Len) || !gt(g.Ack, o.next) || !gt(g.Seq, e.next) {
		return false
	}
	// What is acknowledged may fill the receiver's buffer.
	shrunk, filled := o.window-window, g.Ack-o.acked
	if window > smallWindow && shrunk > filled+windowSlack || window <= smallWindow && shrunk > filled {
		s.event("stream.pkt_bad_window_update")
		return true
	}
	return false
}

// A window is meant to be exact when it is small; larger ones are rounded by their scale.
const (
	smallWindow = 1024
	windowSlack = 32
)

// stampOK checks the time stamp (PAWS, RFC 7323 section 5).
func (s *Session) stampOK(g *Segment) bool {
	e := &s.ends[g.Dir]
	if !s.stamps || !g.HasTime || s.stampFits(g) || g.Seq == e.next && g.ArrivedSec-int64(e.seen) > paws {
		return true
	}
	s.event("stream.pkt_invalid_timestamp")
	return false
}

// stampFits tells that the time stamp is not older than the last one.
func (s *Session) stampFits(g *Segment) bool {
	e := &s.ends[g.Dir]
	return int32(g.Time-e.stamp) >= 0 && (e.stamp == 0 || g.ArrivedSec <= int64(e.seen)+paws)
}

// remember keeps the time stamp of a segment that belongs to the connection; those of
// others would make what is right look old. next is what was expected before the segment.
func (s *Session) remember(g *Segment, next uint32) {
	e := &s.ends[g.Dir]
	if !s.stamps || !g.HasTime {
		return
	}
	if g.Seq == next || !s.stampFits(g) {
		e.stamp = g.Time
	}
	e.seen = uint32(g.ArrivedSec)
}

// ackOK checks the acknowledgement of what e has sent.
func (s *Session) ackOK(g *Segment, e *end) bool {
	a := g.Ack
	switch {
	case g.Flags&ack == 0, gt(a, e.acked) && le(a, e.limit), a == e.acked:
		return true
	case lt(a, e.acked):
		if e.window != 0 && lt(a, e.acked-e.window) {
			break
		}
		return true
	case s.oneSided:
		return true
	case s.State > SynSent && gt(a, e.limit):
	default:
		return true
	}
	s.event("stream.pkt_invalid_ack")
	return false
}

// take notes window and acknowledgement that a segment carries.
func (s *Session) take(g *Segment, retransmission bool) {
	e, o := &s.ends[g.Dir], &s.ends[1-g.Dir]
	if !retransmission {
		o.window = uint32(g.Window) << o.scale
	}
	if g.Flags&ack != 0 {
		if gt(g.Ack, o.acked) {
			o.acked = g.Ack
		}
		if lt(o.next, g.Ack) && s.State > Established {
			o.next = g.Ack
		}
	}
	if limit := o.acked + o.window; gt(limit, o.limit) {
		o.limit = limit
	}
	if g.Seq == e.next {
		e.next += uint32(g.Len)
	}
}

// repeats tells that a segment brings nothing new.
func (s *Session) repeats(g *Segment) bool {
	e := &s.ends[g.Dir]
	last := g.Seq + uint32(g.Len)
	if g.Len == 0 {
		return false
	}
	if lt(g.Seq, e.acked) && gt(last, e.acked) || le(last, e.acked) || le(last, e.next) {
		s.event("stream.pkt_retransmission")
		return true
	}
	return false
}

// reset takes a RST.
func (s *Session) rst(g *Segment) bool {
	e, o := &s.ends[g.Dir], &s.ends[1-g.Dir]
	if !s.stampOK(g) {
		return false
	}
	if !s.ackOK(g, o) {
		s.event("stream.rst_invalid_ack")
		return false
	}
	if g.Seq != e.next && !s.oneSided && s.State >= Established {
		return false
	}
	e.reset = true
	s.before, s.State = s.State, Closed
	if g.Flags&ack != 0 && gt(g.Ack, o.acked) && le(g.Ack, o.limit) {
		o.acked = g.Ack
	}
	return true
}
