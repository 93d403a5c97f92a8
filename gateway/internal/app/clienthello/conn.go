package clienthello

import (
	"crypto/md5" // the fingerprint's definition, not protection
	"encoding/hex"
	"fmt"

	"otasuke/gateway/internal/app"
	"otasuke/rule"
)

// Conn reads the handshake of one connection: one transaction.
type Conn struct {
	sink    app.Sink
	records [2]Records
	tx      app.Tx
	hello   HelloText
	cert    Certificate
	version uint16
	logged  bool
}

// HelloText is what rules and records ask of a ClientHello.
type HelloText struct {
	SNI, ALPN, JA3, JA3Hash []byte
}

// New makes a reader.
func New(sink app.Sink) *Conn {
	c := new(Conn)
	c.Reset(sink)
	return c
}

// Reset makes c ready for another connection.
func (c *Conn) Reset(sink app.Sink) {
	c.sink, c.version, c.logged, c.cert = sink, 0, false, Certificate{}
	c.records[0].Reset()
	c.records[1].Reset()
	c.tx.Reset(0)
	c.tx.Proto, c.tx.Recorder = rule.ProtoTLS, c
	h := &c.hello
	*h = HelloText{h.SNI[:0], h.ALPN[:0], h.JA3[:0], h.JA3Hash[:0]}
}

// Encrypted tells that both sides encrypt: nothing more can be read.
func (c *Conn) Encrypted() bool {
	return c.records[0].State == Encrypted && c.records[1].State == Encrypted
}

// NotTLS tells that a side only began like TLS.
func (c *Conn) NotTLS() bool { return c.records[0].State == NotTLS || c.records[1].State == NotTLS }

// Push reads the next bytes.
func (c *Conn) Push(dir int, b []byte) {
	r := &c.records[dir]
	if r.State != Reading {
		return
	}
	r.Push(b)
	for m := r.Message(); m != nil; m = r.Message() {
		c.message(dir, m)
	}
	if r.State == Encrypted && dir == app.ToClient && !c.logged {
		c.logged = true
		c.tx.Sides[0].Done, c.tx.Sides[1].Done = true, true
		c.sink.Step(&c.tx, dir)
		c.sink.Log(&c.tx, dir, "tls")
	}
}

// Gap ends the reading of a direction.
func (c *Conn) Gap(dir int, _ int) { c.records[dir].State = NotTLS }

// Close does nothing.
func (c *Conn) Close(int) {}

func (c *Conn) message(dir int, m []byte) {
	s := &c.tx.Sides[dir]
	switch {
	case m[0] == TypeClientHello && dir == app.ToServer:
		hello, err := Parse(m)
		if err != nil {
			s.Event("tls.invalid_handshake_message")
			c.sink.Step(&c.tx, dir)
			return
		}
		c.version = hello.Best
		c.hello.Set(&hello)
		c.hello.Put(s, rule.TLSSNI)
	case m[0] == TypeServerHello && dir == app.ToClient:
		if v, err := ServerVersion(m); err == nil {
			c.version = v
			s.Number(rule.TLSVersion, uint64(v))
		}
	case m[0] == TypeCertificate:
		cert, err := Certificates(m)
		if err != nil {
			s.Event("tls.invalid_certificate")
		}
		c.cert = cert
		s.Put(rule.TLSCertSubject, []byte(cert.Subject))
		s.Put(rule.TLSCertIssuer, []byte(cert.Issuer))
		s.Put(rule.TLSCertSerial, []byte(cert.Serial))
		for _, der := range cert.DER {
			s.Put(rule.TLSCerts, der)
		}
	default:
		return
	}
	c.sink.Step(&c.tx, dir)
}

// Set takes the texts of a hello.
func (h *HelloText) Set(hello *Hello) {
	h.SNI = appendLower(h.SNI[:0], hello.ServerName)
	h.ALPN = append(h.ALPN[:0], hello.ALPN...)
	h.JA3 = hello.AppendJA3(h.JA3[:0])
	sum := md5.Sum(h.JA3)
	h.JA3Hash = hex.AppendEncode(h.JA3Hash[:0], sum[:])
}

// Put shows them to rules.
func (h *HelloText) Put(s *app.Side, sni rule.Buffer) {
	if len(h.SNI) > 0 {
		s.Put(sni, h.SNI)
	}
	if len(h.ALPN) > 0 {
		s.Put(rule.TLSALPN, h.ALPN)
	}
	s.Put(rule.JA3String, h.JA3)
	s.Put(rule.JA3Hash, h.JA3Hash)
}

func appendLower(out, b []byte) []byte {
	for _, c := range b {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		out = append(out, c)
	}
	return out
}

type eveTLS struct {
	SNI     string `json:"sni,omitempty"`
	Version string `json:"version,omitempty"`
	Subject string `json:"subject,omitempty"`
	Issuer  string `json:"issuerdn,omitempty"`
	Serial  string `json:"serial,omitempty"`
	JA3     *ja3of `json:"ja3,omitempty"`
}

type ja3of struct {
	Hash   string `json:"hash"`
	String string `json:"string"`
}

// Record returns the handshake as EVE has it.
func (c *Conn) Record(*app.Tx) []app.Field {
	r := eveTLS{SNI: string(c.hello.SNI), Version: VersionName(c.version), Subject: c.cert.Subject, Issuer: c.cert.Issuer, Serial: c.cert.Serial}
	if len(c.hello.JA3) > 0 {
		r.JA3 = &ja3of{string(c.hello.JA3Hash), string(c.hello.JA3)}
	}
	return []app.Field{{Name: "tls", Value: r}}
}

// VersionName names a version as EVE does.
func VersionName(v uint16) string {
	switch v {
	case 0:
		return "UNDETERMINED"
	case 0x0300:
		return "SSLv3"
	case 0x0301:
		return "TLSv1"
	case 0x0302:
		return "TLS 1.1"
	case 0x0303:
		return "TLS 1.2"
	case 0x0304:
		return "TLS 1.3"
	}
	return fmt.Sprintf("0x%04x", v)
}
