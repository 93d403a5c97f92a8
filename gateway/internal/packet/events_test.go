package packet

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"
)

func join(parts ...[]byte) (out []byte) {
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

// eth puts an Ethernet header before what a type announces.
func eth(kind uint16, b ...[]byte) []byte {
	head := binary.BigEndian.AppendUint16([]byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2}, kind)
	return join(append([][]byte{head}, b...)...)
}

// ip4 makes an IPv4 packet with options.
func ip4(proto byte, options string, payload ...[]byte) []byte {
	body := join(payload...)
	b := []byte{byte(0x45 + len(options)/4), 0, 0, 0, 0, 1, 0, 0, 64, proto, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2}
	b = append(append(b, options...), body...)
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	head := 20 + len(options)
	binary.BigEndian.PutUint16(b[10:], fold(sum(0, b[:head])))
	return b
}

func ip6(next byte, payload ...[]byte) []byte {
	body := join(payload...)
	b := []byte{0x60, 0, 0, 0, byte(len(body) >> 8), byte(len(body)), next, 64}
	b = append(b, a6.AsSlice()...)
	b = append(b, b6.AsSlice()...)
	return append(b, body...)
}

// tcpOpts is a TCP header with options.
func tcpOpts(options string) []byte {
	b := []byte{0, 80, 1, 0, 0, 0, 0, 1, 0, 0, 0, 1, byte(5+len(options)/4) << 4, ACK, 1, 0, 0, 0, 0, 0}
	return append(b, options...)
}

func udpTo(port uint16, payload ...[]byte) []byte {
	body := join(payload...)
	b := []byte{0x30, 0, byte(port >> 8), byte(port), byte((len(body) + 8) >> 8), byte(len(body) + 8), 0, 0}
	return append(b, body...)
}

var zero = make([]byte, 64)

