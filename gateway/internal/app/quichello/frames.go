package quichello

import (
	"encoding/binary"

	"golang.org/x/crypto/cryptobyte"
)

// Limits.
const (
	// maxCrypto bounds the hello that is put together: Suricata's own limit.
	maxCrypto = 65535
	// maxSpans bounds the parts that do not touch: clients that scatter their hello on
	// purpose send some twenty frames in all.
	maxSpans = 256
	// maxTags bounds the tags of a hello of Google's QUIC: real ones have some thirty.
	maxTags = 256
)

// frameSink takes what frames hold.
type frameSink struct {
	crypto *crypto
	tags   [][]tag // of each STREAM frame that is a hello
	long   bool    // a CRYPTO frame is beyond what is kept
}

// frames reads those of an Initial packet (RFC 9000 section 12.4), of Google's QUIC, too.
// Frames of other types end the reading. False means that one is broken.
func (f *frameSink) frames(b []byte) bool {
	s := cryptobyte.String(b)
	for !s.Empty() {
		kind := s[0]
		s = s[1:]
		switch {
		case kind&0x80 != 0:
			if !f.stream(&s, kind) {
				return false
			}
		case kind <= 1: // padding, ping
		case kind <= 3:
			if !skipAck(&s, kind == 3) {
				return false
			}
		case kind == 6:
			if !f.cryptoFrame(&s) {
				return false
			}
		default:
			return true
		}
	}
	return true
}

func skipAck(s *cryptobyte.String, ecn bool) bool {
	_, ok1 := varint(s)
	_, ok2 := varint(s)
	ranges, ok3 := varint(s)
	n := 1 + 2*ranges
	if ecn {
		n += 3
	}
	if !ok1 || !ok2 || !ok3 || ranges > uint64(len(*s)) {
		return false
	}
	for range n {
		if _, ok := varint(s); !ok {
			return false
		}
	}
	return true
}

func (f *frameSink) cryptoFrame(s *cryptobyte.String) bool {
	off, ok1 := varint(s)
	size, ok2 := varint(s)
	if !ok1 || !ok2 || size > uint64(len(*s)) {
		return false
	}
	data := (*s)[:size]
	s.Skip(int(size))
	if off+size >= maxCrypto || !f.crypto.fill(int(off), data) {
		f.long = true
	}
	return true
}

// stream reads a STREAM frame of Google's QUIC: its type says how long its fields are.
func (f *frameSink) stream(s *cryptobyte.String, kind byte) bool {
	offset := int(kind >> 2 & 7)
	if offset > 0 {
		offset++
	}
	var data cryptobyte.String
	if !s.Skip(int(kind&3) + 1 + offset) {
		return false
	}
	if kind&0x20 != 0 {
		if !s.ReadUint16LengthPrefixed(&data) {
			return false
		}
	} else {
		n := len(*s) & 0xffff
		data = (*s)[:n]
		s.Skip(n)
	}
	if tags := parseTags(data); tags != nil {
		f.tags = append(f.tags, tags)
	}
	return true
}

// tag is a field of a hello of Google's QUIC.
type tag struct {
	name  string
	value []byte
}

// parseTags reads a client's hello: a list of names and ends, then the values. Anything
// else is nil.
func parseTags(b []byte) []tag {
	if len(b) < 8 || string(b[:4]) != "CHLO" {
		return nil
	}
	n := int(binary.LittleEndian.Uint16(b[4:]))
	list := b[8:]
	if n > maxTags || len(list) < 8*n {
		return nil
	}
	values := list[8*n:]
	tags := make([]tag, 0, n)
	from := uint32(0)
	for i := range n {
		e := list[8*i:]
		to := binary.LittleEndian.Uint32(e[4:])
		if to < from || to > uint32(len(values)) {
			return nil
		}
		name := e[:4]
		for len(name) > 0 && name[len(name)-1] == 0 {
			name = name[:len(name)-1]
		}
		tags = append(tags, tag{string(name), values[from:to]})
		from = to
	}
	return tags
}

// crypto puts the CRYPTO frames of a direction together. The zero value is ready.
type crypto struct {
	data []byte
	have []span // parts of data that are there, in order, not touching
}

type span struct{ from, to int }

func (c *crypto) reset() { c.data, c.have = c.data[:0], c.have[:0] }

// fill copies data into the parts that are not there yet: the first copy wins, as for
// TCP. False means that there are too many parts.
func (c *crypto) fill(from int, data []byte) bool {
	to := from + len(data)
	if from == to {
		return true
	}
	if to > len(c.data) {
		c.data = append(c.data, make([]byte, to-len(c.data))...)
	}
	at := from
	merged := span{from, to}
	var out []span
	for _, h := range c.have {
		if h.to < from || h.from > to {
			out = append(out, h)
			continue
		}
		if h.from > at {
			copy(c.data[at:h.from], data[at-from:])
		}
		at = max(at, h.to)
		merged = span{min(merged.from, h.from), max(merged.to, h.to)}
	}
	if at < to {
		copy(c.data[at:to], data[at-from:])
	}
	if len(out) >= maxSpans {
		return false
	}
	i := 0
	for i < len(out) && out[i].from < merged.from {
		i++
	}
	c.have = append(out[:i:i], append([]span{merged}, out[i:]...)...)
	return true
}

// whole returns the handshake message at the start, without type and length, when all of
// it is there.
func (c *crypto) whole() (kind byte, body []byte) {
	if len(c.have) == 0 || c.have[0].from != 0 || c.have[0].to < 4 {
		return 0, nil
	}
	size := 4 + int(c.data[1])<<16 + int(c.data[2])<<8 + int(c.data[3])
	if c.have[0].to < size {
		return 0, nil
	}
	return c.data[0], c.data[4:size]
}
