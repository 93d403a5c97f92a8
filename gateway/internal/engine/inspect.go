package engine

import (
	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/decision"
	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/match"
	"otasuke/gateway/internal/packet"
	"otasuke/rule"
)

// input prepares the match for the packet at hand in direction dir, which is not
// always that of the packet: bytes of the other side may become readable with it.
func (w *Worker) input(dir int) *match.Input {
	in, f := &w.in, w.flow
	w.told = dir
	*in = match.Input{}
	k := f.Key
	in.Src, in.Dst, in.SrcPort, in.DstPort = k.Client, k.Server, k.ClientPort, k.ServerPort
	if dir == 1 {
		in.Src, in.Dst, in.SrcPort, in.DstPort = k.Server, k.Client, k.ServerPort, k.ClientPort
	}
	in.IPProto, in.App = k.Proto, f.User.app
	in.ToServer, in.Established = dir == 0, w.established()
	in.FlowStart = f.Packets[dir] == 1
	in.Sent = [2]uint64{f.User.half[0].Total, f.User.half[1].Total}
	in.Flow, in.Hosts, in.Now = &f.User.match, w.e.hosts, w.now
	in.Counts = match.Counts{Age: (w.now - f.Started) / 1_000_000, Packets: f.Packets, Bytes: f.Bytes}
	return in
}

// established tells that both ends have taken part in the flow at hand.
func (w *Worker) established() bool {
	if w.e.cfg.Inline || !w.isTCP() {
		return w.flow.State != 0
	}
	return w.flow.User.open
}

// withPacket adds the packet's own fields.
func (w *Worker) withPacket(in *match.Input) {
	in.Packet, in.Payload = w.fields.Packet(w.pkt), w.pkt.Payload
}

// packetValues shows the packet's events and headers to rules, once.
func (w *Worker) packetValues(in *match.Input) { in.Values = w.fields.Values(w.pkt) }

// inspectPacket matches rules for single packets.
func (w *Worker) inspectPacket() {
	if s := &w.flow.User; s.passed || s.muted || w.judged {
		return
	}
	in := w.input(w.dir)
	w.withPacket(in)
	in.PacketRules, in.NoStream, in.Encrypted = true, w.noStream, w.flow.User.reader.Encrypted()
	w.packetValues(in)
	w.hits(w.rules.Inspect(w.scratch, in), nil)
}

// inspectAlone is inspectPacket for a packet whose bytes are part of no stream: rules for
// streams are matched on it too.
func (w *Worker) inspectAlone() {
	w.noStream = true
	w.inspectPacket()
	w.noStream = false
}

// inspectStream matches rules for stream bytes, and with the first bytes of a
// packet those for the packet itself.
func (w *Worker) inspectStream(dir int, window []byte, at int) {
	if w.flow.User.muted {
		return
	}
	in := w.input(dir)
	in.Stream = window
	in.StreamNew = len(window) - at
	switch {
	case dir != w.dir:
	case w.judged:
		in.StreamNew = 0
	case !w.seen:
		w.seen = true
		w.withPacket(in)
		in.PacketRules = true
		w.packetValues(in)
	}
	in.StreamOffset = w.flow.User.half[dir].Total - uint64(len(window))
	w.inStream = true
	w.hits(w.rules.Inspect(w.scratch, in), nil)
	w.inStream = false
}

// hits acts on the rules that matched.
func (w *Worker) hits(list []match.Hit, tx *app.Tx) {
	s := &w.flow.User
	if w.d.Let {
		return
	}
	w.d.Foresee(list, w.e.cfg.Inline)
	for i := range list {
		h := &list[i]
		if h.Rule.Bypass && !w.e.cfg.Inline { // inline no rule of others opens the door
			s.muted, s.facts.Bypassed = true, true
		}
		if h.Action == rule.Pass {
			if w.d.By != nil && w.e.cfg.Inline {
				return // an order of actions of its own: what stops came first
			}
			w.d.Let = true
			if h.Rule.ForFlow(tx != nil, w.inStream) {
				s.muted, s.facts.Action = true, "pass"
			}
			return
		}
		if h.Action == rule.Config {
			w.configure(h.Rule, tx)
			continue
		}
		w.counts.Alert(h.Silent)
		if len(h.Rule.Tags) > 0 {
			w.tags.Add(h.Rule, w.pkt, &s.own().tags, w.now)
		}
		if !h.Silent {
			w.alert(h, tx)
			s.alerted = true
		}
		if h.Action.Blocks() && w.e.cfg.Inline {
			w.carryOut(h, decision.Whole(h, tx != nil, w.inStream, w.isTCP(), s.app))
		}
	}
}

// block stops the flow because of a site or a file and reports it.
func (w *Worker) block(rec *eve.Record) {
	if rec != nil { // told already
		w.batch.Add(rec)
	}
	w.flow.User.alerted = true
	if w.e.cfg.Inline {
		w.flow.User.dropped = true
	}
}

// isTCP tells whether the flow can be reset.
func (w *Worker) isTCP() bool { return w.flow.Key.Proto == packet.TCP }