// malformed holds for each name a frame and the events that it raises, in order.
var malformed = []struct {
	name   string
	link   uint32
	in     []byte
	events []string
}{
	{"Ethernet cut", LinkEthernet, zero[:13], []string{"ethernet.pkt_too_small"}},
	{"unknown Ethernet type", LinkEthernet, eth(0x9999, zero), []string{"ethernet.unknown_ethertype"}},
	{"802.3 length", LinkEthernet, eth(40, zero), []string{"ethernet.unknown_ethertype"}},
	{"VLAN cut", LinkEthernet, eth(0x8100, zero[:3]), []string{"vlan.header_too_small"}},
	{"VLAN with something unknown", LinkEthernet, eth(0x8100, []byte{0, 1, 0, 40}), []string{"ethernet.unknown_ethertype", "vlan.unknown_type"}},
	{"four VLANs", LinkEthernet, eth(0x88a8, []byte{0, 1, 0x81, 0, 0, 2, 0x81, 0, 0, 3, 0x91, 0, 0, 4, 8, 0}), []string{"vlan.too_many_layers"}},
	{"backbone tag cut", LinkEthernet, eth(0x88e7, zero[:17]), []string{"ieee8021ah.header_too_small"}},
	{"DCE cut", LinkEthernet, eth(0x8903, zero[:1]), []string{"dce.pkt_too_small"}},
	{"VNTag cut", LinkEthernet, eth(0x8926, zero[:5]), []string{"vntag.header_too_small"}},
	{"VNTag with something unknown", LinkEthernet, eth(0x8926, zero[:6]), []string{"ethernet.unknown_ethertype", "vntag.unknown_type"}},
	{"tags without end", LinkEthernet, eth(0x8926, bytes.Repeat([]byte{0, 0, 0, 0, 0x89, 0x26}, 20)), []string{"too_many_layers"}},
	{"SLL cut", LinkLinuxSLL, zero[:15], []string{"sll.pkt_too_small"}},
	{"SLL2 cut", LinkLinuxSLL2, zero[:19], []string{"sll2.pkt_too_small"}},
	{"null cut", LinkNull, zero[:3], []string{"ltnull.pkt_too_small"}},
	{"null of another family", LinkNull, []byte{7, 0, 0, 0, 0x45}, []string{"ltnull.unsupported_type"}},
	{"Cisco HDLC cut", LinkCiscoHDLC, zero[:3], []string{"chdlc.pkt_too_small"}},
	{"raw cut", LinkRaw, zero[:19], []string{"ipv4.pkt_too_small"}},
	{"raw of version 5", LinkRaw, edit(udp(a4, b4, "x"), set(0, 0x55)), []string{"ipraw.invalid_ip_version"}},

	{"ARP cut", LinkEthernet, eth(0x0806, zero[:27]), []string{"arp.pkt_too_small"}},
	{"ARP of another line", LinkEthernet, eth(0x0806, []byte{0, 6, 8, 0, 6, 4, 0, 1}, zero[:20]), []string{"arp.unsupported_hardware"}},
	{"ARP for another protocol", LinkEthernet, eth(0x0806, []byte{0, 1, 8, 1, 6, 4, 0, 1}, zero[:20]), []string{"arp.unsupported_protocol"}},
	{"ARP with long addresses", LinkEthernet, eth(0x0806, []byte{0, 1, 8, 0, 8, 4, 0, 1}, zero[:20]), []string{"arp.invalid_hardware_size"}},
	{"ARP with long IP addresses", LinkEthernet, eth(0x0806, []byte{0, 1, 8, 0, 6, 16, 0, 1}, zero[:20]), []string{"arp.invalid_protocol_size"}},
	{"ARP of no known kind", LinkEthernet, eth(0x0806, []byte{0, 1, 8, 0, 6, 4, 0, 7}, zero[:20]), []string{"arp.unsupported_opcode"}},

	{"MPLS cut", LinkEthernet, eth(0x8847, zero[:3]), []string{"mpls.header_too_small"}},
	{"MPLS without bottom", LinkEthernet, eth(0x8848, zero[:8]), []string{"mpls.header_too_small"}},
	{"MPLS with nothing in it", LinkEthernet, eth(0x8847, []byte{1, 0, 1, 0, 0x45}), []string{"mpls.pkt_too_small"}},
	{"MPLS router alert", LinkEthernet, eth(0x8847, []byte{0, 0, 0x11, 0}, zero), []string{"mpls.bad_label_router_alert"}},
	{"MPLS implicit null", LinkEthernet, eth(0x8847, []byte{0, 0, 0x31, 0}, zero), []string{"mpls.bad_label_implicit_null"}},
	{"MPLS reserved label", LinkEthernet, eth(0x8847, []byte{0, 0, 0x71, 0}, zero), []string{"mpls.bad_label_reserved"}},

	{"PPP cut", LinkPPP, []byte{0xff, 3, 0}, []string{"ppp.pkt_too_small"}},
	{"PPP with IPv4 cut", LinkPPP, join([]byte{0xff, 3, 0, 0x21}, zero[:19]), []string{"ppp.ip4_pkt_too_small"}},
	{"PPP with IPv6 cut", LinkPPP, join([]byte{0xff, 3, 0, 0x57}, zero[:39]), []string{"ppp.ip6_pkt_too_small"}},
	{"PPP with Van Jacobson headers cut", LinkPPP, join([]byte{0xff, 3, 0, 0x2f}, zero[:19]), []string{"ppp.vju_pkt_too_small"}},
	{"PPP with MPLS", LinkPPP, []byte{0xff, 3, 2, 0x81, 0}, []string{"ppp.unsup_proto"}},
	{"PPP with nothing known", LinkPPP, []byte{0xff, 3, 0x44, 0x44, 0}, []string{"ppp.wrong_type"}},
	{"PPPoE session cut", LinkEthernet, eth(0x8864, []byte{0x11, 0, 0, 1, 0, 2, 0}), []string{"pppoe.pkt_too_small"}},
	{"PPPoE session with a code", LinkEthernet, eth(0x8864, []byte{0x11, 9, 0, 1, 0, 2, 0xc0, 0x21}), []string{"pppoe.wrong_code"}},
	{"PPPoE discovery cut", LinkEthernet, eth(0x8863, []byte{0x11, 9, 0, 0, 0}), []string{"pppoe.pkt_too_small"}},
	{"PPPoE discovery of no known kind", LinkEthernet, eth(0x8863, []byte{0x11, 8, 0, 0, 0, 0}), []string{"pppoe.wrong_code"}},
	{"PPPoE discovery longer than the frame", LinkEthernet, eth(0x8863, []byte{0x11, 9, 0, 0, 0, 5, 1, 1, 0, 0}), []string{"pppoe.malformed_tags"}},
	{"PPPoE tag longer than the rest", LinkEthernet, eth(0x8863, []byte{0x11, 9, 0, 0, 0, 4, 1, 1, 0, 1}), []string{"pppoe.malformed_tags"}},

	{"NSH cut", LinkEthernet, eth(0x894f, zero[:7]), []string{"nsh.header_too_small"}},
	{"NSH of version 1", LinkEthernet, eth(0x894f, []byte{0x40, 6, 1, 1}, zero), []string{"nsh.unsupported_version"}},
	{"NSH longer than the frame", LinkEthernet, eth(0x894f, []byte{0, 6, 1, 1}, zero[:8]), []string{"nsh.bad_header_length"}},
	{"NSH type 1 of another length", LinkEthernet, eth(0x894f, []byte{0, 5, 1, 1}, zero), []string{"nsh.bad_header_length"}},
	{"NSH type 0", LinkEthernet, eth(0x894f, []byte{0, 2, 0, 1}, zero), []string{"nsh.reserved_type"}},
	{"NSH type 9", LinkEthernet, eth(0x894f, []byte{0, 2, 9, 1}, zero), []string{"nsh.unsupported_type"}},
	{"NSH with something unknown", LinkEthernet, eth(0x894f, []byte{0, 2, 2, 9}, zero), []string{"nsh.unknown_payload"}},

	{"IPv4 cut", LinkEthernet, eth(0x0800, zero[:19]), []string{"ipv4.pkt_too_small"}},
	{"IPv4 of version 6", LinkEthernet, eth(0x0800, edit(udp(a4, b4, "x"), set(0, 0x65))), []string{"ipv4.wrong_ip_version"}},
	{"IPv4 header of 16 bytes", LinkRaw, edit(udp(a4, b4, "x"), set(0, 0x44)), []string{"ipv4.hlen_too_small"}},
	{"IPv4 length under the header's", LinkRaw, edit(udp(a4, b4, "x"), set(2, 0, 19)), []string{"ipv4.iplen_smaller_than_hlen"}},
	{"IPv4 length 0", LinkRaw, edit(udp(a4, b4, "x"), set(2, 0, 0)), []string{"ipv4.iplen_smaller_than_hlen"}},
	{"IPv4 longer than the frame", LinkRaw, udp(a4, b4, "xy")[:29], []string{"ipv4.trunc_pkt"}},
	{"IPv4 with ICMPv6", LinkRaw, ip4(58, "", zero), []string{"ipv4.icmpv6"}},
	{"IPv4 options not in eights", LinkRaw, ip4(17, "\x01\x01\x01\x00", udpTo(53)), []string{"ipv4.opt_pad_required"}},
	{"IPv4 option's length cut off", LinkRaw, ip4(17, "\x01\x01\x01\x01\x01\x01\x01\x44", udpTo(53)), []string{"ipv4.opt_eol_required"}},
	{"IPv4 option longer than the header", LinkRaw, ip4(17, "\x07\x09\x04\x00\x00\x00\x00\x00", udpTo(53)), []string{"ipv4.opt_invalid_len"}},
	{"IPv4 option of length 1", LinkRaw, ip4(17, "\x07\x01\x04\x00\x00\x00\x00\x00", udpTo(53)), []string{"ipv4.opt_invalid_len"}},
	{"IPv4 route without a pointer", LinkRaw, ip4(17, "\x07\x02\x00\x00\x00\x00\x00\x00", udpTo(53)), []string{"ipv4.opt_invalid_len"}},
	{"IPv4 route pointer off the grid", LinkRaw, ip4(17, "\x83\x07\x05\x00\x00\x00\x00\x00", udpTo(53)), []string{"ipv4.opt_malformed"}},
	{"IPv4 route pointer outside", LinkRaw, ip4(17, "\x89\x07\x0c\x00\x00\x00\x00\x00", udpTo(53)), []string{"ipv4.opt_malformed"}},
	{"IPv4 time stamp too short", LinkRaw, ip4(17, "\x44\x04\x05\x00\x00\x00\x00\x00", udpTo(53)), []string{"ipv4.opt_invalid_len"}},
	{"IPv4 time stamp pointer off the grid", LinkRaw, ip4(17, "\x44\x08\x09\x01\x00\x00\x00\x00", udpTo(53)), []string{"ipv4.opt_malformed"}},
	{"IPv4 security of another length", LinkRaw, ip4(17, "\x82\x08\x00\x00\x00\x00\x00\x00", udpTo(53)), []string{"ipv4.opt_invalid_len"}},
	{"IPv4 extended security too short", LinkRaw, ip4(17, "\x85\x02\x00\x00\x00\x00\x00\x00", udpTo(53)), []string{"ipv4.opt_invalid_len"}},
	{"IPv4 stream of another length", LinkRaw, ip4(17, "\x88\x03\x00\x00\x00\x00\x00\x00", udpTo(53)), []string{"ipv4.opt_invalid_len"}},
	{"IPv4 router alert of another length", LinkRaw, ip4(17, "\x94\x06\x00\x00\x00\x00\x00\x00", udpTo(53)), []string{"ipv4.opt_invalid_len"}},
	{"IPv4 quick start too short", LinkRaw, ip4(17, "\x19\x07\x00\x00\x00\x00\x00\x00", udpTo(53)), []string{"ipv4.opt_invalid_len"}},
	{"IPv4 CIPSO too short", LinkRaw, ip4(17, "\x86\x08\x00\x00\x00\x00\x00\x00", udpTo(53)), []string{"ipv4.opt_invalid_len"}},
	{"IPv4 CIPSO with tag 0", LinkRaw, ip4(17, "\x86\x0a\x00\x00\x00\x01\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00", udpTo(53)), []string{"ipv4.opt_malformed"}},
	{"IPv4 CIPSO tag cut", LinkRaw, ip4(17, "\x86\x0b\x00\x00\x00\x01\x01\x04\x00\x00\x01\x00\x00\x00\x00\x00", udpTo(53)), []string{"ipv4.opt_malformed"}},
	{"IPv4 CIPSO tag too long", LinkRaw, ip4(17, "\x86\x0a\x00\x00\x00\x01\x01\x05\x00\x00\x00\x00\x00\x00\x00\x00", udpTo(53)), []string{"ipv4.opt_malformed"}},
	{"IPv4 CIPSO alignment byte", LinkRaw, ip4(17, "\x86\x0a\x00\x00\x00\x01\x01\x04\x01\x00\x00\x00\x00\x00\x00\x00", udpTo(53)), []string{"ipv4.opt_malformed"}},
	{"IPv4 option that is not known", LinkRaw, ip4(17, "\x50\x04\x00\x00\x00\x00\x00\x00", udpTo(53)), []string{"ipv4.opt_invalid"}},
	{"IPv4 option twice", LinkRaw, ip4(17, "\x94\x04\x00\x00\x94\x04\x00\x00", udpTo(53)), []string{"ipv4.opt_duplicate"}},

	{"IPv6 of version 4", LinkEthernet, eth(0x86dd, edit(tcp6(""), set(0, 0x45))), []string{"ipv6.wrong_ip_version"}},
	{"IPv6 longer than the frame", LinkRaw, tcp6("x")[:60], []string{"ipv6.trunc_pkt"}},
	{"IPv6 header's length cut off", LinkRaw, ip6(0, zero[:1]), []string{"ipv6.trunc_exthdr"}},
	{"IPv6 options cut", LinkRaw, ip6(60, []byte{17, 1}, zero[:13]), []string{"ipv6.trunc_exthdr"}},
	{"IPv6 routing cut", LinkRaw, ip6(43, []byte{17, 1}, zero[:13]), []string{"ipv6.trunc_exthdr"}},
	{"IPv6 authentication cut", LinkRaw, ip6(51, []byte{17, 2}, zero[:13]), []string{"ipv6.trunc_exthdr"}},
	{"IPv6 fragment cut", LinkRaw, ip6(44, []byte{17, 0}, zero[:5]), []string{"ipv6.trunc_exthdr"}},
	{"IPv6 ESP cut", LinkRaw, ip6(50, zero[:7]), []string{"ipv6.trunc_exthdr"}},
	{"IPv6 atomic fragment", LinkRaw, chain(tcp6("x"), []byte{44}, frag0), []string{"ipv6.exthdr_useless_fh"}},
	{"IPv6 fragment twice", LinkRaw, chain(tcp6("x"), []byte{44, 44}, frag0, frag0), []string{"ipv6.exthdr_useless_fh", "ipv6.exthdr_dupl_fh"}},
	{"IPv6 fragment with a length", LinkRaw, chain(tcp6("x"), []byte{44}, []byte{0, 1, 0, 0, 0, 0, 0, 9}), []string{"ipv6.fh_non_zero_reserved_field", "ipv6.exthdr_useless_fh"}},
	{"IPv6 routing twice", LinkRaw, chain(tcp6("x"), []byte{43, 43}, []byte{0, 0, 4, 0, 0, 0, 0, 0}, pad8), []string{"ipv6.exthdr_dupl_rh"}},
	{"IPv6 source route", LinkRaw, chain(tcp6("x"), []byte{43}, zero[:8]), []string{"ipv6.rh_type_0"}},
	{"IPv6 hop-by-hop twice", LinkRaw, chain(tcp6("x"), []byte{0, 0}, alert8, alert8), []string{"ipv6.exthdr_dupl_hh"}},
	{"IPv6 destination options three times", LinkRaw, chain(tcp6("x"), []byte{60, 60, 60}, alert8, alert8, alert8), []string{"ipv6.exthdr_dupl_dh"}},
	{"IPv6 authentication twice", LinkRaw, chain(tcp6("x"), []byte{51, 51}, auth, auth), []string{"ipv6.exthdr_dupl_ah"}},
	{"IPv6 authentication with reserved bits", LinkRaw, chain(tcp6("x"), []byte{51}, edit(auth, set(2, 1))), []string{"ipv6.exthdr_ah_res_not_null"}},
	{"IPv6 option longer than its header", LinkRaw, chain(tcp6("x"), []byte{0}, []byte{0, 0, 5, 5, 0, 0, 0, 0}), []string{"ipv6.exthdr_invalid_optlen"}},
	{"IPv6 option's length cut off", LinkRaw, chain(tcp6("x"), []byte{60}, []byte{0, 0, 5, 3, 0, 0, 0, 5}), []string{"ipv6.exthdr_invalid_optlen"}},
	{"IPv6 router alert too short", LinkRaw, chain(tcp6("x"), []byte{0}, []byte{0, 0, 5, 1, 0, 1, 1, 0}), []string{"ipv6.exthdr_invalid_optlen"}},
	{"IPv6 home address too short", LinkRaw, chain(tcp6("x"), []byte{60}, []byte{0, 0, 0xc9, 4, 0, 0, 0, 0}), []string{"ipv6.exthdr_invalid_optlen"}},
	{"IPv6 hop-by-hop option that is not known", LinkRaw, chain(tcp6("x"), []byte{0}, []byte{0, 0, 0x3e, 4, 0, 0, 0, 0}), []string{"ipv6.hopopts_unknown_opt"}},
	{"IPv6 destination option that is not known", LinkRaw, chain(tcp6("x"), []byte{60}, []byte{0, 0, 0x3e, 4, 0, 0, 0, 0}), []string{"ipv6.dstopts_unknown_opt"}},
	{"IPv6 hop-by-hop of padding", LinkRaw, chain(tcp6("x"), []byte{0}, pad8), []string{"ipv6.hopopts_only_padding"}},
	{"IPv6 destination options of padding", LinkRaw, chain(tcp6("x"), []byte{60}, zero[:8]), []string{"ipv6.dstopts_only_padding"}},
	{"IPv6 padding of nothing", LinkRaw, chain(tcp6("x"), []byte{0}, []byte{0, 0, 5, 2, 0, 0, 1, 0}), []string{"ipv6.zero_len_padn"}},
	{"IPv6 data behind the end", LinkRaw, ip6(59, zero[:1]), []string{"ipv6.data_after_none_header"}},
	{"IPv6 with something unknown", LinkRaw, ip6(200, zero), []string{"ipv6.unknown_next_header"}},
	{"IPv6 with ICMP", LinkRaw, ip6(1, zero), []string{"ipv6.icmpv4"}},
	{"IPv4 in IPv6 cut", LinkRaw, ip6(4, zero[:19]), []string{"ipv6.ipv4_in_ipv6_too_small"}},
	{"IPv4 in IPv6 of version 6", LinkRaw, ip6(4, tcp6("")), []string{"ipv6.ipv4_in_ipv6_wrong_version"}},
	{"IPv6 in IPv6 cut", LinkRaw, ip6(41, zero[:39]), []string{"ipv6.ipv6_in_ipv6_too_small"}},
	{"IPv6 in IPv6 of version 4", LinkRaw, ip6(41, tcp4("")), []string{"ipv6.ipv6_in_ipv6_wrong_version"}},
	{"IPv4 fragment behind the largest packet", LinkRaw, edit(ip4(17, "", zero), set(6, 0x1f, 0xff)), []string{"ipv4.frag_pkt_too_large"}},
	{"IPv6 fragment behind the largest packet", LinkRaw, ip6(44, []byte{17, 0, 0xff, 0xf8, 0, 0, 0, 1}, zero), []string{"ipv6.frag_pkt_too_large"}},
	{"IPv6 fragment not in eights", LinkRaw, ip6(44, []byte{17, 0, 0, 1, 0, 0, 0, 1}, zero[:9]), []string{"ipv6.frag_invalid_length"}},

	{"TCP cut", LinkRaw, ip4(6, "", zero[:19]), []string{"tcp.pkt_too_small"}},
	{"TCP header longer than the packet", LinkRaw, ip4(6, "", edit(tcpOpts(""), set(12, 6<<4))), []string{"tcp.hlen_too_small"}},
	{"TCP header of 16 bytes", LinkRaw, ip4(6, "", edit(tcpOpts(""), set(12, 4<<4))), []string{"tcp.invalid_optlen"}},
	{"TCP option longer than the header", LinkRaw, ip4(6, "", tcpOpts("\x02\x05\x00\x00")), []string{"tcp.opt_invalid_len"}},
	{"TCP option of length 0", LinkRaw, ip4(6, "", tcpOpts("\x02\x00\x00\x00")), []string{"tcp.opt_invalid_len"}},
	{"TCP segment size of 1 byte", LinkRaw, ip4(6, "", tcpOpts("\x02\x03\x05\x01")), []string{"tcp.opt_invalid_len"}},
	{"TCP scale of 2 bytes", LinkRaw, ip4(6, "", tcpOpts("\x03\x04\x05\x01")), []string{"tcp.opt_invalid_len"}},
	{"TCP SACK of half a block", LinkRaw, ip4(6, "", tcpOpts("\x05\x06\x00\x00\x00\x00\x01\x01")), []string{"tcp.opt_invalid_len"}},
	{"TCP fast open of 3 bytes", LinkRaw, ip4(6, "", tcpOpts("\x22\x05\x00\x00\x00\x01\x01\x01")), []string{"tcp.opt_invalid_len"}},
	{"TCP authentication without a key", LinkRaw, ip4(6, "", tcpOpts("\x1d\x03\x00\x01")), []string{"tcp.opt_invalid_len"}},
	{"TCP signature cut", LinkRaw, ip4(6, "", tcpOpts("\x13\x04\x00\x00")), []string{"tcp.opt_invalid_len"}},
	{"TCP fast open as it was tried, cookie of 6", LinkRaw, ip4(6, "", tcpOpts("\xfe\x0a\xf9\x89\x00\x00\x00\x00\x00\x00\x01\x01")), []string{"tcp.opt_invalid_len"}},
	{"TCP option twice", LinkRaw, ip4(6, "", tcpOpts("\x02\x04\x05\xb4\x02\x04\x05\xb4")), []string{"tcp.opt_duplicate"}},
	{"UDP cut", LinkRaw, ip4(17, "", zero[:7]), []string{"udp.hlen_too_small"}},
	{"UDP longer than the packet", LinkRaw, ip4(17, "", edit(udpTo(53), set(5, 9))), []string{"udp.pkt_too_small"}},
	{"UDP length under 8", LinkRaw, ip4(17, "", edit(udpTo(53), set(5, 7))), []string{"udp.len_invalid"}},
	{"SCTP cut", LinkRaw, ip4(132, "", zero[:11]), []string{"sctp.pkt_too_small"}},
	{"ESP cut", LinkRaw, ip4(50, "", zero[:7]), []string{"esp.pkt_too_small"}},
	{"IGMP cut", LinkRaw, ip4(2, "", zero[:7]), []string{"igmp.pkt_too_small"}},

	{"ICMP cut", LinkRaw, ip4(1, "", zero[:7]), []string{"icmpv4.pkt_too_small"}},
	{"ICMP of no known kind", LinkRaw, ip4(1, "", []byte{42}, zero), []string{"icmpv4.unknown_type"}},
	{"ICMP echo with a code", LinkRaw, ip4(1, "", []byte{8, 1}, zero), []string{"icmpv4.unknown_code"}},
	{"ICMP unreachable with an unknown code", LinkRaw, ip4(1, "", []byte{3, 16}, zero), []string{"icmpv4.unknown_code"}},
	{"ICMP error about a piece of a header", LinkRaw, ip4(1, "", []byte{3, 1}, zero[:25]), []string{"icmpv4.ipv4_trunc_pkt"}},
	{"ICMP error about another version", LinkRaw, ip4(1, "", []byte{11, 1, 0, 0, 0, 0, 0, 0, 0x60}, zero), []string{"icmpv4.ipv4_unknown_ver"}},
	{"ICMPv6 cut", LinkRaw, ip6(58, zero[:7]), []string{"icmpv6.pkt_too_small"}},
	{"ICMPv6 of no known kind", LinkRaw, ip6(58, []byte{255}, zero), []string{"icmpv6.unknown_type"}},
	{"ICMPv6 unassigned", LinkRaw, ip6(58, []byte{160}, zero), []string{"icmpv6.unassigned_type"}},
	{"ICMPv6 experiment", LinkRaw, ip6(58, []byte{200}, zero), []string{"icmpv6.experimentation_type"}},
	{"ICMPv6 echo with a code", LinkRaw, ip6(58, []byte{128, 1}, zero), []string{"icmpv6.unknown_code"}},
	{"ICMPv6 error about a piece of a header", LinkRaw, ip6(58, []byte{1, 1}, zero[:45]), []string{"icmpv6.ipv6_trunc_pkt"}},
	{"ICMPv6 error about another version", LinkRaw, ip6(58, []byte{1, 1, 0, 0, 0, 0, 0, 0, 0x45}, zero), []string{"icmpv6.ipv6_unknown_version"}},
	{"ICMPv6 listener report from far away", LinkRaw, ip6(58, []byte{131, 0}, zero), []string{"icmpv6.mld_message_with_invalid_hl"}},

	{"GRE cut", LinkRaw, ip4(47, "", zero[:3]), []string{"gre.pkt_too_small"}},
	{"GRE of version 2", LinkRaw, ip4(47, "", []byte{0, 2, 8, 0}, zero), []string{"gre.wrong_version"}},
	{"GRE with recursion", LinkRaw, ip4(47, "", []byte{1, 0, 8, 0}, zero), []string{"gre.version0_recur"}},
	{"GRE with reserved flags", LinkRaw, ip4(47, "", []byte{0, 0x10, 8, 0}, zero), []string{"gre.version0_flags"}},
	{"GRE header longer than the packet", LinkRaw, ip4(47, "", []byte{0xb0, 0, 8, 0}, zero[:11]), []string{"gre.version0_hdr_too_big"}},
	{"GRE route without end", LinkRaw, ip4(47, "", []byte{0x40, 0, 8, 0, 0, 0, 0, 0, 0, 1, 0, 4, 0, 0, 0, 0}), []string{"gre.version0_malformed_sre_hdr"}},
	{"PPTP with a checksum", LinkRaw, ip4(47, "", []byte{0xa0, 1, 0x88, 0xb}, zero), []string{"gre.version1_chksum"}},
	{"PPTP with a route", LinkRaw, ip4(47, "", []byte{0x60, 1, 0x88, 0xb}, zero), []string{"gre.version1_route"}},
	{"PPTP with a strict route", LinkRaw, ip4(47, "", []byte{0x28, 1, 0x88, 0xb}, zero), []string{"gre.version1_ssr"}},
	{"PPTP with recursion", LinkRaw, ip4(47, "", []byte{0x21, 1, 0x88, 0xb}, zero), []string{"gre.version1_recur"}},
	{"PPTP with reserved flags", LinkRaw, ip4(47, "", []byte{0x20, 9, 0x88, 0xb}, zero), []string{"gre.version1_flags"}},
	{"PPTP with IPv4", LinkRaw, ip4(47, "", []byte{0x20, 1, 8, 0}, zero), []string{"gre.version1_wrong_protocol"}},
	{"PPTP without a call", LinkRaw, ip4(47, "", []byte{0, 1, 0x88, 0xb}, zero), []string{"gre.version1_no_key"}},
	{"PPTP header longer than the packet", LinkRaw, ip4(47, "", []byte{0x30, 0x81, 0x88, 0xb}, zero[:11]), []string{"gre.version1_hdr_too_big"}},
	{"VXLAN with something unknown", LinkRaw, ip4(17, "", udpTo(4789, []byte{8, 0, 0, 0, 0, 0, 1, 0}, eth(0x9999, zero))), []string{"vxlan.unknown_payload_type"}},
	{"Geneve with something unknown", LinkRaw, ip4(17, "", udpTo(6081, []byte{0, 0, 0x99, 0x99, 0, 0, 1, 0}, zero)), []string{"geneve.unknown_payload_type"}},
}

