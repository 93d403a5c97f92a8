package centre

import (
	"otasuke/centre/internal/ui"
	"otasuke/centre/internal/ui/cases"
)

// caseRooms are the console's pages about cases that are not the queue's own.
func (c *Centre) caseRooms() []ui.Guest {
	return []ui.Guest{cases.Staff(cases.Config{Alerts: c.alerts, Companies: c.tenants, Title: c.knowledge.Title, Misfire: c.misfires.Mark, Texts: c.texts})}
}
