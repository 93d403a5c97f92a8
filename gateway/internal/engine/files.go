package engine

import (
	"slices"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/evelog"
	"otasuke/gateway/internal/file"
	"otasuke/gateway/internal/match"
	"otasuke/gateway/internal/watch"
	"otasuke/rule"
)

// digestBuffers are the buffers of a file's digests.
var digestBuffers = [file.NumDigests]rule.Buffer{file.MD5: rule.FileMD5, file.SHA1: rule.FileSHA1, file.SHA256: rule.FileSHA256}

// OpenFile begins a file.
func (k *sink) OpenFile(tx *app.Tx, dir int, name []byte) *app.File {
	w := (*Worker)(k)
	f := &app.File{Tx: tx, Dir: dir, Name: slices.Clone(name), Start: -1}
	st := &watch.File{State: file.New(&w.pool, w.used.Has(rule.FileData) || w.used.Has(rule.FileMagic), w.digests), App: f, Value: -1}
	t := w.of(tx)
	t.files = append(t.files, st.State)
	f.State = st
	if w.used.Has(rule.FileName) && len(f.Name) > 0 {
		tx.Sides[dir].Put(rule.FileName, f.Name)
	}
	w.scanOpen(st)
	return f
}

// scanOpen lets the scanner see the file.
func (w *Worker) scanOpen(st *watch.File) {
	s := &w.flow.User
	if w.e.cfg.Scanner == nil || s.passed {
		return
	}
	if st.Open(w.e.cfg.Scanner, s.app, s.rare().edit.Of(st.App.Tx)); st.Scan == nil {
		return
	}
	s.own().scans.Add(st.Scan)
}

// WriteFile takes the next bytes.
func (k *sink) WriteFile(f *app.File, b []byte) {
	w := (*Worker)(k)
	st, ok := f.State.(*watch.File)
	if !ok || st.Closed || len(b) == 0 {
		return
	}
	f.Size += uint64(len(b))
	if r := st.Rest(w.e.cfg.Scanner, w.now); r != nil {
		w.scanned(st, r)
		return
	}
	if st.Take(b) {
		w.wait(st, watch.Room)
	}
	w.flow.User.rare().held.Grown(st)
	w.searchFile(f.Dir, st, b)
	switch {
	case st.Write(b):
		w.judgeFile(f, st, true)
	case w.e.cfg.Inline && !st.Grown:
		st.Grown = true
		w.grown = append(w.grown, f)
	}
}

// searchFile searches the next bytes of a file together with the stream.
func (w *Worker) searchFile(dir int, st *watch.File, b []byte) {
	in := match.Stream{Flow: &w.flow.User.match, Client: w.flow.Key.Client, Server: w.flow.Key.Server, ToServer: dir == app.ToServer, App: w.flow.User.app, New: w.fresh}
	if dir == w.windowOf {
		in.Window, in.Offset = w.window, w.flow.User.half[dir].Total-uint64(len(w.window))
	}
	if w.used.Has(rule.FileData) {
		st.Ahead(w.rules, w.scratch, &in, b)
	}
}

// growing judges, inline, what the bytes at hand have brought of files: what the receiver
// has, it may use.
func (w *Worker) growing() {
	for _, f := range w.grown {
		st, _ := f.State.(*watch.File)
		st.Grown = false
		if !st.Closed && st.Due() && !w.flow.User.dropped {
			w.judgeFile(f, st, true)
		}
	}
	w.grown = w.grown[:0]
}

// judgeFile matches rules for what is there of a file.
func (w *Worker) judgeFile(f *app.File, st *watch.File, partial bool) {
	side := &f.Tx.Sides[f.Dir]
	st.Judged()
	partial = partial && len(st.Data) < file.MaxData // no more of it is looked at
	v := app.Value{Buffer: rule.FileData, Data: st.Data, Partial: partial, Fresh: true}
	if v.Data == nil {
		v.Data = []byte{}
	}
	if st.Value < 0 || st.Value >= len(side.Values) || side.Values[st.Value].Buffer != rule.FileData {
		st.Value = len(side.Values)
		side.Values = append(side.Values, v)
	} else {
		v.Searched = side.Values[st.Value].Searched
		side.Values[st.Value] = v
	}
	if w.used.Has(rule.FileMagic) && !st.Magic {
		st.Magic = true
		side.Put(rule.FileMagic, []byte(file.Type(st.Data)))
	}
	w.judging = &st.Search
	w.sink().Step(f.Tx, f.Dir)
	w.judging = nil
}

// GapFile notes missing bytes.
func (k *sink) GapFile(f *app.File, n int) {
	w := (*Worker)(k)
	st, ok := f.State.(*watch.File)
	if !ok || st.Closed {
		return
	}
	f.Gaps = true
	if st.Gap(n); st.Scan != nil {
		st.Scan.Gap()
	}
	w.e.Stats.Uninspected.Add(1)
}

// CloseFile ends a file.
func (k *sink) CloseFile(f *app.File, cut bool) {
	w := (*Worker)(k)
	st, ok := f.State.(*watch.File)
	if !ok || st.Closed {
		return
	}
	st.Close(cut)
	side := &f.Tx.Sides[f.Dir]
	if w.used.Has(rule.FileSize) && !cut {
		side.Number(rule.FileSize, f.Size)
	}
	for d, b := range digestBuffers {
		if st.Sums[d] != "" && st.Whole() {
			side.Put(b, []byte(st.Sums[d]))
		}
	}
	w.judgeFile(f, st, false)
	w.closeScan(f, st)
}

// MayEnd holds bytes back that may be the last of a file.
func (k *sink) MayEnd(f *app.File, announced bool) {
	w := (*Worker)(k)
	st, ok := f.State.(*watch.File)
	if !ok || !w.e.cfg.Inline || w.flow.User.dropped {
		return
	}
	if why, waits := st.Ends(announced); waits {
		w.wait(st, why)
	}
}

// about notes what records say about a file that was scanned.
func (w *Worker) about(st *watch.File) {
	st.Begun, st.Fields = w.flow.User.begun, evelog.Fields(st.App.Tx)
}

// closeScan asks for the scanner's answer.
func (w *Worker) closeScan(f *app.File, st *watch.File) {
	s := &w.flow.User
	if st.Scan == nil {
		if w.e.cfg.LogApps {
			w.emitTx(w.fileRecord(f, st), f.Dir, true)
		}
		return
	}
	if s.dropped {
		return
	}
	st.Scan.Close()
	w.about(st)
	if st.Waits() {
		w.wait(st, watch.Answer)
		return
	}
	s.scans.Free(st.Scan)
	var info *eve.Record
	if w.e.cfg.LogApps {
		info = w.fileRecord(f, st)
	}
	w.reports.Add(watch.Waiting{File: st, Alert: w.virusRecord(st, false), Info: info}, w.now)
}
