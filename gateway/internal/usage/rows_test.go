package usage

import (
	"net/netip"
	"testing"
	"time"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/traffic"
	"otasuke/rule"
)

// rows takes what was written so far.
func rows(t *testing.T, g *traffic.Gather) (all []traffic.Flow) {
	t.Helper()
	g.Take(func(b []byte) {
		if err := traffic.Rows(b, func(f *traffic.Flow) { all = append(all, *f) }); err != nil {
			t.Error(err)
		}
	})
	return all
}

func asked(b rule.Buffer, name string) *app.Side {
	return &app.Side{Values: []app.Value{{Buffer: b, Data: []byte(name), Fresh: true}, {Buffer: b, Data: []byte("seen.before")}}}
}

// Each name of a conversation and each hour of it is a row, and the bytes of all rows are
// those of the conversation.
func TestRows(t *testing.T) {
	t.Parallel()
	var g traffic.Gather
	u := New(known(t), time.Hour)
	u.Log(&g, func(a netip.Addr) string { return "JP" })
	in, out := netip.MustParseAddr("192.168.1.5"), netip.MustParseAddr("203.0.113.5")
	var f Flow
	c := conversation(in, out, 80, [2]uint64{100, 200})
	c.ID, c.Started, c.Last, c.Packets = 7, 1000, 2000, [2]uint64{1, 1}
	u.Asks(&f, c, asked(rule.HTTPHost, "WWW.example.jp."))
	u.Asks(&f, c, asked(rule.HTTPHost, "www.example.jp"))
	c.Last, c.Bytes, c.Packets = 3000, [2]uint64{150, 2200}, [2]uint64{5, 5}
	u.Asks(&f, c, asked(rule.HTTPHost, "other.example.jp"))
	f.Found("rule:1")
	f.Found("rule:2")
	c.Last, c.Bytes, c.Packets = 3000+partEvery, [2]uint64{160, 3200}, [2]uint64{8, 9}
	u.Count(&f, c, false)
	u.Count(&f, c, false)
	c.Last, c.Bytes, c.Packets, c.Stopped = c.Last+5, [2]uint64{161, 3300}, [2]uint64{9, 10}, true
	u.Count(&f, c, true)
	want := []traffic.Flow{
		{Start: 1000, End: 3000, Name: "www.example.jp", Up: 150, Down: 2200, Packets: 10, More: true},
		{Start: 3000, End: 3000 + partEvery, Name: "other.example.jp", Up: 10, Down: 1000, Packets: 7, More: true, Why: "rule:1", Verdict: traffic.Told},
		{Start: 3000 + partEvery, End: 3005 + partEvery, Name: "other.example.jp", Up: 1, Down: 100, Packets: 2, Why: "rule:1", Verdict: traffic.Blocked},
	}
	for i := range want {
		w := &want[i]
		w.ID, w.Device, w.DevicePort, w.Peer, w.PeerPort, w.Proto, w.Country = 7, in, 50000, out, 80, 6, "JP"
	}
	got := rows(t, &g)
	if len(got) != len(want) {
		t.Fatalf("%d rows: %+v", len(got), got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%d: %+v\nwant %+v", i, got[i], want[i])
		}
	}
	// What comes from outside, what stays inside, what is none of ours.
	for _, c := range []*Conversation{conversation(out, in, 22, [2]uint64{10, 20}), conversation(in, netip.MustParseAddr("192.168.1.6"), 445, [2]uint64{10, 20}), conversation(out, out, 22, [2]uint64{10, 20})} {
		u.Count(new(Flow), c, true)
	}
	got = rows(t, &g)
	if len(got) != 2 || !got[0].Inbound || got[0].Up != 20 || got[0].DevicePort != 22 || got[0].Peer != out || !got[0].Silent || !got[1].Inside || got[1].Country != "" || got[1].Peer.String() != "192.168.1.6" {
		t.Errorf("%+v", got)
	}
}

// What the kernel forwards has the bytes that the kernel has counted, in one row when it is
// over.
func TestRowsLetGo(t *testing.T) {
	t.Parallel()
	var g traffic.Gather
	u := New(known(t), time.Hour)
	u.Log(&g, nil)
	in, out := netip.MustParseAddr("192.168.1.5"), netip.MustParseAddr("203.0.113.5")
	c, now := conversation(out, in, 443, [2]uint64{100, 200}), int64(500_000*hour)
	c.Started, c.Last = now, now
	var f Flow
	u.Asks(&f, c, asked(rule.TLSSNI, "a.example.jp"))
	c.Bytes = [2]uint64{100, 300}
	u.Asks(&f, c, asked(rule.TLSSNI, "b.example.jp"))
	c.Bytes = [2]uint64{120, 400}
	u.LetGo(&f, c)
	look := func(known bool, bytes [2]uint64) {
		now += minute
		if err := u.Look(func(tell func(uint8, netip.AddrPort, netip.AddrPort, [2]uint64)) error {
			if known {
				tell(6, netip.AddrPortFrom(out, 50000), netip.AddrPortFrom(in, 443), bytes)
			}
			return nil
		}, now); err != nil {
			t.Error(err)
		}
	}
	look(true, [2]uint64{120, 5000})
	u.Count(&f, c, true) // it is not the engine's any more
	look(true, [2]uint64{130, 9000})
	ended := now
	look(true, [2]uint64{130, 9000})
	look(false, [2]uint64{})
	got := rows(t, &g)
	if len(got) != 2 || got[0].Name != "a.example.jp" || got[0].Up != 300 || got[0].Down != 100 {
		t.Fatalf("%+v", got)
	}
	if r := got[1]; r.Name != "b.example.jp" || r.Up != 8700 || r.Down != 30 || r.End != ended || r.More {
		t.Errorf("%+v", r)
	}
}

func TestRowsAllocateNothing(t *testing.T) {
	var g traffic.Gather
	u := New(known(t), time.Hour)
	u.Log(&g, nil)
	c := conversation(netip.MustParseAddr("192.168.1.5"), netip.MustParseAddr("203.0.113.5"), 80, [2]uint64{100, 200})
	var f Flow
	side := asked(rule.HTTPHost, "www.example.jp")
	u.Asks(&f, c, side)
	if n := testing.AllocsPerRun(100, func() {
		u.Asks(&f, c, side) // the next page of the same host
		u.Count(&f, c, false)
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// A conversation that is over has its row at once, and only one, unless the same ends ask
// for something else.
func TestRowsOver(t *testing.T) {
	t.Parallel()
	var g traffic.Gather
	u := New(known(t), time.Hour)
	u.Log(&g, nil)
	c := conversation(netip.MustParseAddr("192.168.1.5"), netip.MustParseAddr("203.0.113.5"), 53, [2]uint64{60, 90})
	var f Flow
	u.Asks(&f, c, asked(rule.DNSQueries, "a.example"))
	f.FoundSite("list", true)
	u.Over(&f, c)
	u.Over(&f, c)
	got := rows(t, &g)
	if len(got) != 1 || got[0].Name != "a.example" || got[0].Verdict != traffic.Blocked || got[0].Why != "site:list" || got[0].More {
		t.Fatalf("%+v", got)
	}
	c.Bytes[0] = 120
	u.Asks(&f, c, asked(rule.DNSQueries, "b.example"))
	c.Bytes[1] = 190
	u.Over(&f, c)
	u.Count(&f, c, true)
	if got = rows(t, &g); len(got) != 1 || got[0].Name != "b.example" || got[0].Down != 100 {
		t.Errorf("%+v", got)
	}
}
