package inflate

// The alphabets of RFC 1951 section 3.2.
const (
	maxBits     = 15
	maxLitCodes = 286
	maxLit      = 288
	maxDist     = 30
	numOrder    = 19
	fastBits    = 9
	endOfBlock  = 256
)

// order is that of the code length codes (section 3.2.7).
var order = [numOrder]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// Lengths and distances with their extra bits (section 3.2.5).
var (
	lenBase   = [29]uint16{3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258}
	lenExtra  = [29]uint8{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0}
	distBase  = [30]uint16{1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577}
	distExtra = [30]uint8{0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13}
)

// huffman is a canonical code: a table for short codes, counts for long ones.
type huffman struct {
	fast  [1 << fastBits]uint16 // symbol<<4 | bits, 0 for none
	count [maxBits + 1]uint16
	sym   [maxLit]uint16
}

// build makes the code from the lengths of its symbols. An incomplete code is
// good only with a single symbol, or with none (section 3.2.7); lone tells that.
func (h *huffman) build(lens []uint8, lone bool) bool {
	h.count = [maxBits + 1]uint16{}
	for _, n := range lens {
		h.count[n]++
	}
	h.count[0] = 0
	left, used := 1, 0
	for n := 1; n <= maxBits; n++ {
		left = left<<1 - int(h.count[n])
		used += int(h.count[n])
		if left < 0 {
			return false
		}
	}
	if left > 0 && (!lone || used > 1 || used == 1 && h.count[1] != 1) {
		return false
	}
	h.fill(lens)
	return true
}

func (h *huffman) fill(lens []uint8) {
	var next, at [maxBits + 2]uint16
	for n := 1; n <= maxBits; n++ {
		at[n+1] = at[n] + h.count[n]
		next[n+1] = (next[n] + h.count[n]) << 1
	}
	h.fast = [1 << fastBits]uint16{}
	for s, n := range lens {
		if n == 0 {
			continue
		}
		h.sym[at[n]] = uint16(s)
		at[n]++
		code := next[n]
		next[n]++
		if n > fastBits {
			continue
		}
		for i := int(reverse(code, n)); i < 1<<fastBits; i += 1 << n {
			h.fast[i] = uint16(s)<<4 | uint16(n)
		}
	}
}

func reverse(code uint16, n uint8) (r uint16) {
	for ; n > 0; n-- {
		r, code = r<<1|code&1, code>>1
	}
	return r
}

// decode reads a symbol from the low bits. n is its length, 0 when no code
// matches; it may be more than there are bits.
func (h *huffman) decode(bits uint64) (s, n uint) {
	if e := h.fast[bits&(1<<fastBits-1)]; e != 0 {
		return uint(e >> 4), uint(e & 15)
	}
	code, first, index := 0, 0, 0
	for n = 1; n <= maxBits; n++ {
		code |= int(bits & 1)
		bits >>= 1
		count := int(h.count[n])
		if code-count < first {
			return uint(h.sym[index+code-first]), n
		}
		index += count
		first = (first + count) << 1
		code <<= 1
	}
	return 0, 0
}

var fixedLens = func() (l [maxLit]uint8) {
	for i := range l {
		switch {
		case i < 144:
			l[i] = 8
		case i < 256:
			l[i] = 9
		case i < 280:
			l[i] = 7
		default:
			l[i] = 8
		}
	}
	return l
}()

var fixedDist = func() (l [32]uint8) {
	for i := range l {
		l[i] = 5
	}
	return l
}()
