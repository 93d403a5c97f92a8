package filter

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// MaxLists is the number of lists that one Lists holds: a byte of each entry.
const MaxLists = 250

// ErrTooMany tells that there are more lists than an entry can name.
var ErrTooMany = errors.New("filter: more than 250 lists; merge some of the same category")

// List says what an entry of a list means.
type List struct {
	Name     string // for the technical block
	Category string // "phishing", "malware", "c2", "scam", ...
	Allow    bool   // its entries are never blocked, whatever other lists say
}

// Lists holds names and addresses of several lists. Build with Add, then only read.
type Lists struct {
	lists []List
	names table
	addrs map[netip.Prefix]uint8
	bits4 [33]bool // prefix lengths in use
	bits6 [129]bool
}

// Len is the number of entries.
func (l *Lists) Len() int { return l.names.n + len(l.addrs) }

// Open registers a list and returns its number for AddName and AddAddr.
func (l *Lists) Open(list List) (uint8, error) {
	if len(l.lists) >= MaxLists {
		return 0, ErrTooMany
	}
	l.lists = append(l.lists, list)
	return uint8(len(l.lists) - 1), nil
}

// AddName adds a domain; it and everything below it are meant. An international
// name must be in its ASCII form.
func (l *Lists) AddName(list uint8, name string) error {
	name = strings.TrimSuffix(strings.ToLower(name), ".")
	if !domain(name) {
		return fmt.Errorf("%q is %w", cut(name), errNotName)
	}
	l.names.add(hash(name), list, func(old uint8) bool { return !l.lists[old].Allow })
	return nil
}

// domain tells a name of two labels or more (RFC 1035 section 2.3.4); underscores
// are used in practice.
func domain(name string) bool {
	if len(name) > 253 || !strings.Contains(name, ".") {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if len(label) == 0 || len(label) > 63 {
			return false
		}
	}
	return strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == ""
}

// AddAddr adds an address or a network.
func (l *Lists) AddAddr(list uint8, p netip.Prefix) {
	if l.addrs == nil {
		l.addrs = make(map[netip.Prefix]uint8)
	}
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	p = p.Masked()
	if old, ok := l.addrs[p]; ok && l.lists[old].Allow {
		return
	}
	l.addrs[p] = list
	if p.Addr().Is4() {
		l.bits4[p.Bits()] = true
	} else {
		l.bits6[p.Bits()] = true
	}
}

// Name looks a host name up. It does not allocate. The longest listed suffix
// decides, and an allow list wins over any other at once.
func (l *Lists) Name(name []byte) (List, bool) {
	if l == nil || l.names.n == 0 {
		return List{}, false
	}
	if n := len(name); n > 0 && name[n-1] == '.' {
		name = name[:n-1]
	}
	found := -1
	h, labels := offset, 0
	// The hash runs from the end of the name, so that every suffix is met on the way.
	for i := len(name) - 1; i >= -1; i-- {
		if i == -1 || name[i] == '.' {
			if labels++; labels >= 2 {
				if list, ok := l.names.get(finish(h)); ok {
					if l.lists[list].Allow {
						return List{}, false
					}
					found = int(list)
				}
			}
			if i == -1 {
				break
			}
		}
		h = step(h, lower(name[i]))
	}
	if found < 0 {
		return List{}, false
	}
	return l.lists[found], true
}

// Addr looks an address up; the longest listed network decides, and an allow list
// wins over any other at once. It does not allocate.
func (l *Lists) Addr(a netip.Addr) (List, bool) {
	if l == nil || len(l.addrs) == 0 {
		return List{}, false
	}
	a = a.Unmap()
	found := -1
	for bits := a.BitLen(); bits >= 0; bits-- {
		if a.Is4() && !l.bits4[bits] || a.Is6() && !l.bits6[bits] {
			continue
		}
		p, _ := a.Prefix(bits)
		list, ok := l.addrs[p]
		switch {
		case ok && l.lists[list].Allow:
			return List{}, false
		case ok && found < 0:
			found = int(list)
		}
	}
	if found < 0 {
		return List{}, false
	}
	return l.lists[found], true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// FNV-1a with a final mix, run over the name from its end.
const (
	offset uint64 = 14695981039346656037
	prime  uint64 = 1099511628211
)

func step(h uint64, c byte) uint64 { return (h ^ uint64(c)) * prime }

func finish(h uint64) uint64 {
	h ^= h >> 32
	h *= 0xd6e8feb86659fd93
	h ^= h >> 29
	h *= 0xd6e8feb86659fd93
	return h ^ h>>32
}

func hash(name string) uint64 {
	h := offset
	for i := len(name) - 1; i >= 0; i-- {
		h = step(h, name[i])
	}
	return finish(h)
}

// table is an open-addressed hash set: 56 bits of hash and the list's number.
type table struct {
	slots []uint64
	n     int
}

const startSlots = 1024

// add puts a hash in, or the list in the place of an older one that may be replaced.
func (t *table) add(h uint64, list uint8, replace func(old uint8) bool) {
	if t.n*4 >= len(t.slots)*3 {
		t.grow()
	}
	entry := h&^0xff | uint64(list) + 1 // 0 is an empty slot
	mask := uint64(len(t.slots) - 1)
	for i := h >> 8 & mask; ; i = (i + 1) & mask {
		switch {
		case t.slots[i] == 0:
			t.slots[i] = entry
			t.n++
			return
		case t.slots[i]&^0xff == h&^0xff:
			if replace(uint8(t.slots[i]&0xff) - 1) {
				t.slots[i] = entry
			}
			return
		}
	}
}

func (t *table) grow() {
	old := t.slots
	t.slots = make([]uint64, max(startSlots, 2*len(old)))
	mask := uint64(len(t.slots) - 1)
	for _, e := range old {
		if e == 0 {
			continue
		}
		i := e >> 8 & mask
		for t.slots[i] != 0 {
			i = (i + 1) & mask
		}
		t.slots[i] = e
	}
}

func (t *table) get(h uint64) (uint8, bool) {
	mask := uint64(len(t.slots) - 1)
	for i := h >> 8 & mask; t.slots[i] != 0; i = (i + 1) & mask {
		if t.slots[i]&^0xff == h&^0xff {
			return uint8(t.slots[i]&0xff) - 1, true
		}
	}
	return 0, false
}
