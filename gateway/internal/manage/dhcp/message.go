package dhcp

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// Lease is an address for a time.
type Lease struct {
	Addr   netip.Prefix `json:"addr"`
	Router netip.Addr   `json:"router,omitzero"`
	DNS    []netip.Addr `json:"dns,omitempty"`
	Server netip.Addr   `json:"server,omitzero"`
	// Length is how long it is ours; Renew when to ask for more (RFC 2131 section 4.4.5).
	Length, Renew time.Duration `json:"-"`
}

const (
	// minLease is what a shorter or no time counts as: asking more often helps nobody.
	minLease = 10 * time.Second
	// maxLease bounds "forever" (RFC 2131 section 3.3): a router that is replaced is noticed.
	maxLease = 24 * time.Hour
	// maxDNS servers are taken.
	maxDNS = 4
)

// errOther is a packet that is no answer to us.
var errOther = errors.New("dhcp: not an answer to us")

// ask is what a message asks for; zero members are left out.
type ask struct {
	kind            layers.DHCPMsgType
	own             netip.Addr // an address that we have (ciaddr)
	wanted, offerer netip.Addr
}

// append makes an IP packet with a message to everybody.
func (a *ask) append(mac net.HardwareAddr, host string, xid uint32) ([]byte, error) {
	m := &layers.DHCPv4{Operation: layers.DHCPOpRequest, HardwareType: layers.LinkTypeEthernet, HardwareLen: 6, Xid: xid, ClientHWAddr: mac}
	src := netip.IPv4Unspecified()
	if m.Flags = 0x8000; a.own.IsValid() { // answers to everybody reach us without an address
		m.Flags, m.ClientIP, src = 0, a.own.AsSlice(), a.own
	}
	add := func(t layers.DHCPOpt, data []byte) { m.Options = append(m.Options, layers.NewDHCPOption(t, data)) }
	add(layers.DHCPOptMessageType, []byte{byte(a.kind)})
	add(layers.DHCPOptHostname, []byte(host))
	if a.wanted.IsValid() {
		add(layers.DHCPOptRequestIP, a.wanted.AsSlice())
	}
	if a.offerer.IsValid() {
		add(layers.DHCPOptServerID, a.offerer.AsSlice())
	}
	add(layers.DHCPOptParamsRequest, []byte{byte(layers.DHCPOptSubnetMask), byte(layers.DHCPOptRouter), byte(layers.DHCPOptDNS), byte(layers.DHCPOptLeaseTime), byte(layers.DHCPOptT1)})
	ip := &layers.IPv4{Version: 4, TTL: 64, Protocol: layers.IPProtocolUDP, SrcIP: src.AsSlice(), DstIP: net.IPv4bcast.To4()}
	udp := &layers.UDP{SrcPort: 68, DstPort: 67}
	if err := udp.SetNetworkLayerForChecksum(ip); err != nil {
		return nil, err
	}
	b := gopacket.NewSerializeBuffer()
	err := gopacket.SerializeLayers(b, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, ip, udp, m)
	return b.Bytes(), err
}

// answer reads an IP packet that may answer the question with that number.
func answer(b []byte, mac net.HardwareAddr, xid uint32) (kind layers.DHCPMsgType, l Lease, err error) {
	var ip layers.IPv4
	var udp layers.UDP
	var m layers.DHCPv4
	cut := gopacket.NilDecodeFeedback
	if ip.DecodeFromBytes(b, cut) != nil || ip.Protocol != layers.IPProtocolUDP || ip.FragOffset != 0 || ip.Flags&layers.IPv4MoreFragments != 0 ||
		udp.DecodeFromBytes(ip.Payload, cut) != nil || udp.DstPort != 68 || m.DecodeFromBytes(udp.Payload, cut) != nil ||
		m.Operation != layers.DHCPOpReply || m.Xid != xid || m.ClientHWAddr.String() != mac.String() {
		return 0, l, errOther
	}
	addr, _ := netip.AddrFromSlice(m.YourClientIP)
	bits := 0
	for i := range m.Options {
		o := &m.Options[i]
		switch n := len(o.Data); {
		case o.Type == layers.DHCPOptMessageType && n == 1:
			kind = layers.DHCPMsgType(o.Data[0])
		case o.Type == layers.DHCPOptSubnetMask && n == 4:
			bits, _ = net.IPMask(o.Data).Size()
		case o.Type == layers.DHCPOptRouter && n >= 4:
			l.Router = netip.AddrFrom4([4]byte(o.Data[:4]))
		case o.Type == layers.DHCPOptDNS:
			for d := o.Data; len(d) >= 4 && len(l.DNS) < maxDNS; d = d[4:] {
				l.DNS = append(l.DNS, netip.AddrFrom4([4]byte(d)))
			}
		case o.Type == layers.DHCPOptServerID && n == 4:
			l.Server = netip.AddrFrom4([4]byte(o.Data))
		case o.Type == layers.DHCPOptLeaseTime && n == 4:
			l.Length = seconds(o.Data)
		case o.Type == layers.DHCPOptT1 && n == 4:
			l.Renew = seconds(o.Data)
		}
	}
	switch kind {
	case layers.DHCPMsgTypeNak:
		return kind, l, nil
	case layers.DHCPMsgTypeOffer, layers.DHCPMsgTypeAck:
	default:
		return 0, l, errOther
	}
	// Nobody may give us an address that is no host's, or all of the internet as our network.
	if addr = addr.Unmap(); !addr.Is4() || !addr.IsGlobalUnicast() || bits < 8 || bits > 30 || !l.Server.IsValid() {
		return 0, l, errOther
	}
	l.Addr = netip.PrefixFrom(addr, bits)
	if !l.Addr.Contains(l.Router) || l.Router == addr {
		l.Router = netip.Addr{}
	}
	l.Length = max(minLease, min(l.Length, maxLease))
	if l.Renew < time.Second || l.Renew >= l.Length {
		l.Renew = l.Length / 2
	}
	return kind, l, nil
}

func seconds(b []byte) time.Duration {
	return time.Duration(binary.BigEndian.Uint32(b)) * time.Second
}
