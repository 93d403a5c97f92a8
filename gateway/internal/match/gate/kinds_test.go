package gate_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"otasuke/gateway/internal/match/gate"
	"otasuke/rule"
	"otasuke/rule/parse"
)

// A rule that traffic may fit concerns the kind that the traffic is of, also after the
// direction has changed and for addresses that no set was made for.
func TestConcerns(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for i := range 600 {
		for j, head := range []string{"http $HOME_NET any -> $EXTERNAL_NET any", "tcp $EXTERNAL_NET any -> $HOME_NET any", "udp any any -> [$HOME_NET,198.51.100.0/24] any", "ip [198.51.100.0/25,2001:db8::/32] any <> any any", "smb any any -> any any"} {
			fmt.Fprintf(&text, "alert %s (content:\"x%d\"; sid:%d;)\n", head, i, 10*i+j+1)
		}
	}
	rules, refused := parse.Rules("r", []byte(text.String()), parse.Options{})
	if len(rules) != 3000 {
		t.Fatal(refused[0])
	}
	var table gate.Table
	var ids []uint32
	for i, r := range rules {
		table.Add(r)
		ids = append(ids, uint32(i))
	}
	table.Divide(ids)
	d := table.NewDoor()
	r := rand.New(rand.NewPCG(7, 7))
	addr := func() netip.Addr {
		return netip.MustParseAddr([]string{"192.168.7.7", "10.1.2.3", "172.32.0.1", "198.51.100.1", "198.51.100.200", "203.0.113.5", "2001:db8::5", "fe80::1", "0.0.0.0", "255.255.255.255"}[r.IntN(10)])
	}
	left, kinds := 0, map[int]bool{}
	for range 300 {
		in := gate.Input{Src: addr(), Dst: addr(), IPProto: []uint8{rule.IPProtoTCP, rule.IPProtoUDP}[r.IntN(2)], Version: 4, App: []rule.Proto{rule.ProtoUnknown, rule.ProtoHTTP1, rule.ProtoHTTP2, rule.ProtoSMB}[r.IntN(4)], SrcPort: 4000, DstPort: 80, ToServer: true, Established: true}
		for range 2 {
			d.Set(&in)
			kind := d.Kind()
			kinds[kind] = true
			for id := range uint32(5) {
				switch concerned := table.Concerns(id, kind); {
				case d.Admits(id) && !concerned:
					t.Fatalf("%+v is of kind %d, which does not concern rule %d", in, kind, id+1)
				case !concerned:
					left++
				}
			}
			in.Src, in.Dst = in.Dst, in.Src
		}
	}
	if len(kinds) < 8 || left < 500 {
		t.Errorf("%d kinds; rules were left out %d times", len(kinds), left)
	}
}
