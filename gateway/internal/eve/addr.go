package eve

import (
	"net/netip"

	"otasuke/gateway/internal/eve/object"
)

// Addr is an address, written as the field's sensors do: IPv6 in full.
type Addr struct{ netip.Addr }

// IsZero tells that there is none.
func (a Addr) IsZero() bool { return !a.IsValid() }

// String is empty for none.
func (a Addr) String() string {
	if a.IsZero() {
		return ""
	}
	return a.StringExpanded()
}

// MarshalText writes a.
func (a Addr) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads an address. What is none, in the line of a foreign sensor, stays
// away: whoever needs it finds it missing.
func (a *Addr) UnmarshalText(b []byte) error {
	a.Addr, _ = netip.ParseAddr(string(b))
	return nil
}

// addrIf writes a member unless there is no address.
func addrIf(b []byte, name string, a Addr) []byte {
	if a.IsZero() {
		return b
	}
	return object.Next(object.Addr(object.Member(b, name), a.Addr))
}
