package engine

import (
	"strconv"

	"otasuke/gateway/internal/app/httpmsg"
	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/match"
	"otasuke/gateway/internal/packet"
	"otasuke/rule"
)

// input prepares the match for the packet at hand in direction dir, which is not
// always that of the packet: bytes of the other side may become readable with it.
func (w *Worker) input(dir int) *match.Input {
	in, f := &w.in, w.flow
	in.Reset()
	k := f.Key
	in.Src, in.Dst, in.SrcPort, in.DstPort = k.Client, k.Server, k.ClientPort, k.ServerPort
	if dir == 1 {
		in.Src, in.Dst, in.SrcPort, in.DstPort = k.Server, k.Client, k.ServerPort, k.ClientPort
	}
	in.IPProto, in.App = k.Proto, f.User.app
	if f.User.decided && in.App == rule.ProtoUnknown {
		in.App = rule.ProtoFailed
	}
	in.ToServer, in.Established = dir == 0, f.State != 0
	in.FlowStart = f.Packets[dir] == 1
	in.Sent = [2]uint64{f.User.half[0].Total, f.User.half[1].Total}
	in.Flow, in.Hosts, in.Now = &f.User.match, w.e.hosts, w.now
	return in
}

// withPacket adds the packet's own fields.
func (w *Worker) withPacket(in *match.Input) {
	p := &w.pkt
	w.fields = match.Packet{
		TTL: p.TTL, TOS: p.TOS, IPID: uint16(p.ID), TCPFlags: p.Flags, TCPSeq: p.Seq, TCPAck: p.Ack,
		TCPWindow: p.Window, ICMPType: p.ICMPType, ICMPCode: p.ICMPCode, ICMPID: p.ICMPID, ICMPSeq: p.ICMPSeq,
	}
	if p.Version == 4 {
		w.fields.FragBits = p.Data[6] >> 5 & 2
	}
	in.Packet, in.Payload = &w.fields, p.Payload
}

// inspectPacket matches rules for single packets.
func (w *Worker) inspectPacket() {
	if w.flow.User.passed {
		return
	}
	in := w.input(w.dir)
	w.withPacket(in)
	w.hits(w.e.cfg.Rules.Inspect(w.scratch, in), nil)
}

// inspectStream matches rules for stream bytes, and with the first bytes of a
// packet those for the packet itself.
func (w *Worker) inspectStream(dir int, window []byte, at int) {
	in := w.input(dir)
	if dir == w.dir && !w.seen {
		w.seen = true
		w.withPacket(in)
	}
	in.Bufs[rule.BufStream] = window
	in.StreamNew = at
	in.StreamOffset = w.flow.User.half[dir].Total - uint64(len(window))
	in.Fresh.Add(rule.BufStream)
	w.hits(w.e.cfg.Rules.Inspect(w.scratch, in), nil)
}

// set puts a buffer that stands in the arena since index from.
func (w *Worker) set(in *match.Input, b rule.Buffer, from int) {
	in.Bufs[b] = w.arena[from:len(w.arena):len(w.arena)]
	in.Fresh.Add(b)
}

func put(in *match.Input, b rule.Buffer, v []byte) {
	if v != nil {
		in.Bufs[b] = v
		in.Fresh.Add(b)
	}
}

// inspectHTTP matches rules for one direction of a transaction.
func (w *Worker) inspectHTTP(tx *httpmsg.Tx[httpTx], dir int) {
	in := w.input(dir)
	in.Tx = &tx.User.match[dir]
	w.arena = w.arena[:0]
	m := &tx.Req
	if dir == httpmsg.ToClient {
		m = &tx.Resp
		w.responseBuffers(in, m)
	} else {
		w.requestBuffers(in, m)
	}
	w.headBuffers(in, m)
	w.hits(w.e.cfg.Rules.Inspect(w.scratch, in), tx)
}

func (w *Worker) requestBuffers(in *match.Input, m *httpmsg.Message) {
	put(in, rule.HTTPMethod, m.Method)
	put(in, rule.HTTPURIRaw, m.Target)
	put(in, rule.HTTPRequestLine, m.Line)
	from := len(w.arena)
	w.arena = m.AppendURI(w.arena)
	w.set(in, rule.HTTPURI, from)
	from = len(w.arena)
	w.arena = m.AppendHost(w.arena)
	w.set(in, rule.HTTPHost, from)
	put(in, rule.HTTPHostRaw, m.Header("host"))
	put(in, rule.HTTPUserAgent, m.Header("user-agent"))
	put(in, rule.HTTPReferer, m.Header("referer"))
	put(in, rule.HTTPCookie, m.Header("cookie"))
	put(in, rule.HTTPAccept, m.Header("accept"))
	put(in, rule.HTTPAcceptEnc, m.Header("accept-encoding"))
	put(in, rule.HTTPAcceptLang, m.Header("accept-language"))
	if len(m.Body) > 0 {
		put(in, rule.HTTPRequestBody, m.Body)
		put(in, rule.FileData, m.Body)
		w.growing(in, m, rule.HTTPRequestBody, rule.FileData)
	}
}

