package inflate

import "errors"

// ErrCorrupt tells that the data is not DEFLATE.
var ErrCorrupt = errors.New("inflate: corrupt data")

// ErrStopped tells that the function that takes the plain bytes wanted no more.
var ErrStopped = errors.New("inflate: stopped")

// window is how far back a match may reach (RFC 1951 section 2).
const window = 32 << 10

type state uint8

const (
	stBlock state = iota
	stStoredLen
	stStored
	stCounts
	stOrder
	stLengths
	stCodes
	stDone
)

// Decoder undoes one stream. Reset must be called before the first use.
type Decoder struct {
	emit func([]byte) bool
	err  error

	in    []byte
	bits  uint64
	nbits uint

	state    state
	final    bool
	stored   int // bytes left of a stored block
	nlit     int
	ndist    int
	norder   int
	read     int // code lengths read
	lens     [maxLit + 32]uint8
	lit, dst huffman

	buf        [2 * window]byte
	pos, given int  // in buf
	wrapped    bool // everything before pos is history
}

// Reset begins another stream. Plain bytes are given to emit, which returns false
// to stop; they are good until it returns.
func (d *Decoder) Reset(emit func(b []byte) bool) {
	d.emit, d.err, d.in = emit, nil, nil
	d.bits, d.nbits, d.state, d.final = 0, 0, stBlock, false
	d.pos, d.given, d.wrapped = 0, 0, false
}

// Done tells that the stream has ended.
func (d *Decoder) Done() bool { return d.state == stDone }

// Write takes the next compressed bytes and returns how many belong to the
// stream: less than all only at its end. Plain bytes that come out of in before an
// error in it are not given, unless they did not fit into the window.
func (d *Decoder) Write(in []byte) (int, error) {
	if d.err != nil {
		return 0, d.err
	}
	d.in = in
	ok := true
	for ok && d.err == nil && d.state != stDone {
		ok = d.step()
	}
	used := len(in) - len(d.in)
	d.in = nil
	if d.state == stDone {
		used = max(0, used-int(d.nbits/8))
		d.bits, d.nbits = 0, 0
	}
	if d.err == nil {
		d.flush()
	}
	return used, d.err
}

// step does one thing. It returns false when it needs more bytes.
func (d *Decoder) step() bool {
	switch d.state {
	case stBlock:
		return d.block()
	case stStoredLen:
		return d.storedLen()
	case stStored:
		return d.copyStored()
	case stCounts:
		return d.counts()
	case stOrder:
		return d.orders()
	case stLengths:
		return d.lengths()
	default:
		return d.codes()
	}
}

func (d *Decoder) fail() bool {
	d.err = ErrCorrupt
	return false
}

// fill loads bits until there are n of them or no more bytes.
func (d *Decoder) fill(n uint) bool {
	for d.nbits < n && len(d.in) > 0 {
		d.bits |= uint64(d.in[0]) << d.nbits
		d.nbits += 8
		d.in = d.in[1:]
	}
	return d.nbits >= n
}

func (d *Decoder) take(n uint) int {
	v := d.bits & (1<<n - 1)
	d.bits >>= n
	d.nbits -= n
	return int(v)
}

func (d *Decoder) block() bool {
	if d.final {
		d.state = stDone
		return false
	}
	if !d.fill(3) {
		return false
	}
	d.final = d.take(1) == 1
	switch d.take(2) {
	case 0:
		d.take(d.nbits & 7)
		d.state = stStoredLen
	case 1:
		d.lit.build(fixedLens[:], false)
		d.dst.build(fixedDist[:], false)
		d.state = stCodes
	case 2:
		d.state = stCounts
	default:
		return d.fail()
	}
	return true
}

func (d *Decoder) storedLen() bool {
	if !d.fill(32) {
		return false
	}
	n := d.take(16)
	if n != d.take(16)^0xffff {
		return d.fail()
	}
	d.stored, d.state = n, stStored
	return true
}

func (d *Decoder) copyStored() bool {
	for d.stored > 0 && d.nbits >= 8 {
		d.put(byte(d.take(8)))
		d.stored--
	}
	for d.stored > 0 && len(d.in) > 0 {
		n := copy(d.buf[d.pos:], d.in[:min(d.stored, len(d.in))])
		d.in, d.stored = d.in[n:], d.stored-n
		d.advance(n)
	}
	if d.stored > 0 {
		return false
	}
	d.state = stBlock
	return d.err == nil
}

func (d *Decoder) counts() bool {
	if !d.fill(14) {
		return false
	}
	d.nlit, d.ndist, d.norder = d.take(5)+257, d.take(5)+1, d.take(4)+4
	if d.nlit > maxLitCodes || d.ndist > maxDist {
		return d.fail()
	}
	d.read, d.state = 0, stOrder
	d.lens = [maxLit + 32]uint8{}
	return true
}

