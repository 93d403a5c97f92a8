package settings

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"

	"otasuke/gateway/internal/manage"
)

// ManagementSystem is the value of Management with which the system gives the bridge its address.
const ManagementSystem = "system"

// OnBridge tells that the bridge has an address of its own.
func (c *Config) OnBridge() bool { return c.Management != "" && c.ManagementPort == "" }

// Manage is the address for package manage; false where that has nothing to do.
func (c *Config) Manage() (manage.Config, bool) {
	m := manage.Config{Link: c.Bridge, Address: c.Management, Gateway: c.ManagementGateway, DNS: c.ManagementDNS, SSH: c.ManagementSSH, Dir: c.ManageDir(), Log: c.Log}
	if c.Mode == Router {
		m.Link, m.Closed = c.Ports[0], true
	} else if c.ManagementPort != "" {
		m.Link = c.ManagementPort
	} else if len(c.Ports) > 0 {
		m.Outside, m.Watch = c.Ports[0], c.Ports
	}
	return m, c.Management != "" && c.Management != ManagementSystem
}

// ManageDir is the folder of the box's own address.
func (c *Config) ManageDir() string { return filepath.Join(c.StateDir, "address") }

// management checks the box's own address.
func (c *Config) management() error {
	switch c.Management {
	case "", ManagementSystem:
		if c.ManagementPort != "" {
			return fmt.Errorf("%w: management_port without an address: set management = \"dhcp\" or to an address", ErrConfig)
		}
		return nil
	case manage.DHCP:
	default:
		p, err := netip.ParsePrefix(c.Management)
		if err != nil || p.Addr() == p.Masked().Addr() && p.Bits() < p.Addr().BitLen()-1 {
			return fmt.Errorf("%w: management = %q: write \"dhcp\", or an address with its network, for example \"192.168.1.9/24\"", ErrConfig, c.Management)
		}
		if g := c.ManagementGateway; g.IsValid() && (!p.Contains(g) || g == p.Addr()) {
			return fmt.Errorf("%w: management_gateway = %s is no neighbour of %s", ErrConfig, g, p)
		}
	}
	if slices.Contains(c.Ports, c.ManagementPort) || c.ManagementPort == c.Bridge {
		return fmt.Errorf("%w: management_port = %q is a port of the bridge: leave the line out, and the bridge itself has the address", ErrConfig, c.ManagementPort)
	}
	return nil
}
