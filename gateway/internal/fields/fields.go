// Package fields shows a packet to rules: its header fields, its headers as bytes, and what
// is wrong with it.
//
// A [View] belongs to one worker and allocates nothing. Only the engine calls it.
package fields

import (
	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/match"
	"otasuke/gateway/internal/packet"
	"otasuke/rule"
)

// View shows one packet at a time.
type View struct {
	used    *rule.BufferSet
	headers bool // rules look at headers
	pkt     *packet.Packet
	fields  match.Packet
	values  []app.Value
	sum     func(rule.Field) (right, ok bool)
}

// New makes a view. Call Want before its other methods.
func New() *View {
	v := new(View)
	v.sum = v.checksum
	return v
}

// Want says what rules look at.
func (v *View) Want(used *rule.BufferSet) {
	heads := rule.SetOf(rule.IPSrc, rule.IPDst, rule.IPv4Header, rule.IPv6Header, rule.TCPHeader, rule.UDPHeader, rule.ICMPv4Header, rule.ICMPv6Header)
	v.used, v.headers = used, used.Intersects(&heads)
}

// Packet gives the header fields of a packet.
func (v *View) Packet(p *packet.Packet) *match.Packet {
	v.pkt = p
	v.fields = match.Packet{
		TTL: p.TTL, TOS: p.TOS, IPID: uint16(p.ID), TCPFlags: p.Flags, TCPSeq: p.Seq, TCPAck: p.Ack, TCPMSS: p.TCP.MSS,
		TCPScale: p.TCP.Scale, HasScale: p.TCP.HasScale, TCPWindow: p.Window, MTU: p.ICMPMTU, VLANs: p.VLANLayers, VLAN: p.VLANs,
		ICMPType: p.ICMPType, ICMPCode: p.ICMPCode, ICMPID: p.ICMPID, ICMPSeq: p.ICMPSeq, IPOptions: ipOptions(p.IPOptions), Checksum: v.sum,
		FragOffset: uint16(p.FragOffset / 8),
	}
	if p.Version == 4 && len(p.Data) > 6 {
		v.fields.FragBits = p.Data[6] >> 5 & 7
	} else if p.MoreFrags {
		v.fields.FragBits = 1
	}
	return &v.fields
}

// Values gives the events and headers of a packet that rules look at.
func (v *View) Values(p *packet.Packet) []app.Value {
	v.values = v.values[:0]
	if v.used.Has(rule.PacketEvent) {
		for _, e := range p.Events {
			v.values = append(v.values, app.Value{Buffer: rule.PacketEvent, Data: []byte(e), Fresh: true})
		}
	}
	if v.headers && p.Version != 0 {
		v.addHeaders(p)
	}
	return v.values
}

// addHeaders adds the headers that rules look at.
func (v *View) addHeaders(p *packet.Packet) {
	put := func(b rule.Buffer, data []byte) {
		if data != nil && v.used.Has(b) {
			v.values = append(v.values, app.Value{Buffer: b, Data: data, Fresh: true})
		}
	}
	put([...]rule.Buffer{4: rule.IPv4Header, 6: rule.IPv6Header}[p.Version], p.IPHeader())
	if v.used.Has(rule.IPSrc) {
		put(rule.IPSrc, p.Src.AsSlice())
	}
	if v.used.Has(rule.IPDst) {
		put(rule.IPDst, p.Dst.AsSlice())
	}
	switch p.Proto {
	case packet.TCP:
		put(rule.TCPHeader, p.TransportHeader())
	case packet.UDP:
		put(rule.UDPHeader, p.TransportHeader())
	case packet.ICMP:
		put(rule.ICMPv4Header, icmpHeader(p))
	case packet.ICMPv6:
		put(rule.ICMPv6Header, p.TransportHeader())
	}
}

// icmpHeader is the header of an ICMP message; that of a router advertisement holds its
// addresses (RFC 1256 section 3.1).
func icmpHeader(p *packet.Packet) []byte {
	const advertisement = 9
	h := p.TransportHeader()
	if len(h) < 8 || p.ICMPType != advertisement {
		return h
	}
	return h[:min(cap(h), len(h)+min(len(p.Payload), int(h[4])*int(h[5])*4))]
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
func (v *View) checksum(f rule.Field) (right, ok bool) {
	p := v.pkt
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
