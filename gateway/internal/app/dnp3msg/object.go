package dnp3msg

import "otasuke/gateway/internal/app/octets"

const (
	// maxObjects and maxPoints of a message are read.
	maxObjects = 64
	maxPoints  = 4096
)

// object is the head of one (IEEE 1815 section 4.2.2.7).
type object struct {
	group, variation  uint8
	prefix, rangeCode uint8
	qualifier         uint8
	start, stop       uint32
	count             uint32
}

// bits are the sizes of points in bits, by group and variation (appendix A).
var bits = map[[2]uint8]int{{1, 1}: 1, {1, 2}: 8, {2, 1}: 8, {2, 2}: 56, {2, 3}: 24, {3, 1}: 2, {3, 2}: 8, {4, 1}: 8, {4, 2}: 56, {4, 3}: 24, {10, 1}: 1, {10, 2}: 8,
	{11, 1}: 8, {11, 2}: 56, {12, 1}: 88, {13, 1}: 8, {13, 2}: 56, {20, 1}: 40, {20, 2}: 24, {20, 5}: 32, {20, 6}: 16, {21, 1}: 40, {21, 2}: 24, {21, 5}: 88, {21, 6}: 72,
	{21, 9}: 32, {21, 10}: 16, {22, 1}: 40, {22, 2}: 24, {22, 5}: 88, {22, 6}: 72, {23, 1}: 40, {23, 2}: 24, {23, 5}: 88, {23, 6}: 72, {30, 1}: 40, {30, 2}: 24,
	{30, 3}: 32, {30, 4}: 16, {30, 5}: 40, {30, 6}: 72, {32, 1}: 40, {32, 2}: 24, {32, 3}: 88, {32, 4}: 72, {32, 5}: 40, {32, 6}: 72, {32, 7}: 88, {32, 8}: 120,
	{34, 1}: 16, {34, 2}: 32, {34, 3}: 32, {40, 1}: 40, {40, 2}: 24, {40, 3}: 40, {40, 4}: 72, {41, 1}: 40, {41, 2}: 24, {41, 3}: 40, {41, 4}: 72, {42, 1}: 40, {42, 2}: 24,
	{42, 3}: 88, {42, 4}: 72, {50, 1}: 48, {50, 2}: 80, {50, 3}: 48, {50, 4}: 88, {51, 1}: 48, {51, 2}: 48, {52, 1}: 16, {52, 2}: 16, {80, 1}: 1, {60, 1}: 0, {60, 2}: 0,
	{60, 3}: 0, {60, 4}: 0}

// prefixSizes of points by the prefix code (section 4.2.2.7.3.2).
var prefixSizes = [...]int{0, 1, 2, 4, 1, 2, 4, 0}

// readObjects reads the objects of a message. event is what is wrong with them, "" for
// nothing. with tells that points follow their heads, as they do except in questions.
func readObjects(c *octets.Cursor, with bool) (list []object, event string) {
	for c.Len() > 0 {
		if len(list) >= maxObjects {
			return list, "too_many_objects"
		}
		o := object{group: c.U8(), variation: c.U8(), qualifier: c.U8()}
		o.prefix, o.rangeCode = o.qualifier>>4&7, o.qualifier&15
		if !o.readRange(c) || !c.OK() {
			return list, ""
		}
		list = append(list, o)
		if o.count > maxPoints {
			return list, "too_many_points"
		}
		if !with || o.rangeCode == 6 {
			continue
		}
		size, known := bits[[2]uint8{o.group, o.variation}]
		if !known && o.group == 110 {
			size, known = 8*int(o.variation), true // octet strings, their length is the variation
		}
		if !known {
			return list, "unknown_object"
		}
		c.Skip((size*int(o.count)+7)/8 + prefixSizes[o.prefix]*int(o.count))
	}
	return list, ""
}

// readRange reads where the points of an object are (section 4.2.2.7.3.3). False means that
// it cannot be.
func (o *object) readRange(c *octets.Cursor) bool {
	switch o.rangeCode {
	case 0, 3:
		o.start, o.stop = uint32(c.U8()), uint32(c.U8())
	case 1, 4:
		o.start, o.stop = uint32(c.U16LE()), uint32(c.U16LE())
	case 2, 5:
		o.start, o.stop = c.U32LE(), c.U32LE()
	case 6:
		return true
	case 7:
		o.count = uint32(c.U8())
		return true
	case 8:
		o.count = uint32(c.U16LE())
		return true
	case 9:
		o.count = c.U32LE()
		return true
	case 11:
		o.count = uint32(c.U8())
		return true
	default:
		return false
	}
	if o.stop < o.start {
		return false
	}
	o.count = min(o.stop-o.start, 1<<30) + 1
	return true
}
