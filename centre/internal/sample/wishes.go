package sample

import (
	"context"

	"otasuke/centre/internal/policy"
	"otasuke/centre/internal/store"
	"otasuke/content/apps"
	"otasuke/wire"
)

// wishes has the first company want something of its box, change its mind once, and its box go by that.
func (m *maker) wishes(ctx context.Context) error {
	if m.Lively == 0 {
		return nil
	}
	defer m.clock.Set(m.Now)
	known, err := apps.Load()
	if err != nil {
		return err
	}
	c, svc := m.all[0], policy.New(policy.Config{Store: m.Store, Known: known, Clock: m.clock})
	people, err := m.tenants.People(ctx, c.id)
	if err != nil || len(people) == 0 {
		return err
	}
	first := policy.State{Template: policy.Standard, Deny: []string{"game.example"}, Block: []string{policy.Category + "gambling", policy.Category + "p2p"}}
	m.clock.Set(m.Now.AddDate(0, 0, -14))
	if err := svc.Save(ctx, c.id, people[0].ID, "仕事中に使わないと決めたため（見本）", 0, first, true); err != nil {
		return err
	}
	second := first
	second.Allow, second.DNS = []string{"torihikisaki.example"}, wire.DNSBlock
	m.clock.Set(m.Now.AddDate(0, 0, -3))
	if err := svc.Save(ctx, c.id, people[0].ID, "取引先の注文サイトを使うため（見本）", 1, second, true); err != nil {
		return err
	}
	p, err := svc.Wanted(ctx, c.id)
	if err != nil {
		return err
	}
	return m.Store.Write(ctx, c.id, func(tx *store.Tx) error {
		return svc.Tell(tx, c.box, &wire.PolicyState{ID: p.ID, Active: p.ID, State: wire.PolicyActive})
	})
}
