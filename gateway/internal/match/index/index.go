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
	byPort [2]map[port]*[]uint32 // TCP, UDP: rules for few ports at one end
	ports  [2][2]bitmap          // of those, by end: most packets have none of them
	byApp  [2][rule.NumProtos][]uint32
	signal []uint32    // TCP: rules that fit no segment that only carries data
	rest   [4][]uint32 // TCP, UDP, ICMP, others
}

// bitmap of ports.
type bitmap [1 << 16 / 64]uint64

func (b *bitmap) has(n uint16) bool { return b[n>>6]>>(n&63)&1 != 0 }

// port is one at the source or the destination.
type port struct {
	source bool
	number uint16
}

// maxPorts is up to how many ports a rule is listed under each.
const maxPorts = 128

// Packet is what rules are found by.
type Packet struct {
	IPProto          uint8
	SrcPort, DstPort uint16
	Flags            uint8      // of TCP
	App              rule.Proto // of the flow
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
	for class, proto := range [4]uint8{rule.IPProtoTCP, rule.IPProtoUDP, rule.IPProtoICMP, 0} {
		if carries(r, class, proto) {
			for _, l := range x.list(class, r) {
				*l = append(*l, id)
			}
		}
	}
}

// carries tells that a rule can fit packets of a class.
func carries(r *rule.Rule, class int, proto uint8) bool {
	other := class == classOther && (r.Proto == rule.ProtoSCTP || r.Proto == rule.ProtoGRE || r.Proto == rule.ProtoESP)
	if !other && !r.Proto.Carries(proto, 4) && !r.Proto.Carries(proto, 6) && (class != classICMP || !r.Proto.Carries(rule.IPProtoICMPv6, 6)) {
		return false
	}
	for _, t := range r.Packet {
		if t.Field == rule.FieldIPProto && class != classOther && !t.Match(int64(proto)) && (class != classICMP || !t.Match(rule.IPProtoICMPv6)) {
			return false
		}
	}
	return true
}

// list finds where a rule belongs within a class.
func (x *Packets) list(class int, r *rule.Rule) (to []*[]uint32) {
	switch {
	case class > classUDP:
	case r.Proto.App():
		for app := range x.byApp[class] {
			if r.Proto.Includes(rule.Proto(app)) {
				to = append(to, &x.byApp[class][app])
			}
		}
		return to
	case class == classTCP && signals(r):
		return []*[]uint32{&x.signal}
	case !r.Both && few(r.DstPorts):
		return x.listed(class, r.DstPorts, false)
	case !r.Both && few(r.SrcPorts):
		return x.listed(class, r.SrcPorts, true)
	}
	return []*[]uint32{&x.rest[class]}
}

// few tells that a set names some ports.
func few(s *rule.PortSet) bool {
	n := 0
	for _, r := range s.Ranges {
		n += int(r.Hi-r.Lo) + 1
	}
	return !s.Any && n > 0 && n <= maxPorts
}

// listed are the lists of all ports of a set.
func (x *Packets) listed(class int, s *rule.PortSet, source bool) (to []*[]uint32) {
	if x.byPort[class] == nil {
		x.byPort[class] = map[port]*[]uint32{}
	}
	for _, r := range s.Ranges {
		for n := int(r.Lo); n <= int(r.Hi); n++ {
			p := port{source, uint16(n)}
			if x.byPort[class][p] == nil {
				x.byPort[class][p] = new([]uint32)
				end := 0
				if source {
					end = 1
				}
				x.ports[class][end][uint16(n)>>6] |= 1 << (n & 63)
			}
			to = append(to, x.byPort[class][p])
		}
	}
	return to
}

// Flags of a segment that only carries or acknowledges data (RFC 9293 section 3.1).
const (
	flagPSH = 8
	flagACK = 16
)

// signals tells that a rule fits no segment that only carries data.
func signals(r *rule.Rule) bool {
	for _, t := range r.TCPFlags {
		if !t.Match(flagACK) && !t.Match(flagACK|flagPSH) {
			return true
		}
	}
	return false
}

// Find returns the rules for a packet.
func (x *Packets) Find(p Packet) (lists [5][]uint32) {
	class := classOf(p.IPProto)
	if class <= classUDP {
		lists[0] = x.byApp[class][p.App]
		if x.ports[class][0].has(p.DstPort) {
			lists[1] = *x.byPort[class][port{false, p.DstPort}]
		}
		if x.ports[class][1].has(p.SrcPort) {
			lists[2] = *x.byPort[class][port{true, p.SrcPort}]
		}
	}
	if class == classTCP && p.Flags != flagACK && p.Flags != flagACK|flagPSH {
		lists[3] = x.signal
	}
	lists[4] = x.rest[class]
	return lists
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
