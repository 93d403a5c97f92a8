package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"otasuke/e2e/lab"
)

// Addresses of the line and of the internet (RFC 3849), and what the line gives offices.
const (
	line6    = "2001:db8:ffff::1"
	server6  = "2001:db8:f00d::10"
	office6  = "2001:db8:aa00::/48"
	another6 = "2001:db8:bb00::/48"
)

// line makes the line one of IPv6: its router advertises itself, and there is a server behind it.
func line(t *testing.T, l *lab.Lab) {
	t.Helper()
	for _, args := range [][]string{{"-6", "addr", "add", line6 + "/64", "dev", "eth0", "nodad"}, {"-6", "addr", "add", server6 + "/128", "dev", "lo", "nodad"}} {
		ran(t, l.Internet, "ip", args...)
	}
	// Who is no router says so to its neighbours, who then go another way (RFC 4861 section 7.2.5).
	if err := l.Internet.Do(func() error { return os.WriteFile("/proc/sys/net/ipv6/conf/all/forwarding", []byte("1\n"), 0o644) }); err != nil {
		t.Skipf("no IPv6 here: %v", err)
	}
	router(t, l.Internet, "--enable-ra", "--dhcp-range=2001:db8:ffff::,ra-only,64", "--ra-param=eth0,4,1800")
}

// ran is what a command prints that must not fail.
func ran(t *testing.T, n *lab.Namespace, name string, args ...string) string {
	t.Helper()
	out, code, err := n.Run(t.Context(), name, args...)
	if err != nil || code != 0 {
		t.Fatalf("%s %v: %s %v", name, args, out, err)
	}
	return string(out)
}

// delegates starts a DHCPv6 server at the line's router that gives networks of a pool, until stop. It
// forgets those that another one gave.
func delegates(t *testing.T, l *lab.Lab, pool string) (stop func()) {
	t.Helper()
	dir, p := t.TempDir(), netip.MustParsePrefix(pool)
	linkLocal(t, l.Internet, "eth0")
	conf := filepath.Join(dir, "kea.conf")
	text := fmt.Sprintf(`{"Dhcp6": {"interfaces-config": {"interfaces": ["eth0"]}, "data-directory": %[1]q, "lease-database": {"type": "memfile", "name": "%[1]s/leases"},
"preferred-lifetime": 40, "valid-lifetime": 60, "renew-timer": 3, "rebind-timer": 8, "loggers": [{"name": "kea-dhcp6", "severity": "INFO", "output_options": [{"output": "%[1]s/log"}]}],
"subnet6": [{"id": 1, "subnet": "2001:db8:ffff::/64", "interface": "eth0", "pd-pools": [{"prefix": %[2]q, "prefix-len": %[3]d, "delegated-len": 56}]}]}}`, dir, p.Addr(), p.Bits())
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("kea-dhcp6", "-c", conf)
	cmd.Env = append(os.Environ(), "KEA_PIDFILE_DIR="+dir, "KEA_LOCKFILE_DIR="+dir)
	if err := l.Internet.Start(cmd); err != nil {
		t.Skipf("no DHCPv6 server here (package kea-dhcp6-server): %v", err)
	}
	stop = func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }
	t.Cleanup(func() {
		stop()
		if t.Failed() {
			t.Logf("DHCPv6 server of %s: %s", pool, everything(t, filepath.Join(dir, "log")))
		}
	})
	return stop
}

// address6 is an address that a host has on a cable.
type address6 struct {
	Local      netip.Addr `json:"local"`
	Scope      string     `json:"scope"`
	Deprecated bool       `json:"deprecated"`
	Tentative  bool       `json:"tentative"`
	Preferred  uint32     `json:"preferred_life_time"`
}

// addresses6 are those of a port.
func addresses6(t *testing.T, n *lab.Namespace, port string) (all []address6) {
	t.Helper()
	var list []struct {
		Info []address6 `json:"addr_info"`
	}
	if err := json.Unmarshal([]byte(ran(t, n, "ip", "-j", "-6", "addr", "show", "dev", port)), &list); err != nil {
		t.Fatal(err)
	}
	for _, i := range list {
		all = append(all, i.Info...)
	}
	return all
}

