package gate_test

import (
	"net/netip"
	"testing"

	"otasuke/gateway/internal/match/gate"
	"otasuke/rule"
	"otasuke/rule/parse"
)

func TestAdmits(t *testing.T) {
	t.Parallel()
	web := gate.Input{Src: netip.MustParseAddr("192.0.2.1"), Dst: netip.MustParseAddr("198.51.100.1"), IPProto: rule.IPProtoTCP, Version: 4, App: rule.ProtoHTTP, SrcPort: 4000, DstPort: 80, ToServer: true, Established: true}
	answer, opening, dns := web, web, web
	answer.Payload, dns.Payload = 70_000, 8
	answer.SrcPort, answer.DstPort, answer.ToServer = 80, 4000, false
	answer.Src, answer.Dst = web.Dst, web.Src
	opening.Established = false
	dns.IPProto, dns.App, dns.DstPort = rule.IPProtoUDP, rule.ProtoDNS, 53
	web.Payload, opening.Payload = 100, 100
	for text, want := range map[string][4]bool{ // web, answer, opening, dns
		`alert tcp any any -> any any (sid:1;)`:                                                         {true, true, true, false},
		`alert ip any any -> any any (sid:1;)`:                                                          {true, true, true, true},
		`alert http any any -> any any (flow:established,to_server; sid:1;)`:                            {true, false, false, false},
		`alert http any any -> any any (flow:to_client; sid:1;)`:                                        {false, true, false, false},
		`alert tcp any any -> any any (flow:not_established; sid:1;)`:                                   {false, false, true, false},
		`alert tcp any any -> any [22,80] (sid:1;)`:                                                     {true, false, true, false},
		`alert tcp any any -> any [22,443] (sid:1;)`:                                                    {true, false, true, false}, // the hull only
		`alert tcp any any <> any 80 (sid:1;)`:                                                          {true, true, true, false},
		`alert ip 192.0.2.0/24 any -> any any (sid:1;)`:                                                 {true, false, true, true},
		`alert ip any any -> !192.0.2.0/24 any (sid:1;)`:                                                {true, false, true, true},
		`alert ip 192.0.2.0/24 any <> any any (sid:1;)`:                                                 {true, true, true, true},
		`alert tcp any 80 -> any any (sid:1;)`:                                                          {false, true, false, false},
		`alert ip any any -> any any (dsize:8; sid:1;)`:                                                 {false, false, false, true},
		`alert ip any any -> any any (dsize:>99; sid:1;)`:                                               {true, true, true, false},
		`alert ip any any -> any any (dsize:<9; sid:1;)`:                                                {false, false, false, true},
		`alert ip any any -> any any (dsize:7<>10; sid:1;)`:                                             {false, false, false, true},
		`alert ip any any -> any any (dsize:!8; sid:1;)`:                                                {true, true, true, true},
		`alert udp any any -> any 53 (sid:1;)`:                                                          {false, false, false, true},
		`alert tls any any -> any any (sid:1;)`:                                                         {false, false, false, false},
		`alert dns any any -> any ![1:52,54:65535] (sid:1;)`:                                            {false, false, false, true},
		`alert http any any => any any (http.uri; content:"/a"; http.stat_code; content:"200"; sid:1;)`: {false, true, false, false},
	} {
		rules, refused := parse.Rules("r", []byte(text), parse.Options{})
		if len(rules) != 1 {
			t.Fatal(text, refused)
		}
		var table gate.Table
		table.Add(rules[0])
		d := table.NewDoor()
		for range 2 { // what is known of protocols is kept
			for i, in := range []gate.Input{web, answer, opening, dns} {
				d.Set(&in)
				if got := d.Admits(0); got != want[i] {
					t.Errorf("%s: input %d: %v", text, i, got)
				}
			}
		}
	}
}

// A rule is plain when its gate says all that its header does.
func TestPlain(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		`alert http 192.0.2.0/24 any -> any 80 (flow:established,to_server; http.uri; content:"a"; sid:1;)`: true,
		`alert tcp any any -> any [80:90] (flowbits:set,x; sid:1;)`:                                         true,
		`alert tcp any any -> any [80,90] (sid:1;)`:                                                         false,
		`alert tcp any any <> any 80 (sid:1;)`:                                                              false,
		`alert tcp any any -> any 80 (dsize:8; sid:1;)`:                                                     false,
		`alert tcp any any -> any 80 (flags:S; sid:1;)`:                                                     false,
		`alert tcp any any -> any 80 (ttl:1; sid:1;)`:                                                       false,
		`alert tcp any any -> any 80 (flowbits:isset,x; sid:1;)`:                                            false,
		`alert tcp any any -> any 80 (flowint:x,>,1; sid:1;)`:                                               false,
		`alert tcp any any -> any 80 (xbits:isset,x,track ip_src; sid:1;)`:                                  false,
		`alert tcp any any -> any 80 (app-layer-protocol:http; sid:1;)`:                                     false,
		`alert tcp any any -> any 80 (stream_size:server,<,5; sid:1;)`:                                      false,
		`alert tcp any any -> any 80 (sameip; sid:1;)`:                                                      false,
		`alert tcp-pkt any any -> any 80 (geoip:src,JP; sid:1;)`:                                            false,
	} {
		rules, refused := parse.Rules("r", []byte(text), parse.Options{})
		if len(rules) != 1 {
			t.Fatal(text, refused)
		}
		var table gate.Table
		table.Add(rules[0])
		if table.Plain(0) != want {
			t.Errorf("%s: %v", text, !want)
		}
	}
}
