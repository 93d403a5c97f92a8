package engine

import (
	"net/netip"
	"testing"

	"otasuke/gateway/internal/capture"
	"otasuke/gateway/internal/packet"
)

// Published lists of networks (FireHOL level 1, full bogons) name all that is no place in the
// internet, too. An office is not cut off by them: it asks for its addresses from 0.0.0.0, its
// printers are called by multicast, a device without a server has a link-local address.
func TestNetworksOfNobody(t *testing.T) {
	t.Parallel()
	b := newBox(t, Config{Lists: listsOf(t, "0.0.0.0/8\n10.0.0.0/8\n127.0.0.0/8\n169.254.0.0/16\n172.16.0.0/12\n192.168.0.0/16\n224.0.0.0/8\n239.0.0.0/8\n255.0.0.0/8\nfe80::/16\nff00::/16\n203.0.113.0/24\n")})
	for _, ends := range [][2]string{
		{"0.0.0.0:68", "255.255.255.255:67"}, {"192.168.1.1:67", "255.255.255.255:68"}, {"192.168.1.5:5353", "224.0.0.251:5353"},
		{"192.168.1.5:50000", "239.255.255.250:1900"}, {"169.254.3.4:137", "169.254.255.255:137"}, {"[fe80::1]:546", "[ff02::1:2]:547"}, {"[fe80::1]:547", "[fe80::2]:546"},
	} {
		if v, _ := b.give(packet.AppendUDP(nil, netip.MustParseAddrPort(ends[0]), netip.MustParseAddrPort(ends[1]), []byte("something that is said"))); v.Action != capture.Accept {
			t.Errorf("%s to %s is dropped", ends[0], ends[1])
		}
	}
	if v, _ := b.give(packet.AppendUDP(nil, netip.MustParseAddrPort("192.168.1.5:50000"), netip.MustParseAddrPort("203.0.113.5:80"), []byte("hello"))); v.Action != capture.Drop {
		t.Error("a listed network is reached")
	}
	if n := len(b.alerts()); n != 1 {
		t.Errorf("%d alerts: %v", n, b.alerts())
	}
}
