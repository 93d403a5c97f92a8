package eve

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/eve/object"
)

// Appender is a value that writes itself as JSON; others are written by encoding/json.
type Appender interface{ AppendJSON(b []byte) []byte }

// Append appends r as one line. Its members and their order are those of the tags of
// [Record]; a test compares.
func Append(b []byte, r *Record) ([]byte, error) {
	w := &writer{b: object.Open(b)}
	w.head(r)
	w.middle(r)
	w.tail(r)
	w.b = append(w.b, r.Written...)
	for _, f := range r.Extra {
		w.extra(f)
	}
	if w.err != nil {
		return b, w.err
	}
	return append(object.Close(w.b), '\n'), nil
}

// writer writes one record; err is the first that a value has made.
type writer struct {
	b   []byte
	err error
}

// value writes a member that is seldom there.
func (w *writer) value(name string, there bool, v any) {
	if !there || w.err != nil {
		return
	}
	text, err := json.Marshal(v)
	w.err = err
	w.b = object.Next(append(object.Member(w.b, name), text...))
}

func (w *writer) extra(f app.Field) {
	if a, ok := f.Value.(Appender); ok {
		w.b = object.Next(a.AppendJSON(object.Member(w.b, f.Name)))
		return
	}
	w.value(f.Name, true, f.Value)
}

// binary writes a member in base64 unless it is empty.
func (w *writer) binary(name string, v []byte) {
	if len(v) > 0 {
		w.b = append(base64.StdEncoding.AppendEncode(append(object.Member(w.b, name), '"'), v), '"', ',')
	}
}

// head writes who and when.
func (w *writer) head(r *Record) {
	b := object.Time(w.b, "timestamp", int64(r.Timestamp))
	b = object.UintIf(b, "flow_id", r.FlowID)
	b = object.UintIf(b, "parent_id", r.ParentID)
	b = object.StringIf(b, "in_iface", r.InIface)
	b = object.UintIf(b, "pcap_cnt", r.PcapCnt)
	b = object.String(b, "event_type", r.EventType)
	w.b = b
	w.value("vlan", len(r.VLAN) > 0, r.VLAN)
	b = addrIf(w.b, "src_ip", r.SrcIP)
	b = object.UintIf(b, "src_port", r.SrcPort)
	b = addrIf(b, "dest_ip", r.DestIP)
	b = object.UintIf(b, "dest_port", r.DestPort)
	b = object.StringIf(b, "proto", r.Proto)
	b = object.UintIf(b, "ip_v", r.IPVersion)
	b = object.UintOf(b, "icmp_type", r.ICMPType)
	b = object.UintOf(b, "icmp_code", r.ICMPCode)
	b = object.UintOf(b, "response_icmp_type", r.ResponseType)
	b = object.UintOf(b, "response_icmp_code", r.ResponseCode)
	b = object.UintIf(b, "spi", r.SPI)
	w.b = object.StringIf(b, "pkt_src", r.Source)
	w.value("ether", r.Ether != nil, r.Ether)
}

// middle writes what was found.
func (w *writer) middle(r *Record) {
	if r.Metadata != nil {
		w.metadata(r.Metadata)
	}
	w.value("traffic", r.Traffic != nil, r.Traffic)
	b := object.StringIf(w.b, "community_id", r.CommunityID)
	b = object.UintOf(b, "tx_id", r.TxID)
	w.b = object.BoolIf(b, "tx_guessed", r.TxGuessed)
	if r.Alert != nil {
		w.alert(r.Alert)
	}
	w.value("frame", r.Frame != nil, r.Frame)
	w.value("tunnel", r.Tunnel != nil, r.Tunnel)
	b = object.StringIf(w.b, "app_proto", r.AppProto)
	b = object.StringIf(b, "app_proto_ts", r.AppProtoTS)
	b = object.StringIf(b, "app_proto_tc", r.AppProtoTC)
	b = object.StringIf(b, "app_proto_orig", r.Original)
	b = object.StringIf(b, "app_proto_expected", r.Expected)
	w.b = object.StringIf(b, "direction", r.Direction)
	w.value("http", r.HTTP != nil, r.HTTP)
	w.value("anomaly", r.Anomaly != nil, r.Anomaly)
	w.value("drop", r.Drop != nil, r.Drop)
	if r.Fileinfo != nil {
		w.b = object.Next(r.Fileinfo.appendJSON(object.Member(w.b, "fileinfo")))
	}
	if r.Flow != nil {
		w.flow(r.Flow)
	}
	w.value("netflow", r.Netflow != nil, r.Netflow)
	if r.TCP != nil {
		w.b = object.Next(r.TCP.appendJSON(object.Member(w.b, "tcp")))
	}
}

