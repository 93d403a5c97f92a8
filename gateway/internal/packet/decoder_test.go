package packet

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"testing"
)

// inner is what tunnels carry: 5353 to 53 with "query".
var inner = udp(a4, b4, "query")

// vlanned is an Ethernet frame with a tag.
func vlanned(id byte, ip []byte) []byte { return eth(0x8100, []byte{0xe0, id, 8, 0}, ip) }

// carriers hold inner in all the ways that are known; the events are of the frame's
// own packet, level is where inner stands.
var carriers = []struct {
	name  string
	link  uint32
	in    []byte
	level uint8
}{
	{"Ethernet", LinkEthernet, eth(0x0800, inner), 0},
	{"padding", LinkEthernet, eth(0x0800, inner, zero), 0},
	{"VLAN", LinkEthernet, vlanned(7, inner), 0},
	{"three VLANs", LinkEthernet, eth(0x88a8, []byte{0, 7, 0x91, 0, 0, 8, 0x81, 0, 0, 9, 8, 0}, inner), 0},
	{"VLAN with priority alone", LinkEthernet, vlanned(0, inner), 0},
	{"backbone", LinkEthernet, eth(0x88e7, zero[:16], []byte{8, 0}, inner), 0},
	{"DCE", LinkEthernet, eth(0x8903, zero[:2], eth(0x0800, inner)), 0},
	{"VNTag", LinkEthernet, eth(0x8926, []byte{0, 0, 0, 1, 8, 0}, inner), 0},
	{"MPLS of a known version", LinkEthernet, eth(0x8847, []byte{0, 1, 0, 0, 0, 2, 1, 0}, inner), 0},
	{"MPLS explicit null", LinkEthernet, eth(0x8847, []byte{0, 0, 1, 0}, inner), 0},
	{"MPLS pseudo-wire", LinkEthernet, eth(0x8847, []byte{0, 2, 1, 0, 0, 0, 0, 0}, eth(0x0800, inner)), 0},
	{"MPLS pseudo-wire without control word", LinkEthernet, eth(0x8847, []byte{0, 2, 1, 0}, edit(eth(0x0800, inner), set(0, 0xa2))), 0},
	{"PPPoE", LinkEthernet, eth(0x8864, []byte{0x11, 0, 0, 1, 0, 0, 0, 0x21}, inner), 0},
	{"PPPoE, short protocol", LinkEthernet, eth(0x8864, []byte{0x11, 0, 0, 1, 0, 0, 0x21}, inner), 0},
	{"NSH", LinkEthernet, eth(0x894f, []byte{0, 2, 2, 1, 0, 0, 1, 0}, inner), 0},
	{"NSH with Ethernet", LinkEthernet, eth(0x894f, []byte{0, 6, 1, 3}, zero[:20], eth(0x0800, inner)), 0},
	{"raw", LinkRaw, inner, 0},
	{"IPv4", LinkIPv4, inner, 0},
	{"null", LinkNull, join([]byte{2, 0, 0, 0}, inner), 0},
	{"null of the other byte order", LinkNull, join([]byte{0, 0, 0, 2}, inner), 0},
	{"loop", LinkLoop, join([]byte{0, 0, 0, 2}, inner), 0},
	{"SLL", LinkLinuxSLL, join(zero[:14], []byte{8, 0}, inner), 0},
	{"SLL2", LinkLinuxSLL2, join([]byte{8, 0}, zero[:18], inner), 0},
	{"Cisco HDLC", LinkCiscoHDLC, join([]byte{0x0f, 0, 8, 0}, inner), 0},
	{"PPP", LinkPPP, join([]byte{0xff, 3, 0, 0x21}, inner), 0},
	{"PPP, short protocol", LinkPPP, join([]byte{0x21}, inner), 0},
	{"PPP in HDLC", LinkPPPSerial, join([]byte{0xff, 3, 0x21}, inner), 0},

	{"IPIP", LinkRaw, ip4(4, "", inner), 1},
	{"IPv4 in IPv6", LinkRaw, ip6(4, inner), 1},
	{"IPv4 in IPv6 behind options", LinkRaw, chain(ip6(4, inner), []byte{60}, alert8), 1},
	{"GRE", LinkRaw, ip4(47, "", []byte{0, 0, 8, 0}, inner), 1},
	{"GRE over IPv6", LinkRaw, ip6(47, []byte{0, 0, 8, 0}, inner), 1},
	{"GRE with all fields", LinkRaw, ip4(47, "", []byte{0xb0, 0, 8, 0}, zero[:12], inner), 1},
	{"GRE with a route", LinkRaw, ip4(47, "", []byte{0x40, 0, 8, 0, 0, 0, 0, 0, 0, 1, 0, 2, 9, 9, 0, 0, 0, 0}, inner), 1},
	{"GRE with Ethernet", LinkRaw, ip4(47, "", []byte{0, 0, 0x65, 0x58}, eth(0x0800, inner)), 1},
	{"GRE with a VLAN", LinkRaw, ip4(47, "", []byte{0, 0, 0x81, 0, 0, 7, 8, 0}, inner), 1},
	{"PPTP", LinkRaw, ip4(47, "", []byte{0x30, 0x81, 0x88, 0x0b}, zero[:12], []byte{0xff, 3, 0, 0x21}, inner), 1},
	{"ERSPAN I", LinkRaw, ip4(47, "", []byte{0, 0, 0x88, 0xbe}, eth(0x0800, inner)), 1},
	{"ERSPAN II", LinkRaw, ip4(47, "", []byte{0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 7, 0, 0, 0, 0, 0, 0}, eth(0x0800, inner)), 1},
	{"VXLAN", LinkRaw, ip4(17, "", udpTo(4789, []byte{8, 0, 0, 0, 0, 0, 1, 0}, eth(0x0800, inner))), 1},
	{"Geneve", LinkRaw, ip4(17, "", udpTo(6081, []byte{0, 0, 0x65, 0x58, 0, 0, 1, 0}, eth(0x0800, inner))), 1},
	{"Geneve with options and IPv4", LinkRaw, ip4(17, "", udpTo(6081, []byte{1, 0, 8, 0, 0, 0, 1, 0, 0, 0, 0, 0}, inner)), 1},
	{"Teredo", LinkRaw, ip4(17, "", udpTo(3544, ip6(4, inner))), 2},
	{"Teredo with an origin", LinkRaw, ip4(17, "", udpTo(3544, zero[:8], ip6(4, inner))), 2},
	{"GRE in IPIP in 6in4", LinkRaw, ip4(41, "", ip6(4, ip4(47, "", []byte{0, 0, 8, 0}, inner))), 3},
}

