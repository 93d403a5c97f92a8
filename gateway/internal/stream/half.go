package stream

import (
	"bytes"
	"slices"
)

// Limits of one direction.
const (
	// MaxWaiting bounds bytes that wait behind a gap: a common receive window of
	// 512 KiB; past it dropping is what a receiver without buffer would do.
	MaxWaiting = 512 << 10
	// maxSegments bounds their number: MaxWaiting in full Ethernet segments.
	maxSegments = 360
	// maxIdle places for segments stay with a connection's memory until the next one.
	maxIdle = 16
	// MaxKept bounds judged bytes that are kept to compare retransmissions with:
	// four of the largest segmentation bundles.
	MaxKept = 256 << 10
	// maxWindow is the largest distance between what was sent and what was
	// acknowledged (RFC 7323 section 2.3); a number further off belongs to nobody.
	maxWindow = 1 << 30
	// Tail is how much of the past is always there for a match that spans packets.
	Tail = 2048
)

// Result of Push.
type Result uint8

// Results.
const (
	InOrder  Result = iota // the returned bytes are new
	Waiting                // kept behind a gap
	Old                    // nothing new, and equal to what was judged
	Conflict               // contradicts what was judged: drop the packet
	Refused                // no room, or before the first byte: drop the packet
)

type segment struct {
	seq  uint32
	data []byte
}

// Half is one direction of a connection. The zero value waits for its first byte.
type Half struct {
	// Skipped counts bytes that passed unseen in gaps.
	Skipped uint64
	// Total counts bytes judged so far.
	Total uint64

	next uint32 // sequence number of the next byte to judge
	// acked is the receiver's number when it is ahead of next (ackAhead).
	acked    uint32
	ackTo    uint32 // up to where the receiver has it, not beyond next
	ackAhead bool
	hasAck   bool
	started  bool
	begun    bool // the first byte's number is known from a SYN

	kept []byte // the bytes before next
	gap  *gap   // nil where nothing has waited yet
}

// gap holds segments that wait behind missing bytes.
type gap struct {
	waiting []segment
	size    int // of all
}

// waiting are the segments that wait.
func (h *Half) waiting() []segment {
	if h.gap == nil {
		return nil
	}
	return h.gap.waiting
}

// Start sets the sequence number of the first byte: that of the SYN plus one.
func (h *Half) Start(seq uint32) {
	if !h.started {
		h.next, h.started, h.begun = seq, true, true
	}
}

// Restart sets it anew where nothing was judged yet: the receiver has taken another SYN
// than the one that was seen first. It reports whether it could.
func (h *Half) Restart(seq uint32) bool {
	if h.next == seq {
		return true
	}
	if h.Total+h.Skipped > 0 || len(h.waiting()) > 0 {
		return false
	}
	h.next, h.started, h.begun = seq, true, true
	return true
}

// Started tells whether a first byte or SYN was seen.
func (h *Half) Started() bool { return h.started }

// Next is the sequence number of the next byte in order.
func (h *Half) Next() uint32 { return h.next }

// Reset makes the Half ready for another connection and gives its memory to pool.
func (h *Half) Reset(pool *Pool) {
	pool.back(h.kept)
	if g := h.gap; g != nil {
		for i := range g.waiting {
			pool.waiting -= cost(g.waiting[i].data)
			g.waiting[i] = segment{}
		}
		if cap(g.waiting) > maxIdle {
			g.waiting = nil
		}
		*g = gap{waiting: g.waiting[:0]}
	}
	*h = Half{gap: h.gap}
}

// Push takes the payload of a packet. fresh is the part of b that is next in
// order, a slice of b. When the result is InOrder, call Pop until it gives nil. pool is
// always that of the worker.
func (h *Half) Push(seq uint32, b []byte, pool *Pool) (fresh []byte, r Result) {
	if !h.started {
		h.next, h.started = seq, true
	}
	if int32(seq-h.next) > 0 && h.hasPassed(seq) {
		h.skip(seq)
	}
	ahead := int(int32(seq - h.next)) // as int: the negative of the lowest int32 is itself
	if ahead > 0 {
		return nil, h.store(seq, b, pool)
	}
	if behind := -ahead; behind > 0 {
		if h.begun && h.precedes(behind, len(b)) {
			return nil, Refused
		}
		if behind >= len(b) {
			if h.differs(b, behind) {
				return nil, Conflict
			}
			return nil, Old
		}
		if h.differs(b[:behind], behind) {
			return nil, Conflict
		}
		b = b[behind:]
	}
	if h.overlapDiffers(h.next, b) {
		return nil, Conflict
	}
	h.advance(len(b))
	return b, InOrder
}

