package evelog

import (
	"encoding/hex"
	"slices"

	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/flow"
	"otasuke/gateway/internal/packet"
	"otasuke/gateway/internal/session"
)

// maxMACs of a flow that are remembered on each side.
const maxMACs = 10

// Facts are what the last record of a flow tells beyond its counts. The zero value is
// that of a flow of which nothing was seen.
type Facts struct {
	Gap      [2]bool
	Bypassed bool
	// Action is "drop", "pass" or "accept" once it holds for the whole flow.
	Action   string
	Policies []eve.AppliedPolicy
	Txs      uint64
	// DropTold tells in which directions a dropped packet was told of.
	DropTold [2]bool

	version uint8
	flags   [2]uint8 // TCP flags by direction
	minTTL  [2]uint8
	maxTTL  [2]uint8
	icmp    [2][2]uint8 // first type and code by direction
	hasICMP [2]bool
	hasMAC  [2]bool
	macs    [2][6]byte // of both ends
	layers  uint8
	vlans   [packet.MaxVLANs]uint16 // of the first packet that has them
	spi     uint32
	more    *[2][][6]byte // further ones of both ends, which hardly any flow has
}

// Packet notes a packet of the flow.
func (f *Facts) Packet(p *packet.Packet, dir int) {
	f.version = p.Version
	if p.VLANLayers > 0 && f.layers == 0 {
		f.layers = min(p.VLANLayers, packet.MaxVLANs)
		copy(f.vlans[:f.layers], p.VLANs[:])
	}
	if f.maxTTL[dir] == 0 || p.TTL < f.minTTL[dir] {
		f.minTTL[dir] = p.TTL
	}
	f.maxTTL[dir] = max(f.maxTTL[dir], p.TTL)
	switch p.Proto {
	case packet.TCP:
		f.flags[dir] |= p.Flags
	case packet.ICMP, packet.ICMPv6:
		if !f.hasICMP[dir] {
			f.icmp[dir], f.hasICMP[dir] = [2]uint8{p.ICMPType, p.ICMPCode}, true
		}
	case packet.ESP:
		f.spi = spi(p)
	}
	if p.HasMAC {
		f.mac(dir, p.SrcMAC)
		f.mac(1-dir, p.DstMAC)
	}
}

func (f *Facts) mac(side int, m [6]byte) {
	switch {
	case !f.hasMAC[side]:
		f.macs[side], f.hasMAC[side] = m, true
	case f.macs[side] != m:
		if f.more == nil {
			f.more = new([2][][6]byte)
		}
		if l := &f.more[side]; len(*l) < maxMACs-1 && !slices.Contains(*l, m) {
			*l = append(*l, m)
		}
	}
}

// addresses of one end, in words.
func (f *Facts) addresses(side int) (list []string) {
	if f.hasMAC[side] {
		list = append(list, mac(f.macs[side]))
	}
	if f.more != nil {
		for _, m := range f.more[side] {
			list = append(list, mac(m))
		}
	}
	return list
}

// VLANs of the flow, outermost first.
func (f *Facts) VLANs() []uint16 { return append([]uint16(nil), f.vlans[:f.layers]...) }

// kind returns copies of the first type and code in a direction, nil for none.
func (f *Facts) kind(dir int) (kind, code *uint8) {
	if !f.hasICMP[dir] {
		return nil, nil
	}
	of := f.icmp[dir]
	return &of[0], &of[1]
}

// Reset forgets everything.
func (f *Facts) Reset() { *f = Facts{} }

// End is how a flow stands when it leaves.
type End struct {
	Start, Last    int64 // microseconds
	Packets, Bytes [2]uint64
	State, Reason  string
	Alerted        bool
	Session        *session.Session // nil but for TCP
}

// EndOf describes a flow as it stands; closing tells that the source has ended. s is nil but
// for TCP.
func EndOf(f *flow.Traffic, s *session.Session, alerted, closing bool) End {
	e := End{Start: f.Started, Last: f.Last, Packets: f.Packets, Bytes: f.Bytes, Reason: "timeout", Alerted: alerted,
		State: [...]string{flow.New: "new", flow.Established: "established", flow.Closing: "closed"}[f.State]}
	if s != nil {
		e.ofSession(s)
	}
	if closing {
		e.Reason = "shutdown"
	}
	return e
}

// ofSession says how a TCP connection stands.
func (e *End) ofSession(s *session.Session) {
	e.Session = s
	switch st := s.State; {
	case st < session.Established:
		e.State = "new"
	case s.Ended():
		e.State = "closed"
	default:
		e.State = "established"
	}
}

