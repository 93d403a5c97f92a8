package engine

import (
	"otasuke/gateway/internal/app/clienthello"
	"otasuke/gateway/internal/app/httpmsg"
	"otasuke/gateway/internal/packet"
	"otasuke/gateway/internal/stream"
	"otasuke/rule"
)

// maxFirst bytes are kept to find out which application it is.
const maxFirst = 64

// tcp takes a segment. False means that this packet must not pass, although
// the flow may go on.
func (w *Worker) tcp() bool {
	p, s := &w.pkt, &w.flow.User
	h := &s.half[w.dir]
	seq := p.Seq
	if p.Flags&packet.SYN != 0 {
		h.Start(p.Seq + 1)
		seq++ // data in a SYN stands behind it (RFC 9293 section 3.4)
	}
	w.received()
	for _, hold := range s.held {
		if int32(s.sent[hold.dir]-hold.seq) > 0 {
			s.sent[hold.dir] = hold.seq // what is held, its receiver does not have
		}
	}
	if p.Flags&packet.ACK != 0 && s.half[1-w.dir].Acked(p.Ack, &w.pool) {
		w.pop(1 - w.dir)
	}
	ok := true
	if len(p.Payload) > 0 && p.Flags&packet.RST == 0 {
		ok = w.segment(h, seq)
	} else {
		w.inspectPacket()
		ok = !w.repeatsHeld(seq)
	}
	if p.Flags&packet.FIN != 0 {
		s.fin[w.dir], s.finSeen[w.dir] = seq+uint32(len(p.Payload)), true
	}
	w.close(w.dir)
	return ok
}

// received notes what each receiver has before the packet at hand.
func (w *Worker) received() {
	s := &w.flow.User
	s.sent = [2]uint32{s.half[0].Next(), s.half[1].Next()}
	for i := len(s.held) - 1; i >= 0; i-- {
		s.sent[s.held[i].dir] = s.held[i].seq
	}
}

// close ends a direction whose bytes are all there, the FIN perhaps before the last.
func (w *Worker) close(dir int) {
	s := &w.flow.User
	if !s.finSeen[dir] || s.dropped || s.passed || s.http == nil || s.half[dir].Next() != s.fin[dir] {
		return
	}
	s.finSeen[dir] = false
	s.http.conn.Close(dir)
	s.http.cut(dir)
	w.inspectApp()
}

// segment puts a payload in order and judges what became readable.
func (w *Worker) segment(h *stream.Half, seq uint32) bool {
	s := &w.flow.User
	fresh, r := h.Push(seq, w.pkt.Payload)
	switch r {
	case stream.Conflict:
		w.e.Stats.Conflicts.Add(1)
		return false
	case stream.Refused:
		return false
	case stream.Old:
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
		b := s.half[dir].Pop()
		if b == nil {
			return
		}
		w.bytes(dir, b)
	}
}

// budget lets go of a connection that has been seen enough.
func (w *Worker) budget(h *stream.Half) {
	s := &w.flow.User
	if w.e.cfg.BypassMark == 0 {
		return
	}
	switch s.app {
	case rule.ProtoTLS:
		if s.tls.done() {
			s.bypass = true
			w.release()
		}
	case rule.ProtoUnknown:
		if s.decided && w.e.cfg.Budget > 0 && h.Total > uint64(w.e.cfg.Budget) {
			s.bypass = true
			w.release()
		}
	}
}

// release frees the memory of a flow that is not judged any more.
func (w *Worker) release() {
	s := &w.flow.User
	for i := range s.half {
		s.half[i].Forget(&w.pool)
	}
	w.parts.give(s)
}

// bytes judges the next bytes of a direction.
func (w *Worker) bytes(dir int, b []byte) {
	s := &w.flow.User
	if !s.decided {
		w.detect(dir, b)
	}
	switch {
	case s.http != nil:
		w.httpBytes(dir, b)
	case s.tls != nil:
		w.tlsBytes(dir, b)
	case s.dns != nil:
		w.dnsBytes(dir, b)
	}
	if s.dropped || s.passed {
		return
	}
	if s.http != nil && s.http.conn.Opaque(dir, 0) || s.tls != nil && s.tls.done() {
		// Behind the inspected part of a body, and inside encryption, there is nothing to match.
		s.half[dir].Forget(&w.pool)
		return
	}
	window, at := s.half[dir].Keep(b, &w.pool)
	w.inspectStream(dir, window, at)
}

// detect finds out the application from the first bytes of either side.
func (w *Worker) detect(dir int, b []byte) {
	s := &w.flow.User
	before := len(s.first[dir])
	s.first[dir] = append(s.first[dir], b[:min(maxFirst-before, len(b))]...)
	first := s.first[dir]
	k := w.flow.Key
	switch {
	case httpmsg.LooksLike(dir, first) && len(first) >= 12:
		s.app, s.http = rule.ProtoHTTP, w.parts.getHTTP(w)
	case len(first) >= 6 && first[0] == 22 && first[1] == 3 && (first[5] == clienthello.TypeClientHello || first[5] == clienthello.TypeServerHello):
		s.app, s.tls = rule.ProtoTLS, w.parts.getTLS()
	case (k.ServerPort == 53 || k.ClientPort == 53) && len(first) >= 14:
		s.app, s.dns = rule.ProtoDNS, w.parts.getDNS()
	case len(first) >= maxFirst/4 && !httpmsg.LooksLike(dir, first):
		s.app = portProto(k.ServerPort)
	default:
		return
	}
	s.decided = true
	// The reader gets what came before it was chosen.
	for d, early := range [2][]byte{s.first[0], s.first[1]} {
		if d == dir {
			early = early[:before]
		}
		if len(early) == 0 {
			continue
		}
		switch {
		case s.http != nil:
			s.http.conn.Push(d, early)
		case s.tls != nil:
			s.tls.records[d].Push(early)
		}
	}
}

// portProto names protocols that have no reader yet, by their port, so that
// their rules are tried.
func portProto(port uint16) rule.Proto {
	switch port {
	case 25, 587:
		return rule.ProtoSMTP
	case 21:
		return rule.ProtoFTP
	case 22:
		return rule.ProtoSSH
	case 445, 139:
		return rule.ProtoSMB
	}
	return rule.ProtoUnknown
}
