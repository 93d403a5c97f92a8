package dnp3msg

// Link frames (IEEE 1815 section 9.2).
const (
	linkHead  = 10 // with its check sum
	blockSize = 16 // of data before a check sum
	sumSize   = 2
)

// frame is the head of a link frame.
type frame struct {
	control  uint8
	dst, src uint16
}

// frameSize is the size of a frame with that length in its head.
func frameSize(length uint8) int {
	data := int(length) - 5
	return linkHead + data + (data+blockSize-1)/blockSize*sumSize
}

// crcTable is of the polynomial 0x3d65, reflected (section 9.2.4.2).
var crcTable = func() (t [256]uint16) {
	for i := range t {
		n := uint16(i)
		for range 8 {
			if n&1 != 0 {
				n = n>>1 ^ 0xa6bc
			} else {
				n >>= 1
			}
		}
		t[i] = n
	}
	return t
}()

// crc is the check sum of b.
func crc(b []byte) uint16 {
	var n uint16
	for _, c := range b {
		n = n>>8 ^ crcTable[byte(n)^c]
	}
	return ^n
}

// summed tells that the two bytes behind n bytes are their check sum.
func summed(b []byte, n int) bool {
	s := crc(b[:n])
	return b[n] == byte(s) && b[n+1] == byte(s>>8)
}

// blocks adds the data of a frame to dst without its check sums.
func blocks(dst, b []byte) (data []byte, ok bool) {
	ok = true
	for len(b) > sumSize {
		n := min(blockSize, len(b)-sumSize)
		ok = ok && summed(b, n)
		dst = append(dst, b[:n]...)
		b = b[n+sumSize:]
	}
	return dst, ok
}
