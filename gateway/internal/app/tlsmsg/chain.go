package tlsmsg

import (
	"crypto/sha1" // the fingerprint's definition, not protection

	"golang.org/x/crypto/cryptobyte"

	"otasuke/rule"
)

// maxChain bounds the certificates that are kept of a chain; real ones have two to five.
const maxChain = 32

// chain is what is kept of the certificates of one end.
type chain struct {
	first       *certificate
	fingerprint string
	all         [][]byte // DER
}

// certificates reads the Certificate message of TLS 1.2 and older (RFC 5246 section
// 7.4.2).
func (c *Conn) certificates(dir int, b []byte) {
	s := cryptobyte.String(b)
	var list cryptobyte.String
	if len(b) < 3 {
		return
	}
	if !s.ReadUint24LengthPrefixed(&list) {
		c.fail(dir, "invalid_handshake_message")
		return
	}
	h := &c.half[dir]
	for n := 0; !list.Empty(); n++ {
		var one cryptobyte.String
		if !list.ReadUint24LengthPrefixed(&one) {
			c.fail(dir, "certificate_invalid_length", "invalid_handshake_message")
			return
		}
		if n == 0 && h.certs.first == nil {
			c.firstCertificate(dir, one)
		}
		c.addCertificate(dir, one)
	}
	c.number(dir, rule.TLSChainLen, uint64(len(h.certs.all)))
	c.sink.Step(&c.tx, dir)
}

// firstCertificate shows the certificate of an end itself.
func (c *Conn) firstCertificate(dir int, b []byte) {
	h, s := &c.half[dir], &c.tx.Sides[dir]
	cert, err := parseCertificate(b)
	if err != nil {
		c.raise(dir, err.Error())
		return
	}
	h.certs.first = cert
	sum := sha1.Sum(b)
	h.certs.fingerprint = colons(sum[:])
	s.Put(rule.TLSCertSubject, []byte(cert.subject))
	s.Put(rule.TLSCertIssuer, []byte(cert.issuer))
	s.Put(rule.TLSCertSerial, []byte(cert.serial))
	s.Put(rule.TLSCertFingerprint, []byte(h.certs.fingerprint))
	for _, name := range cert.names {
		s.Put(rule.TLSCertAltName, []byte(name))
	}
	s.Number(rule.TLSNotBefore, uint64(cert.notBefore.Unix()))
	s.Number(rule.TLSNotAfter, uint64(cert.notAfter.Unix()))
}

func (c *Conn) addCertificate(dir int, b []byte) {
	h, s := &c.half[dir], &c.tx.Sides[dir]
	if len(h.certs.all) >= maxChain {
		return
	}
	b = s.Keep(b)
	h.certs.all = append(h.certs.all, b)
	s.Put(rule.TLSCerts, b)
}
