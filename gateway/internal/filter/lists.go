package filter

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"net/netip"

	"golang.org/x/net/idna"
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

// Name looks a host name up.
func (l *Lists) Name(d Device, name []byte) (List, bool) {
	if l.Len() == 0 {
		return List{}, false
	}
	var buf [maxName]byte
	n, whole := ascii(&buf, name)
	// From the end of the name on; a top-level domain alone is on no list.
	for i, labels := len(n)-1, 0; i >= 0; i-- {
		if i > 0 && n[i-1] != '.' {
			continue
		}
		if labels++; labels > 1 && l.get(l.nameHash(n[i:])) != 0 {
			return l.judge(d, n, whole)
		}
	}
	return List{}, false
}

// judge weighs what is listed of a name and of the names above it, the longest first.
func (l *Lists) judge(d Device, n []byte, whole bool) (List, bool) {
	v := verdict{l: l, groups: l.groups.of(d)}
	for v.pass = l.firstPass(); v.pass < passes; v.pass++ {
		for i := range n {
			switch {
			case i == 0 && whole:
				v.weigh(l.get(l.nameHash(n)), Exact)
			case i == 0 || n[i-1] == '.':
				v.weigh(l.get(l.nameHash(n[i:])), Below)
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
	var buf [maxName]byte
	n, _ := ascii(&buf, host)
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
	n, whole := ascii(new([maxName]byte), host)
	if _, err := netip.ParseAddr(string(bytes.Trim(n, "[]"))); err == nil {
		return n, true
	}
	return n, whole && domain(n)
}

// ascii copies a name in small letters, without its last dot, labels of other writing in
// their ASCII form (RFC 5890). whole is false for one that is longer than any name: its
// end is given.
func ascii(buf *[maxName]byte, name []byte) (n []byte, whole bool) {
	for _, c := range name {
		if c >= 0x80 {
			if s, err := idna.Lookup.ToASCII(string(name)); err == nil {
				name = []byte(s)
			}
			break
		}
	}
	if n := len(name); n > 0 && name[n-1] == '.' {
		name = name[:n-1]
	}
	whole = len(name) <= maxName
	if !whole {
		name = name[len(name)-maxName:]
	}
	n = buf[:len(name)]
	for i, c := range name {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		n[i] = c
	}
	return n, whole
}
