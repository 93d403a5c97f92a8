package dhcpmsg

import (
	"encoding/binary"
	"net/netip"
)

// Kinds of messages (RFC 2132 section 9.6) that others ask for.
const (
	Offer       = 2
	Request     = 3
	Acknowledge = typeACK
)

// cookie begins the options (RFC 2131 section 3).
const cookie = 0x63825363

// Message is a datagram for those who only read it. Its bytes are those that were given.
type Message struct{ m message }

// Parse reads a datagram; false when it is none of DHCP.
func (x *Message) Parse(b []byte) bool {
	x.m = message{}
	return len(b) >= 240 && binary.BigEndian.Uint32(b[236:]) == cookie && x.m.read(b)
}

// Reply tells that a server sent it.
func (x *Message) Reply() bool { return x.m.op == 2 }

// Kind is the type of the message, 0 for none.
func (x *Message) Kind() uint8 { return x.m.kind() }

// Client is the hardware address that the message is about; false when it is none of Ethernet.
func (x *Message) Client() ([6]byte, bool) { return [6]byte(x.m.hw[:6]), x.m.hwLen == 6 }

// Your is the address that the server gives, Current the one that the client has already.
func (x *Message) Your() netip.Addr { return netip.AddrFrom4(x.m.your) }

// Current is the address that the client has.
func (x *Message) Current() netip.Addr { return netip.AddrFrom4(x.m.client) }

// Relayed tells that a relay handed it on.
func (x *Message) Relayed() bool { return x.m.relay != [4]byte{} }

// Option is the first of a code, nil for none.
func (x *Message) Option(code uint8) []byte {
	for i := range x.m.options {
		if x.m.options[i].code == code {
			return x.m.options[i].data
		}
	}
	return nil
}
