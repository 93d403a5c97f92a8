package engine

import (
	"encoding/binary"
	"slices"
	"testing"

	"otasuke/gateway/internal/packet"
)

// An envelope puts an IP packet into something else.
type envelope struct {
	name string
	link uint32
	put  func(ip []byte) []byte
}

// etherOf is the Ethernet type of an IP packet.
func etherOf(ip []byte) []byte {
	if ip[0]>>4 == 6 {
		return []byte{0x86, 0xdd}
	}
	return []byte{8, 0}
}

// frame is an Ethernet frame with tags or headers in front of the packet.
func frame(headers []byte, ip []byte) []byte {
	return slices.Concat([]byte{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1}, headers, ip)
}

// outer4 is an IPv4 packet that carries another protocol.
func outer4(proto byte, contents []byte) []byte {
	ip := append([]byte{0x45, 0, 0, 0, 0, 0, 0, 0, 64, proto, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2}, contents...)
	put16(ip[2:], uint16(len(ip)))
	return resealed(ip)
}

func outer6(proto byte, contents []byte) []byte {
	ip := make([]byte, 40, 40+len(contents))
	ip[0], ip[6], ip[7], ip[8], ip[24] = 0x60, proto, 64, 0x20, 0x20
	put16(ip[4:], uint16(len(contents)))
	return append(ip, contents...)
}

// datagramIn is a UDP datagram without a checksum.
func datagramIn(port uint16, contents []byte) []byte {
	udp := binary.BigEndian.AppendUint16([]byte{0xc0, 0}, port)
	udp = binary.BigEndian.AppendUint16(udp, uint16(8+len(contents)))
	return append(append(udp, 0, 0), contents...)
}

// protoOf is the number of an IP packet within another one.
func protoOf(ip []byte) byte {
	if ip[0]>>4 == 6 {
		return 41
	}
	return 4
}

var envelopes = []envelope{
	{"Ethernet", packet.LinkEthernet, func(ip []byte) []byte { return frame(etherOf(ip), ip) }},
	{"VLAN", packet.LinkEthernet, func(ip []byte) []byte { return frame(slices.Concat([]byte{0x81, 0, 0, 7}, etherOf(ip)), ip) }},
	{"QinQ", packet.LinkEthernet, func(ip []byte) []byte {
		return frame(slices.Concat([]byte{0x88, 0xa8, 0, 9, 0x81, 0, 0, 7}, etherOf(ip)), ip)
	}},
	{"PPPoE", packet.LinkEthernet, func(ip []byte) []byte {
		kind := []byte{0, 0x21}
		if ip[0]>>4 == 6 {
			kind = []byte{0, 0x57}
		}
		head := binary.BigEndian.AppendUint16([]byte{0x88, 0x64, 0x11, 0, 0, 5}, uint16(2+len(ip)))
		return frame(append(head, kind...), ip)
	}},
	{"PPPoE in a VLAN", packet.LinkEthernet, func(ip []byte) []byte {
		kind := []byte{0, 0x21}
		if ip[0]>>4 == 6 {
			kind = []byte{0, 0x57}
		}
		head := binary.BigEndian.AppendUint16([]byte{0x81, 0, 0, 7, 0x88, 0x64, 0x11, 0, 0, 5}, uint16(2+len(ip)))
		return frame(append(head, kind...), ip)
	}},
	{"6in4 and IP in IP", packet.LinkRaw, func(ip []byte) []byte { return outer4(protoOf(ip), ip) }},
	{"IP in IPv6", packet.LinkRaw, func(ip []byte) []byte { return outer6(protoOf(ip), ip) }},
	{"GRE", packet.LinkRaw, func(ip []byte) []byte {
		return outer4(47, slices.Concat([]byte{0, 0}, etherOf(ip), ip))
	}},
	{"GRE with key and number", packet.LinkRaw, func(ip []byte) []byte {
		return outer4(47, slices.Concat([]byte{0x30, 0}, etherOf(ip), []byte{1, 2, 3, 4, 0, 0, 0, 9}, ip))
	}},
	{"Ethernet in GRE", packet.LinkRaw, func(ip []byte) []byte {
		return outer4(47, slices.Concat([]byte{0, 0, 0x65, 0x58}, frame(etherOf(ip), ip)))
	}},
	{"VXLAN", packet.LinkRaw, func(ip []byte) []byte {
		return outer4(packet.UDP, datagramIn(4789, slices.Concat([]byte{8, 0, 0, 0, 0, 0, 5, 0}, frame(etherOf(ip), ip))))
	}},
	{"Geneve", packet.LinkRaw, func(ip []byte) []byte {
		return outer4(packet.UDP, datagramIn(6081, slices.Concat([]byte{0, 0, 0x65, 0x58, 0, 0, 5, 0}, frame(etherOf(ip), ip))))
	}},
	{"GRE in GRE", packet.LinkRaw, func(ip []byte) []byte {
		inner := outer4(47, slices.Concat([]byte{0, 0}, etherOf(ip), ip))
		return outer4(47, slices.Concat([]byte{0, 0, 8, 0}, inner))
	}},
	{"MPLS", packet.LinkEthernet, func(ip []byte) []byte {
		return frame([]byte{0x88, 0x47, 0, 1, 0x01, 64}, ip)
	}},
}

// Whatever is around a packet, what it says is found.
func TestTunnels(t *testing.T) {
	t.Parallel()
	six := func() *ends { return between("[2001:db8::7]:40000", "[fd00::80]:80") }
	for _, v := range envelopes {
		wrap := func(ip []byte) [][]byte { return [][]byte{v.put(ip)} }
		playRequest(t, v.name+", IPv4", web, v.link, wrap)
		playRequest(t, v.name+", IPv6", six, v.link, wrap)
	}
	teredo := func(ip []byte) [][]byte { return [][]byte{outer4(packet.UDP, datagramIn(3544, ip))} }
	playRequest(t, "Teredo", six, packet.LinkRaw, teredo)
	fragmented := func(ip []byte) [][]byte {
		w := datagramOf(outer4(protoOf(ip), ip))
		return [][]byte{w.piece(0, 24).ip, w.piece(24, 0).ip}
	}
	playRequest(t, "6in4 in fragments", six, packet.LinkRaw, fragmented)
}
