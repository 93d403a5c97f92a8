package engine

import (
	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/capture"
	"otasuke/gateway/internal/evelog"
	"otasuke/gateway/internal/redact"
	"otasuke/gateway/internal/reply"
	"otasuke/gateway/internal/scan"
	"otasuke/gateway/internal/watch"
	"otasuke/rule"
)

// Part notes where a part of a mail begins.
func (k *sink) Part(p *app.Part) {
	w := (*Worker)(k)
	if w.e.cfg.Scanner == nil || !w.e.cfg.Inline || w.e.cfg.KeepMail || w.late || p.Dir != w.dir || !redact.Can(w.pkt, len(w.pkts) == 1) {
		return
	}
	r := w.flow.User.own()
	if r.edit == nil {
		r.edit = new(redact.Editor)
	}
	r.edit.Part(&w.e.mails, p, w.now)
}

// ordered tells that nothing of the flow at hand passes behind missing bytes, because they may
// bring the beginning of what is to be replaced. The sender repeats it.
func (w *Worker) ordered() bool {
	return w.e.cfg.Inline && !w.e.mails.Empty() && watch.ModeOf(w.flow.User.app) == watch.Report
}

// edited are the packets that go in the place of the one at hand, nil for none.
func (w *Worker) edited() [][]byte {
	b := w.flow.User.rare().edit.Apply(w.dir, w.pkt.Seq, w.pkt.Payload)
	if b == nil {
		return nil
	}
	if !redact.Can(w.pkt, len(w.pkts) == 1) { // those before it could be replaced
		w.breakOff()
		return nil
	}
	return redact.Segments(w.pkt, b)
}

// instead is the verdict about a packet that may pass.
func (w *Worker) instead() capture.Verdict {
	list := w.edited()
	if w.flow.User.dropped {
		return w.drop()
	}
	return w.sendFor(w.dir, list)
}

// sendFor sends packets, if there are any, in the place of one of direction dir.
func (w *Worker) sendFor(dir int, list [][]byte) capture.Verdict {
	if len(list) == 0 {
		return accept
	}
	for _, ip := range list {
		w.send(1-dir, ip)
	}
	w.d.Instead = true
	return capture.Verdict{Action: capture.Drop}
}

// breakOff ends a mail before it is complete, so that it is sent or fetched again. A server
// that a mail is sent to seems to ask for that.
func (w *Worker) breakOff() {
	s := &w.flow.User
	s.dropped = true
	if s.app != rule.ProtoSMTP || s.blocked {
		w.reset()
		return
	}
	s.blocked = true
	reply.Page(w.out, w.flow.Key, s.sent[1], s.half[0].Next(), []byte(redact.Again()), func(ip []byte) { w.send(0, ip) })
	w.resetSide(1)
}

// mailScanned acts on the answer about a part of a mail. It reports whether the part does not
// arrive.
func (w *Worker) mailScanned(f *watch.File, r *scan.Result) bool {
	again, gone := w.e.mails.Judge(f.Part, redact.Gone{File: evelog.Text(f.App.Name), Virus: r.Virus, Size: f.App.Encoded}, r.Err == nil, w.now)
	if again {
		w.breakOff()
	}
	return gone
}
