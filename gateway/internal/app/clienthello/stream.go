package clienthello

import "encoding/binary"

// MaxHello bounds what is collected of a handshake before it is given up: hellos
// with post-quantum keys and ECH are under 4 KiB, certificate chains under 16 KiB.
const MaxHello = 32 << 10

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
	for r.State == Reading && len(r.buf) >= 5 {
		kind, size := r.buf[0], int(binary.BigEndian.Uint16(r.buf[3:]))
		if kind < 20 || kind > 24 || r.buf[1] != 3 || size > 16<<10+2048 {
			r.State = NotTLS
			return
		}
		switch kind {
		case 20, 23:
			r.State = Encrypted
			return
		}
		if len(r.buf) < 5+size {
			break
		}
		if kind == 22 {
			r.hand = append(r.hand, r.buf[5:5+size]...)
		}
		r.buf = r.buf[:copy(r.buf, r.buf[5+size:])]
	}
	if len(r.buf) >= 1 && (r.buf[0] < 20 || r.buf[0] > 24) {
		r.State = NotTLS
	}
	if len(r.buf)+len(r.hand) > MaxHello {
		r.State = NotTLS
	}
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