// alert writes what a rule has found. Its texts are escaped as encoding/json does it.
func (w *writer) alert(a *Alert) {
	b := object.Open(object.Member(w.b, "alert"))
	b = object.Escaped(b, "action", a.Action)
	b = object.Uint(b, "gid", a.GID)
	b = object.Uint(b, "signature_id", a.SignatureID)
	b = object.Uint(b, "rev", a.Rev)
	b = object.Escaped(b, "signature", a.Signature)
	b = object.Escaped(b, "category", a.Category)
	w.b = object.Int(b, "severity", a.Severity)
	w.value("source", a.Source != nil, a.Source)
	w.value("target", a.Target != nil, a.Target)
	if a.XFF != "" {
		w.b = object.Escaped(w.b, "xff", a.XFF)
	}
	if len(a.Metadata) > 0 {
		var few [16]string
		keys := slices.AppendSeq(few[:0], maps.Keys(a.Metadata))
		slices.Sort(keys)
		b = object.Open(object.Member(w.b, "metadata"))
		for _, key := range keys {
			b = appendTexts(append(object.Escape(b, key), ':'), a.Metadata[key])
		}
		w.b = object.Next(object.Close(b))
	}
	w.value("context", len(a.Context) > 0, a.Context)
	if len(a.References) > 0 {
		w.b = appendTexts(object.Member(w.b, "references"), a.References)
	}
	if a.Rule != "" {
		w.b = object.Escaped(w.b, "rule", a.Rule)
	}
	w.b = object.Next(object.Close(w.b))
}

// metadata writes what rules remember.
func (w *writer) metadata(m *Metadata) {
	w.b = object.Open(object.Member(w.b, "metadata"))
	if len(m.Flowbits) > 0 {
		w.b = appendTexts(object.Member(w.b, "flowbits"), m.Flowbits)
	}
	w.value("flowints", len(m.Flowints) > 0, m.Flowints)
	w.value("flowvars", len(m.Flowvars) > 0, m.Flowvars)
	w.value("pktvars", len(m.Pktvars) > 0, m.Pktvars)
	w.value("entropy", len(m.Entropy) > 0, m.Entropy)
	w.b = object.Next(object.Close(w.b))
}

// appendTexts writes a list.
func appendTexts(b []byte, list []string) []byte {
	if list == nil {
		return append(b, "null,"...)
	}
	b = object.OpenList(b)
	for _, s := range list {
		b = object.Next(object.Escape(b, s))
	}
	return object.Next(object.CloseList(b))
}

// tail writes the bytes that it was found in, and what was done.
func (w *writer) tail(r *Record) {
	w.value("stats", len(r.Stats) > 0, r.Stats)
	w.binary("payload", r.Payload)
	b := object.StringIf(w.b, "payload_printable", r.PayloadText)
	b = object.IntOf(b, "payload_length", r.PayloadLength)
	w.b = object.UintOf(b, "stream", r.Stream)
	w.binary("packet", r.Packet)
	w.value("packet_info", r.PacketInfo != nil, r.PacketInfo)
	w.value("verdict", r.Verdict != nil, r.Verdict)
	b = object.StringIf(w.b, "pcap_filename", r.PcapFilename)
	w.b = object.StringIf(b, "suricata_version", r.Version)
	if r.Otasuke != nil {
		w.own(r.Otasuke)
	}
}

