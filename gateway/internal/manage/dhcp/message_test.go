package dhcp

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

var ours = net.HardwareAddr{2, 0, 0, 0, 0, 9}

// reply is what a server says, changed by f, with more options.
func reply(tb testing.TB, kind layers.DHCPMsgType, f func(*layers.DHCPv4), more ...layers.DHCPOption) []byte {
	tb.Helper()
	m := &layers.DHCPv4{Operation: layers.DHCPOpReply, HardwareType: layers.LinkTypeEthernet, HardwareLen: 6, Xid: 7, ClientHWAddr: ours, YourClientIP: net.IP{192, 168, 1, 50}}
	m.Options = append(layers.DHCPOptions{
		layers.NewDHCPOption(layers.DHCPOptMessageType, []byte{byte(kind)}), layers.NewDHCPOption(layers.DHCPOptSubnetMask, []byte{255, 255, 255, 0}),
		layers.NewDHCPOption(layers.DHCPOptServerID, []byte{192, 168, 1, 1}), layers.NewDHCPOption(layers.DHCPOptRouter, []byte{192, 168, 1, 1, 192, 168, 1, 2}),
		layers.NewDHCPOption(layers.DHCPOptDNS, []byte{192, 168, 1, 1, 192, 168, 1, 2, 3}), layers.NewDHCPOption(layers.DHCPOptLeaseTime, []byte{0, 0, 14, 16}),
	}, more...)
	if f != nil {
		f(m)
	}
	ip := &layers.IPv4{Version: 4, TTL: 64, Protocol: layers.IPProtocolUDP, SrcIP: net.IP{192, 168, 1, 1}, DstIP: net.IPv4bcast.To4()}
	b := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(b, gopacket.SerializeOptions{FixLengths: true}, ip, &layers.UDP{SrcPort: 67, DstPort: 68}, m); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func TestAnswer(t *testing.T) {
	t.Parallel()
	good := reply(t, layers.DHCPMsgTypeAck, nil)
	kind, l, err := answer(good, ours, 7)
	if err != nil || kind != layers.DHCPMsgTypeAck || l.Addr.String() != "192.168.1.50/24" || l.Router.String() != "192.168.1.1" || len(l.DNS) != 2 || l.Length != time.Hour || l.Renew != 30*time.Minute {
		t.Errorf("%v %+v %v", kind, l, err)
	}
	opt := layers.NewDHCPOption
	for name, b := range map[string][]byte{
		"nothing": nil, "cut": good[:40], "cut in options": good[:len(good)-3][:250],
		"another client":   reply(t, layers.DHCPMsgTypeAck, func(m *layers.DHCPv4) { m.ClientHWAddr = net.HardwareAddr{2, 0, 0, 0, 0, 8} }),
		"another question": reply(t, layers.DHCPMsgTypeAck, func(m *layers.DHCPv4) { m.Xid = 8 }),
		"a question":       reply(t, layers.DHCPMsgTypeAck, func(m *layers.DHCPv4) { m.Operation = layers.DHCPOpRequest }),
		"another kind":     reply(t, layers.DHCPMsgTypeInform, nil),
		"no address":       reply(t, layers.DHCPMsgTypeAck, func(m *layers.DHCPv4) { m.YourClientIP = net.IP{0, 0, 0, 0} }),
		"a group":          reply(t, layers.DHCPMsgTypeAck, func(m *layers.DHCPv4) { m.YourClientIP = net.IP{224, 0, 0, 1} }),
		"this machine":     reply(t, layers.DHCPMsgTypeAck, func(m *layers.DHCPv4) { m.YourClientIP = net.IP{127, 0, 0, 1} }),
		"all of it":        reply(t, layers.DHCPMsgTypeAck, nil, opt(layers.DHCPOptSubnetMask, []byte{0, 0, 0, 0})),
		"a mask of holes":  reply(t, layers.DHCPMsgTypeAck, nil, opt(layers.DHCPOptSubnetMask, []byte{255, 0, 255, 0})),
	} {
		if kind, l, err := answer(b, ours, 7); err == nil {
			t.Errorf("%s is taken: %v %+v", name, kind, l)
		}
	}
	_, l, err = answer(reply(t, layers.DHCPMsgTypeAck, nil, opt(layers.DHCPOptRouter, []byte{203, 0, 113, 1}), opt(layers.DHCPOptLeaseTime, []byte{0xff, 0xff, 0xff, 0xff}), opt(layers.DHCPOptT1, []byte{0, 0, 0, 5})), ours, 7)
	if err != nil || l.Router.IsValid() || l.Length != maxLease || l.Renew != 5*time.Second {
		t.Errorf("a router elsewhere, forever: %+v %v", l, err)
	}
}

// What we ask is what another reader finds in it.
func TestAsk(t *testing.T) {
	t.Parallel()
	addr := netip.MustParseAddr("192.168.1.50")
	for _, a := range []ask{{kind: layers.DHCPMsgTypeDiscover}, {kind: layers.DHCPMsgTypeRequest, wanted: addr, offerer: netip.MustParseAddr("192.168.1.1")}, {kind: layers.DHCPMsgTypeRequest, own: addr}} {
		b, err := a.append(ours, "otasuke", 7)
		if err != nil {
			t.Fatal(err)
		}
		p := gopacket.NewPacket(b, layers.LayerTypeIPv4, gopacket.Default)
		m, ok := p.Layer(layers.LayerTypeDHCPv4).(*layers.DHCPv4)
		if !ok || m.Xid != 7 || m.ClientHWAddr.String() != ours.String() || a.own.IsValid() == (m.Flags == 0x8000) || a.own.IsValid() && m.ClientIP.String() != "192.168.1.50" {
			t.Errorf("%+v: %v", a, p)
		}
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add(reply(f, layers.DHCPMsgTypeAck, nil))
	f.Add(reply(f, layers.DHCPMsgTypeNak, nil))
	f.Add([]byte{0x45})
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, l, err := answer(b, ours, 7); err == nil && l.Addr.IsValid() && (l.Length < minLease || l.Renew >= l.Length || len(l.DNS) > maxDNS || !l.Addr.Addr().Is4()) {
			t.Errorf("%+v", l)
		}
	})
}
