// Package gate turns most rules away that are found by a pattern but are for other ports,
// addresses, applications or directions, by a few bytes of each, side by side. What it
// admits is checked in full, unless those bytes say all that a header says.
//
// It also tells kinds of traffic apart, by what many rules ask for, so that patterns need not be
// searched whose rules a gate would turn away whatever they find.
//
// A [Table] is read by all workers once it is made; a [Door] belongs to one goroutine. Only
// match calls it.
package gate

import (
	"math"
	"net/netip"

	"otasuke/rule"
)

// Table holds the gates of a set's rules, by their numbers.
type Table struct {
	gates []gate
	sets  []*rule.AddrSet // that rules name, each once; the first stands for any
	known map[*rule.AddrSet]uint16
	kinds *kinds
}

// gate is what of a rule's header is looked at first.
type gate struct {
	src, dst         rule.PortRange // hull of its ports
	size             sizes          // of the packet's payload
	srcAddr, dstAddr uint16         // number of its set
	proto            rule.Proto
	not              uint8 // marks of inputs that the rule cannot fit
	plain            bool  // nothing else is in the rule's header
}

// sizes is a range of lengths.
type sizes struct{ lo, hi uint16 }

// Marks of inputs.
const (
	markToServer = 1 << iota
	markToClient
	markEstablished
	markOpening
)

var anyPort = rule.PortRange{Lo: 0, Hi: 65535}

// Add takes up the next rule.
func (t *Table) Add(r *rule.Rule) {
	g := gate{src: anyPort, dst: anyPort, size: dsize(r.Packet), proto: r.Proto, plain: plain(r)}
	if !r.Both && !r.BothSides {
		g.src, g.dst = hull(r.SrcPorts), hull(r.DstPorts)
		g.srcAddr, g.dstAddr = t.set(r.Src), t.set(r.Dst)
		g.plain = g.plain && (g.srcAddr != 0 || r.Src.Any) && (g.dstAddr != 0 || r.Dst.Any)
	}
	for _, x := range []struct {
		mark uint8
		not  bool
	}{{markToServer, !r.ToServer}, {markToClient, !r.ToClient}, {markEstablished, r.Flow.NotEstablished}, {markOpening, r.Flow.Established}} {
		if x.not {
			g.not |= x.mark
		}
	}
	t.gates = append(t.gates, g)
}

// Plain tells that a rule that was admitted needs no other look at its header.
func (t *Table) Plain(id uint32) bool { return t.gates[id].plain }

// maxSets bounds the sets of addresses that have a number; rules with others are looked at
// in full.
const maxSets = math.MaxUint16

// set is the number of a set of addresses.
func (t *Table) set(s *rule.AddrSet) uint16 {
	if len(t.sets) == 0 {
		t.sets, t.known = []*rule.AddrSet{{Any: true}}, map[*rule.AddrSet]uint16{}
	}
	if n, ok := t.known[s]; ok || s.Any {
		return n
	}
	if len(t.sets) > maxSets {
		return 0
	}
	n := uint16(len(t.sets))
	t.known[s], t.sets = n, append(t.sets, s)
	return n
}

// plain tells that a rule asks for nothing but what is in its gate.
func plain(r *rule.Rule) bool {
	if r.Both || r.BothSides || r.Network != rule.ProtoUnknown || r.Transport != rule.ProtoUnknown || r.SameIP || r.Flow.NoFrag || r.Flow.OnlyFrag ||
		len(r.SrcPorts.Ranges) > 1 || len(r.DstPorts.Ranges) > 1 || !r.SrcPorts.Any && len(r.SrcPorts.Ranges) == 0 || !r.DstPorts.Any && len(r.DstPorts.Ranges) == 0 ||
		len(r.AppProtos)+len(r.StreamSizes)+len(r.Packet)+len(r.PacketAny)+len(r.TCPFlags)+len(r.FragBits)+len(r.Reputations)+len(r.Countries)+len(r.VarTests) > 0 {
		return false
	}
	for _, f := range r.Flowbits {
		if f.Op.Condition() {
			return false
		}
	}
	for _, f := range r.Flowints {
		if f.Condition() {
			return false
		}
	}
	for _, x := range r.Xbits {
		if x.Op.Condition() {
			return false
		}
	}
	return true
}

// dsize is the hull of the lengths that tests of the keyword dsize let pass.
func dsize(tests []rule.FieldTest) sizes {
	s := sizes{0, math.MaxUint16}
	for _, t := range tests {
		if t.Field != rule.FieldDsize || t.A < 0 || t.A > math.MaxUint16 || t.B > math.MaxUint16 {
			continue
		}
		switch t.Op {
		case rule.OpEqual:
			s = sizes{uint16(t.A), uint16(t.A)}
		case rule.OpLess, rule.OpLessEqual:
			s.hi = min(s.hi, uint16(t.A))
		case rule.OpGreater, rule.OpGreaterEqual:
			s.lo = max(s.lo, uint16(t.A))
		case rule.OpBetween:
			s = sizes{uint16(t.A), uint16(t.B)}
		}
	}
	return s
}

