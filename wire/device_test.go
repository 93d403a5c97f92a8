package wire_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"otasuke/wire"
)

// A device event has a device, in bounds.
func TestDeviceEvent(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)
	long, longWord := strings.Repeat("x", wire.MaxName+1), strings.Repeat("x", wire.MaxWord+1)
	type E = *wire.Event
	for name, c := range map[string]struct {
		change func(E)
		ok     bool
	}{
		"whole":                 {func(E) {}, true},
		"a change of tomorrow":  {func(e E) { e.Inside.Changes[0].What = "later" }, true},
		"no device":             {func(e E) { e.Inside = nil }, false},
		"no hardware address":   {func(e E) { e.Device.MAC = "" }, false},
		"of no time":            {func(e E) { e.Inside.First = time.Time{} }, false},
		"gone before it came":   {func(e E) { e.Inside.Last = at.Add(-time.Hour) }, false},
		"too many names":        {func(e E) { e.Inside.Names = make([]wire.SaidName, wire.MaxOfDevice+1) }, false},
		"too many addresses":    {func(e E) { e.Inside.Addrs = make([]netip.Addr, wire.MaxOfDevice+1) }, false},
		"too many changes":      {func(e E) { e.Inside.Changes = make([]wire.DeviceChange, wire.MaxOfDevice+1) }, false},
		"no address":            {func(e E) { e.Inside.Addrs[0] = netip.Addr{} }, false},
		"address with a zone":   {func(e E) { e.Inside.Addrs[0] = netip.MustParseAddr("fe80::1%a") }, false},
		"name":                  {func(e E) { e.Inside.Names[0].Text = long }, false},
		"source of a name":      {func(e E) { e.Inside.Names[0].By = longWord }, false},
		"maker":                 {func(e E) { e.Inside.Maker = long }, false},
		"kind":                  {func(e E) { e.Inside.Kind.ID = longWord }, false},
		"ground of a kind":      {func(e E) { e.Inside.Kind.By = long }, false},
		"system":                {func(e E) { e.Inside.OS.ID = longWord }, false},
		"model":                 {func(e E) { e.Inside.Model.ID = long }, false},
		"surer than sure":       {func(e E) { e.Inside.OS.Sure = 101 }, false},
		"less than unsure":      {func(e E) { e.Inside.Kind.Sure = -1 }, false},
		"detail of a change":    {func(e E) { e.Inside.Changes[0].Detail = long }, false},
		"what changed":          {func(e E) { e.Inside.Changes[0].What = longWord }, false},
		"zone of the device":    {func(e E) { e.Device.Addr = netip.MustParseAddr("fe80::1%a") }, false},
		"beside another ground": {func(e E) { e.Kind = wire.KindIPS }, false},
	} {
		e := &wire.Event{ID: strings.Repeat("A", 26), Time: at, Kind: wire.KindDevice, Device: wire.Device{MAC: "00:1b:8b:00:00:01"}, Inside: &wire.Inside{
			First: at, Last: at, Addrs: []netip.Addr{netip.MustParseAddr("192.168.1.5")}, Names: []wire.SaidName{{Text: "pc", By: "dhcp"}},
			Kind: wire.Guess{ID: "pc", By: "x", Sure: 100}, Changes: []wire.DeviceChange{{What: wire.ChangeNew, At: at}}}}
		c.change(e)
		if err := e.Check(); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}
