package group

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"otasuke/rule"
)

func TestAddresses(t *testing.T) {
	t.Parallel()
	vars := map[string]string{"HOME": "[10.0.0.0/8,192.168.0.0/16,2001:db8::/32]", "OUT": "!$HOME", "LOOP": "[$LOOP]"}
	check := func(text string, in, out []string) {
		t.Helper()
		p := &Reader{Vars: vars}
		s, err := p.Addrs(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			return
		}
		for want, list := range map[bool][]string{true: in, false: out} {
			for _, a := range list {
				if got := s.Contains(netip.MustParseAddr(a)); got != want {
					t.Errorf("%s contains %s: %v, want %v", text, a, got, want)
				}
			}
		}
	}
	check("any", []string{"0.0.0.0", "255.255.255.255", "::", "ffff::1"}, nil)
	check("10.1.2.3", []string{"10.1.2.3"}, []string{"10.1.2.4", "::a01:203"})
	check("10.0.0.0/255.255.0.0", []string{"10.0.255.255"}, []string{"10.1.0.0"})
	check("10.0.0.5-10.0.0.9", []string{"10.0.0.5", "10.0.0.9"}, []string{"10.0.0.4", "10.0.0.10"})
	check("!10.0.0.0/8", []string{"9.255.255.255", "11.0.0.0", "::1"}, []string{"10.0.0.0", "10.255.255.255"})
	check("$HOME", []string{"10.1.1.1", "2001:db8::5"}, []string{"8.8.8.8", "2001:db9::1"})
	check("$OUT", []string{"8.8.8.8", "2001:db9::1"}, []string{"192.168.1.1"})
	check("[$HOME,!10.1.0.0/16,[8.8.8.8,9.9.9.9]]", []string{"10.0.0.1", "10.2.0.0", "9.9.9.9"}, []string{"10.1.5.5", "1.1.1.1"})
	check("![$OUT,10.0.0.0/9]", []string{"10.200.0.1"}, []string{"10.1.1.1", "8.8.8.8"})
	check("[10.0.0.0/25,10.0.0.128/25]", []string{"10.0.0.127", "10.0.0.128"}, []string{"10.0.1.0"})
	for _, bad := range []string{"", "$NONE", "$LOOP", "10.0.0", "[10.0.0.1", "[10.0.0.1,,10.0.0.2]", "10.0.0.0/33", "!any", "[10.0.0.1,!10.0.0.0/8]",
		"10.0.0.9-10.0.0.1", "10.0.0.0/255.0.255.0", "[[1.2.3.4]"} {
		p := &Reader{Vars: vars}
		if s, err := p.Addrs(bad); err == nil {
			t.Errorf("%q was taken for %v", bad, s)
		}
	}
}

func TestPorts(t *testing.T) {
	t.Parallel()
	check := func(text string, want ...rule.PortRange) {
		t.Helper()
		p := &Reader{Vars: map[string]string{"WEB": "[80,443]"}}
		s, err := p.Ports(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			return
		}
		if d := cmp.Diff(want, s.Ranges); d != "" {
			t.Errorf("%s: %s", text, d)
		}
	}
	check("any")
	check("80", rule.PortRange{Lo: 80, Hi: 80})
	check("1024:", rule.PortRange{Lo: 1024, Hi: 65535})
	check(":79", rule.PortRange{Lo: 0, Hi: 79})
	check("!80", rule.PortRange{Lo: 0, Hi: 79}, rule.PortRange{Lo: 81, Hi: 65535})
	check("[$WEB,444:450]", rule.PortRange{Lo: 80, Hi: 80}, rule.PortRange{Lo: 443, Hi: 450})
	check("![$WEB,1:10]", rule.PortRange{Lo: 0, Hi: 0}, rule.PortRange{Lo: 11, Hi: 79}, rule.PortRange{Lo: 81, Hi: 442}, rule.PortRange{Lo: 444, Hi: 65535})
	check("[1:100,!50,![60:70]]", rule.PortRange{Lo: 1, Hi: 49}, rule.PortRange{Lo: 51, Hi: 59}, rule.PortRange{Lo: 71, Hi: 100})
	for _, bad := range []string{"", "65536", "9:1", "$NONE", "a", "!any", "[80"} {
		p := &Reader{}
		if s, err := p.Ports(bad); err == nil {
			t.Errorf("%q was taken for %v", bad, s)
		}
	}
}

// FuzzGroups: no text panics; the sets are in order, so that they can be searched; and what
// a group excludes is what its negation has.
func FuzzGroups(f *testing.F) {
	for _, seed := range []string{"any", "[$HOME,!10.1.0.0/16,[8.8.8.8,9.9.9.9]]", "10.0.0.5-10.0.0.9", "2001:db8::/32", "![1:100,!50,![60:70]]", "1024:", "10.0.0.0/255.255.0.0"} {
		f.Add(seed)
	}
	probes := []netip.Addr{netip.MustParseAddr("0.0.0.0"), netip.MustParseAddr("10.0.0.7"), netip.MustParseAddr("255.255.255.255"), netip.IPv6Unspecified(), netip.MustParseAddr("2001:db8::1")}
	f.Fuzz(func(t *testing.T, text string) {
		p := &Reader{Vars: map[string]string{"HOME": "10.0.0.0/8", "LOOP": "[$LOOP]"}}
		set, err := p.Addrs(text)
		if err == nil {
			for i, r := range set.Ranges {
				if r.Hi.Less(r.Lo) || i > 0 && !set.Ranges[i-1].Hi.Less(r.Lo) {
					t.Fatalf("%q: %v is not in order", text, set.Ranges)
				}
			}
			if not, err := p.Addrs("!" + text); err == nil && !strings.HasPrefix(strings.TrimSpace(text), "!") {
				for _, a := range probes {
					if set.Contains(a) == not.Contains(a) {
						t.Errorf("%s is in %q and in its negation, or in neither", a, text)
					}
				}
			}
		}
		ports, err := p.Ports(text)
		if err != nil {
			return
		}
		for i, r := range ports.Ranges {
			if r.Hi < r.Lo || i > 0 && ports.Ranges[i-1].Hi >= r.Lo {
				t.Fatalf("%q: %v is not in order", text, ports.Ranges)
			}
		}
		if not, err := p.Ports("!" + text); err == nil && !strings.HasPrefix(strings.TrimSpace(text), "!") {
			for _, port := range []uint16{0, 1, 80, 1024, 65535} {
				if ports.Contains(port) == not.Contains(port) {
					t.Errorf("%d is in %q and in its negation, or in neither", port, text)
				}
			}
		}
	})
}
