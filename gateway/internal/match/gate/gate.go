// Package gate turns most rules away that are found by a pattern but are for other ports,
// applications or directions, by a few bytes of each, side by side. What it admits is
// checked in full.
//
// A [Door] belongs to one goroutine. Only match calls it.
package gate

import (
	"math"

	"otasuke/rule"
)

// Gate is what of a rule's header is looked at first.
type Gate struct {
	src, dst rule.PortRange // hull of its ports
	size     sizes          // of the packet's payload
	proto    rule.Proto
	not      uint8 // marks of inputs that the rule cannot fit
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

// Of makes the gate of a rule.
func Of(r *rule.Rule) Gate {
	g := Gate{anyPort, anyPort, dsize(r.Packet), r.Proto, 0}
	if !r.Both && !r.BothSides {
		g.src, g.dst = hull(r.SrcPorts), hull(r.DstPorts)
	}
	for _, x := range []struct {
		mark uint8
		not  bool
	}{{markToServer, !r.ToServer}, {markToClient, !r.ToClient}, {markEstablished, r.Flow.NotEstablished}, {markOpening, r.Flow.Established}} {
		if x.not {
			g.not |= x.mark
		}
	}
	return g
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
	IPProto, Version      uint8 // version is 4 or 6
	App                   rule.Proto
	SrcPort, DstPort      uint16
	Payload               int // bytes of the packet's
	ToServer, Established bool
}

// Door is what gates are held against. Its zero value is ready for Set.
type Door struct {
	src, dst uint16
	size     uint16
	marks    uint8
	// protos are those of rules that the input fits, by IP protocol, version and application.
	protos *[rule.NumProtos]bool
	key    protoKey
	known  map[protoKey]*[rule.NumProtos]bool
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

// Admits tells that the traffic may fit the rule of a gate.
func (d *Door) Admits(g *Gate) bool {
	return g.not&d.marks == 0 && d.protos[g.proto] && d.dst-g.dst.Lo <= g.dst.Hi-g.dst.Lo && d.src-g.src.Lo <= g.src.Hi-g.src.Lo &&
		d.size-g.size.lo <= g.size.hi-g.size.lo
}
