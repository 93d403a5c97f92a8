package stream

// TCP flags (RFC 9293 section 3.1).
const (
	synFlag = 0x02
	rstFlag = 0x04
	ackFlag = 0x10
)

// Segment is what a [Guard] needs to know of one that is on its way.
type Segment struct {
	Dir      int // 0 to the server, 1 to the client
	Seq, Ack uint32
	Flags    uint8
	Len      int // payload bytes
	// Replaced tells that its connection was opened by a SYN in the place of another one,
	// which may go on nevertheless.
	Replaced bool
}

// Guard finds segments that contradict what was seen of their connection's beginning and
// end, so that nobody can know what the receiver makes of them: what looked like a
// beginning or an end may have died before it reached the receiver. Its zero value is
// ready.
type Guard struct {
	fin   [2]uint32 // where a direction ends
	ended [2]bool   // its FIN was seen
	// doubt tells that the server has answered with two numbers: the client's
	// acknowledgement will say which one it has taken.
	doubt bool
}

// Contradicts tells that a segment must not pass. half are those of its connection, their
// starts known. seq is the number of its first byte.
func (g *Guard) Contradicts(half *[2]Half, s *Segment, seq uint32) bool {
	if s.Dir == 0 && g.doubt && s.Flags&(ackFlag|synFlag|rstFlag) == ackFlag {
		g.doubt = !half[1].Restart(s.Ack)
	}
	if s.Dir == 1 && s.Flags&(synFlag|ackFlag) == synFlag|ackFlag && g.anotherAnswer(&half[1], s.Seq+1) {
		return true
	}
	if s.Len == 0 || s.Flags&rstFlag != 0 {
		return false
	}
	unanswered := s.Replaced && !half[1].Started() && s.Flags&synFlag == 0
	behindEnd := g.ended[s.Dir] && int32(seq+uint32(s.Len)-g.fin[s.Dir]) > 0
	return s.Dir == 1 && g.doubt || unanswered || behindEnd
}

// anotherAnswer takes a SYN+ACK, perhaps with another number than the first one. One that
// comes too late is a contradiction.
func (g *Guard) anotherAnswer(h *Half, start uint32) bool {
	if h.Total+h.Skipped > 0 {
		return h.first() != start
	}
	g.doubt = g.doubt || h.next != start
	return false
}

// Finish notes where a direction ends. Of two ends the nearer one counts; one before bytes
// that were judged is none.
func (g *Guard) Finish(dir int, h *Half, end uint32) {
	if int32(end-h.next) < 0 || g.ended[dir] && int32(end-g.fin[dir]) >= 0 {
		return
	}
	g.fin[dir], g.ended[dir] = end, true
}

// Complete tells that all bytes of a direction are there up to its end, the FIN perhaps
// before the last.
func (g *Guard) Complete(dir int, h *Half) bool { return g.ended[dir] && h.next == g.fin[dir] }

// Over tells that both directions are there up to their ends.
func (g *Guard) Over(half *[2]Half) bool { return g.Complete(0, &half[0]) && g.Complete(1, &half[1]) }
