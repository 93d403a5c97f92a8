package http1

import (
	"bytes"
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"

	"otasuke/gateway/internal/app"
	"otasuke/rule"
)

// everything is all buffers.
func everything() (s rule.BufferSet) {
	for b := range rule.NumBuffers {
		s.Add(rule.Buffer(b))
	}
	return s
}

// diary is a sink that writes down what it is told. What arrives in pieces is joined.
type diary struct {
	t     testing.TB
	lines []string // transactions as they are logged, files as they are closed, ...
	files map[*app.File]*bytes.Buffer
	steps int
	done  map[string]bool
	next  rule.Proto
	rest  string
	news  []string // events as they were first seen in their direction
}

func newDiary(t testing.TB) *diary {
	return &diary{t: t, files: map[*app.File]*bytes.Buffer{}, done: map[string]bool{}}
}

func (d *diary) add(format string, args ...any) {
	d.lines = append(d.lines, fmt.Sprintf(format, args...))
}

func (d *diary) Step(tx *app.Tx, dir int) {
	d.steps++
	for _, v := range tx.Sides[dir].Values {
		if line := fmt.Sprintf("%d %d %s", tx.ID, dir, v.Data); v.Buffer == rule.AppEvent && !slices.Contains(d.news, line) {
			d.news = append(d.news, line)
		}
	}
	if tx.Sides[dir].Done {
		d.done[fmt.Sprint(tx.ID, " ", dir)] = true
	}
}

func (d *diary) Log(tx *app.Tx, _ int, kind string) {
	if kind != "http" || len(tx.Recorder.Record(tx)) != 1 {
		d.t.Errorf("log of %q", kind)
	}
	for dir := range tx.Sides {
		d.add("%d%s %s", tx.ID, "><"[dir:dir+1], values(&tx.Sides[dir]))
	}
}

// values are the values of a side in one order, events once.
func values(s *app.Side) string {
	var out []string
	for _, v := range s.Values {
		if v.Partial {
			out = append(out, v.Buffer.String()+" partial")
		}
		out = append(out, fmt.Sprintf("%s=%q", v.Buffer, v.Data))
	}
	sort.Strings(out)
	return strings.Join(out, " ")
}

func (d *diary) Event(dir int, name string) { d.add("event %d %s", dir, name) }

func (d *diary) OpenFile(tx *app.Tx, dir int, name []byte) *app.File {
	f := &app.File{Tx: tx, Dir: dir, Name: bytes.Clone(name)}
	d.files[f] = new(bytes.Buffer)
	return f
}

func (d *diary) WriteFile(f *app.File, b []byte) {
	if len(b) == 0 {
		d.t.Error("nothing written")
	}
	d.files[f].Write(b)
}

func (d *diary) GapFile(f *app.File, n int) { fmt.Fprintf(d.files[f], "<gap %d>", n) }

func (d *diary) CloseFile(f *app.File, cut bool) {
	b := d.files[f]
	if b == nil {
		d.t.Fatal("a file is closed twice")
	}
	delete(d.files, f)
	text := ""
	if cut {
		text = " cut"
	}
	d.add("%d%s file %q %q%s", f.Tx.ID, "><"[f.Dir:f.Dir+1], f.Name, b, text)
}

func (d *diary) Become(p rule.Proto, dir int, rest []byte) { d.next, d.rest = p, string(rest) }
func (d *diary) Expect(app.Expected)                       { d.t.Error("nothing to expect") }

// turn is what one side says. Text "FIN" closes it, "GAP" is 10 bytes that were not seen.
type turn struct {
	dir  int
	text string
}

// play pushes the turns in pieces, each in memory of its own that is spoiled after.
func play(t testing.TB, cfg Config, turns []turn, cut func(n int) int) *diary {
	d := newDiary(t)
	c := New(d, cfg)
	playOn(c, turns, cut)
	if len(d.files) > 0 {
		t.Errorf("%d files stay open", len(d.files))
	}
	return d
}

func playOn(c *Conn, turns []turn, cut func(n int) int) {
	for _, turn := range turns {
		switch turn.text {
		case "FIN":
			c.Close(turn.dir)
			continue
		case "GAP":
			c.Gap(turn.dir, 10)
			continue
		}
		for b := []byte(turn.text); len(b) > 0; {
			n := min(cut(len(b)), len(b))
			part := bytes.Clone(b[:n])
			c.Push(turn.dir, part)
			for i := range part {
				part[i] = '#'
			}
			b = b[n:]
		}
	}
	c.Close(app.ToServer)
	c.Close(app.ToClient)
}

func whole(n int) int { return n }
