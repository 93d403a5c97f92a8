package match

import (
	"slices"
	"testing"

	"otasuke/gateway/internal/match/hosts"
	"otasuke/gateway/internal/match/note"
	"otasuke/rule"
	"otasuke/rule/parse"
)

// sids judges a datagram of a flow.
func (f *feeder) sids(flow *FlowState, payload string) (list []uint32) {
	in := udpInput(payload)
	in.Flow, in.Hosts = flow, f.hosts
	f.sc.NewPacket()
	for _, h := range f.set.Inspect(f.sc, in) {
		list = append(list, h.Rule.SID)
	}
	return list
}

// Text that an expression keeps is there for the alert, for other rules of the flow, and for
// the packet, once the rule matches.
func TestKeptText(t *testing.T) {
	t.Parallel()
	set := compile(t, `alert udp any any -> any any (content:"user="; pcre:"/user=(\w+) (?P<pkt_key>\w+)/, flow:user"; flowbits:set,seen; sid:1;)
alert udp any any -> any any (flowbits:isset,seen; flowvar:user,"root"; content:"delete"; sid:2;)
alert udp any any -> any any (flowbits:isset,seen; flowvar:user,!"root"; content:"delete"; sid:3;)
alert udp any any -> any any (content:"nobody="; pcre:"/(?P<flow_user>nobody)/"; content:"missing"; sid:4;)
alert udp any any -> any any (content:"alice"; pcre:"/(?P<alert_name>ali..)/"; sid:5;)
alert udp any any -> any any (content:"delete"; pktvar:key,"secret"; sid:6;)`)
	f := newFeeder(t, set)
	var flow FlowState
	if got := f.sids(&flow, "delete"); len(got) > 0 {
		t.Error("variables that nobody has set are matched by", got)
	}
	f.sids(&flow, "user=root secret")
	if got := set.Vars(&flow); len(got) != 1 || got[0].Name != "user" || got[0].Text != "root" {
		t.Errorf("the flow keeps %+v", got)
	}
	if got := f.sc.PacketVars(); len(got) != 1 || got[0].Text != "secret" {
		t.Errorf("the packet keeps %+v", got)
	}
	if got := f.sids(&flow, "delete"); !slices.Equal(got, []uint32{2}) {
		t.Error("of the rules for root match", got)
	}
	f.sids(&flow, "nobody=")
	if got := set.Vars(&flow); len(got) != 1 || got[0].Text != "root" {
		t.Errorf("a rule that does not match has kept %+v", got)
	}
	f.sids(&flow, "user=guest x")
	if got := f.sids(&flow, "delete"); !slices.Equal(got, []uint32{3}) {
		t.Error("of the rules for others match", got)
	}
	in := udpInput("alice")
	in.Flow = &flow
	hits := set.Inspect(f.sc, in)
	if len(hits) != 1 || len(hits[0].Notes) != 1 || hits[0].Notes[0].Name != "name" || hits[0].Notes[0].Text != "alice" {
		t.Errorf("the alert tells %+v", hits)
	}
}

// What a list in JSON knows of an entry is told with the alert.
func TestContextOfList(t *testing.T) {
	t.Parallel()
	lists := map[string]string{
		"hosts.json": `{"bad":[{"ioc":{"host":"evil.example"},"year":2005},{"ioc":{"host":"evil.example"},"year":2006},{"other":1}]}`,
		"ips.ndjson": "{\"ip\":\"192.168.1.12\",\"who\":\"boss\"}\n\n",
	}
	rules, refused := parse.Rules("t", []byte(`alert http any any -> any any (http.host; dataset:isset,h,type string,load hosts.json,format json,context_key host,value_key ioc.host,array_key bad,remove_key; `+
		`ip.src; dataset:isset,i,type ip,load ips.ndjson,format ndjson,context_key src,value_key ip; sid:1;)`),
		parse.Options{Open: func(name string) ([]byte, error) { return []byte(lists[name]), nil }})
	if len(refused) > 0 {
		t.Fatal(refused)
	}
	set, _, err := Compile(rules, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	f := newFeeder(t, set)
	in := udpInput("")
	in.IPProto, in.Packet, in.PacketRules, in.Payload, in.App, in.Tx, in.Hosts = rule.IPProtoTCP, nil, false, nil, rule.ProtoHTTP, &TxState{}, hosts.New()
	put(in, rule.HTTPHost, []byte("evil.example"))
	hits := set.Inspect(f.sc, in)
	if len(hits) != 1 {
		t.Fatal("the listed host is not found")
	}
	want := note.List{{Name: "host", Text: `{"ioc":{},"year":2005}`, JSON: true}, {Name: "src", Text: `{"ip":"192.168.1.12","who":"boss"}`, JSON: true}}
	if !slices.Equal(hits[0].Notes, want) {
		t.Errorf("%+v", hits[0].Notes)
	}
}

// Frames are judged like buffers, a rule for UDP looks at UDP alone.
func TestFramesAndTransport(t *testing.T) {
	t.Parallel()
	set := compile(t, `alert udp any any -> any any (frame:dns.pdu; content:"|01 20|"; startswith; sid:1;)
alert tcp any any -> any any (frame:dns.pdu; content:"|01 20|"; startswith; sid:2;)
alert dns any any -> any any (frame:pdu; bsize:3; sid:3;)`)
	f := newFeeder(t, set)
	for proto, want := range map[uint8][]uint32{rule.IPProtoUDP: {1, 3}, rule.IPProtoTCP: {2, 3}} {
		in := udpInput("")
		in.IPProto, in.Packet, in.PacketRules, in.Payload, in.App = proto, nil, false, nil, rule.ProtoDNS
		put(in, rule.FrameDNSPDU, []byte("\x01\x20x"))
		var got []uint32
		for _, h := range set.Inspect(f.sc, in) {
			got = append(got, h.Rule.SID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("protocol %d: %v, want %v", proto, got, want)
		}
	}
}

// Calls of RPC stand behind a record's length over TCP.
func TestRPC(t *testing.T) {
	t.Parallel()
	set := compile(t, `alert udp any any -> any any (rpc:100000,2,*; sid:1;)`)
	f := newFeeder(t, set)
	call := "xid.\x00\x00\x00\x00\x00\x00\x00\x02\x00\x01\x86\xa0\x00\x00\x00\x02\x00\x00\x00\x03"
	if !f.packet(call) {
		t.Error("a call of the port mapper is not found")
	}
	if f.packet("xid.\x00\x00\x00\x01" + call[8:]) {
		t.Error("a reply is taken for a call")
	}
}
