package evelog

import (
	"strings"
	"sync"

	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/packet"
	"otasuke/gateway/internal/stream"
	"otasuke/rule"
)

// Counts counts what statistics tell, by the dotted names of the field's sensors. One
// goroutine counts; any may read. The zero value is ready.
type Counts struct {
	mu    sync.Mutex
	fixed [nCounters]uint64
	apps  [numAppCounters][rule.NumProtos][2]uint64 // by transport: 1 UDP
	named map[string]*uint64
}

// Counter is one that is counted often.
type Counter uint8

// Counters.
const (
	Pkts Counter = iota
	Bytes
	Invalid
	IPv4
	IPv6
	Ethernet
	TCPPackets
	UDPPackets
	SCTP
	ESP
	ICMPv4
	ICMPv6
	GRE
	VLAN
	FlowTotal
	FlowTCP
	FlowUDP
	FlowICMPv4
	FlowICMPv6
	Sessions
	SYN
	SYNACK
	RST
	Midstream
	Gap
	Alerts
	Suppressed
	Accepted
	Blocked
	Rejected
	Fragments4
	Fragments6
	Reassembled4
	Reassembled6
	// What follows is set, not counted: limits that were hit, and what is held.
	FlowsActive
	FlowsEvicted
	DefragFull
	DefragTimeout
	DefragOverlap
	StreamMemory
	StreamMemcap
	StreamRefused
	StreamForgot
	RuleWork
	RuleExpression
	Overflow
	MemoryShort
	SitesUntold
	nCounters
)

// names of the counters.
var names = [nCounters]string{
	Pkts: "decoder.pkts", Bytes: "decoder.bytes", Invalid: "decoder.invalid", IPv4: "decoder.ipv4", IPv6: "decoder.ipv6", Ethernet: "decoder.ethernet",
	TCPPackets: "decoder.tcp", UDPPackets: "decoder.udp", SCTP: "decoder.sctp", ESP: "decoder.esp", ICMPv4: "decoder.icmpv4", ICMPv6: "decoder.icmpv6",
	GRE: "decoder.gre", VLAN: "decoder.vlan", FlowTotal: "flow.total", FlowTCP: "flow.tcp", FlowUDP: "flow.udp", FlowICMPv4: "flow.icmpv4", FlowICMPv6: "flow.icmpv6",
	Sessions: "tcp.sessions", SYN: "tcp.syn", SYNACK: "tcp.synack", RST: "tcp.rst", Midstream: "tcp.midstream_pickups", Gap: "tcp.reassembly_gap",
	Alerts: "detect.alert", Suppressed: "detect.alerts_suppressed", Overflow: "detect.alert_queue_overflow",
	Accepted: "ips.accepted", Blocked: "ips.blocked", Rejected: "ips.rejected",
	Fragments4: "defrag.ipv4.fragments", Fragments6: "defrag.ipv6.fragments", Reassembled4: "defrag.ipv4.reassembled", Reassembled6: "defrag.ipv6.reassembled",
	FlowsActive: "flow.active", FlowsEvicted: "flow.get_used", DefragFull: "defrag.max_trackers_reached", DefragTimeout: "defrag.wrk.tracker_timeout",
	DefragOverlap: "otasuke.defrag_given_up", StreamMemory: "tcp.reassembly_memuse", StreamMemcap: "tcp.segment_memcap_drop", StreamRefused: "otasuke.segments_refused",
	StreamForgot: "otasuke.stream_forgot", RuleWork: "otasuke.rule_work", RuleExpression: "otasuke.rule_expressions", MemoryShort: "otasuke.memory_short",
	SitesUntold: "otasuke.sites_untold",
}

// Limits are what one worker holds, and how often it had no room for more.
type Limits struct {
	Flows, Evicted, MemoryShort uint64
	SitesUntold                 uint64 // of clients that asked for more than is told
	Fragments                   *packet.Datagrams
	Pool                        *stream.Pool
	Rules                       interface {
		GaveUp() (work, expressions, cut uint64)
	}
}

