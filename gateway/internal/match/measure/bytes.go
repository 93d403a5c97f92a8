package measure

import "otasuke/rule"

// Number is that of up to eight bytes, as byte_test and its kin read it.
func Number(b []byte, r *rule.ByteRead) (v uint64) {
	for i, c := range b {
		if r.Endian == rule.BigEndian {
			v = v<<8 | uint64(c)
		} else { // DCE/RPC over SMB is little-endian in practice
			v |= uint64(c) << (8 * i)
		}
	}
	if r.Bitmask != 0 {
		v &= r.Bitmask
		for m := r.Bitmask; m&1 == 0; m >>= 1 {
			v >>= 1
		}
	}
	return v
}

// Compare tells whether two numbers stand so to each other (byte_test), without a sign.
func Compare(op rule.Op, v, w uint64) bool {
	switch op {
	case rule.OpLess:
		return v < w
	case rule.OpLessEqual:
		return v <= w
	case rule.OpGreater:
		return v > w
	case rule.OpGreaterEqual:
		return v >= w
	}
	return op.Match(int64(v), int64(w))
}

// Calculate does what byte_math asks for; ok is false where it would divide by zero.
func Calculate(oper byte, v, w uint64) (result uint64, ok bool) {
	switch oper {
	case '+':
		v += w
	case '-':
		v -= w
	case '*':
		v *= w
	case '/':
		if w == 0 {
			return 0, false
		}
		v /= w
	case '<':
		v <<= min(w, 64)
	case '>':
		v >>= min(w, 64)
	}
	return v, true
}