// FlowRecord tells of a flow that ended.
func (c *Config) FlowRecord(v *View, e *End) *eve.Record {
	r := c.Record(v, eve.TypeFlow, false)
	r.Source = ""
	f := v.Facts
	c.ends(r, f)
	r.ICMPType, r.ICMPCode = f.kind(0)
	r.ResponseType, r.ResponseCode = f.kind(1)
	r.SetFlow(e.Flow())
	r.SetEnd(eve.FlowEnd{
		End: eve.Time(e.Last), Age: (e.Last - e.Start) / 1_000_000, State: e.State, Reason: e.Reason, Alerted: e.Alerted,
		Action: f.Action, Policies: f.Policies, TxCount: f.Txs,
	})
	if f.Bypassed {
		r.Flow.State, r.Flow.Bypass = "bypassed", "local"
	}
	if e.Session != nil {
		t := r.SetTCP(tcp(f.flags[0]|f.flags[1], e.Session))
		t.FlagsTS, t.FlagsTC = hexFlags(f.flags[0]), hexFlags(f.flags[1])
		t.TSGap, t.TCGap = f.Gap[0], f.Gap[1]
		t.TSMax, t.TCMax = 1, 1
	}
	return r
}

// ends adds what the flow's packets had in common.
func (c *Config) ends(r *eve.Record, f *Facts) {
	r.SPI = f.spi
	if !c.Ethernet || f.hasMAC == [2]bool{} {
		return
	}
	r.Ether = &eve.Ether{SrcMACs: f.addresses(0), DestMACs: f.addresses(1)}
}

// ether are the flow's first addresses, as a packet in direction dir has them.
func (f *Facts) ether(dir int) *eve.Ether {
	if f.hasMAC != [2]bool{true, true} {
		return nil
	}
	return &eve.Ether{SrcMAC: mac(f.macs[dir]), DestMAC: mac(f.macs[1-dir])}
}

// Flow is the flow as it stands.
func (e *End) Flow() eve.Flow {
	return eve.Flow{PktsToServer: e.Packets[0], PktsToClient: e.Packets[1], BytesToServer: e.Bytes[0], BytesToClient: e.Bytes[1], Start: eve.Time(e.Start)}
}

// Write adds the flow as it stands to a record that is not of its end.
func (e *End) Write(r *eve.Record, k *flow.Key) {
	f := r.SetFlow(e.Flow())
	f.SrcIP, f.DestIP = eve.Addr{Addr: k.Client}, eve.Addr{Addr: k.Server}
	if r.SrcPort != 0 || r.DestPort != 0 {
		f.SrcPort, f.DestPort = k.ClientPort, k.ServerPort
	}
}

// NetflowRecord tells of one direction of a flow that ended.
func (c *Config) NetflowRecord(v *View, e *End, dir int) *eve.Record {
	v.Dir = dir
	r := c.Record(v, eve.TypeNetflow, true)
	r.Source = ""
	f := v.Facts
	c.ends(r, f)
	r.ICMPType, r.ICMPCode = f.kind(dir)
	r.Netflow = &eve.Netflow{
		Pkts: e.Packets[dir], Bytes: e.Bytes[dir], Start: eve.Time(e.Start), End: eve.Time(e.Last), Age: (e.Last - e.Start) / 1_000_000,
		MinTTL: f.minTTL[dir], MaxTTL: f.maxTTL[dir], TxCount: f.Txs,
	}
	if e.Session != nil {
		r.SetTCP(tcp(f.flags[dir], nil))
	}
	return r
}

// tcp writes flags out.
func tcp(flags uint8, s *session.Session) eve.TCP {
	t := eve.TCP{
		Flags: hexFlags(flags), SYN: flags&packet.SYN != 0, FIN: flags&packet.FIN != 0, RST: flags&packet.RST != 0, PSH: flags&packet.PSH != 0,
		ACK: flags&packet.ACK != 0, URG: flags&packet.URG != 0, ECN: flags&packet.ECE != 0, CWR: flags&packet.CWR != 0,
	}
	if s != nil {
		t.State = StateName(s.State)
	}
	return t
}

func hexFlags(flags uint8) string { return hexadecimal[2*int(flags):][:2] }

// hexadecimal are all bytes, each with two digits.
var hexadecimal = func() string {
	var all [256]byte
	for i := range all {
		all[i] = byte(i)
	}
	return hex.EncodeToString(all[:])
}()

// StateName is a connection's state in words.
func StateName(s session.State) string {
	return [...]string{
		session.None: "none", session.SynSent: "syn_sent", session.SynReceived: "syn_recv", session.Established: "established", session.FinWait1: "fin_wait1",
		session.FinWait2: "fin_wait2", session.TimeWait: "time_wait", session.LastAck: "last_ack", session.CloseWait: "close_wait",
		session.Closing: "closing", session.Closed: "closed",
	}[s]
}
