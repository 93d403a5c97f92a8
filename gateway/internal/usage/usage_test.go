package usage

import (
	"encoding/json"
	"net/netip"
	"testing"
	"time"

	catalogue "otasuke/content/apps"
	"otasuke/gateway/internal/apps"
	"otasuke/gateway/internal/filter"
	"otasuke/gateway/internal/flow"
	"otasuke/wire"
)

func known(t testing.TB) *apps.Known {
	t.Helper()
	all, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	k, err := apps.Make(all, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

const hour = 60 * minute

func who(mac byte, addr string) filter.Device {
	d := filter.Device{Addr: netip.MustParseAddr(addr)}
	if mac != 0 {
		d.MAC = [6]byte{2, 0, 0, 0, 0, mac}
	}
	return d
}

// A clock that is put back by hours keeps nothing for so long.
func TestClockPutBack(t *testing.T) {
	t.Parallel()
	k := known(t)
	u, start := New(k, time.Hour), int64(500_000*hour)
	u.Add(who(1, "192.168.1.5"), k.Table().Find("zoom"), Use{Up: 10}, start+9*hour)
	u.Add(who(1, "192.168.1.5"), k.Table().Find("zoom"), Use{Up: 5}, start)
	got := u.Take(start+hour, false)
	if len(got) != 1 || got[0].Usage.Apps[0].Up != 15 || got[0].Usage.Since.After(got[0].Time) {
		t.Fatalf("%+v", got)
	}
	u.Add(who(1, "192.168.1.5"), k.Table().Find("zoom"), Use{Up: 1}, start+hour)
	if u.Take(start+2*hour-1, false) != nil || len(u.Take(start+2*hour, false)) != 1 {
		t.Error("the period after is another one")
	}
}

// A device is one row for each application, however many addresses it has; minutes count once.
func TestSums(t *testing.T) {
	t.Parallel()
	k := known(t)
	u, names, start := New(k, time.Hour), k.Table(), int64(500_000*hour)
	zoom, gpt := names.Find("zoom"), names.Find("chatgpt")
	u.Add(who(1, "192.168.1.5"), zoom, Use{Up: 10, Down: 20}, start)
	u.Add(who(1, "2001:db8::5"), zoom, Use{Up: 1, Down: 2}, start+30)
	u.Add(who(1, "2001:db8::5"), zoom, Use{Up: 1, Flows: 2, Blocked: 1}, start+5*minute)
	u.Add(who(1, "2001:db8::5"), gpt, Use{Up: 1000}, start+5*minute)
	u.Add(who(1, "2001:db8::5"), 0, Use{Flows: 1}, start+5*minute)
	u.Add(who(0, "192.168.1.9"), zoom, Use{Down: 7}, start+90*minute) // the report is late
	u.Add(who(0, "::ffff:192.168.1.9"), zoom, Use{Down: 7}, start-minute)
	u.Add(who(0, "192.168.1.9"), zoom, Use{}, start)
	if got := u.Take(start+hour-1, false); got != nil {
		t.Errorf("too early: %+v", got)
	}
	got := u.Take(start+hour, false)
	if len(got) != 2 || u.Take(start+hour, true) != nil {
		t.Fatalf("%+v", got)
	}
	for i := range got {
		if err := got[i].Check(); err != nil {
			t.Error(err)
		}
	}
	want := []wire.AppUse{
		{App: "chatgpt", Category: "ai", Name: "ChatGPT", Up: 1000, Minutes: 1},
		{App: "zoom", Category: "meeting", Name: "Zoom", Up: 12, Down: 22, Minutes: 2, Flows: 2, Blocked: 1},
		{Flows: 1},
	}
	if e := got[1]; e.Device.MAC != "02:00:00:00:00:01" || len(e.Usage.Apps) != 3 || e.Usage.Apps[0] != want[0] || e.Usage.Apps[1] != want[1] || e.Usage.Apps[2] != want[2] {
		t.Errorf("%+v", e.Usage)
	}
	if e := got[0]; e.Device.MAC != "" || e.Device.Addr.String() != "192.168.1.9" || e.Usage.Apps[0].Down != 14 || e.Usage.Apps[0].Minutes != 2 {
		t.Errorf("%+v %+v", e.Device, e.Usage)
	}
}

// However many devices there seem to be, memory is bounded and nothing is left out of the sum.
func TestBounded(t *testing.T) {
	t.Parallel()
	k := known(t)
	u, names, n := New(k, time.Hour), k.Table(), uint64(maxCells+5000)
	for i := range n {
		u.Add(filter.Device{Addr: netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})}, apps.ID(1+i%300), Use{Up: 1}, 500_000*hour)
	}
	if len(u.cells) > maxCells+names.Len()+1 || u.Merged() != 5000 {
		t.Errorf("%d cells, %d merged", len(u.cells), u.Merged())
	}
	var sum uint64
	for _, e := range u.Take(500_001*hour, false) {
		if err := e.Check(); err != nil {
			t.Fatal(err)
		}
		if text, err := json.Marshal(e); err != nil || len(text) > 64<<10 {
			t.Fatalf("an event of %d bytes, %v", len(text), err)
		}
		for _, a := range e.Usage.Apps {
			sum += a.Up
		}
	}
	if sum != n {
		t.Errorf("%d bytes, want %d", sum, n)
	}
}