// precedes tells of bytes before the first one: nobody has judged them. A probe of one
// byte may stand there (keep-alive, RFC 9293 section 3.8.4).
func (h *Half) precedes(behind, n int) bool {
	before := uint64(behind) - min(uint64(behind), h.Total+h.Skipped)
	return before > 1 || before == 1 && n > 1
}

// Pop returns the next waiting bytes that became in order, or nil.
func (h *Half) Pop(pool *Pool) []byte {
	for len(h.waiting()) > 0 {
		g := h.gap
		s := g.waiting[0]
		ahead := int(int32(s.seq - h.next))
		if ahead > 0 {
			return nil
		}
		g.waiting = slices.Delete(g.waiting, 0, 1)
		g.size -= len(s.data)
		pool.waiting -= cost(s.data)
		if -ahead < len(s.data) {
			b := s.data[-ahead:]
			h.advance(len(b))
			return b
		}
	}
	return nil
}

func (h *Half) advance(n int) {
	h.next += uint32(n)
	h.Total += uint64(n)
}

// store keeps a segment that is ahead.
func (h *Half) store(seq uint32, b []byte, pool *Pool) Result {
	if len(b) == 0 {
		return Old
	}
	if h.overlapDiffers(seq, b) {
		return Conflict
	}
	if h.gap == nil {
		h.gap = new(gap)
	}
	g := h.gap
	i, found := slices.BinarySearchFunc(g.waiting, seq, func(s segment, q uint32) int { return int(int32(s.seq - q)) })
	if found && len(g.waiting[i].data) >= len(b) {
		return Old
	}
	if g.size+len(b) > MaxWaiting || len(g.waiting) >= maxSegments {
		pool.Refused++
		return Refused
	}
	if pool.waiting+cost(b) > maxPoolWaiting {
		pool.Short++
		return Refused
	}
	pool.waiting += cost(b)
	g.waiting = slices.Insert(g.waiting, i, segment{seq, slices.Clone(b)})
	g.size += len(b)
	return Waiting
}

// overlapDiffers compares b with waiting segments that cover the same bytes.
func (h *Half) overlapDiffers(seq uint32, b []byte) bool {
	for _, s := range h.waiting() {
		off := int(int32(s.seq - seq)) // where s starts within b
		if off >= len(b) {
			break
		}
		mine, theirs := b, s.data
		if off >= 0 {
			mine = b[off:]
		} else if -off < len(theirs) {
			theirs = theirs[-off:]
		} else {
			continue
		}
		n := min(len(mine), len(theirs))
		if !bytes.Equal(mine[:n], theirs[:n]) {
			return true
		}
	}
	return false
}

// differs compares b, which starts behind bytes before next, with what is kept.
// Bytes that are kept no longer were acknowledged: the receiver ignores a copy.
func (h *Half) differs(b []byte, behind int) bool {
	if behind > len(h.kept) {
		cut := behind - len(h.kept)
		if cut >= len(b) {
			return false
		}
		b, behind = b[cut:], len(h.kept)
	}
	was := h.kept[len(h.kept)-behind:]
	n := min(len(b), len(was))
	return !bytes.Equal(b[:n], was[:n])
}

// Keep remembers judged bytes (what Push or Pop just gave) and returns the
// window to match in: up to Tail bytes of the past and then the new bytes,
// which start at index at. The window is valid until the next call.
func (h *Half) Keep(b []byte, pool *Pool) (window []byte, at int) {
	if len(h.kept)+len(b) > cap(h.kept) {
		if pool.kept+len(h.kept)+len(b)-cap(h.kept) > maxPoolKept {
			return h.keepTail(b, pool)
		}
		h.grow(len(b), pool)
	}
	at = min(len(h.kept), Tail)
	start := len(h.kept) - at
	h.kept = append(h.kept, b...)
	return h.kept[start:], at
}

