package dcerpc

// Answer is what recognition says of the first bytes of a direction.
type Answer uint8

// Answers.
const (
	No Answer = iota
	More
	Yes
)

// Probe judges the first bytes of a TCP direction: a header of version 5. With fewer
// than its 10 bytes that say most it cannot tell.
func Probe(b []byte) Answer {
	if len(b) > 0 && b[0] != 5 || len(b) > 1 && b[1] > 1 || len(b) > 2 && b[2] > Orphaned {
		return No
	}
	if len(b) < 10 {
		return More
	}
	size := uint16(b[8])<<8 | uint16(b[9])
	if b[4]&0x10 != 0 {
		size = uint16(b[9])<<8 | uint16(b[8])
	}
	if b[4]&0xee != 0 || b[5] > 3 || size < HeaderSize {
		return No
	}
	return Yes
}

// ProbeDatagram judges a datagram.
func ProbeDatagram(b []byte) bool {
	return len(b) >= datagramHeader && b[0] == 4 && b[1] <= 10 && b[3]&0xfc == 0 && b[4]&0xee == 0 && b[5] <= 3
}