func TestCarriers(t *testing.T) {
	t.Parallel()
	var d Decoder
	for _, c := range carriers {
		pkts := d.Frame(c.link, c.in, 0)
		p := &pkts[len(pkts)-1]
		if len(pkts) != int(c.level)+1 || p.Level != c.level || string(p.Payload) != "query" || p.Src != a4 || p.DstPort != 53 || len(p.Data) != len(inner) {
			t.Errorf("%s: %d packets, the last of level %d: %v %d %q", c.name, len(pkts), p.Level, p.Src, p.DstPort, p.Payload)
		}
		for i := range pkts {
			if len(pkts[i].Events) > 0 || int(pkts[i].Level) != i {
				t.Errorf("%s: packet %d of level %d: %v", c.name, i, pkts[i].Level, pkts[i].Events)
			}
		}
	}
}

// TestNoTunnel: what only looks like a tunnel is no packet of its own and raises nothing.
func TestNoTunnel(t *testing.T) {
	t.Parallel()
	var d Decoder
	for name, b := range map[string][]byte{
		"Teredo of another length":   ip4(17, "", udpTo(3544, tcp6("x"), zero[:1])),
		"Teredo with a broken TCP":   ip4(17, "", udpTo(3544, ip6(6, zero[:10]))),
		"Teredo authentication":      ip4(17, "", udpTo(3544, []byte{0, 1}, tcp6("x"))),
		"text to the VXLAN port":     ip4(17, "", udpTo(4789, []byte("this is no VXLAN header at all"))),
		"VXLAN cut":                  ip4(17, "", udpTo(4789, []byte{8, 0, 0, 0, 0, 0, 1, 0}, zero[:13])),
		"VXLAN from the port":        edit(ip4(17, "", udpTo(53, []byte{8, 0, 0, 0, 0, 0, 1, 0}, eth(0x0800, inner))), set(20, 0x12, 0xb5)),
		"Geneve of version 1":        ip4(17, "", udpTo(6081, []byte{0x40, 0, 8, 0, 0, 0, 1, 0}, inner)),
		"Geneve longer than its UDP": ip4(17, "", udpTo(6081, []byte{0x3f, 0, 8, 0, 0, 0, 1, 0}, inner)),
		"IPIP with a cut packet":     ip4(4, "", inner[:len(inner)-1]),
		"GRE with a cut packet":      ip4(47, "", []byte{0, 0, 8, 0}, inner[:19]),
		"GRE with a cut PPP frame":   ip4(47, "", []byte{0x20, 1, 0x88, 0xb}, zero[:4], []byte{0xff, 3, 0}),
		"ERSPAN III":                 ip4(47, "", []byte{0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x20, 7}, zero),
		"GRE with something unknown": ip4(47, "", []byte{0, 0, 0x99, 0x99}, inner),
	} {
		if pkts := d.Frame(LinkRaw, b, 0); len(pkts) != 1 || len(pkts[0].Events) > 0 {
			t.Errorf("%s: %d packets, %v", name, len(pkts), pkts[0].Events)
		}
	}
	if pkts := d.Frame(147, inner, 0); len(pkts) != 1 || pkts[0].Version != 0 {
		t.Errorf("unknown link type: %+v", pkts)
	}
}

