// Package letter gives the attachments of a mail that is fetched or stored to a sink, as
// files. Readers of mail protocols give it the mail in any cut; package mimemsg reads it.
//
// Pure: no goroutine, clock or I/O.
package letter

import (
	"bytes"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/mimemsg"
)

// maxPiece is up to where a line is collected; a longer one is read in pieces.
const maxPiece = 4 << 10

// Line is a line or a piece of one.
type Line struct {
	Text, EOL []byte // EOL is empty for a piece whose line goes on
	More      bool   // Text continues the piece before
}

// Cutter cuts bytes into lines. Its zero value is ready.
type Cutter struct {
	buf  []byte
	more bool
}

// Next takes the first line of what was kept and b; it is good until the next call.
func (c *Cutter) Next(b []byte) (l Line, rest []byte, ok bool) {
	if len(b) == 0 {
		return l, nil, false
	}
	n := bytes.IndexByte(b, '\n') + 1
	end := n > 0
	if !end {
		n = len(b)
	}
	if room := maxPiece - len(c.buf); n > room {
		n, end = room, false
	}
	if !end && len(c.buf)+n < maxPiece {
		c.buf = append(c.buf, b[:n]...)
		return l, nil, false
	}
	text := b[:n]
	if len(c.buf) > 0 {
		text = append(c.buf, text...)
		c.buf = text[:0]
	}
	l = Line{Text: text, More: c.more}
	if c.more = !end; end {
		at := len(text) - 1
		if at > 0 && text[at-1] == '\r' {
			at--
		}
		l.Text, l.EOL = text[:at], text[at:]
	} else if text[len(text)-1] == '\r' { // it may belong to the line's end
		l.Text = text[:len(text)-1]
		c.buf = append(c.buf[:0:0], '\r')
	}
	return l, b[n:], true
}

// Last is the unfinished line at the end.
func (c *Cutter) Last() (l Line, ok bool) {
	l = Line{Text: c.buf, More: c.more}
	c.buf, c.more = nil, false
	return l, len(l.Text) > 0
}

// Letter is one mail.
type Letter struct {
	// After are the bytes at hand behind those that are given next, More those of the mail
	// that come later: negative where a line with a dot ends it.
	After int
	More  int64

	sink app.Sink
	tx   *app.Tx
	dir  int
	mime *mimemsg.Message
	cut  Cutter
	file *app.File
	lost bool
	left int      // bytes at hand behind the line at hand
	part app.Part // that was begun last
}

// New begins a mail that dir of tx carries.
func New(sink app.Sink, tx *app.Tx, dir int) *Letter {
	l := &Letter{sink: sink, tx: tx, dir: dir, More: -1}
	l.mime = mimemsg.New(l)
	l.mime.AllParts, l.mime.Begins = true, l.begins
	return l
}

// Part begins the contents of a part that is fetched alone, without its headers: a file
// called name, in an encoding of RFC 2045 section 6.
func Part(sink app.Sink, tx *app.Tx, dir int, name, encoding string) *Letter {
	l := New(sink, tx, dir)
	l.mime.Begins = nil // its headers are not there
	for _, h := range []string{"Content-Disposition: attachment; filename=\"" + name + "\"", "Content-Transfer-Encoding: " + encoding, ""} {
		l.mime.Line([]byte(h), []byte("\r\n"), false)
	}
	return l
}

// Body begins a mail without its headers, whose boundary is not known.
func Body(sink app.Sink, tx *app.Tx, dir int) *Letter {
	l := New(sink, tx, dir)
	l.mime.AnyBoundary, l.mime.Begins = true, nil // nobody can know it again
	l.mime.Line(nil, []byte("\r\n"), false)
	return l
}

// begins tells that a part begins behind the line at hand.
func (l *Letter) begins(number int) {
	l.part = app.Part{Tx: l.tx, Dir: l.dir, Mail: l.mime.Name(), Number: number, Left: l.left, Size: -1, Borders: l.mime.Borders()}
	if l.More >= 0 {
		l.part.Size = int64(l.left-l.After) + l.More
	}
	app.ShowPart(l.sink, &l.part)
}

// Continue tells that b comes next, behind something that is no mail.
func (l *Letter) Continue(b []byte) {
	if l.part.Number == 0 {
		return
	}
	l.part.Continues, l.part.Left, l.part.Size = true, len(b)+l.After, int64(len(b))+l.More
	app.ShowPart(l.sink, &l.part)
}

// Fixed tells that bytes are not given as they pass, so that nobody is told of parts.
func (l *Letter) Fixed() { l.mime.Begins, l.part = nil, app.Part{} }

// Write takes the next bytes of the mail.
func (l *Letter) Write(b []byte) {
	for len(b) > 0 {
		line, rest, ok := l.cut.Next(b)
		if ok {
			l.Line(line, len(rest)+l.After)
		}
		b = rest
	}
}

// Line takes the next line, for those who cut themselves. left are the bytes at hand behind it.
func (l *Letter) Line(line Line, left int) {
	l.left = left
	l.mime.Line(line.Text, line.EOL, line.More)
}

// Gap tells that bytes were not seen.
func (l *Letter) Gap(n int) {
	if l.lost = true; l.file != nil {
		l.sink.GapFile(l.file, n)
	}
}

// End ends the mail; cut tells that it was not seen to its end.
func (l *Letter) End(cut bool) {
	if line, ok := l.cut.Last(); ok {
		l.Line(line, 0)
	}
	l.lost = l.lost || cut
	l.mime.End(cut)
}

// OpenFile implements [mimemsg.Handler].
func (l *Letter) OpenFile(name []byte) { l.file = l.sink.OpenFile(l.tx, l.dir, name) }

// WriteFile implements [mimemsg.Handler].
func (l *Letter) WriteFile(b []byte) { l.sink.WriteFile(l.file, b) }

// CloseFile implements [mimemsg.Handler].
func (l *Letter) CloseFile() {
	l.file.Encoded = l.mime.Size()
	l.sink.CloseFile(l.file, l.lost)
	l.file, l.lost = nil, false
}

// MIMEEvent implements [mimemsg.Handler]: rules have no names for it here.
func (l *Letter) MIMEEvent(string) {}

// URL implements [mimemsg.Handler].
func (l *Letter) URL([]byte) {}

// Headers implements [mimemsg.Handler].
func (l *Letter) Headers() {}

var _ mimemsg.Handler = (*Letter)(nil)