var alert8 = []byte{0, 0, 5, 2, 0, 0, 0, 0}

func TestMalformed(t *testing.T) {
	t.Parallel()
	var d Decoder
	for _, c := range malformed {
		pkts := d.Frame(c.link, c.in, 0)
		if got := pkts[0].Events; !slices.Equal(got, c.events) {
			t.Errorf("%s: %v, want %v", c.name, got, c.events)
		}
		if len(pkts) != 1 {
			t.Errorf("%s: %d packets", c.name, len(pkts))
		}
	}
}

// never holds the events of the rule files that nothing raises, here as where they
// come from.
var never = map[string]string{
	"ipv6.pkt_too_small":             "a cut IPv6 header is passed over",
	"ipv4.opt_unknown":               "unknown options are invalid ones",
	"gre.version1_malformed_sre_hdr": "version 1 has no routes",
	"mpls.unknown_payload_type":      "what is not IP is taken for Ethernet",
	"ipv6.exthdr_dupl_eh":            "nothing is read behind ESP",
	"afpacket.trunc_pkt":             "of another way to capture",
	"erspan.header_too_small":        "a tunnel without a packet in it is dropped",
	"erspan.unsupported_version":     "the same",
	"erspan.too_many_vlan_layers":    "the same",
	"ipv4.frag_overlap":              "TestOverlapEvents",
	"ipv6.frag_overlap":              "TestOverlapEvents",
}

