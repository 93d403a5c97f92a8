package told

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"otasuke/gateway/internal/app"
	"otasuke/rule"
)

// Log writes down what a reader tells, a line for each thing: fresh values
// ("tx0 1 ssh.proto=..."), records ("log ssh tx0 ssh={...}"), files and the rest. Its zero
// value is ready.
type Log struct {
	Lines []string
	files map[*app.File]*bytes.Buffer
}

func (l *Log) add(format string, args ...any) {
	l.Lines = append(l.Lines, fmt.Sprintf(format, args...))
}

// Step implements [app.Sink].
func (l *Log) Step(tx *app.Tx, dir int) {
	for i := range tx.Sides[dir].Values {
		v := &tx.Sides[dir].Values[i]
		if v.Fresh {
			l.add("tx%d %d %v=%s", tx.ID, dir, v.Buffer, shown(v))
			v.Fresh = false
		}
	}
}

// shown writes numbers as numbers, also where a value has several.
func shown(v *app.Value) string {
	if v.Buffer == rule.AppEvent || !v.Buffer.Number() {
		return fmt.Sprintf("%q", v.Data)
	}
	var n uint64
	for _, c := range v.Data {
		n = n<<8 | uint64(c)
	}
	return fmt.Sprint(n)
}

// Log implements [app.Sink].
func (l *Log) Log(tx *app.Tx, _ int, kind string) {
	var all []byte
	for _, f := range tx.Recorder.Record(tx) {
		b, err := json.Marshal(f.Value)
		if err != nil {
			b = []byte(err.Error())
		}
		all = fmt.Appendf(all, " %s=%s", f.Name, b)
	}
	l.add("log %s tx%d%s", kind, tx.ID, all)
}

// Event implements [app.Sink].
func (l *Log) Event(dir int, name string) { l.add("event %d %s", dir, name) }

// OpenFile implements [app.Sink].
func (l *Log) OpenFile(tx *app.Tx, dir int, name []byte) *app.File {
	f := &app.File{Tx: tx, Dir: dir, Name: bytes.Clone(name)}
	if l.files == nil {
		l.files = map[*app.File]*bytes.Buffer{}
	}
	l.files[f] = &bytes.Buffer{}
	return f
}

// WriteFile implements [app.Sink].
func (l *Log) WriteFile(f *app.File, b []byte) { l.files[f].Write(b) }

// GapFile implements [app.Sink].
func (l *Log) GapFile(f *app.File, n int) { fmt.Fprintf(l.files[f], "<%d missing>", n) }

// CloseFile implements [app.Sink].
func (l *Log) CloseFile(f *app.File, cut bool) {
	l.add("file tx%d %d %q %q cut=%v", f.Tx.ID, f.Dir, f.Name, l.files[f], cut)
	delete(l.files, f)
}

// Open is how many files were begun and not ended.
func (l *Log) Open() int { return len(l.files) }

// Become implements [app.Sink].
func (l *Log) Become(p rule.Proto, dir int, rest []byte) { l.add("become %v %d %q", p, dir, rest) }

// Expect implements [app.Sink].
func (l *Log) Expect(e app.Expected) {
	l.add("expect server=%v %d %s %s %s", e.FromServer, e.Port, e.Proto, e.Command, e.File)
}

// Has tells whether a line contains what.
func (l *Log) Has(what string) bool { return strings.Contains(l.String(), what) }

func (l *Log) String() string { return strings.Join(l.Lines, "\n") }

// Part is what one side sends.
type Part struct {
	Dir int
	B   string
}

// Talk is what both sides send in turn.
type Talk []Part

// Cut gives the conversation to a reader in pieces of at most n bytes, all at once when n
// is 0, and ends it.
func (t Talk) Cut(r app.Reader, n int) {
	for _, p := range t {
		for b := []byte(p.B); len(b) > 0; {
			size := len(b)
			if n > 0 {
				size = min(size, n)
			}
			r.Push(p.Dir, bytes.Clone(b[:size]))
			b = b[size:]
		}
	}
	r.Close(app.ToServer)
	r.Close(app.ToClient)
}

// Of reads the conversation, cut into pieces of at most n bytes, and returns what was told.
func Of(t Talk, n int, make func(app.Sink) app.Reader) *Log {
	l := &Log{}
	t.Cut(make(l), n)
	return l
}

// Cuts are sizes of pieces that tests of streams try beside the whole.
var Cuts = []int{1, 2, 3, 5, 7, 16, 61}

// TLV makes a value of ASN.1 BER of its parts.
func TLV(tag byte, parts ...string) string {
	body := strings.Join(parts, "")
	switch n := len(body); {
	case n < 0x80:
		return string([]byte{tag, byte(n)}) + body
	default:
		return string([]byte{tag, 0x82, byte(n >> 8), byte(n)}) + body
	}
}

// BE makes n bytes of a number, most significant first.
func BE(n int, v uint64) string {
	b := make([]byte, n)
	for i := range b {
		b[n-1-i] = byte(v >> (8 * i))
	}
	return string(b)
}
