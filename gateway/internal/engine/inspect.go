package engine

import (
	"otasuke/gateway/internal/app"
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

// withPacket adds the packet's own fields, events and headers.
func (w *Worker) withPacket(in *match.Input) {
	p := w.pkt
	w.fields = match.Packet{
		TTL: p.TTL, TOS: p.TOS, IPID: uint16(p.ID), TCPFlags: p.Flags, TCPSeq: p.Seq, TCPAck: p.Ack, TCPMSS: p.TCP.MSS,
		TCPScale: p.TCP.Scale, HasScale: p.TCP.HasScale, TCPWindow: p.Window, MTU: p.ICMPMTU, VLANs: p.VLANLayers, VLAN: p.VLANs,
		ICMPType: p.ICMPType, ICMPCode: p.ICMPCode, ICMPID: p.ICMPID, ICMPSeq: p.ICMPSeq, IPOptions: ipOptions(p.IPOptions), Checksum: w.sumOf,
		FragOffset: uint16(p.FragOffset / 8),
	}
	if p.Version == 4 && len(p.Data) > 6 {
		w.fields.FragBits = p.Data[6] >> 5 & 7
	} else if p.MoreFrags {
		w.fields.FragBits = 1
	}
	in.Packet, in.Payload = &w.fields, p.Payload
}

// packetValues shows the packet's events and headers to rules, once.
func (w *Worker) packetValues(in *match.Input) {
	p := w.pkt
	v := w.values[:0]
	if w.used.Has(rule.PacketEvent) {
		for _, e := range p.Events {
			v = append(v, app.Value{Buffer: rule.PacketEvent, Data: []byte(e), Fresh: true})
		}
	}
	if w.headers && p.Version != 0 {
		v = w.headerValues(v)
	}
	w.values, in.Values = v, v
}

// headerValues adds the headers that rules look at.
func (w *Worker) headerValues(v []app.Value) []app.Value {
	p := w.pkt
	put := func(b rule.Buffer, data []byte) {
		if data != nil && w.used.Has(b) {
			v = append(v, app.Value{Buffer: b, Data: data, Fresh: true})
		}
	}
	put([...]rule.Buffer{4: rule.IPv4Header, 6: rule.IPv6Header}[p.Version], p.IPHeader())
	if w.used.Has(rule.IPSrc) {
		put(rule.IPSrc, p.Src.AsSlice())
	}
	if w.used.Has(rule.IPDst) {
		put(rule.IPDst, p.Dst.AsSlice())
	}
	switch p.Proto {
	case packet.TCP:
		put(rule.TCPHeader, p.TransportHeader())
	case packet.UDP:
		put(rule.UDPHeader, p.TransportHeader())
	case packet.ICMP:
		put(rule.ICMPv4Header, p.TransportHeader())
	case packet.ICMPv6:
		put(rule.ICMPv6Header, p.TransportHeader())
	}
	return v
}

// ipOptions translates the decoder's options into those of rules.
func ipOptions(o packet.IPOption) (bits uint32) {
	if o == 0 {
		return 0
	}
	for from, to := range map[packet.IPOption]uint32{packet.OptEnd: rule.IPOptionEOL, packet.OptNop: rule.IPOptionNOP, packet.OptRecordRoute: rule.IPOptionRR,
		packet.OptTimestamp: rule.IPOptionTS, packet.OptSecurity: rule.IPOptionSEC, packet.OptExtSecurity: rule.IPOptionESEC, packet.OptLooseRoute: rule.IPOptionLSRR,
		packet.OptStrictRoute: rule.IPOptionSSRR, packet.OptStream: rule.IPOptionSATID, packet.OptQuickStart: rule.IPOptionQS, packet.OptCIPSO: rule.IPOptionCIPSO,
		packet.OptRouterAlert: rule.IPOptionRTRALT} {
		if o&from != 0 {
			bits |= to
		}
	}
	return bits
}

// checksum judges a checksum of the packet at hand, as the keywords ask for it.
func (w *Worker) checksum(f rule.Field) (right, ok bool) {
	p := w.pkt
	c := packet.NoChecksum
	switch {
	case f == rule.FieldIPv4Checksum:
		c = p.IPChecksum()
	case f == rule.FieldTCPv4Checksum && p.Version == 4 && p.Proto == packet.TCP, f == rule.FieldTCPv6Checksum && p.Version == 6 && p.Proto == packet.TCP,
		f == rule.FieldUDPv4Checksum && p.Version == 4 && p.Proto == packet.UDP, f == rule.FieldUDPv6Checksum && p.Version == 6 && p.Proto == packet.UDP,
		f == rule.FieldICMPv4Checksum && p.Proto == packet.ICMP, f == rule.FieldICMPv6Checksum && p.Proto == packet.ICMPv6:
		c = p.TransportChecksum()
	}
	return c == packet.ChecksumRight, c != packet.NoChecksum
}

// inspectPacket matches rules for single packets.
func (w *Worker) inspectPacket() {
	if s := &w.flow.User; s.passed || s.muted {
		return
	}
	in := w.input(w.dir)
	w.withPacket(in)
	in.PacketRules, in.NoStream = true, w.noStream
	w.packetValues(in)
	w.hits(w.e.cfg.Rules.Inspect(w.scratch, in), nil)
}

// inspectStream matches rules for stream bytes, and with the first bytes of a
// packet those for the packet itself.
func (w *Worker) inspectStream(dir int, window []byte, at int) {
	if w.flow.User.muted {
		return
	}
	in := w.input(dir)
	if dir == w.dir && !w.seen {
		w.seen = true
		w.withPacket(in)
		in.PacketRules = true
		w.packetValues(in)
	}
	in.Stream = window
	in.StreamNew = len(window) - at
	in.StreamOffset = w.flow.User.half[dir].Total - uint64(len(window))
	w.inStream = true
	w.hits(w.e.cfg.Rules.Inspect(w.scratch, in), nil)
	w.inStream = false
}

// hits acts on the rules that matched.
func (w *Worker) hits(list []match.Hit, tx *app.Tx) {
	s := &w.flow.User
	if w.let {
		return
	}
	w.foresee(list)
	for i := range list {
		h := &list[i]
		if h.Rule.Bypass && !w.e.cfg.Inline { // inline no rule of others opens the door
			s.muted, s.facts.Bypassed = true, true
		}
		if h.Action == rule.Pass {
			w.let = true
			if whole(h.Rule, tx != nil, w.inStream) {
				s.muted, s.facts.Action = true, "pass"
			}
			return
		}
		if h.Action == rule.Config {
			w.configure(h.Rule, tx)
			continue
		}
		w.countHit(h)
		if !h.Silent {
			w.alert(h, tx)
			s.alerted = true
		}
		if h.Action.Blocks() && w.e.cfg.Inline {
			w.carryOut(h, h.Action != rule.Drop && w.isTCP() || whole(h.Rule, tx != nil, w.inStream))
		}
	}
}

// block stops the flow because of a site or a file and reports it.
func (w *Worker) block(rec *eve.Record) {
	w.e.cfg.Emit(rec)
	w.flow.User.alerted = true
	if w.e.cfg.Inline {
		w.flow.User.dropped = true
	}
}

// isTCP tells whether the flow can be reset.
func (w *Worker) isTCP() bool { return w.flow.Key.Proto == packet.TCP }
