package evelog

import (
	"strings"

	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/packet"
	"otasuke/rule"
)

// AlertOf is the alert object of a rule.
func (c *Config) AlertOf(r *rule.Rule, blocked bool) *eve.Alert {
	a := &eve.Alert{Action: "allowed", GID: r.GID, SignatureID: r.SID, Rev: r.Rev, Signature: r.Msg, Category: r.ClassText, Severity: r.Priority}
	if blocked {
		a.Action = "blocked"
	}
	if len(r.Metadata) > 0 && !c.Alert.NoRule {
		a.Metadata = make(map[string][]string, len(r.Metadata))
		for _, m := range r.Metadata {
			kv := m.Value()
			a.Metadata[kv.Key] = append(a.Metadata[kv.Key], kv.Value)
		}
	}
	if c.Alert.References {
		for _, ref := range r.References {
			a.References = append(a.References, ref.URL())
		}
	}
	return a
}

// Ends writes who attacks whom, where the rule says it.
func Ends(a *eve.Alert, target string, src, dst eve.End) {
	switch target {
	case "src_ip":
		a.Source, a.Target = &dst, &src
	case "dest_ip":
		a.Source, a.Target = &src, &dst
	}
}

// Tunnel writes the frame's own packet, when the one told of is inside another.
func (c *Config) Tunnel(r *eve.Record, v *View) {
	p := v.packet()
	if p == nil || v.Late || p.Level == 0 {
		return
	}
	o := &v.Packets[0]
	t := &eve.Tunnel{Depth: p.Level, Source: "wire/pcap"}
	if o.Version != 0 {
		t.SrcIP, t.DestIP, t.SrcPort, t.DestPort, t.Proto = Address(o.Src), Address(o.Dst), o.SrcPort, o.DstPort, Proto(o.Proto)
	}
	if c.Number {
		t.PcapCnt = v.Number
	}
	r.Tunnel = t
}

// Bytes adds payload and packet to an alert. stream are the bytes of the stream that
// it was found in, nil when it was found in the packet.
func (c *Config) Bytes(r *eve.Record, v *View, stream []byte) {
	p := v.packet()
	if p == nil {
		return
	}
	a := &c.Alert
	payload, inStream := p.Payload, uint8(0)
	if v.Late {
		payload = nil
	}
	if stream != nil {
		payload, inStream = stream[:min(len(stream), a.buffer())], 1
	}
	if a.Payload || a.PayloadPrintable || a.PayloadLength {
		if a.PayloadLength {
			n := len(payload)
			r.PayloadLength = &n
		}
		if a.Payload && len(payload) > 0 {
			r.Payload = append([]byte{}, payload...)
		}
		if a.PayloadPrintable {
			r.PayloadText = Printable(payload)
		}
		r.Stream = &inStream
	}
	if a.Packet && !v.Late {
		c.Packet(r, v)
	}
}

func (a *AlertConfig) buffer() int {
	if a.PayloadBuffer > 0 {
		return a.PayloadBuffer
	}
	return DefaultPayloadBuffer
}

// Packet adds the packet itself. One that was put together from fragments stands
// behind the link layer of the last of them.
func (c *Config) Packet(r *eve.Record, v *View) {
	p := v.packet()
	if p == nil {
		return
	}
	link := v.Link
	switch {
	case p.Reassembled:
		r.Packet = append(append([]byte{}, linkHeader(v.Packets[:v.At])...), p.Frame...)
	default:
		r.Packet = append([]byte{}, p.Frame...)
	}
	if p.Level > 0 {
		link = 12 // what is inside a tunnel begins with its IP header
		if p.HasMAC {
			link = 1
		}
	}
	r.PacketInfo = &eve.PacketInfo{LinkType: link, Name: linkNames[link]}
}

// linkHeader is what stands before the IP header of the last of pkts that is a fragment.
func linkHeader(pkts []packet.Packet) []byte {
	for i := len(pkts) - 1; i >= 0; i-- {
		if p := &pkts[i]; p.Fragment && len(p.Data) > 0 {
			// Both are parts of one array: what their capacities differ by lies between.
			if n := cap(p.Frame) - cap(p.Data); n >= 0 && n <= len(p.Frame) {
				return p.Frame[:n]
			}
		}
	}
	return nil
}

// Printable replaces what cannot be read by dots.
func Printable(b []byte) string {
	var out strings.Builder
	out.Grow(len(b))
	for _, c := range b {
		switch {
		case c >= 0x20 && c < 0x7f, c == '\n', c == '\r':
			out.WriteByte(c)
		default:
			out.WriteByte('.')
		}
	}
	return out.String()
}

// VerdictOf is what becomes of a packet.
func VerdictOf(dropped, passed bool, reject rule.Action, p *packet.Packet) *eve.Verdict {
	v := &eve.Verdict{Action: "alert"}
	switch {
	case dropped:
		v.Action = "drop"
	case passed:
		v.Action = "pass"
	}
	switch reject {
	case rule.Reject:
		v.RejectTarget = "to_client"
	case rule.RejectDst:
		v.RejectTarget = "to_server"
	case rule.RejectBoth:
		v.RejectTarget = "both"
	default:
		return v
	}
	v.Reject = []string{"icmp-prohib"}
	if p != nil && p.Proto == packet.TCP {
		v.Reject = []string{"tcp-reset"}
	}
	return v
}
