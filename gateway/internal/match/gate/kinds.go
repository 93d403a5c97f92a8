package gate

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"

	"otasuke/rule"
)

// Bounds of kinds, so that few databases are built: of what tells traffic apart, only what
// many rules ask for.
const (
	// minAsking is how many rules must ask for an application or a set of addresses. Fewer
	// are looked for in all traffic.
	minAsking = 512
	// maxTelling and maxApps bound the sets of addresses, each a bit, and the applications that
	// tell kinds apart.
	maxTelling, maxApps = 16, 4
	// maxEnds bounds how addresses may lie to those sets: inside and outside, mostly.
	maxEnds = 3
	// maxSamples bounds the addresses of a set that are tried for it.
	maxSamples = 8
)

// kinds tell traffic apart by what many rules ask for: its application, and which sets hold
// its addresses.
type kinds struct {
	sets   []uint16                           // numbers of sets
	ends   []uint16                           // how an address lies to them, a bit for each
	apps   [rule.NumProtos]uint16             // class of each application
	fits   [][rule.NumProtos]bool             // by class, which rules' protocols fit
	number map[[2]uint16]uint16               // first kind of a source and a destination
	all    []struct{ src, dst, class uint16 } // by kind; 0 for any traffic
}

// Divide tells kinds of traffic apart for rules, given by their numbers. All of them must
// have been added.
func (t *Table) Divide(ids []uint32) {
	k := &kinds{number: map[[2]uint16]uint16{}}
	var protos [rule.NumProtos]int
	sets := map[uint16]int{}
	for _, id := range ids {
		g := &t.gates[id]
		protos[g.proto]++
		sets[g.srcAddr]++
		sets[g.dstAddr]++
	}
	delete(sets, 0)
	maps.DeleteFunc(sets, func(_ uint16, n int) bool { return n < minAsking })
	k.sets = slices.SortedFunc(maps.Keys(sets), func(a, b uint16) int { return cmp.Or(cmp.Compare(sets[b], sets[a]), cmp.Compare(a, b)) })
	k.sets = k.sets[:min(len(k.sets), maxTelling)]
	k.classes(protos)
	k.ends = t.samples(k)
	k.all = append(k.all, struct{ src, dst, class uint16 }{})
	for _, src := range k.ends {
		for _, dst := range k.ends {
			k.number[[2]uint16{src, dst}] = uint16(len(k.all))
			for class := range k.fits {
				k.all = append(k.all, struct{ src, dst, class uint16 }{src, dst, uint16(class)})
			}
		}
	}
	t.kinds = k
}

// classes puts applications together that the same protocols of many rules fit.
func (k *kinds) classes(asking [rule.NumProtos]int) {
	var many []rule.Proto
	for p := range rule.NumProtos {
		if rule.Proto(p).App() && asking[p] >= minAsking && len(many) < maxApps {
			many = append(many, rule.Proto(p))
		}
	}
	known := map[uint16]uint16{}
	for a := range rule.NumProtos {
		key := uint16(0)
		for i, p := range many {
			if p.Includes(rule.Proto(a)) {
				key |= 1 << i
			}
		}
		class, ok := known[key]
		if !ok {
			class = uint16(len(k.fits))
			known[key] = class
			k.fits = append(k.fits, [rule.NumProtos]bool{})
		}
		k.apps[a] = class
		for p := range rule.NumProtos {
			if rule.Proto(p).Includes(rule.Proto(a)) || !rule.Proto(p).App() {
				k.fits[class][p] = true
			}
		}
	}
}

// samples are how addresses lie to the sets.
func (t *Table) samples(k *kinds) (ends []uint16) {
	try := []netip.Addr{netip.AddrFrom4([4]byte{203, 0, 113, 1})}
	for _, n := range k.sets {
		for i, r := range t.sets[n].Ranges {
			if i < maxSamples {
				try = append(try, r.Lo, r.Lo.Prev(), r.Hi.Next())
			}
		}
	}
	for _, a := range try {
		if end := t.lies(k, a); a.IsValid() && !slices.Contains(ends, end) && len(ends) < maxEnds {
			ends = append(ends, end)
		}
	}
	return ends
}

// lies tells which of the sets hold an address.
func (t *Table) lies(k *kinds, a netip.Addr) (end uint16) {
	for i, n := range k.sets {
		if t.sets[n].Contains(a) {
			end |= 1 << i
		}
	}
	return end
}

// Kinds is how many kinds of traffic there are. The first is any traffic.
func (t *Table) Kinds() int { return len(t.kinds.all) }

// Concerns tells that a rule can be fulfilled by traffic of a kind.
func (t *Table) Concerns(id uint32, kind int) bool {
	if kind == 0 {
		return true
	}
	g, x := &t.gates[id], &t.kinds.all[kind]
	return t.kinds.fits[x.class][g.proto] && t.kinds.within(g.srcAddr, x.src) && t.kinds.within(g.dstAddr, x.dst)
}

// within tells that an address that lies so may be in a set.
func (k *kinds) within(set, end uint16) bool {
	i := slices.Index(k.sets, set)
	return i < 0 || end>>i&1 != 0
}

// Kind is that of the traffic at hand.
func (d *Door) Kind() int {
	k := d.t.kinds
	if d.placed != d.turn {
		d.placed = d.turn
		src, dst := d.lies(0), d.lies(1)
		d.first = [2]int{int(k.number[[2]uint16{src, dst}]), int(k.number[[2]uint16{dst, src}])}
	}
	if d.first[0] == 0 {
		return 0
	}
	return d.first[0] + int(k.apps[d.key.app])
}

// lies tells which of the sets that tell kinds apart hold the address of an end.
func (d *Door) lies(end int) (bits uint16) {
	for i, n := range d.t.kinds.sets {
		if d.holds(end, n) {
			bits |= 1 << i
		}
	}
	return bits
}