// TestEveryEvent has a case for each event that the names of rules know.
func TestEveryEvent(t *testing.T) {
	t.Parallel()
	raised := map[string]bool{}
	for _, c := range malformed {
		for _, e := range c.events {
			raised[e] = true
		}
	}
	for _, name := range eventNames {
		if !raised[name] && never[name] == "" {
			t.Errorf("no case raises %s", name)
		}
	}
}

// eventNames are those of the public rules.
var eventNames = []string{
	"ipv4.pkt_too_small", "ipv4.hlen_too_small", "ipv4.iplen_smaller_than_hlen", "ipv4.trunc_pkt", "ipv4.opt_invalid", "ipv4.opt_invalid_len",
	"ipv4.opt_malformed", "ipv4.opt_pad_required", "ipv4.icmpv6", "ipv4.opt_eol_required", "ipv4.opt_duplicate", "ipv4.opt_unknown",
	"ipv4.wrong_ip_version", "ipv6.pkt_too_small", "ipv6.trunc_pkt", "ipv6.trunc_exthdr", "ipv6.exthdr_dupl_fh", "ipv6.exthdr_useless_fh",
	"ipv6.exthdr_dupl_rh", "ipv6.exthdr_dupl_hh", "ipv6.exthdr_dupl_dh", "ipv6.exthdr_dupl_ah", "ipv6.exthdr_dupl_eh",
	"ipv6.exthdr_invalid_optlen", "ipv6.wrong_ip_version", "ipv6.exthdr_ah_res_not_null", "ipv6.hopopts_unknown_opt",
	"ipv6.hopopts_only_padding", "ipv6.dstopts_unknown_opt", "ipv6.dstopts_only_padding", "ipv6.rh_type_0", "ipv6.zero_len_padn",
	"ipv6.fh_non_zero_reserved_field", "ipv6.data_after_none_header", "ipv6.unknown_next_header", "ipv6.icmpv4", "icmpv4.pkt_too_small",
	"icmpv4.unknown_type", "icmpv4.unknown_code", "icmpv4.ipv4_trunc_pkt", "icmpv4.ipv4_unknown_ver", "icmpv6.pkt_too_small",
	"icmpv6.unknown_type", "icmpv6.unknown_code", "icmpv6.ipv6_trunc_pkt", "icmpv6.ipv6_unknown_version",
	"icmpv6.mld_message_with_invalid_hl", "icmpv6.unassigned_type", "icmpv6.experimentation_type", "tcp.pkt_too_small", "tcp.hlen_too_small",
	"tcp.invalid_optlen", "tcp.opt_invalid_len", "tcp.opt_duplicate", "udp.pkt_too_small", "udp.hlen_too_small", "udp.len_invalid",
	"sll.pkt_too_small", "ethernet.pkt_too_small", "ethernet.unknown_ethertype", "ppp.pkt_too_small", "ppp.vju_pkt_too_small",
	"ppp.ip4_pkt_too_small", "ppp.ip6_pkt_too_small", "ppp.wrong_type", "ppp.unsup_proto", "pppoe.pkt_too_small", "pppoe.wrong_code",
	"pppoe.malformed_tags", "gre.pkt_too_small", "gre.wrong_version", "gre.version0_recur", "gre.version0_flags", "gre.version0_hdr_too_big",
	"gre.version1_chksum", "gre.version1_route", "gre.version1_ssr", "gre.version1_recur", "gre.version1_flags", "gre.version1_no_key",
	"gre.version1_wrong_protocol", "gre.version1_malformed_sre_hdr", "gre.version1_hdr_too_big", "vlan.header_too_small",
	"vlan.unknown_type", "vlan.too_many_layers", "vntag.header_too_small", "vntag.unknown_type", "ieee8021ah.header_too_small",
	"ipraw.invalid_ip_version", "ipv4.frag_pkt_too_large", "ipv4.frag_overlap", "ipv6.frag_pkt_too_large", "ipv6.frag_overlap",
	"ipv6.frag_invalid_length", "ipv6.ipv4_in_ipv6_too_small", "ipv6.ipv4_in_ipv6_wrong_version", "ipv6.ipv6_in_ipv6_too_small",
	"ipv6.ipv6_in_ipv6_wrong_version", "mpls.header_too_small", "mpls.pkt_too_small", "mpls.bad_label_router_alert",
	"mpls.bad_label_implicit_null", "mpls.bad_label_reserved", "mpls.unknown_payload_type", "ltnull.pkt_too_small",
	"ltnull.unsupported_type", "erspan.header_too_small", "erspan.unsupported_version", "erspan.too_many_vlan_layers", "dce.pkt_too_small",
	"chdlc.pkt_too_small", "too_many_layers", "afpacket.trunc_pkt",
}