// TestTooManyLayers: nested tunnels end at some depth, and nothing is decoded twice.
func TestTooManyLayers(t *testing.T) {
	t.Parallel()
	var d Decoder
	for name, wrap := range map[string]func([]byte) []byte{
		"IPIP":  func(b []byte) []byte { return ip4(4, "", b) },
		"6in6":  func(b []byte) []byte { return ip6(41, b) },
		"GRE":   func(b []byte) []byte { return ip4(47, "", []byte{0, 0, 8, 0}, b) },
		"VXLAN": func(b []byte) []byte { return ip4(17, "", udpTo(4789, []byte{8, 0, 0, 0, 0, 0, 1, 0}, eth(0x0800, b))) },
	} {
		b := inner
		if name == "6in6" {
			b = udp(a6, b6, "query")
		}
		for range 30 {
			b = wrap(b)
		}
		pkts := d.Frame(LinkRaw, b, 0)
		if n := len(pkts); n > maxLayers || !pkts[n-1].Has("too_many_layers") {
			t.Errorf("%s: %d packets, %v", name, n, pkts[n-1].Events)
		}
	}
}

func TestFields(t *testing.T) {
	t.Parallel()
	var d Decoder
	p := &d.Frame(LinkEthernet, eth(0x88a8, []byte{0xe0, 7, 0x81, 0, 0, 8, 8, 0}, inner), 0)[0]
	if p.VLANs != [3]uint16{7, 8} || p.VLANLayers != 2 || !p.HasMAC || p.DstMAC != [6]byte{2, 0, 0, 0, 0, 1} || p.SrcMAC != [6]byte{2, 0, 0, 0, 0, 2} ||
		p.EtherType != 0x88a8 || !bytes.Equal(p.IPHeader(), inner[:20]) || !bytes.Equal(p.TransportHeader(), inner[20:28]) || p.TTL != 64 {
		t.Errorf("Ethernet: %+v", p)
	}
	p = &d.Frame(LinkEthernet, eth(0x8847, []byte{0, 1, 0, 0, 0, 2, 1, 0}, inner), 0)[0]
	if p.MPLS != 2 {
		t.Errorf("%d labels", p.MPLS)
	}
	p = &d.Frame(LinkRaw, ip4(6, "", tcpOpts("\x02\x04\x05\xb4\x04\x02\x08\x0a\x00\x00\x00\x01\x00\x00\x00\x02\x01\x03\x03\x07"), []byte("x")), 0)[0]
	if o := p.TCP; !o.HasMSS || o.MSS != 1460 || !o.HasScale || o.Scale != 7 || !o.SACKPermitted || !o.HasTimes || o.Time != 1 || o.Reply != 2 || o.FastOpen {
		t.Errorf("TCP options: %+v", o)
	}
	if len(p.TransportHeader()) != 40 || p.TCPHeader != 40 || string(p.Payload) != "x" || p.Flags != ACK || p.SrcPort != 80 {
		t.Errorf("TCP: %+v", p)
	}
	p = &d.Frame(LinkRaw, ip4(6, "", tcpOpts("\x05\x0a\x00\x00\x00\x01\x00\x00\x00\x02\x22\x06\x01\x02\x03\x04")), 0)[0]
	if !bytes.Equal(p.TCP.SACK, []byte{0, 0, 0, 1, 0, 0, 0, 2}) || !p.TCP.FastOpen {
		t.Errorf("TCP options: %+v", p.TCP)
	}
	p = &d.Frame(LinkRaw, ip4(17, "\x07\x07\x04\x00\x00\x00\x00\x01\x94\x04\x00\x00\x88\x04\x00\x00", udpTo(53)), 0)[0]
	if p.IPOptions != OptRecordRoute|OptNop|OptRouterAlert|OptStream || len(p.IPHeader()) != 36 {
		t.Errorf("IP options: %x", p.IPOptions)
	}
	p = &d.Frame(LinkRaw, chain(tcp6("x"), []byte{0, 60, 44}, alert8, alert8, frag0), 0)[0]
	if p.Extensions != ExtHopByHop|ExtDestOptions|ExtFragment || len(p.IPHeader()) != 64 || p.ID != 9 || p.Proto != TCP || p.Fragment {
		t.Errorf("IPv6: %+v", p)
	}
	p = &d.Frame(LinkRaw, ip4(132, "", []byte{0, 80, 1, 0}, zero[:20]), 0)[0]
	if p.SrcPort != 80 || p.DstPort != 256 || len(p.TransportHeader()) != 12 || len(p.Payload) != 12 {
		t.Errorf("SCTP: %+v", p)
	}
	p = &d.Frame(LinkPPP, join([]byte{0, 0x2f}, ip4(0, "", tcpOpts(""), []byte("x"))), 0)[0]
	if p.Proto != TCP || p.SrcPort != 80 || string(p.Payload) != "x" {
		t.Errorf("Van Jacobson: %+v", p)
	}
}

