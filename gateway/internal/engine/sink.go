package engine

import (
	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/evelog"
	"otasuke/gateway/internal/file"
	"otasuke/gateway/internal/match"
	"otasuke/gateway/internal/readers"
	"otasuke/rule"
)

// sink takes what readers tell about the flow at hand.
type sink Worker

// txState is what the engine keeps of a transaction, in app.Tx.State.
type txState struct {
	flow, id uint64 // whose this is: readers use a transaction's memory again
	match    match.TxState
	quiet    bool        // a rule wants no record of it
	told     evelog.Told // its events
	files    file.List
}

// of returns the engine's state of a transaction.
func (w *Worker) of(tx *app.Tx) *txState {
	t, ok := tx.State.(*txState)
	if !ok {
		t = new(txState)
		tx.State = t
	}
	if flow := w.flow.User.id; t.flow != flow || t.id != tx.ID+1 {
		t.flow, t.id = flow, tx.ID+1
		t.match.Reset()
		t.files.Release()
		t.quiet, t.told = false, t.told[:0]
	}
	return t
}

// Step judges one direction of a transaction.
func (k *sink) Step(tx *app.Tx, dir int) {
	w := (*Worker)(k)
	side := &tx.Sides[dir]
	w.latest = tx
	w.anomalies(tx, side, dir)
	w.countTx(tx)
	if s := &w.flow.User; tx.Proto == rule.ProtoDoH2 && s.app == rule.ProtoHTTP2 {
		s.original, s.app = s.app, rule.ProtoDoH2 // the flow is called so from the first message of DNS on
	}
	if s := &w.flow.User; !s.dropped && !s.passed && !s.muted {
		w.sites(tx, side)
	}
	w.asks(tx, dir)
	if s := &w.flow.User; !s.dropped && !s.passed && !s.muted {
		in := w.input(dir)
		in.Tx, in.Values, in.Complete, in.File = &w.of(tx).match, side.Values, side.Done, w.judging
		if !w.e.cfg.Inline && w.isTCP() {
			in.Established = true // an observer reads only what has been acknowledged
		}
		if dir == app.ToClient {
			in.Request = tx.Sides[app.ToServer].Values
		}
		if dir == w.dir {
			w.withPacket(in)
		}
		if w.window != nil && dir == w.windowOf {
			in.Window, in.WindowOffset = w.window, w.flow.User.half[dir].Total-uint64(len(w.window))
		}
		w.hits(w.rules.Inspect(w.scratch, in), tx)
	}
	for i := range side.Values {
		v := &side.Values[i]
		v.Fresh, v.Searched = false, len(v.Data)
	}
}

// Log writes a transaction's record.
func (k *sink) Log(tx *app.Tx, dir int, kind string) {
	w := (*Worker)(k)
	if w.e.cfg.LogApps && tx.Recorder != nil && !w.of(tx).quiet && !w.flow.User.quiet {
		w.emitTx(w.appRecord(tx, dir, kind), dir, true)
	}
}

// Event judges an event that belongs to no transaction.
func (k *sink) Event(dir int, name string) { (*Worker)(k).appEvent(dir, name) }

func (w *Worker) appEvent(dir int, name string) {
	s := &w.flow.User
	w.anomaly(nil, name, dir)
	if s.dropped || s.passed || s.muted {
		return
	}
	in := w.input(dir)
	w.single[0] = app.Value{Buffer: rule.AppEvent, Data: []byte(name), Fresh: true}
	in.Values = w.single[:]
	w.hits(w.rules.Inspect(w.scratch, in), nil)
}

// Expect announces a conversation.
func (k *sink) Expect(e app.Expected) {
	w, key := (*Worker)(k), k.flow.Key
	c := readers.Conversation{Client: key.Client, Server: key.Server, Port: e.Port}
	if e.FromServer {
		c.Client, c.Server = key.Server, key.Client
	}
	w.expects.Announce(c, e, w.now)
}

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

var _, _, _, _ = app.Sink((*sink)(nil)), app.Framer((*sink)(nil)), app.Ender((*sink)(nil)), app.Parter((*sink)(nil))
