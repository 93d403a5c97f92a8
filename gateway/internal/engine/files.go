package engine

import (
	"crypto/md5" // names of files in rules, not protection
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"slices"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/scan"
	"otasuke/rule"
)

// Limits of files.
const (
	// maxFileData bytes of each file are matched against rules: what bodies are limited to.
	maxFileData = 100 << 10
	// firstFileData is how much of a file is waited for before its beginning is matched.
	firstFileData = 1024
)

// fileState is what the engine keeps of a file, in app.File.State.
type fileState struct {
	data    []byte
	value   int // index in the side's values
	judged  int // bytes that were matched
	magic   bool
	sums    [3]hash.Hash // MD5, SHA-1, SHA-256; nil when nobody asks
	hex     [3]string
	scan    *scan.File
	closed  bool
	id      uint32
	cut     bool
	missing int64 // bytes that were not seen
}

// OpenFile begins a file.
func (k *sink) OpenFile(tx *app.Tx, dir int, name []byte) *app.File {
	w := (*Worker)(k)
	f := &app.File{Tx: tx, Dir: dir, Name: slices.Clone(name), Start: -1}
	st := &fileState{value: -1, id: w.flow.User.files}
	w.flow.User.files++
	f.State = st
	if w.used.Has(rule.FileName) && len(f.Name) > 0 {
		tx.Sides[dir].Put(rule.FileName, f.Name)
	}
	w.sums(st)
	w.scanOpen(f, st)
	return f
}

// sums prepares the digests that rules or records ask for.
func (w *Worker) sums(st *fileState) {
	if w.used.Has(rule.FileMD5) || w.e.cfg.FileHashes[0] {
		st.sums[0] = md5.New()
	}
	if w.used.Has(rule.FileSHA1) || w.e.cfg.FileHashes[1] {
		st.sums[1] = sha1.New()
	}
	if w.used.Has(rule.FileSHA256) || w.e.cfg.FileHashes[2] {
		st.sums[2] = sha256.New()
	}
}

// scanOpen lets the scanner see the file. Only HTTP is held for it.
func (w *Worker) scanOpen(f *app.File, st *fileState) {
	s := &w.flow.User
	if w.e.cfg.Scanner == nil || s.passed || s.app != rule.ProtoHTTP {
		return
	}
	st.scan = w.e.cfg.Scanner.Open()
	s.scans = append(slices.DeleteFunc(s.scans, func(f *scan.File) bool { return f.Result() != nil }), st.scan)
}

// WriteFile takes the next bytes.
func (k *sink) WriteFile(f *app.File, b []byte) {
	w := (*Worker)(k)
	st, ok := f.State.(*fileState)
	if !ok || st.closed || len(b) == 0 {
		return
	}
	f.Size += uint64(len(b))
	for _, h := range st.sums {
		if h != nil && !f.Gaps {
			h.Write(b)
		}
	}
	if st.scan != nil && st.scan.Write(b) {
		w.wait(st.scan, nil)
	}
	if room := maxFileData - len(st.data); room > 0 && (w.used.Has(rule.FileData) || w.used.Has(rule.FileMagic)) {
		st.data = append(st.data, b[:min(room, len(b))]...)
		// Matched when it grew by a quarter, so that the sum of the work stays a small multiple of its size.
		if n := st.judged; len(st.data) >= firstFileData && len(st.data) >= n+n/4 || len(st.data) == maxFileData {
			w.judgeFile(f, st, true)
		}
	}
}

// judgeFile matches rules for what is there of a file.
func (w *Worker) judgeFile(f *app.File, st *fileState, partial bool) {
	side := &f.Tx.Sides[f.Dir]
	st.judged = len(st.data)
	v := app.Value{Buffer: rule.FileData, Data: st.data, Partial: partial, Fresh: true}
	if v.Data == nil {
		v.Data = []byte{}
	}
	if st.value < 0 || st.value >= len(side.Values) || side.Values[st.value].Buffer != rule.FileData {
		st.value = len(side.Values)
		side.Values = append(side.Values, v)
	} else {
		side.Values[st.value] = v
	}
	if w.used.Has(rule.FileMagic) && !st.magic {
		st.magic = true
		side.Put(rule.FileMagic, []byte(fileType(st.data)))
	}
	w.sink().Step(f.Tx, f.Dir)
}

// GapFile notes missing bytes.
func (k *sink) GapFile(f *app.File, n int) {
	w := (*Worker)(k)
	st, ok := f.State.(*fileState)
	if !ok || st.closed {
		return
	}
	f.Gaps = true
	st.missing += int64(n)
	w.e.Stats.Uninspected.Add(1)
}

// CloseFile ends a file.
func (k *sink) CloseFile(f *app.File, cut bool) {
	w := (*Worker)(k)
	st, ok := f.State.(*fileState)
	if !ok || st.closed {
		return
	}
	st.closed, st.cut = true, cut
	side := &f.Tx.Sides[f.Dir]
	if w.used.Has(rule.FileSize) && !cut {
		side.Number(rule.FileSize, f.Size)
	}
	for i, h := range st.sums {
		if h == nil {
			continue
		}
		st.hex[i] = hex.EncodeToString(h.Sum(nil)) // of what is there
		if cut || f.Gaps {
			continue
		}
		side.Put([...]rule.Buffer{rule.FileMD5, rule.FileSHA1, rule.FileSHA256}[i], []byte(st.hex[i]))
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
		sentResp: w.flow.User.begun, fields: record(f.Tx), file: f, state: st}
}

// closeScans gives up what a flow that ends was scanning.
func (s *state) closeScans() {
	for _, f := range s.scans {
		f.Abort(io.ErrUnexpectedEOF) // changes nothing where the answer is there
	}
	s.scans = s.scans[:0]
}
