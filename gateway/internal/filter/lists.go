package filter

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"net/netip"

	"otasuke/internal/hostname"
)

// Kinds of entries, each with a hash of its own.
const (
	names = iota
	urls
	addrs
	kinds
)

// anyPort stands for all ports of an address.
const anyPort = 0

// Lists holds the entries of several lists. It does not change.
type Lists struct {
	lists    []List
	groups   *Groups
	seeds    [kinds]maphash.Seed
	table    packed
	nets     ranges
	networks int
	sets     [][]Mark // by class
	// What there is at all; a search for other things ends at once.
	urls, ports, exceptions bool
}

// Len is the number of different entries.
func (l *Lists) Len() int {
	if l == nil {
		return 0
	}
	return l.table.n + l.networks
}

// atOnce names of one search are looked up together, so that the processor waits for memory
// once; few hosts have more labels.
const atOnce = 8

// Name looks a host name up.
func (l *Lists) Name(d Device, name []byte) (List, bool) {
	if l.Len() == 0 {
		return List{}, false
	}
	var s spelling
	n, whole := s.read(name)
	// A top-level domain alone is on no list.
	at := s.at[:max(s.labels-1, 0)]
	whole = whole && s.at[0] == 0
	if len(at) > atOnce {
		return l.long(d, n, at, whole)
	}
	var hashes [atOnce]uint64
	var found [atOnce]class
	for i, from := range at {
		hashes[i] = max(l.nameHash(n[from:]), 1)
	}
	some := uint64(0)
	for i := range at {
		some |= l.table.may(hashes[i]) << i
	}
	if some == 0 {
		return List{}, false
	}
	listed := class(0)
	for i := range at {
		if some>>i&1 != 0 {
			found[i] = l.table.get(hashes[i])
			listed |= found[i]
		}
	}
	if listed == 0 {
		return List{}, false
	}
	return l.judge(d, found[:len(at)], whole)
}

// long is Name for one of many labels, at which its names begin.
func (l *Lists) long(d Device, n []byte, at []uint8, whole bool) (List, bool) {
	var found [maxLabels]class
	listed := class(0)
	for i, from := range at {
		found[i] = l.get(l.nameHash(n[from:]))
		listed |= found[i]
	}
	if listed == 0 {
		return List{}, false
	}
	return l.judge(d, found[:len(at)], whole)
}

// judge weighs what is listed of a name and of the names above it, the longest first.
func (l *Lists) judge(d Device, found []class, whole bool) (List, bool) {
	v := verdict{l: l, groups: l.groups.of(d)}
	for v.pass = l.firstPass(); v.pass < passes; v.pass++ {
		for i, c := range found {
			switch {
			case c == 0:
			case i == 0 && whole:
				v.weigh(c, Exact)
			default:
				v.weigh(c, Below)
			}
		}
	}
	return v.result()
}

func (l *Lists) get(h uint64) class { return l.table.get(max(h, 1)) }

func (l *Lists) nameHash(n []byte) uint64 { return maphash.Bytes(l.seeds[names], n) }

// URL looks a page up: a host, and path and query as servers read them.
func (l *Lists) URL(d Device, host, target []byte) (List, bool) {
	if l == nil || !l.urls {
		return List{}, false
	}
	var s spelling
	n, _ := s.read(host)
	return l.one(d, l.get(l.urlHash(n, target)))
}

// HasURLs tells whether there is any page to look up.
func (l *Lists) HasURLs() bool { return l != nil && l.urls }

// Addr looks an address and one of its ports up; the port's entry counts before the
// address, and this before the networks around it.
func (l *Lists) Addr(d Device, a netip.Addr, port uint16) (List, bool) {
	if l.Len() == 0 {
		return List{}, false
	}
	a = a.Unmap().WithZone("")
	c := l.get(l.addrHash(a, anyPort))
	if l.ports {
		if p := l.get(l.addrHash(a, port)); p != 0 {
			return l.one(d, p, c, l.nets.get(a))
		}
	}
	return l.one(d, c, l.nets.get(a))
}

// one weighs entries without names above them, the most specific first.
func (l *Lists) one(d Device, all ...class) (List, bool) {
	listed := class(0)
	for _, c := range all {
		listed |= c
	}
	if listed == 0 {
		return List{}, false
	}
	v := verdict{l: l, groups: l.groups.of(d)}
	for v.pass = l.firstPass(); v.pass < passes; v.pass++ {
		for _, c := range all {
			v.weigh(c, Exact)
		}
	}
	return v.result()
}

func (l *Lists) urlHash(host, target []byte) uint64 {
	var h maphash.Hash
	h.SetSeed(l.seeds[urls])
	_, _ = h.Write(host)
	_ = h.WriteByte(0)
	_, _ = h.Write(target)
	return h.Sum64()
}

func (l *Lists) addrHash(a netip.Addr, port uint16) uint64 {
	b := a.As16()
	var buf [18]byte
	copy(buf[:], b[:])
	binary.BigEndian.PutUint16(buf[16:], port)
	return maphash.Bytes(l.seeds[addrs], buf[:])
}

// Passes over the entries: exceptions may stand before or behind what they except.
const (
	exceptions = iota
	decisions
	passes
)

// firstPass is where a search begins.
func (l *Lists) firstPass() int {
	if l.exceptions {
		return exceptions
	}
	return decisions
}

// verdict gathers what the lists of a device say.
type verdict struct {
	l      *Lists
	groups uint64
	pass   int
	except [(MaxLists + 63) / 64]uint64 // lists that do not mean it
	best   [Deny + 1]int16              // list by action, and 1; 0 for none
}

// weigh takes the marks of a class.
func (v *verdict) weigh(c class, scope Scope) {
	for _, m := range v.l.sets[c] {
		list := &v.l.lists[m.List]
		word, bit := &v.except[m.List/64], uint64(1)<<(m.List%64)
		switch {
		case m.Scope&scope == 0, list.Groups != 0 && list.Groups&v.groups == 0:
		case m.Except && v.pass == exceptions:
			*word |= bit
		case !m.Except && v.pass == decisions && *word&bit == 0 && v.best[list.Action] == 0:
			v.best[list.Action] = int16(m.List) + 1
		}
	}
}

// result is the list that decides.
func (v *verdict) result() (List, bool) {
	for _, a := range [...]Action{Deny, Allow, Block, Report} {
		if v.best[a] > 0 {
			return v.l.lists[v.best[a]-1], a != Allow
		}
	}
	return List{}, false
}

// Host gives a host as pages are looked up by: small letters, ASCII, no last dot. ok is
// false for what is neither a name nor an address.
func Host(host []byte) (name []byte, ok bool) {
	var s spelling
	n, whole := s.read(host)
	if _, err := netip.ParseAddr(string(bytes.Trim(n, "[]"))); err == nil {
		return n, true
	}
	return n, whole && hostname.Domain(n)
}
