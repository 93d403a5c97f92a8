package ftpcmd

import "bytes"

// lineReader cuts one direction into lines, whatever pieces it comes in.
type lineReader struct {
	buf  []byte
	skip bool // the rest of a long line is passed over
}

// next takes the first line without its line end; cut tells that more of it was left
// out. It is good until taken is called.
func (r *lineReader) next(b []byte) (line []byte, cut bool, rest []byte, ok bool) {
	for len(b) > 0 {
		n := bytes.IndexByte(b, '\n') + 1
		end := n > 0
		if !end {
			n = len(b)
		}
		if r.skip {
			b, r.skip = b[n:], !end
			continue
		}
		text := len(r.buf) + n
		if end {
			text--
		}
		if text > MaxLine {
			room := MaxLine - len(r.buf)
			r.buf, b, r.skip = append(r.buf, b[:room]...), b[room:], true
			return r.buf, true, b, true
		}
		if end && len(r.buf) == 0 {
			return bytes.TrimRight(b[:n], "\r\n"), false, b[n:], true
		}
		r.buf, b = append(r.buf, b[:n]...), b[n:]
		if end {
			return bytes.TrimRight(r.buf, "\r\n"), false, b, true
		}
	}
	return nil, false, nil, false
}

func (r *lineReader) taken() { r.buf = r.buf[:0] }

// replyCode reads the code of a reply line, empty when there is none; more tells that
// lines follow (RFC 959 section 4.2).
func replyCode(b []byte) (code string, more bool) {
	if len(b) < 3 {
		return "", false
	}
	for _, c := range b[:3] {
		if c < '0' || c > '9' {
			return "", false
		}
	}
	if len(b) > 3 && b[3] != ' ' && b[3] != '-' {
		return "", false
	}
	return string(b[:3]), len(b) > 3 && b[3] == '-'
}
