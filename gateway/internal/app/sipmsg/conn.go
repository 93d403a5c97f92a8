package sipmsg

import (
	"bytes"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/octets"
	"otasuke/gateway/internal/app/turn"
	"otasuke/internal/ascii"
	"otasuke/rule"
)

// Limits.
const (
	// MaxHead is the longest head that is collected over TCP.
	MaxHead = 64 << 10
	// MaxBody is the longest body over TCP of which the description is read; longer ones
	// are passed over.
	MaxBody = 256 << 10
)

// Conn reads one conversation.
type Conn struct {
	turns   turn.List[message]
	half    [2]octets.Buffer
	skip    [2]int
	looked  [2]int // bytes of a head without end that were looked at
	stopped [2]bool
	stream  bool
}

// New makes a reader that tells sink. stream is for TCP.
func New(sink app.Sink, stream bool) *Conn {
	c := &Conn{stream: stream}
	c.turns.Init(sink, rule.ProtoSIP, recorder{}, "sip")
	return c
}

// Push implements [app.Reader].
func (c *Conn) Push(dir int, b []byte) {
	if !c.stream {
		c.datagram(dir, b)
		return
	}
	if n := min(c.skip[dir], len(b)); n > 0 {
		c.skip[dir] -= n
		b = b[n:]
	}
	if len(b) > 0 && !c.stopped[dir] {
		c.half[dir].Feed(b, func(b []byte) (int, int) { return c.next(dir, b) })
	}
}

// Gap implements [app.Reader]: only a body that is passed over may have one.
func (c *Conn) Gap(dir, n int) {
	if c.skip[dir] >= n {
		c.skip[dir] -= n
		return
	}
	c.stopped[dir] = c.stream
}

// Close implements [app.Reader].
func (c *Conn) Close(int) {}

// datagram reads a message with all that is behind its head as body.
func (c *Conn) datagram(dir int, b []byte) {
	n := headEnd(b)
	if n < 0 {
		return
	}
	if m, ok := readHead(b[:n], dir == app.ToServer); ok {
		c.tell(dir, m, b[:n], b[n:])
	}
}

// next takes a message of a stream.
func (c *Conn) next(dir int, b []byte) (took, need int) {
	if bytes.HasPrefix(b, crlf) {
		return 2, 0 // keep-alive, RFC 5626 section 3.5.1
	}
	from := max(0, c.looked[dir]-len("\r\n\r"))
	n := headEnd(b[from:])
	if n < 0 {
		if len(b) > MaxHead {
			c.stopped[dir] = true
			return 0, 0
		}
		c.looked[dir] = len(b)
		return 0, len(b) + 1
	}
	n += from
	m, ok := readHead(b[:n], dir == app.ToServer)
	if !ok {
		c.stopped[dir] = true
		return 0, 0
	}
	size := m.bodySize()
	if len(b) < n+size && size <= MaxBody {
		c.looked[dir] = n - 1 // the end is found again
		return 0, n + size
	}
	c.looked[dir] = 0
	if size > MaxBody {
		got := min(len(b), n+size)
		c.skip[dir] = n + size - got
		c.tell(dir, m, b[:n], nil)
		return got, 0
	}
	c.tell(dir, m, b[:n], b[n:n+size])
	return n + size, 0
}

// buffers of headers.
var buffers = map[string]rule.Buffer{"from": rule.SIPFrom, "to": rule.SIPTo, "via": rule.SIPVia, "user-agent": rule.SIPUserAgent,
	"content-type": rule.SIPContentType, "content-length": rule.SIPContentLength}

// tell makes a transaction of a message.
func (c *Conn) tell(dir int, m message, head, body []byte) {
	t := c.turns.Begin()
	s := &t.Tx.Sides[dir]
	for _, f := range []*[]byte{&m.line, &m.method, &m.uri, &m.version, &m.code, &m.reason} {
		if *f != nil {
			*f = s.Keep(*f)
		}
	}
	if m.request {
		s.Put(rule.SIPMethod, m.method)
		s.Put(rule.SIPURI, m.uri)
		s.Put(rule.SIPRequestLine, m.line)
	} else {
		s.Put(rule.SIPStatCode, m.code)
		s.Put(rule.SIPStatMsg, m.reason)
		s.Put(rule.SIPResponseLine, m.line)
	}
	s.Put(rule.SIPProtocol, m.version)
	for _, h := range m.headers {
		if b, ok := buffers[h.name]; ok {
			s.Copy(b, h.value)
		}
	}
	if kind, _, _ := bytes.Cut(m.get("content-type"), []byte(";")); len(body) > 0 && ascii.EqualFold(bytes.TrimSpace(kind), "application/sdp") {
		m.sdp = readSDP(s.Keep(body))
		if m.sdp != nil {
			m.sdp.put(s)
		}
	}
	m.headers = nil
	t.Data = m
	c.frames(t, dir, head, body)
	c.turns.Message(t, dir)
}

// frames shows the pieces of a message. body lies directly behind head.
func (c *Conn) frames(t *turn.Turn[message], dir int, head, body []byte) {
	line := bytes.IndexByte(head, '\n') + 1
	of := [2][3]rule.Buffer{{rule.FrameSIPRequestLine, rule.FrameSIPRequestHeaders, rule.FrameSIPRequestBody},
		{rule.FrameSIPResponseLine, rule.FrameSIPResponseHeaders, rule.FrameSIPResponseBody}}[dir]
	c.turns.Frame(t, dir, rule.FrameSIPPDU, head[:len(head)+len(body)])
	c.turns.Frame(t, dir, of[0], head[:line])
	c.turns.Frame(t, dir, of[1], bytes.TrimSuffix(head[line:], crlf))
	c.turns.Frame(t, dir, of[2], body)
}

// put adds the values of a description.
func (s *session) put(to *app.Side) {
	for _, f := range []struct {
		b rule.Buffer
		v []byte
	}{
		{rule.SDPOrigin, s.origin}, {rule.SDPSessionName, s.name}, {rule.SDPSessionInfo, s.info}, {rule.SDPURI, s.uri}, {rule.SDPEmail, s.email},
		{rule.SDPPhone, s.phone}, {rule.SDPConnection, s.connect}, {rule.SDPTimezone, s.zone}, {rule.SDPEncryptionKey, s.key},
	} {
		to.Put(f.b, f.v)
	}
	lists := func(bandwidths, attributes [][]byte) {
		for _, v := range bandwidths {
			to.Put(rule.SDPBandwidth, v)
		}
		for _, v := range attributes {
			to.Put(rule.SDPAttribute, v)
		}
	}
	for _, t := range s.times {
		to.Put(rule.SDPTime, t.when)
		to.Put(rule.SDPRepeatTime, t.repeat)
	}
	lists(s.bandwidths, s.attributes)
	for _, m := range s.media {
		to.Put(rule.SDPMedia, m.what)
		to.Put(rule.SDPMediaInfo, m.info)
		to.Put(rule.SDPMediaConnection, m.connect)
		to.Put(rule.SDPMediaEncryptionKey, m.key)
		lists(m.bandwidths, m.attributes)
	}
}
