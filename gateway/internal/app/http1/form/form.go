package form

import (
	"bytes"

	"otasuke/internal/ascii"
)

// space is the white space that is overlooked.
const space = " \t\n\v\f\r"

const (
	// maxBoundary is longer than RFC 2046 section 5.1.1 allows.
	maxBoundary = 200
	// maxPartHead bounds the headers of a part.
	maxPartHead = 8 << 10
	// maxName bounds the name of a file.
	maxName = 4096
)

// Boundary returns the boundary of a multipart/form-data body (RFC 7578); nil is none.
func Boundary(contentType []byte) []byte {
	if !bytes.Contains(ascii.ToLower(contentType), []byte("multipart/form-data")) {
		return nil
	}
	b := Parameter(contentType, "boundary")
	if len(b) == 0 || len(b) > maxBoundary {
		return nil
	}
	return b
}

// Parameter returns a parameter of a header's value, such as filename; nil is none.
func Parameter(v []byte, name string) []byte {
	for len(v) > 0 {
		part := v
		quoted := false
		end := len(v)
		for i, ch := range v {
			if ch == '"' && (i == 0 || v[i-1] != '\\') {
				quoted = !quoted
			}
			if ch == ';' && !quoted && (i == 0 || v[i-1] != '\\') {
				end = i
				break
			}
		}
		part, v = bytes.Trim(v[:end], space), v[min(end+1, len(v)):]
		key, value, found := bytes.Cut(part, []byte("="))
		if !found || !ascii.EqualFold(bytes.Trim(key, space), name) {
			continue
		}
		value = bytes.Trim(value, space)
		value = bytes.TrimPrefix(value, []byte(`"`))
		if value = bytes.TrimSuffix(value, []byte(`"`)); len(value) > 0 {
			return value
		}
	}
	return nil
}

type partStep uint8

const (
	partStart  partStep = iota // before the first boundary
	partBorder                 // in the line of a boundary
	partHead
	partData
	partOver
)

// Taker takes the files that a form holds.
type Taker interface {
	// Open begins a file.
	Open(name []byte)
	// Write gives its next bytes, good until it returns.
	Write(b []byte)
	// Close ends it. cut tells that its end was not seen.
	Close(cut bool)
	// Odd tells what is wrong.
	Odd(what Oddity)
}

// Oddity is something wrong with a form.
type Oddity uint8

// Oddities.
const (
	Endless   Oddity = iota // a line that does not end
	BadHeader               // a header without a colon
	NoData                  // a file without anything in it
)

// Reader takes the files out of a multipart/form-data body (RFC 7578).
type Reader struct {
	to     Taker
	border []byte // LF "--" boundary
	step   partStep
	buf    []byte
	name   []byte
	open   bool // a file is
	some   bool // the file has bytes
	first  bool // buf begins with an LF that was not sent
}

// New reads a body with this boundary.
func New(to Taker, boundary []byte) *Reader {
	// An empty line before the body stands for the LF that the first boundary lacks.
	return &Reader{to: to, border: append([]byte("\n--"), boundary...), buf: []byte("\n")}
}

// Write takes the next bytes of the body.
func (p *Reader) Write(b []byte) {
	for len(b) > 0 && p.step != partOver {
		n := min(len(b), maxPartHead)
		p.buf = append(p.buf, b[:n]...)
		b = b[n:]
		for p.one() {
		}
	}
}

// one does what can be done with the bytes that are there. It returns false when it
// needs more.
func (p *Reader) one() bool {
	switch p.step {
	case partStart, partData:
		return p.data()
	case partBorder:
		i := bytes.IndexByte(p.buf, '\n')
		switch {
		case len(p.buf) >= 2 && string(p.buf[:2]) == "--":
			p.step = partOver
			return false
		case i < 0:
			return p.wait()
		}
		p.buf, p.step, p.name = p.buf[:copy(p.buf, p.buf[i+1:])], partHead, nil
		return true
	case partHead:
		i := bytes.IndexByte(p.buf, '\n')
		if i < 0 {
			return p.wait()
		}
		line := bytes.Trim(p.buf[:i], space)
		p.head(line)
		if p.first = len(line) == 0; p.first {
			i-- // an empty part has its border at once: the LF stays for it
		}
		p.buf = p.buf[:copy(p.buf, p.buf[i+1:])]
		return true
	}
	return false
}

// wait asks for more bytes of a line, up to a limit.
func (p *Reader) wait() bool {
	if len(p.buf) > maxPartHead {
		p.to.Odd(Endless)
		p.step = partOver
	}
	return false
}

// head reads a header line of a part.
func (p *Reader) head(line []byte) {
	if len(line) == 0 {
		p.step = partData
		if p.name != nil {
			p.open, p.some = true, false
			p.to.Open(p.name)
		}
		return
	}
	name, value, found := bytes.Cut(line, []byte(":"))
	if !found {
		p.to.Odd(BadHeader)
		return
	}
	if ascii.EqualFold(bytes.Trim(name, space), "content-disposition") {
		if file := Parameter(value, "filename"); len(file) > 0 {
			p.name = bytes.Clone(file[:min(len(file), maxName)])
		}
	}
}

// data passes bytes up to the next border.
func (p *Reader) data() bool {
	i := bytes.Index(p.buf, p.border)
	if i < 0 {
		// What may be the beginning of a border stays.
		from := max(0, len(p.buf)-len(p.border))
		if j := bytes.IndexAny(p.buf[from:], "\r\n"); j >= 0 {
			from += j
		} else {
			from = len(p.buf)
		}
		p.give(p.buf[:from])
		p.buf = p.buf[:copy(p.buf, p.buf[from:])]
		return false
	}
	end := i
	if end > 0 && p.buf[end-1] == '\r' {
		end--
	}
	p.give(p.buf[:end])
	p.close(false)
	p.buf = p.buf[:copy(p.buf, p.buf[i+len(p.border):])]
	p.step, p.first = partBorder, false
	return true
}

func (p *Reader) give(b []byte) {
	if p.first && len(b) > 0 { // the LF that was put before the data
		b, p.first = b[1:], false
	}
	if p.open && len(b) > 0 {
		p.some = true
		p.to.Write(b)
	}
}

func (p *Reader) close(cut bool) {
	if p.open {
		p.open = false
		p.to.Close(cut)
	}
}

// End ends a body whose last border may be missing.
func (p *Reader) End() {
	if p.step == partData {
		p.give(p.buf)
		if p.open && !p.some {
			p.to.Odd(NoData)
		}
		p.close(true)
	}
	p.step = partOver
}

// Cut ends a body that is given up.
func (p *Reader) Cut() {
	p.close(true)
	p.step = partOver
}
