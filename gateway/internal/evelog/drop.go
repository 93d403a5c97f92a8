package evelog

import (
	"encoding/binary"

	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/packet"
	"otasuke/rule"
)

// Reasons for which packets do not pass.
const (
	ReasonRules        = "rules"
	ReasonFlow         = "flow drop"
	ReasonThreshold    = "threshold detection_filter"
	ReasonStream       = "stream error"
	ReasonMidstream    = "stream midstream"
	ReasonReassembly   = "stream reassembly"
	ReasonDefrag       = "defrag error"
	ReasonDecode       = "decode error"
	ReasonAppError     = "applayer error"
	ReasonPolicy       = "exception policy flow drop"
	ReasonInnerDropped = "tunnel packet drop"
)

// DropRecord tells of a packet that did not pass: why, by which rule (nil for none) and how
// that refuses.
func (c *Config) DropRecord(v *View, why string, by *rule.Rule, rejects rule.Action) *eve.Record {
	r, p := c.Record(v, eve.TypeDrop, true), v.packet()
	r.Drop = DropOf(p, why)
	if c.Drop.Alerts && by != nil {
		r.Alert = c.AlertOf(by, true)
	}
	if c.Drop.Verdict {
		r.Verdict = VerdictOf(true, false, rejects, p)
	}
	return r
}

// DropOf describes the header of a packet that did not pass. Nothing of it stays with the
// packet, whose memory is used again before the record is written.
func DropOf(p *packet.Packet, reason string) *eve.Drop {
	d := &eve.Drop{Len: len(p.Data), Reason: reason}
	switch p.Version {
	case 4:
		id := uint16(p.ID)
		d.TOS, d.TTL, d.ID = new(p.TOS), new(p.TTL), &id
	case 6:
		label := binary.BigEndian.Uint32(p.Data) & 0xfffff
		d.Class, d.HopLimit, d.FlowLabel = new(p.TOS), new(p.TTL), &label
	default:
		return d
	}
	h := p.TransportHeader()
	switch {
	case p.Proto == packet.TCP && len(h) >= 20:
		f := p.Flags
		d.DropTCP = &eve.DropTCP{
			Seq: p.Seq, Ack: p.Ack, Window: p.Window, Reserved: h[12] & 0x0f, Urgent: binary.BigEndian.Uint16(h[18:]), SYN: f&packet.SYN != 0,
			ACK: f&packet.ACK != 0, PSH: f&packet.PSH != 0, RST: f&packet.RST != 0, URG: f&packet.URG != 0, FIN: f&packet.FIN != 0,
		}
	case p.Proto == packet.UDP && len(h) >= 8:
		n := int(binary.BigEndian.Uint16(h[4:]))
		d.UDPLen = &n
	case p.HasICMPID():
		d.ICMPID, d.ICMPSeq = new(p.ICMPID), new(p.ICMPSeq)
	}
	return d
}