// TestMalformedNowhereElse: what is right raises nothing.
func TestMalformedNowhereElse(t *testing.T) {
	t.Parallel()
	var d Decoder
	for name, b := range map[string][]byte{
		"TCP": tcp4("x"), "TCP6": tcp6("x"), "UDP": udp(a4, b4, "x"), "UDP6": udp(a6, b6, "x"),
		"options":        ip4(17, "\x07\x07\x04\x00\x00\x00\x00\x01\x44\x0c\x05\x01\x00\x00\x00\x00\x00\x00\x00\x00\x94\x04\x00\x00", udpTo(53)),
		"security":       ip4(17, "\x82\x0b\x00\x00\x00\x00\x00\x00\x00\x00\x00\x85\x03\x00\x00\x00", udpTo(53)),
		"CIPSO":          ip4(17, "\x86\x0a\x00\x00\x00\x01\x01\x04\x00\x00\x19\x08\x00\x00\x00\x00\x00\x00\x88\x04\x00\x00\x00\x00", udpTo(53)),
		"TCP options":    ip4(6, "", tcpOpts("\x02\x04\x05\xb4\x04\x02\x08\x0a\x00\x00\x00\x01\x00\x00\x00\x02\x01\x03\x03\x07")),
		"empty SACK":     ip4(6, "", tcpOpts("\x05\x02\x01\x01")),
		"fast open":      ip4(6, "", tcpOpts("\x22\x0a\x01\x02\x03\x04\x05\x06\x07\x08\x01\x01")),
		"echo":           ip4(1, "", []byte{8, 0, 0, 0, 0, 1, 0, 1}),
		"listener":       edit(ip6(58, []byte{131, 0}, zero), set(7, 1)),
		"ESP":            ip6(50, zero[:20]),
		"ESP4":           ip4(50, "", zero[:20]),
		"no next header": ip6(59),
		"router alert":   chain(tcp6("x"), []byte{0, 60, 60}, alert8, alert8, alert8),
	} {
		p := &d.Frame(LinkRaw, b, 0)[0]
		if len(p.Events) > 0 || p.Invalid {
			t.Errorf("%s: %v", name, p.Events)
		}
	}
}
