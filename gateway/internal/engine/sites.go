package engine

import (
	"net/netip"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/appeal"
	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/evelog"
	"otasuke/gateway/internal/filter"
	"otasuke/gateway/internal/packet"
	"otasuke/gateway/internal/reply"
	"otasuke/gateway/internal/sites"
	"otasuke/rule"
	"otasuke/wire"
)

// device is the inside end of the flow at hand.
func (w *Worker) device() filter.Device {
	return filter.Inside([2]netip.Addr{w.flow.Key.Client, w.flow.Key.Server}, w.flow.User.macs(), w.e.cfg.Home)
}

// listed looks at what is known before any byte, the addresses, and tells whether they are to be stopped.
func (w *Worker) listed() bool {
	k := &w.flow.Key
	f, ok := w.watch.Opens(w.e.lists.Load(), w.who, netip.AddrPortFrom(k.Server, k.ServerPort), k.Client, w.e.cfg.Home)
	if ok {
		w.site(nil, &f)
	}
	return w.flow.User.dropped
}

// refuse answers an inside client's first segment to a dangerous address, so that
// it does not wait for a time-out, and ends a connection that was there before its list.
func (w *Worker) refuse() {
	s, p := &w.flow.User, w.pkt
	switch {
	case w.flow.State != 0:
		w.reset()
	case w.dir == 0 && w.isTCP() && p.Flags&packet.SYN != 0 && w.e.cfg.Home(w.flow.Key.Client):
		s.half[0].Start(p.Seq + 1)
		s.blocked = true
		w.resetSide(0)
	}
}

// sites looks up what a transaction asks for, and stops it in the way of its protocol.
func (w *Worker) sites(tx *app.Tx, side *app.Side) {
	if w.flow.User.app == rule.ProtoHTTP && w.e.cfg.Home(w.flow.Key.Client) && w.appealed(side) {
		return
	}
	f, ok := w.watch.Asks(w.e.lists.Load(), w.who, side)
	if !ok {
		return
	}
	if w.site(tx, &f); !f.Blocks() {
		return
	}
	switch f.Layer {
	case sites.HTTP:
		w.blockPage(appeal.Subject{What: evelog.Text(f.Name), Category: f.List.Category, List: f.List.Name})
	case sites.DNS:
		w.answerBlocked(tx, f.List.Answer.Addr())
	case sites.TLS:
		w.reset()
	}
}

// appealed takes a request that comes from a block page, in place of the server.
func (w *Worker) appealed(side *app.Side) bool {
	s, out := w.e.cfg.Appeals.Take(side, w.who, w.now)
	if out == appeal.Sent {
		rec := w.packetRecord(eve.TypeAlert)
		s.Tell(rec, w.own(rec, wire.KindAppeal))
		w.block(rec)
	}
	if out != appeal.None {
		w.block(nil)
		w.page(reply.Said(out))
	}
	return out != appeal.None
}

// site tells of a listed name or address, and stops the flow where the list says so. One
// of DNS over UDP goes on: the same ports may carry harmless questions.
func (w *Worker) site(tx *app.Tx, f *sites.Find) {
	if w.watch.First(f, w.flow.Key.Client, w.now) {
		rec := w.packetRecord(eve.TypeAlert)
		sites.Tell(rec, w.own(rec, wire.KindSite), f, tx, w.e.cfg.Inline)
		w.batch.Add(rec)
		w.flow.User.alerted = true
	}
	w.flow.User.use.FoundSite(f.List.Name, f.Blocks() && w.e.cfg.Inline)
	if f.Blocks() && w.e.cfg.Inline && (f.Layer != sites.DNS || w.isTCP()) {
		w.flow.User.dropped = true
	}
}

// answerBlocked answers a question of DNS in place of the server. Over TCP the connection
// ends with that: what else was asked over it is asked again. A question inside HTTPS gets
// no answer.
func (w *Worker) answerBlocked(tx *app.Tx, instead netip.Addr) {
	r, ok := tx.Recorder.(sites.Answerer)
	s := &w.flow.User
	switch {
	case !w.e.cfg.Inline || s.blocked:
	case !ok:
		w.reset()
	case w.isTCP():
		s.blocked = true
		w.answer = r.AppendBlocked(append(w.answer[:0], 0, 0), instead)
		reply.DNS(w.out, w.flow.Key, s.sent[1], s.half[0].Next(), w.answer, func(ip []byte) { w.send(0, ip) })
		w.resetSide(1)
	default:
		w.answer = r.AppendBlocked(w.answer[:0], instead)
	}
}
