package http1

import (
	"bytes"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/http1/uri"
	"otasuke/rule"
)

// parseTarget parts the target. That of CONNECT is an authority.
func (c *Conn) parseTarget(x *exchange, m *message) {
	if m.isConnect {
		m.uri = uri.Target{HasAuthority: true}
		m.uri.Host, m.uri.Port = uri.HostPort(m.target)
	} else {
		m.uri = uri.Split(m.target)
	}
}

// requestHost finds the host that a request is for: the target's own, else that of
// the Host header (RFC 9112 section 3.2.2).
func (c *Conn) requestHost(x *exchange, m *message) {
	u := &m.uri
	raise := func(name string) {
		if m.isConnect {
			x.late = append(x.late, name)
		} else {
			c.event(x, app.ToServer, name)
		}
	}
	if u.HasAuthority {
		if !uri.GoodHost(u.Host) {
			raise(evURIHost)
		}
		if m.port = uri.ParsePort(u.Port); m.port < 0 && len(u.Port) > 0 && !m.isConnect {
			raise(evServerPort)
		}
		if !m.isConnect || uri.GoodHost(u.Host) {
			m.host = uri.AppendHost(m.host[:0], u.Host)
		}
	}
	v := m.get(hdrHost)
	if v == nil {
		if m.protocol == http11 {
			raise(evNoHost)
		}
		return
	}
	host, port := uri.HostPort(v)
	if len(host) == 0 {
		return
	}
	n := uri.ParsePort(port)
	if !uri.GoodHost(host) || len(port) > 0 && n < 0 {
		raise(evHeaderHost)
	}
	if !u.HasAuthority {
		m.host, m.port = uri.AppendHost(m.host[:0], host), n
		return
	}
	c.mem.scratch = uri.AppendHost(c.mem.scratch[:0], host)
	if !bytes.Equal(c.mem.scratch, m.host) || n >= 0 && m.port >= 0 && n != m.port {
		raise(evHostAmbiguous)
	}
}

// noTunnel raises what was odd about a CONNECT that no tunnel came of.
func (c *Conn) noTunnel(x *exchange) {
	if len(x.late) == 0 {
		return
	}
	for _, name := range x.late {
		c.event(x, app.ToServer, name)
	}
	x.late = x.late[:0]
	c.show(x, app.ToServer)
}

// requestFields and responseFields are the buffers that hold a single field.
var requestFields = [...]struct {
	b rule.Buffer
	k known
}{
	{rule.HTTPUserAgent, hdrUserAgent}, {rule.HTTPCookie, hdrCookie}, {rule.HTTPReferer, hdrReferer},
	{rule.HTTPAccept, hdrAccept}, {rule.HTTPAcceptEnc, hdrAcceptEncoding}, {rule.HTTPAcceptLang, hdrAcceptLanguage},
	{rule.HTTPConnection, hdrConnection}, {rule.HTTPContentType, hdrContentType}, {rule.HTTPContentLen, hdrContentLength},
}

var responseFields = [...]struct {
	b rule.Buffer
	k known
}{
	{rule.HTTPCookie, hdrSetCookie}, {rule.HTTPConnection, hdrConnection}, {rule.HTTPContentType, hdrContentType},
	{rule.HTTPContentLen, hdrContentLength}, {rule.HTTPServer, hdrServer}, {rule.HTTPLocation, hdrLocation},
}

// requestValues shows the head of a request to rules.
func (c *Conn) requestValues(x *exchange, m *message) {
	s, want := &x.tx.Sides[app.ToServer], c.cfg.Want
	put := func(b rule.Buffer, v []byte) {
		if want.Has(b) {
			s.Put(b, v)
		}
	}
	put(rule.HTTPMethod, m.method)
	put(rule.HTTPURIRaw, some(m.target))
	if !m.isConnect {
		c.mem.scratch = m.uri.Append(c.mem.scratch[:0])
		if uri.Twice(c.mem.scratch) {
			c.event(x, app.ToServer, evDoubleEncoded)
		}
		if want.Has(rule.HTTPURI) && len(c.mem.scratch) > 0 {
			s.Copy(rule.HTTPURI, c.mem.scratch)
		}
	}
	put(rule.HTTPProtocol, some(m.version))
	put(rule.HTTPRequestLine, m.line)
	if len(m.host) > 0 {
		put(rule.HTTPHost, m.host)
	}
	if m.uri.HasAuthority {
		put(rule.HTTPHostRaw, m.uri.Host)
	} else {
		put(rule.HTTPHostRaw, m.get(hdrHost))
	}
	for _, f := range requestFields {
		if m.at[f.k] > 0 {
			put(f.b, m.get(f.k))
		}
	}
	c.headerValues(app.ToServer, x, m, false)
}

