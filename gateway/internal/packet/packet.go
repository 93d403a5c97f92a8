package packet

import "net/netip"

// IP protocol numbers that the box looks into.
const (
	ICMP   = 1
	TCP    = 6
	UDP    = 17
	ICMPv6 = 58

	IPv4Inside = 4  // RFC 2003
	IPv6Inside = 41 // RFC 4213
)

// TCP flags as they stand in the header (RFC 9293 section 3.1).
const (
	FIN = 1 << iota
	SYN
	RST
	PSH
	ACK
	URG
	ECE
	CWR
)

// EtherARP is the EtherType of ARP (RFC 826).
const EtherARP = 0x0806

// Other protocols that are decoded (the registry of IP protocol numbers).
const (
	hopByHop    = 0
	IGMP        = 2
	ipv4Inside  = IPv4Inside
	ipv6Inside  = IPv6Inside
	routing     = 43
	fragment    = 44
	GRE         = 47
	ESP         = 50
	authHeader  = 51
	noNext      = 59
	destOptions = 60
	SCTP        = 132
	mobility    = 135
	hostID      = 139
	shim6       = 140
)

// maxEvents bounds what is noted about one packet: what is wrong in sixteen ways
// needs no seventeenth.
const maxEvents = 15

// Tagged gives packets of one frame the VLAN that their capture took from it; 0 is none.
func Tagged(list []Packet, vlan uint16) []Packet {
	for i := range list {
		if p := &list[i]; vlan != 0 && p.Level == 0 && p.VLANLayers == 0 {
			p.VLANs[0], p.VLANLayers = vlan, 1
		}
	}
	return list
}

// MaxVLANs is how many stacked tags are followed: QinQinQ.
const MaxVLANs = 3

// Packet holds the fields of one packet. Numbers are in host order.
type Packet struct {
	// Frame is what the packet was decoded from: the captured frame, the contents of
	// a tunnel, or a datagram put together from fragments.
	Frame []byte
	// Events names what is wrong or odd, as the rule keyword decode-event spells it, in
	// the order in which it was found. The same name may stand in it twice.
	Events []string
	// Invalid tells that one of the events is a reason not to follow the packet's conversation.
	Invalid bool

	Data    []byte // the whole packet, from the IP header to the end of its length; nil when its IP header did not decode
	Payload []byte // what follows the transport header; nil when there is none that is decoded
	IP      int    // length of the IP header and its extensions, bytes
	Version uint8  // 4 or 6; 0 when the IP header did not decode
	Proto   uint8  // transport protocol; where the walk over IPv6 headers ended before one, the header it ended at (44: a fragment)
	TTL     uint8  // or hop limit
	TOS     uint8
	ID      uint32 // identification of the datagram

	Src, Dst         netip.Addr
	SrcPort, DstPort uint16 // 0 unless TCP, UDP or SCTP

	// Fragment is set for each piece of a fragmented datagram; ports and
	// payload are then not decoded, FragOffset is in bytes.
	Fragment   bool
	MoreFrags  bool
	FragOffset int
	// Reassembled tells that the packet was put together from fragments.
	Reassembled bool
	// Refused tells that the piece belongs to a datagram that was given up: nobody
	// judges it, so the piece must not reach the receiver.
	Refused bool

	Seq, Ack  uint32
	Flags     uint8
	Window    uint16
	TCPHeader int // bytes
	TCP       TCPFields
	ICMPType  uint8
	ICMPCode  uint8
	ICMPID    uint16
	ICMPSeq   uint16
	ICMPMTU   uint32 // of an ICMPv6 "packet too big"
	// Cause is what an ICMP error is about.
	Cause Cause

	// SrcMAC and DstMAC are of the packet's own Ethernet header; HasMAC tells that
	// there is one. EtherType is what its link layer says about the contents.
	SrcMAC, DstMAC [6]byte
	HasMAC         bool
	EtherType      uint16
	// VLANs holds the first VLANLayers tags' ids, outermost first.
	VLANs      [MaxVLANs]uint16
	VLANLayers uint8
	MPLS       uint8 // number of labels that were skipped
	// Level is the number of tunnels around the packet.
	Level uint8
	// IPOptions is the set of options in the IPv4 header.
	IPOptions IPOption
	// Extensions is the set of IPv6 extension headers that were seen.
	Extensions Extension

	transportOff int
	transportLen int // of the transport header; 0 when it did not decode
	layers       uint8
	vj           bool // from PPP with uncompressed Van Jacobson headers: protocol 0 is TCP
	ipSum        Checksum
	ipSummed     bool
	unsummed     bool // the sender left the transport checksum to its network card
	sum          Checksum
	summed       bool
}

