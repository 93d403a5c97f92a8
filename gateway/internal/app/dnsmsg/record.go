package dnsmsg

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"strconv"
	"strings"

	"otasuke/gateway/internal/eve/object"
	"otasuke/rule/value"
)

// question of a message in a record.
type question struct {
	RRName    string `json:"rrname"`
	Truncated bool   `json:"rrname_truncated,omitempty"`
	RRType    string `json:"rrtype"`
}

type soa struct {
	MName   string `json:"mname"`
	RName   string `json:"rname"`
	Serial  uint32 `json:"serial"`
	Refresh uint32 `json:"refresh"`
	Retry   uint32 `json:"retry"`
	Expire  uint32 `json:"expire"`
	Minimum uint32 `json:"minimum"`
}

type srv struct {
	Priority uint16 `json:"priority"`
	Weight   uint16 `json:"weight"`
	Port     uint16 `json:"port"`
	Name     string `json:"name"`
}

type sshfp struct {
	Fingerprint string `json:"fingerprint"`
	Algo        uint8  `json:"algo"`
	Type        uint8  `json:"type"`
}

type option struct {
	Code uint16 `json:"code"`
	Data string `json:"data"`
}

// EVE returns the "dns" part of a record. response tells that the server sent the message.
func (m *Message) EVE(txID uint64, response bool, log Log) object.Raw {
	return m.appendEVE(nil, txID, response, log)
}

// appendEVE writes the "dns" part of a record without memory of its own. A test compares it
// with the tags of a structure.
func (m *Message) appendEVE(b []byte, txID uint64, response bool, log Log) []byte {
	version, kind := 3, [2]string{"request", "response"}
	if log.Version == 2 {
		version, kind = 2, [2]string{"query", "answer"}
	}
	b = object.Int(object.Open(b), "version", version)
	if response {
		b = object.String(b, "type", kind[1])
	} else {
		b = object.String(b, "type", kind[0])
	}
	b = object.Uint(b, "tx_id", txID)
	b = object.Uint(b, "id", m.ID)
	b = append(strconv.AppendUint(append(object.Member(b, "flags"), '"'), uint64(m.Flags), 16), '"', ',')
	b = object.BoolIf(b, "qr", m.Flags&FlagQR != 0)
	b = object.BoolIf(b, "aa", m.Flags&FlagAA != 0)
	b = object.BoolIf(b, "tc", m.Flags&FlagTC != 0)
	b = object.BoolIf(b, "rd", m.Flags&FlagRD != 0)
	b = object.BoolIf(b, "ra", m.Flags&FlagRA != 0)
	b = object.BoolIf(b, "z", m.Flags&FlagZ != 0)
	b = object.Uint(b, "opcode", m.Opcode())
	if version == 2 && len(m.Questions) > 0 {
		q := &m.Questions[0]
		if name := m.Bytes(q.Name); len(name) > 0 {
			b = object.Next(quoted(object.Member(b, "rrname"), name))
		}
		b = object.String(b, "rrtype", typeName(q.Type))
	}
	if version == 2 && !response {
		return object.Close(b)
	}
	b = object.String(b, "rcode", rcodeName(m.RCode()))
	if version == 3 {
		b = m.appendQuestions(b)
	}
	if !log.NoDetailed {
		b = m.appendAnswers(b, "answers", m.Answers)
	}
	if !log.NoGrouped {
		b = m.appendGrouped(b)
	}
	b = m.appendAnswers(b, "authorities", m.Authorities)
	if version == 3 {
		b = m.appendAnswers(b, "additionals", m.Additional)
	}
	return object.Close(b)
}

func (m *Message) appendQuestions(b []byte) []byte {
	if len(m.Questions) == 0 {
		return b
	}
	b = object.OpenList(object.Member(b, "queries"))
	for i := range m.Questions {
		q := &m.Questions[i]
		b = object.Next(quoted(object.Member(object.Open(b), "rrname"), m.Bytes(q.Name)))
		b = object.BoolIf(b, "rrname_truncated", q.Name.Truncated)
		b = object.Next(object.Close(object.String(b, "rrtype", typeName(q.Type))))
	}
	return object.Next(object.CloseList(b))
}

