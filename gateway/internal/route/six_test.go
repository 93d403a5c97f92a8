package route

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"otasuke/e2e/lab"
	"otasuke/gateway/internal/route/prefix"
	"otasuke/wire"
)

// told is what a PC has heard of IPv6.
type told struct {
	Local     netip.Addr `json:"local"`
	Scope     string     `json:"scope"`
	Preferred uint32     `json:"preferred_life_time"`
	Valid     uint32     `json:"valid_life_time"`
}

// office is a box with a PC behind it, and a line without anybody.
type office struct {
	t             *testing.T
	line, box, pc *lab.Namespace
}

func (o *office) run(n *lab.Namespace, args ...string) string {
	o.t.Helper()
	out, code, err := n.Run(o.t.Context(), args[0], args[1:]...)
	if err != nil || code != 0 {
		o.t.Fatalf("%v: %s %v", args, out, err)
	}
	return string(out)
}

// addresses are those of a port that are good everywhere.
func (o *office) addresses(n *lab.Namespace, port string) map[string]told {
	o.t.Helper()
	var list []struct {
		Info []told `json:"addr_info"`
	}
	if err := json.Unmarshal([]byte(o.run(n, "ip", "-j", "-6", "addr", "show", "dev", port, "scope", "global", "-tentative")), &list); err != nil {
		o.t.Fatal(err)
	}
	all := map[string]told{}
	for _, i := range list {
		for _, a := range i.Info {
			if a.Local.IsValid() {
				all[netip.PrefixFrom(a.Local, 64).Masked().String()] = a
			}
		}
	}
	return all
}

// until waits for what a PC has; want is "in use", "leaving" or "" of each network.
func (o *office) until(what string, want map[string]string, routed bool) {
	o.t.Helper()
	var seen map[string]told
	var routes string
	for end := time.Now().Add(40 * time.Second); time.Now().Before(end); {
		seen, routes = o.addresses(o.pc, "eth0"), o.run(o.pc, "ip", "-6", "route", "show", "default")
		good := len(seen) == len(want) && (routes != "") == routed
		for net, how := range want {
			a, ok := seen[net]
			good = good && ok && (a.Preferred > 0) == (how == "in use")
		}
		if good {
			return
		}
	}
	o.t.Fatalf("%s: the PC has %+v, and its way out is %q", what, seen, routes)
}

func lease(p string) *prefix.Lease {
	return &prefix.Lease{Prefix: netip.MustParsePrefix(p), Preferred: 10 * time.Minute, Valid: 4 * time.Hour}
}

