package settings

import (
	"fmt"
	"net/netip"
	"slices"

	"otasuke/gateway/internal/ports"
	"otasuke/gateway/internal/route"
)

// Modes of a box.
const (
	Bridge = "bridge"
	Tap    = "tap"
	Router = "router"
)

// Stops tells that traffic passes through the box, so that it can stop something.
func (c *Config) Stops() bool { return c.Mode != Tap }

// mode checks how the box is plugged in.
func (c *Config) mode() error {
	if c.Mode == "" {
		c.Mode = Bridge
	}
	if c.Mode == Bridge && c.EVEInput == "" {
		var err error
		if c.Ports, err = ports.Choose(c.Ports, c.ManagementPort); err != nil {
			return fmt.Errorf("%w: %w", ErrConfig, err)
		}
	}
	switch {
	case c.Mode != Bridge && c.Mode != Tap && c.Mode != Router:
		return fmt.Errorf("%w: mode = %q: write \"bridge\", \"tap\" or \"router\"", ErrConfig, c.Mode)
	case c.EVEInput != "":
	case c.Mode == Tap && len(c.Ports) != 1:
		return fmt.Errorf("%w: mode = \"tap\" needs one port, the one that gets the copy, for example ports = [\"eth1\"]", ErrConfig)
	case c.Mode == Tap && c.Management != "" && c.ManagementPort == "":
		return fmt.Errorf("%w: mode = \"tap\" has no bridge for the address: name its interface in management_port, for example \"eth0\"", ErrConfig)
	case c.Mode == Router && slices.Equal(c.Ports, []string{ports.Auto}):
		found, err := ports.Choose(c.Ports, c.ManagementPort)
		if err != nil {
			return fmt.Errorf("%w: mode = \"router\" must be told which port is outside: %w", ErrConfig, err)
		}
		return whichOutside(found[0], found[1])
	case c.Mode != Tap && len(c.Ports) != 2:
		return fmt.Errorf("%w: ports needs the two network interfaces between router and office, for example [\"eth0\", \"eth1\"], or [\"auto\"] for those of a bridge", ErrConfig)
	}
	if c.Mode == Router {
		return c.router()
	}
	if len(c.Forwards) > 0 {
		return fmt.Errorf("%w: forward is for mode = \"router\" alone: here the office's own router has it", ErrConfig)
	}
	return nil
}

// whichOutside says what to write for a router with these two ports.
func whichOutside(a, b string) error {
	return fmt.Errorf("%w: mode = \"router\" must be told which port is outside: write ports = [%q, %q] if the cable of the line is in %[2]s, otherwise the two the other way round", ErrConfig, a, b)
}

// router checks the addresses of a router.
func (c *Config) router() error {
	if !c.RouterAddress.IsValid() {
		c.RouterAddress = netip.PrefixFrom(netip.AddrFrom4([4]byte{192, 168, 77, 1}), 24)
	}
	a := c.RouterAddress
	switch {
	case c.Management == "" || c.Management == ManagementSystem || c.ManagementPort != "":
		return fmt.Errorf("%w: mode = \"router\" needs the address outside: set management = \"dhcp\", or to an address with management_gateway, and no management_port", ErrConfig)
	case !a.Addr().Is4() || a.Bits() > 24 || a.Bits() < 8 || a.Addr() == a.Masked().Addr():
		return fmt.Errorf("%w: router_address = %s: write an address with a network of 256 or more, for example \"192.168.77.1/24\"", ErrConfig, a)
	}
	c.RenewHome()
	r, _ := c.Route()
	if err := r.CheckForwards(); err != nil {
		return fmt.Errorf("%w: %w", ErrConfig, err)
	}
	return nil
}

// Route is the router for package route; false where the box is none.
func (c *Config) Route() (*route.Config, bool) {
	if c.Mode != Router {
		return nil, false
	}
	return &route.Config{Outside: c.Ports[0], Inside: c.Ports[1], Address: c.RouterAddress, SSH: c.ManagementSSH, Forwards: c.Forwards}, true
}