// appendAnswers writes a list of records; each string of TXT stands alone.
func (m *Message) appendAnswers(b []byte, name string, list []Record) []byte {
	if len(list) == 0 {
		return b
	}
	b = object.OpenList(object.Member(b, name))
	for i := range list {
		r := &list[i]
		d := m.Data(r)
		switch {
		case r.Type == TypeTXT && len(d) > 0:
			for len(d) > 0 {
				n := 1 + int(d[0])
				b = m.appendAnswer(b, r, d[1:n])
				d = d[n:]
			}
		default:
			b = m.appendAnswer(b, r, nil)
		}
	}
	return object.Next(object.CloseList(b))
}

// appendAnswer writes one record; txt is the string at hand of one of type TXT.
func (m *Message) appendAnswer(b []byte, r *Record, txt []byte) []byte {
	b = object.Next(quoted(object.Member(object.Open(b), "rrname"), m.Bytes(r.Name)))
	b = object.BoolIf(b, "rrname_truncated", r.Name.Truncated)
	b = object.String(b, "rrtype", typeName(r.Type))
	b = object.Uint(b, "ttl", r.TTL)
	if v, ok := m.appendText(object.Member(b, "rdata"), r, txt); ok {
		b = object.BoolIf(object.Next(v), "rdata_truncated", r.Target.Truncated)
	} else {
		switch v := m.value(r).(type) {
		case *soa:
			b = object.Value(b, "soa", v)
		case *srv:
			b = object.Value(b, "srv", v)
		case *sshfp:
			b = object.Value(b, "sshfp", v)
		case []option:
			if len(v) > 0 {
				b = object.Value(b, "opt", v)
			}
		}
	}
	return object.Next(object.Close(b))
}

// appendText writes what a record of a type that is text says; of other types it writes
// nothing that counts.
func (m *Message) appendText(b []byte, r *Record, txt []byte) (_ []byte, ok bool) {
	switch r.Type {
	case TypeA, TypeAAAA:
		return appendAddress(b, m.Data(r)), true
	case TypeCNAME, TypeNS, TypePTR, TypeMX:
		return quoted(b, m.Bytes(r.Target)), true
	case TypeNULL:
		return quoted(b, m.Data(r)), true
	case TypeTXT:
		return quoted(b, txt), true
	}
	return b, false
}

// groupedTypes are the types whose values are written by type, by name.
var groupedTypes = [...]uint16{TypeA, TypeAAAA, TypeCNAME, TypeMX, TypeNS, TypeNULL, TypePTR, TypeSOA, TypeSRV, TypeSSHFP, TypeTXT}

// appendGrouped writes the values of answers by type.
func (m *Message) appendGrouped(b []byte) []byte {
	if len(m.Answers) == 0 {
		return b
	}
	start, some := len(b), false
	b = object.Open(object.Member(b, "grouped"))
	for _, t := range groupedTypes {
		list, found := b, false
		for i := range m.Answers {
			if r := &m.Answers[i]; r.Type == t {
				if !found {
					list = object.OpenList(object.Member(b, typeName(t)))
				}
				var ok bool
				list, ok = m.appendValues(list, r)
				found = found || ok
			}
		}
		if found {
			b, some = object.Next(object.CloseList(list)), true
		}
	}
	if !some {
		return b[:start]
	}
	return object.Next(object.Close(b))
}

// appendValues writes what one answer says as elements of a list.
func (m *Message) appendValues(b []byte, r *Record) (_ []byte, ok bool) {
	if d := m.Data(r); r.Type == TypeTXT && len(d) > 0 {
		for len(d) > 0 {
			n := 1 + int(d[0])
			b = object.Next(quoted(b, d[1:n]))
			d = d[n:]
		}
		return b, true
	}
	if b, ok = m.appendText(b, r, nil); ok {
		return object.Next(b), true
	}
	v := m.value(r)
	if v == nil {
		return b, false
	}
	return object.Next(object.AppendValue(b, v)), true
}

