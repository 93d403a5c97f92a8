package engine

import (
	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/evelog"
	"otasuke/rule"
)

// Frame judges a piece of a message as it was sent.
func (k *sink) Frame(tx *app.Tx, dir int, b rule.Buffer, data []byte) {
	w := (*Worker)(k)
	if w.e.cfg.EVE.Frames {
		w.logFrame(tx, dir, b, data)
	}
	if !w.used.Has(b) {
		return
	}
	if s := &w.flow.User; s.dropped || s.passed || s.muted {
		return
	}
	in := w.input(dir)
	w.single[0] = app.Value{Buffer: b, Data: data, Fresh: true}
	in.Values = w.single[:]
	if !w.e.cfg.Inline && w.isTCP() {
		in.Established = true // an observer reads only what has been acknowledged
	}
	if dir == w.dir {
		w.withPacket(in)
	}
	w.hits(w.rules.Inspect(w.scratch, in), tx)
	w.single[0] = app.Value{}
}

// logFrame writes the record of a frame.
func (w *Worker) logFrame(tx *app.Tx, dir int, b rule.Buffer, data []byte) {
	w.told = dir
	r := w.packetRecord(eve.TypeFrame)
	r.Frame = evelog.FrameOf(&app.Value{Buffer: b, Data: data}, tx, dir)
	w.batch.Add(r)
}

var _ app.Framer = (*sink)(nil)
