package engine

import (
	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/evelog"
	"otasuke/gateway/internal/session"
	"otasuke/gateway/internal/watch"
	"otasuke/rule"
)

// anomalies writes the fresh events of a transaction.
func (w *Worker) anomalies(tx *app.Tx, side *app.Side, dir int) {
	for i := range side.Values {
		if v := &side.Values[i]; v.Fresh && v.Buffer == rule.AppEvent && w.of(tx).told.First(string(v.Data)) {
			w.anomaly(tx, string(v.Data), dir)
		}
	}
}

// anomaly writes an event of an application protocol.
func (w *Worker) anomaly(tx *app.Tx, name string, dir int) {
	if !w.e.cfg.LogAnomalies || !w.e.cfg.EVE.Anomaly.App {
		return
	}
	r := w.record(eve.TypeAnomaly)
	if !w.isTCP() { // the datagram itself is told of
		w.told = dir
		r = w.packetRecord(eve.TypeAnomaly)
		r.Direction = ""
	}
	r.AppProto = ""
	r.Anomaly = evelog.AppAnomaly(name, evelog.AppName(w.flow.User.app), tx != nil)
	if tx != nil {
		r.SetTx(tx.ID)
	}
	w.remember(r)
	w.batch.Add(r)
}

// remember writes what rules have noted of the flow at hand.
func (w *Worker) remember(r *eve.Record) {
	if w.flow != nil && !w.e.cfg.EVE.NoMetadata {
		s := &w.flow.User
		bits, ints := w.rules.Memory(&s.match)
		r.Metadata, r.Traffic = evelog.Memory(bits, ints)
		r.Metadata = evelog.FlowVars(r.Metadata, w.rules.Vars(&s.match))
	}
}

// packetAnomalies writes the events of the packet at hand.
func (w *Worker) packetAnomalies() {
	if !w.e.cfg.LogAnomalies {
		return
	}
	for _, name := range w.pkt.Events {
		if a := w.e.cfg.EVE.Anomaly.PacketAnomaly(name); a != nil {
			r := w.e.cfg.EVE.Record(w.view(), eve.TypeAnomaly, true)
			r.Anomaly = a
			w.remember(r)
			w.batch.Add(r)
		}
	}
}

// fileRecord describes a file. It goes the way of the file's bytes.
func (w *Worker) fileRecord(f *app.File, st *watch.File) *eve.Record {
	rec := w.record(eve.TypeFileinfo)
	if f.Dir == app.ToClient {
		rec.SrcIP, rec.DestIP, rec.SrcPort, rec.DestPort = rec.DestIP, rec.SrcIP, rec.DestPort, rec.SrcPort
	}
	evelog.Tell(rec, f.Tx)
	rec.Fileinfo = evelog.FileOf(f, st.State, w.e.cfg.FileMagic)
	return rec
}

// ending describes the flow at hand as it stands, until the next call.
func (w *Worker) ending() *evelog.End {
	var s *session.Session
	if w.isTCP() {
		s = &w.flow.User.session
	}
	w.end = evelog.EndOf(&w.flow.Traffic, s, w.flow.User.alerted, w.closing)
	return &w.end
}

// complete adds to the record of a flow what is known of it, and writes it.
func (w *Worker) complete(r *eve.Record) {
	w.protocols(r)
	w.e.cfg.Applications.Record(&w.flow.User.use.Flow, r)
	w.remember(r)
	w.batch.Add(r)
}

// logFlow writes the records of a flow that ended, which is the one at hand.
func (w *Worker) logFlow() {
	c := &w.e.cfg.EVE
	s := &w.flow.User
	s.facts.Bypassed = s.facts.Bypassed || s.bypass
	if s.dropped && w.e.cfg.Inline {
		s.facts.Action = "drop"
	}
	if s.half[0].Skipped > 0 || s.half[1].Skipped > 0 {
		s.facts.Gap = [2]bool{s.half[0].Skipped > 0, s.half[1].Skipped > 0}
		w.counts.Add(evelog.Gap)
	}
	e := w.ending()
	w.counts.End(e, s.facts.Bypassed)
	v := w.view()
	if w.e.cfg.LogFlows {
		w.complete(c.FlowRecord(v, e))
	}
	for dir := range 2 {
		if c.Netflow && e.Packets[dir] > 0 {
			w.complete(c.NetflowRecord(v, e, dir))
		}
	}
}
