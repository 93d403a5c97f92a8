package engine

import (
	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/appeal"
	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/evelog"
	"otasuke/gateway/internal/usage"
	"otasuke/rule"
)

// follow finds out with each packet which application the flow at hand is of, and counts it
// once a minute.
func (w *Worker) follow() {
	f := &w.flow.User.use
	w.e.cfg.Applications.Packet(&f.Flow, w.flow.User.app, w.pkt)
	w.unwanted(nil, false)
	if f.Turned(w.now) {
		w.e.cfg.Usage.Count(f, w.conversation(), false)
	}
	if s := &w.flow.User; s.dropped || s.session.Ended() || s.app == rule.ProtoDNS && !w.isTCP() && (w.dir == 1 || len(w.answer) > 0) {
		w.e.cfg.Usage.Over(f, w.conversation())
	}
}

// asks looks at a transaction: the name that it is for, or the addresses that it gives.
func (w *Worker) asks(tx *app.Tx, dir int) {
	w.e.cfg.Usage.Step(&w.flow.User.use, w.conversation(), tx, dir, w.flow.Key.Server)
	if name, http := w.e.cfg.Applications.Asks(&w.flow.User.use.Flow, tx, dir, w.flow.Key.Client, w.now); name != nil {
		w.unwanted(name, http)
	}
}

// unwanted stops a flow whose application the company does not want, and tells of it.
func (w *Worker) unwanted(name []byte, http bool) {
	a, s := w.e.cfg.Applications, &w.flow.User
	if !a.Unwanted(&s.use.Flow) || s.dropped || s.passed || s.muted || !a.Policy().Blocks(&s.use.Flow, w.device()) {
		return
	}
	rec := w.packetRecord(eve.TypeAlert)
	a.Tell(rec, w.own(rec, eve.KindApplication), &s.use.Flow, evelog.Action(w.e.cfg.Inline))
	w.batch.Add(rec)
	s.alerted = true
	s.use.Found("application:" + rec.Otasuke.Application)
	if !w.e.cfg.Inline {
		return
	}
	s.dropped, s.use.Blocked = true, true
	if http {
		w.blockPage(appeal.Subject{What: evelog.Text(name), Category: "company", List: "applications"})
	} else {
		w.reset()
	}
}

// conversation is the flow at hand as it is counted, until the next call.
func (w *Worker) conversation() *usage.Conversation {
	s := &w.flow.User
	w.counted = usage.Conversation{Traffic: &w.flow.Traffic, ID: s.id, Home: w.e.cfg.Home, Who: w.who, Told: s.alerted, Stopped: s.dropped}
	return &w.counted
}