// keepTail is Keep where there is no memory: what stands before the Tail is forgotten, so
// that nobody compares what is sent again with it.
func (h *Half) keepTail(b []byte, pool *Pool) (window []byte, at int) {
	pool.Forgot++
	at = min(len(h.kept), Tail)
	window = append(append(pool.window[:0], h.kept[len(h.kept)-at:]...), b...)
	pool.window = window[:0]
	pool.back(h.kept)
	h.kept = append(pool.lend(Tail), window[max(0, len(window)-Tail):]...)
	return window, at
}

// grow makes room for n bytes, forgetting what is past MaxKept.
func (h *Half) grow(n int, pool *Pool) {
	old := h.kept
	keep := old
	excess := len(old) + n - MaxKept
	if h.hasAck { // what the receiver has, it does not take again
		excess = max(excess, len(old)-max(0, int(int32(h.next-uint32(n)-h.ackTo))))
	}
	if excess > 0 {
		keep = old[min(excess, max(0, len(old)-Tail)):]
	}
	if len(keep)+n <= cap(old) {
		h.kept = old[:copy(old, keep)]
		return
	}
	h.kept = append(pool.lend(len(keep)+n), keep...)
	pool.back(old)
}

// Kept are the bytes that are remembered, up to the last that was judged; valid until
// the next call.
func (h *Half) Kept() []byte { return h.kept }

// Forget drops what is kept: nothing more of this direction is judged, and the receiver
// has what was.
func (h *Half) Forget(pool *Pool) {
	pool.back(h.kept)
	h.kept = nil
}

// Acked is told that the receiver acknowledged everything before ack. It
// releases memory, and skips a gap that the receiver has filled without us and
// behind which bytes wait: skipped is true then, and they may be popped. Where
// nothing waits the gap is skipped by the next segment behind it: an
// acknowledgement alone, which anyone can forge, moves nothing.
func (h *Half) Acked(ack uint32, pool *Pool) (skipped bool) {
	ahead := int(int32(ack - h.next))
	if !h.started || ahead > maxWindow || ahead < -maxWindow {
		return false
	}
	if ahead > 0 {
		if !h.ackAhead || int32(ack-h.acked) > 0 {
			h.acked, h.ackAhead = ack, true
		}
		wait := h.waiting()
		if len(wait) == 0 || int32(ack-wait[0].seq) < 0 || int32(wait[0].seq-h.next) <= 0 {
			return false
		}
		h.skip(wait[0].seq)
		return true
	}
	if !h.hasAck || int32(ack-h.ackTo) > 0 {
		h.ackTo, h.hasAck = ack, true
	}
	h.ackAhead = h.ackAhead && int32(h.acked-h.next) > 0
	if ahead == 0 && len(h.kept) > Tail+Tail/2 {
		// Only the tail is needed now; a larger buffer goes back to the pool.
		tail := append(pool.lend(Tail), h.kept[len(h.kept)-Tail:]...)
		pool.back(h.kept)
		h.kept = tail
	}
	return false
}

// Has tells that the receiver has acknowledged everything before seq.
func (h *Half) Has(seq uint32) bool { return h.hasAck && int32(h.ackTo-seq) >= 0 }

// hasPassed tells that the receiver has everything before seq although we have not.
func (h *Half) hasPassed(seq uint32) bool {
	wait := h.waiting()
	return h.ackAhead && int32(h.acked-seq) >= 0 && (len(wait) == 0 || int32(wait[0].seq-seq) >= 0)
}

// skip goes on at seq, which is ahead. What is kept does not touch it.
func (h *Half) skip(seq uint32) {
	h.Skipped += uint64(seq - h.next)
	h.next, h.kept = seq, h.kept[:0]
}

// first is the sequence number of the first byte; meaningless past 2 GiB.
func (h *Half) first() uint32 { return h.next - uint32(h.Total+h.Skipped) }
