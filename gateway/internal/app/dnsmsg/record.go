package dnsmsg

import (
	"encoding/binary"
	"encoding/hex"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"otasuke/gateway/internal/eve/object"
	"otasuke/rule/value"
)

// record is the "dns" part of an EVE record.
type record struct {
	Version int    `json:"version"`
	Type    string `json:"type"`
	TxID    uint64 `json:"tx_id"`
	ID      uint16 `json:"id"`
	Flags   string `json:"flags"`
	QR      bool   `json:"qr,omitempty"`
	AA      bool   `json:"aa,omitempty"`
	TC      bool   `json:"tc,omitempty"`
	RD      bool   `json:"rd,omitempty"`
	RA      bool   `json:"ra,omitempty"`
	Z       bool   `json:"z,omitempty"`
	Opcode  uint8  `json:"opcode"`
	// RRName and RRType are of the first question, in version 2.
	RRName      string           `json:"rrname,omitempty"`
	RRType      string           `json:"rrtype,omitempty"`
	RCode       string           `json:"rcode,omitempty"`
	Queries     []question       `json:"queries,omitempty"`
	Answers     []answer         `json:"answers,omitempty"`
	Grouped     map[string][]any `json:"grouped,omitempty"`
	Authorities []answer         `json:"authorities,omitempty"`
	Additionals []answer         `json:"additionals,omitempty"`
}

type question struct {
	RRName    string `json:"rrname"`
	Truncated bool   `json:"rrname_truncated,omitempty"`
	RRType    string `json:"rrtype"`
}