func TestICMPFields(t *testing.T) {
	t.Parallel()
	var d Decoder
	about := edit(udp(a4, b4, "x"), func([]byte) {})
	want := Cause{true, a4, b4, 5353, 53, UDP}
	p := &d.Frame(LinkRaw, ip4(1, "", []byte{3, 3, 0, 0, 0, 0, 0, 0}, about[:28]), 0)[0]
	if p.Cause != want || !p.ICMPError() || p.HasICMPID() || p.ICMPType != 3 || p.ICMPCode != 3 || len(p.TransportHeader()) != 8 || len(p.Payload) != 28 {
		t.Errorf("unreachable: %+v", p)
	}
	p = &d.Frame(LinkRaw, ip4(1, "", []byte{11, 0, 0, 0, 0, 0, 0, 0}, about[:20]), 0)[0]
	if !p.Cause.Known || p.Cause.SrcPort != 0 {
		t.Errorf("time exceeded, header alone: %+v", p.Cause)
	}
	p = &d.Frame(LinkRaw, ip4(1, "", []byte{11, 0, 0, 0, 0, 0, 0, 0}, edit(about[:20], set(0, 0x4f))), 0)[0]
	if !p.Cause.Known || p.Cause.SrcPort != 0 {
		t.Errorf("time exceeded, long header: %+v", p.Cause)
	}
	p = &d.Frame(LinkRaw, ip6(58, []byte{2, 0, 0, 0, 0, 0, 5, 0}, udp(a6, b6, "x")), 0)[0]
	if p.ICMPMTU != 1280 || p.Cause != (Cause{true, a6, b6, 5353, 53, UDP}) || !p.ICMPError() {
		t.Errorf("too big: %+v", p)
	}
	p = &d.Frame(LinkRaw, ip6(58, []byte{129, 0, 0, 0, 0, 7, 0, 9}), 0)[0]
	if p.ICMPID != 7 || p.ICMPSeq != 9 || !p.HasICMPID() || p.ICMPError() || p.Cause.Known {
		t.Errorf("echo: %+v", p)
	}
}

