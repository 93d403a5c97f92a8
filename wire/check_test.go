package wire_test

import (
	"encoding/json"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"otasuke/wire"
)

func sample(change ...func(*wire.Event)) *wire.Event {
	e := &wire.Event{ID: "01JDAAAAAAAAAAAAAAAAAAAAAA", Time: time.Date(2026, 11, 21, 5, 5, 0, 0, time.UTC), Kind: wire.KindIPS,
		Verdict: wire.VerdictBlocked, Direction: wire.Outbound, Device: wire.Device{MAC: "02:00:00:00:00:01", Addr: netip.MustParseAddr("192.0.2.10")},
		Flow: wire.Flow{Proto: "TCP", Src: netip.MustParseAddr("192.0.2.10"), SrcPort: 50000, Dst: netip.MustParseAddr("2001:db8::5"), DstPort: 443},
		Rule: &wire.Rule{GID: 1, SID: 2000001, Rev: 3, Msg: "ET MALWARE beacon", Mitre: []string{"T1071.001"}}}
	for _, f := range change {
		f(e)
	}
	return e
}

func health(change ...func(*wire.Health)) *wire.Event {
	h := &wire.Health{Software: "1.0", Parts: map[string]wire.State{"inspection": wire.StateDown}, Note: "engine-died"}
	for _, f := range change {
		f(h)
	}
	return &wire.Event{ID: sample().ID, Time: sample().Time, Kind: wire.KindHealth, Health: h}
}

func usage(change ...func(*wire.Usage)) *wire.Event {
	u := &wire.Usage{Since: sample().Time, Period: 60, Apps: []wire.AppUse{{App: "chatgpt", Category: "ai", Up: 5000, Down: 70000, Minutes: 12, Flows: 9, Blocked: 1}, {Up: 1}}}
	for _, f := range change {
		f(u)
	}
	return &wire.Event{ID: sample().ID, Time: sample().Time, Kind: wire.KindUsage, Device: sample().Device, Usage: u}
}

