package lab

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/miekg/dns"
	"golang.org/x/sys/unix"
)

// Thing is a device of the office that only calls out, at the cable of a host: a printer or a
// telephone, with a hardware address of its own.
type Thing struct {
	MAC  net.HardwareAddr
	Addr netip.Addr
	fd   int
}

// Plug puts a thing at the host's cable. Close it.
func (n *Namespace) Plug(mac, addr string) (*Thing, error) {
	hw, err := net.ParseMAC(mac)
	if err != nil {
		return nil, fmt.Errorf("lab: thing: %w", err)
	}
	fd, err := n.Wire()
	if err != nil {
		return nil, err
	}
	return &Thing{MAC: hw, Addr: netip.MustParseAddr(addr), fd: fd}, nil
}

// Close unplugs it.
func (t *Thing) Close() error { return unix.Close(t.fd) }

var broadcast = net.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

func (t *Thing) send(list ...gopacket.SerializableLayer) error {
	b := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(b, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, list...); err != nil {
		return fmt.Errorf("lab: thing: %w", err)
	}
	if _, err := unix.Write(t.fd, b.Bytes()); err != nil {
		return fmt.Errorf("lab: thing: %w", err)
	}
	return nil
}

// Announce says by ARP which address the thing has.
func (t *Thing) Announce() error {
	a := t.Addr.AsSlice()
	return t.send(&layers.Ethernet{SrcMAC: t.MAC, DstMAC: broadcast, EthernetType: layers.EthernetTypeARP},
		&layers.ARP{AddrType: layers.LinkTypeEthernet, Protocol: layers.EthernetTypeIPv4, HwAddressSize: 6, ProtAddressSize: 4, Operation: layers.ARPRequest,
			SourceHwAddress: t.MAC, SourceProtAddress: a, DstHwAddress: make([]byte, 6), DstProtAddress: a})
}

func (t *Thing) datagram(src, dst netip.Addr, from, to layers.UDPPort, say []byte) error {
	ip := &layers.IPv4{Version: 4, TTL: 64, Protocol: layers.IPProtocolUDP, SrcIP: src.AsSlice(), DstIP: dst.AsSlice()}
	udp := &layers.UDP{SrcPort: from, DstPort: to}
	if err := udp.SetNetworkLayerForChecksum(ip); err != nil {
		return err
	}
	return t.send(&layers.Ethernet{SrcMAC: t.MAC, DstMAC: broadcast, EthernetType: layers.EthernetTypeIPv4}, ip, udp, gopacket.Payload(say))
}

var (
	nowhere  = netip.AddrFrom4([4]byte{})
	everyone = netip.AddrFrom4([4]byte{255, 255, 255, 255})
)

func dhcp(op layers.DHCPOp, kind layers.DHCPMsgType, client net.HardwareAddr, more ...layers.DHCPOption) *layers.DHCPv4 {
	return &layers.DHCPv4{Operation: op, HardwareType: layers.LinkTypeEthernet, HardwareLen: 6, Xid: 7, Flags: 0x8000, ClientHWAddr: client,
		Options: append(layers.DHCPOptions{layers.NewDHCPOption(layers.DHCPOptMessageType, []byte{byte(kind)})}, more...)}
}

func (t *Thing) dhcp(src netip.Addr, from, to layers.UDPPort, m *layers.DHCPv4) error {
	b := gopacket.NewSerializeBuffer()
	if err := m.SerializeTo(b, gopacket.SerializeOptions{FixLengths: true}); err != nil {
		return fmt.Errorf("lab: thing: %w", err)
	}
	return t.datagram(src, everyone, from, to, b.Bytes())
}

// Discover asks for an address, with a name and the class of its maker.
func (t *Thing) Discover(name, vendor string) error {
	return t.dhcp(nowhere, 68, 67, dhcp(layers.DHCPOpRequest, layers.DHCPMsgTypeDiscover, t.MAC,
		layers.NewDHCPOption(layers.DHCPOptHostname, []byte(name)), layers.NewDHCPOption(layers.DHCPOptClassID, []byte(vendor))))
}

// Request takes the address that a server has offered.
func (t *Thing) Request(server netip.Addr) error {
	return t.dhcp(nowhere, 68, 67, dhcp(layers.DHCPOpRequest, layers.DHCPMsgTypeRequest, t.MAC,
		layers.NewDHCPOption(layers.DHCPOptRequestIP, t.Addr.AsSlice()), layers.NewDHCPOption(layers.DHCPOptServerID, server.AsSlice())))
}

// Offer offers an address to a client, as a server of DHCP.
func (t *Thing) Offer(client net.HardwareAddr, addr string) error {
	m := dhcp(layers.DHCPOpReply, layers.DHCPMsgTypeOffer, client, layers.NewDHCPOption(layers.DHCPOptServerID, t.Addr.AsSlice()))
	m.YourClientIP = net.ParseIP(addr).To4()
	return t.dhcp(t.Addr, 67, 68, m)
}

// Serve announces a printer's service with multicast DNS.
func (t *Thing) Serve(name, model string) error {
	m := new(dns.Msg)
	m.Response, m.Authoritative = true, true
	head := func(name string, kind uint16) dns.RR_Header {
		return dns.RR_Header{Name: name, Rrtype: kind, Class: dns.ClassINET | 0x8000, Ttl: 120}
	}
	m.Answer = []dns.RR{
		&dns.PTR{Hdr: head("_ipp._tcp.local.", dns.TypePTR), Ptr: name + "._ipp._tcp.local."},
		&dns.TXT{Hdr: head(name+"._ipp._tcp.local.", dns.TypeTXT), Txt: []string{"txtvers=1", "ty=" + model}},
		&dns.A{Hdr: head(name+".local.", dns.TypeA), A: t.Addr.AsSlice()},
	}
	b, err := m.Pack()
	if err != nil {
		return fmt.Errorf("lab: thing: %w", err)
	}
	return t.datagram(t.Addr, netip.MustParseAddr("224.0.0.251"), 5353, 5353, b)
}

// Office plugs some things in that every office has, at the host's cable: a printer, a PC and
// a telephone that makes its address up. They have said what they are when it returns.
func (n *Namespace) Office() (printer, pc, phone *Thing, err error) {
	for _, one := range []struct {
		to        **Thing
		mac, addr string
	}{{&printer, "00:80:92:00:00:51", "192.168.1.51"}, {&pc, "00:1b:8b:00:00:52", "192.168.1.52"}, {&phone, "da:a1:19:00:00:53", "192.168.1.53"}} {
		if *one.to, err = n.Plug(one.mac, one.addr); err != nil {
			return printer, pc, phone, err
		}
	}
	return printer, pc, phone, errors.Join(printer.Announce(), printer.Serve("BRN008092000051", "Brother MFC-L2750DW"),
		pc.Announce(), pc.Discover("DESKTOP-KEIRI01", "MSFT 5.0"), phone.Announce(), phone.Discover("iPhone", "dhcpcd-"))
}
