package evelog

import (
	"encoding/binary"
	"net/netip"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/eve"
)

// arpSize is the length of an ARP message for Ethernet and IPv4 (RFC 826).
const arpSize = 28

// operations of ARP, RARP (RFC 903) and InARP (RFC 2390).
var operations = map[uint16]string{1: "request", 2: "reply", 3: "request_reverse", 4: "reply_reverse", 8: "inarp_request", 9: "inarp_reply"}

// ARPRecord tells of an ARP message, which stands behind the packet's link layer; nil when
// it cannot be found there.
func (c *Config) ARPRecord(v *View) *eve.Record {
	p := v.packet()
	b := arpMessage(p.Frame, int(p.VLANLayers))
	if b == nil {
		return nil
	}
	text := func(a []byte) string { addr, _ := netip.AddrFromSlice(a); return addr.String() }
	r := c.Record(v, "arp", true)
	r.SrcIP, r.DestIP = eve.Addr{}, eve.Addr{}
	r.Extra = []app.Field{{Name: "arp", Value: map[string]any{
		"hw_type": "ethernet", "proto_type": "ipv4", "opcode": operations[binary.BigEndian.Uint16(b[6:])],
		"src_mac": mac([6]byte(b[8:14])), "src_ip": text(b[14:18]), "dest_mac": mac([6]byte(b[18:24])), "dest_ip": text(b[24:28]),
	}}}
	return r
}

// arpMessage finds the message: it begins with its types of addresses and their lengths.
func arpMessage(frame []byte, vlans int) []byte {
	for _, at := range [...]int{14 + 4*vlans, 14, 16} { // Ethernet, Linux cooked capture
		if b := frame[min(at, len(frame)):]; len(b) >= arpSize && [6]byte(b[:6]) == [6]byte{0, 1, 8, 0, 6, 4} {
			return b[:arpSize]
		}
	}
	return nil
}
