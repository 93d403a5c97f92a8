package ber

import "errors"

// Errors.
var (
	// ErrShort tells that bytes are missing.
	ErrShort = errors.New("ber: the value is not whole")
	// ErrForm tells that the bytes are no value of the expected kind.
	ErrForm = errors.New("ber: not the expected value")
)

// Tags of universal types (X.680 section 8.6), with the bit of constructed ones.
const (
	Boolean     = 0x01
	Integer     = 0x02
	BitString   = 0x03
	OctetString = 0x04
	Null        = 0x05
	OID         = 0x06
	Enumerated  = 0x0a
	Sequence    = 0x30
	Set         = 0x31
)

// Context makes the tag of a context-specific value; constructed tells its form.
func Context(n byte, constructed bool) byte {
	if constructed {
		return 0xa0 | n
	}
	return 0x80 | n
}

// Header reads tag and length. head is their size and size that of the contents, which
// need not be there.
func Header(b []byte) (tag byte, head, size int, err error) {
	if len(b) < 2 {
		return 0, 0, 0, ErrShort
	}
	tag, head, size = b[0], 2, int(b[1])
	if tag&0x1f == 0x1f {
		return 0, 0, 0, ErrForm
	}
	if size&0x80 == 0 {
		return tag, head, size, nil
	}
	n := size & 0x7f
	if n == 0 || n > 4 {
		return 0, 0, 0, ErrForm
	}
	if len(b) < head+n {
		return 0, 0, 0, ErrShort
	}
	size = 0
	for _, c := range b[head : head+n] {
		size = size<<8 | int(c)
	}
	return tag, head + n, size, nil
}

// Reader walks over values. After a failure it stays failed and gives nothing.
type Reader struct {
	b   []byte
	err error
}

// New walks over b.
func New(b []byte) *Reader { return &Reader{b: b} }

// Err is the first failure.
func (r *Reader) Err() error { return r.err }

// More tells that values are ahead.
func (r *Reader) More() bool { return r.err == nil && len(r.b) > 0 }

// Left are the bytes ahead.
func (r *Reader) Left() []byte { return r.b }

// Fail makes the reader fail.
func (r *Reader) Fail(err error) {
	if r.err == nil {
		r.err, r.b = err, nil
	}
}

// Tag is the next value's tag, 0 at the end.
func (r *Reader) Tag() byte {
	if len(r.b) == 0 {
		return 0
	}
	return r.b[0]
}

// Any takes the next value.
func (r *Reader) Any() (tag byte, contents []byte) {
	if r.err != nil {
		return 0, nil
	}
	tag, head, size, err := Header(r.b)
	if err == nil && size > len(r.b)-head {
		err = ErrShort
	}
	if err != nil {
		r.Fail(err)
		return 0, nil
	}
	contents = r.b[head : head+size : head+size]
	r.b = r.b[head+size:]
	return tag, contents
}

// Take takes a value that must have the tag.
func (r *Reader) Take(tag byte) []byte {
	if r.err == nil && len(r.b) > 0 && r.b[0] != tag {
		r.Fail(ErrForm)
	}
	_, contents := r.Any()
	return contents
}

// In takes a constructed value that must have the tag and walks over its contents; the
// failure of one is seen in the other by [Reader.Join].
func (r *Reader) In(tag byte) *Reader {
	contents := r.Take(tag)
	return &Reader{b: contents, err: r.err}
}

// Join takes over the failure of a part.
func (r *Reader) Join(part *Reader) {
	if part.err != nil {
		r.Fail(part.err)
	}
}

// Optional takes a value when it has the tag.
func (r *Reader) Optional(tag byte) (contents []byte, there bool) {
	if r.err != nil || len(r.b) == 0 || r.b[0] != tag {
		return nil, false
	}
	contents = r.Take(tag)
	return contents, r.err == nil
}

// Int takes an integer with the tag.
func (r *Reader) Int(tag byte) int64 {
	n, err := Int(r.Take(tag))
	if err != nil {
		r.Fail(err)
	}
	return n
}

// Int reads the contents of an integer of at most 8 bytes.
func Int(b []byte) (int64, error) {
	if len(b) == 0 || len(b) > 8 {
		return 0, ErrForm
	}
	n := int64(int8(b[0]))
	for _, c := range b[1:] {
		n = n<<8 | int64(c)
	}
	return n, nil
}

// AppendOID writes the contents of an object identifier in dots. It reports failure where
// the last number has no end or one does not fit in 64 bits.
func AppendOID(dst, b []byte) ([]byte, bool) {
	if len(b) == 0 || b[len(b)-1]&0x80 != 0 {
		return dst, false
	}
	var n uint64
	first := true
	for _, c := range b {
		if n>>57 != 0 {
			return dst, false
		}
		n = n<<7 | uint64(c&0x7f)
		if c&0x80 != 0 {
			continue
		}
		if first {
			top := min(n/40, 2)
			dst = appendUint(dst, top)
			n -= 40 * top
			first = false
		}
		dst = appendUint(dst, n)
		n = 0
	}
	return dst, true
}

// appendUint adds a number, behind a dot unless it is the first.
func appendUint(dst []byte, n uint64) []byte {
	if len(dst) > 0 {
		dst = append(dst, '.')
	}
	var digits [20]byte
	i := len(digits)
	for {
		i--
		digits[i] = byte('0' + n%10)
		if n /= 10; n == 0 {
			return append(dst, digits[i:]...)
		}
	}
}
