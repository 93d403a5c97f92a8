package dnsmsg

import (
	"encoding/binary"

	"otasuke/gateway/internal/app"
	"otasuke/rule"
)

// maxMessage over TCP is what its length field can say (RFC 7766 section 8).
const maxMessage = 65535

// Conn reads a conversation: datagrams, or a stream with length fields. Each message
// is a transaction of its own.
type Conn struct {
	sink   app.Sink
	stream bool
	buf    [2][]byte
	msg    Message
	tx     app.Tx
	next   uint64
}

// New makes a reader; stream tells that it runs over TCP.
func New(sink app.Sink, stream bool) *Conn { return &Conn{sink: sink, stream: stream} }

// Reset makes c ready for another conversation.
func (c *Conn) Reset(sink app.Sink) {
	c.sink, c.next = sink, 0
	c.buf[0], c.buf[1] = c.buf[0][:0], c.buf[1][:0]
}

// Push reads the next bytes.
func (c *Conn) Push(dir int, b []byte) {
	if !c.stream {
		c.message(dir, b)
		return
	}
	buf := append(c.buf[dir], b...)
	for len(buf) >= 2 {
		n := int(binary.BigEndian.Uint16(buf))
		if len(buf) < 2+n {
			break
		}
		c.message(dir, buf[2:2+n])
		buf = buf[2+n:]
	}
	c.buf[dir] = append(c.buf[dir][:0], buf...)
}

// Gap drops the message in hand: where the next one begins is not known.
func (c *Conn) Gap(dir int, _ int) { c.buf[dir] = c.buf[dir][:0] }

// Close does nothing: a message is whole or not there.
func (c *Conn) Close(int) {}

// message reads one message.
func (c *Conn) message(dir int, b []byte) {
	if err := c.msg.Parse(b); err != nil {
		c.sink.Event(dir, "dns.malformed_data")
		return
	}
	m := &c.msg
	c.tx.Reset(c.next)
	c.next++
	c.tx.Proto, c.tx.Recorder = rule.ProtoDNS, c
	s := &c.tx.Sides[dir]
	c.tx.Sides[1-dir].Done = true
	for _, q := range m.Questions {
		name := q.Raw
		if name == nil {
			name = []byte{}
		}
		if dir == app.ToServer {
			s.Put(rule.DNSQuery, name)
		}
		s.Put(rule.DNSQueries, name)
		s.Number(rule.DNSRRType, uint64(q.Type))
	}
	s.Number(rule.DNSOpcode, uint64(m.Opcode))
	if m.Response {
		s.Number(rule.DNSRcode, uint64(m.RCode))
	}
	s.Done = true
	c.sink.Step(&c.tx, dir)
	c.sink.Log(&c.tx, dir, "dns")
}

// Record returns the message as EVE has it (version 3).
func (c *Conn) Record(tx *app.Tx) []app.Field {
	m := &c.msg
	r := record{Version: 3, Type: "request", TxID: tx.ID, ID: m.ID}
	if m.Response {
		r.Type, r.RCode = "response", rcode(m.RCode)
	}
	for _, q := range m.Questions {
		r.Queries = append(r.Queries, rrQuery{q.Name, typeName(q.Type)})
	}
	return []app.Field{{Name: "dns", Value: r}}
}

type record struct {
	Version int       `json:"version"`
	Type    string    `json:"type"`
	TxID    uint64    `json:"tx_id"`
	ID      uint16    `json:"id"`
	RCode   string    `json:"rcode,omitempty"`
	Queries []rrQuery `json:"queries,omitempty"`
}

type rrQuery struct {
	RRName string `json:"rrname"`
	RRType string `json:"rrtype"`
}

func rcode(c uint8) string {
	names := [...]string{"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"}
	if int(c) < len(names) {
		return names[c]
	}
	return "UNKNOWN"
}

func typeName(t uint16) string {
	switch t {
	case TypeA:
		return "A"
	case TypeNS:
		return "NS"
	case TypeCNAME:
		return "CNAME"
	case TypeAAAA:
		return "AAAA"
	case TypeHTTPS:
		return "HTTPS"
	case 6:
		return "SOA"
	case 12:
		return "PTR"
	case 15:
		return "MX"
	case 16:
		return "TXT"
	case 33:
		return "SRV"
	}
	return "unknown"
}