// hasOf waits until a host has an address of a network in use, and nothing else that is.
func hasOf(t *testing.T, n *lab.Namespace, port, network string) string {
	t.Helper()
	var seen []address6
	for end := time.Now().Add(40 * time.Second); time.Now().Before(end); {
		seen = addresses6(t, n, port)
		var got string
		others := 0
		for _, a := range seen {
			switch {
			case a.Scope != "global" || a.Tentative || a.Deprecated:
			case netip.MustParsePrefix(network).Contains(a.Local):
				got = a.Local.String()
			default:
				others++
			}
		}
		if got != "" && others == 0 {
			return got
		}
	}
	t.Fatalf("%s has no address of %s alone: %+v", n.Name, network, seen)
	return ""
}

// linkLocal is the address that a port has on its cable, once it is sure of it.
func linkLocal(t *testing.T, n *lab.Namespace, port string) string {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		for _, a := range addresses6(t, n, port) {
			if a.Scope == "link" && !a.Tentative {
				return a.Local.String()
			}
		}
	}
	t.Fatalf("%s has no link-local address at %s", n.Name, port)
	return ""
}

// The office of a router box has IPv6 where the line hands out a network: addresses and names come by
// themselves, all is inspected, nobody outside begins anything, with or without the program, and
// another network of the line takes the place of the one before.
func TestRouter6(t *testing.T) {
	l := newLab(t)
	serveAll(t, l.Internet)
	line(t, l)
	stop := delegates(t, l, office6)
	pc := l.PC2
	ear, err := pc.Overhear("eth0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ear.Close() })
	b := startIn(t, l, pathRules, "mode = \"router\"\nmanagement = \"192.168.1.9/24\"\nmanagement_gateway = \"192.168.1.1\"\nmanagement_dns = [\"192.168.1.1\"]\npage = \"off\"\n"+pathLists, nil)
	for _, net := range []string{office6, another6} { // the line knows the way to whom it gives a network
		ran(t, l.Internet, "ip", "-6", "route", "add", net, "via", linkLocal(t, l.Box, lab.OutsidePort), "dev", "eth0")
	}
	addr := hasOf(t, pc, "eth0", office6)
	hasOf(t, l.Box, lab.OutsidePort, "2001:db8:ffff::/64")
	resolver := namesBy(t, ear)
	if got := linkLocal(t, l.Box, lab.InsidePort); resolver.String() != got {
		t.Errorf("names are asked of %s, want %s", resolver, got)
	}
	inspected(t, pc, line6) // a server at all addresses answers from the nearest
	carries(t, pc, server6)
	names := net.Resolver{PreferGo: true, StrictErrors: true, Dial: dialer(pc, net.JoinHostPort(resolver.String()+"%eth0", "53"))}
	if a, err := names.LookupNetIP(t.Context(), "ip4", "harmless.example."); err != nil || len(a) != 1 {
		t.Errorf("names by IPv6: %v %v", a, err)
	}
	notFound(t, &names, "the box itself, by IPv6")
	listens(t, pc, "7000")
	listens(t, l.Box, "80", "22")
	refused := func(when string) {
		t.Helper()
		at := []string{net.JoinHostPort(addr, "7000")}
		for _, port := range []string{lab.InsidePort, lab.OutsidePort} {
			for _, a := range addresses6(t, l.Box, port) {
				if a.Scope == "global" {
					at = append(at, net.JoinHostPort(a.Local.String(), "80"), net.JoinHostPort(a.Local.String(), "22"), net.JoinHostPort(a.Local.String(), "53"))
				}
			}
		}
		if len(at) != 7 {
			t.Errorf("%s: addresses of the box: %v", when, at)
		}
		for _, a := range append(at, net.JoinHostPort(linkLocal(t, l.Box, lab.OutsidePort)+"%eth0", "80")) {
			if opens(t, l.Internet, a, time.Second) {
				t.Errorf("%s: %s is open from outside", when, a)
			}
		}
	}
	refused("with the box")
	inside := net.JoinHostPort(netip.MustParsePrefix(addr+"/64").Masked().Addr().Next().String(), "80")
	if !opens(t, pc, inside, 5*time.Second) || opens(t, pc, strings.TrimSuffix(inside, "80")+"22", time.Second) {
		t.Error("inside the page is not open, or SSH is")
	}
	// A program that is killed takes nothing with it, and the next one goes on.
	_ = b.cmd.Process.Kill()
	b.stop()
	t.Cleanup(func() { // what it had started goes on, too
		text, _ := os.ReadFile(filepath.Join(filepath.Dir(b.eve), "router", "dnsmasq.pid"))
		if id, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil {
			_ = syscall.Kill(id, syscall.SIGKILL)
		}
	})
	carries(t, pc, server6)
	refused("without the box")
	next := exec.Command(b.cmd.Path, b.cmd.Args[1:]...)
	next.Stderr = b.log
	if err := l.Box.Start(next); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = next.Process.Signal(syscall.SIGTERM)
		_ = next.Wait()
		if t.Failed() {
			t.Log("box:", b.log.all())
		}
	})
	b.log.await(t, "the engine is inspecting", 2)
	b.log.await(t, "the line has given the office a network of IPv6", 2)
	if again := hasOf(t, pc, "eth0", office6); again != addr {
		t.Errorf("the PC has %s after a start, before %s", again, addr)
	}
	if said := b.log.all(); strings.Contains(said, "dnsmasq ended") {
		t.Error("the dnsmasq of before is in the way")
	}
	// The line gives another network.
	stop()
	delegates(t, l, another6)
	hasOf(t, pc, "eth0", another6)
	inspected(t, pc, line6)
	carries(t, pc, server6)
	var told bool
	for line := range strings.Lines(everything(t, b.eve)) {
		told = told || strings.Contains(line, `"signature":"forbidden"`) && strings.Contains(line, `"dest_ip":"2001:0db8:ffff`) && strings.Contains(line, `"direction":"outbound"`)
	}
	if !told {
		t.Error("no alert says that the office began it")
	}
}