func (w *Worker) responseBuffers(in *match.Input, m *httpmsg.Message) {
	from := len(w.arena)
	w.arena = strconv.AppendInt(w.arena, int64(m.Status), 10)
	w.set(in, rule.HTTPStatCode, from)
	put(in, rule.HTTPStatMsg, m.Reason)
	put(in, rule.HTTPResponseLine, m.Line)
	put(in, rule.HTTPServer, m.Header("server"))
	put(in, rule.HTTPLocation, m.Header("location"))
	put(in, rule.HTTPCookie, m.Header("set-cookie"))
	if len(m.Body) == 0 {
		return
	}
	plain := m.Body
	if m.Header("content-encoding") != nil {
		from = len(w.arena)
		w.arena = m.AppendPlain(w.arena)
		plain = w.arena[from:len(w.arena):len(w.arena)]
	}
	put(in, rule.HTTPResponseBody, plain)
	put(in, rule.FileData, plain)
	w.growing(in, m, rule.HTTPResponseBody, rule.FileData)
}

// growing marks buffers whose end is not there yet.
func (w *Worker) growing(in *match.Input, m *httpmsg.Message, bufs ...rule.Buffer) {
	if m.Complete {
		return
	}
	for _, b := range bufs {
		in.Partial.Add(b)
	}
}

// headBuffers are those that requests and responses share.
func (w *Worker) headBuffers(in *match.Input, m *httpmsg.Message) {
	from := len(w.arena)
	w.arena = m.AppendHeader(w.arena)
	w.set(in, rule.HTTPHeader, from)
	put(in, rule.HTTPHeaderRaw, m.Raw)
	from = len(w.arena)
	w.arena = m.AppendNames(w.arena)
	w.set(in, rule.HTTPHeaderNames, from)
	from = len(w.arena)
	w.arena = m.AppendStart(w.arena)
	w.set(in, rule.HTTPStart, from)
	put(in, rule.HTTPProtocol, m.Protocol)
	put(in, rule.HTTPConnection, m.Header("connection"))
	put(in, rule.HTTPContentType, m.Header("content-type"))
	put(in, rule.HTTPContentLen, m.Header("content-length"))
}

// inspectHello matches rules for a ClientHello, in TLS or QUIC.
func (w *Worker) inspectHello(tx *match.TxState, h *helloText, sni rule.Buffer) {
	in := w.input(0)
	in.Tx = tx
	if len(h.sni) > 0 {
		put(in, sni, h.sni)
		put(in, rule.TLSSNI, h.sni)
	}
	if len(h.alpn) > 0 {
		put(in, rule.TLSALPN, h.alpn)
	}
	put(in, rule.JA3String, h.ja3)
	put(in, rule.JA3Hash, h.ja3Hash)
	w.hits(w.e.cfg.Rules.Inspect(w.scratch, in), nil)
}

// inspectCert matches rules for a server's certificate.
func (w *Worker) inspectCert(t *tlsConn) {
	in := w.input(1)
	in.Tx = &t.match
	put(in, rule.TLSCertSubject, []byte(t.cert.Subject))
	put(in, rule.TLSCertIssuer, []byte(t.cert.Issuer))
	put(in, rule.TLSCertSerial, []byte(t.cert.Serial))
	for i, der := range t.cert.DER {
		if i == 0 {
			put(in, rule.TLSCerts, der)
			continue
		}
		in.Multi = append(in.Multi, match.Value{Buffer: rule.TLSCerts, Data: der})
	}
	w.hits(w.e.cfg.Rules.Inspect(w.scratch, in), nil)
}

// inspectDNS matches rules for the message in w.dns.
func (w *Worker) inspectDNS() {
	in := w.input(w.dir)
	w.tx.Reset()
	in.Tx = &w.tx
	for i, q := range w.dns.Questions {
		if i == 0 {
			put(in, rule.DNSQuery, q.Raw)
			continue
		}
		in.Multi = append(in.Multi, match.Value{Buffer: rule.DNSQuery, Data: q.Raw})
	}
	if len(w.dns.Questions) > 0 {
		w.hits(w.e.cfg.Rules.Inspect(w.scratch, in), nil)
	}
}

// hits acts on the rules that matched.
func (w *Worker) hits(list []match.Hit, tx *httpmsg.Tx[httpTx]) {
	s := &w.flow.User
	for _, h := range list {
		if h.Rule.Action == rule.Pass {
			s.passed = true
			return
		}
		stops := h.Rule.Action.Blocks() && !s.dropped
		if !h.Silent {
			w.e.cfg.Emit(w.alertRecord(h.Rule, tx))
			s.alerted = true
		}
		if stops && w.e.cfg.Inline {
			s.dropped = true
			w.reset()
		}
	}
}

// block stops the flow because of a site or a file and reports it.
func (w *Worker) block(rec *eve.Record) {
	w.e.cfg.Emit(rec)
	w.flow.User.alerted = true
	if w.e.cfg.Inline {
		w.flow.User.dropped = true
	}
}

// isTCP tells whether the flow can be reset.
func (w *Worker) isTCP() bool { return w.flow.Key.Proto == packet.TCP }
