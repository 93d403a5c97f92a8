package ports

import "github.com/BurntSushi/toml"

// DefaultBridge is the bridge's name when the configuration says none.
const DefaultBridge = "br-otasuke"

// Plan is the line that a configuration wants between two ports.
type Plan struct {
	Bridge string
	Ports  []string // names, or "auto"
	// MTU of both in bytes, 0 for what they have.
	MTU int
	// Address tells that the bridge has an address of its own.
	Address bool
	// Apart is the port that has it instead; "auto" leaves that out.
	Apart string
}

// Read takes the plan from a configuration file. An office must have its line even when that
// file is broken: then it is between the ports that are found. ok is false for a box that is
// not between two ports.
func Read(config string) (p Plan, ok bool) {
	var c struct {
		Ports    []string `toml:"ports"`
		Bridge   string   `toml:"bridge"`
		Mode     string   `toml:"mode"`
		EVEInput string   `toml:"eve_input"`
		MTU      int      `toml:"mtu"`
		Address  string   `toml:"management"`
		Apart    string   `toml:"management_port"`
	}
	p = Plan{Bridge: DefaultBridge, Ports: []string{Auto}}
	if _, err := toml.DecodeFile(config, &c); err != nil {
		return p, true
	}
	if c.Bridge != "" {
		p.Bridge = c.Bridge
	}
	if len(c.Ports) > 0 {
		p.Ports = c.Ports
	}
	p.MTU, p.Apart, p.Address = c.MTU, c.Apart, c.Address != "" && c.Apart == ""
	return p, c.EVEInput == "" && (c.Mode == "" || c.Mode == "bridge")
}
