package settings

// FrontLink is the interface at which the office finds the box's page: where the box has its own
// address. "" for all: a tap's addresses are the system's.
func (c *Config) FrontLink() string {
	switch {
	case c.Mode == Router:
		return c.Ports[1]
	case c.ManagementPort != "":
		return c.ManagementPort
	case c.Mode == Tap:
		return ""
	}
	return c.Bridge
}
