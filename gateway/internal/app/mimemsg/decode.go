package mimemsg

// base64Decoder decodes across lines and pieces (RFC 2045 section 6.8): bytes that
// are not of the alphabet are passed over.
type base64Decoder struct {
	bits uint32
	n    uint8 // sextets in bits
	end  bool  // padding seen: the next sextet begins anew
}

// append decodes b behind dst. ok is false when b had bytes that do not belong there.
func (d *base64Decoder) append(dst, b []byte) (out []byte, ok bool) {
	ok = true
	for _, c := range b {
		v := sextets[c]
		switch {
		case c == '=':
			dst = d.flush(dst)
			d.end = true
			continue
		case v == 0xff:
			ok = ok && (c == ' ' || c == '\t' || c == '\r')
			continue
		}
		d.end = false
		d.bits = d.bits<<6 | uint32(v)
		if d.n++; d.n == 4 {
			dst = append(dst, byte(d.bits>>16), byte(d.bits>>8), byte(d.bits))
			d.n = 0
		}
	}
	return dst, ok
}

// flush decodes what is left of an unfinished group.
func (d *base64Decoder) flush(dst []byte) []byte {
	switch d.n {
	case 2:
		dst = append(dst, byte(d.bits>>4))
	case 3:
		dst = append(dst, byte(d.bits>>10), byte(d.bits>>2))
	}
	d.n = 0
	return dst
}

// sextets holds the value of each letter, 0xff for bytes outside of the alphabet.
var sextets = func() (t [256]byte) {
	for i := range t {
		t[i] = 0xff
	}
	for i, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") {
		t[c] = byte(i)
	}
	return t
}()

// qpDecoder decodes quoted-printable lines (RFC 2045 section 6.7) in pieces.
type qpDecoder struct {
	held [2]byte // an unfinished "=X"
	n    uint8
	pad  int  // white space behind an "=" that has some already
	soft bool // the line before ended in "=": no line end follows
}

// append decodes b behind dst; last tells that the line ends with b. ok is false when
// an escape is none; it is then taken as it stands.
func (d *qpDecoder) append(dst, b []byte, last bool) (out []byte, ok bool) {
	ok, d.soft = true, false
	for _, c := range b {
		switch {
		case d.n == 0 && c == '=':
			d.held[0], d.n = c, 1
		case d.n == 0:
			dst = append(dst, c)
		case d.n == 1:
			d.held[1], d.n, d.pad = c, 2, 0
		case blank(d.held[1]): // a soft break may have white space behind it
			if d.pad++; !blank(c) {
				dst, ok = append(d.flush(dst), c), false
			}
		default:
			hi, lo := nibble(d.held[1]), nibble(c)
			if hi > 15 || lo > 15 {
				dst, ok = append(dst, d.held[0], d.held[1], c), false
			} else {
				dst = append(dst, hi<<4|lo)
			}
			d.n = 0
		}
	}
	if last && d.n > 0 {
		d.soft = d.n == 1 || blank(d.held[1])
		if !d.soft {
			dst, ok = append(dst, d.held[:d.n]...), false
		}
		d.n = 0
	}
	return dst, ok
}

func (d *qpDecoder) flush(dst []byte) []byte {
	dst = append(dst, d.held[:d.n]...)
	d.n = 0
	return dst
}

func blank(c byte) bool { return c == ' ' || c == '\t' }

func nibble(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 0xff
}
