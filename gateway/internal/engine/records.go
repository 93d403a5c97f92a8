package engine

import (
	"net"
	"net/netip"
	"strings"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/filter"
	"otasuke/gateway/internal/flow"
	"otasuke/gateway/internal/packet"
	"otasuke/gateway/internal/scan"
	"otasuke/rule"
	"otasuke/wire"
)

// Signature numbers of findings that no rule made, in a block of our own.
const (
	sidSite  = 9900001
	sidVirus = 9900002
)

type (
	listOf = filter.List
	flowOf = flow.Flow[state]
)

// record starts a record of the flow at hand.
func (w *Worker) record(kind string) *eve.Record {
	if w.flow == nil {
		return w.bareRecord(kind)
	}
	k, s := w.flow.Key, &w.flow.User
	r := &eve.Record{Timestamp: eve.Time(w.now), FlowID: s.id, EventType: kind, Proto: protoName(k.Proto), AppProto: appName(s.app)}
	if !w.e.cfg.Inline {
		r.PcapCnt = w.number
	}
	r.SrcIP, r.SrcPort, r.DestIP, r.DestPort = address(k.Client), k.ClientPort, address(k.Server), k.ServerPort
	return r
}

// bareRecord is one of a packet without a conversation.
func (w *Worker) bareRecord(kind string) *eve.Record {
	p := w.pkt
	r := &eve.Record{Timestamp: eve.Time(w.now), EventType: kind}
	if !w.e.cfg.Inline {
		r.PcapCnt = w.number
	}
	if p.Version != 0 {
		r.SrcIP, r.SrcPort, r.DestIP, r.DestPort, r.Proto = address(p.Src), p.SrcPort, address(p.Dst), p.DstPort, protoName(p.Proto)
	}
	return r
}

// address writes an address as the field's sensors do: IPv6 in full.
func address(a netip.Addr) string { return a.StringExpanded() }

// packetRecord turns it the way the packet at hand goes.
func (w *Worker) packetRecord(kind string) *eve.Record {
	r := w.record(kind)
	if w.flow == nil {
		return r
	}
	r.Direction = "to_server"
	if w.told == 1 {
		r.Direction = "to_client"
		r.SrcIP, r.DestIP, r.SrcPort, r.DestPort = r.DestIP, r.SrcIP, r.DestPort, r.SrcPort
	}
	if k := w.flow.Key; k.Proto == packet.ICMP || k.Proto == packet.ICMPv6 {
		r.SrcPort, r.DestPort = 0, 0
		kind, code := w.pkt.ICMPType, w.pkt.ICMPCode
		r.ICMPType, r.ICMPCode = &kind, &code
	}
	return r
}

// own adds what only our box knows.
func (w *Worker) own(r *eve.Record, kind wire.Kind) *eve.Own {
	if w.flow == nil {
		r.Otasuke = &eve.Own{ID: eve.NewID(w.now), Kind: string(kind), Direction: string(eve.Direction(w.pkt.Src, w.pkt.Dst, w.e.cfg.Home))}
		return r.Otasuke
	}
	k, s := w.flow.Key, &w.flow.User
	o := &eve.Own{ID: eve.NewID(w.now), Kind: string(kind), Direction: string(eve.Direction(k.Client, k.Server, w.e.cfg.Home))}
	inside, dir := k.Client, 0
	if o.Direction == string(wire.Inbound) {
		inside, dir = k.Server, 1
	}
	o.Device = inside.String()
	if s.mac[dir] != [6]byte{} {
		o.MAC = net.HardwareAddr(s.mac[dir][:]).String()
	}
	r.Otasuke = o
	return o
}

// alertRecord reports a rule.
func (w *Worker) alertRecord(r *rule.Rule, tx *app.Tx) *eve.Record {
	rec := w.packetRecord(eve.TypeAlert)
	action := "allowed"
	if r.Action.Blocks() && w.e.cfg.Inline {
		action = "blocked"
	}
	rec.Alert = &eve.Alert{Action: action, GID: r.GID, SignatureID: r.SID, Rev: r.Rev, Signature: r.Msg, Category: r.ClassText, Severity: r.Priority}
	if len(r.Metadata) > 0 {
		rec.Alert.Metadata = make(map[string][]string, len(r.Metadata))
		for _, kv := range r.Metadata {
			rec.Alert.Metadata[kv.Key] = append(rec.Alert.Metadata[kv.Key], kv.Value)
		}
	}
	w.own(rec, wire.KindIPS).Class = r.Class
	if tx != nil {
		id := tx.ID
		rec.TxID, rec.Extra = &id, record(tx)
	}
	return rec
}

// record are the fields of a transaction.
func record(tx *app.Tx) []app.Field {
	if tx.Recorder == nil {
		return nil
	}
	return tx.Recorder.Record(tx)
}

// appRecord is the record of a transaction.
func (w *Worker) appRecord(tx *app.Tx, _ int, kind string) *eve.Record {
	r := w.record(kind)
	id := tx.ID
	r.TxID, r.Extra = &id, record(tx)
	return r
}

// siteRecord reports a dangerous name or address.
func (w *Worker) siteRecord(name, layer string, list filter.List) *eve.Record {
	rec := w.packetRecord(eve.TypeAlert)
	rec.Alert = &eve.Alert{Action: w.action(), GID: 1, SignatureID: sidSite, Rev: 1, Signature: "OTASUKE dangerous site (" + list.Category + ", " + layer + ")", Category: "Dangerous site", Severity: 2}
	o := w.own(rec, wire.KindSite)
	o.Layer, o.Site, o.Category, o.List = layer, name, list.Category, list.Name
	return rec
}

func (w *Worker) action() string {
	if w.e.cfg.Inline {
		return "blocked"
	}
	return "allowed"
}

// site reports a dangerous name and stops the flow.
func (w *Worker) site(name, layer string, list filter.List) {
	if w.recent.first(layer+" "+name+w.flow.Key.Client.String(), w.now) {
		w.e.cfg.Emit(w.siteRecord(name, layer, list))
	}
	w.flow.User.alerted = true
	if w.e.cfg.Inline {
		w.flow.User.dropped = true
	}
}

func (w *Worker) virusRecord(f *scan.File, r *scan.Result, what *fileOf) *eve.Record {
	rec := w.packetRecord(eve.TypeAlert)
	rec.Alert = &eve.Alert{Action: w.action(), GID: 1, SignatureID: sidVirus, Rev: 1, Signature: "OTASUKE virus " + r.Virus, Category: "Virus in a file", Severity: 1}
	w.own(rec, wire.KindVirus)
	rec.Extra = what.fields
	rec.Fileinfo = &eve.Fileinfo{Filename: what.name, State: "CLOSED", Size: f.Size(), Scan: "infected", Virus: r.Virus}
	return rec
}

// text makes bytes from the wire fit for JSON.
func text(b []byte) string { return strings.ToValidUTF8(string(b), "\ufffd") }

func protoName(p uint8) string {
	switch p {
	case packet.TCP:
		return "TCP"
	case packet.UDP:
		return "UDP"
	case packet.ICMP:
		return "ICMP"
	case packet.ICMPv6:
		return "IPv6-ICMP"
	}
	return "IP"
}

// HomeOf makes the function that tells inside addresses.
func HomeOf(nets []netip.Prefix) func(netip.Addr) bool {
	return func(a netip.Addr) bool {
		a = a.Unmap()
		for _, n := range nets {
			if n.Contains(a) {
				return true
			}
		}
		return false
	}
}