// Hit tells the limits anew.
func (n *Counts) Hit(l *Limits) {
	work, expressions, cut := l.Rules.GaveUp()
	d, p := l.Fragments, l.Pool
	n.mu.Lock()
	defer n.mu.Unlock()
	copy(n.fixed[FlowsActive:], []uint64{l.Flows, l.Evicted, d.Overflows, d.TimedOut, d.Overlaps, uint64(p.Memory()), p.Short, p.Refused, p.Forgot, work, expressions, cut, l.MemoryShort, l.SitesUntold})
}

// zeros are told although nothing of theirs was seen.
var zeros = strings.Fields(`decoder.arp decoder.null decoder.sll decoder.ppp decoder.pppoe decoder.raw decoder.chdlc decoder.mpls decoder.teredo
	decoder.ipv4_in_ipv4 decoder.ipv6_in_ipv4 decoder.ipv4_in_ipv6 decoder.ipv6_in_ipv6 decoder.vxlan decoder.geneve decoder.erspan decoder.vlan_qinq
	decoder.vlan_qinqinq decoder.too_many_layers tcp.active_sessions tcp.overlap tcp.overlap_diff_data tcp.stream_depth_reached tcp.invalid_checksum
	tcp.memuse tcp.reassembly_memuse flow.active flow.tcp_reuse flow.memuse flow.end.state.new flow.end.state.established flow.end.state.closed
	flow.end.state.local_bypassed flow.end.state.capture_bypassed flow.end.tcp_state.none flow.end.tcp_state.syn_sent flow.end.tcp_state.syn_recv
	flow.end.tcp_state.established flow.end.tcp_state.fin_wait1 flow.end.tcp_state.fin_wait2 flow.end.tcp_state.time_wait flow.end.tcp_state.last_ack
	flow.end.tcp_state.close_wait flow.end.tcp_state.closing flow.end.tcp_state.closed ftp.memuse ftp.memcap http.memuse http.memcap
	file_store.fs_errors file_store.open_files defrag.ipv4.fragments defrag.ipv4.reassembled defrag.ipv6.fragments defrag.ipv6.reassembled`)

// apps are the application protocols that statistics tell of, by the names that they have there.
var apps = strings.Fields(`http ftp smtp tls ssh imap smb dcerpc_tcp dcerpc_udp dns_tcp dns_udp nfs_tcp nfs_udp ntp ftp-data tftp ike krb5_tcp krb5_udp
	quic dhcp sip_tcp sip_udp snmp rfb mqtt telnet rdp websocket ldap_tcp ldap_udp pop3 http2 bittorrent-dht doh2 mdns modbus dnp3 enip_tcp enip_udp pgsql`)

// dropReasons by their names in statistics.
var dropReasons = strings.Fields(`decode_error defrag_error defrag_memcap flow_memcap flow_drop applayer_error applayer_memcap rules threshold_detection_filter
	stream_error stream_memcap stream_midstream stream_urgent stream_reassembly nfq_error tunnel_packet_drop exception_policy_flow_drop`)

// Add counts one.
func (n *Counts) Add(c Counter) { n.AddN(c, 1) }

// AddN counts several.
func (n *Counts) AddN(c Counter, by uint64) {
	n.mu.Lock()
	n.fixed[c] += by
	n.mu.Unlock()
}

// Named counts one of what has the second part of its name from the traffic's kind.
func (n *Counts) Named(group, name string) {
	n.mu.Lock()
	n.name(group, name)
	n.mu.Unlock()
}

// name counts under the lock. A name that was counted before costs no memory.
func (n *Counts) name(group, name string) {
	var room [64]byte
	full := append(append(room[:0], group...), name...)
	if c := n.named[string(full)]; c != nil {
		*c++
		return
	}
	if n.named == nil {
		n.named = map[string]*uint64{}
	}
	one := uint64(1)
	n.named[string(full)] = &one
}

// DropReason counts a packet that did not pass.
func (n *Counts) DropReason(reason string) {
	var room [64]byte
	name := append(room[:0], reason...)
	for i, c := range name {
		if c == ' ' {
			name[i] = '_'
		}
	}
	n.Named("ips.drop_reason.", string(name))
}

