package http2

import (
	"bytes"
	"encoding/base64"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/dnsmsg"
	"otasuke/rule"
)

// message is one of DNS in a direction of a stream (RFC 8484).
type message struct {
	expected bool // the body is one
	data     []byte
	seen     bool
	raw      []byte // of one that was read
}

var dnsType = []byte("application/dns-message")

// dnsHeaders looks for DNS in headers: in the path, or announced for the body.
func (c *Conn) dnsHeaders(s *stream, dir int) {
	m := &s.dns[dir]
	m.expected = m.expected || bytes.Equal(s.get(dir, "content-type"), dnsType)
	if dir != app.ToServer || !bytes.Equal(s.get(dir, "accept"), dnsType) {
		return
	}
	_, q, found := bytes.Cut(s.get(dir, ":path"), []byte("dns="))
	if !found {
		return
	}
	q, _, _ = bytes.Cut(q, []byte("&"))
	b := make([]byte, base64.RawURLEncoding.DecodedLen(len(q)))
	if n, err := base64.RawURLEncoding.Decode(b, bytes.TrimRight(q, "=")); err == nil {
		c.dnsMessage(s, dir, b[:n])
	}
}

// dnsData takes bytes of a body that is a message.
func (c *Conn) dnsData(s *stream, dir int, b []byte) {
	m := &s.dns[dir]
	if !m.expected {
		return
	}
	if len(m.data)+len(b) > maxDNS {
		s.tx.Sides[dir].Event([2]string{"http2.dns_request_too_long", "http2.dns_response_too_long"}[dir])
		m.expected, m.data = false, nil
		return
	}
	m.data = append(m.data, b...)
	c.keep(s, len(b))
}

// dnsEnd reads the message that the body was.
func (c *Conn) dnsEnd(s *stream, dir int) {
	if m := &s.dns[dir]; m.expected && len(m.data) > 0 {
		m.expected = false
		c.dnsMessage(s, dir, m.data)
	}
}

// dnsMessage shows a message to rules.
func (c *Conn) dnsMessage(s *stream, dir int, b []byte) {
	var m dnsmsg.Message
	if m.Parse(b) != nil || dir == app.ToServer && m.Response() {
		return
	}
	s.tx.Proto = rule.ProtoDoH2
	s.dns[dir].seen, s.dns[dir].raw = true, bytes.Clone(b)
	m.Show(&s.tx.Sides[dir], dir, false)
}