// TestJudgedChecksums: each checksum is judged alone, and only where there is one.
func TestJudgedChecksums(t *testing.T) {
	t.Parallel()
	fragment := edit(tcp4("abcdefgh"), set(6, 0x20, 0))
	for _, c := range []struct {
		name      string
		in        []byte
		ip, trans Checksum
	}{
		{"TCP", tcp4("odd"), ChecksumRight, ChecksumRight},
		{"TCP, wrong header", edit(tcp4("odd"), set(10, 1)), ChecksumWrong, ChecksumRight},
		{"TCP, wrong", edit(tcp4("odd"), set(36, 1)), ChecksumRight, ChecksumWrong},
		{"TCP with padding", append(tcp4("odd"), 1, 2, 3), ChecksumRight, ChecksumRight},
		{"TCP6", tcp6("odd"), NoChecksum, ChecksumRight},
		{"TCP6, wrong", edit(tcp6("odd"), set(60, 9)), NoChecksum, ChecksumWrong},
		{"TCP6 behind options", chain(tcp6("odd"), []byte{60}, alert8), NoChecksum, ChecksumRight},
		{"UDP", udp(a4, b4, "x"), ChecksumRight, ChecksumRight},
		{"UDP, wrong", edit(udp(a4, b4, "x"), set(26, 1)), ChecksumRight, ChecksumWrong},
		{"UDP without", edit(udp(a4, b4, "x"), set(26, 0, 0)), ChecksumRight, NoChecksum},
		{"UDP6 without", edit(udp(a6, b6, "x"), set(46, 0, 0)), NoChecksum, ChecksumWrong},
		{"ICMP", ip4(1, "", []byte{8, 0, 0xf7, 0xfd, 0, 1, 0, 1}), ChecksumRight, ChecksumRight},
		{"ICMP, wrong", ip4(1, "", []byte{8, 0, 0xf7, 0xfe, 0, 1, 0, 1}), ChecksumRight, ChecksumWrong},
		{"ICMPv6, wrong", ip6(58, []byte{128, 0, 0, 0, 0, 1, 0, 1}), NoChecksum, ChecksumWrong},
		{"fragment", fragment, ChecksumWrong, NoChecksum},
		{"cut TCP", ip4(6, "", zero[:10]), ChecksumRight, NoChecksum},
		{"cut", inner[:19], NoChecksum, NoChecksum},
		{"ESP", ip4(50, "", zero[:20]), ChecksumRight, NoChecksum},
	} {
		var d Decoder
		p := &d.Frame(LinkRaw, c.in, 0)[0]
		for range 2 {
			if p.IPChecksum() != c.ip || p.TransportChecksum() != c.trans {
				t.Errorf("%s: %d and %d, want %d and %d", c.name, p.IPChecksum(), p.TransportChecksum(), c.ip, c.trans)
			}
		}
	}
}

// TestBundles: the kernel hands over segments as one packet whose length is 0.
func TestBundles(t *testing.T) {
	t.Parallel()
	d := Decoder{Inline: true}
	for _, b := range [][]byte{edit(inner, set(2, 0, 0)), edit(inner, set(24, 0, 0)), edit(udp(a6, b6, "query"), set(4, 0, 0))} {
		if p := &d.Frame(LinkRaw, b, 0)[0]; string(p.Payload) != "query" || len(p.Events) > 0 {
			t.Errorf("%x: %q %v", b, p.Payload, p.Events)
		}
	}
	big := edit(udp(a6, b6, body(70000)), set(4, 0, 0))
	binary.BigEndian.PutUint16(big[44:], 0)
	var off Decoder
	if p := &off.Frame(LinkRaw, big, 0)[0]; len(p.Payload) != 70000 || p.TransportChecksum() != NoChecksum {
		t.Errorf("bundle of a capture: %d bytes, %v", len(p.Payload), p.Events)
	}
	if p := &off.Frame(LinkRaw, edit(inner, set(24, 0, 0)), 0)[0]; !p.Has("udp.len_invalid") {
		t.Errorf("a length of 0 in a small frame: %v", p.Events)
	}
}

// pieces are a datagram in three, in frames with a VLAN.
func pieces(whole []byte) (out [][]byte) {
	kind := uint16(0x0800)
	if whole[0]>>4 == 6 {
		kind = 0x86dd
	}
	for _, c := range []cut{{0, 24, true}, {24, 48, true}, {48, 70, false}} {
		out = append(out, eth(0x8100, []byte{0, 7, byte(kind >> 8), byte(kind)}, pieceOf(whole, 5, c)))
	}
	return out
}

