package filter

import (
	"errors"
	"fmt"
	"hash/maphash"
	"net/netip"
	"sync/atomic"

	"otasuke/internal/hostname"
)

const (
	// MaxLists is the number of lists that one Lists holds: a byte of each mark.
	MaxLists = 250
	// widest4 and widest6 are the shortest prefixes that a blocking list may name:
	// registries give out nothing larger, so a shorter one is a mistake that would
	// cut the office off.
	widest4, widest6 = 8, 16
	// maxName bytes has a name (RFC 1035 section 2.3.4), without its last dot.
	maxName = hostname.MaxName
)

// Reasons why an entry is refused.
var (
	ErrTooMany = errors.New("filter: more than 250 lists; merge some of the same category")
	ErrName    = errors.New("neither a domain name, an address nor a network")
	errSuffix  = hostname.ErrSuffix
	errWide    = errors.New("the network is wider than any that a registry gives out")
	errLocal   = errors.New("the address means this host itself")
)

// Action is what a list is for.
type Action uint8

// Actions.
const (
	Block  Action = iota
	Report        // its entries are told of and pass
	Allow         // its entries pass, whatever other lists say
	Deny          // its entries are blocked, even where another list allows them
)

// List says what an entry of a list means.
type List struct {
	Name     string // for the technical block
	Category string // "phishing", "malware", "c2", "scam", ...
	Action   Action
	Groups   uint64  // the devices it is for; 0 for all
	Quiet    bool    // nobody is told
	Answer   *Answer // what DNS says in place of a name of it; nil for "does not exist"
}

// Answer is the address that stands for a blocked name; a nil one, and one without an address,
// say that the name does not exist. Safe for concurrent use.
type Answer struct{ addr atomic.Pointer[netip.Addr] }

// Addr is the address, the zero one for none.
func (a *Answer) Addr() netip.Addr {
	if a == nil {
		return netip.Addr{}
	}
	if p := a.addr.Load(); p != nil {
		return *p
	}
	return netip.Addr{}
}

// Set changes it.
func (a *Answer) Set(addr netip.Addr) { a.addr.Store(&addr) }

// Builder gathers entries. It is used by one goroutine, and done after Lists.
type Builder struct {
	l    Lists
	c    *classes
	t    table
	nets []network
	name spelling
}

// NewBuilder begins lists for the devices of groups, which may be nil.
func NewBuilder(groups *Groups) *Builder {
	b := &Builder{c: newClasses()}
	b.l.groups = groups
	if groups == nil {
		b.l.groups = new(Groups)
	}
	for i := range b.l.seeds {
		b.l.seeds[i] = maphash.MakeSeed()
	}
	return b
}

// Open registers a list and returns its number. Of lists that say the same about an entry
// the first is told.
func (b *Builder) Open(list List) (uint8, error) {
	if len(b.l.lists) >= MaxLists {
		return 0, ErrTooMany
	}
	b.l.lists = append(b.l.lists, list)
	return uint8(len(b.l.lists) - 1), nil
}

// blocks tells that an entry would keep somebody from something.
func (b *Builder) blocks(m Mark) bool { return !m.Except && b.l.lists[m.List].Action != Allow }

// Name adds a domain.
func (b *Builder) Name(m Mark, name []byte) error {
	n, ok := b.name.read(name)
	if !ok || !hostname.Domain(n) {
		return fmt.Errorf("%q is %w", cut(name), ErrName)
	}
	if b.blocks(m) && hostname.Public(n) {
		return fmt.Errorf("%q: %w", cut(name), errSuffix)
	}
	return b.put(maphash.Bytes(b.l.seeds[names], n), m)
}

// URL adds one page: a host in small letters, and path and query as servers read them.
func (b *Builder) URL(m Mark, host, target []byte) error {
	b.l.urls = true
	return b.put(b.l.urlHash(host, target), m)
}

// Endpoint adds one port of an address.
func (b *Builder) Endpoint(m Mark, to netip.AddrPort) error {
	b.l.ports = true
	return b.put(b.l.addrHash(to.Addr().Unmap(), to.Port()), m)
}

// Network adds an address or a network.
func (b *Builder) Network(m Mark, p netip.Prefix) error {
	if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
	}
	least := widest4
	if p.Addr().Is6() {
		least = widest6
	}
	switch {
	case p.IsSingleIP() && Here(p.Addr()):
		return fmt.Errorf("%s: %w", p.Addr(), errLocal)
	case p.Bits() < least && b.blocks(m):
		return fmt.Errorf("%s: %w", p, errWide)
	case p.IsSingleIP():
		return b.put(b.l.addrHash(p.Addr(), anyPort), m)
	}
	b.l.exceptions = b.l.exceptions || m.Except
	bits := p.Bits()
	if p.Addr().Is4() {
		bits += 96
	}
	b.nets = append(b.nets, network{keyOf(p.Masked().Addr()), uint8(bits), m})
	return nil
}

func (b *Builder) put(h uint64, m Mark) error {
	b.l.exceptions = b.l.exceptions || m.Except
	at := b.t.slot(max(h, 1)) // 0 is an empty slot
	to, err := b.c.with(*at, m, false)
	*at = to
	return err
}

// Len is the number of different entries so far.
func (b *Builder) Len() int { return b.t.n + len(b.nets) }

// Lists returns what was gathered. An error tells of networks that are missing.
func (b *Builder) Lists() (*Lists, error) {
	var err error
	b.l.nets, err = compile(b.nets, b.c)
	b.l.networks, b.nets = len(b.nets), nil
	b.l.table, b.t = b.t.pack(), table{}
	b.l.sets = b.c.sets
	return &b.l, err
}

// Here tells addresses that mean the host itself: hosts files point at them.
func Here(a netip.Addr) bool { return a.IsUnspecified() || a.IsLoopback() }

// cut shortens an entry for a message.
func cut(s []byte) string {
	const most = 80
	if len(s) > most {
		return string(s[:most]) + "…"
	}
	return string(s)
}
