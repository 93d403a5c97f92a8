package engine

import (
	"otasuke/gateway/internal/stream"
	"otasuke/rule"
)

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
	switch w.flow.User.app {
	case rule.ProtoFTP, rule.ProtoTelnet, rule.ProtoFailed:
		return false
	}
	return w.pkt.Urgent()
}
