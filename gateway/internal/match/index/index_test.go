package index

import (
	"net/netip"
	"slices"
	"testing"

	"otasuke/rule"
	"otasuke/rule/parse"
)

func read(t *testing.T, text string) []*rule.Rule {
	t.Helper()
	rules, refused := parse.Rules("t", []byte(text), parse.Options{})
	if len(refused) > 0 {
		t.Fatal(refused)
	}
	return rules
}

func TestPackets(t *testing.T) {
	t.Parallel()
	var x Packets
	rules := read(t, `alert tcp any any -> any 22 (sid:1;)
alert tcp any any -> any [80,443] (ttl:9; sid:2;)
alert udp any any -> any 53 (dsize:0; sid:3;)
alert icmp any any -> any any (itype:8; sid:4;)
alert ip any any -> any any (ttl:1; sid:5;)
alert tcp any any <> any 23 (ttl:9; sid:6;)
alert tcp any any -> any any (flags:S,12; sid:7;)
alert tcp any any -> any any (flags:A+; sid:8;)
alert http any any -> 192.0.2.1 any (sid:9;)
alert ip any any -> any any (ip_proto:41; sid:10;)
alert dns any any -> 192.0.2.1 any (sid:11;)
alert sctp any any -> any 7 (sid:12;)
alert tcp any 5900 -> any any (ttl:9; sid:13;)
alert tcp any any -> any [1:2000] (ttl:9; sid:14;)`)
	for _, r := range rules {
		x.Add(r.SID, r)
	}
	const syn = 2
	for _, c := range []struct {
		name string
		p    Packet
		want []uint32
	}{
		{"TCP to a port with a rule", Packet{rule.IPProtoTCP, 1024, 22, flagACK, rule.ProtoUnknown}, []uint32{1, 5, 6, 8, 14}},
		{"TCP elsewhere", Packet{rule.IPProtoTCP, 1024, 9, flagACK | flagPSH, rule.ProtoUnknown}, []uint32{5, 6, 8, 14}},
		{"SYN", Packet{rule.IPProtoTCP, 1024, 9, syn, rule.ProtoUnknown}, []uint32{5, 6, 7, 8, 14}},
		{"HTTP", Packet{rule.IPProtoTCP, 1024, 9, flagACK, rule.ProtoHTTP}, []uint32{5, 6, 8, 9, 14}},
		{"DNS over TCP", Packet{rule.IPProtoTCP, 1024, 53, flagACK, rule.ProtoDNS}, []uint32{5, 6, 8, 11, 14}},
		{"one of two ports", Packet{rule.IPProtoTCP, 1024, 443, flagACK, rule.ProtoUnknown}, []uint32{2, 5, 6, 8, 14}},
		{"from a port", Packet{rule.IPProtoTCP, 5900, 9, flagACK, rule.ProtoUnknown}, []uint32{5, 6, 8, 13, 14}},
		{"UDP", Packet{rule.IPProtoUDP, 1024, 53, 0, rule.ProtoDNS}, []uint32{3, 5, 11}},
		{"ICMP", Packet{rule.IPProtoICMP, 1024, 0, 0, rule.ProtoUnknown}, []uint32{4, 5}},
		{"ICMPv6", Packet{rule.IPProtoICMPv6, 1024, 0, 0, rule.ProtoUnknown}, []uint32{4, 5}},
		{"IPv6 in IPv4", Packet{41, 1024, 0, 0, rule.ProtoUnknown}, []uint32{5, 10, 12}},
	} {
		lists := x.Find(c.p)
		if got := slices.Sorted(slices.Values(slices.Concat(lists[:]...))); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	if x.Len() != len(rules) {
		t.Errorf("%d rules", x.Len())
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	var x Addresses
	for _, r := range read(t, `alert ip [192.0.2.0/24] any -> any any (sid:1;)
alert ip any any -> [192.0.2.128/25,!192.0.2.200] any (sid:2;)
alert ip !192.0.2.0/24 any -> any any (sid:3;)
alert ip [10.0.0.0/8] any -> any any (sid:7;)
alert ip [2001:db8::/64] any -> any any (sid:4;)
alert ip [255.255.255.255] any -> any any (sid:5;)
alert ip [192.0.2.7] any <> any any (sid:6;)`) {
		if !IPOnly(r) {
			t.Fatalf("%d asks for more than addresses", r.SID)
		}
		x.Add(r.SID, r)
	}
	x.Build()
	for _, c := range []struct {
		src, dst string
		want     []uint32
	}{
		{"192.0.2.0", "198.51.100.1", []uint32{1, 3, 6}},
		{"192.0.2.255", "192.0.2.127", []uint32{1, 3, 6}},
		{"198.51.100.1", "192.0.2.128", []uint32{2, 3, 6}},
		{"198.51.100.1", "192.0.2.200", []uint32{3, 6}},
		{"2001:db8::ffff", "2001:db8:1::1", []uint32{3, 4, 6}},
		{"2001:db8:0:1::", "2001:db8:1::1", []uint32{3, 6}},
		{"10.9.8.7", "0.0.0.0", []uint32{3, 6, 7}},
		{"255.255.255.255", "0.0.0.0", []uint32{3, 5, 6}},
	} {
		a, b, wide := x.Find(netip.MustParseAddr(c.src), netip.MustParseAddr(c.dst))
		if got := slices.Sorted(slices.Values(slices.Concat(a, b, wide))); !slices.Equal(got, c.want) {
			t.Errorf("%s → %s: %v, want %v", c.src, c.dst, got, c.want)
		}
	}
}

// Rules that ask for anything but addresses are no address rules.
func TestIPOnly(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		`alert ip any any -> 192.0.2.1 any (sid:1;)`:                          true,
		`alert tcp any any -> 192.0.2.1 any (flowbits:set,a; sid:1;)`:         true,
		`alert tcp any any -> 192.0.2.1 80 (sid:1;)`:                          false,
		`alert tcp any any -> 192.0.2.1 any (flow:established; sid:1;)`:       false,
		`alert ip any any -> 192.0.2.1 any (ttl:1; sid:1;)`:                   false,
		`alert ip any any -> 192.0.2.1 any (flowbits:isset,a; sid:1;)`:        false,
		`alert ip any any -> 192.0.2.1 any (sameip; sid:1;)`:                  false,
		`alert http any any -> 192.0.2.1 any (sid:1;)`:                        false,
		`alert tcp any any -> 192.0.2.1 any (stream_size:client,>,1; sid:1;)`: false,
	} {
		if got := IPOnly(read(t, text)[0]); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}
