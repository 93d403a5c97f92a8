package coding

import (
	"bytes"
	"errors"

	"otasuke/gateway/internal/app/http1/coding/inflate"
	"otasuke/internal/ascii"
)

// Pool shares decoders among the conversations of one worker. The zero value is
// ready. It is not for use by several goroutines.
type Pool struct {
	free    []*coding
	brotlis int // in use
}

// keepCodings is how many decoders are kept: each has 64 KiB, and rarely more
// conversations of a worker are in the middle of a coded body at once.
const keepCodings = 16

// hold is how much of a coded body is kept until something came out of it, to try it
// another way: more than any header of gzip in use.
const hold = 4 << 10

type format uint8

const (
	formatNone format = iota
	formatGzip
	formatZlib
	formatRaw
)

type phase uint8

const (
	phaseStart phase = iota // which format is not known yet
	phaseHead               // in the header of gzip or zlib
	phaseData
	phaseTail  // in the trailer of gzip, or behind it
	phasePlain // not coded at all
	phaseOver  // nothing more is read
)

// coding undoes one content coding (RFC 9110 section 8.4). What the sender calls it
// matters less than what it begins with: browsers take gzip for deflate and back.
type coding struct {
	to   Taker
	next *coding // undoes what comes out; nil for the last

	phase  phase
	format format
	kept   []byte // from the beginning, until something came out
	short  bool   // kept is not all
	given  bool   // something came out
	gzip   gzipHead
	tail   int
	br     *brotliReader
	dec    inflate.Decoder
	emit   func([]byte) bool
}

// Count says how many decoders of "br" are in use, and how many of others are kept.
func (p *Pool) Count() (brotli, kept int) { return p.brotlis, len(p.free) }

// Taker takes what comes out of a chain.
type Taker interface {
	// Plain takes decoded bytes, good until it returns. It returns false to stop.
	Plain(b []byte) bool
	// Broken tells that data broke in the middle: what follows is given as it is.
	Broken()
}

// Chain undoes the codings of one body, the last one first. The zero value has none.
type Chain struct{ all []*coding }

// Any says whether there is something to undo.
func (c *Chain) Any() bool { return len(c.all) > 0 }

// Write takes the next coded bytes. There must be something to undo.
func (c *Chain) Write(b []byte) { c.all[0].write(b) }

// End tells that the body is whole: bytes too few to tell what they are pass.
func (c *Chain) End() {
	for _, d := range c.all {
		d.end()
	}
}

// Release gives the decoders back to p, where they came from.
func (c *Chain) Release(p *Pool) {
	for i, d := range c.all {
		if d.br != nil {
			p.brotlis--
		}
		d.to, d.next, d.br = nil, nil, nil
		if len(p.free) < keepCodings {
			p.free = append(p.free, d)
		}
		c.all[i] = nil
	}
	c.all = c.all[:0]
}

func (p *Pool) get() *coding {
	if n := len(p.free); n > 0 {
		d := p.free[n-1]
		p.free = p.free[:n-1]
		return d
	}
	d := new(coding)
	d.emit = d.out
	return d
}

// push adds a decoder in front of the others. The coding "br" must be named; others are
// told apart by what they begin with.
func (c *Chain) push(p *Pool, to Taker, brotli bool) {
	d := p.get()
	d.to = to
	d.phase, d.format, d.kept, d.short, d.given, d.tail = phaseStart, formatNone, d.kept[:0], false, false, 0
	if d.br = nil; brotli {
		if d.br = p.brotli(); d.br == nil {
			d.phase = phasePlain
		}
	}
	if len(c.all) > 0 {
		d.next = c.all[0]
	}
	c.all = append(c.all, nil)
	copy(c.all[1:], c.all)
	c.all[0] = d
}

// Request makes ready to decode the body of a request by its Content-Encoding: one
// coding is undone.
func (c *Chain) Request(v []byte, p *Pool, to Taker) {
	if isCoding(v, "gzip") || isCoding(v, "deflate") {
		c.push(p, to, false)
	}
}

// Response makes ready to decode the body of a response by its Content-Encoding. At
// most layers codings are undone: tooMany tells that there are more. odd tells of a
// value that no server should send.
func (c *Chain) Response(v []byte, layers int, p *Pool, to Taker) (tooMany, odd bool) {
	if isCoding(v, "gzip") || isCoding(v, "deflate") {
		c.push(p, to, false)
		return false, false
	}
	for n := 0; len(v) > 0; {
		var token []byte
		if token, v = cutToken(v); len(token) == 0 {
			continue
		}
		if n++; n > layers {
			return true, odd
		}
		odd = c.token(token, p, to) || odd
	}
	return false, odd
}