type answer struct {
	RRName        string   `json:"rrname"`
	Truncated     bool     `json:"rrname_truncated,omitempty"`
	RRType        string   `json:"rrtype"`
	TTL           uint32   `json:"ttl"`
	RData         *string  `json:"rdata,omitempty"`
	DataTruncated bool     `json:"rdata_truncated,omitempty"`
	SOA           *soa     `json:"soa,omitempty"`
	SRV           *srv     `json:"srv,omitempty"`
	SSHFP         *sshfp   `json:"sshfp,omitempty"`
	OPT           []option `json:"opt,omitempty"`
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

// AppendJSON writes r as its tags say.
func (r *record) AppendJSON(b []byte) []byte {
	b = object.Int(object.Open(b), "version", r.Version)
	b = object.String(b, "type", r.Type)
	b = object.Uint(b, "tx_id", r.TxID)
	b = object.Uint(b, "id", r.ID)
	b = object.String(b, "flags", r.Flags)
	b = object.BoolIf(b, "qr", r.QR)
	b = object.BoolIf(b, "aa", r.AA)
	b = object.BoolIf(b, "tc", r.TC)
	b = object.BoolIf(b, "rd", r.RD)
	b = object.BoolIf(b, "ra", r.RA)
	b = object.BoolIf(b, "z", r.Z)
	b = object.Uint(b, "opcode", r.Opcode)
	b = object.StringIf(b, "rrname", r.RRName)
	b = object.StringIf(b, "rrtype", r.RRType)
	b = object.StringIf(b, "rcode", r.RCode)
	if len(r.Queries) > 0 {
		b = object.OpenList(object.Member(b, "queries"))
		for i := range r.Queries {
			q := &r.Queries[i]
			b = object.String(object.Open(b), "rrname", q.RRName)
			b = object.BoolIf(b, "rrname_truncated", q.Truncated)
			b = object.Next(object.Close(object.String(b, "rrtype", q.RRType)))
		}
		b = object.Next(object.CloseList(b))
	}
	b = appendAnswers(b, "answers", r.Answers)
	b = appendGrouped(b, r.Grouped)
	b = appendAnswers(b, "authorities", r.Authorities)
	return object.Close(appendAnswers(b, "additionals", r.Additionals))
}

func appendAnswers(b []byte, name string, list []answer) []byte {
	if len(list) == 0 {
		return b
	}
	b = object.OpenList(object.Member(b, name))
	for i := range list {
		a := &list[i]
		b = object.String(object.Open(b), "rrname", a.RRName)
		b = object.BoolIf(b, "rrname_truncated", a.Truncated)
		b = object.String(b, "rrtype", a.RRType)
		b = object.Uint(b, "ttl", a.TTL)
		if a.RData != nil {
			b = object.String(b, "rdata", *a.RData)
		}
		b = object.BoolIf(b, "rdata_truncated", a.DataTruncated)
		if a.SOA != nil {
			b = object.Value(b, "soa", a.SOA)
		}
		if a.SRV != nil {
			b = object.Value(b, "srv", a.SRV)
		}
		if a.SSHFP != nil {
			b = object.Value(b, "sshfp", a.SSHFP)
		}
		if len(a.OPT) > 0 {
			b = object.Value(b, "opt", a.OPT)
		}
		b = object.Next(object.Close(b))
	}
	return object.Next(object.CloseList(b))
}

func appendGrouped(b []byte, grouped map[string][]any) []byte {
	if len(grouped) == 0 {
		return b
	}
	b = object.Open(object.Member(b, "grouped"))
	for _, name := range slices.Sorted(maps.Keys(grouped)) {
		b = object.OpenList(append(object.Quote(b, name), ':'))
		for _, v := range grouped[name] {
			if s, ok := v.(string); ok {
				b = object.Next(object.Quote(b, s))
			} else {
				b = object.Next(object.AppendValue(b, v))
			}
		}
		b = object.Next(object.CloseList(b))
	}
	return object.Next(object.Close(b))
}

// EVE returns the "dns" part of a record. response tells that the server sent the message.
func (m *Message) EVE(txID uint64, response bool, log Log) any {
	f := m.Flags
	r := &record{Version: 3, Type: "request", TxID: txID, ID: m.ID, Flags: strconv.FormatUint(uint64(f), 16), QR: f&FlagQR != 0, AA: f&FlagAA != 0,
		TC: f&FlagTC != 0, RD: f&FlagRD != 0, RA: f&FlagRA != 0, Z: f&FlagZ != 0, Opcode: m.Opcode(), RCode: rcodeName(m.RCode())}
	if response {
		r.Type = "response"
	}
	r.Queries = m.questions()
	r.Authorities, r.Additionals = m.answers(m.Authorities), m.answers(m.Additional)
	if !log.NoDetailed {
		r.Answers = m.answers(m.Answers)
	}
	if !log.NoGrouped {
		r.Grouped = m.grouped()
	}
	if log.Version == 2 {
		r.older(response)
	}
	return r
}

// older turns the record into one of version 2.
func (r *record) older(response bool) {
	r.Version = 2
	r.Type = "query"
	if len(r.Queries) > 0 {
		r.RRName, r.RRType = r.Queries[0].RRName, r.Queries[0].RRType
	}
	r.Queries, r.Additionals = nil, nil
	if response {
		r.Type = "answer"
		return
	}
	r.RCode, r.Answers, r.Grouped, r.Authorities = "", nil, nil, nil
}

func (m *Message) questions() (out []question) {
	for i := range m.Questions {
		q := &m.Questions[i]
		out = append(out, question{text(m.Bytes(q.Name)), q.Name.Truncated, typeName(q.Type)})
	}
	return out
}

func (m *Message) answers(records []Record) (out []answer) {
	for i := range records {
		r := &records[i]
		for _, v := range m.values(r) {
			a := answer{RRName: text(m.Bytes(r.Name)), Truncated: r.Name.Truncated, RRType: typeName(r.Type), TTL: r.TTL}
			switch v := v.(type) {
			case string:
				a.RData, a.DataTruncated = &v, r.Target.Truncated
			case *soa:
				a.SOA = v
			case *srv:
				a.SRV = v
			case *sshfp:
				a.SSHFP = v
			case []option:
				a.OPT = v
			}
			out = append(out, a)
		}
	}
	return out
}

// grouped collects the values of answers by type.
func (m *Message) grouped() map[string][]any {
	var out map[string][]any
	for i := range m.Answers {
		r := &m.Answers[i]
		for _, v := range m.values(r) {
			if _, is := v.([]option); v == nil || is {
				continue
			}
			if out == nil {
				out = make(map[string][]any)
			}
			name := typeName(r.Type)
			out[name] = append(out[name], v)
		}
	}
	return out
}

// values are those of a record: each string of TXT is one.
func (m *Message) values(r *Record) (out []any) {
	if r.Type == TypeTXT {
		for _, s := range texts(m.Data(r)) {
			out = append(out, text(s))
		}
	}
	if len(out) == 0 {
		out = append(out, m.value(r))
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

// typeNames and rcodeNames are names by number.
var typeNames, rcodeNames = reversed(value.DNSTypes), reversed(value.DNSRcodes)

func reversed(m map[string]int64) map[uint16]string {
	out := make(map[uint16]string, len(m))
	for name, n := range m {
		out[uint16(n)] = strings.ToUpper(name)
	}
	return out
}

func typeName(t uint16) string {
	if name, ok := typeNames[t]; ok {
		return name
	}
	return strconv.Itoa(int(t))
}

func rcodeName(c uint8) string {
	if name, ok := rcodeNames[uint16(c)]; ok {
		return name
	}
	return strconv.Itoa(int(c))
}
