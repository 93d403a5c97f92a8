package centre

import (
	"otasuke/centre/internal/discovery"
	"otasuke/centre/internal/ui"
	pages "otasuke/centre/internal/ui/discovery"
)

// openDiscoveries makes what is stopped for all; nothing that boxes or people reach the centre by can be.
func (c *Centre) openDiscoveries() error {
	ours := append([]string{c.cfg.Portal.URL, c.cfg.Console.URL, c.cfg.Mail.Server}, c.cfg.Boxes.Names...)
	guard, err := discovery.NewGuard(c.apps, ours...)
	if err != nil {
		return err
	}
	c.discoveries = discovery.New(discovery.Config{Store: c.store, Guard: guard, Ask: c.questions.Ask, Log: c.cfg.Log})
	return nil
}

// discoveryPages are the console's about it.
func (c *Centre) discoveryPages() ui.Guest {
	return pages.Staff(pages.Config{Service: c.discoveries, Check: c.discoveries.Guard.Check, Alert: c.alerts.Get, Companies: c.tenants, Texts: c.texts})
}
