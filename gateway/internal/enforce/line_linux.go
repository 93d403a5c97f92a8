package enforce

import (
	"fmt"

	"github.com/vishvananda/netlink"
)

// Line makes the bridge and nothing else: traffic passes uninspected. It may be repeated.
// Unless both ports are there nothing is changed: a single port in a bridge is cut off.
func Line(c Config) error {
	if len(c.Ports) != 2 || c.Ports[0] == c.Ports[1] {
		return fmt.Errorf("%w: %v", ErrPorts, c.Ports)
	}
	for _, name := range c.Ports {
		if _, err := netlink.LinkByName(name); err != nil {
			return fmt.Errorf("enforce: port %s: %w (network interfaces are listed by 'ip link')", name, err)
		}
	}
	return bridge(c)
}
