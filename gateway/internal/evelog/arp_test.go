package evelog

import (
	"encoding/json"
	"strings"
	"testing"

	"otasuke/gateway/internal/packet"
)

// request is an ARP request over Ethernet.
var request = []byte{
	255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 8, 6,
	0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2,
}

func arpRecord(frame []byte) string {
	p := packet.Packet{Frame: frame, EtherType: packet.EtherARP}
	r := new(Config).ARPRecord(&View{Packets: []packet.Packet{p}})
	if r == nil {
		return ""
	}
	b, _ := json.Marshal(r.Extra[0].Value)
	return string(b)
}

func TestARP(t *testing.T) {
	t.Parallel()
	got := arpRecord(request)
	for _, part := range []string{`"opcode":"request"`, `"src_ip":"10.0.0.1"`, `"dest_ip":"10.0.0.2"`, `"src_mac":"02:00:00:00:00:01"`, `"dest_mac":"00:00:00:00:00:00"`} {
		if !strings.Contains(got, part) {
			t.Errorf("%s is missing in %s", part, got)
		}
	}
	bad := map[string][]byte{"empty": nil, "cut": request[:len(request)-1], "other hardware": append(append([]byte{}, request[:15]...), 6)}
	for name, frame := range bad {
		if got := arpRecord(frame); got != "" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func FuzzARP(f *testing.F) {
	f.Add(request)
	f.Fuzz(func(t *testing.T, frame []byte) { arpRecord(frame) })
}
