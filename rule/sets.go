package rule

import "net/netip"

// AddrRange is a closed range of addresses of one family.
type AddrRange struct{ Lo, Hi netip.Addr }

// AddrSet is a set of addresses: sorted ranges that neither touch nor overlap.
type AddrSet struct {
	Any    bool // every address; Ranges is then empty
	Ranges []AddrRange
}

// Contains says whether a is in the set. Addresses that map IPv4 into IPv6
// must be unmapped by the caller.
func (s *AddrSet) Contains(a netip.Addr) bool {
	if s.Any {
		return true
	}
	i, j := 0, len(s.Ranges)
	for i < j {
		h := int(uint(i+j) >> 1)
		if s.Ranges[h].Hi.Less(a) {
			i = h + 1
		} else {
			j = h
		}
	}
	return i < len(s.Ranges) && !a.Less(s.Ranges[i].Lo)
}

// PortRange is a closed range of ports.
type PortRange struct{ Lo, Hi uint16 }

// PortSet is a set of ports: sorted ranges that neither touch nor overlap.
type PortSet struct {
	Any    bool
	Ranges []PortRange
}

// Contains says whether the port is in the set.
func (s *PortSet) Contains(port uint16) bool {
	if s.Any {
		return true
	}
	for _, r := range s.Ranges { // few ranges: a scan beats a search
		if port <= r.Hi {
			return port >= r.Lo
		}
	}
	return false
}