func TestEventCheck(t *testing.T) {
	t.Parallel()
	f := func(what string, e *wire.Event, ok bool) {
		t.Helper()
		err := e.Check()
		if (err == nil) != ok {
			t.Errorf("%s: %v", what, err)
		}
		if err != nil && len(err.Error()) > 80 {
			t.Errorf("%s: the reason has %d bytes: %v", what, len(err.Error()), err)
		}
	}
	type E = *wire.Event
	long, longWord := strings.Repeat("x", wire.MaxText+1), strings.Repeat("x", wire.MaxWord+1)
	f("ips", sample(), true)
	f("site", sample(func(e E) { e.Kind, e.Rule, e.Site = wire.KindSite, nil, &wire.Site{Name: "evil.example", Layer: "dns"} }), true)
	f("virus", sample(func(e E) {
		e.Kind, e.Rule, e.File = wire.KindVirus, nil, &wire.File{Virus: "Eicar", SHA256: strings.Repeat("a", 64)}
	}), true)
	f("health", health(), true)
	type U = *wire.Usage
	f("usage", usage(), true)
	f("usage of nobody", func() E { e := usage(); e.Device = wire.Device{}; return e }(), true)
	f("usage without usage", func() E { e := usage(); e.Usage = nil; return e }(), false)
	f("usage of no time", usage(func(u U) { u.Since = time.Time{} }), false)
	f("usage of no minutes", usage(func(u U) { u.Period = 0 }), false)
	f("usage of a month", usage(func(u U) { u.Period = wire.MaxPeriod + 1 }), false)
	f("too many applications", usage(func(u U) { u.Apps = make([]wire.AppUse, wire.MaxApps+1) }), false)
	f("application's id", usage(func(u U) { u.Apps[0].App = longWord }), false)
	f("application's category", usage(func(u U) { u.Apps[0].Category = longWord }), false)
	f("application's name", usage(func(u U) { u.Apps[0].Name = long }), false)
	f("bytes that overflow", usage(func(u U) { u.Apps[0].Up = 1 << 63 }), false)
	f("bytes received that overflow", usage(func(u U) { u.Apps[1].Down = 1 << 63 }), false)
	f("more stopped than there were", usage(func(u U) { u.Apps[0].Blocked = 10 }), false)
	f("minutes that were not", usage(func(u U) { u.Apps[0].Minutes = 61 }), false)
	f("negative minutes", usage(func(u U) { u.Apps[0].Minutes = -1 }), false)
	f("usage beside a rule", func() E { e := sample(); e.Usage = &wire.Usage{}; return e }(), false)
	appeal := func(change ...func(*wire.Appeal)) *wire.Event {
		a := &wire.Appeal{What: "shop.example", Category: "phishing", List: "feed", Reason: "work"}
		for _, f := range change {
			f(a)
		}
		return sample(func(e E) { e.Kind, e.Rule, e.Appeal, e.Verdict = wire.KindAppeal, nil, a, wire.VerdictPassed })
	}
	f("appeal", appeal(), true)
	f("appeal about nothing", appeal(func(a *wire.Appeal) { a.What = "" }), false)
	f("appeal without itself", sample(func(e E) { e.Kind = wire.KindAppeal }), false)
	f("appeal's name", appeal(func(a *wire.Appeal) { a.What = long }), false)
	f("appeal's list", appeal(func(a *wire.Appeal) { a.List = long }), false)
	f("appeal's category", appeal(func(a *wire.Appeal) { a.Category = longWord }), false)
	f("appeal's reason", appeal(func(a *wire.Appeal) { a.Reason = longWord }), false)
	f("ports 0", sample(func(e E) { e.Flow.SrcPort, e.Flow.DstPort = 0, 0 }), true)
	f("direction is not known", sample(func(e E) { e.Direction = "" }), true)
	f("any character in a text", sample(func(e E) { e.URL = "evil.example/\x00\u202e\xff\n" }), true)
	f("longest text", sample(func(e E) { e.URL = long[1:] }), true)

	f("no id", sample(func(e E) { e.ID = "" }), false)
	f("id with NUL", sample(func(e E) { e.ID = strings.Repeat("\x00", 26) }), false)
	f("id of other letters", sample(func(e E) { e.ID = strings.Repeat("é", 13) }), false)
	f("no time", sample(func(e E) { e.Time = time.Time{} }), false)
	f("unknown kind", sample(func(e E) { e.Kind = wire.Kind(long) }), false)
	f("ips without a rule", sample(func(e E) { e.Rule = nil }), false)
	f("rule without a number", sample(func(e E) { e.Rule.SID = 0 }), false)
	f("site without a name", sample(func(e E) { e.Kind, e.Site = wire.KindSite, &wire.Site{} }), false)
	f("virus without a name", sample(func(e E) { e.Kind, e.File = wire.KindVirus, &wire.File{Name: "a.zip"} }), false)
	f("health without health", sample(func(e E) { e.Kind = wire.KindHealth }), false)
	f("no verdict", sample(func(e E) { e.Verdict = "" }), false)
	f("unknown direction", sample(func(e E) { e.Direction = "sideways" }), false)
	f("no source", sample(func(e E) { e.Flow.Src = netip.Addr{} }), false)
	f("source with a zone", sample(func(e E) { e.Flow.Src = netip.MustParseAddr("fe80::1%a\x00b") }), false)
	f("device with a zone", sample(func(e E) { e.Device.Addr = netip.MustParseAddr("fe80::1%" + long) }), false)
	f("zone in a health event", func() E { e := health(); e.Device.Addr = netip.MustParseAddr("fe80::1%a"); return e }(), false)
	f("rule's text", sample(func(e E) { e.Rule.Msg = long }), false)
	f("rule's family", sample(func(e E) { e.Rule.Family = long }), false)
	f("technique", sample(func(e E) { e.Rule.Mitre[0] = longWord }), false)
	f("techniques", sample(func(e E) { e.Rule.Mitre = make([]string, wire.MaxMitre+1) }), false)
	f("protocol", sample(func(e E) { e.Flow.Proto = longWord }), false)
	f("hardware address", sample(func(e E) { e.Device.MAC = longWord }), false)
	f("list", sample(func(e E) { e.Site = &wire.Site{List: long} }), false)
	f("file name", sample(func(e E) { e.File = &wire.File{Name: long} }), false)
	f("file size", sample(func(e E) { e.File = &wire.File{Size: -1} }), false)
	f("text in a health event", func() E { e := health(); e.URL = long; return e }(), false)
	f("note", health(func(h *wire.Health) { h.Note = long }), false)
	f("negative count", health(func(h *wire.Health) { h.Pending = -1 }), false)
	f("unknown state", health(func(h *wire.Health) { h.Parts["virus"] = "tired" }), true)
	f("state", health(func(h *wire.Health) { h.Parts["virus"] = wire.State(longWord) }), false)
	f("part's name", health(func(h *wire.Health) { h.Parts[longWord] = wire.StateOK }), false)
	f("too many parts", health(func(h *wire.Health) {
		for i := range wire.MaxParts + 1 {
			h.Parts[strings.Repeat("x", i)] = wire.StateOK
		}
	}), false)
	f("broken health beside a rule", sample(func(e E) { e.Health = &wire.Health{Uptime: -1} }), false)
}

