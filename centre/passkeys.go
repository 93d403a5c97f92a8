package centre

import (
	"fmt"
	"net/url"

	"otasuke/centre/internal/passkey"
	"otasuke/centre/internal/tenant"
)

// people makes companies, people and their passkeys, which belong to the host of the site that they were made at.
func (c *Centre) people() error {
	portal, err := url.Parse(c.cfg.Portal.URL)
	if err != nil {
		return fmt.Errorf("%w: portal.url: %w", ErrConfig, err)
	}
	console, err := url.Parse(c.cfg.Console.URL)
	if err != nil {
		return fmt.Errorf("%w: console.url: %w", ErrConfig, err)
	}
	c.tenants = tenant.New(tenant.Config{Store: c.store, Log: c.cfg.Log, Cost: c.cfg.Cost, FactorRequired: c.cfg.Console.SecondFactor != factorOptional, ProviderOnly: c.cfg.OIDC.Only, Keys: ways{passkey.Keys{Portal: passkey.Host(portal), Console: passkey.Host(console)}}})
	c.passkeys = passkey.New(passkey.Config{Store: c.store, Tenants: c.tenants, Log: c.cfg.Log})
	return c.openProvider()
}

// passkeysAt are passkeys at a site; nil where browsers have none.
func (c *Centre) passkeysAt(address string, staff bool) (*passkey.Face, error) {
	base, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	return c.passkeys.Face(passkey.FaceConfig{Base: base, Name: c.cfg.Name, Staff: staff})
}
