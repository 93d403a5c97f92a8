package engine

import (
	"otasuke/gateway/internal/app/httpmsg"
	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/flow"
	"otasuke/gateway/internal/scan"
)

func (w *Worker) logHTTP(tx *httpmsg.Tx[httpTx]) {
	if !w.e.cfg.LogApps {
		return
	}
	r := w.record(eve.TypeHTTP)
	n := tx.User.number - 1
	r.TxID, r.HTTP = &n, transaction(tx)
	w.e.cfg.Emit(r)
}

func (w *Worker) logTLS(t *tlsConn) {
	if !w.e.cfg.LogApps {
		return
	}
	r := w.record(eve.TypeTLS)
	r.TLS = &eve.TLS{
		SNI: text(t.hello.sni), Version: versionName(t.version), Subject: t.cert.Subject, Issuer: t.cert.Issuer, Serial: t.cert.Serial,
		JA3: &eve.JA3{Hash: string(t.hello.ja3Hash), String: string(t.hello.ja3)},
	}
	w.e.cfg.Emit(r)
}

func (w *Worker) logQUIC(q *quicConn) {
	if !w.e.cfg.LogApps {
		return
	}
	r := w.record(eve.TypeQUIC)
	r.QUIC = &eve.QUIC{SNI: text(q.hello.sni)}
	w.e.cfg.Emit(r)
}

func (w *Worker) logDNS() {
	if !w.e.cfg.LogApps {
		return
	}
	m := &w.dns
	r := w.packetRecord(eve.TypeDNS)
	r.DNS = &eve.DNS{Version: 3, Type: "request", ID: m.ID}
	if m.Response {
		r.DNS.Type, r.DNS.RCode = "response", rcode(m.RCode)
	}
	for _, q := range m.Questions {
		r.DNS.Queries = append(r.DNS.Queries, eve.DNSQuery{RRName: q.Name, RRType: qtype(q.Type)})
	}
	w.e.cfg.Emit(r)
}

func rcode(c uint8) string {
	names := [...]string{"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"}
	if int(c) < len(names) {
		return names[c]
	}
	return "UNKNOWN"
}

func (w *Worker) logFile(f *scan.File, r *scan.Result, what *fileOf) {
	if !w.e.cfg.LogApps {
		return
	}
	rec := w.record(eve.TypeFileinfo)
	rec.HTTP = httpRecord(what.host, what.target)
	rec.Fileinfo = &eve.Fileinfo{Filename: what.name, State: "CLOSED", Size: f.Size(), Scan: "clean", Virus: r.Virus}
	switch {
	case r.Err != nil:
		rec.Fileinfo.Scan = "not scanned: " + r.Err.Error()
	case r.Virus != "":
		rec.Fileinfo.Scan = "infected"
	}
	w.e.cfg.Emit(rec)
}

func (w *Worker) logUnscanned(tx *httpmsg.Tx[httpTx], dir int, why error) {
	if !w.e.cfg.LogApps {
		return
	}
	m := &tx.Req
	if dir == httpmsg.ToClient {
		m = &tx.Resp
	}
	rec := w.record(eve.TypeFileinfo)
	rec.HTTP = httpRecord(string(tx.Req.AppendHost(nil)), text(tx.Req.Target))
	rec.Fileinfo = &eve.Fileinfo{Filename: nameOf(tx), State: "TRUNCATED", Size: m.Length, Scan: "not scanned: " + why.Error()}
	w.e.cfg.Emit(rec)
}

func (w *Worker) logFlow(f *flowOf) {
	if !w.e.cfg.LogFlows {
		return
	}
	saved := w.flow
	w.flow = f
	r := w.record(eve.TypeFlow)
	w.flow = saved
	r.Timestamp = eve.Time(f.Last)
	states := [...]string{flow.New: "new", flow.Established: "established", flow.Closing: "closed"}
	r.Flow = &eve.Flow{
		PktsToServer: f.Packets[0], PktsToClient: f.Packets[1], BytesToServer: f.Bytes[0], BytesToClient: f.Bytes[1],
		Start: eve.Time(f.Started), End: eve.Time(f.Last), Age: (f.Last - f.Started) / 1_000_000,
		State: states[f.State], Reason: "timeout", Alerted: f.User.alerted,
	}
	if f.User.bypass {
		r.Flow.State = "bypassed"
	}
	w.e.cfg.Emit(r)
}