// Flow counts a conversation that begins.
func (n *Counts) Flow(ipProto uint8) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.fixed[FlowTotal]++
	switch ipProto {
	case packet.TCP:
		n.fixed[FlowTCP]++
	case packet.UDP:
		n.fixed[FlowUDP]++
	case packet.ICMP:
		n.fixed[FlowICMPv4]++
	case packet.ICMPv6:
		n.fixed[FlowICMPv6]++
	}
}

// Segment counts a TCP segment by its flags.
func (n *Counts) Segment(flags uint8) {
	switch {
	case flags&packet.SYN != 0 && flags&packet.ACK != 0:
		n.Add(SYNACK)
	case flags&packet.SYN != 0:
		n.Add(SYN)
	}
	if flags&packet.RST != 0 {
		n.Add(RST)
	}
}

// Verdict counts what becomes of a frame.
func (n *Counts) Verdict(dropped, rejected bool) {
	if rejected {
		n.Add(Rejected)
	}
	if dropped || rejected {
		n.Add(Blocked)
		return
	}
	n.Add(Accepted)
}

// Alert counts an alert; silent ones are told to nobody.
func (n *Counts) Alert(silent bool) {
	if silent {
		n.Add(Suppressed)
		return
	}
	n.Add(Alerts)
}

// End counts how a flow stood when it ended.
func (n *Counts) End(e *End, bypassed bool) {
	state := e.State
	if bypassed {
		state = "local_bypassed"
	}
	n.Named("flow.end.state.", state)
	if e.Session != nil {
		n.Named("flow.end.tcp_state.", StateName(e.Session.State))
	}
}

// AppCounter is what is counted of application protocols.
type AppCounter uint8

// Application counters.
const (
	AppFlow AppCounter = iota
	AppTx
	numAppCounters
)

// App counts something of an application protocol.
func (n *Counts) App(c AppCounter, p rule.Proto, ip uint8) {
	udp := 0
	if ip == packet.UDP {
		udp = 1
	}
	n.mu.Lock()
	n.apps[c][p][udp]++
	n.mu.Unlock()
}

// addApps adds the counters of applications under their names.
func (n *Counts) addApps(total map[string]uint64) {
	for c, name := range [numAppCounters]string{AppFlow: "app_layer.flow.", AppTx: "app_layer.tx."} {
		for p := range n.apps[c] {
			for udp, v := range n.apps[c][p] {
				if v > 0 {
					total[name+appName(rule.Proto(p), udp == 1)] += v
				}
			}
		}
	}
}

// appName names an application protocol in statistics: what runs over both transports is
// counted for each.
func appName(p rule.Proto, udp bool) string {
	switch name := p.String(); {
	case !both[name]:
		return name
	case udp:
		return name + "_udp"
	default:
		return name + "_tcp"
	}
}

var both = map[string]bool{"dns": true, "dcerpc": true, "nfs": true, "krb5": true, "sip": true, "ldap": true, "enip": true, "failed": true}

// Frame counts a frame and the packets in it.
func (n *Counts) Frame(pkts []packet.Packet, events bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.fixed[Pkts]++
	n.fixed[Bytes] += uint64(len(pkts[0].Frame))
	for i := range pkts {
		n.decoded(&pkts[i])
		if i > 0 && pkts[i].Level > pkts[i-1].Level && pkts[i-1].Proto != packet.GRE && pkts[i-1].Proto != packet.UDP && pkts[i].Version != 0 && pkts[i-1].Version != 0 {
			n.name("decoder.ipv", string('0'+rune(pkts[i].Version))+"_in_ipv"+string('0'+rune(pkts[i-1].Version)))
		}
		if events {
			for _, e := range pkts[i].Events {
				n.name("", eventCounter(e))
			}
		}
	}
}

