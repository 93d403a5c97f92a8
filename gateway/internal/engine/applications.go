package engine

import (
	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/evelog"
)

// follow finds out with each packet which application the flow at hand is of, and counts it
// once a minute.
func (w *Worker) follow() {
	f := &w.flow.User.use
	w.e.cfg.Applications.Packet(&f.Flow, w.flow.User.app, w.pkt)
	w.unwanted(nil, false)
	if f.Turned(w.now) {
		w.count(false)
	}
}

// asks looks at a transaction: the name that it is for, or the addresses that it gives.
func (w *Worker) asks(tx *app.Tx, dir int) {
	if name, http := w.e.cfg.Applications.Asks(&w.flow.User.use.Flow, tx, dir, w.flow.Key.Client, w.now); name != nil {
		w.unwanted(name, http)
	}
}

// unwanted stops a flow whose application the company does not want, and tells of it.
func (w *Worker) unwanted(name []byte, http bool) {
	a, s := w.e.cfg.Applications, &w.flow.User
	if !a.Unwanted(&s.use.Flow) || s.dropped || s.passed || s.muted || !a.Policy.Blocks(&s.use.Flow, w.device()) {
		return
	}
	rec := w.packetRecord(eve.TypeAlert)
	a.Tell(rec, w.own(rec, eve.KindApplication), &s.use.Flow, w.action())
	w.batch.Add(rec)
	s.alerted = true
	if !w.e.cfg.Inline {
		return
	}
	s.dropped, s.use.Blocked = true, true
	if http {
		w.blockPage(evelog.Text(name), "company")
	} else {
		w.reset()
	}
}

// count adds up what the flow at hand has carried.
func (w *Worker) count(ends bool) {
	w.e.cfg.Usage.Count(&w.flow.User.use, &w.flow.Key, w.e.cfg.Home, w.who, w.flow.Bytes, ends)
}
