package http2

import (
	"bytes"

	"otasuke/gateway/internal/app"
	"otasuke/internal/ascii"
	"otasuke/rule"
)

var protocol = []byte("HTTP/2")

// requestFields and responseFields are the buffers that hold a single header.
var requestFields = [...]struct {
	b    rule.Buffer
	name string
}{
	{rule.HTTPUserAgent, "user-agent"}, {rule.HTTPCookie, "cookie"}, {rule.HTTPReferer, "referer"}, {rule.HTTPAccept, "accept"},
	{rule.HTTPAcceptEnc, "accept-encoding"}, {rule.HTTPAcceptLang, "accept-language"}, {rule.HTTPConnection, "connection"},
	{rule.HTTPContentType, "content-type"}, {rule.HTTPContentLen, "content-length"}, {rule.HTTPMethod, ":method"}, {rule.HTTPURI, ":path"},
	{rule.HTTPURIRaw, ":path"},
}

var responseFields = [...]struct {
	b    rule.Buffer
	name string
}{
	{rule.HTTPCookie, "set-cookie"}, {rule.HTTPConnection, "connection"}, {rule.HTTPContentType, "content-type"},
	{rule.HTTPContentLen, "content-length"}, {rule.HTTPServer, "server"}, {rule.HTTPLocation, "location"}, {rule.HTTPStatCode, ":status"},
}

// host is the authority that a request is for (RFC 9113 section 8.3.1).
func (s *stream) host() []byte {
	if v := s.get(app.ToServer, ":authority"); v != nil {
		return v
	}
	return s.get(app.ToServer, "host")
}

// checkHost tells of authorities that are not what they seem.
func (c *Conn) checkHost(s *stream) {
	side := &s.tx.Sides[app.ToServer]
	a, h := s.get(app.ToServer, ":authority"), s.get(app.ToServer, "host")
	if bytes.IndexByte(a, '@') >= 0 {
		side.Event("http2.userinfo_in_uri")
	}
	if a != nil && h != nil && !ascii.EqualFold(a, h) {
		side.Event("http2.authority_host_mismatch")
	}
}

// set shows a value, again when headers came in parts.
func set(side *app.Side, b rule.Buffer, v []byte) {
	if v != nil {
		side.Set(b, v, false)
	}
}

func (c *Conn) requestValues(s *stream) {
	const dir = app.ToServer
	side := &s.tx.Sides[dir]
	for _, f := range requestFields {
		set(side, f.b, s.get(dir, f.name))
	}
	if host := s.host(); host != nil {
		set(side, rule.HTTPHostRaw, host)
		set(side, rule.HTTPHost, normal(host))
	}
	set(side, rule.HTTPProtocol, protocol)
	if method, path := s.get(dir, ":method"), s.get(dir, ":path"); method != nil && path != nil && c.cfg.Want.Has(rule.HTTPRequestLine) {
		c.scratch = append(append(append(c.scratch[:0], method...), ' '), path...)
		c.scratch = append(append(append(c.scratch, ' '), protocol...), "\r\n"...)
		set(side, rule.HTTPRequestLine, side.Keep(c.scratch))
	}
}

// normal is a host in lower case, without user and port.
func normal(host []byte) []byte {
	host = host[bytes.IndexByte(host, '@')+1:]
	end := bytes.IndexByte(host, ']') + 1 // behind an IPv6 address
	if i := bytes.IndexByte(host[end:], ':'); i >= 0 {
		host = host[:end+i]
	}
	for _, ch := range host {
		if 'A' <= ch && ch <= 'Z' {
			return ascii.ToLower(host)
		}
	}
	return host
}

func (c *Conn) responseValues(s *stream) {
	const dir = app.ToClient
	side := &s.tx.Sides[dir]
	for _, f := range responseFields {
		set(side, f.b, s.get(dir, f.name))
	}
	set(side, rule.HTTPProtocol, protocol)
	set(side, rule.HTTPStatMsg, []byte{}) // there is none
	if code := s.get(dir, ":status"); code != nil && c.cfg.Want.Has(rule.HTTPResponseLine) {
		c.scratch = append(append(append(c.scratch[:0], protocol...), ' '), code...)
		set(side, rule.HTTPResponseLine, side.Keep(append(c.scratch, "\r\n"...)))
	}
}
