package octets

import "encoding/binary"

// Cursor walks over bytes. Numbers are read most significant byte first unless the
// method's name ends in LE.
type Cursor struct {
	b      []byte
	at     int
	failed bool
}

// New walks over b.
func New(b []byte) Cursor { return Cursor{b: b} }

// OK tells that all that was asked for was there.
func (c *Cursor) OK() bool { return !c.failed }

// Fail marks the cursor as failed, for what cannot be as the message says.
func (c *Cursor) Fail() { c.failed, c.at = true, len(c.b) }

// Len is the number of bytes ahead.
func (c *Cursor) Len() int { return len(c.b) - c.at }

// At is the number of bytes behind.
func (c *Cursor) At() int { return c.at }

// Rest takes all bytes ahead.
func (c *Cursor) Rest() []byte { return c.Take(c.Len()) }

// Take takes n bytes; nil when they are not there.
func (c *Cursor) Take(n int) []byte {
	if n < 0 || n > c.Len() {
		c.Fail()
		return nil
	}
	b := c.b[c.at : c.at+n : c.at+n]
	c.at += n
	return b
}

// Sub takes n bytes as a cursor of their own.
func (c *Cursor) Sub(n int) Cursor {
	s := Cursor{b: c.Take(n)}
	s.failed = c.failed
	return s
}

// Skip passes over n bytes.
func (c *Cursor) Skip(n int) { c.Take(n) }

// Peek returns up to n bytes ahead without taking them.
func (c *Cursor) Peek(n int) []byte { return c.b[c.at:min(len(c.b), c.at+n)] }

var zeros [8]byte

func (c *Cursor) num(n int) []byte {
	if b := c.Take(n); b != nil {
		return b
	}
	return zeros[:n]
}

// U8 takes a byte.
func (c *Cursor) U8() uint8 { return c.num(1)[0] }

// U16 takes 2 bytes.
func (c *Cursor) U16() uint16 { return binary.BigEndian.Uint16(c.num(2)) }

// U32 takes 4 bytes.
func (c *Cursor) U32() uint32 { return binary.BigEndian.Uint32(c.num(4)) }

// U64 takes 8 bytes.
func (c *Cursor) U64() uint64 { return binary.BigEndian.Uint64(c.num(8)) }

// U16LE takes 2 bytes, least significant first.
func (c *Cursor) U16LE() uint16 { return binary.LittleEndian.Uint16(c.num(2)) }

// U32LE takes 4 bytes, least significant first.
func (c *Cursor) U32LE() uint32 { return binary.LittleEndian.Uint32(c.num(4)) }

// U64LE takes 8 bytes, least significant first.
func (c *Cursor) U64LE() uint64 { return binary.LittleEndian.Uint64(c.num(8)) }
