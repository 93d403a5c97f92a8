package http1

import (
	"bytes"

	"otasuke/gateway/internal/app"
)

const (
	// maxBoundary is longer than RFC 2046 section 5.1.1 allows.
	maxBoundary = 200
	// maxPartHead bounds the headers of a part.
	maxPartHead = 8 << 10
)

// boundary returns the boundary of a multipart/form-data body (RFC 7578); nil is none.
func boundary(contentType []byte) []byte {
	if !holds(contentType, "multipart/form-data") {
		return nil
	}
	b := parameter(contentType, "boundary")
	if len(b) == 0 || len(b) > maxBoundary {
		return nil
	}
	return b
}

// parameter returns a parameter of a header's value, such as filename; nil is none.
func parameter(v []byte, name string) []byte {
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
		part, v = trim(v[:end], isSpace), v[min(end+1, len(v)):]
		key, value, found := bytes.Cut(part, []byte("="))
		if !found || !bytes.EqualFold(trim(key, isSpace), []byte(name)) {
			continue
		}
		value = trim(value, isSpace)
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

// multipart takes the files out of a multipart/form-data body.
type multipart struct {
	c      *Conn
	x      *exchange
	border []byte // LF "--" boundary
	step   partStep
	buf    []byte
	file   *app.File
	first  bool // buf begins with an LF that was not sent
	name   []byte
}

func newMultipart(c *Conn, x *exchange, boundary []byte) *multipart {
	// An empty line before the body stands for the LF that the first boundary lacks.
	return &multipart{c: c, x: x, border: append([]byte("\n--"), boundary...), buf: []byte("\n")}
}

func (p *multipart) write(b []byte) {
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
func (p *multipart) one() bool {
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
		p.head(trim(p.buf[:i], isSpace))
		p.buf = p.buf[:copy(p.buf, p.buf[i+1:])]
		return true
	}
	return false
}

// wait asks for more bytes of a line, up to a limit.
func (p *multipart) wait() bool {
	if len(p.buf) > maxPartHead {
		p.c.event(p.x, app.ToServer, evMultipart)
		p.step = partOver
	}
	return false
}

// head reads a header line of a part.
func (p *multipart) head(line []byte) {
	if len(line) == 0 {
		p.step = partData
		if p.name != nil {
			p.file = p.c.sink.OpenFile(&p.x.tx, app.ToServer, p.name)
			if p.file != nil {
				p.file.Start = -1
			}
		}
		// An empty part has its border at once.
		p.buf = append(p.buf, 0)
		copy(p.buf[1:], p.buf)
		p.buf[0], p.first = '\n', true
		return
	}
	name, value, found := bytes.Cut(line, []byte(":"))
	if !found {
		p.c.event(p.x, app.ToServer, evMultipartHeader)
		return
	}
	if bytes.EqualFold(trim(name, isSpace), []byte("content-disposition")) {
		if file := parameter(value, "filename"); len(file) > 0 {
			p.name = bytes.Clone(file[:min(len(file), maxName)])
		}
	}
}

// data passes bytes up to the next border.
func (p *multipart) data() bool {
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
	if p.file != nil {
		p.c.sink.CloseFile(p.file, false)
		p.file = nil
	}
	p.buf = p.buf[:copy(p.buf, p.buf[i+len(p.border):])]
	p.step, p.first = partBorder, false
	return true
}

func (p *multipart) give(b []byte) {
	if p.first && len(b) > 0 { // the LF that was put before the data
		b, p.first = b[1:], false
	}
	if p.file != nil && len(b) > 0 {
		p.c.sink.WriteFile(p.file, b)
		p.file.Size += uint64(len(b))
	}
}

// end ends a body whose last border may be missing.
func (p *multipart) end() {
	if p.step == partData {
		p.give(p.buf)
		if p.file != nil && p.file.Size == 0 {
			p.c.event(p.x, app.ToServer, evMultipartNoFile)
		}
		if p.file != nil {
			p.c.sink.CloseFile(p.file, true)
			p.file = nil
		}
	}
	p.step = partOver
}
