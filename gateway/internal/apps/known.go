package apps

import (
	"net/netip"
	"sync/atomic"

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

// Known is what an engine's workers share. Nil knows nothing. What it knows can be swapped
// while they go on, see [Known.Renew].
type Known struct {
	answers *Answers
	now     atomic.Pointer[knowledge]
}

// knowledge does not change.
type knowledge struct {
	table  *Table
	policy *Policy
}

// NewKnown puts a table and what a company wants blocked together, with nothing remembered.
func NewKnown(t *Table, p *Policy) *Known {
	n := &Known{answers: NewAnswers()}
	n.now.Store(&knowledge{t, p})
	return n
}

// Make builds what is known: applications, and what the company wants blocked.
func Make(c *apps.Catalogue, groups *filter.Groups, wishes []Block) (*Known, error) {
	k, err := build(new(Table), c, groups, wishes)
	if err != nil {
		return nil, err
	}
	return NewKnown(k.table, k.policy), nil
}

func build(before *Table, c *apps.Catalogue, groups *filter.Groups, wishes []Block) (k *knowledge, err error) {
	k = new(knowledge)
	if k.table, err = before.next(c); err != nil {
		return nil, err
	}
	k.policy, err = NewPolicy(k.table, c, groups, wishes)
	return k, err
}

// Renew makes anew what Make has made, for all workers at once. An application keeps its
// number, so that conversations that go on and what is counted of them keep their name;
// what is wanted is asked of conversations that begin. An error changes nothing.
func (n *Known) Renew(c *apps.Catalogue, groups *filter.Groups, wishes []Block) error {
	k, err := build(n.Table(), c, groups, wishes)
	if err == nil {
		n.now.Store(k)
	}
	return err
}

// Table is the one in use.
func (n *Known) Table() *Table { return n.now.Load().table }

// Policy is the one in use.
func (n *Known) Policy() *Policy { return n.now.Load().policy }

// Fresh is the same with nothing remembered.
func (n *Known) Fresh() *Known { return NewKnown(n.Table(), n.Policy()) }

// Want adds the buffers that readers must show so that applications can be told, and the
// devices that use them.
func (n *Known) Want(to *rule.BufferSet) {
	if n == nil {
		return
	}
	for _, b := range [...]rule.Buffer{rule.HTTPHost, rule.TLSSNI, rule.QUICSNI, rule.HTTPUserAgent, rule.HTTPServer} {
		to.Add(b)
	}
	if len(n.Table().ja4) > 0 {
		to.Add(rule.JA4Hash)
	}
}

// Open looks at the ends of a conversation.
func (n *Known) Open(f *Flow, k *flow.Key, now int64) {
	if n != nil {
		n.Table().Open(f, n.answers, k.Client, k.Server, k.Proto == packet.UDP, k.ServerPort, now)
	}
}

// Packet looks at a packet of a conversation that speaks p.
func (n *Known) Packet(f *Flow, p rule.Proto, pkt *packet.Packet) {
	if n != nil {
		n.Table().Packet(f, p, pkt.Payload, pkt.Proto == packet.UDP)
	}
}

// Asks looks at what one direction of a transaction has shown: the name that it is for, or
// the addresses that it gives to client. name is the one that told the application.
func (n *Known) Asks(f *Flow, tx *app.Tx, dir int, client netip.Addr, now int64) (name []byte, http bool) {
	switch {
	case n == nil:
	case dir == app.ToClient:
		n.Table().Learn(n.answers, tx, client, now)
	default:
		return n.Table().Asks(f, &tx.Sides[dir])
	}
	return nil, false
}

// Unwanted tells that it must be asked whether a conversation is wanted.
func (n *Known) Unwanted(f *Flow) bool { return n != nil && n.Policy().Pending(f) }

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
	a := n.Table().Application(f.App)
	o.Application, o.Category = a.ID, a.Category
	return true
}

// Tell writes that an application is not wanted.
func (n *Known) Tell(r *eve.Record, o *eve.Own, f *Flow, action string) {
	n.Name(f, o)
	r.Alert = &eve.Alert{Action: action, GID: 1, SignatureID: SID, Rev: 1, Signature: "OTASUKE application (" + o.Category + ", " + o.Application + ")", Category: "Unwanted application", Severity: 3}
}
