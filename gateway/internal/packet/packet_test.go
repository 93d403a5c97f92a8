package packet

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

var (
	a4 = netip.MustParseAddr("192.168.1.11")
	b4 = netip.MustParseAddr("203.0.113.9")
	a6 = netip.MustParseAddr("2001:db8::11")
	b6 = netip.MustParseAddr("2001:db8:1::9")
)

func tcp4(payload string) []byte {
	return AppendTCP(nil, Segment{Src: a4, Dst: b4, SrcPort: 40000, DstPort: 80, Seq: 0xfffffff0, Ack: 7, Flags: PSH | ACK, Payload: []byte(payload)})
}

func tcp6(payload string) []byte {
	return AppendTCP(nil, Segment{Src: a6, Dst: b6, SrcPort: 40000, DstPort: 80, Seq: 1, Ack: 7, Flags: SYN, Payload: []byte(payload)})
}

func udp(src, dst netip.Addr, payload string) []byte {
	return AppendUDP(nil, netip.AddrPortFrom(src, 5353), netip.AddrPortFrom(dst, 53), []byte(payload))
}

// edit changes a copy of a packet.
func edit(b []byte, f func([]byte)) []byte {
	b = bytes.Clone(b)
	f(b)
	return b
}

func set(off int, v ...byte) func([]byte) { return func(b []byte) { copy(b[off:], v) } }

// chain puts extension headers between the header of an IPv6 packet and the rest.
// Each is given with its next-header field unset; kinds are their numbers.
func chain(b []byte, kinds []byte, headers ...[]byte) []byte {
	last := b[6]
	out := bytes.Clone(b[:40])
	out[6] = kinds[0]
	for i, h := range headers {
		h = bytes.Clone(h)
		h[0] = last
		if i+1 < len(kinds) {
			h[0] = kinds[i+1]
		}
		out = append(out, h...)
	}
	out = append(out, b[40:]...)
	binary.BigEndian.PutUint16(out[4:], uint16(len(out)-40))
	return out
}

var (
	pad8  = []byte{0, 0, 1, 4, 0, 0, 0, 0}
	auth  = []byte{0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2}
	frag0 = []byte{0, 0, 0, 0, 0, 0, 0, 9}
)

