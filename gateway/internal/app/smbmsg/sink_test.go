package smbmsg

import (
	"bytes"
	"encoding/json"
	"fmt"

	"otasuke/gateway/internal/app"
	"otasuke/rule"
)

// told writes down what a reader tells, a line for each thing.
type told struct {
	lines []string
	files map[*app.File]*bytes.Buffer
}

func (t *told) add(format string, args ...any) {
	t.lines = append(t.lines, fmt.Sprintf(format, args...))
}

func (t *told) Step(tx *app.Tx, dir int) {
	for i := range tx.Sides[dir].Values {
		v := &tx.Sides[dir].Values[i]
		if v.Fresh {
			t.add("tx%d %d %v=%q", tx.ID, dir, v.Buffer, v.Data)
			v.Fresh = false
		}
	}
}

func (t *told) Log(tx *app.Tx, _ int, kind string) {
	var all []byte
	for _, f := range tx.Recorder.Record(tx) {
		b, err := json.Marshal(f.Value)
		if err != nil {
			b = []byte(err.Error())
		}
		all = fmt.Appendf(all, " %s=%s", f.Name, b)
	}
	t.add("log %s tx%d%s", kind, tx.ID, all)
}

func (t *told) Event(dir int, name string) { t.add("event %d %s", dir, name) }

func (t *told) OpenFile(tx *app.Tx, dir int, name []byte) *app.File {
	f := &app.File{Tx: tx, Dir: dir, Name: bytes.Clone(name)}
	if t.files == nil {
		t.files = map[*app.File]*bytes.Buffer{}
	}
	t.files[f] = &bytes.Buffer{}
	return f
}

func (t *told) WriteFile(f *app.File, b []byte) { t.files[f].Write(b) }
func (t *told) GapFile(f *app.File, n int)      { fmt.Fprintf(t.files[f], "<%d missing>", n) }

func (t *told) CloseFile(f *app.File, cut bool) {
	t.add("file tx%d %d %q %q cut=%v", f.Tx.ID, f.Dir, f.Name, t.files[f], cut)
	delete(t.files, f)
}

func (t *told) Become(p rule.Proto, dir int, rest []byte) { t.add("become %v %d %q", p, dir, rest) }

func (t *told) Expect(e app.Expected) {
	t.add("expect server=%v %d %s %s %s", e.FromServer, e.Port, e.Proto, e.Command, e.File)
}

// talk is what both sides send in turn.
type talk []struct {
	dir int
	b   string
}

// readTalk gives a conversation to a reader, cut into pieces of the size that cut gives.
func readTalk(r app.Reader, t talk, cut func(left int) int) {
	for _, m := range t {
		for b := []byte(m.b); len(b) > 0; {
			n := min(len(b), max(1, cut(len(b))))
			r.Push(m.dir, bytes.Clone(b[:n]))
			b = b[n:]
		}
	}
	r.Close(app.ToServer)
	r.Close(app.ToClient)
}

func whole(left int) int { return left }
