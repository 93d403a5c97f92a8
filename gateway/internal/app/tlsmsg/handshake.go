package tlsmsg

import (
	"bytes"

	"otasuke/gateway/internal/app"
	"otasuke/rule"
)

const (
	versionBuffer = rule.TLSVersion
	stateBuffer   = rule.TLSState
)

// States of rules "ssl_state".
const (
	stateClientHello = 1 + iota
	stateServerHello
	stateClientKey
	stateServerKey
)

// Handshake message types (RFC 8446 section 4, RFC 5246 section 7.4).
const (
	typeHelloRequest       = 0
	typeClientHello        = 1
	typeServerHello        = 2
	typeNewSessionTicket   = 4
	typeCertificate        = 11
	typeServerKeyExchange  = 12
	typeCertificateRequest = 13
	typeServerHelloDone    = 14
	typeCertificateVerify  = 15
	typeClientKeyExchange  = 16
	typeFinished           = 20
	typeCertificateURL     = 21
	typeCertificateStatus  = 22
)

const messageHead = 4

// handshake takes the next bytes of the handshake messages of a direction.
func (c *Conn) handshake(dir int, b []byte) {
	h := &c.half[dir]
	for len(b) > 0 && !c.dead {
		if n := min(h.drop, len(b)); n > 0 {
			h.drop -= n
			b = b[n:]
			continue
		}
		if len(h.hand) > 0 {
			b = c.join(dir, b)
			continue
		}
		if len(b) < messageHead {
			h.hand = append(h.hand, b...)
			return
		}
		size, want := c.begins(dir, b)
		switch {
		case !want:
			h.drop, b = size, b[messageHead:]
		case len(b) < messageHead+size:
			h.hand = append(h.hand, b...)
			return
		default:
			c.message(dir, b[0], b[messageHead:messageHead+size])
			b = b[messageHead+size:]
		}
	}
}

// join adds to the unfinished message and returns what is behind it.
func (c *Conn) join(dir int, b []byte) []byte {
	h := &c.half[dir]
	if n := messageHead - len(h.hand); n > 0 {
		n = min(n, len(b))
		h.hand, b = append(h.hand, b[:n]...), b[n:]
		if len(h.hand) < messageHead {
			return nil
		}
		if size, want := c.begins(dir, h.hand); !want {
			h.hand, h.drop = h.hand[:0], size
			return b
		}
	}
	size := length(h.hand)
	n := min(messageHead+size-len(h.hand), len(b))
	h.hand, b = append(h.hand, b[:n]...), b[n:]
	if len(h.hand) < messageHead+size {
		return nil
	}
	m := h.hand
	h.hand = nil // message may end the reading
	c.message(dir, m[0], m[messageHead:])
	if !c.dead {
		h.hand = small(m)
	}
	return b
}

func length(b []byte) int { return int(b[1])<<16 | int(b[2])<<8 | int(b[3]) }

// begins looks at the head of a message and tells whether the rest is wanted.
func (c *Conn) begins(dir int, b []byte) (size int, want bool) {
	size = length(b)
	switch b[0] {
	case typeClientHello, typeServerHello, typeCertificate:
		return size, size <= maxMessage
	case typeServerKeyExchange:
		c.state(dir, stateServerKey)
	case typeClientKeyExchange:
		c.state(dir, stateClientKey)
	case typeCertificateRequest:
		c.certWanted = c.certWanted || dir == app.ToClient
	case typeServerHelloDone:
		if dir == app.ToClient && !c.certWanted && c.half[1].hello {
			c.finish()
		}
	case typeHelloRequest, typeNewSessionTicket, typeCertificateVerify, typeFinished, typeCertificateURL, typeCertificateStatus:
	default:
		c.fail(dir, "invalid_ssl_record", "invalid_handshake_message")
	}
	return size, false
}

func (c *Conn) state(dir int, n uint64) {
	c.number(dir, stateBuffer, n)
	c.sink.Step(&c.tx, dir)
}

// message reads one that is whole.
func (c *Conn) message(dir int, kind byte, b []byte) {
	switch {
	case kind == typeClientHello && dir == app.ToServer:
		c.clientHello(b)
	case kind == typeServerHello && dir == app.ToClient:
		c.serverHello(b)
	case kind == typeCertificate:
		c.certificates(dir, b)
	}
}

func (c *Conn) clientHello(b []byte) {
	const dir = app.ToServer
	h, s := &c.half[dir], &c.tx.Sides[dir]
	fault, twice := c.hello.Parse(b)
	if twice {
		c.raise(dir, string(faultSNIs))
	}
	c.number(dir, stateBuffer, stateClientHello)
	if fault != "" {
		c.fail(dir, string(fault), "invalid_handshake_message")
		return
	}
	if h.hello {
		return // behind a HelloRetryRequest: says the same
	}
	hello := &c.hello
	h.hello, h.version = true, hello.Preferred
	c.resumed = hello.Ticket
	c.client.set(hello)
	c.number(dir, versionBuffer, uint64(hello.Preferred))
	c.putRandom(dir, hello.Random)
	if len(c.client.sni) > 0 {
		s.Put(rule.TLSSNI, c.client.sni)
	}
	for _, p := range hello.ALPN {
		s.Copy(rule.TLSALPN, p)
	}
	s.Put(rule.JA3String, c.client.ja3)
	s.Put(rule.JA3Hash, c.client.ja3Hash)
	s.Put(rule.JA4Hash, c.client.ja4)
	if c.cfg.Handshakes {
		h.cipherLog.client(hello)
	}
	c.client.keep(hello)
	c.sink.Step(&c.tx, dir)
}

func (c *Conn) serverHello(b []byte) {
	const dir = app.ToClient
	h, s := &c.half[dir], &c.tx.Sides[dir]
	var hello ServerHello
	fault := hello.Parse(b)
	c.number(dir, stateBuffer, stateServerHello)
	if fault != "" {
		c.fail(dir, string(fault), "invalid_handshake_message")
		return
	}
	h.hello, h.version = true, hello.Version
	c.resumed = c.resumed || len(hello.Session) > 0 && bytes.Equal(hello.Session, c.client.session)
	c.withoutCert = c.withoutCert || isDraft(hello.Legacy) || c.client.versions && hello.Version > versionTLS12
	c.server.set(&hello)
	c.number(dir, versionBuffer, uint64(hello.Version))
	c.putRandom(dir, hello.Random)
	if hello.ALPN != nil {
		s.Copy(rule.TLSALPN, hello.ALPN)
	}
	s.Put(rule.JA3SString, c.server.ja3)
	s.Put(rule.JA3SHash, c.server.ja3Hash)
	if c.cfg.Handshakes {
		h.cipherLog.server(&hello)
	}
	c.sink.Step(&c.tx, dir)
}

// putRandom shows the random of a hello and its parts, the first time.
func (c *Conn) putRandom(dir int, b []byte) {
	h, s := &c.half[dir], &c.tx.Sides[dir]
	if h.random != nil {
		return
	}
	h.random = s.Keep(b)
	s.Put(rule.TLSRandom, h.random)
	s.Put(rule.TLSRandomTime, h.random[:4:4])
	s.Put(rule.TLSRandomBytes, h.random[4:])
}