func TestDecode(t *testing.T) {
	t.Parallel()
	f := func(name string, in []byte, want Packet) {
		t.Helper()
		var p Packet
		if err := p.Decode(in); err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		if d := cmp.Diff(want, p, cmpopts.IgnoreUnexported(Packet{}, TCPFields{}), cmpopts.IgnoreFields(Packet{}, "Data", "Frame", "Events", "Extensions"),
			cmpopts.EquateEmpty(), cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
	want := Packet{Payload: []byte("GET /"), IP: 20, Version: 4, Proto: TCP, TTL: 64, Src: a4, Dst: b4, SrcPort: 40000, DstPort: 80,
		Seq: 0xfffffff0, Ack: 7, Flags: PSH | ACK, Window: 0xffff, TCPHeader: 20}
	f("TCP", tcp4("GET /"), want)
	f("link-layer padding is no payload", append(tcp4("GET /"), 0, 0, 0, 0), want)
	f("bundle with length 0", edit(tcp4("GET /"), set(2, 0, 0)), want)
	want6 := Packet{Payload: []byte("hi"), IP: 40, Version: 6, Proto: UDP, TTL: 64, Src: a6, Dst: b6, SrcPort: 5353, DstPort: 53}
	f("UDP over IPv6", udp(a6, b6, "hi"), want6)
	f("traffic class", edit(udp(a6, b6, "hi"), set(0, 0x6a, 0xb0)), func() Packet { p := want6; p.TOS = 0xab; return p }())
	f("jumbogram", edit(udp(a6, b6, "hi"), set(4, 0, 0)), want6)
	f("bundle with UDP length 0", edit(udp(a6, b6, "hi"), set(44, 0, 0)), want6)
	ext := want6
	ext.IP = 40 + 8 + 8 + 12
	f("extension headers", chain(udp(a6, b6, "hi"), []byte{0, 60, 51}, pad8, pad8, auth), ext)
	atomic := want6
	atomic.IP, atomic.ID = 48, 9
	f("atomic fragment is no fragment", chain(udp(a6, b6, "hi"), []byte{44}, frag0), atomic)
	f("no next header", edit(udp(a6, b6, ""), func(b []byte) { b[6] = 59 })[:48],
		Packet{IP: 40, Version: 6, Proto: 59, TTL: 64, Src: a6, Dst: b6})
	piece := Packet{IP: 20, Version: 4, Proto: TCP, TTL: 64, Src: a4, Dst: b4, ID: 7, Fragment: true, MoreFrags: true, FragOffset: 16}
	f("fragment", edit(tcp4("GET "), func(b []byte) { b[5], b[6], b[7] = 7, 0x20, 2 }), piece)
}

// Decode is what the tests of single IP packets go through: Frame without a link
// layer, and an error when the packet's headers do not decode.
func (p *Packet) Decode(b []byte) error {
	d := Decoder{Inline: true}
	*p = d.Frame(LinkRaw, b, 0)[0]
	if p.Version == 0 || p.Invalid {
		return fmt.Errorf("%v", p.Events)
	}
	return nil
}

func TestTCPOptions(t *testing.T) {
	t.Parallel()
	b := edit(tcp4("\x02\x04\x05\xb4data"), set(32, 6<<4))
	var p Packet
	if err := p.Decode(b); err != nil {
		t.Fatal(err)
	}
	if got := p.TCPOptions(); !bytes.Equal(got, []byte{2, 4, 5, 0xb4}) || string(p.Payload) != "data" {
		t.Errorf("options %x, payload %q", got, p.Payload)
	}
	for _, in := range [][]byte{tcp4(""), udp(a4, b4, "")} {
		if err := p.Decode(in); err != nil || p.TCPOptions() != nil {
			t.Errorf("options of %x: %v %v", in, p.TCPOptions(), err)
		}
	}
}

func TestChecksums(t *testing.T) {
	t.Parallel()
	icmp := edit(udp(a4, b4, "ping"), func(b []byte) {
		b[9], b[10], b[11] = ICMP, 0, 0
		copy(b[20:], []byte{8, 0, 0, 0, 0, 1, 0, 2})
		Seal(b, 0, 20, 22)
	})
	binary.BigEndian.PutUint16(icmp[22:], 0)
	binary.BigEndian.PutUint16(icmp[22:], fold(sum(0, icmp[20:])))
	echo6 := edit(udp(a6, b6, "ping!"), func(b []byte) { b[6] = ICMPv6; copy(b[40:], []byte{128, 0, 0, 0, 0, 1, 0, 2}); Seal(b, 0, 40, 42) })
	for name, b := range map[string][]byte{"TCP": tcp4("odd"), "TCP6": tcp6("even"), "UDP": udp(a4, b4, "x"), "UDP6": udp(a6, b6, "xy"), "ICMP": icmp, "ICMPv6": echo6} {
		var p Packet
		if err := p.Decode(b); err != nil || !p.ChecksumOK() {
			t.Errorf("%s: right checksum is refused (%v)", name, err)
		}
		for i := p.IP; i < len(b); i++ { // each bit of what is summed counts
			bad := edit(b, func(b []byte) { b[i] ^= 0x10 })
			if p.Decode(bad) == nil && !p.Fragment && p.ChecksumOK() {
				t.Errorf("%s: wrong byte %d is not noticed", name, i)
			}
		}
	}
	var p Packet
	if p.Decode(edit(udp(a4, b4, "x"), set(26, 0, 0))) != nil || !p.ChecksumOK() {
		t.Error("UDP without checksum over IPv4 is right")
	}
	if p.Decode(edit(udp(a6, b6, "x"), set(46, 0, 0))) != nil || p.ChecksumOK() {
		t.Error("UDP without checksum over IPv6 is wrong")
	}
	if p.Decode(edit(tcp4("x"), set(8, 1))) != nil || p.ChecksumOK() {
		t.Error("wrong IPv4 header checksum")
	}
}

// TestBuilt has an independent decoder check lengths and checksums of what we send.
func TestBuilt(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		payload := make([]byte, rng.IntN(1400))
		for i := range payload {
			payload[i] = byte(rng.Uint32())
		}
		src, dst := a4, b4
		if rng.IntN(2) == 0 {
			src, dst = a6, b6
		}
		s := Segment{Src: src, Dst: dst, SrcPort: uint16(rng.Uint32()), DstPort: uint16(rng.Uint32()), Seq: rng.Uint32(), Ack: rng.Uint32(), Flags: uint8(rng.Uint32()), Payload: payload}
		prefix := []byte("kept")
		b := AppendTCP(bytes.Clone(prefix), s)
		l, _ := layer(t, b[4:]).(*layers.TCP)
		if l == nil || uint16(l.SrcPort) != s.SrcPort || l.Seq != s.Seq || l.Ack != s.Ack || !bytes.Equal(l.Payload, payload) || string(b[:4]) != "kept" {
			t.Fatalf("segment %+v was built as %x", s, b)
		}
		if reset := s.Flags&RST != 0; reset != (l.Window == 0) {
			t.Errorf("window %d of flags %x", l.Window, s.Flags)
		}
		u, _ := layer(t, AppendUDP(nil, netip.AddrPortFrom(src, s.SrcPort), netip.AddrPortFrom(dst, s.DstPort), payload)).(*layers.UDP)
		if u == nil || uint16(u.DstPort) != s.DstPort || !bytes.Equal(u.Payload, payload) || u.Checksum == 0 {
			t.Fatalf("datagram was built as %+v", u)
		}
	}
}

// layer decodes b with gopacket and checks every checksum.
func layer(t *testing.T, b []byte) gopacket.Layer {
	t.Helper()
	g := other(b)
	if e := g.ErrorLayer(); e != nil {
		t.Fatalf("%x: %v", b, e.Error())
	}
	switch l := g.TransportLayer().(type) {
	case *layers.TCP:
		_ = l.SetNetworkLayerForChecksum(g.NetworkLayer())
	case *layers.UDP:
		_ = l.SetNetworkLayerForChecksum(g.NetworkLayer())
	}
	if err, wrong := g.VerifyChecksums(); err != nil || len(wrong) > 0 {
		t.Fatalf("%x: checksums %v %v", b, err, wrong)
	}
	if l := g.Layer(layers.LayerTypeTCP); l != nil {
		return l
	}
	return g.Layer(layers.LayerTypeUDP)
}

func other(b []byte) gopacket.Packet {
	first := gopacket.LayerType(layers.LayerTypeIPv4)
	if b[0]>>4 == 6 {
		first = layers.LayerTypeIPv6
	}
	return gopacket.NewPacket(b, first, gopacket.DecodeOptions{})
}

// TestAgainstOther mutates packets at random: where both decoders accept, they
// must see the same.
func TestAgainstOther(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	agreed := 0
	all := seeds()
	for range 60000 {
		b := bytes.Clone(all[rng.IntN(len(all))])
		for range rng.IntN(4) {
			b[rng.IntN(min(len(b), 70))] = byte(rng.Uint32())
		}
		if len(b) > 0 && compare(t, b) {
			agreed++
		}
	}
	if agreed < 10000 {
		t.Errorf("only %d packets were accepted by both: the test compares too little", agreed)
	}
}

// compare reports whether both decoders accepted b as TCP or UDP.
func compare(t *testing.T, b []byte) bool {
	t.Helper()
	var p Packet
	if p.Decode(b) != nil || p.Fragment {
		return false
	}
	if p.Version == 6 && binary.BigEndian.Uint16(b[4:]) == 0 {
		return false // the other one wants a jumbo option, the kernel's bundles have none
	}
	g := other(b)
	if l, ok := g.NetworkLayer().(*layers.IPv4); ok && l.SrcIP != nil { // it stops at odd options
		got, _ := netip.AddrFromSlice(l.SrcIP)
		if got != p.Src || l.TTL != p.TTL || l.TOS != p.TOS || uint32(l.Id) != p.ID || uint8(l.Protocol) != p.Proto || int(l.IHL)*4 != p.IP {
			t.Fatalf("%x: IPv4 %+v, we read %+v", b, l, p)
		}
	}
	if l, ok := g.NetworkLayer().(*layers.IPv6); ok {
		got, _ := netip.AddrFromSlice(l.DstIP)
		if got != p.Dst || l.HopLimit != p.TTL || l.TrafficClass != p.TOS {
			t.Fatalf("%x: IPv6 %+v, we read %+v", b, l, p)
		}
	}
	switch p.Proto {
	case 4, 41, 47, 55, 94, 97, 112, 132:
		return false // the other one looks into tunnels
	}
	switch l := g.TransportLayer().(type) {
	case *layers.TCP:
		if p.Proto != TCP || uint16(l.SrcPort) != p.SrcPort || uint16(l.DstPort) != p.DstPort || l.Seq != p.Seq || l.Ack != p.Ack ||
			l.Window != p.Window || l.SYN != (p.Flags&SYN != 0) || l.RST != (p.Flags&RST != 0) || !bytes.Equal(l.Payload, p.Payload) {
			t.Fatalf("%x: TCP %+v, we read %+v", b, l, p)
		}
		return true
	case *layers.UDP:
		if p.Proto != UDP || uint16(l.SrcPort) != p.SrcPort || uint16(l.DstPort) != p.DstPort || l.Length != 0 && !bytes.Equal(l.Payload, p.Payload) {
			t.Fatalf("%x: UDP %+v, we read %+v", b, l, p)
		}
		return true
	}
	return false
}

func seeds() [][]byte {
	return [][]byte{
		tcp4("GET / HTTP/1.1\r\n\r\n"), tcp6("hello"), udp(a4, b4, "query"), udp(a6, b6, "query"),
		edit(tcp4("\x01\x01\x01\x00rest"), set(32, 6<<4)),
		chain(tcp6("x"), []byte{0, 60, 44}, pad8, pad8, frag0),
		chain(udp(a6, b6, "yy"), []byte{43, 51}, pad8, auth),
		edit(udp(a4, b4, "ping"), set(9, ICMP)), edit(udp(a6, b6, "ping"), set(6, ICMPv6)),
		edit(udp(a4, b4, strings.Repeat("z", 40)), set(6, 0x20, 0)),
	}
}

func mustHex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

func BenchmarkChecksum(b *testing.B) {
	in := tcp4(strings.Repeat("x", 1400))
	var p Packet
	_ = p.Decode(in)
	b.SetBytes(int64(len(in)))
	for b.Loop() {
		p.ChecksumOK()
	}
}
