package match

import (
	"net/netip"
	"slices"

	"otasuke/gateway/internal/match/gate"
	"otasuke/rule"
)

// headerFits checks what needs no contents, cheap things first.
func (k *compiled) headerFits(in *Input) bool {
	r := k.r
	if in.ToServer && !r.ToServer || !in.ToServer && !r.ToClient {
		return false
	}
	if !protoFits(r.Proto, r.Network, in) || r.Transport != rule.ProtoUnknown && !r.Transport.Carries(in.IPProto, 4) || !flowFits(r, in) {
		return false
	}
	if r.BothSides { // judged with the answer, worded for the request
		return endsFit(r, in.Dst, in.Src, in.DstPort, in.SrcPort)
	}
	return endsFit(r, in.Src, in.Dst, in.SrcPort, in.DstPort) ||
		r.Both && endsFit(r, in.Dst, in.Src, in.DstPort, in.SrcPort)
}

func endsFit(r *rule.Rule, src, dst netip.Addr, srcPort, dstPort uint16) bool {
	return r.DstPorts.Contains(dstPort) && r.SrcPorts.Contains(srcPort) && r.Dst.Contains(dst) && r.Src.Contains(src)
}

func protoFits(p, network rule.Proto, in *Input) bool {
	version := version(in.Src)
	return gate.Fits(p, in.IPProto, version, in.App) && (network == rule.ProtoUnknown || network.Carries(in.IPProto, int(version)))
}

// version is that of IP.
// version is that of IP.
func version(a netip.Addr) uint8 {
	if a.Is6() {
		return 6
	}
	return 4
}

func flowFits(r *rule.Rule, in *Input) bool {
	f := &r.Flow
	if f.Established && !in.Established || f.NotEstablished && in.Established {
		return false
	}
	for _, a := range r.AppProtos {
		if in.App == rule.ProtoUnknown || a.Proto.Includes(in.App) == a.Negated {
			return false
		}
	}
	for _, s := range r.StreamSizes {
		if !streamSizeFits(s, in.Sent) {
			return false
		}
	}
	return true
}

// streamSizeFits compares sequence numbers as the rule language does: the
// connection's first number counts as one byte.
func streamSizeFits(s rule.StreamSize, sent [2]uint64) bool {
	client, server := s.Match(int64(sent[0])+1), s.Match(int64(sent[1])+1)
	switch s.Side {
	case "client":
		return client
	case "server":
		return server
	case "both":
		return client && server
	}
	return client || server
}

// packetFits checks the header fields of the packet.
func packetFits(r *rule.Rule, in *Input) bool {
	if r.SameIP && in.Src != in.Dst {
		return false
	}
	if len(r.Packet)+len(r.PacketAny) == 0 && len(r.TCPFlags) == 0 && len(r.FragBits) == 0 && !r.Flow.NoFrag && !r.Flow.OnlyFrag {
		return true
	}
	p := in.Packet
	if p == nil {
		return false
	}
	for _, t := range r.Packet {
		if v, ok := field(t.Field, in); !ok || !t.Match(v) {
			return false
		}
	}
	for _, list := range r.PacketAny {
		if !slices.ContainsFunc(list, func(t rule.FieldTest) bool { v, ok := field(t.Field, in); return ok && t.Match(v) }) {
			return false
		}
	}
	for _, t := range r.TCPFlags {
		if in.IPProto != rule.IPProtoTCP || !t.Match(p.TCPFlags) {
			return false
		}
	}
	for _, t := range r.FragBits {
		if !t.Match(p.FragBits) {
			return false
		}
	}
	fragment := p.FragOffset != 0 || p.FragBits&1 != 0
	return !(r.Flow.NoFrag && fragment) && !(r.Flow.OnlyFrag && !fragment)
}

