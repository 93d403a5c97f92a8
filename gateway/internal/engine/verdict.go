package engine

import (
	"slices"

	"otasuke/gateway/internal/appeal"
	"otasuke/gateway/internal/capture"
	"otasuke/gateway/internal/evelog"
	"otasuke/gateway/internal/packet"
	"otasuke/gateway/internal/reply"
	"otasuke/gateway/internal/scan"
	"otasuke/gateway/internal/watch"
	"otasuke/rule"
)

// send puts a packet of ours on the wire towards the sender of direction dir.
// Failing is no error of the flow: its packets are dropped in any case.
func (w *Worker) send(dir int, ip []byte) {
	w.out = ip
	if !w.e.cfg.Inline {
		return
	}
	_ = w.src.Send(&w.flow.User.ends[dir], ip)
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
	s.resets[dir]++
	w.send(dir, reply.AppendReset(w.out[:0], w.flow.Key, dir, s.sent[1-dir], s.half[dir].Next()))
}

// blockPage answers an HTTP request in place of the server, and says that it was blocked.
func (w *Worker) blockPage(s appeal.Subject) {
	w.page(reply.Blocked(s.What, s.Category, s.List, w.e.cfg.Appeals.Ticket(w.device(), s, w.now)))
}

func (w *Worker) page(response []byte) {
	s := &w.flow.User
	if !w.isTCP() || s.blocked || !w.e.cfg.Inline {
		return
	}
	s.blocked = true
	reply.Page(w.out, w.flow.Key, s.sent[1], s.half[0].Next(), response, func(ip []byte) { w.send(0, ip) })
	w.resetSide(1)
}

// wait holds the packet at hand for the scanner.
func (w *Worker) wait(f *watch.File, why watch.Why) {
	if why == watch.Answer {
		if r := f.Answer(); r != nil {
			w.scanned(f, r)
			return
		}
	}
	if !w.e.cfg.Inline && why != watch.Answer {
		return // offline nobody is slowed down
	}
	w.hold = true
	if len(w.flow.User.rare().held) == 0 && !slices.Contains(w.holding, w.flow) {
		w.holding = append(w.holding, w.flow)
	}
	w.waits = append(w.waits, watch.Held{File: f, Why: why})
}

// keep remembers why the packet at hand is held. Those before it that have waited for
// nothing else go first.
func (w *Worker) keep() capture.Verdict {
	s := &w.flow.User
	r := s.own()
	w.free()
	if list := w.edited(); list != nil {
		r.edit.Hold(w.cap.ID, w.dir, list)
	}
	seq := s.sent[w.dir]
	for _, h := range w.waits {
		h.ID, h.Since, h.Dir, h.End = w.cap.ID, w.now, w.dir, s.half[w.dir].Next()
		h.FIN = w.pkt.Flags&packet.FIN != 0 && w.isTCP()
		r.held.Add(h, seq)
	}
	clear(w.waits)
	w.waits = w.waits[:0]
	return capture.Verdict{Action: capture.Hold}
}

// free lets packets go that the one at hand has set free.
func (w *Worker) free() {
	s := &w.flow.User
	for s.rare().held.Free() {
		h, last := s.held.Pop()
		if last {
			s.sent[h.Dir] = h.End
			w.decide(h.ID)
		}
	}
}

// repeatsHeld tells that a segment repeats bytes or a FIN that are held: it must not
// pass by itself.
func (w *Worker) repeatsHeld(seq uint32) bool {
	return w.flow.User.rare().held.Repeats(w.dir, seq, seq+uint32(len(w.pkt.Payload)), w.pkt.Flags&packet.FIN != 0)
}

// settle decides held packets whose scanner has answered, or that waited too long.
func (w *Worker) settle() {
	keep := w.holding[:0]
	for _, f := range w.holding {
		if len(f.User.rare().held) == 0 {
			continue
		}
		w.flow, w.dir = f, f.User.held[0].Dir
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
	defer w.caught(nil)
	s := &w.flow.User
	for len(s.rare().held) > 0 {
		h := &s.held[0]
		w.received()
		if !s.dropped {
			r, wait := h.Next(w.now)
			if wait {
				return true
			}
			if r != nil {
				w.scanned(h.File, r)
			}
		}
		if h, last := s.held.Pop(); last || s.dropped {
			w.decide(h.ID)
		}
	}
	return false
}

func (w *Worker) decide(id uint32) {
	v := accept
	if w.flow.User.dropped {
		v = w.drop()
	} else {
		v = w.sendFor(w.flow.User.rare().edit.Held(id))
	}
	w.src.Decide(id, v)
}

// scanned acts on the scanner's answer, which is about what there is of a file.
func (w *Worker) scanned(f *watch.File, r *scan.Result) {
	if f.Told {
		return
	}
	if !f.Closed {
		w.about(f)
	}
	virus := f.Virus(r, w.e.cfg.StopFlagged.Load())
	if f.Told = f.Closed || virus != ""; f.Told && w.e.cfg.LogApps {
		w.batch.Add(evelog.Scanned(w.fileRecord(f.App, f), r))
	}
	if r.Err != nil {
		w.e.Stats.Uninspected.Add(1)
	}
	stopped := !f.Arrived()
	if f.Part != nil {
		stopped = w.mailScanned(f, r)
	}
	switch name := evelog.Text(f.App.Name); {
	case virus != "":
		w.flow.User.use.Found("virus:" + virus)
		rec := w.virusRecord(f, stopped)
		evelog.Found(rec, r)
		if w.flow.User.alerted = true; w.viruses.First(virus+" "+name+" "+w.flow.Key.Client.String(), w.now) {
			w.batch.Add(rec)
		}
		if f.Part != nil {
			return
		}
		w.e.cfg.Scanner.Stopped(f.From, r, w.now)
		if w.block(nil); f.Begun || w.flow.User.app != rule.ProtoHTTP {
			w.reset()
		} else { // a page can be seen
			w.blockPage(appeal.Subject{What: name, Category: "virus", List: virus})
		}
	case r.Flag != "" && f.Closed:
		rec := w.virusRecord(f, false)
		evelog.Found(rec, r)
		w.batch.Add(rec)
	}
}

// report tells of a file that was let through while it was scanned.
func (w *Worker) report(m *watch.Waiting, r *scan.Result) {
	if m.Info != nil {
		w.batch.Add(evelog.Scanned(m.Info, r))
	}
	if r.Err != nil {
		w.e.Stats.Uninspected.Add(1)
	}
	if r.Virus != "" || r.Flag != "" {
		evelog.Found(m.Alert, r)
		w.batch.Add(m.Alert)
	}
}
