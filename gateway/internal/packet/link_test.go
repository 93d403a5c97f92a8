package packet

import (
	"bytes"
	"testing"
)

func join(parts ...[]byte) (out []byte) {
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

func TestStrip(t *testing.T) {
	t.Parallel()
	dst, src := []byte{2, 0, 0, 0, 0, 1}, []byte{2, 0, 0, 0, 0, 2}
	ip := tcp4("x")
	eth := join(dst, src)
	tag := func(vlan byte) []byte { return []byte{0x81, 0, 0xe0, vlan} }
	pppoe := []byte{0x88, 0x64, 0x11, 0, 0, 1, 0, byte(len(ip) + 2)}
	sll := join([]byte{0, 0, 0, 1, 0, 6}, src, []byte{0, 0})
	sll2 := join([]byte{8, 0, 0, 0, 0, 0, 0, 5, 0, 1, 0, 6}, src, []byte{0, 0})
	for _, c := range []struct {
		name string
		link uint32
		in   []byte
		vlan uint16
		mac  bool
		ok   bool
	}{
		{"Ethernet", LinkEthernet, join(eth, []byte{8, 0}, ip), 0, true, true},
		{"VLAN", LinkEthernet, join(eth, tag(7), []byte{8, 0}, ip), 7, true, true},
		{"QinQ", LinkEthernet, join(eth, []byte{0x88, 0xa8, 0, 9}, tag(7), []byte{8, 0}, ip), 9, true, true},
		{"old QinQ", LinkEthernet, join(eth, []byte{0x91, 0, 0, 9}, tag(7), []byte{8, 0}, ip), 9, true, true},
		{"priority tag only", LinkEthernet, join(eth, tag(0), []byte{8, 0}, ip), 0, true, true},
		{"PPPoE", LinkEthernet, join(eth, pppoe, []byte{0, 0x21}, ip), 0, true, true},
		{"PPPoE in VLAN", LinkEthernet, join(eth, tag(3), pppoe, []byte{0, 0x57}, ip), 3, true, true},
		{"SLL", LinkLinuxSLL, join(sll, []byte{8, 0}, ip), 0, true, true},
		{"SLL2", LinkLinuxSLL2, join(sll2, ip), 0, true, true},
		{"raw", LinkRaw, ip, 0, false, true},
		{"raw BSD", LinkRawBSD, ip, 0, false, true},
		{"raw OpenBSD", 14, ip, 0, false, true},
		{"IPv4", LinkIPv4, ip, 0, false, true},
		{"null", LinkNull, join([]byte{2, 0, 0, 0}, ip), 0, false, true},
		{"loop", LinkLoop, join([]byte{0, 0, 0, 2}, ip), 0, false, true},
		{"unknown link", 105, ip, 0, false, false},
		{"ARP", LinkEthernet, join(eth, []byte{8, 6}, make([]byte, 28)), 0, true, false},
		{"IEEE 802.3 length", LinkEthernet, join(eth, []byte{0, 40}, ip), 0, true, false},
		{"no payload", LinkEthernet, join(eth, []byte{8, 0}), 0, true, false},
		{"Ethernet cut", LinkEthernet, eth, 0, false, false},
		{"VLAN cut", LinkEthernet, join(eth, []byte{0x81, 0, 0}), 0, true, false},
		{"six tags", LinkEthernet, join(eth, tag(1), tag(2), tag(3), tag(4), tag(5), tag(6), []byte{8, 0}, ip), 1, true, false},
		{"PPPoE cut", LinkEthernet, join(eth, pppoe), 0, true, false},
		{"PPPoE discovery code", LinkEthernet, join(eth, []byte{0x88, 0x64, 0x11, 9, 0, 1, 0, 9, 0, 0x21}, ip), 0, true, false},
		{"PPPoE control", LinkEthernet, join(eth, pppoe, []byte{0xc0, 0x21}, ip), 0, true, false},
		{"SLL cut", LinkLinuxSLL, sll, 0, false, false},
		{"SLL2 cut", LinkLinuxSLL2, sll2[:19], 0, false, false},
		{"null cut", LinkNull, []byte{2, 0, 0}, 0, false, false},
		{"nothing", LinkRaw, nil, 0, false, false},
	} {
		f, ok := Strip(c.link, c.in)
		if ok != c.ok || f.VLAN != c.vlan {
			t.Errorf("%s: ok %v, VLAN %d", c.name, ok, f.VLAN)
		}
		if ok && !bytes.Equal(f.IP, ip) {
			t.Errorf("%s: IP packet %x", c.name, f.IP)
		}
		if got := f.SrcMAC != [6]byte{}; got != c.mac || c.mac && !bytes.Equal(f.SrcMAC[:], src) {
			t.Errorf("%s: sender %x", c.name, f.SrcMAC)
		}
	}
}

func FuzzStrip(f *testing.F) {
	f.Add(uint32(LinkEthernet), join(make([]byte, 12), []byte{0x81, 0, 0, 1, 8, 0}, tcp4("x")))
	f.Add(uint32(LinkLinuxSLL2), join([]byte{8, 0}, make([]byte, 18), tcp4("x")))
	f.Add(uint32(LinkEthernet), join(make([]byte, 12), []byte{0x88, 0x64, 0x11, 0, 0, 1, 0, 9, 0, 0x21}, tcp4("x")))
	f.Fuzz(func(t *testing.T, link uint32, b []byte) {
		frame, ok := Strip(link, b)
		if ok != (len(frame.IP) > 0) || !bytes.HasSuffix(b, frame.IP) || frame.VLAN > 0xfff {
			t.Fatalf("Strip(%d, %x) = %+v, %v", link, b, frame, ok)
		}
	})
}
