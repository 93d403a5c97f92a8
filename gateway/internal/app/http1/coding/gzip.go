package coding

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