// dialer goes from a host to one address.
func dialer(n *lab.Namespace, at string) func(ctx context.Context, network, _ string) (net.Conn, error) {
	return func(ctx context.Context, network, _ string) (net.Conn, error) { return n.Dial(ctx, network, at) }
}

// namesBy waits for whom an advertisement names for names (RFC 8106 section 5.1).
func namesBy(t *testing.T, ear *lab.Ear) (server netip.Addr) {
	t.Helper()
	ear.Until(20*time.Second, func(f []byte) bool {
		ra, ok := gopacket.NewPacket(f, layers.LayerTypeEthernet, gopacket.Default).Layer(layers.LayerTypeICMPv6RouterAdvertisement).(*layers.ICMPv6RouterAdvertisement)
		if !ok {
			return false
		}
		for _, o := range ra.Options {
			if o.Type == 25 && len(o.Data) >= 22 {
				server = netip.AddrFrom16([16]byte(o.Data[6:22]))
			}
		}
		return server.IsValid()
	})
	return server
}

// A line with IPv6 that has no network for the office: it is said, and the office goes by IPv4.
// notFound asks for a name that is on a list: the box answers that there is none.
func notFound(t *testing.T, names *net.Resolver, by string) {
	t.Helper()
	var none *net.DNSError
	if a, err := names.LookupNetIP(t.Context(), "ip4", "blocked.example."); !errors.As(err, &none) || !none.IsNotFound {
		t.Errorf("a dangerous name asked of %s: %v %v", by, a, err)
	}
}

func TestRouter6None(t *testing.T) {
	l := newLab(t)
	serveAll(t, l.Internet)
	line(t, l)
	b := startIn(t, l, pathRules, "mode = \"router\"\nmanagement = \"192.168.1.9/24\"\nmanagement_gateway = \"192.168.1.1\"\nmanagement_dns = [\"192.168.1.1\"]\n"+pathLists, nil)
	pc := l.PC2
	addr := leased(t, pc)
	for _, args := range [][]string{{"addr", "flush", "dev", "eth0"}, {"addr", "add", addr + "/24", "dev", "eth0"}, {"route", "add", "default", "via", "192.168.77.1"}} {
		ran(t, pc, "ip", args...)
	}
	b.log.await(t, "it goes by IPv4 alone", 1)
	carries(t, pc, lab.Router)
	at(t, pc).until("http://192.168.77.1/?lang=ja", "この回線のIPv6は使っていません")
	for _, network := range []string{"udp", "tcp"} {
		names := net.Resolver{PreferGo: true, StrictErrors: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return pc.Dial(ctx, network, "192.168.77.1:53")
		}}
		if a, err := names.LookupNetIP(t.Context(), "ip4", "harmless.example."); err != nil || len(a) != 1 {
			t.Errorf("names by %s: %v %v", network, a, err)
		}
		notFound(t, &names, "the box itself by "+network)
	}
	for _, a := range addresses6(t, pc, "eth0") {
		if a.Scope == "global" {
			t.Errorf("the PC has %s", a.Local)
		}
	}
}
