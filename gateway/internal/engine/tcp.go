package engine

import (
	"otasuke/gateway/internal/evelog"
	"otasuke/gateway/internal/packet"
	"otasuke/gateway/internal/session"
	"otasuke/gateway/internal/stream"
	"otasuke/rule"
)

// tcp takes a segment. False means that this packet must not pass, although
// the flow may go on.
func (w *Worker) tcp() bool {
	p, s := w.pkt, &w.flow.User
	w.counts.Segment(p.Flags)
	if !w.midstream() {
		return w.d.Why == ""
	}
	before := s.session.State
	follows := w.follows()
	if before == session.None && s.session.State != session.None {
		w.counts.Add(evelog.Sessions)
	}
	w.noticed()
	if !follows {
		w.inspectAlone()
		return true
	}
	h := &s.half[w.dir]
	seq := p.Seq
	if p.Flags&packet.SYN != 0 {
		h.Start(p.Seq + 1)
		seq++ // data in a SYN stands behind it (RFC 9293 section 3.4)
	}
	if w.dir == 1 && p.Flags&(packet.SYN|packet.ACK) == packet.SYN|packet.ACK && !w.e.cfg.Inline {
		s.half[0].Restart(p.Ack) // of several SYN it answers this one
	}
	if w.e.cfg.Inline && w.contradicts(seq) {
		w.e.Stats.Conflicts.Add(1)
		w.inspectPacket()
		return false
	}
	w.received()
	if p.Flags&packet.ACK != 0 && s.half[1-w.dir].Acked(p.Ack, &w.pool) {
		w.pop(1 - w.dir)
	}
	ok := true
	if w.early() {
		if w.inspectAlone(); w.d.Stop || s.dropped {
			return false
		}
		w.seen, w.judged = true, true
	}
	if len(p.Payload) > 0 && p.Flags&packet.RST == 0 {
		ok = w.segment(h, seq)
	} else {
		w.inspectPacket()
		ok = !w.repeatsHeld(seq)
	}
	if p.Flags&packet.FIN != 0 && ok {
		s.guard.Finish(w.dir, h, seq+uint32(len(p.Payload)))
	}
	w.close(w.dir)
	w.over()
	return ok
}

// over lets go of what only bytes to come would need, once both ends have everything of
// each other: a closed connection stays known for a while.
func (w *Worker) over() {
	s := &w.flow.User
	if st := s.session.State; (st == session.TimeWait || st == session.Closed) && len(s.rare().held) == 0 && s.guard.Over(&s.half) {
		w.release()
		w.flows.Settle(w.flow)
	}
}

// early tells of bytes that hardly any receiver takes, because there is no connection yet: the
// packet is judged alone before the stream has them.
func (w *Worker) early() bool {
	p, s := w.pkt, &w.flow.User
	return w.e.cfg.Inline && len(p.Payload) > 0 && !p.TCP.FastOpen && p.Flags&packet.RST == 0 &&
		(p.Flags&packet.SYN != 0 || s.session.State != session.None && s.session.State < session.Established)
}

// follows gives the segment to the session, whose events become the packet's. It
// reports whether the segment's bytes belong to the conversation. Inline they always do:
// there the stream decides what the receiver can get.
func (w *Worker) follows() bool {
	p, s := w.pkt, &w.flow.User
	g := &w.segmentAt
	*g = session.Segment{
		Dir: w.dir, Seq: p.Seq, Ack: p.Ack, Flags: p.Flags, Window: p.Window, Len: len(p.Payload),
		HasScale: p.TCP.HasScale, Scale: p.TCP.Scale, HasTime: p.TCP.HasTimes, Time: p.TCP.Time, FastOpen: p.TCP.FastOpen,
		SACK: p.TCP.SACKPermitted, ArrivedSec: w.now / 1_000_000,
	}
	s.open = s.session.State >= session.Established // what rules call established was so before the packet
	ok := s.session.Segment(g, &w.e.cfg.Session)
	p.Events = append(p.Events, s.session.Events()...)
	return ok && !s.session.Probe || w.e.cfg.Inline
}

// received notes what each receiver has before the packet at hand.
func (w *Worker) received() {
	s := &w.flow.User
	s.sent = [2]uint32{s.half[0].Next(), s.half[1].Next()}
	s.rare().held.Lacks(&s.sent)
}

// close ends a direction whose bytes are all there, the FIN perhaps before the last.
func (w *Worker) close(dir int) {
	s := &w.flow.User
	if !s.dropped && !s.passed && s.guard.Complete(dir, &s.half[dir]) {
		w.closeReader(dir)
	}
}

