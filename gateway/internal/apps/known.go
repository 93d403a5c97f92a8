package apps

import (
	"net/netip"

	"otasuke/content/apps"
	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/filter"
	"otasuke/gateway/internal/flow"
	"otasuke/gateway/internal/packet"
	"otasuke/rule"
)

// SID is the signature number of an application that is not wanted, which no rule finds,
// in a block of our own.
const SID = 9900010

// Known is what an engine's workers share. Nil knows nothing.
type Known struct {
	Table   *Table
	Answers *Answers
	Policy  *Policy
}

// Make builds what is known: the compilation, the company's own additions in a file, if
// there is one, and what it wants blocked. read reads the file.
func Make(file string, read func(string) ([]byte, error), groups *filter.Groups, wishes []Block) (*Known, error) {
	c, err := apps.Load()
	if err == nil && file != "" {
		var own []byte
		if own, err = read(file); err == nil {
			err = c.Add(own)
		}
	}
	if err != nil {
		return nil, err
	}
	n := &Known{Table: New(c), Answers: NewAnswers()}
	n.Policy, err = NewPolicy(n.Table, c, groups, wishes)
	return n, err
}

// Fresh is the same with nothing remembered.
func (n *Known) Fresh() *Known {
	return &Known{Table: n.Table, Answers: NewAnswers(), Policy: n.Policy}
}

// Want adds the buffers that readers must show so that applications can be told.
func (n *Known) Want(to *rule.BufferSet) {
	if n == nil {
		return
	}
	for _, b := range [...]rule.Buffer{rule.HTTPHost, rule.TLSSNI, rule.QUICSNI} {
		to.Add(b)
	}
	if len(n.Table.ja4) > 0 {
		to.Add(rule.JA4Hash)
	}
}

// Open looks at the ends of a conversation.
func (n *Known) Open(f *Flow, k *flow.Key, now int64) {
	if n != nil {
		n.Table.Open(f, n.Answers, k.Client, k.Server, k.Proto == packet.UDP, k.ServerPort, now)
	}
}

// Packet looks at a packet of a conversation that speaks p.
func (n *Known) Packet(f *Flow, p rule.Proto, pkt *packet.Packet) {
	if n != nil {
		n.Table.Packet(f, p, pkt.Payload, pkt.Proto == packet.UDP)
	}
}

// Asks looks at what one direction of a transaction has shown: the name that it is for, or
// the addresses that it gives to client. name is the one that told the application.
func (n *Known) Asks(f *Flow, tx *app.Tx, dir int, client netip.Addr, now int64) (name []byte, http bool) {
	switch {
	case n == nil:
	case dir == app.ToClient:
		n.Table.Learn(n.Answers, tx, client, now)
	default:
		return n.Table.Asks(f, &tx.Sides[dir])
	}
	return nil, false
}

// Unwanted tells that it must be asked whether a conversation is wanted.
func (n *Known) Unwanted(f *Flow) bool { return n != nil && n.Policy.Pending(f) }

// Record writes the application of a conversation into the record of its end.
func (n *Known) Record(f *Flow, r *eve.Record) {
	var o eve.Own
	if n.Name(f, &o) {
		r.SetOwn(o)
	}
}

// Name writes the application of a conversation, if it has one.
func (n *Known) Name(f *Flow, o *eve.Own) bool {
	if n == nil || f.App == 0 {
		return false
	}
	a := n.Table.Application(f.App)
	o.Application, o.Category = a.ID, a.Category
	return true
}

// Tell writes that an application is not wanted.
func (n *Known) Tell(r *eve.Record, o *eve.Own, f *Flow, action string) {
	n.Name(f, o)
	r.Alert = &eve.Alert{Action: action, GID: 1, SignatureID: SID, Rev: 1, Signature: "OTASUKE application (" + o.Category + ", " + o.Application + ")", Category: "Unwanted application", Severity: 3}
}
