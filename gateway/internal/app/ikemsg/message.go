package ikemsg

import (
	"encoding/hex"

	"otasuke/gateway/internal/app/octets"
)

// Limits.
const (
	// maxPayloads of a message, proposals of a payload and transforms of a proposal.
	maxPayloads = 128
)

// Payloads of version 1 (RFC 2408 section 3.1) and 2 (RFC 7296 section 3.2).
const (
	v1SA     = 1
	v1KE     = 4
	v1Nonce  = 10
	v1Vendor = 13
	v2SA     = 33
	v2KE     = 34
	v2Nonce  = 40
	v2Notify = 41
	v2Vendor = 43
)

// Attributes, as the rule language counts them.
const (
	algEnc = iota
	algHash
	algAuth
	algDH
	lifeType
	lifeDuration
	keyLength
	algPRF
	algESN
)

// attribute of a transform.
type attribute struct {
	kind  int
	value uint64
}

// proposal with the attributes of its transforms.
type proposal struct {
	proto      uint8
	transforms [][]attribute // version 1: by transform
	kinds      []transform   // version 2
}

// transform of version 2 (RFC 7296 section 3.3.2).
type transform struct {
	kind uint8
	id   uint16
	bits uint16 // key length, 0 for none
}

// message is one, read. Its texts are hexadecimal.
type message struct {
	initSPI, respSPI string
	major, minor     uint8
	exchange, flags  uint8
	id               uint32
	encrypted        bool
	payloads         []uint8 // version 2: as they are announced
	proposals        []proposal
	hasSA            bool
	doi              uint32
	key, nonce       []byte
	vendors          [][]byte
	notes            []uint16
	errors           int
	chosen           []attribute
	seen             *seen
}

// read reads a datagram. False means that it is no message.
func read(b []byte) (m message, ok bool) {
	c := octets.New(b)
	if p := c.Peek(4); len(b) > 32 && string(p) == "\x00\x00\x00\x00" {
		c.Skip(4)
	}
	m.initSPI, m.respSPI = hex.EncodeToString(c.Take(8)), hex.EncodeToString(c.Take(8))
	next, version := c.U8(), c.U8()
	m.major, m.minor = version>>4, version&15
	m.exchange, m.flags, m.id = c.U8(), c.U8(), c.U32()
	size := c.U32()
	if !c.OK() || size < 28 || m.major != 1 && m.major != 2 {
		return m, false
	}
	if m.major == 1 && m.flags&1 != 0 {
		m.encrypted = true
		return m, true
	}
	m.payloads = append(m.payloads, next)
	for n := 0; next != 0 && n < maxPayloads; n++ {
		kind := next
		next = c.U8()
		c.Skip(1)
		body := c.Sub(int(c.U16()) - 4)
		if !c.OK() {
			return m, false
		}
		m.payloads = append(m.payloads, next)
		if !m.payload(kind, body) {
			return m, false
		}
		if m.major == 2 && (kind == 46 || kind == 53) {
			break // the rest is encrypted
		}
	}
	return m, true
}

// payload reads one.
func (m *message) payload(kind uint8, c octets.Cursor) bool {
	switch {
	case m.major == 1 && kind == v1SA:
		m.doi = c.U32()
		c.Skip(4) // situation
		m.hasSA = true
		m.readProposals(&c)
	case m.major == 2 && kind == v2SA:
		m.hasSA = true
		m.readProposals(&c)
	case m.major == 1 && kind == v1KE:
		m.key = c.Rest()
	case m.major == 2 && kind == v2KE:
		c.Skip(4)
		m.key = c.Rest()
	case m.major == 1 && kind == v1Nonce, m.major == 2 && kind == v2Nonce:
		m.nonce = c.Rest()
	case m.major == 1 && kind == v1Vendor, m.major == 2 && kind == v2Vendor:
		m.vendors = append(m.vendors, c.Rest())
	case m.major == 2 && kind == v2Notify:
		c.Skip(2)
		n := c.U16()
		m.notes = append(m.notes, n)
		if n < 16384 {
			m.errors++
		}
	}
	return c.OK()
}

// readProposals reads those of a payload (RFC 2408 section 3.5, RFC 7296 section 3.3.1).
func (m *message) readProposals(c *octets.Cursor) {
	for more := true; more && len(m.proposals) < maxPayloads; {
		more = c.U8() != 0
		c.Skip(1)
		body := c.Sub(int(c.U16()) - 4)
		if !c.OK() {
			return
		}
		body.Skip(1) // number
		p := proposal{proto: body.U8()}
		spi, count := int(body.U8()), int(body.U8())
		body.Skip(spi)
		for i := 0; i < count && body.OK(); i++ {
			body.Skip(2)
			t := body.Sub(int(body.U16()) - 4)
			if !body.OK() {
				break
			}
			if m.major == 1 {
				t.Skip(4) // number, id, reserved
				p.transforms = append(p.transforms, attributesV1(&t))
			} else {
				p.kinds = append(p.kinds, readTransform(&t))
			}
		}
		if !body.OK() {
			c.Fail()
		}
		m.proposals = append(m.proposals, p)
	}
}

// kindsV1 are the attributes of RFC 2409 appendix A that are shown.
var kindsV1 = map[uint16]int{1: algEnc, 2: algHash, 3: algAuth, 4: algDH, 11: lifeType, 12: lifeDuration, 13: algPRF, 14: keyLength}

// attributesV1 reads attributes, short or long (RFC 2408 section 3.3).
func attributesV1(c *octets.Cursor) (list []attribute) {
	for c.Len() > 0 && len(list) < maxPayloads {
		kind, value := c.U16(), uint64(c.U16())
		if kind&0x8000 == 0 {
			long := c.Take(int(value))
			value = 0
			for _, b := range long {
				value = value<<8 | uint64(b)
			}
		}
		if k, ok := kindsV1[kind&0x7fff]; ok && c.OK() {
			list = append(list, attribute{k, value})
		}
	}
	return list
}

// readTransform reads one of version 2 with its key length.
func readTransform(c *octets.Cursor) (t transform) {
	t.kind = c.U8()
	c.Skip(1)
	t.id = c.U16()
	for c.Len() >= 4 {
		kind, value := c.U16(), c.U16()
		switch {
		case kind&0x8000 == 0:
			c.Skip(int(value))
		case kind&0x7fff == 14:
			t.bits = value
		}
	}
	return t
}
