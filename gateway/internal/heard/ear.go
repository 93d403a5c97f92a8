package heard

import (
	"encoding/binary"
	"net/netip"

	"otasuke/gateway/internal/app/dnsmsg"
	"otasuke/gateway/internal/packet"
)

const (
	etherARP  = 0x0806
	etherLLDP = 0x88cc
	etherIPv4 = 0x0800
	etherIPv6 = 0x86dd
	// maxTags of a frame are looked behind: the office's network and its provider's.
	maxTags = 2
)

// Ports of what is read.
const (
	portDHCPServer, portDHCPClient   = 67, 68
	portDHCP6Client, portDHCP6Server = 546, 547
	portNames, portDatagrams         = 137, 138
	portSSDP                         = 1900
	portWSD                          = 3702
	portMDNS                         = 5353
	portLLMNR                        = 5355
)

// Ports are all of them, for the filter of who listens.
var Ports = [...]uint16{portDHCPServer, portDHCPClient, portDHCP6Client, portDHCP6Server, portNames, portDatagrams, portSSDP, portWSD, portMDNS, portLLMNR}

// ICMPv6 types of neighbour discovery that are read (RFC 4861 section 4).
const (
	RouterAdvertisement   = 134
	NeighborSolicitation  = 135
	NeighborAdvertisement = 136
)

// Ear reads frames. Make it with [New]; it is for one goroutine.
type Ear struct {
	tell    func(Note)
	decoder packet.Decoder
	dns     dnsmsg.Message
	mac     [6]byte    // of who speaks
	src     netip.Addr // its address
}

// New makes one that tells.
func New(tell func(Note)) *Ear { return &Ear{tell: tell} }

// Frame reads an Ethernet frame; now is in microseconds.
func (e *Ear) Frame(b []byte, now int64) {
	if len(b) < 14 {
		return
	}
	copy(e.mac[:], b[6:])
	if e.mac[0]&1 != 0 || e.mac == [6]byte{} {
		return // nobody's
	}
	kind, b := binary.BigEndian.Uint16(b[12:]), b[14:]
	for range maxTags {
		if kind != 0x8100 && kind != 0x88a8 || len(b) < 4 {
			break
		}
		kind, b = binary.BigEndian.Uint16(b[2:]), b[4:]
	}
	switch kind {
	case etherARP:
		e.arp(b)
	case etherLLDP:
		e.lldp(b)
	case etherIPv4, etherIPv6:
		e.ip(b, now)
	}
}

func (e *Ear) ip(b []byte, now int64) {
	p := &e.decoder.Frame(packet.LinkRaw, b, now)[0]
	if p.Version == 0 || p.Fragment {
		return
	}
	e.src = p.Src.Unmap().WithZone("")
	if p.Proto == 58 {
		e.neighbor(p)
		return
	}
	if p.Proto != 17 || len(p.Payload) == 0 {
		return
	}
	from, to, say := p.SrcPort, p.DstPort, p.Payload
	switch {
	case from == portDHCPServer || to == portDHCPServer:
		e.dhcp(say)
	case from == portDHCP6Client || to == portDHCP6Client || from == portDHCP6Server:
		e.dhcp6(say, from == portDHCP6Server)
	case from == portMDNS:
		e.mdns(say)
	case from == portLLMNR:
		e.llmnr(say)
	case from == portSSDP || to == portSSDP:
		e.ssdp(say)
	case from == portNames:
		e.nbns(say)
	case from == portDatagrams || to == portDatagrams:
		e.browser(say)
	case from == portWSD || to == portWSD:
		e.wsd(say)
	}
}

// address notes that the speaker has one.
func (e *Ear) address(a netip.Addr, by string) {
	if usable(a) {
		e.tell(Note{MAC: e.mac, What: Addr, By: by, Addr: a})
	} else {
		e.tell(Note{MAC: e.mac, What: Seen, By: by})
	}
}

func usable(a netip.Addr) bool {
	return a.IsValid() && !a.IsUnspecified() && !a.IsMulticast() && !a.IsLoopback() && a != netip.AddrFrom4([4]byte{255, 255, 255, 255})
}

// arp reads RFC 826: what the sender says of itself. A probe has no sender (RFC 5227).
func (e *Ear) arp(b []byte) {
	if len(b) < 28 || binary.BigEndian.Uint16(b) != 1 || binary.BigEndian.Uint16(b[2:]) != etherIPv4 || b[4] != 6 || b[5] != 4 {
		return
	}
	if [6]byte(b[8:14]) != e.mac {
		return // somebody answers for another
	}
	e.address(netip.AddrFrom4([4]byte(b[14:18])), ByARP)
}

// neighbor reads neighbour discovery (RFC 4861 sections 4.2 to 4.4). Its hop limit proves
// that it was not sent from elsewhere.
func (e *Ear) neighbor(p *packet.Packet) {
	if p.TTL != 255 || p.ICMPCode != 0 {
		return
	}
	switch b := p.Payload; p.ICMPType {
	case RouterAdvertisement:
		e.address(e.src, ByND)
		// Lifetime 0: not for the way out. The payload begins behind the first 8 bytes, which
		// end with hop limit, flags and lifetime.
		if p.ICMPSeq > 0 {
			e.tell(Note{MAC: e.mac, What: Router, By: ByRA, Addr: e.src})
		}
	case NeighborSolicitation:
		e.address(e.src, ByND)
	case NeighborAdvertisement:
		if len(b) < 16 {
			return
		}
		if a := netip.AddrFrom16([16]byte(b)); a == e.src {
			e.address(a, ByND)
		}
	}
}
