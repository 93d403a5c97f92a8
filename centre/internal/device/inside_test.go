package device_test

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"otasuke/centre/internal/device"
	"otasuke/centre/internal/store"
	"otasuke/wire"
)

// report is what a box tells of a device.
func (o *office) report(tenantID string, box *device.Box, d wire.Device, in wire.Inside) (k device.Known, fresh []device.Change) {
	o.Helper()
	must(o.T, o.s.Write(o.Context(), tenantID, func(tx *store.Tx) (err error) {
		if err := o.svc.ForgetVisitors(tx); err != nil {
			return err
		}
		k, fresh, err = o.svc.Inside(tx, box, d, &in, o.clock.Now())
		return err
	}))
	return k, fresh
}

func (o *office) known(tenantID string) []device.Known {
	o.Helper()
	all, err := o.svc.Known(o.Context(), tenantID)
	must(o.T, err)
	return all
}

func (o *office) untold() (all []device.Change) {
	o.Helper()
	must(o.T, o.s.Write(o.Context(), o.own, func(tx *store.Tx) (err error) {
		all, err = o.svc.Untold(tx)
		return err
	}))
	return all
}

func plain(n byte) wire.Device {
	return wire.Device{MAC: "00:1b:8b:00:00:0" + string('0'+n), Addr: netip.AddrFrom4([4]byte{192, 0, 2, n})}
}

func joined(what ...string) wire.Inside {
	in := wire.Inside{First: start.Add(-time.Hour), Last: start, Names: []wire.SaidName{{Text: "pc\u202e\x00", By: "dhcp"}, {Text: "\x01", By: "mdns"}}, Kind: wire.Guess{ID: "pc", Sure: 90}}
	for _, w := range what {
		in.Changes = append(in.Changes, wire.DeviceChange{What: w, At: start, Detail: "x\n"})
	}
	return in
}

// What a box tells of a device is kept with it, can be shown, and is the company's own; a new
// one waits until the owner names or approves it, and people hear of it once.
func TestInside(t *testing.T) {
	suite(t, func(o *office) {
		own, decoy := o.box(o.own), o.box(o.decoy)
		k, fresh := o.report(o.own, &own, plain(1), joined(wire.ChangeNew, "later"))
		if len(fresh) != 1 || fresh[0].Detail != "x" || fresh[0].BoxID != own.ID || k.Label() != "pc" || len(k.About.Names) != 1 || !k.Waits() || !k.First.Equal(start.Add(-time.Hour)) {
			o.Errorf("%+v %+v", k, fresh)
		}
		if _, again := o.report(o.own, &own, plain(1), joined(wire.ChangeNew)); len(again) != 0 {
			o.Errorf("told again: %+v", again)
		}
		early := joined()
		early.Early = true
		if k, _ := o.report(o.own, &own, plain(2), early); k.Waits() {
			o.Error("the first inventory waits for somebody")
		}
		o.report(o.decoy, &decoy, plain(1), joined(wire.ChangeNew))
		if all := o.known(o.own); len(all) != 2 || all[0].About.Kind.ID != "pc" {
			o.Errorf("%+v", all)
		}
		if news := o.untold(); len(news) != 1 || news[0].ID != k.ID || news[0].What != wire.ChangeNew {
			o.Errorf("%+v", news)
		}
		if news := o.untold(); len(news) != 0 {
			o.Errorf("told twice: %+v", news)
		}
		if err := o.svc.Approve(o.Context(), o.decoy, k.ID, "p-1"); !errors.Is(err, store.ErrNotFound) {
			o.Errorf("another company approves: %v", err)
		}
		must(o.T, o.svc.Approve(o.Context(), o.own, k.ID, "p-1"))
		if k, _ = o.report(o.own, &own, plain(1), joined()); k.Waits() || k.Approved.IsZero() {
			o.Errorf("a report takes the owner's word away: %+v", k)
		}
		if changes, err := o.svc.Changes(o.Context(), o.own, k.ID); err != nil || len(changes) != 1 {
			o.Errorf("%+v %v", changes, err)
		}
		if changes, err := o.svc.Changes(o.Context(), o.decoy, k.ID); err != nil || len(changes) != 0 {
			o.Errorf("of another company: %+v %v", changes, err)
		}
	})
}

