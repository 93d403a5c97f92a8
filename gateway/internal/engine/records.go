package engine

import (
	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/evelog"
	"otasuke/gateway/internal/match"
	"otasuke/gateway/internal/watch"
	"otasuke/rule"
	"otasuke/wire"
)

// view is what a record of the packet at hand is about, until the next call.
func (w *Worker) view() *evelog.View {
	v := &w.viewed
	*v = evelog.View{Now: w.now, Number: w.number, Packets: w.pkts, At: w.at, Dir: w.told, Late: w.late, Blank: v.Blank}
	if w.cap != nil {
		v.Link = w.cap.Link
	}
	if w.flow != nil {
		s := &w.flow.User
		v.Flow, v.ID, v.Parent, v.Facts = &w.flow.Key, s.id, s.parent, &s.facts
	}
	return v
}

// record starts a record of the flow at hand.
func (w *Worker) record(kind string) *eve.Record {
	r := w.e.cfg.EVE.Record(w.view(), kind, false)
	w.protocols(r)
	return r
}

// protocols writes what the flow at hand speaks.
func (w *Worker) protocols(r *eve.Record) {
	if w.flow != nil {
		s := &w.flow.User
		(&evelog.Spoken{App: s.app, Original: s.original, Expected: s.expects, By: [2]rule.Proto{s.track.By[0], s.track.By[1]}}).Write(r)
	}
}

// packetRecord turns it the way the packet at hand goes.
func (w *Worker) packetRecord(kind string) *eve.Record {
	r := w.e.cfg.EVE.Record(w.view(), kind, true)
	w.protocols(r)
	if w.flow != nil {
		r.Direction = [2]string{"to_server", "to_client"}[w.told]
	}
	return r
}

// own adds what only our box knows.
func (w *Worker) own(r *eve.Record, kind wire.Kind) *eve.Own {
	if w.flow == nil {
		r.Otasuke = &eve.Own{ID: eve.NewID(w.now), Kind: string(kind), Direction: string(eve.Direction(w.pkt.Src, w.pkt.Dst, w.e.cfg.Home))}
		return r.Otasuke
	}
	r.Otasuke = evelog.Own(w.flow.Key, w.flow.User.macs(), w.e.cfg.Home)
	r.Otasuke.ID, r.Otasuke.Kind = eve.NewID(w.now), string(kind)
	w.e.cfg.Applications.Name(&w.flow.User.use.Flow, r.Otasuke)
	return r.Otasuke
}

// alertRecord reports a rule that matched.
func (w *Worker) alertRecord(h *match.Hit, tx *app.Tx) *eve.Record {
	c, r := &w.e.cfg.EVE, h.Rule
	rec := w.packetRecord(eve.TypeAlert)
	rec.Alert = c.AlertOf(r, h.Action.Blocks() && w.e.cfg.Inline)
	if r.Target != "" {
		evelog.Ends(rec.Alert, r.Target, eve.End{IP: rec.SrcIP.String(), Port: rec.SrcPort}, eve.End{IP: rec.DestIP.String(), Port: rec.DestPort})
	}
	rec.Frame = evelog.FrameOf(&w.single[0], tx, w.told)
	if len(h.Notes) > 0 {
		rec.Alert.Context = evelog.Context(h.Notes)
	}
	c.Tunnel(rec, w.view())
	w.own(rec, wire.KindIPS).Class = r.Class
	if c.Alert.Verdict {
		rec.Verdict = evelog.VerdictOf(w.d.By != nil && w.e.cfg.Inline, w.d.WillPass, w.d.Rejects, w.pkt)
	}
	if tx == nil && w.flow != nil && !w.isTCP() && r.Proto.App() {
		tx = w.latest // a datagram and its transaction are one
	}
	if tx != nil {
		rec.SetTx(tx.ID)
		if !c.Alert.NoApp {
			evelog.Tell(rec, tx)
		}
	}
	w.alertContext(rec, tx != nil)
	if tx != nil && c.Alert.XFF.On {
		if client, ok := c.Alert.XFF.Client(tx.Sides[app.ToServer].Get(rule.HTTPHeaderRaw)); ok {
			c.Alert.XFF.Name(rec, w.told, client)
		}
	}
	return rec
}

// alertContext adds the flow and the bytes that an alert was found in.
func (w *Worker) alertContext(rec *eve.Record, inTx bool) {
	c := &w.e.cfg.EVE
	var stream []byte
	if w.flow != nil {
		if !c.NoMetadata {
			w.remember(rec)
			rec.Metadata = evelog.PacketVars(rec.Metadata, w.scratch.PacketVars())
		}
		if !c.Alert.NoFlow {
			w.flowNow(rec)
		}
		if w.isTCP() && (inTx || w.inStream) {
			stream = w.flow.User.half[w.told].Kept()
		}
	}
	if w.pkt != nil {
		c.Bytes(rec, w.view(), stream)
	}
}

// flowNow adds the flow as it stands.
func (w *Worker) flowNow(rec *eve.Record) { w.ending().Write(rec, &w.flow.Key) }

// logTagged writes the packet at hand where a rule has asked for what follows it.
func (w *Worker) logTagged() {
	var session *evelog.Tags
	if w.flow != nil {
		session = &w.flow.User.rare().tags
	}
	if w.tags.Tells(w.pkt, session, w.now) && w.e.cfg.EVE.Alert.Tagged {
		w.told = w.dir
		r := w.packetRecord(eve.TypePacket)
		w.e.cfg.EVE.Packet(r, w.view())
		w.batch.Add(r)
	}
}

// logVars writes the record of a packet from which rules have kept text.
func (w *Worker) logVars() {
	vars := w.scratch.PacketVars()
	if len(vars) == 0 || !w.e.cfg.EVE.Metadata {
		return
	}
	r := w.packetRecord(eve.TypeMetadata)
	w.remember(r)
	r.Metadata = evelog.PacketVars(r.Metadata, vars)
	w.batch.Add(r)
}

// appRecord is the record of a transaction.
func (w *Worker) appRecord(tx *app.Tx, dir int, kind string) *eve.Record {
	r := w.record(kind)
	if dir == app.ToClient && evelog.Turned(kind) {
		r.SrcIP, r.DestIP, r.SrcPort, r.DestPort = r.DestIP, r.SrcIP, r.DestPort, r.SrcPort
	}
	r.SetTx(tx.ID)
	evelog.Tell(r, tx)
	w.remember(r)
	return r
}

// virusRecord is an alert about a file, without what was found.
func (w *Worker) virusRecord(f *watch.File, stopped bool) *eve.Record {
	rec := w.packetRecord(eve.TypeAlert)
	rec.Alert = &eve.Alert{Action: evelog.Action(stopped && w.e.cfg.Inline), GID: 1, Rev: 1}
	w.own(rec, wire.KindVirus)
	rec.Extra = f.Fields
	rec.Fileinfo = &eve.Fileinfo{Filename: evelog.Text(f.App.Name), State: "CLOSED", Size: int64(f.App.Size)}
	return rec
}
