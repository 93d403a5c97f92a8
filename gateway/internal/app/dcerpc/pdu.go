package dcerpc

import (
	"encoding/binary"
	"fmt"
)

// Types of PDUs (C706 section 12.6.4, MS-RPCE section 2.2.2).
const (
	Request      = 0
	Response     = 2
	Fault        = 3
	Bind         = 11
	BindAck      = 12
	BindNak      = 13
	AlterContext = 14
	AlterResp    = 15
	Auth3        = 16
	Shutdown     = 17
	Cancel       = 18
	Orphaned     = 19
)

// Flags of PDUs (C706 section 12.6.3.1).
const (
	FirstFrag = 0x01
	LastFrag  = 0x02
)

// HeaderSize is the size of the common header in bytes.
const HeaderSize = 16

// Header is the common header of connection oriented PDUs.
type Header struct {
	Minor, Type, Flags byte
	Little             bool   // byte order of what follows
	Frag, Auth         uint16 // lengths of the PDU and of its authentication in bytes
	Call               uint32
}

// ParseHeader reads a header; ok is false when b does not begin with one. b has at
// least [HeaderSize] bytes.
func ParseHeader(b []byte) (h Header, ok bool) {
	if len(b) < HeaderSize || b[0] != 5 || b[1] > 1 || b[2] > Orphaned {
		return h, false
	}
	h = Header{Minor: b[1], Type: b[2], Flags: b[3], Little: b[4]&0x10 != 0}
	o := h.order()
	h.Frag, h.Auth, h.Call = o.Uint16(b[8:]), o.Uint16(b[10:]), o.Uint32(b[12:])
	return h, h.Frag >= HeaderSize
}

func (h Header) order() binary.ByteOrder {
	if h.Little {
		return binary.LittleEndian
	}
	return binary.BigEndian
}

// TypeName is the name of a type in EVE records.
func TypeName(t byte) string {
	if int(t) < len(typeNames) && typeNames[t] != "" {
		return typeNames[t]
	}
	return "UNKNOWN"
}

var typeNames = [...]string{
	"REQUEST", "PING", "RESPONSE", "FAULT", "WORKING", "NOCALL", "REJECT", "ACK", "CL_CANCEL",
	"FACK", "CANCEL_ACK", "BIND", "BINDACK", "BINDNAK", "ALTER_CONTEXT", "ALTER_CONTEXT_RESP",
	"AUTH3", "SHUTDOWN", "CO_CANCEL", "ORPHANED",
}

// UUID is a universally unique identifier in the order in which it is written.
type UUID [16]byte

func (u UUID) String() string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}

// ParseUUID reads one from the wire (C706 appendix A): its first three fields are in
// the byte order of the sender. b has at least 16 bytes.
func ParseUUID(b []byte, little bool) (u UUID) {
	copy(u[:], b[:16])
	if little {
		u[0], u[1], u[2], u[3] = b[3], b[2], b[1], b[0]
		u[4], u[5], u[6], u[7] = b[5], b[4], b[7], b[6]
	}
	return u
}

// Results of a context that was asked for (C706 section 12.6.3.1).
const (
	Accepted = 0
	pending  = 0xffff // no answer yet
)

// Interface is an interface that a client asked for.
type Interface struct {
	UUID         UUID
	Major, Minor uint16
	Context      uint16
	First        bool   // asked for in a first fragment
	Result       uint16 // of the server; see [Interface.Answered]
	Reason       uint16
}

// Answered tells whether the server answered.
func (i *Interface) Answered() bool { return i.Result != pending }

// ValueSize is the size of a value of the buffer dcerpc.iface in bytes.
const ValueSize = 21

// Value is the value of the buffer dcerpc.iface: 16 bytes UUID in the order in which it
// is written, 2 bytes major version, 2 bytes minor version, most significant first, and
// a byte of 1 when the interface was asked for in a first fragment, else 0 (rules match
// it only with any_frag then). Rules compare versions with the major one.
func (i *Interface) Value() []byte {
	b := append(make([]byte, 0, ValueSize), i.UUID[:]...)
	b = binary.BigEndian.AppendUint16(b, i.Major)
	b = binary.BigEndian.AppendUint16(b, i.Minor)
	if i.First {
		return append(b, 1)
	}
	return append(b, 0)
}

// interfaces reads what a BIND or ALTER_CONTEXT asks for. body is the PDU behind the
// header.
func (h Header) interfaces(body []byte) (list []Interface) {
	if len(body) < 12 {
		return nil
	}
	o, n := h.order(), int(body[8])
	for body = body[12:]; n > 0 && len(body) >= 24 && len(list) < MaxInterfaces; n-- {
		i := Interface{
			Context: o.Uint16(body), UUID: ParseUUID(body[4:], h.Little),
			Major: o.Uint16(body[20:]), Minor: o.Uint16(body[22:]),
			First: h.Flags&FirstFrag != 0, Result: pending,
		}
		list = append(list, i)
		next := 24 + 20*int(body[2]) // transfer syntaxes
		if next > len(body) {
			break
		}
		body = body[next:]
	}
	return list
}

// results reads what a BIND_ACK or ALTER_CONTEXT_RESP says and writes it into list.
func (h Header) results(body []byte, list []Interface) {
	if len(body) < 10 {
		return
	}
	o := h.order()
	// The secondary address, padded to 4 bytes from the start of the PDU.
	at := 10 + int(o.Uint16(body[8:]))
	at = (at+HeaderSize+3)&^3 - HeaderSize
	if at+4 > len(body) {
		return
	}
	n := int(body[at])
	body = body[at+4:]
	for i := 0; i < n && i < len(list) && len(body) >= 24; i++ {
		list[i].Result, list[i].Reason = o.Uint16(body), o.Uint16(body[2:])
		body = body[24:]
	}
}

// callHead is the size of what stands before the stub data of REQUEST and RESPONSE.
const callHead = 8

// call reads the head of a REQUEST. ok is false when it is too short. An object's UUID
// counts as stub data, and so does authentication behind it: rules are written so.
func (h Header) call(body []byte) (context, opnum uint16, stub []byte, ok bool) {
	if len(body) < callHead {
		return 0, 0, nil, false
	}
	o := h.order()
	return o.Uint16(body[4:]), o.Uint16(body[6:]), body[callHead:], true
}
