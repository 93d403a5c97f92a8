package settings

import (
	"sync"

	"otasuke/gateway/internal/country"
	"otasuke/gateway/internal/match/place"
	"otasuke/gateway/internal/update"
)

// RenewBundles looks which bundles are in use now.
func (c *Config) RenewBundles() map[string]int64 {
	c.Bundles = update.Read(c.StateDir)
	versions := map[string]int64{}
	for kind, b := range c.Bundles {
		versions[kind] = b.Version
	}
	return versions
}

// countries keeps what was read for the time of the process.
type countries struct {
	once sync.Once
	list *country.List
}

// Places tells what is known of addresses.
func (c *Config) Places() place.Known {
	c.countries.once.Do(func() {
		if c.Countries == "" {
			return
		}
		l, err := country.Read(c.Countries)
		if err != nil {
			c.Log.Warn("countries are not known", "err", err)
			return
		}
		c.countries.list = l
	})
	if c.countries.list == nil {
		return place.Known{}
	}
	return place.Known{Country: c.countries.list.Of}
}
