package gateway

import (
	"errors"

	"otasuke/gateway/internal/filter"
	"otasuke/gateway/internal/settings"
)

// Sites are a list as the box has it in memory, for the performance lab.
type Sites struct{ lists *filter.Lists }

// ReadSites reads a list of names.
func ReadSites(path string) (Sites, error) {
	c := Config{Lists: []ListFile{{Name: path, Category: "measured", File: path}}, EncryptedDNS: settings.IgnoreResolvers}
	lists, _, errs := c.ReadLists()
	return Sites{lists}, errors.Join(errs...)
}

// Len is the number of its entries.
func (s Sites) Len() int { return s.lists.Len() }

// Has tells whether a name is on it.
func (s Sites) Has(name []byte) bool {
	_, ok := s.lists.Name(filter.Device{}, name)
	return ok
}