// decoded counts what a packet is.
func (n *Counts) decoded(p *packet.Packet) {
	add := func(c Counter, when bool) {
		if when {
			n.fixed[c]++
		}
	}
	h := p.TransportHeader() != nil
	add(Invalid, p.Invalid)
	add(Ethernet, p.HasMAC && !p.Reassembled)
	add(IPv4, p.Version == 4)
	add(IPv6, p.Version == 6)
	add(VLAN, p.VLANLayers > 0 && !p.Reassembled)
	add(TCPPackets, p.Proto == packet.TCP && h)
	add(UDPPackets, p.Proto == packet.UDP && h)
	add(SCTP, p.Proto == packet.SCTP && h)
	add(ESP, p.Proto == packet.ESP && h)
	add(ICMPv4, p.Proto == packet.ICMP && h)
	add(ICMPv6, p.Proto == packet.ICMPv6 && h)
	add(Fragments4, p.Fragment && p.Version == 4)
	add(Fragments6, p.Fragment && p.Version == 6)
	add(Reassembled4, p.Reassembled && p.Version == 4)
	add(Reassembled6, p.Reassembled && p.Version == 6)
	add(GRE, p.Proto == packet.GRE && p.Version != 0)
}

// eventCounter names the counter of a decoder's event: "decoder.event.ipv4.pkt_too_small".
func eventCounter(event string) string {
	if event == "too_many_layers" {
		return "decoder." + event
	}
	return "decoder.event." + event
}

// Engine is what statistics tell of the rules.
type Engine struct {
	Loaded, Failed, Skipped int
	// Inline tells of verdicts.
	Inline bool
	// Uptime in seconds; Loading is when the rules were read.
	Uptime  int64
	Loading string
}

// own begins the names of counters that no other sensor has.
const own = "otasuke."

// Reached adds up how often each limit was hit, by the name of its counter, and leaves out
// those that never were. In records what others have no name for stands apart from the
// rest of the statistics.
func Reached(list ...*Counts) map[string]uint64 {
	total := map[string]uint64{}
	for _, n := range list {
		n.mu.Lock()
		for c := FlowsActive; c < nCounters; c++ {
			if v := n.fixed[c]; v > 0 && c != FlowsActive && c != StreamMemory {
				total[strings.TrimPrefix(names[c], own)] += v
			}
		}
		n.mu.Unlock()
	}
	return total
}

// Stats adds up counts and writes them as EVE tells them. Counters that are 0 are left
// out without zero.
func Stats(e *Engine, zero bool, list ...*Counts) eve.Stats {
	total := map[string]uint64{}
	if zero {
		baseline(total, e.Inline)
	}
	for _, n := range list {
		n.mu.Lock()
		for i, v := range n.fixed {
			if c := Counter(i); (v > 0 || zero) && (e.Inline || c < Accepted || c > Rejected) {
				total[names[i]] += v
			}
		}
		n.addApps(total)
		for k, v := range n.named {
			total[k] += *v
		}
		n.mu.Unlock()
	}
	s := eve.Stats{"uptime": e.Uptime}
	for name, v := range total {
		if !strings.HasPrefix(name, own) {
			put(s, name, v)
		}
	}
	detect, ok := s["detect"].(map[string]any)
	if !ok {
		detect = map[string]any{}
		s["detect"] = detect
	}
	rules := map[string]any{"id": 0, "rules_loaded": e.Loaded, "rules_failed": e.Failed, "rules_skipped": e.Skipped}
	if e.Loading != "" {
		rules["last_reload"] = e.Loading
	}
	detect["engines"] = []any{rules}
	return s
}

// baseline writes the counters that are always told.
func baseline(total map[string]uint64, inline bool) {
	for _, name := range zeros {
		total[name] = 0
	}
	for _, name := range apps {
		total["app_layer.flow."+name], total["app_layer.tx."+name], total["app_layer.error."+name+".parser"] = 0, 0, 0
	}
	total["app_layer.flow.failed_tcp"], total["app_layer.flow.failed_udp"], total["app_layer.expectations"] = 0, 0, 0
	if inline {
		for _, name := range dropReasons {
			total["ips.drop_reason."+name] = 0
		}
		total["ips.replaced"] = 0
	}
}

// put sets "a.b.c" in a tree.
func put(tree map[string]any, name string, v uint64) {
	for {
		head, rest, more := strings.Cut(name, ".")
		if !more {
			tree[head] = v
			return
		}
		sub, ok := tree[head].(map[string]any)
		if !ok {
			sub = map[string]any{}
			tree[head] = sub
		}
		tree, name = sub, rest
	}
}
