package filter

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
)

// MaxGroups of devices: a bit of a list's mask for each.
const MaxGroups = 64

// Reasons why groups are refused.
var (
	errGroups    = errors.New("filter: more than 64 groups of devices")
	errMember    = errors.New("neither a hardware address, an address nor a network")
	errTwice     = errors.New("filter: two groups of the same name")
	errWhichOnes = errors.New("filter: no group has this name")
)

// Device is who asks: an inside end.
type Device struct {
	Addr netip.Addr
	MAC  [6]byte // zero when it is not known
}

// Inside is the inside end of a conversation: the client, unless only the server is at home.
func Inside(ends [2]netip.Addr, macs [2][6]byte, home func(netip.Addr) bool) Device {
	at := 0
	if !home(ends[0]) && home(ends[1]) {
		at = 1
	}
	return Device{Addr: ends[at], MAC: macs[at]}
}

// Groups are named sets of devices. Build with Add, then only read.
type Groups struct {
	names []string
	macs  map[[6]byte]uint64
	nets  []groupNet
}

type groupNet struct {
	net  netip.Prefix
	mask uint64
}

// Add makes a group of hardware addresses, addresses and networks.
func (g *Groups) Add(name string, members []string) error {
	if len(g.names) == MaxGroups {
		return errGroups
	}
	if _, err := g.Mask([]string{name}); err == nil {
		return fmt.Errorf("%w: %q", errTwice, name)
	}
	mask := uint64(1) << len(g.names)
	g.names = append(g.names, name)
	if g.macs == nil {
		g.macs = make(map[[6]byte]uint64)
	}
	for _, m := range members {
		if a, err := netip.ParseAddr(m); err == nil {
			g.nets = append(g.nets, groupNet{netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), mask})
		} else if p, err := netip.ParsePrefix(m); err == nil {
			g.nets = append(g.nets, groupNet{p.Masked(), mask})
		} else if mac, err := net.ParseMAC(m); err == nil && len(mac) == 6 {
			g.macs[[6]byte(mac)] |= mask
		} else {
			return fmt.Errorf("filter: group %q: %q is %w", name, m, errMember)
		}
	}
	return nil
}

// Mask turns names of groups into what [List].Groups holds.
func (g *Groups) Mask(names []string) (mask uint64, err error) {
next:
	for _, name := range names {
		for i, n := range g.names {
			if n == name {
				mask |= 1 << i
				continue next
			}
		}
		return 0, fmt.Errorf("%w: %q", errWhichOnes, name)
	}
	return mask, nil
}

// Of are the groups of a device, as a mask.
func (g *Groups) Of(d Device) uint64 { return g.of(d) }

func (g *Groups) of(d Device) uint64 {
	if len(g.names) == 0 {
		return 0
	}
	mask := g.macs[d.MAC]
	for i := range g.nets {
		if n := &g.nets[i]; n.net.Contains(d.Addr) {
			mask |= n.mask
		}
	}
	return mask
}
