package packet

import "encoding/binary"

// Ethernet types (the registry of IEEE 802 numbers).
const (
	etherIPv4      = 0x0800
	etherARP       = EtherARP
	etherBridge    = 0x6558 // Ethernet within GRE or Geneve
	etherVLAN      = 0x8100
	etherIPv6      = 0x86dd
	etherMPLS      = 0x8847
	etherMPLSMulti = 0x8848
	etherPPPoEDisc = 0x8863
	etherPPPoE     = 0x8864
	etherPPP       = 0x880b
	etherQinQ      = 0x88a8
	etherERSPAN    = 0x88be
	etherBackbone  = 0x88e7
	etherDCE       = 0x8903
	etherVNTag     = 0x8926
	etherNSH       = 0x894f
	etherOldQinQ   = 0x9100
)

// ethernet reads an Ethernet frame.
func (d *Decoder) ethernet(p *Packet, b []byte) bool {
	if len(b) < 14 {
		p.invalid("ethernet.pkt_too_small")
		return false
	}
	if !p.layer() {
		return false
	}
	copy(p.DstMAC[:], b)
	copy(p.SrcMAC[:], b[6:])
	p.HasMAC = true
	p.EtherType = binary.BigEndian.Uint16(b[12:])
	d.etherType(p, p.EtherType, b[14:])
	return true
}

// etherType reads what an Ethernet type announces, in whatever header it stands;
// false when it is not known.
func (d *Decoder) etherType(p *Packet, t uint16, b []byte) bool {
	switch t {
	case etherIPv4:
		d.ipv4(p, b)
	case etherIPv6:
		d.ipv6(p, b)
	case etherVLAN, etherQinQ, etherOldQinQ:
		d.vlan(p, b)
	case etherARP:
		arp(p, b)
	case etherMPLS, etherMPLSMulti:
		d.mpls(p, b)
	case etherPPPoE:
		d.pppoe(p, b)
	case etherPPPoEDisc:
		pppoeDiscovery(p, b)
	case etherBackbone:
		d.backbone(p, b)
	case etherDCE:
		d.dce(p, b)
	case etherVNTag:
		d.vnTag(p, b)
	case etherNSH:
		d.nsh(p, b)
	default:
		p.event("ethernet.unknown_ethertype")
		return false
	}
	return true
}

// vlan reads a tag of IEEE 802.1Q.
func (d *Decoder) vlan(p *Packet, b []byte) bool {
	if !p.layer() {
		return false
	}
	if len(b) < 4 {
		p.invalid("vlan.header_too_small")
		return false
	}
	if p.VLANLayers >= MaxVLANs {
		p.event("vlan.too_many_layers")
		return false
	}
	p.VLANs[p.VLANLayers] = binary.BigEndian.Uint16(b) & 0xfff
	p.VLANLayers++
	if !d.etherType(p, binary.BigEndian.Uint16(b[2:]), b[4:]) {
		p.invalid("vlan.unknown_type")
		return false
	}
	return true
}

// backbone reads a service tag of provider backbone bridges (IEEE 802.1ah): a tag
// of 4 bytes, the customer's addresses and type.
func (d *Decoder) backbone(p *Packet, b []byte) {
	if len(b) < 18 {
		p.invalid("ieee8021ah.header_too_small")
		return
	}
	if p.layer() {
		d.etherType(p, binary.BigEndian.Uint16(b[16:]), b[18:])
	}
}

// dce reads a frame of Cisco's FabricPath, which holds another frame.
func (d *Decoder) dce(p *Packet, b []byte) {
	if len(b) < 2 {
		p.invalid("dce.pkt_too_small")
		return
	}
	d.ethernet(p, b[2:])
}

// vnTag reads a tag of virtual network ports (IEEE 802.1BR).
func (d *Decoder) vnTag(p *Packet, b []byte) {
	if len(b) < 6 {
		p.invalid("vntag.header_too_small")
		return
	}
	if p.layer() && !d.etherType(p, binary.BigEndian.Uint16(b[4:]), b[6:]) {
		p.invalid("vntag.unknown_type")
	}
}

// arp checks an ARP message (RFC 826); only Ethernet and IPv4 are known.
func arp(p *Packet, b []byte) bool {
	switch {
	case len(b) < 28:
		p.invalid("arp.pkt_too_small")
	case binary.BigEndian.Uint16(b) != 1:
		p.invalid("arp.unsupported_hardware")
	case binary.BigEndian.Uint16(b[2:]) != etherIPv4:
		p.invalid("arp.unsupported_protocol")
	case b[4] != 6:
		p.invalid("arp.invalid_hardware_size")
	case b[5] != 4:
		p.invalid("arp.invalid_protocol_size")
	case !knownARP(binary.BigEndian.Uint16(b[6:])):
		p.invalid("arp.unsupported_opcode")
	default:
		return true
	}
	return false
}

// knownARP tells of requests and replies of ARP, RARP (RFC 903) and InARP (RFC 2390).
func knownARP(op uint16) bool { return op >= 1 && op <= 4 || op == 8 || op == 9 }

// nsh reads a network service header (RFC 8300 section 2).
func (d *Decoder) nsh(p *Packet, b []byte) bool {
	if len(b) < 8 {
		p.invalid("nsh.header_too_small")
		return false
	}
	if !p.layer() {
		return false
	}
	size, kind := int(binary.BigEndian.Uint16(b)&0x3f)*4, b[2]&15
	switch {
	case b[0]>>6 != 0:
		p.invalid("nsh.unsupported_version")
		return false
	case size > len(b) || kind == 1 && size != 24 || kind == 2 && size < 8:
		p.invalid("nsh.bad_header_length")
		return false
	case kind == 0:
		p.event("nsh.reserved_type")
		return true
	case kind != 1 && kind != 2:
		p.event("nsh.unsupported_type")
		return true
	}
	switch b[3] {
	case 1:
		return d.ipv4(p, b[size:])
	case 2:
		return d.ipv6(p, b[size:])
	case 3:
		return d.ethernet(p, b[size:])
	case 5:
		return d.mpls(p, b[size:])
	}
	p.event("nsh.unknown_payload")
	return true
}
