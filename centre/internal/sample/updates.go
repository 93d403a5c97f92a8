package sample

import (
	"context"
	"encoding/json"
	"fmt"

	"otasuke/centre/internal/advisory"
	"otasuke/centre/internal/device"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/wire"
)

// routers that offices have: one to be updated, one of which nobody knows the model, one that is new enough, one whose owner has
// updated it.
var routers = []struct{ model, version string }{{"WHR-1166DHP2", "2.95"}, {"", ""}, {"WSR-1166DHP3", "1.19"}, {"WSR-600DHP", "2.93"}}

// updates gives the lively companies a router and a browser, and lets the advisories out that are about them.
func (m *maker) updates(ctx context.Context) error {
	s := advisory.New(advisory.Config{Store: m.Store, Devices: m.devices, Clock: m.clock})
	if err := s.Seed(ctx); err != nil {
		return err
	}
	for n, c := range m.all {
		if !c.lively {
			continue
		}
		r := routers[n%len(routers)]
		first := wire.Inside{Maker: "BUFFALO.INC", Model: wire.Guess{ID: r.model, By: "http-page"}, Kind: wire.Guess{ID: "router", By: "router: dhcp", Sure: 90}}
		if r.version != "" {
			first.Software = []wire.Software{{Name: advisory.Firmware, Version: r.version, By: "http-page", Last: m.Now}}
		}
		browser := wire.Inside{Kind: wire.Guess{ID: "pc", Sure: 90}, Software: []wire.Software{{Name: "chrome", Version: fmt.Sprint(127 + n%3), Partial: true, By: "agent", Last: m.Now}}}
		if err := m.seen(ctx, c, wire.Device{MAC: fmt.Sprintf("00:16:01:00:%02x:%02x", n/256, n%256), Addr: addr(-19)}, &first, "ルーター"); err != nil {
			return err
		}
		if err := m.seen(ctx, c, wire.Device{MAC: fmt.Sprintf("02:00:00:00:%02x:00", n%256), Addr: addr(0)}, &browser, ""); err != nil {
			return err
		}
	}
	for _, id := range []string{"buffalo-2024-07", "chrome-2024-08"} {
		if err := s.Publish(ctx, "system:sample", id); err != nil {
			return err
		}
	}
	if err := s.HandleAll(ctx, tenant.House, json.RawMessage(`{}`)); err != nil {
		return err
	}
	for n, c := range m.all {
		if !c.lively || n%len(routers) != len(routers)-1 {
			continue
		}
		concern, err := s.Concern(ctx, c.id, "buffalo-2024-07")
		if err != nil {
			return err
		}
		people, err := m.tenants.People(ctx, c.id)
		if err != nil {
			return err
		}
		if err := s.Done(ctx, c.id, people[0].ID, concern.ID, concern.Findings[0].EndpointID); err != nil {
			return err
		}
	}
	return nil
}

// seen is what a box tells of a device.
func (m *maker) seen(ctx context.Context, c *company, d wire.Device, in *wire.Inside, name string) error {
	in.First, in.Last = m.Now.AddDate(0, -1, 0), m.Now
	var k device.Known
	if err := m.Store.Write(ctx, c.id, func(tx *store.Tx) (err error) {
		k, _, err = m.devices.Inside(tx, &device.Box{TenantID: c.id, ID: c.box}, d, in, m.Now)
		return err
	}); err != nil || name == "" {
		return err
	}
	return m.devices.Rename(ctx, c.id, k.ID, "system:sample", name)
}