func (m *Message) questions() (out []question) {
	for i := range m.Questions {
		q := &m.Questions[i]
		out = append(out, question{text(m.Bytes(q.Name)), q.Name.Truncated, typeName(q.Type)})
	}
	return out
}

// value is what the data of a record says: text, a structure, or nil for types that are
// not read.
func (m *Message) value(r *Record) any {
	d := m.Data(r)
	switch r.Type {
	case TypeA, TypeAAAA:
		return address(d)
	case TypeCNAME, TypeNS, TypePTR, TypeMX:
		return text(m.Bytes(r.Target))
	case TypeNULL:
		return text(d)
	case TypeTXT:
		return "" // of no string
	case TypeSOA:
		if r.rest == 0 {
			return nil
		}
		n := func(i int32) uint32 { return binary.BigEndian.Uint32(m.raw[r.rest+4*i:]) }
		return &soa{text(m.Bytes(r.Target)), text(m.Bytes(r.Mail)), n(0), n(1), n(2), n(3), n(4)}
	case TypeSRV:
		if len(d) < 6 {
			return nil
		}
		n := func(i int) uint16 { return binary.BigEndian.Uint16(d[2*i:]) }
		return &srv{n(0), n(1), n(2), text(m.Bytes(r.Target))}
	case TypeSSHFP:
		if len(d) < 2 {
			return nil
		}
		return &sshfp{colons(d[2:]), d[0], d[1]}
	case TypeOPT:
		return options(d)
	}
	return nil
}

// texts are the strings of a TXT record.
func texts(d []byte) (out [][]byte) {
	for len(d) > 0 {
		n := 1 + int(d[0])
		out = append(out, d[1:n])
		d = d[n:]
	}
	return out
}

// options are those of EDNS (RFC 6891 section 6.1.2).
func options(d []byte) (out []option) {
	for len(d) >= 4 {
		n := 4 + int(binary.BigEndian.Uint16(d[2:]))
		if n > len(d) {
			break
		}
		out = append(out, option{binary.BigEndian.Uint16(d), hex.EncodeToString(d[4:n])})
		d = d[n:]
	}
	return out
}

// appendAddress writes an address, nothing for what is none.
func appendAddress(b, d []byte) []byte {
	a, ok := netip.AddrFromSlice(d)
	if !ok {
		return append(b, '"', '"')
	}
	return object.Addr(b, a)
}

// address writes an address; IPv6 in full.
func address(d []byte) string {
	switch len(d) {
	case 4:
		return netip.AddrFrom4([4]byte(d)).String()
	case 16:
		return netip.AddrFrom16([16]byte(d)).StringExpanded()
	}
	return ""
}

// colons writes "19:8c:34".
func colons(d []byte) string {
	out := make([]byte, 0, 3*len(d))
	for i, c := range d {
		if i > 0 {
			out = append(out, ':')
		}
		out = hex.AppendEncode(out, []byte{c})
	}
	return string(out)
}

// Names by number; typeNames has those that lowTypes has no place for too.
var (
	typeNames = reversed(value.DNSTypes)
	lowTypes  = low(typeNames)
	lowRcodes = low(reversed(value.DNSRcodes))
)

// low are the names of small numbers, where they are found soonest.
func low(names map[uint16]string) (out [256]string) {
	for n, name := range names {
		if int(n) < len(out) {
			out[n] = name
		}
	}
	return out
}

func reversed(m map[string]int64) map[uint16]string {
	out := make(map[uint16]string, len(m))
	for name, n := range m {
		out[uint16(n)] = strings.ToUpper(name)
	}
	return out
}

func typeName(t uint16) string {
	if int(t) < len(lowTypes) && lowTypes[t] != "" {
		return lowTypes[t]
	}
	if name, ok := typeNames[t]; ok {
		return name
	}
	return strconv.Itoa(int(t))
}

func rcodeName(c uint8) string {
	if name := lowRcodes[c]; name != "" {
		return name
	}
	return strconv.Itoa(int(c))
}
