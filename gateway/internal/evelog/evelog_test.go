package evelog

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/flow"
	"otasuke/gateway/internal/packet"
	"otasuke/gateway/internal/session"
	"otasuke/rule"
)

func key(client, server string, proto uint8) *flow.Key {
	c, s := netip.MustParseAddrPort(client), netip.MustParseAddrPort(server)
	return &flow.Key{Client: c.Addr(), Server: s.Addr(), ClientPort: c.Port(), ServerPort: s.Port(), Proto: proto}
}

// The values of the specification's own examples: other programs must find the same flow.
func TestCommunityID(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		k    *flow.Key
		seed uint16
		want string
	}{
		{key("128.232.110.120:34855", "66.35.250.204:80", packet.TCP), 0, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
		{key("66.35.250.204:80", "128.232.110.120:34855", packet.TCP), 0, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
		{key("128.232.110.120:34855", "66.35.250.204:80", packet.TCP), 1, "1:3V71V58M3Ksw/yuFALMcW0LAHvc="},
		{key("192.168.1.52:54585", "8.8.8.8:53", packet.UDP), 0, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="},
	} {
		if got := communityID(tt.k, tt.seed); got != tt.want {
			t.Errorf("%+v: %s, want %s", tt.k, got, tt.want)
		}
	}
}

func syn() packet.Packet {
	frame := []byte{
		2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0,
		0x45, 0, 0, 40, 0, 7, 0, 0, 64, 6, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2,
		0x30, 0x39, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0x20, 0, 0, 0, 0, 0,
	}
	var d packet.Decoder
	return d.Frame(1, frame, 0)[0]
}

func TestDrop(t *testing.T) {
	t.Parallel()
	p := syn()
	b, err := json.Marshal(DropOf(&p, ReasonRules))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"len":40,"tos":0,"ttl":64,"ipid":7,"tcpseq":1,"tcpack":0,"tcpwin":8192,"syn":true,"ack":false,"psh":false,"rst":false,"urg":false,"fin":false,"tcpres":0,"tcpurgp":0,"reason":"rules"}`
	if d := cmp.Diff(want, string(b)); d != "" {
		t.Error(d)
	}
}

func TestRecord(t *testing.T) {
	t.Parallel()
	p := syn()
	k := key("192.0.2.1:12345", "192.0.2.2:80", packet.TCP)
	c := &Config{Number: true, Ethernet: true}
	v := &View{Now: 1, Number: 9, Link: 1, Packets: []packet.Packet{p}, Flow: k, ID: 3, Facts: new(Facts), Dir: 1}
	r := c.Record(v, eve.TypeAlert, true)
	if r.SrcIP.String() != "192.0.2.2" || r.SrcPort != 80 || r.Proto != "TCP" || r.IPVersion != 4 || r.PcapCnt != 9 || r.Source != "wire/pcap" || r.Ether.SrcMAC != "02:00:00:00:00:02" {
		t.Errorf("%+v %+v", r, r.Ether)
	}
	c.Alert = AlertConfig{Packet: true, PayloadPrintable: true, PayloadLength: true, PayloadBuffer: 4}
	c.Bytes(r, v, []byte("ab\x00cdef"))
	if r.PayloadText != "ab.c" || *r.PayloadLength != 4 || *r.Stream != 1 || len(r.Packet) != 54 || r.PacketInfo.Name != "EN10MB" {
		t.Errorf("%+v", r)
	}
	v.Late = true
	if r := c.Record(v, eve.TypeAlert, false); r.PcapCnt != 0 || r.Source != SourceTimeout || r.SrcIP.String() != "192.0.2.1" {
		t.Errorf("after its end: %+v", r)
	}
}

func TestFlow(t *testing.T) {
	t.Parallel()
	p := syn()
	p.VLANs[0], p.VLANLayers = 12, 1
	var f Facts
	f.Packet(&p, 0)
	p.Flags, p.TTL = packet.ACK|packet.PSH, 60
	f.Packet(&p, 0)
	v := &View{Flow: key("192.0.2.1:12345", "192.0.2.2:80", packet.TCP), ID: 3, Facts: &f}
	e := &End{Start: 1_000_000, Last: 5_500_000, Packets: [2]uint64{2, 0}, Bytes: [2]uint64{108, 0}, State: "established", Reason: "shutdown", Session: &session.Session{State: session.CloseWait}}
	c := &Config{}
	r := c.FlowRecord(v, e)
	if r.Flow.Age != 4 || r.TCP.FlagsTS != "1a" || r.TCP.FlagsTC != "00" || r.TCP.State != "close_wait" || len(r.VLAN) != 1 || r.Source != "" {
		t.Errorf("%+v %+v", r.Flow, r.TCP)
	}
	if n := c.NetflowRecord(v, e, 0); n.Netflow.Bytes != 108 || n.Netflow.MinTTL != 60 || n.Netflow.MaxTTL != 64 {
		t.Errorf("%+v", n.Netflow)
	}
}

func TestMemory(t *testing.T) {
	t.Parallel()
	m, tr := Memory([]string{"traffic/id/video", "b", "a", "traffic/label/x"}, nil)
	if !cmp.Equal(m.Flowbits, []string{"b", "a"}) || !cmp.Equal(tr.ID, []string{"video"}) || !cmp.Equal(tr.Label, []string{"x"}) {
		t.Errorf("%+v %+v", m, tr)
	}
	if m, tr := Memory(nil, nil); m != nil || tr != nil {
		t.Error("nothing is written as something")
	}
}

func TestVerdict(t *testing.T) {
	t.Parallel()
	p := syn()
	v := VerdictOf(true, false, rule.RejectDst, &p)
	if v.Action != "drop" || v.RejectTarget != "to_server" || !cmp.Equal(v.Reject, []string{"tcp-reset"}) {
		t.Errorf("%+v", v)
	}
}

func TestStats(t *testing.T) {
	t.Parallel()
	var a, b Counts
	p := syn()
	a.Frame([]packet.Packet{p}, true)
	b.Frame([]packet.Packet{p}, true)
	b.App(AppTx, rule.ProtoDNS, packet.UDP)
	b.DropReason(ReasonFlow)
	s, err := json.Marshal(Stats(&Engine{Loaded: 5, Inline: true}, true, &a, &b))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`"pkts":2`, `"dns_udp":1`, `"flow_drop":1`, `"rules_loaded":5`, `"reassembly_gap":0`} {
		if !strings.Contains(string(s), part) {
			t.Errorf("%s is missing in %s", part, s)
		}
	}
	s, _ = json.Marshal(Stats(&Engine{}, false, &a))
	if strings.Contains(string(s), "ipv6") || strings.Contains(string(s), "ips") {
		t.Errorf("zeros or verdicts in %s", s)
	}
}