// TCPFields is what the options of a TCP header say (RFC 9293 section 3.2).
type TCPFields struct {
	HasMSS, HasScale, SACKPermitted, HasTimes, FastOpen bool

	MSS         uint16 // RFC 9293 section 3.7.1
	Scale       uint8  // RFC 7323 section 2
	Time, Reply uint32 // RFC 7323 section 3
	SACK        []byte // blocks of 8 bytes, RFC 2018 section 3
	hasSACK     bool
	hasMD5      bool
}

// Cause is the start of the packet that an ICMP error quotes.
type Cause struct {
	Known            bool
	Src, Dst         netip.Addr
	SrcPort, DstPort uint16 // 0 unless TCP, UDP or SCTP
	Proto            uint8
}

// IPOption is a set of IPv4 options (RFC 791 section 3.1).
type IPOption uint16

// IPv4 options, by the names of the rule keyword ipopts.
const (
	OptEnd IPOption = 1 << iota
	OptNop
	OptRecordRoute
	OptTimestamp
	OptSecurity
	OptExtSecurity // RFC 1108 section 2.2
	OptLooseRoute
	OptStrictRoute
	OptStream
	OptQuickStart  // RFC 4782
	OptCIPSO       // the draft of the CIPSO working group
	OptRouterAlert // RFC 2113
)

// Extension is a set of IPv6 extension headers (RFC 8200 section 4).
type Extension uint8

// IPv6 extension headers.
const (
	ExtHopByHop Extension = 1 << iota
	ExtRouting
	ExtFragment
	ExtAuth
	ExtESP
	ExtDestOptions
	extDestOptions2 // they may stand twice, RFC 8200 section 4.1
)

// Has tells whether an event was noted.
func (p *Packet) Has(event string) bool {
	for _, e := range p.Events {
		if e == event {
			return true
		}
	}
	return false
}

func (p *Packet) event(name string) {
	if len(p.Events) < maxEvents {
		p.Events = append(p.Events, name)
	}
}

func (p *Packet) invalid(name string) {
	p.event(name)
	p.Invalid = true
}

// IPHeader gives the IP header with its options or extension headers, nil when it
// did not decode.
func (p *Packet) IPHeader() []byte {
	if p.Version == 0 {
		return nil
	}
	return p.Data[:p.IP]
}

// Urgent tells that a segment carries urgent data (RFC 9293 section 3.8.5).
func (p *Packet) Urgent() bool {
	h := p.TransportHeader()
	return p.Flags&URG != 0 && len(p.Payload) > 0 && len(h) >= 20 && (h[18] != 0 || h[19] != 0)
}

// TransportHeader gives the TCP, UDP, SCTP or ESP header or the first 8 bytes of
// ICMP, nil when it did not decode.
func (p *Packet) TransportHeader() []byte {
	if p.transportLen == 0 {
		return nil
	}
	return p.Data[p.transportOff : p.transportOff+p.transportLen]
}

// HasICMPID tells that ICMPID and ICMPSeq mean something for the packet's type.
func (p *Packet) HasICMPID() bool {
	if p.transportLen == 0 {
		return false
	}
	switch p.Proto {
	case ICMP: // echo, time stamp, information, address mask
		return p.ICMPType == 0 || p.ICMPType == 8 || p.ICMPType >= 13 && p.ICMPType <= 18
	case ICMPv6:
		return p.ICMPType == 128 || p.ICMPType == 129
	}
	return false
}

// ICMPError tells that the packet reports about another one.
func (p *Packet) ICMPError() bool {
	if p.transportLen == 0 {
		return false
	}
	switch p.Proto {
	case ICMP: // RFC 1122 section 3.2.2
		return p.ICMPType == 3 || p.ICMPType == 4 || p.ICMPType == 5 || p.ICMPType == 11 || p.ICMPType == 12
	case ICMPv6: // RFC 4443 section 2.1
		return p.ICMPType < 128
	}
	return false
}

// TCPOptions gives the raw option bytes of a TCP header (RFC 9293 section 3.2).
func (p *Packet) TCPOptions() []byte {
	if p.Proto != TCP || p.TCPHeader <= 20 {
		return nil
	}
	return p.Data[p.transportOff+20 : p.transportOff+p.TCPHeader]
}
