package engine

import (
	"net"
	"net/netip"
	"strings"

	"otasuke/gateway/internal/app/httpmsg"
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
	k, s := w.flow.Key, &w.flow.User
	r := &eve.Record{Timestamp: eve.Time(w.now), FlowID: s.id, EventType: kind, Proto: protoName(k.Proto), AppProto: appName(s.app)}
	if !w.e.cfg.Inline {
		r.PcapCnt = w.number
	}
	r.SrcIP, r.SrcPort, r.DestIP, r.DestPort = k.Client.String(), k.ClientPort, k.Server.String(), k.ServerPort
	return r
}

// packetRecord turns it the way the packet at hand goes.
func (w *Worker) packetRecord(kind string) *eve.Record {
	r := w.record(kind)
	r.Direction = "to_server"
	if w.dir == 1 {
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
func (w *Worker) alertRecord(r *rule.Rule, tx *httpmsg.Tx[httpTx]) *eve.Record {
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
		rec.HTTP = transaction(tx)
	}
	if t := w.flow.User.tls; t != nil && len(t.hello.sni) > 0 {
		rec.TLS = &eve.TLS{SNI: string(t.hello.sni)}
	}
	return rec
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

func httpRecord(host, target string) *eve.HTTP { return &eve.HTTP{Hostname: host, URL: target} }

func (w *Worker) virusRecord(f *scan.File, r *scan.Result, what *fileOf) *eve.Record {
	rec := w.packetRecord(eve.TypeAlert)
	rec.Alert = &eve.Alert{Action: w.action(), GID: 1, SignatureID: sidVirus, Rev: 1, Signature: "OTASUKE virus " + r.Virus, Category: "Virus in a file", Severity: 1}
	w.own(rec, wire.KindVirus)
	rec.HTTP = httpRecord(what.host, what.target)
	rec.Fileinfo = &eve.Fileinfo{Filename: what.name, State: "CLOSED", Size: f.Size(), Scan: "infected", Virus: r.Virus}
	return rec
}

func transaction(tx *httpmsg.Tx[httpTx]) *eve.HTTP {
	q, p := &tx.Req, &tx.Resp
	return &eve.HTTP{
		Hostname: string(q.AppendHost(nil)), URL: text(q.Target), UserAgent: text(q.Header("user-agent")), Referer: text(q.Header("referer")),
		Method: text(q.Method), Protocol: text(q.Protocol), Status: p.Status, ContentType: text(p.Header("content-type")),
		Redirect: text(p.Header("location")), Length: p.BodySize,
	}
}

// text makes bytes from the wire fit for JSON.
func text(b []byte) string { return strings.ToValidUTF8(string(b), "\ufffd") }

// nameOf a file: the last part of the path.
func nameOf(tx *httpmsg.Tx[httpTx]) string {
	path, _, _ := strings.Cut(text(tx.Req.Target), "?")
	return path[strings.LastIndexByte(path, '/')+1:]
}

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
