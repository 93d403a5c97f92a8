package route

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The rules and the configuration that the tools are given.
func TestTexts(t *testing.T) {
	t.Parallel()
	c := &Config{Outside: "wan0", Inside: "lan0", Address: netip.MustParsePrefix("10.20.30.1/16"), SSH: true, Forwards: []Forward{
		{Port: 8443, To: netip.MustParseAddrPort("10.20.30.9:443")},
		{Protocol: "udp", Port: 5060, To: netip.MustParseAddrPort("10.20.1.2:5060"), From: []netip.Prefix{netip.MustParsePrefix("198.51.100.7/24"), netip.MustParsePrefix("203.0.113.9/32")}},
	}}
	if err := c.CheckForwards(); err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]string{"router.rules": Rules(c), "router6.rules": Rules6(c, []netip.Prefix{netip.MustParsePrefix("2001:db8:aa00::1/64"), netip.MustParsePrefix("fd00:1::/64")}),
		"none6.rules": Rules6(&Config{Outside: "wan0", Inside: "lan0"}, nil), "dnsmasq.conf": c.conf("/s/router", "dnsmasq", []netip.Addr{netip.MustParseAddr("192.0.2.53"), netip.MustParseAddr("2001:db8::53")}, []netip.Prefix{netip.MustParsePrefix("2001:db8:9::/64")})} {
		want, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s: got\n%s", name, got)
		}
	}
}

// What is written wrong about a port is said before anything is opened.
func TestForwardErrors(t *testing.T) {
	t.Parallel()
	to := netip.MustParseAddrPort("192.168.77.9:443")
	for name, tt := range map[string]struct {
		f    []Forward
		want string
	}{
		"protocol":       {[]Forward{{Protocol: "sctp", Port: 1, To: to}}, `protocol = "sctp"`},
		"no port":        {[]Forward{{To: to}}, `for example port = 8443 and to = "192.168.77.2:443"`},
		"no target":      {[]Forward{{Port: 1}}, "need a port each"},
		"another net":    {[]Forward{{Port: 1, To: netip.MustParseAddrPort("192.168.1.9:443")}}, "no host of the inside, 192.168.77.0/24"},
		"the box itself": {[]Forward{{Port: 1, To: netip.MustParseAddrPort("192.168.77.1:80")}}, "no host of the inside"},
		"twice":          {[]Forward{{Port: 1, To: to}, {Protocol: "tcp", Port: 1, To: to}}, "tcp port 1 stands there twice"},
		"IPv6":           {[]Forward{{Port: 1, To: to, From: []netip.Prefix{netip.MustParsePrefix("2001:db8::/32")}}}, "over IPv4 alone"},
		"two of a port":  {[]Forward{{Port: 1, To: to}, {Protocol: "udp", Port: 1, To: to}}, ""},
	} {
		err := (&Config{Address: netip.MustParsePrefix("192.168.77.1/24"), Forwards: tt.f}).CheckForwards()
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
