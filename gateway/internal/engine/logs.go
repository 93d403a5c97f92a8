package engine

import (
	"strings"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/flow"
	"otasuke/gateway/internal/scan"
	"otasuke/rule"
)

// anomalies writes the fresh events of a transaction.
func (w *Worker) anomalies(tx *app.Tx, side *app.Side, dir int) {
	if !w.e.cfg.LogAnomalies {
		return
	}
	for i := range side.Values {
		if v := &side.Values[i]; v.Fresh && v.Buffer == rule.AppEvent {
			w.anomaly(tx, string(v.Data), dir)
		}
	}
}

// anomaly writes an event of an application protocol.
func (w *Worker) anomaly(tx *app.Tx, name string, dir int) {
	if !w.e.cfg.LogAnomalies {
		return
	}
	layer := "proto_parser"
	if tx == nil && strings.HasPrefix(name, "applayer_") {
		layer = "proto_detect"
	}
	if _, bare, ok := strings.Cut(name, "."); ok {
		name = bare
	}
	r := w.record(eve.TypeAnomaly)
	r.Anomaly = &eve.Anomaly{Type: "applayer", Event: name, Layer: layer, AppProto: appName(w.flow.User.app)}
	if tx != nil {
		id := tx.ID
		r.TxID = &id
	}
	w.e.cfg.Emit(r)
}

// logFile writes the record of a file that was not scanned.
func (w *Worker) logFile(f *app.File, st *fileState) {
	if !w.e.cfg.LogApps {
		return
	}
	rec := w.fileRecord(f, st)
	w.e.cfg.Emit(rec)
}

// logScanned writes the record of a file with the scanner's answer.
func (w *Worker) logScanned(r *scan.Result, what *fileOf) {
	if !w.e.cfg.LogApps {
		return
	}
	rec := w.fileRecord(what.file, what.state)
	rec.Fileinfo.Scan, rec.Fileinfo.Virus = "clean", r.Virus
	switch {
	case r.Err != nil:
		rec.Fileinfo.Scan = "not scanned: " + r.Err.Error()
	case r.Virus != "":
		rec.Fileinfo.Scan = "infected"
	}
	w.e.cfg.Emit(rec)
}

// fileRecord describes a file. It goes the way of the file's bytes.
func (w *Worker) fileRecord(f *app.File, st *fileState) *eve.Record {
	rec := w.record(eve.TypeFileinfo)
	if f.Dir == app.ToClient {
		rec.SrcIP, rec.DestIP, rec.SrcPort, rec.DestPort = rec.DestIP, rec.SrcIP, rec.DestPort, rec.SrcPort
	}
	rec.Extra = record(f.Tx)
	state := "CLOSED"
	if st.cut {
		state = "TRUNCATED"
	}
	fi := &eve.Fileinfo{Filename: text(f.Name), Gaps: f.Gaps, State: state, Size: int64(f.Size), TxID: f.Tx.ID, FileID: st.id + 1,
		MD5: st.hex[0], SHA1: st.hex[1], SHA256: st.hex[2]}
	if f.Start >= 0 {
		fi.Start, fi.End = &f.Start, &f.End
	}
	if w.e.cfg.FileMagic {
		fi.Magic = fileType(st.data)
	}
	rec.Fileinfo = fi
	return rec
}

func (w *Worker) logFlow(f *flowOf) {
	if !w.e.cfg.LogFlows {
		return
	}
	saved := w.flow
	w.flow = f
	r := w.record(eve.TypeFlow)
	w.flow = saved
	r.PcapCnt = 0
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

// appName is a flow's application as EVE names it.
func appName(p rule.Proto) string {
	if p == rule.ProtoUnknown {
		return ""
	}
	return p.String()
}