func TestClaimCheck(t *testing.T) {
	t.Parallel()
	if err := (&wire.ClaimRequest{Code: "7K2M-9QXA-RT4H-W3ZC", Model: "OT-1"}).Check(); err != nil {
		t.Error(err)
	}
	for _, c := range []wire.ClaimRequest{{Code: strings.Repeat("x", wire.MaxText+1)}, {Model: strings.Repeat("x", wire.MaxText+1)},
		{CSR: strings.Repeat("x", wire.MaxCSR+1)}} {
		if c.Check() == nil {
			t.Errorf("accepted a claim of %d, %d and %d bytes", len(c.Code), len(c.Model), len(c.CSR))
		}
	}
}

func TestCheckVersion(t *testing.T) {
	t.Parallel()
	for _, v := range []int{wire.OldestVersion - 1, wire.OldestVersion, wire.Version, wire.Version + 1, -1} {
		ok := v >= wire.OldestVersion && v <= wire.Version
		err := wire.CheckVersion(v)
		var told *wire.Error
		if (err == nil) != ok || err != nil && (!errors.As(err, &told) || told.Code != "version" || told.Message == "") {
			t.Errorf("version %d: %v", v, err)
		}
	}
}

// FuzzMessages: whatever can be decoded and passes the checks is within the limits,
// and means the same after it went over the line once more.
func FuzzMessages(f *testing.F) {
	add := func(v any) {
		text, err := json.Marshal(v)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	add(wire.Batch{Version: wire.Version, Events: []wire.Event{*sample(), *health(), *usage()}})
	add(wire.ClaimRequest{Version: wire.Version, Code: "7K2M-9QXA-RT4H-W3ZC", CSR: "-----BEGIN CERTIFICATE REQUEST-----", Model: "OT-1"})
	add(wire.Heartbeat{Version: wire.Version, Health: *health().Health})
	f.Add([]byte(`{"events":[{"id":"01JDAAAAAAAAAAAAAAAAAAAAAA","flow":{"src":"fe80::1%\u0000"}}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var batch wire.Batch
		if json.Unmarshal(text, &batch) == nil {
			for i := range batch.Events {
				if e := &batch.Events[i]; e.Check() == nil {
					again(t, e)
				}
			}
		}
		var claim wire.ClaimRequest
		if json.Unmarshal(text, &claim) == nil && claim.Check() == nil && len(claim.CSR) > wire.MaxCSR {
			t.Error("a long request passed")
		}
		var beat wire.Heartbeat
		if json.Unmarshal(text, &beat) == nil && beat.Check() == nil && len(beat.Health.Parts) > wire.MaxParts {
			t.Error("too many parts passed")
		}
	})
}

func again(t *testing.T, e *wire.Event) {
	t.Helper()
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatalf("a checked event cannot be written: %v", err)
	}
	var back wire.Event
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if err := back.Check(); err != nil || back.ID != e.ID || !back.Time.Equal(e.Time) || back.Flow != e.Flow {
		t.Errorf("%s came back as %+v (%v)", text, back, err)
	}
}