func TestReassembly(t *testing.T) {
	t.Parallel()
	for _, whole := range [][]byte{udp(a4, b4, body(62)), udp(a6, b6, body(62))} {
		for _, inline := range []bool{false, true} {
			d := Decoder{Inline: inline}
			for i, b := range pieces(whole) {
				pkts := d.Frame(LinkEthernet, b, 0)
				if p := &pkts[0]; !p.Fragment || p.MoreFrags != (i < 2) || p.Payload != nil || p.TransportHeader() != nil || len(p.Events) > 0 || p.Refused {
					t.Errorf("piece %d: %+v", i, p)
				}
				if want := 1 + i/2; len(pkts) != want {
					t.Fatalf("piece %d: %d packets, want %d", i, len(pkts), want)
				}
				if i < 2 {
					continue
				}
				p := &pkts[1]
				if !p.Reassembled || p.Fragment || p.DstPort != 53 || string(p.Payload) != body(62) || p.VLANs[0] != 7 || !p.HasMAC || p.Level != 0 ||
					p.TransportChecksum() != ChecksumRight || p.IPChecksum() == ChecksumWrong {
					t.Errorf("whole: %+v", p)
				}
			}
		}
	}
}

// TestReassemblyApart: pieces of another VLAN or tunnel do not belong together.
func TestReassemblyApart(t *testing.T) {
	t.Parallel()
	var d Decoder
	whole := udp(a4, b4, body(62))
	first, rest := pieceOf(whole, 5, cut{0, 24, true}), pieceOf(whole, 5, cut{24, 70, false})
	d.Frame(LinkEthernet, vlanned(7, first), 0)
	for _, b := range [][]byte{vlanned(8, rest), eth(0x0800, rest), eth(0x0800, ip4(4, "", rest))} {
		if pkts := d.Frame(LinkEthernet, b, 0); pkts[len(pkts)-1].Reassembled {
			t.Errorf("%x was put together with another network's", b)
		}
	}
	if pkts := d.Frame(LinkEthernet, vlanned(7, rest), 0); len(pkts) != 2 {
		t.Error("not complete")
	}
}

// TestReassemblyInTunnels: a tunnel in pieces, and pieces in a tunnel.
func TestReassemblyInTunnels(t *testing.T) {
	t.Parallel()
	var d Decoder
	outer := ip4(4, "", udp(a4, b4, body(62)))
	d.Frame(LinkRaw, pieceOf(outer, 5, cut{0, 48, true}), 0)
	pkts := d.Frame(LinkRaw, pieceOf(outer, 5, cut{48, 90, false}), 0)
	if len(pkts) != 3 || !pkts[1].Reassembled || pkts[2].Level != 1 || string(pkts[2].Payload) != body(62) {
		t.Errorf("a tunnel in pieces: %+v", pkts)
	}
	whole := udp(a6, b6, body(62))
	d.Frame(LinkRaw, ip4(41, "", pieceOf(whole, 5, cut{0, 48, true})), 0)
	pkts = d.Frame(LinkRaw, ip4(41, "", pieceOf(whole, 5, cut{48, 70, false})), 0)
	if len(pkts) != 3 || !pkts[2].Reassembled || pkts[2].Level != 1 || string(pkts[2].Payload) != body(62) {
		t.Errorf("pieces in a tunnel: %+v", pkts)
	}
}