// segment puts a payload in order and judges what became readable.
func (w *Worker) segment(h *stream.Half, seq uint32) bool {
	s := &w.flow.User
	if int32(seq-h.Next()) > 0 && w.ordered() {
		w.inspectPacket()
		return false
	}
	fresh, r := h.Push(seq, w.pkt.Payload, &w.pool)
	switch r {
	case stream.Conflict:
		w.e.Stats.Conflicts.Add(1)
		w.pkt.Events = append(w.pkt.Events, "stream.reassembly_overlap_different_data")
		w.noStream = w.e.cfg.Inline // it is dropped, so its bytes are part of no stream
		w.inspectPacket()
		w.noStream = false
		return false
	case stream.Refused:
		w.inspectPacket()
		return false
	case stream.Old:
		w.inspectPacket()
		return !w.repeatsHeld(seq)
	case stream.Waiting:
		w.inspectPacket()
		return true
	}
	repeats := w.repeatsHeld(seq)
	w.bytes(w.dir, fresh)
	w.pop(w.dir)
	if !s.dropped && !s.passed {
		w.budget(h)
	}
	return !repeats
}

// pop judges bytes that waited behind a gap.
func (w *Worker) pop(dir int) {
	s := &w.flow.User
	for !s.dropped && !s.passed {
		b := s.half[dir].Pop(&w.pool)
		if b == nil {
			return
		}
		w.bytes(dir, b)
		if w.d.Edits { // of what has passed already
			w.breakOff()
		}
	}
}

// budget lets go of a connection that has been seen enough.
func (w *Worker) budget(h *stream.Half) {
	s := &w.flow.User
	if w.e.cfg.BypassMark == 0 {
		return
	}
	if s.reader.Encrypted() || s.reader.None() && w.e.cfg.Budget > 0 && h.Total > uint64(w.e.cfg.Budget) {
		s.bypass = true
		w.release()
	}
}

// release frees the memory of a flow that is not judged any more.
func (w *Worker) release() {
	s := &w.flow.User
	for i := range s.half {
		s.half[i].Forget(&w.pool)
	}
	w.readers.Take(&s.reader)
}

// bytes judges the next bytes of a direction: transactions first, then the stream.
func (w *Worker) bytes(dir int, b []byte) {
	s := &w.flow.User
	h := &s.half[dir]
	at := 0
	// What nobody looks at is not kept, once the receiver has all that was looked at.
	blind := s.reader.Unseen(dir) && h.Has(s.judged[dir])
	if !blind {
		w.window, at = h.Keep(b, &w.pool)
		w.windowOf, w.fresh = dir, b
		w.scratch.NewBytes()
	}
	ignored := s.reader.Unseen(dir)
	known := s.track.Done(dir)
	w.read(dir, b)
	w.d.Edits = s.rare().edit.Bytes(dir, b, h.Next(), known)
	window := w.window
	w.window = nil
	if s.dropped || s.passed {
		return
	}
	if !ignored || !s.reader.Unseen(dir) {
		s.judged[dir] = h.Next()
	}
	if s.reader.Opaque(dir) {
		// Behind the inspected part of a body, and inside encryption, there is nothing to match.
		if blind {
			h.Forget(&w.pool)
		}
		if dir == w.dir && !w.seen {
			w.seen = true
			w.inspectPacket()
		}
		return
	}
	if blind {
		window, at = h.Keep(b, &w.pool)
	}
	w.inspectStream(dir, window, at)
}

// contradicts tells of segments that do not pass, because nobody can know what the receiver
// makes of them. seq is the number of the first byte.
func (w *Worker) contradicts(seq uint32) bool {
	p, s := w.pkt, &w.flow.User
	seg := stream.Segment{Dir: w.dir, Seq: p.Seq, Ack: p.Ack, Flags: p.Flags, Len: len(p.Payload), Replaced: w.flow.Replaced && w.flow.SynSeen}
	return s.guard.Contradicts(&s.half, &seg, seq) || w.urgent()
}

// urgent tells of urgent data. Systems take the last byte of it out of the stream (RFC
// 6093 section 3.2), unless the application wants it to stay there, which those of FTP and
// Telnet do. In what nobody reads it hides nothing.
func (w *Worker) urgent() bool {
	app := w.flow.User.app
	return app != rule.ProtoFTP && app != rule.ProtoTelnet && app != rule.ProtoFailed && w.pkt.Urgent()
}
