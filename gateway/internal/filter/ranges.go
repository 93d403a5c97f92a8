package filter

import (
	"cmp"
	"encoding/binary"
	"net/netip"
	"slices"
)

// key is an address as a number; IPv4 is in its mapped form.
type key struct{ hi, lo uint64 }

func keyOf(a netip.Addr) key {
	b := a.As16()
	return key{binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])}
}

func (k key) compare(o key) int {
	if c := cmp.Compare(k.hi, o.hi); c != 0 {
		return c
	}
	return cmp.Compare(k.lo, o.lo)
}

// next is the number behind k.
func (k key) next() key {
	if k.lo++; k.lo == 0 {
		k.hi++
	}
	return k
}

// network is a network that is to be compiled.
type network struct {
	first key
	bits  uint8 // of 128
	mark  Mark
}

// last is the network's last address.
func (n *network) last() key {
	k := n.first
	if n.bits < 64 {
		return key{k.hi | ^uint64(0)>>n.bits, ^uint64(0)}
	}
	return key{k.hi, k.lo | ^uint64(0)>>(n.bits-64)}
}

// ranges tells for each address the class of all networks around it: it changes at each of
// starts only.
type ranges struct {
	starts  []key
	classes []class
}

// compile makes ranges of networks, which lie inside each other or apart. It sorts them.
func compile(nets []network, c *classes) (r ranges, err error) {
	slices.SortStableFunc(nets, func(a, b network) int {
		return cmp.Or(a.first.compare(b.first), cmp.Compare(a.bits, b.bits))
	})
	type open struct {
		last  key
		class class
	}
	around := []open{{last: key{^uint64(0), ^uint64(0)}}}
	change := func(at key, to class) {
		if n := len(r.starts); n > 0 && r.starts[n-1] == at {
			r.classes[n-1] = to
			return
		}
		r.starts, r.classes = append(r.starts, at), append(r.classes, to)
	}
	// leave ends the networks that end before k.
	leave := func(k key) {
		for len(around) > 1 && around[len(around)-1].last.compare(k) < 0 {
			end := around[len(around)-1].last.next()
			around = around[:len(around)-1]
			change(end, around[len(around)-1].class)
		}
	}
	for i := range nets {
		n := &nets[i]
		leave(n.first)
		to, bad := c.with(around[len(around)-1].class, n.mark, true)
		if bad != nil {
			err = bad
			continue
		}
		around = append(around, open{n.last(), to})
		change(n.first, to)
	}
	for len(around) > 1 {
		last := around[len(around)-1].last
		around = around[:len(around)-1]
		if last != (key{^uint64(0), ^uint64(0)}) {
			change(last.next(), around[len(around)-1].class)
		}
	}
	r.starts, r.classes = slices.Clip(r.starts), slices.Clip(r.classes)
	return r, err
}

// get returns the class of an address.
func (r *ranges) get(a netip.Addr) class {
	if len(r.starts) == 0 {
		return 0
	}
	k := keyOf(a)
	from, to := 0, len(r.starts) // the first start behind k lies here
	for from < to {
		if mid := int(uint(from+to) >> 1); r.starts[mid].compare(k) <= 0 {
			from = mid + 1
		} else {
			to = mid
		}
	}
	if from == 0 {
		return 0
	}
	return r.classes[from-1]
}