// TestOverlapEvents: contradictions are noted, refused inline, and resolved offline as
// Windows does.
func TestOverlapEvents(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		pieces []string // offset in eights, '+' for more, then the letters that it is filled with
		want   string
		clash  bool
	}{
		{"in order", []string{"0+aa", "2 bb"}, "aabb", false},
		{"copy", []string{"0+aa", "0+aa", "2 bb"}, "aabb", true},
		{"first stays", []string{"0+aa", "0+xx", "2 bb"}, "aabb", true},
		{"second reaches behind", []string{"0+aa", "1+xx", "3 b"}, "aaxb", true},
		{"second reaches before", []string{"1+aa", "0+xx", "3 b"}, "xaab", true},
		{"second within", []string{"0+aaa", "1+x", "3 b"}, "aaab", true},
		{"second around", []string{"1+a", "0+xxx", "3 b"}, "xxxb", true},
		{"second around two", []string{"1+a", "2+c", "0+xxxx", "4 b"}, "xxxxb", true},
		{"from the same start, longer", []string{"0+a", "0+xx", "2 b"}, "axb", true},
		{"to the same end, earlier", []string{"1+a", "0+xx", "2 b"}, "xab", true},
		{"end first", []string{"2 bb", "0+aaa"}, "aabb", true},
	} {
		for _, six := range []bool{false, true} {
			var lenient, strict Decoder
			strict.Inline = true
			var got string
			clash, refused := false, false
			for _, s := range c.pieces {
				from := int(s[0]-'0') * 8
				data := make([]byte, 0, 80)
				for _, l := range []byte(s[2:]) {
					data = append(data, bytes.Repeat([]byte{l}, 8)...)
				}
				whole := ip4(200, "", bytes.Repeat([]byte{0}, 80))
				if six {
					whole = ip6(200, bytes.Repeat([]byte{0}, 80))
				}
				copy(whole[len(whole)-80+from:], data)
				b := pieceOf(whole, 1, cut{from, from + len(data), s[1] == '+'})
				refused = strict.Frame(LinkRaw, b, 0)[0].Refused || refused
				for _, p := range lenient.Frame(LinkRaw, b, 0) {
					clash = clash || p.Has("ipv4.frag_overlap") || p.Has("ipv6.frag_overlap")
					if p.Reassembled {
						for i := p.IP; i < len(p.Data); i += 8 {
							got += string(p.Data[i : i+1])
						}
					}
				}
			}
			if got != c.want || clash != c.clash || refused != (c.clash && c.name != "copy") {
				t.Errorf("%s, IPv6 %v: %q, noted %v, refused %v", c.name, six, got, clash, refused)
			}
		}
	}
}

// TestLenientPatience: pieces wait 60 seconds for the next one, not longer.
func TestLenientPatience(t *testing.T) {
	t.Parallel()
	var d Decoder
	p := pieces(udp(a4, b4, body(62)))
	d.Frame(LinkEthernet, p[0], 0)
	d.Frame(LinkEthernet, p[1], datagramPatience)
	if n := len(d.Frame(LinkEthernet, p[2], 2*datagramPatience)); n != 2 {
		t.Error("a slow sender's datagram is not completed")
	}
	d.Frame(LinkEthernet, p[0], 0)
	d.Frame(LinkEthernet, p[1], datagramPatience+1)
	if n := len(d.Frame(LinkEthernet, p[2], datagramPatience+1)); n != 1 {
		t.Error("an old piece is used")
	}
}

// TestLenientBounds: memory and time of a flood of pieces are bounded.
func TestLenientBounds(t *testing.T) {
	t.Parallel()
	var d Decoder
	whole := udp(a6, b6, body(40000))
	for i := range 2 * maxPiecesLenient {
		d.Frame(LinkRaw, pieceOf(whole, 1, cut{i * 16, i*16 + 8, true}), 0)
	}
	for id := range uint32(2 * MaxDatagrams) {
		d.Frame(LinkRaw, pieceOf(whole, id+2, cut{0, 8, true}), 0)
	}
	if n := len(d.Fragments.open); n != MaxDatagrams {
		t.Errorf("%d datagrams", n)
	}
	for _, g := range d.Fragments.open {
		if len(g.pieces) > maxPiecesLenient {
			t.Errorf("%d pieces", len(g.pieces))
		}
	}
	if p := d.Frame(LinkRaw, pieceOf(whole, 99999, cut{0, 8, true}), 0)[0]; !p.Has("ipv6.frag_ignored") {
		t.Errorf("%v", p.Events)
	}
}

