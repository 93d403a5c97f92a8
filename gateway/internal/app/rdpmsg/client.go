package rdpmsg

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf16"

	"otasuke/gateway/internal/app/ber"
	"otasuke/gateway/internal/app/octets"
)

// core is what a client says of itself (MS-RDPBCGR section 2.2.1.3.2).
type core struct {
	version                            uint32
	width, height, depth               uint16
	layout, build                      uint32
	name                               string
	keyboard, subtype, functions       uint32
	ime                                string
	product                            uint16
	serial                             uint32
	capabilities                       uint16
	id                                 string
	connection                         uint8
	hasProduct, hasEarly, hasID, hints bool
}

// Blocks of client data (section 2.2.1.3).
const (
	blockCore = 0xc001
	blockNet  = 0xc003
)

const (
	maxBlocks   = 64
	maxChannels = 31 // as section 2.2.1.3.4 has it
	maxSerials  = 16
)

// client reads the client data behind the key of the conference request: the messages
// around it are of one form only.
func (m *message) client(b []byte) {
	i := bytes.Index(b, []byte("Duca"))
	if i < 0 {
		return
	}
	c := octets.New(b[i+4:])
	if c.U8()&0x80 != 0 { // length in PER
		c.Skip(1)
	}
	for n := 0; c.Len() >= 4 && n < maxBlocks; n++ {
		kind := c.U16LE()
		body := c.Sub(int(c.U16LE()) - 4)
		if !c.OK() {
			return
		}
		switch kind {
		case blockCore:
			m.core = readCore(body)
		case blockNet:
			count := min(int(body.U32LE()), maxChannels)
			for range count {
				name, _, _ := bytes.Cut(body.Take(8), []byte{0})
				body.Skip(4)
				if body.OK() {
					m.channels = append(m.channels, octets.Text(name))
				}
			}
		}
	}
}

func readCore(c octets.Cursor) *core {
	k := &core{version: c.U32LE(), width: c.U16LE(), height: c.U16LE(), depth: c.U16LE()}
	c.Skip(2) // secure access sequence
	k.layout, k.build = c.U32LE(), c.U32LE()
	k.name = wide(c.Take(32))
	k.keyboard, k.subtype, k.functions = c.U32LE(), c.U32LE(), c.U32LE()
	k.ime = wide(c.Take(64))
	if !c.OK() {
		return nil
	}
	c.Skip(2)
	k.product, k.serial = c.U16LE(), c.U32LE()
	k.hasProduct = c.OK()
	if depth := c.U16LE(); c.OK() {
		k.depth = depth
	}
	c.Skip(2)
	k.capabilities = c.U16LE()
	k.hasEarly = c.OK()
	k.id = wide(c.Take(64))
	k.hasID = c.OK()
	k.connection = c.U8()
	k.hints = c.OK()
	return k
}

// wide reads UTF-16 up to a zero.
func wide(b []byte) string {
	var u []uint16
	for ; len(b) >= 2; b = b[2:] {
		c := binary.LittleEndian.Uint16(b)
		if c == 0 {
			break
		}
		u = append(u, c)
	}
	return string(utf16.Decode(u))
}

// serials reads the serial numbers of a chain.
func serials(b []byte) (list []string) {
	c := octets.New(b)
	c.Skip(3)
	for c.Len() > 3 && len(list) < maxSerials {
		n := int(c.U8())<<16 | int(c.U16())
		cert := ber.New(c.Take(n)).In(ber.Sequence).In(ber.Sequence)
		cert.Optional(ber.Context(0, true))
		number := cert.Take(ber.Integer)
		if cert.Err() != nil {
			return list
		}
		parts := make([]string, len(number))
		for i, d := range number {
			parts[i] = fmt.Sprintf("%02x", d)
		}
		list = append(list, strings.Join(parts, ":"))
	}
	return list
}