// own writes what only our box knows.
func (w *writer) own(o *Own) {
	b := object.Open(object.Member(w.b, "otasuke"))
	b = object.StringIf(b, "id", o.ID)
	b = object.StringIf(b, "kind", o.Kind)
	b = object.StringIf(b, "direction", o.Direction)
	b = object.StringIf(b, "mac", o.MAC)
	b = object.StringIf(b, "device", o.Device)
	b = object.StringIf(b, "class", o.Class)
	b = object.StringIf(b, "layer", o.Layer)
	b = object.StringIf(b, "site", o.Site)
	b = object.StringIf(b, "category", o.Category)
	b = object.StringIf(b, "list", o.List)
	b = object.StringIf(b, "reason", o.Reason)
	b = object.StringIf(b, "application", o.Application)
	b = object.StringIf(b, "scan", o.Scan)
	w.b = object.StringIf(b, "virus", o.Virus)
	w.value("counts", len(o.Counts) > 0, o.Counts)
	w.b = object.Next(object.Close(w.b))
}

// appendJSON writes a file.
func (f *Fileinfo) appendJSON(b []byte) []byte {
	b = object.String(object.Open(b), "filename", f.Filename)
	if len(f.SIDs) > 0 {
		b = object.OpenList(object.Member(b, "sid"))
		for _, sid := range f.SIDs {
			b = object.Element(b, sid)
		}
		b = object.Next(object.CloseList(b))
	}
	b = object.StringIf(b, "magic", f.Magic)
	b = object.Bool(b, "gaps", f.Gaps)
	b = object.String(b, "state", f.State)
	b = object.StringIf(b, "md5", f.MD5)
	b = object.StringIf(b, "sha1", f.SHA1)
	b = object.StringIf(b, "sha256", f.SHA256)
	b = object.Bool(b, "stored", f.Stored)
	b = object.UintIf(b, "file_id", f.FileID)
	b = object.Int(b, "size", f.Size)
	b = object.IntOf(b, "start", f.Start)
	b = object.IntOf(b, "end", f.End)
	return object.Close(object.Uint(b, "tx_id", f.TxID))
}

// flow writes a conversation.
func (w *writer) flow(f *Flow) {
	b := object.Open(object.Member(w.b, "flow"))
	b = object.Uint(b, "pkts_toserver", f.PktsToServer)
	b = object.Uint(b, "pkts_toclient", f.PktsToClient)
	b = object.Uint(b, "bytes_toserver", f.BytesToServer)
	b = object.Uint(b, "bytes_toclient", f.BytesToClient)
	b = object.Time(b, "start", int64(f.Start))
	b = addrIf(b, "src_ip", f.SrcIP)
	b = addrIf(b, "dest_ip", f.DestIP)
	b = object.UintIf(b, "src_port", f.SrcPort)
	b = object.UintIf(b, "dest_port", f.DestPort)
	if e := f.FlowEnd; e != nil {
		b = object.Time(b, "end", int64(e.End))
		b = object.Int(b, "age", e.Age)
		b = object.String(b, "state", e.State)
		b = object.StringIf(b, "bypass", e.Bypass)
		b = object.String(b, "reason", e.Reason)
		b = object.Bool(b, "alerted", e.Alerted)
		w.b = object.StringIf(b, "action", e.Action)
		w.value("exception_policy", len(e.Policies) > 0, e.Policies)
		b = object.UintIf(w.b, "tx_cnt", e.TxCount)
	}
	w.b = object.Next(object.Close(b))
}

// appendJSON writes a connection.
func (t *TCP) appendJSON(b []byte) []byte {
	b = object.String(object.Open(b), "tcp_flags", t.Flags)
	b = object.StringIf(b, "tcp_flags_ts", t.FlagsTS)
	b = object.StringIf(b, "tcp_flags_tc", t.FlagsTC)
	b = object.BoolIf(b, "syn", t.SYN)
	b = object.BoolIf(b, "fin", t.FIN)
	b = object.BoolIf(b, "rst", t.RST)
	b = object.BoolIf(b, "psh", t.PSH)
	b = object.BoolIf(b, "ack", t.ACK)
	b = object.BoolIf(b, "urg", t.URG)
	b = object.BoolIf(b, "ecn", t.ECN)
	b = object.BoolIf(b, "cwr", t.CWR)
	b = object.StringIf(b, "state", t.State)
	b = object.BoolIf(b, "ts_gap", t.TSGap)
	b = object.BoolIf(b, "tc_gap", t.TCGap)
	b = object.IntIf(b, "ts_max_regions", t.TSMax)
	return object.Close(object.IntIf(b, "tc_max_regions", t.TCMax))
}
