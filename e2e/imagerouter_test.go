package e2e

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"otasuke/e2e/lab"
)

// router makes the box the office's router by its settings alone: the office has addresses, names and
// its line by the box, is protected, and nobody reaches it from outside.
func (m *machine) router(t *testing.T) {
	until(t, "the box can be asked", bootWithin, m.connect)
	ports := strings.Fields(m.must("for p in /sys/class/net/br-otasuke/brif/*; do echo $(cat $p/port_no) ${p##*/}; done | sort | cut -d' ' -f2"))
	if len(ports) != 2 {
		t.Fatalf("ports %v", ports)
	}
	m.put(strings.Replace(m.settings, `["auto"]`, fmt.Sprintf("[%q, %q]", ports[0], ports[1]), 1) + "mode = \"router\"\n")
	m.must("systemctl unmask otasuke-gateway && sync")
	m.restart(t)
	for _, args := range [][]string{{"addr", "flush", "dev", "eth0"}, {"addr", "add", "192.168.77.9/24", "dev", "eth0"}, {"route", "add", "default", "via", "192.168.77.1"}} {
		ran(t, m.PC1, "ip", args...)
	}
	until(t, "the office reaches the internet by the router", bootWithin, m.line)
	t.Logf("restart to a line by the router: %s", m.since())
	until(t, "the router protects", bootWithin, m.protects)
	t.Logf("restart to protection by the router: %s", m.since())
	if addr := leased(t, m.PC2); !strings.HasPrefix(addr, "192.168.77.") {
		t.Errorf("a PC gets %s", addr)
	}
	names := net.Resolver{PreferGo: true, StrictErrors: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return m.PC1.Dial(ctx, "udp", "192.168.77.1:53")
	}}
	if a, err := names.LookupNetIP(t.Context(), "ip4", lab.GoodName+"."); err != nil || len(a) != 1 || a[0].String() != lab.Good {
		t.Errorf("names: %v %v", a, err)
	}
	if !opens(t, m.PC1, "192.168.77.1:80", 20*time.Second) {
		t.Error("the box has no page for the office")
	}
	for _, addr := range []string{boxLease, portLease} {
		for _, port := range []string{"22", "53", "80"} {
			if opens(t, m.Internet, addr+":"+port, 2*time.Second) {
				t.Errorf("port %s is open from outside", port)
			}
		}
	}
}
