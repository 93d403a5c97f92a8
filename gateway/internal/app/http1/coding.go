package http1

import (
	"bytes"
	"errors"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/http1/inflate"
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
	c    *Conn
	dir  int
	x    *exchange
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

// release gives the decoders of a message back.
func (c *Conn) release(m *message) {
	p := c.cfg.Pool
	for i, d := range m.codings {
		if d.br != nil {
			p.brotlis--
		}
		d.c, d.x, d.next, d.br = nil, nil, nil, nil
		if len(p.free) < keepCodings {
			p.free = append(p.free, d)
		}
		m.codings[i] = nil
	}
	m.codings = m.codings[:0]
}

// pushCoding adds a decoder in front of the others of a message.
func (c *Conn) pushCoding(dir int, x *exchange, m *message, brotli bool) {
	d := c.cfg.Pool.get()
	d.c, d.dir, d.x = c, dir, x
	d.phase, d.format, d.kept, d.short, d.given, d.tail = phaseStart, formatNone, d.kept[:0], false, false, 0
	if d.br = nil; brotli {
		if d.br = c.cfg.Pool.brotli(); d.br == nil {
			d.phase = phasePlain
		}
	}
	if len(m.codings) > 0 {
		d.next = m.codings[0]
	}
	m.codings = append(m.codings, nil)
	copy(m.codings[1:], m.codings)
	m.codings[0] = d
}

// requestCodings makes ready to decode the body of a request: one coding is undone.
func (c *Conn) requestCodings(x *exchange, m *message) {
	v := m.get(hdrContentEncoding)
	if isCoding(v, "gzip") || isCoding(v, "deflate") {
		c.pushCoding(app.ToServer, x, m, false)
	}
}

// responseCodings makes ready to decode the body of a response.
func (c *Conn) responseCodings(x *exchange, m *message) {
	v := m.get(hdrContentEncoding)
	if v == nil {
		return
	}
	if isCoding(v, "gzip") || isCoding(v, "deflate") {
		c.pushCoding(app.ToClient, x, m, false)
		return
	}
	layers := 0
	for len(v) > 0 {
		var token []byte
		if token, v = cutToken(v); len(token) == 0 {
			continue
		}
		if layers++; layers > c.cfg.Layers {
			c.event(x, app.ToClient, evTooManyLayers)
			return
		}
		c.responseCoding(x, m, token)
	}
}

func (c *Conn) responseCoding(x *exchange, m *message, token []byte) {
	for _, name := range [...]string{"gzip", "deflate"} {
		if bytes.Contains(bytes.ToLower(token), []byte(name)) {
			if !isCoding(token, name) {
				c.event(x, app.ToClient, evAbnormalCE)
			}
			c.pushCoding(app.ToClient, x, m, false)
			return
		}
	}
	switch {
	case bytes.EqualFold(token, []byte("br")):
		c.pushCoding(app.ToClient, x, m, true)
	case bytes.EqualFold(token, []byte("lzma")), bytes.EqualFold(token, []byte("identity")),
		bytes.EqualFold(token, []byte("inflate")), bytes.EqualFold(token, []byte("none")):
	default:
		c.event(x, app.ToClient, evAbnormalCE)
	}
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
	return d.c.plain(d.dir, d.x, b)
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
		d.c.event(d.x, d.dir, evGzip)
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

// gzipHead passes the header of gzip (RFC 1952 section 2.3), whatever is wrong in it.
type gzipHead struct {
	step  gzipStep
	flags byte
	left  int // bytes to skip; 0 at the start stands for the 10 of the fixed part
	seen  int
	extra int
}

type gzipStep uint8

const (
	gzipFixed gzipStep = iota
	gzipExtraLen
	gzipExtra
	gzipName
	gzipComment
	gzipCRC
	gzipSkip
	gzipDone
)

// skip passes bytes of the header. done tells that it ended.
func (g *gzipHead) skip(b []byte) (n int, done bool) {
	for g.step != gzipDone {
		if g.pass() {
			continue
		}
		if n == len(b) {
			return n, false
		}
		g.take(b[n])
		n++
	}
	return n, true
}

// pass goes over parts that are not there.
func (g *gzipHead) pass() bool {
	switch {
	case g.step == gzipExtraLen && g.flags&4 == 0:
		g.step = gzipName
	case g.step == gzipExtra && g.extra == 0:
		g.step = gzipName
	case g.step == gzipName && g.flags&8 == 0:
		g.step = gzipComment
	case g.step == gzipComment && g.flags&16 == 0:
		g.step, g.seen = gzipCRC, 0
	case g.step == gzipCRC && g.flags&2 == 0:
		g.step = gzipDone
	case g.step == gzipSkip && g.left == 0:
		g.step = gzipDone
	default:
		return false
	}
	return true
}

func (g *gzipHead) take(ch byte) {
	g.seen++
	switch g.step {
	case gzipFixed:
		if g.seen-g.left == 4 {
			g.flags = ch
		}
		if g.seen-g.left == 10 {
			g.step, g.seen = gzipExtraLen, 0
		}
	case gzipExtraLen:
		g.extra |= int(ch) << (8 * (g.seen - 1))
		if g.seen == 2 {
			g.step = gzipExtra
		}
	case gzipExtra:
		g.extra--
	case gzipName:
		if ch == 0 {
			g.step = gzipComment
		}
	case gzipComment:
		if ch == 0 {
			g.step, g.seen = gzipCRC, 0
		}
	case gzipCRC:
		if g.seen == 2 {
			g.step = gzipDone
		}
	case gzipSkip:
		g.left--
	}
}
