package settings

import (
	"net/netip"
	"slices"

	"otasuke/gateway/internal/route"
)

// Inside tells addresses of the office: those of Home, and those of the networks of IPv6 that its line
// has given it.
func (c *Config) Inside(a netip.Addr) bool {
	a = a.Unmap()
	for _, list := range [][]netip.Prefix{c.Home, c.fromLine()} {
		for _, n := range list {
			if n.Contains(a) {
				return true
			}
		}
	}
	return false
}

// fromLine are the networks of IPv6 that the line has given the office.
func (c *Config) fromLine() []netip.Prefix {
	if c.line != nil {
		if list := c.line.Load(); list != nil {
			return *list
		}
	}
	return nil
}

// RenewHome looks which networks the line has given the office; true when they are others than
// before. Rules then wait for a reload. A box that is no router is told by the office's: it sees them
// with an address of its own on the cable, and only there.
func (c *Config) RenewHome() (changed bool) {
	link := c.FrontLink()
	if link == "" || c.Management == "" {
		return false
	}
	now := route.Told(link)
	if c.Mode == Router {
		now = route.Networks(link)
	}
	if slices.Equal(now, c.fromLine()) {
		return false
	}
	c.line.Store(&now)
	return true
}
