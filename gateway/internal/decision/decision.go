// Package decision is what becomes of one packet, and why: which of the rules that matched
// decides.
//
// Pure. Only the engine calls it.
package decision

import (
	"otasuke/gateway/internal/evelog"
	"otasuke/gateway/internal/match"
	"otasuke/rule"
)

// Decision is that about the packet at hand. [Decision.Begin] makes it ready.
type Decision struct {
	// Why the packet does not pass, one of evelog's reasons; "" for none yet.
	Why string
	// By is the rule for which it does not pass, nil for none.
	By *rule.Rule
	// Rejects is the action by which it is refused, rule.Alert for none.
	Rejects rule.Action
	// Stop tells that it does not pass, its flow may; Let that a pass rule matched it, and
	// WillPass that one is to, before it is acted on.
	Stop, Let, WillPass bool
	// Instead tells that packets of ours go in its place.
	Instead bool
	// Edits tells that the bytes that were read last must not pass as they are.
	Edits bool
	// Rejected tells that one of the frame's packets was refused with an answer.
	Rejected bool
}

// Begin starts over for the next packet of the frame.
func (d *Decision) Begin() { *d = Decision{Rejects: rule.Alert, Rejected: d.Rejected} }

// Foresee finds the rule that decides before the first is told of. Without inline nothing
// is stopped.
func (d *Decision) Foresee(hits []match.Hit, inline bool) {
	for i := range hits {
		a := hits[i].Action
		if a == rule.Pass {
			d.WillPass = d.By == nil
			return
		}
		if a.Blocks() && inline {
			d.StoppedBy(&hits[i])
			if a != rule.Drop {
				d.Rejects = a
			}
		}
	}
}

// StoppedBy notes a rule for which the packet does not pass; the first counts.
func (d *Decision) StoppedBy(h *match.Hit) {
	if d.By != nil {
		return
	}
	d.By, d.Why = h.Rule, evelog.ReasonRules
	if h.Action != h.Rule.Action {
		d.Why = evelog.ReasonThreshold
	}
	d.Rejected = d.Rejected || h.Action != rule.Drop
}

// Whole tells that a rule which stops the packet at hand stops all of its flow, too; inTx and
// inStream tell in what it matched. Messages of DNS and SIP over UDP are each judged: an office may
// ask all questions and make all calls from one port, and must go on after a bad one.
func Whole(h *match.Hit, inTx, inStream, tcp bool, speaks rule.Proto) bool {
	if inTx && !tcp && (speaks == rule.ProtoDNS || speaks == rule.ProtoSIP) {
		return false
	}
	return h.Action != rule.Drop && tcp || h.Rule.ForFlow(inTx, inStream)
}