func (d *Decoder) orders() bool {
	for ; d.read < d.norder; d.read++ {
		if !d.fill(3) {
			return false
		}
		d.lens[order[d.read]] = uint8(d.take(3))
	}
	if !d.lit.build(d.lens[:numOrder], false) {
		return d.fail()
	}
	d.lens = [maxLit + 32]uint8{}
	d.read, d.state = 0, stLengths
	return true
}

// lengths reads the code lengths of a dynamic block (section 3.2.7).
func (d *Decoder) lengths() bool {
	for d.read < d.nlit+d.ndist {
		d.fill(14)
		s, n := d.lit.decode(d.bits)
		if n == 0 {
			return d.fail()
		}
		extra, base := uint(0), 0
		switch s {
		case 16:
			extra, base = 2, 3
		case 17:
			extra, base = 3, 3
		case 18:
			extra, base = 7, 11
		}
		if n+extra > d.nbits {
			return false
		}
		d.take(n)
		if s < 16 {
			d.lens[d.read] = uint8(s)
			d.read++
			continue
		}
		if !d.repeat(s, base+d.take(extra)) {
			return d.fail()
		}
	}
	if d.lens[endOfBlock] == 0 || !d.lit.build(d.lens[:d.nlit], true) || !d.dst.build(d.lens[d.nlit:d.nlit+d.ndist], true) {
		return d.fail()
	}
	d.state = stCodes
	return true
}

func (d *Decoder) repeat(s uint, n int) bool {
	var v uint8
	if s == 16 {
		if d.read == 0 {
			return false
		}
		v = d.lens[d.read-1]
	}
	if d.read+n > d.nlit+d.ndist {
		return false
	}
	for ; n > 0; n-- {
		d.lens[d.read] = v
		d.read++
	}
	return true
}

// longest is a length code with its extra bits and a distance code with its.
const longest = 15 + 5 + 15 + 13

// codes reads literals and matches (section 3.2.3) until the block or the data ends.
func (d *Decoder) codes() bool {
	for d.err == nil {
		d.fill(longest)
		s, n := d.lit.decode(d.bits)
		switch {
		case n == 0 && d.nbits < maxBits, n > d.nbits:
			return false
		case n == 0:
			return d.fail()
		case s < endOfBlock:
			d.take(n)
			d.put(byte(s))
			continue
		case s == endOfBlock:
			d.take(n)
			d.state = stBlock
			return true
		case s-257 >= uint(len(lenBase)):
			return d.fail()
		}
		if !d.match(s-257, n) {
			return false
		}
	}
	return false
}

// match reads the rest of a match whose length code is l, n bits long, when all
// its bits are there.
func (d *Decoder) match(l, n uint) bool {
	bits, used := d.bits>>n, n
	length := int(lenBase[l]) + int(bits&(1<<lenExtra[l]-1))
	bits, used = bits>>lenExtra[l], used+uint(lenExtra[l])
	s, n := d.dst.decode(bits)
	switch {
	case n == 0 && d.nbits < used+maxBits, used+n > d.nbits:
		return false
	case n == 0, s >= maxDist:
		return d.fail()
	}
	bits, used = bits>>n, used+n+uint(distExtra[s])
	if used > d.nbits {
		return false
	}
	dist := int(distBase[s]) + int(bits&(1<<distExtra[s]-1))
	if dist > d.pos && !d.wrapped || dist > window {
		return d.fail()
	}
	d.take(used)
	d.copyBack(dist, length)
	return d.err == nil
}

func (d *Decoder) put(b byte) {
	d.buf[d.pos] = b
	d.advance(1)
}

func (d *Decoder) copyBack(dist, length int) {
	for length > 0 {
		n := min(length, len(d.buf)-d.pos)
		for i := d.pos; i < d.pos+n; i++ {
			d.buf[i] = d.buf[i-dist]
		}
		length -= n
		d.advance(n)
	}
}

// advance goes on in the buffer. At its end it gives what is there and keeps a
// window of history at its front.
func (d *Decoder) advance(n int) {
	if d.pos += n; d.pos < len(d.buf) {
		return
	}
	d.flush()
	copy(d.buf[:window], d.buf[window:])
	d.pos, d.given, d.wrapped = window, window, true
}

func (d *Decoder) flush() {
	if d.given < d.pos && d.err == nil && !d.emit(d.buf[d.given:d.pos]) {
		d.err = ErrStopped
	}
	d.given = d.pos
}
