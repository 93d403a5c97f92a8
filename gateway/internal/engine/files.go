package engine

import (
	// names of files in rules, not protection

	"io"
	"slices"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/evelog"
	"otasuke/gateway/internal/file"
	"otasuke/gateway/internal/scan"
	"otasuke/rule"
)

// fileState is what the engine keeps of a file, in app.File.State.
type fileState struct {
	*file.State
	value int // index in the side's values
	magic bool
	grown bool // it is among those that grew with the bytes at hand
	scan  *scan.File
	id    uint32
}

// digestBuffers are the buffers of a file's digests.
var digestBuffers = [file.NumDigests]rule.Buffer{file.MD5: rule.FileMD5, file.SHA1: rule.FileSHA1, file.SHA256: rule.FileSHA256}

// OpenFile begins a file.
func (k *sink) OpenFile(tx *app.Tx, dir int, name []byte) *app.File {
	w := (*Worker)(k)
	f := &app.File{Tx: tx, Dir: dir, Name: slices.Clone(name), Start: -1}
	st := &fileState{State: file.New(&w.pool, w.used.Has(rule.FileData) || w.used.Has(rule.FileMagic), w.digests), value: -1, id: w.flow.User.files}
	t := w.of(tx)
	t.files = append(t.files, st.State)
	w.flow.User.files++
	f.State = st
	if w.used.Has(rule.FileName) && len(f.Name) > 0 {
		tx.Sides[dir].Put(rule.FileName, f.Name)
	}
	w.scanOpen(f, st)
	return f
}

// scanOpen lets the scanner see the file. Only HTTP is held for it.
func (w *Worker) scanOpen(f *app.File, st *fileState) {
	s := &w.flow.User
	if w.e.cfg.Scanner == nil || s.passed || s.app != rule.ProtoHTTP {
		return
	}
	st.scan = w.e.cfg.Scanner.Open()
	r := s.own()
	r.scans = append(slices.DeleteFunc(r.scans, func(f *scan.File) bool { return f.Result() != nil }), st.scan)
}

// WriteFile takes the next bytes.
func (k *sink) WriteFile(f *app.File, b []byte) {
	w := (*Worker)(k)
	st, ok := f.State.(*fileState)
	if !ok || st.Closed || len(b) == 0 {
		return
	}
	f.Size += uint64(len(b))
	if st.scan != nil && st.scan.Write(b) {
		w.wait(st.scan, nil)
	}
	switch {
	case st.Write(b):
		w.judgeFile(f, st, true)
	case w.e.cfg.Inline && !st.grown:
		st.grown = true
		w.grown = append(w.grown, f)
	}
}

// growing judges, inline, what the bytes at hand have brought of files: what the receiver
// has, it may use.
func (w *Worker) growing() {
	for _, f := range w.grown {
		st, _ := f.State.(*fileState)
		st.grown = false
		if !st.Closed && st.Due() && !w.flow.User.dropped {
			w.judgeFile(f, st, true)
		}
	}
	w.grown = w.grown[:0]
}

// judgeFile matches rules for what is there of a file.
func (w *Worker) judgeFile(f *app.File, st *fileState, partial bool) {
	side := &f.Tx.Sides[f.Dir]
	st.Judged()
	partial = partial && len(st.Data) < file.MaxData // no more of it is looked at
	v := app.Value{Buffer: rule.FileData, Data: st.Data, Partial: partial, Fresh: true}
	if v.Data == nil {
		v.Data = []byte{}
	}
	if st.value < 0 || st.value >= len(side.Values) || side.Values[st.value].Buffer != rule.FileData {
		st.value = len(side.Values)
		side.Values = append(side.Values, v)
	} else {
		v.Searched = side.Values[st.value].Searched
		side.Values[st.value] = v
	}
	if w.used.Has(rule.FileMagic) && !st.magic {
		st.magic = true
		side.Put(rule.FileMagic, []byte(file.Type(st.Data)))
	}
	w.sink().Step(f.Tx, f.Dir)
}

// GapFile notes missing bytes.
func (k *sink) GapFile(f *app.File, n int) {
	w := (*Worker)(k)
	st, ok := f.State.(*fileState)
	if !ok || st.Closed {
		return
	}
	f.Gaps = true
	st.Gap(n)
	w.e.Stats.Uninspected.Add(1)
}

// CloseFile ends a file.
func (k *sink) CloseFile(f *app.File, cut bool) {
	w := (*Worker)(k)
	st, ok := f.State.(*fileState)
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
	if st.scan == nil {
		w.logFile(f, st)
		return
	}
	if w.flow.User.dropped {
		return
	}
	st.scan.Close()
	w.wait(st.scan, w.fileOf(f, st))
}

// fileOf is what a record says about a file that was scanned.
func (w *Worker) fileOf(f *app.File, st *fileState) *fileOf {
	req := &f.Tx.Sides[0]
	return &fileOf{host: text(req.Get(rule.HTTPHost)), target: text(req.Get(rule.HTTPURIRaw)), name: text(f.Name),
		sentResp: w.flow.User.begun, fields: evelog.Fields(f.Tx), file: f, state: st}
}

// closeScans gives up what a flow that ends was scanning.
func (s *state) closeScans() {
	for _, f := range s.scans {
		f.Abort(io.ErrUnexpectedEOF) // changes nothing where the answer is there
	}
	s.scans = s.scans[:0]
}
