// Package selftest is how a box shows that it works: a name that is blocked for the sake of
// a test, the address that people's browsers find there, cables and clock.
//
// The name is on every box's lists from the start and harms nobody: no server has it. A
// question of DNS for it that passes through the box is answered with the box's own
// address, so that a browser in the office ends at the box's page, which proves that its
// traffic is inspected. Nothing of a test is told as an attack.
package selftest

import (
	"net"
	"net/netip"
	"time"

	"otasuke/gateway/internal/filter"
)

const (
	// Name is what tests ask for (RFC 2606 section 2: nobody can own it).
	Name = "test.otasuke.example"
	// Category of its list, as people are told.
	Category = "test"
	// MaxSkew is how far clocks may be apart: certificates and records of what happened when
	// are right to the minute.
	MaxSkew = 2 * time.Minute
)

// Add puts the name on the lists; own is the box's address, which may change later.
func Add(b *filter.Builder, own *filter.Answer) error {
	list, err := b.Open(filter.List{Name: "selftest", Category: Category, Action: filter.Deny, Quiet: true, Answer: own})
	if err != nil {
		return err
	}
	return b.Name(filter.Mark{List: list, Scope: filter.Exact}, []byte(Name))
}

// Judged tells whether lists that are in use block the name.
func Judged(l *filter.Lists) bool {
	found, ok := l.Name(filter.Device{}, []byte(Name))
	return ok && found.Action == filter.Deny && found.Category == Category
}

// Own is the address of an interface at which the office finds the box: a private one of
// IPv4, which every browser asks for. The zero one when there is none.
func Own(name string) netip.Addr {
	i, err := net.InterfaceByName(name)
	if err != nil {
		return netip.Addr{}
	}
	all, err := i.Addrs()
	if err != nil {
		return netip.Addr{}
	}
	for _, a := range all {
		p, err := netip.ParsePrefix(a.String())
		if addr := p.Addr().Unmap(); err == nil && addr.Is4() && addr.IsPrivate() {
			return addr
		}
	}
	return netip.Addr{}
}

// Cable tells whether a port has a cable with something at its other end; known is false for
// a port that is not there or not switched on.
func Cable(port string) (plugged, known bool) {
	i, err := net.InterfaceByName(port)
	if err != nil {
		return false, false
	}
	return cable(i.Flags)
}

// cable reads the flags of an interface: it runs when the kernel has a carrier (RFC 2863
// section 3.1.12, as netdevice(7) has it).
func cable(f net.Flags) (plugged, known bool) {
	return f&net.FlagRunning != 0, f&net.FlagUp != 0
}
