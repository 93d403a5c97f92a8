// Package index finds the rules that have no pattern by which they could be searched:
// by destination port, or by address.
//
// Built once, then read by all workers. Only match calls it.
package index

import (
	"math/big"
	"net/netip"
	"slices"
	"sort"

	"otasuke/rule"
)

// Packets holds the rules that look at single packets and have no pattern, so that a
// packet is tried against few of them. Its zero value is empty.
type Packets struct {
	n      int
	byPort [2]map[uint16][]uint32 // TCP, UDP: rules for one destination port
	rest   [4][]uint32            // TCP, UDP, ICMP, others
}

// Classes of IP protocols in Packets.
const (
	classTCP = iota
	classUDP
	classICMP
	classOther
)

func classOf(ipProto uint8) int {
	switch ipProto {
	case rule.IPProtoTCP:
		return classTCP
	case rule.IPProtoUDP:
		return classUDP
	case rule.IPProtoICMP, rule.IPProtoICMPv6:
		return classICMP
	}
	return classOther
}

// Add takes a rule up under its number.
func (x *Packets) Add(id uint32, r *rule.Rule) {
	x.n++
	protos := [4]uint8{rule.IPProtoTCP, rule.IPProtoUDP, rule.IPProtoICMP, 0}
	for class, proto := range protos {
		if !r.Proto.Carries(proto, 4) && !r.Proto.Carries(proto, 6) && (class != classICMP || !r.Proto.Carries(rule.IPProtoICMPv6, 6)) {
			continue
		}
		if class <= classUDP && !r.Both && !r.DstPorts.Any && len(r.DstPorts.Ranges) == 1 && r.DstPorts.Ranges[0].Lo == r.DstPorts.Ranges[0].Hi {
			if x.byPort[class] == nil {
				x.byPort[class] = map[uint16][]uint32{}
			}
			port := r.DstPorts.Ranges[0].Lo
			x.byPort[class][port] = append(x.byPort[class][port], id)
			continue
		}
		x.rest[class] = append(x.rest[class], id)
	}
}

// Find returns the rules for a packet: those for its destination port and the others of
// its protocol.
func (x *Packets) Find(ipProto uint8, dstPort uint16) (port, rest []uint32) {
	class := classOf(ipProto)
	if class <= classUDP {
		port = x.byPort[class][dstPort]
	}
	return port, x.rest[class]
}

// Len is the number of rules.
func (x *Packets) Len() int { return x.n }

// IPOnly says whether a rule asks for nothing but addresses and protocol, so
// that once a flow and direction is enough.
func IPOnly(r *rule.Rule) bool {
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
	return !r.Proto.App() && r.SrcPorts.Any && r.DstPorts.Any && len(r.Packet)+len(r.TCPFlags)+len(r.FragBits)+
		len(r.AppProtos)+len(r.StreamSizes) == 0 && !r.SameIP && r.Flow == (rule.Flow{}) && r.DetectionFilter == nil
}

// maxListed is the number of IPv4 addresses up to which a rule is listed by address: lists of
// hijacked networks have tens of millions. What is larger is "everywhere else", and would
// be listed nearly everywhere.
const maxListed = 1 << 28

// Addresses finds rules by address: the address space is cut at every range's ends, and
// each piece lists its rules. Add all rules, then Build.
type Addresses struct {
	n        int
	wide     []uint32
	src, dst side
}

type side struct {
	ranges []addrRange // until build
	starts []netip.Addr
	lists  [][]uint32
}

type addrRange struct {
	rule.AddrRange
	id uint32
}

// Add takes a rule up under its number.
func (x *Addresses) Add(id uint32, r *rule.Rule) {
	x.n++
	src, dst := countAddrs(r.Src), countAddrs(r.Dst)
	switch {
	case r.Both || min(src, dst) > maxListed:
		x.wide = append(x.wide, id)
	case src <= dst:
		x.src.add(id, r.Src)
	default:
		x.dst.add(id, r.Dst)
	}
}

// countAddrs counts the addresses of a set, as far as it matters; IPv6
// networks count as one for each /64.
func countAddrs(s *rule.AddrSet) uint64 {
	if s.Any {
		return maxListed + 1
	}
	var total uint64
	for _, r := range s.Ranges {
		lo, hi := new(big.Int).SetBytes(r.Lo.AsSlice()), new(big.Int).SetBytes(r.Hi.AsSlice())
		span := hi.Sub(hi, lo)
		if r.Lo.Is6() {
			span.Rsh(span, 64)
		}
		if !span.IsUint64() || span.Uint64() > maxListed {
			return maxListed + 1
		}
		total += span.Uint64() + 1
	}
	return total
}

func (s *side) add(id uint32, set *rule.AddrSet) {
	for _, r := range set.Ranges {
		s.ranges = append(s.ranges, addrRange{r, id})
	}
}

// Find returns the rules for a source and a destination, and those for wide networks.
func (x *Addresses) Find(src, dst netip.Addr) (bySrc, byDst, wide []uint32) {
	return x.src.find(src), x.dst.find(dst), x.wide
}

// Len is the number of rules.
func (x *Addresses) Len() int { return x.n }

// Build makes the index ready.
func (x *Addresses) Build() {
	x.src.build()
	x.dst.build()
}

func (s *side) build() {
	for _, r := range s.ranges {
		s.starts = append(s.starts, r.Lo)
		if next := r.Hi.Next(); next.IsValid() {
			s.starts = append(s.starts, next)
		}
	}
	slices.SortFunc(s.starts, netip.Addr.Compare)
	s.starts = slices.Compact(s.starts)
	s.lists = make([][]uint32, len(s.starts))
	for _, r := range s.ranges {
		i, _ := slices.BinarySearchFunc(s.starts, r.Lo, netip.Addr.Compare)
		for ; i < len(s.starts) && !r.Hi.Less(s.starts[i]); i++ {
			s.lists[i] = append(s.lists[i], r.id)
		}
	}
	s.ranges = nil
}

func (s *side) find(a netip.Addr) []uint32 {
	i := sort.Search(len(s.starts), func(i int) bool { return a.Less(s.starts[i]) })
	if i == 0 {
		return nil
	}
	return s.lists[i-1]
}
