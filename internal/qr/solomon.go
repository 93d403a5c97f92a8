package qr

// The field of 256 elements modulo x^8+x^4+x^3+x^2+1 (7.5.2).
var exp, log = func() (exp [512]byte, log [256]int) {
	x := 1
	for i := range 255 {
		exp[i], exp[i+255], log[x] = byte(x), byte(x), i
		if x <<= 1; x > 255 {
			x ^= 0x11d
		}
	}
	return exp, log
}()

func times(a, b byte) byte {
	if a == 0 || b == 0 {
		return 0
	}
	return exp[log[a]+log[b]]
}

// check computes n check codewords of a block: the remainder by the polynomial with the
// roots 2^0 … 2^(n-1).
func check(data []byte, n int) []byte {
	gen := make([]byte, n) // without the leading 1, highest power first
	gen[n-1] = 1
	for i := range n {
		for j := range n {
			gen[j] = times(gen[j], exp[i])
			if j+1 < n {
				gen[j] ^= gen[j+1]
			}
		}
	}
	rest := make([]byte, n)
	for _, d := range data {
		factor := d ^ rest[0]
		copy(rest, rest[1:])
		rest[n-1] = 0
		for i := range rest {
			rest[i] ^= times(gen[i], factor)
		}
	}
	return rest
}
