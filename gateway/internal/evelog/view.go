package evelog

import (
	"encoding/hex"
	"net"
	"net/netip"
	"strings"

	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/flow"
	"otasuke/gateway/internal/packet"
	"otasuke/wire"
)

// View is what a record is about: a packet, and the flow that it belongs to.
type View struct {
	Now    int64  // microseconds
	Number uint64 // the frame's place, from 1
	Link   uint32 // of the frame
	// Packets are those of the frame, At the place of the one that is told of. Without
	// packets the record is of the flow alone.
	Packets []packet.Packet
	At      int
	// Late tells that the packet is not at hand: the flow has ended.
	Late bool
	// Flow is the key of the flow, nil for none; ID its number, Parent that of the one
	// that has announced it.
	Flow       *flow.Key
	ID, Parent uint64
	Facts      *Facts
	// Dir is the direction in which it goes.
	Dir int
	// Blank gives a blank record to write into; nil makes a new one.
	Blank func() *eve.Record
}

// blank is a record to write into.
func (v *View) blank() *eve.Record {
	if v.Blank == nil {
		return new(eve.Record)
	}
	return v.Blank()
}

func (v *View) packet() *packet.Packet {
	if v.At >= len(v.Packets) {
		return nil
	}
	return &v.Packets[v.At]
}

// Record starts a record. With way the addresses stand as the packet goes, else as the
// flow was opened.
func (c *Config) Record(v *View, kind string, way bool) *eve.Record {
	r := v.blank()
	r.Timestamp, r.FlowID, r.ParentID, r.EventType, r.Version, r.PcapFilename = eve.Time(v.Now), v.ID, v.Parent, kind, c.Version, c.File
	c.comesFrom(r, v)
	p := v.packet()
	if v.Flow != nil {
		flowEnds(r, v, way)
	} else if p != nil && p.Version != 0 {
		r.SrcIP, r.SrcPort, r.DestIP, r.DestPort = eve.Addr{Addr: p.Src}, p.SrcPort, eve.Addr{Addr: p.Dst}, p.DstPort
		r.Proto, r.IPVersion = Proto(p.Proto), p.Version
	}
	if p != nil && !v.Late {
		c.ofPacket(r, p)
	} else if c.Ethernet && v.Facts != nil {
		r.Ether = v.Facts.ether(v.Dir)
	}
	if c.CommunityID && v.Flow != nil {
		r.CommunityID = communityID(v.Flow, c.Seed)
	}
	return r
}

// comesFrom writes which packet a record is of.
func (c *Config) comesFrom(r *eve.Record, v *View) {
	r.Source, r.PcapCnt = "", 0
	switch {
	case v.Late:
		r.Source = SourceTimeout
	case v.packet() != nil:
		r.Source = source(v.Packets, v.At)
		if c.Number {
			r.PcapCnt = v.Number
		}
	}
}

// Renew makes a record that has waited one of the packet at hand.
func (c *Config) Renew(r *eve.Record, v *View) {
	c.comesFrom(r, v)
	if !v.Late {
		r.Timestamp = eve.Time(v.Now)
	}
}

// flowEnds writes who talks to whom.
func flowEnds(r *eve.Record, v *View, way bool) {
	k := v.Flow
	r.SrcIP, r.SrcPort, r.DestIP, r.DestPort = eve.Addr{Addr: k.Client}, k.ClientPort, eve.Addr{Addr: k.Server}, k.ServerPort
	if !ports(k.Proto) {
		r.SrcPort, r.DestPort = 0, 0
	}
	if way && v.Dir == 1 {
		r.SrcIP, r.SrcPort, r.DestIP, r.DestPort = r.DestIP, r.DestPort, r.SrcIP, r.SrcPort
	}
	r.Proto, r.IPVersion = Proto(k.Proto), version(k.Client)
	if v.Facts != nil {
		r.VLAN = v.Facts.VLANs()
	}
}

func version(a netip.Addr) uint8 {
	if a.Is4() {
		return 4
	}
	return 6
}

func ports(proto uint8) bool {
	return proto == packet.TCP || proto == packet.UDP || proto == packet.SCTP
}

// ofPacket writes what only the packet has.
func (c *Config) ofPacket(r *eve.Record, p *packet.Packet) {
	if r.VLAN == nil && p.VLANLayers > 0 {
		r.VLAN = append(r.VLAN, p.VLANs[:min(int(p.VLANLayers), packet.MaxVLANs)]...)
	}
	if (p.Proto == packet.ICMP || p.Proto == packet.ICMPv6) && p.TransportHeader() != nil && p.Version != 0 {
		kind, code := p.ICMPType, p.ICMPCode
		r.ICMPType, r.ICMPCode = &kind, &code
	}
	if p.Proto == packet.ESP {
		r.SPI = spi(p)
	}
	if c.Ethernet && p.HasMAC {
		r.Ether = &eve.Ether{SrcMAC: mac(p.SrcMAC), DestMAC: mac(p.DstMAC)}
		if p.Version == 0 {
			r.Ether.Type = p.EtherType
		}
	}
}

// spi is the number of a security association (RFC 4303 section 2.1).
func spi(p *packet.Packet) uint32 {
	if h := p.TransportHeader(); len(h) >= 4 {
		return uint32(h[0])<<24 | uint32(h[1])<<16 | uint32(h[2])<<8 | uint32(h[3])
	}
	return 0
}

func mac(b [6]byte) string {
	var out [17]byte
	for i, x := range b {
		hex.Encode(out[i*3:], []byte{x})
		if i < 5 {
			out[i*3+2] = ':'
		}
	}
	return string(out[:])
}

// Own says which end of a conversation is inside, and what device it is; mac are the
// addresses of the senders by direction.
func Own(k flow.Key, mac [2][6]byte, home func(netip.Addr) bool) *eve.Own {
	o := &eve.Own{Direction: string(eve.Direction(k.Client, k.Server, home))}
	inside, dir := k.Client, 0
	if o.Direction == string(wire.Inbound) {
		inside, dir = k.Server, 1
	}
	o.Device = inside.String()
	if mac[dir] != [6]byte{} {
		o.MAC = net.HardwareAddr(mac[dir][:]).String()
	}
	return o
}

// Turned tells that records of a kind go the way of what they tell, as the field has them.
func Turned(kind string) bool {
	switch kind {
	case eve.TypeDNS, "mdns", "dhcp", "sip", "snmp", "bittorrent_dht", "tftp":
		return true
	}
	return false
}

// Address writes an address as the field's sensors do: IPv6 in full.
func Address(a netip.Addr) string { return a.StringExpanded() }

// Text makes bytes from the wire fit for JSON.
func Text(b []byte) string { return strings.ToValidUTF8(string(b), "\ufffd") }
