package centre

import (
	"otasuke/centre/internal/notify"
	"otasuke/centre/internal/ui"
	"otasuke/centre/internal/ui/cases"
	"otasuke/centre/internal/ui/figures"
	shifts "otasuke/centre/internal/ui/shift"
)

// similar finds what was seen before a case.
func (c *Centre) similar() *cases.Finder {
	return &cases.Finder{Alerts: c.alerts, Title: c.knowledge.Title, Kind: c.devices.Kind, KindName: c.kinds.KindName}
}

// caseRooms are the console's pages about cases that are not the queue's own.
func (c *Centre) caseRooms() []ui.Guest {
	return []ui.Guest{cases.Staff(cases.Config{Alerts: c.alerts, Companies: c.tenants, Title: c.knowledge.Title, Misfire: c.misfires.Mark, Texts: c.texts, Book: c.knowledge.Playbook()}),
		shifts.Staff(*c.turns()), figures.Staff(figures.Config{Work: c.alerts.Work, Sent: notify.New(notify.Config{Store: c.store}).SentByDay})}
}
