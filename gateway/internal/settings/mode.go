package settings

import "fmt"

// Modes of a box.
const (
	Bridge = "bridge"
	Tap    = "tap"
)

// Stops tells that traffic passes through the box, so that it can stop something.
func (c *Config) Stops() bool { return c.Mode != Tap }

// mode checks how the box is plugged in.
func (c *Config) mode() error {
	if c.Mode == "" {
		c.Mode = Bridge
	}
	switch {
	case c.Mode != Bridge && c.Mode != Tap:
		return fmt.Errorf("%w: mode = %q: write \"bridge\" or \"tap\"", ErrConfig, c.Mode)
	case c.EVEInput != "":
	case c.Mode == Tap && len(c.Ports) != 1:
		return fmt.Errorf("%w: mode = \"tap\" needs one port, the one that gets the copy, for example ports = [\"eth1\"]", ErrConfig)
	case c.Mode == Tap && c.Management != "" && c.ManagementPort == "":
		return fmt.Errorf("%w: mode = \"tap\" has no bridge for the address: name its interface in management_port, for example \"eth0\"", ErrConfig)
	case c.Mode == Bridge && len(c.Ports) != 2:
		return fmt.Errorf("%w: ports needs the two network interfaces between router and office, for example [\"eth0\", \"eth1\"]", ErrConfig)
	}
	return nil
}
