package watch

import "otasuke/gateway/internal/scan"

// Why a packet waits.
type Why uint8

// Reasons.
const (
	Room   Why = iota // the scanner is behind
	Tail              // it may have the last bytes of the file
	End               // it has the announced last bytes of the file, which is not closed yet
	Answer            // it ends the file
)

// Held is a packet that waits for a scanner. A packet may wait for several reasons, which
// follow each other.
type Held struct {
	ID       uint32
	Since    int64 // in microseconds
	Dir      int
	Seq, End uint32 // its bytes that the receiver does not have
	FIN      bool   // its FIN is held, too
	File     *File
	Why      Why

	passed bool       // more of the file has come
	probe  *scan.File // what there is of the file
}

// Next tells whether the packet goes on waiting, and the answer it has waited for, if that
// is known and about the file.
func (h *Held) Next(now int64) (r *scan.Result, wait bool) {
	late := overdue(now, h.Since)
	f := h.File
	switch {
	case h.Why == Room:
		return nil, f.Scan.Full() && !late
	case h.passed:
		h.giveUp()
		return nil, false
	case h.Why == Answer || f.over():
		h.giveUp()
		return answer(f.Answer, f.Scan, late)
	case h.probe != nil:
		return answer(h.probe.Result, h.probe, late)
	case h.Why == Tail && now-h.Since < quiet:
		return nil, true
	}
	return h.begin(late)
}

// overdue tells that something waits since too long; a clock that was put back is no reason to wait
// for another year.
func overdue(now, since int64) bool { return now-since > MaxWait || since-now > MaxWait }

// begin has what there is of the file scanned.
func (h *Held) begin(late bool) (r *scan.Result, wait bool) {
	f := h.File
	f.pauses++
	if h.probe = f.Scan.Snapshot(); h.probe != nil {
		return answer(h.probe.Result, h.probe, late)
	}
	if f.keeps {
		f.unguarded()
		return nil, false
	}
	f.settled = true
	f.Scan.Close()
	return answer(f.Answer, f.Scan, late)
}

func answer(of func() *scan.Result, s *scan.File, late bool) (r *scan.Result, wait bool) {
	if r = of(); r == nil && late {
		s.Abort(scan.ErrSlow)
		r = of()
	}
	return r, r == nil
}

// giveUp lets go of a scan that nobody waits for.
func (h *Held) giveUp() {
	if h.probe != nil {
		h.probe.Abort(scan.ErrEnded)
		h.probe = nil
	}
}

// Queue are the packets of a conversation that wait, in their order.
type Queue []Held

// Add adds a packet: seq is what the receiver has of its direction, but for what waits. A packet that is
// added once more, for another reason, has the same bytes.
func (q *Queue) Add(h Held, seq uint32) {
	for i := range *q {
		if o := &(*q)[i]; o.Dir == h.Dir && o.ID != h.ID && int32(o.End-seq) > 0 {
			seq = o.End
		}
	}
	h.Seq = seq
	*q = append(*q, h)
}

// Grown tells that more of a file has come: its tails need not wait any longer.
func (q Queue) Grown(f *File) {
	for i := range q {
		if h := &q[i]; h.File == f && h.Why == Tail {
			h.passed = true
		}
	}
}

// Free tells that the first packet waits for nothing but to be let go.
func (q Queue) Free() bool { return len(q) > 0 && q[0].passed }

// Pop takes the first away; last tells that its packet waits for nothing else.
func (q *Queue) Pop() (h Held, last bool) {
	h = (*q)[0]
	h.giveUp()
	n := copy(*q, (*q)[1:])
	clear((*q)[n:])
	*q = (*q)[:n]
	return h, n == 0 || (*q)[0].ID != h.ID
}

// Give lets go of all.
func (q *Queue) Give(decide func(id uint32)) {
	for len(*q) > 0 {
		if h, last := q.Pop(); last {
			decide(h.ID)
		}
	}
}

// Repeats tells that a segment repeats bytes or a FIN that wait: it must not pass by itself.
func (q Queue) Repeats(dir int, seq, end uint32, fin bool) bool {
	for i := range q {
		h := &q[i]
		if h.Dir == dir && (h.FIN && fin || int32(end-h.Seq) > 0 && int32(h.End-seq) > 0) {
			return true
		}
	}
	return false
}

// Lacks corrects what each receiver has: not what waits.
func (q Queue) Lacks(sent *[2]uint32) {
	for i := len(q) - 1; i >= 0; i-- {
		sent[q[i].Dir] = q[i].Seq
	}
}
