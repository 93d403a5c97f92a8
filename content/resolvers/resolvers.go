// Package resolvers knows well-known resolvers that answer names over encrypted
// connections: by them the lists of a box can be walked round.
package resolvers

import (
	_ "embed"
	"fmt"
	"net/netip"

	"github.com/BurntSushi/toml"
)

//go:embed resolvers.toml
var text string

// Category is what a box calls them.
const Category = "encrypted-dns"

// Ports of encrypted DNS: HTTPS (RFC 8484), TLS (RFC 7858) and QUIC (RFC 9250). The same
// addresses answer ordinary questions at port 53, which the box reads.
var Ports = [...]uint16{443, 853}

// Resolver is one operator's.
type Resolver struct {
	Name   string       `toml:"name"`
	Source string       `toml:"source"` // where the operator says so
	Names  []string     `toml:"names"`  // with all names below them
	Addrs  []netip.Addr `toml:"addrs"`
}

// All is what is known.
type All struct {
	Resolvers []Resolver `toml:"resolver"`
	// Canaries are names by which programs ask whether they may use such a resolver by
	// themselves: they must not when the names do not exist.
	Canaries []string `toml:"canaries"`
}

// Load reads what is built in. It fails only when the file is wrong, which the package's
// tests rule out.
func Load() (All, error) {
	var a All
	meta, err := toml.Decode(text, &a)
	if err == nil && len(meta.Undecoded()) > 0 {
		err = fmt.Errorf("unknown field %v", meta.Undecoded()[0])
	}
	if err != nil {
		return a, fmt.Errorf("resolvers: %w", err)
	}
	return a, nil
}