func TestFrameNoAllocs(t *testing.T) {
	var d Decoder
	var in []struct {
		link uint32
		b    []byte
	}
	for _, c := range carriers {
		in = append(in, struct {
			link uint32
			b    []byte
		}{c.link, c.in})
	}
	for _, c := range malformed {
		if !bytes.Contains([]byte(c.name), []byte("fragment")) {
			in = append(in, struct {
				link uint32
				b    []byte
			}{c.link, c.in})
		}
	}
	run := func() {
		for _, c := range in {
			pkts := d.Frame(c.link, c.b, 0)
			for i := range pkts {
				pkts[i].TransportChecksum()
				pkts[i].IPChecksum()
			}
		}
	}
	run()
	if n := testing.AllocsPerRun(100, run); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func frameSeeds() (out [][]byte, links []uint32) {
	for _, c := range carriers {
		out, links = append(out, c.in), append(links, c.link)
	}
	for _, c := range malformed {
		out, links = append(out, c.in), append(links, c.link)
	}
	return out, links
}

// TestTruncatedFrames cuts each frame at each byte: never a panic, and no field
// outside of the frame.
func TestTruncatedFrames(t *testing.T) {
	t.Parallel()
	var d Decoder
	frames, links := frameSeeds()
	for i, b := range frames {
		for n := range b {
			sane(t, d.Frame(links[i], b[:n:n], 0), b[:n])
		}
	}
}

// sane checks what holds for each packet of a frame.
func sane(t *testing.T, pkts []Packet, frame []byte) {
	t.Helper()
	if len(pkts) == 0 || len(pkts) > maxLayers+1 {
		t.Fatalf("%x: %d packets", frame, len(pkts))
	}
	for i := range pkts {
		p := &pkts[i]
		if len(p.Events) > maxEvents || p.IP > len(p.Data) || p.Version == 0 && (p.Data != nil || p.Src != (netip.Addr{}) || p.Payload != nil) ||
			i == 0 && (p.Level != 0 || p.Reassembled) || len(p.Data) > max(len(frame), MaxDatagramBytes+64) {
			t.Fatalf("%x: packet %d: %+v", frame, i, p)
		}
		if h := p.TransportHeader(); h != nil && (p.Fragment || p.transportOff+len(h)+len(p.Payload) > len(p.Data)) {
			t.Fatalf("%x: packet %d: %+v", frame, i, p)
		}
		p.IPHeader()
		p.IPChecksum()
		p.TransportChecksum()
		p.TCPOptions()
		p.HasICMPID()
		p.ICMPError()
		if slices.Contains(p.Events, "") {
			t.Fatalf("%x: an event without a name", frame)
		}
	}
}

func FuzzFrame(f *testing.F) {
	frames, links := frameSeeds()
	for i, b := range frames {
		f.Add(links[i], b, false)
	}
	for _, b := range pieces(udp(a6, b6, body(62))) {
		f.Add(uint32(LinkEthernet), b, true)
	}
	f.Fuzz(func(t *testing.T, link uint32, b []byte, inline bool) {
		d := Decoder{Inline: inline}
		sane(t, d.Frame(link, b, 0), b)
		sane(t, d.Frame(link, b, 1), b) // again: a copy of each piece
		sane(t, d.Frame(LinkEthernet, b, 2), b)
	})
}

// FuzzReassembly gives pieces of two datagrams, as the bytes say, to both policies.
func FuzzReassembly(f *testing.F) {
	f.Add([]byte{0, 3, 1, 3, 3, 1, 6, 3, 0}, false)
	f.Add([]byte{6, 3, 0, 3, 3, 1, 0, 3, 1, 0, 12, 3}, true)
	f.Fuzz(func(t *testing.T, script []byte, six bool) {
		whole := ip4(200, "", []byte(body(2056)))
		if six {
			whole = ip6(200, []byte(body(2056)))
		}
		var lenient, strict Decoder
		strict.Inline = true
		for ; len(script) >= 3; script = script[3:] {
			from := int(script[0]) * 8
			to := min(from+int(script[1])*8, 2056)
			b := pieceOf(whole, uint32(script[2]>>7), cut{from, max(from, to), script[2]&1 != 0})
			if script[2]&2 != 0 && to > from {
				b[len(b)-1] ^= 0xff
			}
			now := int64(script[2]&4) << 22
			sane(t, lenient.Frame(LinkRaw, b, now), b)
			pkts := strict.Frame(LinkRaw, b, now)
			sane(t, pkts, b)
			if pkts[0].Refused && len(pkts) > 1 {
				t.Fatal("refused and put together")
			}
		}
	})
}

func BenchmarkFrame(b *testing.B) {
	for _, c := range []struct {
		name string
		in   []byte
	}{
		{"TCP", eth(0x0800, tcp4(body(1400)))},
		{"TCP6", eth(0x86dd, tcp6(body(1400)))},
		{"VXLAN", eth(0x0800, ip4(17, "", udpTo(4789, []byte{8, 0, 0, 0, 0, 0, 1, 0}, eth(0x0800, tcp4(body(1300))))))},
	} {
		b.Run(fmt.Sprint(c.name), func(b *testing.B) {
			var d Decoder
			b.SetBytes(int64(len(c.in)))
			b.ReportAllocs()
			for b.Loop() {
				d.Frame(LinkEthernet, c.in, 0)
			}
		})
	}
}
