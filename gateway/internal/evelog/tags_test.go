package evelog

import (
	"net/netip"
	"testing"

	"otasuke/gateway/internal/packet"
	"otasuke/rule"
)

// The packet that has brought a tag is an alert; those that follow it are told of.
func TestTags(t *testing.T) {
	t.Parallel()
	a, b := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	there, back := &packet.Packet{Src: a, Dst: b, Frame: make([]byte, 60)}, &packet.Packet{Src: b, Dst: a, Frame: make([]byte, 60)}
	other := &packet.Packet{Src: netip.MustParseAddr("192.0.2.3"), Dst: netip.MustParseAddr("192.0.2.4")}
	told := func(tag rule.Tag, packets ...*packet.Packet) (n int) {
		var h HostTags
		var session Tags
		h.Add(&rule.Rule{Tags: []rule.Tag{tag}}, there, &session, 0)
		if h.Tells(there, &session, 0) {
			t.Error("the packet of the alert is told of twice")
		}
		for i, p := range packets {
			var of *Tags
			if p != other {
				of = &session
			}
			if h.Tells(p, of, int64(i+1)*1_000_000) {
				n++
			}
		}
		return n
	}
	for name, c := range map[string]struct{ got, want int }{
		"two packets of a session":   {told(rule.Tag{Count: 2, Unit: "packets"}, there, back, there), 2},
		"of others nothing":          {told(rule.Tag{Count: 9, Unit: "packets"}, other, other), 0},
		"bytes until there are many": {told(rule.Tag{Count: 100, Unit: "bytes"}, there, back, there, back), 2},
		"for two seconds":            {told(rule.Tag{Count: 2, Unit: "seconds"}, there, back, there, back), 2},
		"what a host sends and gets": {told(rule.Tag{Host: true, Count: 9, Unit: "packets"}, there, back, other), 2},
		"the host at the other end":  {told(rule.Tag{Host: true, ByTarget: true, Count: 1, Unit: "packets"}, back, there), 1},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d packets, want %d", name, c.got, c.want)
		}
	}
}
