package dnsmsg

import (
	"encoding/binary"
	"errors"
)

// Errors.
var (
	ErrHeader = errors.New("dnsmsg: no header of a DNS message")
	ErrShort  = errors.New("dnsmsg: message ends early, or has an impossible name")
)

const headerLen = 12

// Types of records that are read (IANA DNS parameters).
const (
	TypeA     = 1
	TypeNS    = 2
	TypeCNAME = 5
	TypeSOA   = 6
	TypeNULL  = 10
	TypePTR   = 12
	TypeMX    = 15
	TypeTXT   = 16
	TypeAAAA  = 28
	TypeSRV   = 33
	TypeOPT   = 41
	TypeSSHFP = 44
)

// Bits of the header's flags (RFC 1035 section 4.1.1).
const (
	FlagQR = 0x8000
	FlagAA = 0x0400
	FlagTC = 0x0200
	FlagRD = 0x0100
	FlagRA = 0x0080
	FlagZ  = 0x0040
)

// maxOpcode is the largest that is assigned (RFC 8490 section 3).
const maxOpcode = 6

// Question of a message.
type Question struct {
	Name        Name
	Type, Class uint16
}

// Record of a message.
type Record struct {
	Name        Name
	Type, Class uint16
	TTL         uint32
	// Target is the name in the data of CNAME, NS, PTR, MX, SRV, and the first of SOA;
	// Mail the second of SOA.
	Target, Mail Name
	data, end    int32 // in the message
	rest         int32 // behind the names of SOA
}

// Odd is what is strange about a message that can be read.
type Odd struct {
	TooLong, Loop, ManyLabels, BadAuthorities, BadAdditionals bool
}

// Message is a DNS message.
type Message struct {
	ID, Flags                        uint16
	Questions                        []Question
	Answers, Authorities, Additional []Record
	Odd                              Odd

	raw      []byte
	text     []byte
	questEnd int
}

// Opcode and RCode are fields of the header.
func (m *Message) Opcode() uint8 { return uint8(m.Flags >> 11 & 15) }

// RCode is the header's part of the response code.
func (m *Message) RCode() uint8 { return uint8(m.Flags & 15) }

// Response says whether the message calls itself a response.
func (m *Message) Response() bool { return m.Flags&FlagQR != 0 }

// keepMemory is how large the buffers of an idle message may be: nearly all messages fit.
const keepMemory = 16 << 10

// shrink lets go of the memory of an unusual message.
func (m *Message) shrink() {
	if cap(m.raw) > keepMemory {
		m.raw = nil
	}
	if cap(m.text) > keepMemory {
		m.text = nil
	}
	const most = keepMemory / 64
	if cap(m.Questions) > most || cap(m.Answers) > most || cap(m.Authorities) > most || cap(m.Additional) > most {
		m.Questions, m.Answers, m.Authorities, m.Additional = nil, nil, nil, nil
	}
}

// Parse reads a message and copies what it needs of b. The memory of m is used again:
// names and records of the message before are gone. A message whose error is ErrHeader
// is no DNS at all.
func (m *Message) Parse(b []byte) error {
	m.shrink()
	*m = Message{Questions: m.Questions[:0], Answers: m.Answers[:0], Authorities: m.Authorities[:0], Additional: m.Additional[:0],
		raw: append(m.raw[:0], b...), text: m.text[:0]}
	if !plausible(b, len(b)) {
		return ErrHeader
	}
	m.ID, m.Flags = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	off := headerLen
	for range binary.BigEndian.Uint16(b[4:]) {
		name, next, ok := m.name(off, len(b))
		if !ok || next+4 > len(b) {
			return ErrShort
		}
		m.Questions = append(m.Questions, Question{name, binary.BigEndian.Uint16(b[next:]), binary.BigEndian.Uint16(b[next+2:])})
		off = next + 4
	}
	m.questEnd = off
	var ok bool
	if off, ok = m.records(&m.Answers, off, binary.BigEndian.Uint16(b[6:])); !ok {
		return ErrShort
	}
	if off, ok = m.records(&m.Authorities, off, binary.BigEndian.Uint16(b[8:])); !ok {
		m.Odd.BadAuthorities = true
		return nil
	}
	if _, ok = m.records(&m.Additional, off, binary.BigEndian.Uint16(b[10:])); !ok {
		m.Odd.BadAdditionals = true
	}
	return nil
}

// plausible tells whether b begins a DNS message of size bytes: each question and record
// takes two bytes at least.
func plausible(b []byte, size int) bool {
	if len(b) < headerLen {
		return false
	}
	n := 0
	for i := 4; i < headerLen; i += 2 {
		n += int(binary.BigEndian.Uint16(b[i:]))
	}
	return 2*n <= size
}

// records reads a section. A broken one is empty.
func (m *Message) records(to *[]Record, off int, count uint16) (int, bool) {
	for range count {
		r, next, ok := m.record(off)
		if !ok {
			*to = (*to)[:0]
			return 0, false
		}
		*to = append(*to, r)
		off = next
	}
	return off, true
}

// record reads a record (RFC 1035 section 4.1.3).
func (m *Message) record(off int) (r Record, next int, ok bool) {
	if r.Name, off, ok = m.name(off, len(m.raw)); !ok || off+10 > len(m.raw) {
		return r, 0, false
	}
	f := m.raw[off:]
	r.Type, r.Class, r.TTL = binary.BigEndian.Uint16(f), binary.BigEndian.Uint16(f[2:]), binary.BigEndian.Uint32(f[4:])
	data := off + 10
	next = data + int(binary.BigEndian.Uint16(f[8:]))
	if next > len(m.raw) {
		return r, 0, false
	}
	r.data, r.end = int32(data), int32(next)
	return r, next, data == next || m.rdata(&r, data, next)
}

// rdata reads the data of types that have structure.
func (m *Message) rdata(r *Record, data, end int) (ok bool) {
	switch r.Type {
	case TypeCNAME, TypeNS, TypePTR:
		r.Target, _, ok = m.name(data, end)
		return ok
	case TypeMX:
		if data+2 > end {
			return false
		}
		r.Target, _, ok = m.name(data+2, end)
		return ok
	case TypeSRV:
		if data+6 > end {
			return false
		}
		r.Target, _, ok = m.name(data+6, end)
		return ok
	case TypeSOA:
		if r.Target, data, ok = m.name(data, end); !ok || data > end {
			return false
		}
		if r.Mail, data, ok = m.name(data, end); !ok || data+20 > end {
			return false
		}
		r.rest = int32(data)
	case TypeTXT:
		for ; data < end; data += 1 + int(m.raw[data]) {
			if data+1+int(m.raw[data]) > end {
				return false
			}
		}
	case TypeSSHFP:
		return data+2 <= end
	}
	return true
}

// Data returns the data of a record. It is good until the next Parse.
func (m *Message) Data(r *Record) []byte { return m.raw[r.data:r.end:r.end] }
