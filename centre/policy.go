package centre

import (
	"otasuke/centre/internal/ui"
	pages "otasuke/centre/internal/ui/policy"
)

// policyPages are those about what companies want of their boxes, for one face.
func (c *Centre) policyPages(staff bool) ui.Guest {
	cfg := pages.Config{Service: c.policies, Companies: c.tenants, Boxes: c.devices.Boxes, Known: c.apps}
	if staff {
		return pages.Staff(cfg)
	}
	return pages.Customers(cfg)
}