// some is nil for a part of a start line that is not there.
func some(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return b
}

// responseValues shows the head of a response to rules.
func (c *Conn) responseValues(x *exchange, m *message) {
	s, want := &x.tx.Sides[app.ToClient], c.cfg.Want
	put := func(b rule.Buffer, v []byte) {
		if want.Has(b) {
			s.Put(b, v)
		}
	}
	put(rule.HTTPProtocol, some(m.version))
	put(rule.HTTPStatCode, some(m.status))
	put(rule.HTTPStatMsg, some(m.reason))
	put(rule.HTTPResponseLine, m.line)
	for _, f := range responseFields {
		if m.at[f.k] > 0 {
			put(f.b, m.get(f.k))
		}
	}
	c.headerValues(app.ToClient, x, m, false)
}

// headerValues shows the headers together. They are shown again with the trailer.
func (c *Conn) headerValues(dir int, x *exchange, m *message, again bool) {
	s, want := &x.tx.Sides[dir], c.cfg.Want
	set := func(b rule.Buffer) {
		if again {
			s.Set(b, s.Keep(c.mem.scratch), false)
		} else {
			s.Copy(b, c.mem.scratch)
		}
	}
	if want.Has(rule.HTTPHeader) {
		if c.mem.scratch = m.appendHeader(c.mem.scratch[:0], dir); len(c.mem.scratch) > 0 {
			set(rule.HTTPHeader)
		}
	}
	if want.Has(rule.HTTPHeaderRaw) && len(m.head) > m.raw {
		c.mem.scratch = append(append(c.mem.scratch[:0], m.head[m.raw:]...), m.trailer...)
		set(rule.HTTPHeaderRaw)
	}
	if want.Has(rule.HTTPHeaderNames) && len(m.headers) > 0 {
		c.mem.scratch = m.appendNames(c.mem.scratch[:0])
		set(rule.HTTPHeaderNames)
	}
	if want.Has(rule.HTTPStart) && !again {
		c.mem.scratch = append(append(append(c.mem.scratch[:0], m.line...), "\r\n"...), m.head[m.raw:]...)
		set(rule.HTTPStart)
	}
	each := rule.HTTPRequestHeader
	if dir == app.ToClient {
		each = rule.HTTPResponseHeader
	}
	if !want.Has(each) {
		return
	}
	for i := m.shown; i < len(m.headers); i++ {
		h := &m.headers[i]
		c.mem.scratch = append(append(append(c.mem.scratch[:0], h.name...), ": "...), h.value...)
		s.Copy(each, c.mem.scratch)
	}
	m.shown = len(m.headers)
}

// appendHeader appends all fields but cookies, one a line.
func (m *message) appendHeader(out []byte, dir int) []byte {
	cookie := m.at[hdrCookie]
	if dir == app.ToClient {
		cookie = m.at[hdrSetCookie]
	}
	for i := range m.headers {
		if i+1 == int(cookie) {
			continue
		}
		h := &m.headers[i]
		out = append(append(out, h.name...), ": "...)
		out = append(append(out, h.value...), "\r\n"...)
	}
	return out
}

// appendNames appends the names of all fields, one a line between empty lines.
func (m *message) appendNames(out []byte) []byte {
	out = append(out, "\r\n"...)
	for i := range m.headers {
		out = append(append(out, m.headers[i].name...), "\r\n"...)
	}
	return append(out, "\r\n"...)
}
