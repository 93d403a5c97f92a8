package gate_test

import (
	"testing"

	"otasuke/gateway/internal/match/gate"
	"otasuke/rule"
	"otasuke/rule/parse"
)

func TestAdmits(t *testing.T) {
	t.Parallel()
	web := gate.Input{IPProto: rule.IPProtoTCP, Version: 4, App: rule.ProtoHTTP, SrcPort: 4000, DstPort: 80, ToServer: true, Established: true}
	answer, opening, dns := web, web, web
	answer.Payload, dns.Payload = 70_000, 8
	answer.SrcPort, answer.DstPort, answer.ToServer = 80, 4000, false
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
		g := gate.Of(rules[0])
		var d gate.Door
		for range 2 { // what is known of protocols is kept
			for i, in := range []gate.Input{web, answer, opening, dns} {
				d.Set(&in)
				if got := d.Admits(&g); got != want[i] {
					t.Errorf("%s: input %d: %v", text, i, got)
				}
			}
		}
	}
}
