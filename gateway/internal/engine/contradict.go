package engine

import (
	"encoding/binary"

	"otasuke/gateway/internal/packet"
	"otasuke/rule"
)

// contradicts tells of segments that contradict what was seen of their connection, so
// that nobody can know what the receiver makes of them. Inline they do not pass: what
// looked like a beginning or an end may have died before it reached the receiver. seq is
// the number of the first byte.
func (w *Worker) contradicts(seq uint32) bool {
	p, s := w.pkt, &w.flow.User
	if w.dir == 0 && s.doubt && p.Flags&(packet.ACK|packet.SYN|packet.RST) == packet.ACK {
		s.doubt = !s.half[1].Restart(p.Ack)
	}
	if w.dir == 1 && p.Flags&(packet.SYN|packet.ACK) == packet.SYN|packet.ACK && w.anotherAnswer() {
		return true
	}
	if len(p.Payload) == 0 || p.Flags&packet.RST != 0 {
		return false
	}
	return w.dir == 1 && s.doubt || w.unanswered() || w.behindEnd(seq) || w.urgent()
}

// anotherAnswer takes a SYN+ACK with another number than the first one. One that comes
// too late is a contradiction.
func (w *Worker) anotherAnswer() bool {
	s, seq := &w.flow.User, w.pkt.Seq+1
	h := &s.half[1]
	if h.Total+h.Skipped > 0 {
		return h.First() != seq
	}
	s.doubt = s.doubt || h.Next() != seq
	return false
}

// unanswered tells of data in a connection that was opened in the place of another one
// before its SYN is answered: it may be the other one that goes on.
func (w *Worker) unanswered() bool {
	return w.flow.Replaced && w.flow.SynSeen && !w.flow.User.half[1].Started() && w.pkt.Flags&packet.SYN == 0
}

// behindEnd tells of bytes behind the FIN of their direction.
func (w *Worker) behindEnd(seq uint32) bool {
	s := &w.flow.User
	return s.finSeen[w.dir] && int32(seq+uint32(len(w.pkt.Payload))-s.fin[w.dir]) > 0
}

// urgent tells of urgent data. Systems take the last byte of it out of the stream (RFC
// 6093 section 3.2), unless the application wants it to stay there, which those of FTP and
// Telnet do. In what nobody reads it hides nothing.
func (w *Worker) urgent() bool {
	p, s := w.pkt, &w.flow.User
	if p.Flags&packet.URG == 0 || binary.BigEndian.Uint16(p.TransportHeader()[18:]) == 0 {
		return false
	}
	switch s.app {
	case rule.ProtoFTP, rule.ProtoTelnet, rule.ProtoFailed:
		return false
	}
	return true
}
