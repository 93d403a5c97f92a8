package engine

import (
	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/evelog"
	"otasuke/gateway/internal/match"
	"otasuke/gateway/internal/packet"
	"otasuke/gateway/internal/session"
	"otasuke/rule"
)

// emitTx tells of what bytes of dir have shown.
func (w *Worker) emitTx(rec *eve.Record, dir int, log bool) {
	s := &w.flow.User
	if log {
		dir = w.dir
	}
	if w.e.cfg.Inline || w.late || !w.isTCP() || !s.own().later.Put(rec, dir, s.half[w.dir].Next(), log) {
		w.batch.Add(rec)
	}
}

// noticed tells what the packet at hand makes others notice.
func (w *Worker) noticed() {
	w.flow.User.rare().later.Noticed(w.dir, w.pkt.Flags&packet.ACK != 0, w.pkt.Ack, w.renewed)
}

// renew tells a record that has waited, with the packet at hand.
func (w *Worker) renew(rec *eve.Record) {
	w.e.cfg.EVE.Renew(rec, w.view())
	if rec.Flow != nil {
		w.flowNow(rec)
	}
	w.batch.Add(rec)
}

// midstream applies the policy for segments of connections whose beginning was not seen.
// It reports whether the segment may be looked at.
func (w *Worker) midstream() bool {
	s, p := &w.flow.User, w.pkt
	policy := w.e.cfg.Midstream
	if policy == evelog.PolicyIgnore && s.session.State == session.None && p.Flags&(packet.RST|packet.ACK) == packet.ACK && (w.e.cfg.Session.Midstream || w.e.cfg.Session.OneSided) {
		w.applied(policy, "stream_midstream", "tcp.midstream")
		return true
	}
	if policy == evelog.PolicyIgnore || s.session.State != session.None || p.Flags&packet.RST != 0 || p.Flags&packet.ACK == 0 {
		return true
	}
	w.applied(policy, "stream_midstream", "tcp.midstream")
	switch policy {
	case evelog.PolicyDropFlow, evelog.PolicyReject:
		s.dropped, s.own().why = true, evelog.ReasonPolicy
		fallthrough
	case evelog.PolicyDropPacket:
		w.d.Why = evelog.ReasonMidstream
	case evelog.PolicyBypass:
		s.facts.Bypassed = true
		fallthrough
	case evelog.PolicyPassFlow:
		s.muted, s.facts.Action = true, "pass"
	case evelog.PolicyPassPacket:
	}
	return false
}

// applied notes that a policy has decided.
func (w *Worker) applied(p evelog.Policy, target, counter string) {
	w.counts.Named("exception_policy.", counter+"."+p.String())
	w.flow.User.facts.Applied(p, target)
}

// alert tells of a rule.
func (w *Worker) alert(h *match.Hit, tx *app.Tx) {
	rec := w.alertRecord(h, tx)
	w.flow.User.use.FoundRule(h.Rule.SID)
	if tx != nil || w.inStream && h.Rule.PayloadStream {
		w.emitTx(rec, w.told, false)
		return
	}
	w.batch.Add(rec)
}

// configure does what a rule with the action config says: it can only switch records off.
func (w *Worker) configure(r *rule.Rule, tx *app.Tx) {
	switch {
	case r.Config["logging"] != "disable":
	case r.Config["scope"] == "flow":
		w.flow.User.quiet = true
	case tx != nil:
		w.of(tx).quiet = true
	}
}

// logARP writes the record of an ARP message.
func (w *Worker) logARP() {
	if !w.e.cfg.EVE.ARP || w.pkt.EtherType != packet.EtherARP || w.pkt.Invalid {
		return
	}
	if r := w.e.cfg.EVE.ARPRecord(w.view()); r != nil {
		w.batch.Add(r)
	}
}

// carryOut stops the packet at hand because of a rule, with all of its flow or alone.
func (w *Worker) carryOut(h *match.Hit, all bool) {
	s := &w.flow.User
	w.d.StoppedBy(h)
	w.d.Stop = true
	if all && !s.dropped {
		s.dropped = true
		w.reset()
	}
}

// stopped writes that the packet at hand does not pass.
func (w *Worker) stopped() {
	c := &w.e.cfg.EVE
	if w.d.Why == "" {
		w.d.Why = evelog.ReasonStream
	}
	w.counts.DropReason(w.d.Why)
	if !c.Drop.On {
		return
	}
	if w.flow != nil && !c.Drop.All {
		f := &w.flow.User.facts
		first := w.flow.User.dropped && !f.DropTold[w.dir]
		f.DropTold[w.dir] = f.DropTold[w.dir] || w.flow.User.dropped
		if !first && w.d.By == nil {
			return
		}
	}
	w.told = w.dir
	w.batch.Add(c.DropRecord(w.view(), w.d.Why, w.d.By, w.d.Rejects))
}

// countTx counts a transaction that is seen for the first time.
func (w *Worker) countTx(tx *app.Tx) {
	s := &w.flow.User
	if tx.ID >= s.facts.Txs {
		s.facts.Txs = tx.ID + 1
		w.counts.App(evelog.AppTx, tx.Proto, w.flow.Key.Proto)
	}
}

// Counts are what the workers have counted so far.
func (e *Engine) Counts() []*evelog.Counts {
	e.countsMu.Lock()
	defer e.countsMu.Unlock()
	return append([]*evelog.Counts(nil), e.counts...)
}
