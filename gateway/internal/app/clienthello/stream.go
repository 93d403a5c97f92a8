package clienthello

import "encoding/binary"

// MaxHello bounds what is collected of a handshake before it is given up: hellos
// with post-quantum keys and ECH are under 4 KiB, certificate chains under 16 KiB.
const MaxHello = 32 << 10

// maxRecord is the largest fragment of a record (RFC 5246 section 6.2.3).
const maxRecord = 16<<10 + 2048

// State of one direction.
type State uint8

// States.
const (
	Reading   State = iota
	Encrypted       // ChangeCipherSpec or application data seen: nothing more to read
	NotTLS          // these bytes are not TLS records
)

// Records collects the handshake messages of one direction from TLS records
// (RFC 8446 section 5.1), however the records are cut. The zero value is ready.
type Records struct {
	State State
	buf   []byte // bytes of an unfinished record
	hand  []byte // handshake bytes not yet taken
}

// Reset makes r ready for another connection.
func (r *Records) Reset() { r.State, r.buf, r.hand = Reading, r.buf[:0], r.hand[:0] }

// Push takes the next bytes of the stream.
func (r *Records) Push(b []byte) {
	if r.State != Reading {
		return
	}
	r.buf = append(r.buf, b...)
	rest := r.buf
	for r.State == Reading && len(rest) > 0 {
		n := r.record(rest)
		if n == 0 {
			break
		}
		rest = rest[n:]
	}
	// Moved once, not for each record: tiny records must not cost more than large ones.
	r.buf = r.buf[:copy(r.buf, rest)]
	if r.State != Reading {
		r.buf = nil // nothing is added any more
	}
}

// record takes the record at the start of b and returns its size, or 0 when it
// is not whole or ends the reading.
func (r *Records) record(b []byte) int {
	if b[0] < 20 || b[0] > 24 || len(b) > 1 && b[1] != 3 {
		r.State = NotTLS
		return 0
	}
	if len(b) < 5 {
		return 0
	}
	size := int(binary.BigEndian.Uint16(b[3:]))
	switch {
	case size > maxRecord:
		r.State = NotTLS
		return 0
	case b[0] == 20 || b[0] == 23:
		r.State = Encrypted
		return 0
	case len(b) < 5+size:
		return 0
	case b[0] == 22:
		if len(r.hand)+size > MaxHello {
			r.State = NotTLS
			return 0
		}
		r.hand = append(r.hand, b[5:5+size]...)
	}
	return 5 + size
}

// Message returns the next whole handshake message, with its four-byte header,
// or nil. It is valid until the next Push.
func (r *Records) Message() []byte {
	if len(r.hand) < 4 {
		return nil
	}
	size := 4 + int(r.hand[1])<<16 + int(r.hand[2])<<8 + int(r.hand[3])
	if len(r.hand) < size {
		return nil
	}
	m := r.hand[:size:size]
	r.hand = r.hand[size:]
	return m
}
