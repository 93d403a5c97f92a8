package dnsmsg

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"
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

// tagged returns the "dns" part of a record. response tells that the server sent the message.
func (m *Message) tagged(txID uint64, response bool, log Log) *record {
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

// logs are the ways of writing.
var logs = []Log{{}, {NoDetailed: true}, {NoGrouped: true}, {Version: 2}, {Version: 2, NoDetailed: true}, {Version: 2, NoGrouped: true}}

// sameRecord compares what is written with what the tags of record make of the message.
func sameRecord(t *testing.T, m *Message) {
	t.Helper()
	for _, log := range logs {
		for _, response := range []bool{false, true} {
			got := m.EVE(3, response, log)
			want, err := json.Marshal(m.tagged(3, response, log))
			if err != nil {
				t.Fatal(err)
			}
			if want, got := tokens(t, want), tokens(t, got); !slices.Equal(want, got) {
				t.Fatalf("%+v response %v: %s", log, response, cmp.Diff(want, got))
			}
		}
	}
}

// tokens are the parts of a JSON text, in their order.
func tokens(t *testing.T, text []byte) (out []string) {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		out = append(out, reflect.TypeOf(tok).Name()+" "+fmt.Sprint(tok))
	}
}

func TestRecordObeysTags(t *testing.T) {
	t.Parallel()
	var m Message
	for _, raw := range [][]byte{response(t), query(t, "a.\\200b.", 65280, false), query(t, "plain.example.", TypeA, false)} {
		if err := m.Parse(raw); err != nil {
			t.Fatal(err)
		}
		sameRecord(t, &m)
	}
}

// Questions and the answers that nearly all messages have cost no memory.
func TestRecordDoesNotAllocate(t *testing.T) {
	r := new(dns.Msg)
	r.SetQuestion("www.example.jp.", dns.TypeA)
	r.Response = true
	for _, s := range []string{"www.example.jp. 60 IN CNAME cdn.example.net.", "cdn.example.net. 30 IN A 192.0.2.1", "cdn.example.net. 30 IN AAAA 2001:db8::1", `cdn.example.net. 5 IN TXT "x" "yz"`} {
		rr, err := dns.NewRR(s)
		if err != nil {
			t.Fatal(err)
		}
		r.Answer = append(r.Answer, rr)
	}
	var m Message
	if err := m.Parse(pack(t, r)); err != nil {
		t.Fatal(err)
	}
	b := m.EVE(0, true, Log{})
	if n := testing.AllocsPerRun(100, func() { b = m.appendEVE(b[:0], 0, true, Log{}) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
