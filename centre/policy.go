package centre

import (
	"otasuke/centre/internal/ui"
	pages "otasuke/centre/internal/ui/policy"
	"otasuke/centre/internal/ui/selftest"
)

// policyPages are those about what companies want of their boxes, for one face.
func (c *Centre) policyPages(staff bool) ui.Guest {
	cfg := pages.Config{Service: c.policies, Companies: c.tenants, Boxes: c.devices.Boxes, Devices: c.devices.Known, Known: c.apps}
	if staff {
		return pages.Staff(cfg)
	}
	return pages.Customers(cfg)
}

// selftests are the pages on which boxes test themselves, for one face.
func (c *Centre) selftests(staff bool) ui.Guest {
	cfg := selftest.Config{Service: c.questions, Companies: c.tenants, Boxes: c.devices.Boxes, Care: c.care.Of}
	if staff {
		return selftest.Staff(cfg)
	}
	return selftest.Customers(cfg)
}
