package centre

import (
	"otasuke/centre/internal/ui"
	"otasuke/centre/internal/ui/cases"
	shifts "otasuke/centre/internal/ui/shift"
)

// similar finds what was seen before a case.
func (c *Centre) similar() *cases.Finder {
	return &cases.Finder{Alerts: c.alerts, Title: c.knowledge.Title, Kind: c.devices.Kind, KindName: c.kinds.KindName}
}

// caseRooms are the console's pages about cases that are not the queue's own.
func (c *Centre) caseRooms() []ui.Guest {
	return []ui.Guest{cases.Staff(cases.Config{Alerts: c.alerts, Companies: c.tenants, Title: c.knowledge.Title, Misfire: c.misfires.Mark, Texts: c.texts, Book: c.knowledge.Playbook()}),
		shifts.Staff(*c.turns())}
}
