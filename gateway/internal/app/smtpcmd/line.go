package smtpcmd

import "bytes"

// line is a line or, of a long line of a message, a piece of one.
type line struct {
	text, eol []byte
	more      bool // text continues the piece before
	cut       bool // the end of a long line was left out
}

// whole is the line with its end, which lies behind it.
func (l line) whole() []byte {
	if n := len(l.text) + len(l.eol); n <= cap(l.text) {
		return l.text[:n]
	}
	return l.text
}

// lineReader cuts one direction into lines, whatever pieces it comes in.
type lineReader struct {
	buf  []byte // an unfinished line
	skip bool   // the rest of a long line is passed over
	more bool   // the next bytes go on with a line of which a piece was taken
}

// next takes the first line of what was kept and b. It is good until taken is called.
// long tells that lines may be long and come in pieces.
func (r *lineReader) next(b []byte, long bool) (l line, rest []byte, ok bool) {
	limit := MaxLine
	if long {
		limit = MaxPiece
	}
	for len(b) > 0 {
		n := bytes.IndexByte(b, '\n') + 1
		end := n > 0
		if !end {
			n = len(b)
		}
		if r.skip {
			b = b[n:]
			r.skip = !end
			continue
		}
		if room := max(0, limit-len(r.buf)); n > room || n == room && !end {
			r.buf, b = append(r.buf, b[:room]...), b[room:]
			l = line{text: r.buf, more: r.more, cut: !long}
			r.skip, r.more = !long, long
			return l, b, true
		}
		if !end {
			r.buf = append(r.buf, b...)
			return line{}, nil, false
		}
		l.more, r.more = r.more, false
		l.text, l.eol = trimEnd(r.whole(b[:n]))
		return l, b[n:], true
	}
	return line{}, nil, false
}

// whole is a line without a copy when nothing was kept.
func (r *lineReader) whole(b []byte) []byte {
	if len(r.buf) == 0 {
		return b
	}
	r.buf = append(r.buf, b...)
	return r.buf
}

// last is the unfinished line at the end.
func (r *lineReader) last() (l line, ok bool) {
	return line{text: r.buf, more: r.more}, len(r.buf) > 0 && !r.skip
}

// taken forgets the line that next returned.
func (r *lineReader) taken() { r.buf = r.buf[:0] }

func trimEnd(b []byte) (text, eol []byte) {
	n := len(b) - 1
	if n > 0 && b[n-1] == '\r' {
		n--
	}
	return b[:n], b[n:]
}