func hull(s *rule.PortSet) rule.PortRange {
	if s.Any || len(s.Ranges) == 0 {
		return anyPort
	}
	h := s.Ranges[0]
	for _, r := range s.Ranges {
		h.Lo, h.Hi = min(h.Lo, r.Lo), max(h.Hi, r.Hi)
	}
	return h
}

// Input is what is known of the traffic at hand.
type Input struct {
	Src, Dst              netip.Addr
	IPProto, Version      uint8 // version is 4 or 6
	App                   rule.Proto
	SrcPort, DstPort      uint16
	Payload               int // bytes of the packet's
	ToServer, Established bool
}

// Door is what gates are held against.
type Door struct {
	t        *Table
	src, dst uint16
	size     uint16
	marks    uint8
	addr     [2]netip.Addr
	// inside notes for each set of addresses whether it holds the two of the input: its turn
	// twice, plus one when it does.
	inside [2][]uint32
	turn   uint32
	// first is the kind of traffic from one to the other, and back, before its application is
	// looked at, found in the turn placed.
	first  [2]int
	placed uint32
	// protos are those of rules that the input fits, by IP protocol, version and application.
	protos *[rule.NumProtos]bool
	key    protoKey
	known  map[protoKey]*[rule.NumProtos]bool
}

// NewDoor makes the door of a worker. The table must be complete.
func (t *Table) NewDoor() *Door {
	return &Door{t: t, inside: [2][]uint32{make([]uint32, len(t.sets)), make([]uint32, len(t.sets))}}
}

type protoKey struct {
	ip, version uint8
	app         rule.Proto
}

// Set takes the traffic at hand.
func (d *Door) Set(in *Input) {
	d.src, d.dst, d.size, d.marks = in.SrcPort, in.DstPort, uint16(min(in.Payload, math.MaxUint16)), markToClient
	if in.ToServer {
		d.marks = markToServer
	}
	switch {
	case in.Src == d.addr[0] && in.Dst == d.addr[1] && d.turn > 0:
	case in.Src == d.addr[1] && in.Dst == d.addr[0] && d.turn > 0: // the other direction
		d.addr[0], d.addr[1] = d.addr[1], d.addr[0]
		d.inside[0], d.inside[1] = d.inside[1], d.inside[0]
		d.first[0], d.first[1] = d.first[1], d.first[0]
	default:
		d.addr = [2]netip.Addr{in.Src, in.Dst}
		if d.turn++; d.turn > math.MaxUint32/2 {
			clear(d.inside[0])
			clear(d.inside[1])
			d.turn, d.placed = 1, 0
		}
	}
	if in.Established {
		d.marks |= markEstablished
	} else {
		d.marks |= markOpening
	}
	key := protoKey{in.IPProto, in.Version, in.App}
	if d.protos != nil && d.key == key {
		return
	}
	d.key, d.protos = key, d.known[key]
	if d.protos != nil {
		return
	}
	if d.known == nil || len(d.known) >= maxKnown {
		d.known = map[protoKey]*[rule.NumProtos]bool{}
	}
	d.protos = new([rule.NumProtos]bool)
	for p := range d.protos {
		d.protos[p] = Fits(rule.Proto(p), in.IPProto, in.Version, in.App)
	}
	d.known[key] = d.protos
}

// Fits tells whether traffic is of a rule's protocol.
func Fits(p rule.Proto, ipProto, version uint8, app rule.Proto) bool {
	return p.Carries(ipProto, int(version)) && (!p.App() || p.Includes(app))
}

// maxKnown bounds what is kept of protocols: 256 numbers that anybody may send, against some
// ten that are in use, with twenty applications each.
const maxKnown = 1024

// Admits tells that the traffic may fit a rule.
func (d *Door) Admits(id uint32) bool {
	g := &d.t.gates[id]
	return g.not&d.marks == 0 && d.protos[g.proto] && d.dst-g.dst.Lo <= g.dst.Hi-g.dst.Lo && d.src-g.src.Lo <= g.src.Hi-g.src.Lo &&
		d.size-g.size.lo <= g.size.hi-g.size.lo && (g.dstAddr == 0 || d.holds(1, g.dstAddr)) && (g.srcAddr == 0 || d.holds(0, g.srcAddr))
}

// holds tells that a set holds the address of an end. Most rules name the same few sets.
func (d *Door) holds(end int, set uint16) bool {
	m := &d.inside[end][set]
	if *m>>1 != d.turn {
		*m = d.turn << 1
		if d.t.sets[set].Contains(d.addr[end]) {
			*m |= 1
		}
	}
	return *m&1 != 0
}
