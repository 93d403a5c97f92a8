package centre

import (
	"context"
	"time"

	"otasuke/centre/internal/notify"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/centre/internal/ui/cases"
	"otasuke/centre/internal/ui/figures"
	"otasuke/centre/internal/ui/fleetmap"
	shifts "otasuke/centre/internal/ui/shift"
)

// similar finds what was seen before a case.
func (c *Centre) similar() *cases.Finder {
	return &cases.Finder{Alerts: c.alerts, Title: c.knowledge.Title, Kind: c.devices.Kind, KindName: c.kinds.KindName}
}

// caseRooms are the console's pages about cases that are not the queue's own.
func (c *Centre) caseRooms() []ui.Guest {
	return []ui.Guest{cases.Staff(cases.Config{Alerts: c.alerts, Companies: c.tenants, Title: c.knowledge.Title, Misfire: c.misfires.Mark, Texts: c.texts, Book: c.knowledge.Playbook()}),
		shifts.Staff(*c.turns()), figures.Staff(figures.Config{Work: c.alerts.Work, Sent: notify.New(notify.Config{Store: c.store}).SentByDay}),
		fleetmap.Staff(fleetmap.Config{Fleet: c.devices.Fleet, Addresses: c.places})}
}

// places are where companies are, for the map of the boxes.
func (c *Centre) places(ctx context.Context, who, why string) (*fleetmap.Addresses, error) {
	a := &fleetmap.Addresses{Sites: map[[2]string]string{}, Contracts: map[string]string{}, Regions: map[string]string{}}
	if err := c.store.AsOperator(ctx, who, why, func(tx *store.AllTx) error {
		sites, err := tenant.Sites(tx)
		if err != nil {
			return err
		}
		for _, s := range sites {
			a.Sites[[2]string{s.TenantID, s.ID}] = s.Address
		}
		companies, err := tenant.All(tx)
		for i := range companies {
			a.Regions[companies[i].ID] = companies[i].Region
		}
		return err
	}); err != nil {
		return nil, err
	}
	all, err := c.contracts.All(ctx, who, why)
	newest := map[string]time.Time{}
	for i := range all {
		if one := &all[i]; a.Contracts[one.TenantID] == "" || one.Signed.After(newest[one.TenantID]) {
			a.Contracts[one.TenantID], newest[one.TenantID] = one.Form.Address, one.Signed
		}
	}
	return a, err
}