// What the line gives reaches a PC by the real dnsmasq, another network takes its place, also when
// dnsmasq is started anew in between, and what is taken back leaves the PC without a way out.
func TestSix(t *testing.T) {
	if err := lab.Available(); err != nil {
		t.Skipf("no lab on this machine: %v", err)
	}
	if _, err := os.Stat(sixSettings); err != nil {
		t.Skip("this kernel has no IPv6")
	}
	if _, err := exec.LookPath("dnsmasq"); err != nil {
		t.Skipf("no dnsmasq here (package dnsmasq-base): %v", err)
	}
	o := &office{t: t}
	for name, n := range map[string]**lab.Namespace{"line": &o.line, "box": &o.box, "pc": &o.pc} {
		made, err := lab.NewNamespace(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { made.Close() })
		*n = made
	}
	for _, err := range []error{lab.Cable(o.line, "eth0", o.box, "wan", 1), lab.Cable(o.pc, "eth0", o.box, "lan", 2)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	c := &Config{Outside: "wan", Inside: "lan", Address: netip.MustParsePrefix("192.168.77.1/24")}
	for range 2 {
		if err := o.box.Do(func() error { return Up(c) }); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s := &six{c: c, path: filepath.Join(dir, "prefix.json"), log: slog.New(slog.DiscardHandler)}
	use := func(l *prefix.Lease) {
		t.Helper()
		if err := o.box.Do(func() error { return s.use(l) }); err != nil {
			t.Fatal(err)
		}
	}
	serve := func() (stop func()) {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			done <- o.box.Visit(func() error { return masq(ctx, c, dir, func() []netip.Addr { return nil }, s.log) })
		}()
		return func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	}
	state := func(want wire.State) {
		t.Helper()
		_ = o.box.Do(func() error {
			if got := c.Six(); got != want {
				t.Errorf("the box says %q of its IPv6, want %q", got, want)
			}
			return nil
		})
	}
	stop := serve()
	state("")
	use(lease("2001:db8:aa00::/56"))
	state(wire.StateOK)
	o.until("a network", map[string]string{"2001:db8:aa00::/64": "in use"}, true)
	if routes := o.run(o.box, "ip", "-6", "route"); !strings.Contains(routes, "unreachable 2001:db8:aa00::/56") {
		t.Errorf("what is not used goes back to the line:\n%s", routes)
	}
	use(lease("2001:db8:bb00::/64"))
	o.until("another one", map[string]string{"2001:db8:aa00::/64": "leaving", "2001:db8:bb00::/64": "in use"}, true)
	stop()
	use(lease("2001:db8:cc00::/60"))
	stop = serve()
	defer func() { stop() }()
	o.until("another one while nobody tells it", map[string]string{"2001:db8:aa00::/64": "leaving", "2001:db8:bb00::/64": "leaving", "2001:db8:cc00::/64": "in use"}, true)
	if valid := o.addresses(o.box, "lan")["2001:db8:bb00::/64"].Valid; valid > uint32(oldTime.Seconds()) {
		t.Errorf("an old network stays for %d s", valid)
	}
	rules, routes := o.run(o.box, "nft", "list", "ruleset"), o.run(o.box, "ip", "-6", "route")
	if !strings.Contains(rules, "ip6 saddr 2001:db8:cc00::/64 accept") || strings.Contains(rules, "2001:db8:bb00") || strings.Contains(routes, "unreachable 2001:db8:aa00::/56") {
		t.Errorf("rules and routes of before:\n%s%s", rules, routes)
	}
	use(nil)
	state("")
	o.until("taken back", map[string]string{"2001:db8:aa00::/64": "leaving", "2001:db8:bb00::/64": "leaving", "2001:db8:cc00::/64": "leaving"}, false)
	if left := o.addresses(o.box, "lan"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// What a router says is on the cable counts, with an address of it or without; what goes another way,
// is good on the cable alone, or would take half the world for the office, does not.
func TestTold(t *testing.T) {
	if err := lab.Available(); err != nil {
		t.Skipf("no lab on this machine: %v", err)
	}
	if _, err := os.Stat(sixSettings); err != nil {
		t.Skip("this kernel has no IPv6")
	}
	o := &office{t: t}
	for name, n := range map[string]**lab.Namespace{"line": &o.line, "box": &o.box} {
		made, err := lab.NewNamespace(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { made.Close() })
		*n = made
	}
	if err := lab.Cable(o.line, "eth0", o.box, "wan", 1); err != nil {
		t.Fatal(err)
	}
	for _, args := range []string{"addr add 2001:db8:2::5/64 dev wan nodad", "addr add 2001:db8:3::7/128 dev wan nodad", "addr add 198.51.100.5/24 dev wan",
		"route add 2001:db8:1::/64 dev wan", "route add 2000::/3 dev wan", "route add 2001:db8:4::/64 via 2001:db8:2::1 dev wan", "route add default via 2001:db8:2::1 dev wan"} {
		o.run(o.box, strings.Fields("ip "+args)...)
	}
	var got []netip.Prefix
	_ = o.box.Do(func() error { got = Told("wan"); return nil })
	if want := []netip.Prefix{netip.MustParsePrefix("2001:db8:1::/64"), netip.MustParsePrefix("2001:db8:2::/64")}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	for i := range 3 * maxTold {
		o.run(o.box, "ip", "route", "add", fmt.Sprintf("2001:db8:9:%x::/64", i), "dev", "wan")
	}
	if _ = o.box.Do(func() error { got = Told("wan"); return nil }); len(got) != maxTold {
		t.Errorf("%d networks", len(got))
	}
	_ = o.box.Do(func() error { got = Told("not there"); return nil })
	if len(got) != 0 {
		t.Errorf("of no port: %v", got)
	}
}
