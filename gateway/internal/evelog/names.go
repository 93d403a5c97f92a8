package evelog

import (
	"strconv"

	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/packet"
	"otasuke/rule"
)

// Proto names an IP protocol as the field's sensors do: as in the registry's list of the
// Linux distributions, in upper case.
func Proto(n uint8) string {
	if name := protocols[n]; name != "" {
		return name
	}
	return strconv.FormatUint(uint64(n)+1000, 10)[1:]
}

// protocols are the names of IP protocols.
var protocols = [256]string{
	0: "HOPOPT", 1: "ICMP", 2: "IGMP", 3: "GGP", 4: "IP-in-IP", 5: "ST", 6: "TCP", 7: "CBT", 8: "EGP", 9: "IGP",
	12: "PUP", 17: "UDP", 20: "HMP", 22: "XNS-IDP", 27: "RDP", 29: "ISO-TP4", 33: "DCCP", 36: "XTP", 37: "DDP", 38: "IDPR-CMTP",
	41: "IPv6", 43: "IPv6-Route", 44: "IPv6-Frag", 45: "IDRP", 46: "RSVP", 47: "GRE", 50: "ESP", 51: "AH", 57: "SKIP",
	58: "IPv6-ICMP", 59: "IPv6-NoNxt", 60: "IPv6-Opts", 73: "RSPF", 81: "VMTP", 88: "EIGRP", 89: "OSPF", 93: "AX.25", 94: "IPIP",
	97: "ETHERIP", 98: "ENCAP", 103: "PIM", 108: "IPCOMP", 112: "VRRP", 115: "L2TP", 124: "ISIS", 132: "SCTP", 133: "FC",
	135: "Mobility-Header", 136: "UDPLite", 137: "MPLS-in-IP", 138: "MANET", 139: "HIP", 140: "Shim6", 141: "WESP", 142: "ROHC",
}

// linkNames are the names of link types, as capture files call them.
var linkNames = map[uint32]string{
	0: "NULL", 1: "EN10MB", 9: "PPP", 12: "RAW", 14: "RAW", 50: "PPP_SERIAL", 51: "PPP_ETHER", 101: "RAW", 104: "C_HDLC", 108: "LOOP",
	113: "LINUX_SLL", 228: "IPV4", 229: "IPV6", 276: "LINUX_SLL2",
}

// SourceTimeout is the source of what is only judged when the flow ends.
const SourceTimeout = "stream (flow timeout)"

// source tells where a packet comes from: p is the i-th of the packets in a frame.
func source(pkts []packet.Packet, i int) string {
	if i == 0 || i >= len(pkts) {
		return "wire/pcap"
	}
	if pkts[i].Reassembled {
		return "defrag"
	}
	outer := &pkts[i-1]
	switch {
	case outer.Proto == packet.GRE:
		return "gre tunnel"
	case outer.Proto == packet.UDP && pkts[i].HasMAC:
		if outer.DstPort == genevePort {
			return "geneve encapsulation"
		}
		return "vxlan encapsulation"
	case outer.Proto == packet.UDP:
		return "teredo tunnel"
	case pkts[i].Version == 6:
		return "ipv6 tunnel"
	}
	return "ipv4 tunnel"
}

// genevePort is the registered port of RFC 8926.
const genevePort = 6081

// Spoken are the protocols of a conversation: what it speaks, what it spoke before, what it
// was to become, and what each side was taken for.
type Spoken struct {
	App, Original, Expected rule.Proto
	By                      [2]rule.Proto
}

// Write tells of them.
func (s *Spoken) Write(r *eve.Record) {
	r.AppProto = AppName(s.App)
	if s.Original != rule.ProtoUnknown && s.Original != s.App {
		r.Original = AppName(s.Original)
	}
	if s.Expected != rule.ProtoUnknown {
		r.Expected = AppName(s.Expected)
	}
	if s.By[0] != s.App {
		r.AppProtoTS = AppName(s.By[0])
	}
	if s.By[1] != s.App {
		r.AppProtoTC = AppName(s.By[1])
	}
}
