package engine

import (
	"slices"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/capture"
	"otasuke/gateway/internal/packet"
	"otasuke/gateway/internal/reply"
	"otasuke/gateway/internal/scan"
)

const (
	// holdTimeout in microseconds: a packet never waits longer for the scanner.
	holdTimeout = 12_000_000
)

// held is a packet that waits for a scanner.
type held struct {
	id       uint32
	since    int64
	dir      int
	seq, end uint32 // its bytes that the receiver does not have
	fin      bool   // its FIN is held, too
	file     *scan.File
	what     *fileOf // set when the answer decides the file, nil when only room is waited for
}

// fileOf is what a record says about a file.
type fileOf struct {
	host, target, name string
	sentResp           bool
	fields             []app.Field
	file               *app.File
	state              *fileState
}

// send puts a packet of ours on the wire towards the sender of direction dir.
// Failing is no error of the flow: its packets are dropped in any case.
func (w *Worker) send(dir int, ip []byte) {
	w.out = ip
	if !w.e.cfg.Inline {
		return
	}
	s := &w.flow.User
	_ = w.src.Send(int(s.port[dir]), s.mac[dir], s.vlan, ip)
}

// reset ends a TCP connection on both sides. Each side gets the number that it
// expects next (RFC 5961 section 3), the server's side without the bytes that
// are being dropped.
func (w *Worker) reset() {
	s := &w.flow.User
	if !w.isTCP() || s.blocked || !w.e.cfg.Inline {
		return
	}
	s.blocked = true
	w.resetSide(0)
	w.resetSide(1)
}

// resetSide tells the end that sends in direction dir.
func (w *Worker) resetSide(dir int) {
	s := &w.flow.User
	w.send(dir, reply.AppendReset(w.out[:0], w.flow.Key, dir, s.sent[1-dir], s.half[dir].Next()))
}

// blockPage answers an HTTP request in place of the server.
func (w *Worker) blockPage(what, category string) {
	s := &w.flow.User
	if !w.isTCP() || s.blocked || !w.e.cfg.Inline {
		return
	}
	s.blocked = true
	reply.Page(w.out, w.flow.Key, s.sent[1], s.half[0].Next(), what, category, func(ip []byte) { w.send(0, ip) })
	w.resetSide(1)
}

// wait holds the packet at hand until the scanner answered (what is set) or has room.
func (w *Worker) wait(f *scan.File, what *fileOf) {
	s := &w.flow.User
	if what != nil {
		if r := f.Result(); r != nil {
			w.scanned(f, r, what)
			return
		}
	}
	if !w.e.cfg.Inline && what == nil {
		return // offline nobody is slowed down
	}
	w.hold = true
	if len(s.rare().held) == 0 && !slices.Contains(w.holding, w.flow) {
		w.holding = append(w.holding, w.flow)
	}
	w.waits = append(w.waits, held{file: f, what: what})
}

// keep remembers why the packet at hand is held.
func (w *Worker) keep() capture.Verdict {
	s := &w.flow.User
	seq, r := s.sent[w.dir], s.own()
	for _, h := range r.held {
		if h.dir == w.dir && int32(h.end-seq) > 0 {
			seq = h.end
		}
	}
	for _, h := range w.waits {
		h.id, h.since, h.dir, h.seq, h.end = w.cap.ID, w.now, w.dir, seq, s.half[w.dir].Next()
		h.fin = w.pkt.Flags&packet.FIN != 0 && w.isTCP()
		r.held = append(r.held, h)
	}
	w.waits = w.waits[:0]
	return capture.Verdict{Action: capture.Hold}
}

// repeatsHeld tells that a segment repeats bytes or a FIN that are held: it must not
// pass by itself.
func (w *Worker) repeatsHeld(seq uint32) bool {
	end := seq + uint32(len(w.pkt.Payload))
	for _, h := range w.flow.User.rare().held {
		if h.dir != w.dir {
			continue
		}
		if h.fin && w.pkt.Flags&packet.FIN != 0 || int32(end-h.seq) > 0 && int32(h.end-seq) > 0 {
			return true
		}
	}
	return false
}

// settle decides held packets whose scanner has answered, or that waited too long.
func (w *Worker) settle() {
	keep := w.holding[:0]
	for _, f := range w.holding {
		if len(f.User.rare().held) == 0 {
			continue
		}
		w.flow, w.dir = f, f.User.held[0].dir
		w.told = w.dir
		if w.settleFlow() {
			keep = append(keep, f)
		}
	}
	w.flow = nil
	clear(w.holding[len(keep):])
	w.holding = keep
}

// settleFlow works on the holds of w.flow, in order; true when some are left.
func (w *Worker) settleFlow() bool {
	defer w.survived()
	s := &w.flow.User
	for len(s.rare().held) > 0 {
		h := s.held[0]
		w.received()
		late := w.now-h.since > holdTimeout
		switch r := h.file.Result(); {
		case h.what != nil && r != nil:
			w.scanned(h.file, r, h.what)
		case h.what != nil && late:
			h.file.Abort(scan.ErrSlow)
			w.scanned(h.file, h.file.Result(), h.what)
		case h.what == nil && h.file.Full() && !late:
			return true
		case h.what != nil:
			return true
		}
		last := len(s.held) == 1 || s.held[1].id != h.id
		s.held = append(s.held[:0], s.held[1:]...)
		if last || s.dropped {
			w.decide(h.id)
		}
	}
	return false
}

func (w *Worker) decide(id uint32) {
	v := accept
	if w.flow.User.dropped {
		v = w.drop()
	}
	w.src.Decide(id, v)
}

// scanned acts on the scanner's answer.
func (w *Worker) scanned(f *scan.File, r *scan.Result, what *fileOf) {
	w.logScanned(r, what)
	if r.Err != nil {
		w.e.Stats.Uninspected.Add(1)
		return
	}
	if r.Virus == "" {
		return
	}
	w.block(w.virusRecord(f, r, what))
	if what.sentResp {
		w.reset()
		return
	}
	w.blockPage(what.name, "virus")
}