// field reads a header field; ok is false when the packet has none.
func field(f rule.Field, in *Input) (v int64, ok bool) {
	p := in.Packet
	tcp := in.IPProto == rule.IPProtoTCP
	icmp := in.IPProto == rule.IPProtoICMP || in.IPProto == rule.IPProtoICMPv6
	switch f {
	case rule.FieldTTL:
		return int64(p.TTL), true
	case rule.FieldIPID:
		return int64(p.IPID), true
	case rule.FieldTOS:
		return int64(p.TOS), true
	case rule.FieldIPProto:
		return int64(in.IPProto), true
	case rule.FieldDsize:
		return int64(len(in.Payload)), true
	case rule.FieldFragOffset:
		return int64(p.FragOffset), true
	case rule.FieldICMPType:
		return int64(p.ICMPType), icmp
	case rule.FieldICMPCode:
		return int64(p.ICMPCode), icmp
	case rule.FieldICMPID:
		return int64(p.ICMPID), icmp
	case rule.FieldICMPSeq:
		return int64(p.ICMPSeq), icmp
	case rule.FieldTCPSeq:
		return int64(p.TCPSeq), tcp
	case rule.FieldTCPAck:
		return int64(p.TCPAck), tcp
	case rule.FieldTCPWindow:
		return int64(p.TCPWindow), tcp
	case rule.FieldTCPMSS:
		return int64(p.TCPMSS), tcp && p.TCPMSS != 0
	case rule.FieldTCPScale:
		return int64(p.TCPScale), tcp && p.HasScale
	case rule.FieldICMPv6MTU:
		return int64(p.MTU), p.MTU != 0
	case rule.FieldVLANLayers:
		return int64(p.VLANs), true
	case rule.FieldVLAN0, rule.FieldVLAN1, rule.FieldVLAN2:
		n := f - rule.FieldVLAN0
		return int64(p.VLAN[n]), int(n) < int(p.VLANs)
	case rule.FieldIPOptions:
		return int64(p.IPOptions), p.IPOptions != 0
	}
	return rareField(f, in)
}

// rareField reads what costs more to know.
func rareField(f rule.Field, in *Input) (v int64, ok bool) {
	if f >= rule.FieldIPv4Checksum && f <= rule.FieldICMPv6Checksum {
		if in.Packet.Checksum == nil {
			return 0, false
		}
		right, ok := in.Packet.Checksum(f)
		if right {
			v = 1
		}
		return v, ok
	}
	c := &in.Counts
	switch f {
	case rule.FieldFlowAge:
		return c.Age, in.Flow != nil
	case rule.FieldFlowPackets:
		return int64(c.Packets[0] + c.Packets[1]), in.Flow != nil
	case rule.FieldFlowPacketsToServer:
		return int64(c.Packets[0]), in.Flow != nil
	case rule.FieldFlowPacketsToClient:
		return int64(c.Packets[1]), in.Flow != nil
	case rule.FieldFlowBytes:
		return int64(c.Bytes[0] + c.Bytes[1]), in.Flow != nil
	case rule.FieldFlowBytesToServer:
		return int64(c.Bytes[0]), in.Flow != nil
	case rule.FieldFlowBytesToClient:
		return int64(c.Bytes[1]), in.Flow != nil
	}
	return 0, false
}

// bitsFit checks the conditions on bits and numbers of flow and hosts.
func (s *Set) bitsFit(k *compiled, in *Input) bool {
	for _, f := range k.flowbits {
		if f.op.Condition() && !flowbitFits(f, in.Flow) {
			return false
		}
	}
	for _, f := range k.flowints {
		if f.Condition() && !flowintFits(f, in.Flow) {
			return false
		}
	}
	for _, x := range k.xbits {
		if x.Op.Condition() && (in.Hosts != nil && in.Hosts.HasBit(x, in.ends())) != (x.Op == rule.BitIsSet) {
			return false
		}
	}
	return true
}

func flowbitFits(f flowbit, state *FlowState) bool {
	for _, bit := range f.bits {
		if (state != nil && state.has(bit)) == (f.op == rule.BitIsSet) {
			return true
		}
	}
	return false
}

func flowintFits(f flowintOp, state *FlowState) bool {
	var v int64
	set := false
	if state != nil {
		v, set = state.int(f.name)
	}
	switch f.Op {
	case "isset":
		return set
	case "notset":
		return !set
	}
	if !set {
		return false
	}
	w := f.Value
	if f.Other != "" {
		if w, set = state.int(f.other); !set {
			return false
		}
	}
	switch f.Op {
	case "==":
		return v == w
	case "!=":
		return v != w
	case "<":
		return v < w
	case "<=":
		return v <= w
	case ">":
		return v > w
	}
	return v >= w
}

// changeBits does what a matching rule wants done to bits and numbers.
func (s *Set) changeBits(k *compiled, in *Input) {
	if in.Flow != nil {
		for _, f := range k.flowbits {
			if !f.op.Condition() {
				in.Flow.change(f.bits[0], f.op, s.bits)
			}
		}
		for _, f := range k.flowints {
			if !f.Condition() {
				changeInt(f, in.Flow)
			}
		}
	}
	if in.Hosts != nil {
		for _, x := range k.xbits {
			if !x.Op.Condition() {
				in.Hosts.ChangeBit(x, in.ends())
			}
		}
	}
}

func changeInt(f flowintOp, state *FlowState) {
	v, _ := state.int(f.name)
	w := f.Value
	if f.Other != "" {
		w, _ = state.int(f.other)
	}
	switch f.Op {
	case "=":
		v = w
	case "+":
		v += w
	case "-":
		v -= w
	}
	state.setInt(f.name, v)
}
