package answer

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"otasuke/gateway/internal/flowlog"
	"otasuke/gateway/internal/traffic"
	"otasuke/wire"
)

var noticed = time.Date(2026, 11, 20, 22, 10, 0, 0, time.UTC)

func mac(d int) [6]byte        { return [6]byte{2, 0, 0, 0, 0, byte(d)} }
func inside(d int) netip.Addr  { return netip.AddrFrom4([4]byte{192, 168, 1, byte(d)}) }
func outside(d int) netip.Addr { return netip.AddrFrom4([4]byte{203, 0, 113, byte(d)}) }

// flow of a device some minutes after it was noticed.
func flow(d, minutes int, change func(*traffic.Flow)) traffic.Flow {
	at := noticed.Add(time.Duration(minutes) * time.Minute).UnixMicro()
	f := traffic.Flow{Start: at, End: at + 2_000_000, MAC: mac(d), Device: inside(d), DevicePort: 50000, Peer: outside(1), PeerPort: 443, Proto: 6, Up: 10, Down: 100, Packets: 9}
	change(&f)
	return f
}

func logOf(t *testing.T, flows []traffic.Flow) *flowlog.Log {
	t.Helper()
	l, err := flowlog.Open(flowlog.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	for i, part := range [][]traffic.Flow{flows[:len(flows)/3], flows[len(flows)/3 : len(flows)/2], flows[len(flows)/2:]} {
		var g traffic.Gather
		for j := range part {
			g.Add(&part[j])
		}
		g.Take(func(b []byte) {
			if err := l.Append(bytes.Clone(b)); err != nil {
				t.Fatal(err)
			}
		})
		if i < 2 {
			if err := l.Seal(); err != nil {
				t.Fatal(err)
			}
		}
	}
	return l
}

func named(name string) func(*traffic.Flow) { return func(f *traffic.Flow) { f.Name = name } }

func TestTraffic(t *testing.T) {
	t.Parallel()
	var flows []traffic.Flow
	for i := range 900 {
		flows = append(flows, flow(i%9, i, func(f *traffic.Flow) {
			f.Name, f.Country = fmt.Sprintf("n%d.example", i%50), "JP"
			if i%100 == 0 {
				f.Verdict, f.Why = traffic.Blocked, "site:list"
			}
			f.More = i%30 == 29
		}))
	}
	l := logOf(t, flows)
	ask := func(q wire.TrafficQuery) *wire.TrafficAnswer {
		t.Helper()
		a := To(t.Context(), l, &wire.Question{ID: "q", Traffic: &q})
		if a.Failed != "" {
			t.Fatal(a.Failed)
		}
		if err := a.Check(); err != nil {
			t.Fatal(err)
		}
		return a.Traffic
	}
	a := ask(wire.TrafficQuery{MAC: "02:00:00:00:00:03", Limit: 5})
	if a.Found != 100 || len(a.Rows) != 5 || !a.Rows[0].Start.Equal(noticed.Add(894*time.Minute)) || !a.Rows[4].Start.Equal(noticed.Add((894-36)*time.Minute)) || !a.Since.Equal(noticed) {
		t.Errorf("%+v", a)
	}
	if r := a.Rows[0]; r.MAC != "02:00:00:00:00:03" || r.Device != inside(3) || r.Name != "n44.example" || r.Country != "JP" || r.Verdict != "passed" || r.Down != 100 {
		t.Errorf("%+v", r)
	}
	a = ask(wire.TrafficQuery{Name: "n7.example", Sum: wire.SumDevice})
	if a.Found != 9 || len(a.Sums) != 9 || a.Sums[0].Flows != 2 || a.Sums[0].Down != 200 || a.Sums[0].Device == (netip.Addr{}) {
		t.Errorf("%+v", a)
	}
	a = ask(wire.TrafficQuery{From: noticed.Add(time.Hour), To: noticed.Add(2 * time.Hour), Sum: wire.SumName, Limit: 3})
	if a.Found != 50 || len(a.Sums) != 3 || a.Sums[0].Flows != 2 {
		t.Errorf("%+v", a)
	}
	if a = ask(wire.TrafficQuery{Verdict: "blocked", Sum: wire.SumCountry}); len(a.Sums) != 1 || a.Sums[0].Blocked != 9 || a.Sums[0].Key != "JP" {
		t.Errorf("%+v", a)
	}
	for what, q := range map[string]wire.Question{"nothing": {}, "a sum of nonsense": {Traffic: &wire.TrafficQuery{Sum: "nonsense"}}, "no address": {Traffic: &wire.TrafficQuery{MAC: "x"}}, "nobody": {Spread: &wire.SpreadQuery{At: noticed, MAC: "02:00:00:00:00:99"}}} {
		if a := To(t.Context(), l, &q); a.Failed == "" {
			t.Errorf("%s: %+v", what, a)
		}
	}
	if a := To(t.Context(), nil, &wire.Question{Traffic: &wire.TrafficQuery{}}); !strings.Contains(a.Failed, "no traffic log") {
		t.Error(a.Failed)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if a := To(ctx, l, &wire.Question{Traffic: &wire.TrafficQuery{}}); a.Failed == "" {
		t.Error("an answer for nobody")
	}
}

// Device 1 was at a listed site. Device 2 was there, too; 1 then opened 3 over SMB, which
// goes to the same site later on and speaks to 4; 1 and 5 were at a place where nobody else
// goes; everybody fetches updates; 6 does nothing of all that.
func TestSpread(t *testing.T) {
	t.Parallel()
	bad := func(f *traffic.Flow) {
		f.Name, f.Verdict, f.Why = "evil.example", traffic.Blocked, "site:c2"
	}
	smb := func(to int) func(*traffic.Flow) {
		return func(f *traffic.Flow) { f.Peer, f.PeerPort, f.Inside = inside(to), 445, true }
	}
	flows := []traffic.Flow{
		flow(1, -5, bad), flow(2, -300, named("evil.example")), flow(1, -600, smb(7)), flow(1, 10, smb(7)), flow(1, 5, smb(3)), flow(3, 20, bad), flow(3, 25, smb(4)), flow(4, 40, named("update.example")),
		flow(1, 2, named("rare.example")), flow(5, 50, named("rare.example")), flow(8, 3, func(f *traffic.Flow) { smb(1)(f); f.PeerPort = 80 }),
		flow(1, -1200, named("long.ago.example")), flow(6, -1200, named("long.ago.example")),
	}
	for d := 1; d <= 8; d++ {
		flows = append(flows, flow(d, d, named("update.example")))
	}
	for i := range 20 {
		flows = append(flows, flow(1, 30, func(f *traffic.Flow) { smb(100 + i)(f); f.Silent, f.PeerPort = true, 3389 }))
	}
	l := logOf(t, flows)
	a := To(t.Context(), l, &wire.Question{ID: "q", Spread: &wire.SpreadQuery{MAC: "02:00:00:00:00:01", At: noticed, Until: noticed.Add(24 * time.Hour)}})
	if err := a.Check(); err != nil || a.Failed != "" {
		t.Fatal(err, a.Failed)
	}
	g := a.Spread
	var got []string
	name := func(i int) string { return fmt.Sprint(g.Devices[i].Device.As4()[3]) }
	scanned := 0
	for _, e := range g.Edges {
		if e.Kind == wire.EdgeScan && e.Certainty == wire.Certain && name(e.From) == "1" && e.What == "3389 RDP" {
			scanned++
			continue
		}
		got = append(got, fmt.Sprintf("%s>%s %s %s %s", name(e.From), name(e.To), e.Kind, e.Certainty, e.What))
	}
	want := []string{
		"1>2 destination certain evil.example", "1>3 contact suspected 445 SMB", "1>3 destination certain evil.example", "1>3 sign certain site:c2",
		"1>5 destination suspected rare.example", "3>4 contact suspected 445 SMB",
	}
	slices.Sort(got)
	if !slices.Equal(got, want) || scanned != 20 {
		t.Errorf("%d scanned, edges\n%s\nwant\n%s", scanned, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	worst := map[string]wire.Certainty{}
	for i, d := range g.Devices[1:] {
		worst[name(i+1)] = d.Worst
	}
	for d, c := range map[string]wire.Certainty{"2": wire.Certain, "3": wire.Certain, "4": wire.Suspected, "5": wire.Suspected, "6": wire.Unseen, "7": wire.Unseen, "8": wire.Unseen, "105": wire.Certain} {
		if worst[d] != c {
			t.Errorf("device %s is %q, want %q", d, worst[d], c)
		}
	}
	if d := g.Devices[0]; name(0) != "1" || d.Worst != "" || !slices.Equal(d.Signs, []string{"site:c2"}) || d.MAC != "02:00:00:00:00:01" {
		t.Errorf("%+v", d)
	}
	// By its address, and when there was nothing.
	a = To(t.Context(), l, &wire.Question{ID: "q", Spread: &wire.SpreadQuery{Device: inside(6), At: noticed, Until: noticed.Add(time.Hour)}})
	if a.Failed != "" || len(a.Spread.Edges) != 0 || len(a.Spread.Devices) < 5 {
		t.Errorf("%s %+v", a.Failed, a.Spread)
	}
}

// An answer is bounded whatever an office does.
func TestSpreadBounded(t *testing.T) {
	t.Parallel()
	var flows []traffic.Flow
	for i := range 3000 {
		flows = append(flows, flow(1, 1, func(f *traffic.Flow) {
			f.MAC, f.Device = [6]byte{2, 0, 0, 0, byte(i >> 8), byte(i)}, netip.AddrFrom4([4]byte{192, 168, byte(i >> 8), byte(i)})
			f.Name, f.Verdict, f.Why = "evil.example", traffic.Blocked, fmt.Sprintf("rule:%d", i%20)
		}))
	}
	a := To(t.Context(), logOf(t, flows), &wire.Question{ID: "q", Spread: &wire.SpreadQuery{MAC: "02:00:00:00:00:01", At: noticed, Until: noticed.Add(time.Hour)}})
	if err := a.Check(); err != nil || !a.Spread.Cut || len(a.Spread.Devices) != wire.MaxDevices {
		t.Errorf("%v %v %d", err, a.Spread.Cut, len(a.Spread.Devices))
	}
}