// Who is named before the mail goes is not in it; what is worse than being new is.
func TestNamedInTime(t *testing.T) {
	suite(t, func(o *office) {
		own := o.box(o.own)
		a, _ := o.report(o.own, &own, plain(1), joined(wire.ChangeNew))
		o.report(o.own, &own, plain(2), joined(wire.ChangeNew, wire.ChangeOldOS))
		must(o.T, o.svc.Rename(o.Context(), o.own, a.ID, "p-1", "社長のパソコン"))
		b, _ := o.report(o.own, &own, plain(3), joined())
		must(o.T, o.svc.Approve(o.Context(), o.own, b.ID, "p-1"))
		if _, fresh := o.report(o.own, &own, plain(3), joined(wire.ChangeNew)); len(fresh) != 0 {
			o.Errorf("%+v", fresh)
		}
		if news := o.untold(); len(news) != 2 || news[0].MAC != plain(2).MAC || news[1].MAC != plain(2).MAC {
			o.Errorf("%+v", news)
		}
	})
}

// Telephones of guests are forgotten after a while, unless somebody named them; others never.
func TestVisitorsAreForgotten(t *testing.T) {
	suite(t, func(o *office) {
		own := o.box(o.own)
		guest := joined()
		guest.Random = true
		o.report(o.own, &own, mac(1), guest)
		named, _ := o.report(o.own, &own, mac(2), guest)
		o.report(o.own, &own, plain(1), joined())
		o.seen(o.own, mac(3), start) // of an alert: nobody said that its address is made up
		must(o.T, o.svc.Rename(o.Context(), o.own, named.ID, "p-1", "社長のスマホ"))
		o.clock.Advance(31 * 24 * time.Hour)
		later := joined()
		later.Last = o.clock.Now()
		o.report(o.own, &own, plain(2), later)
		left := map[string]bool{}
		for _, k := range o.known(o.own) {
			left[k.MAC] = true
		}
		if left[mac(1).MAC] || !left[mac(2).MAC] || !left[plain(1).MAC] || !left[plain(2).MAC] {
			o.Errorf("%v", left)
		}
	})
}

// A device that calls itself a sentence does not write our mails.
func TestLabels(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"KEIRI-PC_1": "KEIRI-PC_1", "call 03-1234": "192.0.2.1", "http://evil": "192.0.2.1", "": "192.0.2.1",
		"経理": "192.0.2.1", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa": "192.0.2.1"} {
		k := device.Known{Endpoint: device.Endpoint{Addr: "192.0.2.1"}, About: wire.Inside{Names: []wire.SaidName{{Text: name}}}}
		if got := k.Label(); got != want {
			t.Errorf("%q: %q", name, got)
		}
		if k.Name = "受付"; k.Label() != "受付" {
			t.Errorf("the owner's name does not count: %q", k.Label())
		}
	}
}

// A device is held at its own site only, the office's router not at all, a second one is.
func TestHold(t *testing.T) {
	suite(t, func(o *office) {
		own := o.box(o.own)
		held := func(tenantID, site string) (list []string) {
			o.Helper()
			must(o.T, o.s.Read(o.Context(), tenantID, func(tx *store.Tx) (err error) {
				list, err = o.svc.Held(tx, site)
				return err
			}))
			return list
		}
		pc, _ := o.report(o.own, &own, plain(1), joined())
		router := joined()
		router.Kind = wire.Guess{ID: "router", Sure: 80}
		good, _ := o.report(o.own, &own, plain(2), router)
		router.Changes = joined(wire.ChangeDHCP).Changes
		rogue, _ := o.report(o.own, &own, plain(3), router)
		bare := o.seen(o.own, wire.Device{Addr: netip.MustParseAddr("192.0.2.9")}, start)
		must(o.T, o.svc.Hold(o.Context(), o.own, pc.ID, "p-1", true))
		must(o.T, o.svc.Hold(o.Context(), o.own, rogue.ID, "p-1", true))
		if err := o.svc.Hold(o.Context(), o.own, good.ID, "p-1", true); !errors.Is(err, device.ErrRouter) {
			o.Errorf("the office's router: %v", err)
		}
		if err := o.svc.Hold(o.Context(), o.own, bare.ID, "p-1", true); !errors.Is(err, device.ErrInvalid) {
			o.Errorf("without a hardware address: %v", err)
		}
		if err := o.svc.Hold(o.Context(), o.decoy, pc.ID, "p-1", true); !errors.Is(err, store.ErrNotFound) {
			o.Errorf("another company: %v", err)
		}
		if got := held(o.own, "hq"); len(got) != 2 {
			o.Errorf("%v", got)
		}
		if got := append(held(o.own, "elsewhere"), held(o.decoy, "hq")...); len(got) != 0 {
			o.Errorf("%v", got)
		}
		o.report(o.own, &own, plain(1), joined())
		must(o.T, o.svc.Hold(o.Context(), o.own, rogue.ID, "p-1", false))
		if got := held(o.own, "hq"); len(got) != 1 || got[0] != plain(1).MAC {
			o.Errorf("%v", got)
		}
	})
}
