package intake_test

import (
	"context"
	"encoding/json"
	"net/netip"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/job"
	"otasuke/wire"
)

// A second router is told at once; new devices once a day in one alert, those that the owner
// named before left out; a repeated batch tells nothing again.
func TestDevicesAreToldOnce(t *testing.T) {
	suite(t, func(o *office) {
		b, other := o.newBox(o.own), o.newBox(o.decoy)
		tell := func(n byte, what ...string) wire.Event {
			return o.event(func(e *wire.Event) {
				*e = wire.Event{ID: e.ID, Time: e.Time, Kind: wire.KindDevice, Device: wire.Device{MAC: "00:1b:8b:00:00:0" + string('0'+n), Addr: netip.AddrFrom4([4]byte{192, 0, 2, n})},
					Inside: &wire.Inside{First: e.Time, Last: e.Time, Maker: "NEC", Names: []wire.SaidName{{Text: "pc" + string('0'+n), By: "dhcp"}}, Kind: wire.Guess{ID: "pc", Sure: 80}}}
				for _, w := range what {
					e.Inside.Changes = append(e.Inside.Changes, wire.DeviceChange{What: w, At: e.Time})
				}
			})
		}
		batch := []wire.Event{tell(1, wire.ChangeNew), tell(2, wire.ChangeNew, wire.ChangeOldOS), tell(3, wire.ChangeReturned), tell(4, wire.ChangeNew), tell(5), tell(6, wire.ChangeDHCP)}
		b.send(batch...)
		b.send(batch...)
		other.send(tell(1, wire.ChangeNew))
		all := o.list(o.own)
		if len(all) != 1 || all[0].Family != "second-router" || all[0].Stars != alert.Medium || all[0].Count != 1 || all[0].DeviceName != "pc6" || all[0].DeviceID == "" {
			o.Fatalf("at once: %+v", all)
		}
		known, err := o.devices.Known(o.Context(), o.own)
		must(o.T, err)
		for _, k := range known {
			if strings.HasSuffix(k.MAC, "04") {
				must(o.T, o.devices.Approve(o.Context(), o.own, k.ID, "p-1"))
			}
		}
		o.jobs(o.clock.Now().Add(20 * time.Hour))
		found := map[string]alert.Alert{}
		for _, a := range o.list(o.own) {
			a, err := o.alerts.Get(o.Context(), o.own, a.ID)
			must(o.T, err)
			found[a.Family] = a
		}
		news, old := found["new-device"], found["old-os"]
		if len(found) != 3 || news.Count != 3 || news.DeviceName != "pc1, pc2, pc3" || news.DeviceID != "" || news.Stars != alert.Medium {
			o.Errorf("%+v", news)
		}
		if old.Count != 1 || old.DeviceName != "pc2" || len(old.Evidence) != 1 || !strings.Contains(old.Evidence[0].What, "NEC · pc") {
			o.Errorf("%+v", old)
		}
		if d := o.list(o.decoy); len(d) != 1 || d[0].DeviceName != "pc1" {
			o.Errorf("another company: %+v", d)
		}
	})
}

// The answer to a heartbeat says who is held.
func TestHeldAreTold(t *testing.T) {
	suite(t, func(o *office) {
		b, other := o.newBox(o.own), o.newBox(o.decoy)
		const mac = "00:1b:8b:00:00:07"
		b.send(o.event(func(e *wire.Event) {
			*e = wire.Event{ID: e.ID, Time: e.Time, Kind: wire.KindDevice, Device: wire.Device{MAC: mac}, Inside: &wire.Inside{First: e.Time, Last: e.Time}}
		}))
		known, err := o.devices.Known(o.Context(), o.own)
		must(o.T, err)
		if got := b.beat(wire.Health{}); len(got.Held) != 0 {
			o.Errorf("%+v", got)
		}
		must(o.T, o.devices.Hold(o.Context(), o.own, known[0].ID, "p-1", true))
		if got := b.beat(wire.Health{}); len(got.Held) != 1 || got.Held[0] != mac {
			o.Errorf("%+v", got)
		}
		if got := other.beat(wire.Health{}); len(got.Held) != 0 {
			o.Errorf("another company: %+v", got)
		}
	})
}

// jobs runs what is due until then.
func (o *office) jobs(until time.Time) {
	o.Helper()
	q := job.New(job.Config{Store: o.s, Clock: o.clock, Poll: time.Millisecond})
	o.in.Register(q)
	q.Handle(alert.KindNotify, func(context.Context, string, json.RawMessage) error { return nil })
	ctx, cancel := context.WithCancel(o.Context())
	done := make(chan error, 1)
	go func() { done <- q.Run(ctx) }()
	defer func() { cancel(); must(o.T, <-done) }()
	o.clock.Advance(until.Sub(o.clock.Now()))
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		c, err := q.Counts(o.Context())
		must(o.T, err)
		if c.Running == 0 && c.Oldest.IsZero() {
			return
		}
		if time.Now().After(deadline) {
			o.Fatalf("jobs never ended: %+v", c)
		}
	}
}