// conversation of TCP with the device 192.168.1.5.
func conversation(client, server netip.Addr, port uint16, bytes [2]uint64) *Conversation {
	return &Conversation{
		Traffic: &flow.Traffic{Key: flow.Key{Proto: 6, Client: client, Server: server, ClientPort: 50000, ServerPort: port}, Bytes: bytes},
		Home:    netip.Addr.IsPrivate, Who: func() filter.Device { return who(0, "192.168.1.5") },
	}
}

// What a conversation carries is counted once, whenever it is looked at.
func TestCount(t *testing.T) {
	t.Parallel()
	u := New(known(t), time.Hour)
	in, out := netip.MustParseAddr("192.168.1.5"), netip.MustParseAddr("203.0.113.5")
	var f Flow
	now, bytes := int64(500_000*hour), [2]uint64{}
	for range 10 {
		bytes[0], bytes[1] = bytes[0]+1, bytes[1]+100
		now += minute / 2
		if f.Turned(now) {
			u.Count(&f, conversation(in, out, 0, bytes), false)
		}
	}
	u.Count(&f, conversation(in, out, 0, bytes), true)
	var served Flow
	served.Turned(now)
	u.Count(&served, conversation(out, in, 0, [2]uint64{1, 100}), true)
	u.Count(&served, conversation(in, in, 0, [2]uint64{5000, 5000}), true)
	(*Table)(nil).Count(&served, conversation(in, out, 0, bytes), true)
	got := u.Take(now, true)
	if len(got) != 1 || got[0].Usage.Apps[0] != (wire.AppUse{Up: 110, Down: 1001, Minutes: 6, Flows: 2}) {
		t.Errorf("%+v", got[0].Usage)
	}
}

// What the kernel forwards by itself is counted once, from where we have left off, also
// when it ends between two looks.
func TestLetGo(t *testing.T) {
	t.Parallel()
	u := New(known(t), time.Hour)
	in, out := netip.MustParseAddr("192.168.1.5"), netip.MustParseAddr("203.0.113.5")
	now := int64(500_000 * hour)
	var down, up Flow
	down.Turned(now)
	up.Turned(now)
	u.LetGo(&down, conversation(in, out, 443, [2]uint64{100, 200}))
	u.LetGo(&up, conversation(out, in, 443, [2]uint64{10, 20}))
	var kernel [][2]uint64 // from the client and the server of down, then of up
	look := func() {
		t.Helper()
		if err := u.Look(func(tell func(uint8, netip.AddrPort, netip.AddrPort, [2]uint64)) error {
			a, b := netip.AddrPortFrom(in, 50000), netip.AddrPortFrom(out, 443)
			for i, bytes := range kernel {
				if i == 1 {
					a, b = netip.AddrPortFrom(out, 50000), netip.AddrPortFrom(in, 443)
				}
				tell(6, a, b, bytes)
				tell(17, a, b, [2]uint64{1 << 40, 1 << 40}) // somebody else's
			}
			return nil
		}, now); err != nil {
			t.Fatal(err)
		}
	}
	look() // the mark is not there yet
	kernel = [][2]uint64{{150, 5200}, {11, 2020}}
	look()
	kernel = [][2]uint64{{150, 9200}, {11, 2020}}
	look()
	u.Count(&down, conversation(in, out, 443, [2]uint64{120, 300}), true) // a packet came before the mark
	kernel = nil
	look()
	if len(u.letGo) != 0 {
		t.Errorf("%d connections are kept that the kernel has forgotten", len(u.letGo))
	}
	got := u.Take(now, true)
	if len(got) != 1 || got[0].Usage.Apps[0] != (wire.AppUse{Up: 150 + 2020, Down: 9200 + 11, Minutes: 1, Flows: 1}) {
		t.Errorf("%+v", got[0].Usage)
	}
}