func (c *Chain) token(token []byte, p *Pool, to Taker) (odd bool) {
	for _, name := range [...]string{"gzip", "deflate"} {
		if bytes.Contains(ascii.ToLower(token), []byte(name)) {
			c.push(p, to, false)
			return !isCoding(token, name)
		}
	}
	if ascii.EqualFold(token, "br") {
		c.push(p, to, true)
		return false
	}
	for _, name := range [...]string{"lzma", "identity", "inflate", "none"} {
		if ascii.EqualFold(token, name) {
			return false
		}
	}
	return true
}

// isCoding compares a coding with its name, or its old name "x-...", NULs not counted.
func isCoding(v []byte, name string) bool {
	if len(v) > 2 && v[0]|0x20 == 'x' && v[1] == '-' {
		v = v[2:]
	}
	k := 0
	for _, ch := range v {
		if ch == 0 {
			continue
		}
		if k == len(name) || lower(ch) != name[k] {
			return false
		}
		k++
	}
	return k == len(name)
}

// cutToken cuts at the next comma or space.
func cutToken(b []byte) (token, rest []byte) {
	if i := bytes.IndexAny(b, ", "); i >= 0 {
		return b[:i], b[i+1:]
	}
	return b, nil
}

// out passes what came out of a coding on.
func (d *coding) out(b []byte) bool {
	d.given = true
	if d.next != nil {
		d.next.write(b)
		return d.next.phase != phaseOver
	}
	return d.to.Plain(b)
}

// write takes the next coded bytes.
func (d *coding) write(b []byte) {
	switch d.phase {
	case phasePlain:
		d.out(b)
		return
	case phaseOver:
		return
	}
	if d.br != nil {
		d.writeBrotli(b)
		return
	}
	all := b
	if len(d.kept) > 0 && !d.given {
		if len(d.kept)+len(b) > hold {
			d.short = true
		} else {
			d.kept = append(d.kept, b...)
			all = d.kept
		}
	}
	if d.phase == phaseStart {
		b = all
	}
	d.run(b, all)
	if !d.given && len(d.kept) == 0 && d.phase < phasePlain {
		if d.short = len(b) > hold; !d.short {
			d.kept = append(d.kept, b...)
		}
	}
}

// run decodes b. all is everything from the beginning, for another try.
func (d *coding) run(b, all []byte) {
	for d.phase < phasePlain {
		switch d.phase {
		case phaseStart:
			if len(b) < 2 {
				return
			}
			d.begin(b)
		case phaseHead:
			n, done := d.gzip.skip(b)
			if b = b[n:]; !done {
				return
			}
			d.phase = phaseData
		case phaseData:
			n, err := d.dec.Write(b)
			if errors.Is(err, inflate.ErrCorrupt) {
				if !d.given && !d.short && d.format != formatRaw {
					d.start(formatRaw)
					b = all
					continue
				}
				d.fail(b, all)
				return
			}
			if err != nil {
				d.phase = phaseOver
				return
			}
			if b = b[n:]; !d.dec.Done() {
				return
			}
			d.phase, d.tail = phaseTail, 0
		case phaseTail:
			if b = d.behind(b); d.phase == phaseTail {
				return
			}
		}
	}
}

// begin chooses the format by the first two bytes.
func (d *coding) begin(b []byte) {
	switch {
	case b[0] == 0x1f && b[1] == 0x8b: // RFC 1952 section 2.3.1
		d.start(formatGzip)
	case b[0]&0x0f == 8 && b[0]>>4 <= 7 && (uint(b[0])<<8|uint(b[1]))%31 == 0 && b[1]&0x20 == 0: // RFC 1950 section 2.2
		d.start(formatZlib)
	default:
		d.start(formatRaw)
	}
}

func (d *coding) start(f format) {
	d.format, d.phase = f, phaseHead
	d.dec.Reset(d.emit)
	switch f {
	case formatGzip:
		d.gzip = gzipHead{}
	case formatZlib:
		d.gzip = gzipHead{step: gzipSkip, left: 2}
	default:
		d.phase = phaseData
	}
}

// behind reads what follows the end of the data: another member of gzip goes on
// (RFC 1952 section 2.2).
func (d *coding) behind(b []byte) []byte {
	for i, ch := range b {
		d.tail++
		switch {
		case d.format != formatGzip, d.tail == 9 && ch != 0x1f, d.tail == 10 && ch != 0x8b:
			d.phase = phaseOver
			return nil
		case d.tail == 10:
			d.start(formatGzip)
			d.gzip.left -= 2
			return b[i+1:]
		}
	}
	return nil
}

// fail takes what does not decode for what it is.
func (d *coding) fail(b, all []byte) {
	d.phase = phasePlain
	if d.given {
		d.to.Broken()
	} else if !d.short {
		b = all
	}
	d.out(b)
}

// end passes bytes on that were too few to tell what they are.
func (d *coding) end() {
	if d.phase == phaseStart && len(d.kept) > 0 {
		d.phase = phasePlain
		d.out(d.kept)
	}
}

func lower(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		b += 'a' - 'A'
	}
	return b
}
