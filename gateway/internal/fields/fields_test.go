package fields

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"otasuke/gateway/internal/match"
	"otasuke/gateway/internal/packet"
	"otasuke/rule"
)

// syn is an IPv4 segment with a window scale.
var syn = []byte{
	0x45, 0x10, 0, 44, 0x12, 0x34, 0x40, 0, 63, 6, 0x3d, 0x52, 192, 0, 2, 1, 198, 51, 100, 1,
	0x0f, 0xa0, 0, 80, 0, 0, 0, 9, 0, 0, 0, 0, 0x60, 2, 0xff, 0xff, 0, 0, 0, 0, 3, 3, 7, 0,
}

func decode(t testing.TB, b []byte) *packet.Packet {
	t.Helper()
	var d packet.Decoder
	list := d.Frame(packet.LinkRaw, b, 0)
	if len(list) != 1 || list[0].Version == 0 {
		t.Fatal("the packet does not decode")
	}
	return &list[0]
}

func TestFields(t *testing.T) {
	t.Parallel()
	used := rule.SetOf(rule.TCPHeader, rule.IPSrc, rule.PacketEvent)
	v, p := New(), decode(t, syn)
	v.Want(&used)
	got := *v.Packet(p)
	if right, has := got.Checksum(rule.FieldIPv4Checksum); !right || !has {
		t.Errorf("the header's checksum: right %v, there %v", right, has)
	}
	if _, has := got.Checksum(rule.FieldUDPv4Checksum); has {
		t.Error("a segment has a checksum of UDP")
	}
	got.Checksum = nil
	want := match.Packet{TTL: 63, TOS: 0x10, IPID: 0x1234, TCPFlags: packet.SYN, TCPSeq: 9, TCPWindow: 0xffff, TCPScale: 7, HasScale: true, FragBits: 2}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("fields (-want +got):\n%s", d)
	}
	p.Events = append(p.Events, "stream.pkt_invalid_ack")
	seen := map[rule.Buffer]string{}
	for _, x := range v.Values(p) {
		seen[x.Buffer] = string(x.Data)
	}
	if d := cmp.Diff(map[rule.Buffer]string{rule.TCPHeader: string(syn[20:]), rule.IPSrc: string(syn[12:16]), rule.PacketEvent: "stream.pkt_invalid_ack"}, seen); d != "" {
		t.Errorf("values (-want +got):\n%s", d)
	}
}

func TestNoAllocs(t *testing.T) {
	used := rule.SetOf(rule.TCPHeader, rule.IPv4Header)
	v, p := New(), decode(t, syn)
	v.Want(&used)
	if n := testing.AllocsPerRun(100, func() { v.Packet(p); v.Values(p) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
