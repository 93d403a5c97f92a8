package clienthello

import (
	"crypto/x509"
	"fmt"
	"strings"

	"golang.org/x/crypto/cryptobyte"
)

// Handshake message types (RFC 8446 section 4, RFC 5246 section 7.4).
const (
	TypeClientHello = 1
	TypeServerHello = 2
	TypeCertificate = 11
)

// maxChain bounds the certificates that are read of a chain; real ones have two to four.
const maxChain = 8

// ServerVersion gives the version that a ServerHello chose.
func ServerVersion(b []byte) (uint16, error) {
	s := cryptobyte.String(b)
	var kind uint8
	var body, session, exts cryptobyte.String
	var version uint16
	if !s.ReadUint8(&kind) || kind != TypeServerHello || !s.ReadUint24LengthPrefixed(&body) ||
		!body.ReadUint16(&version) || !body.Skip(32) || !body.ReadUint8LengthPrefixed(&session) || !body.Skip(3) {
		return 0, ErrShort
	}
	if body.Empty() || !body.ReadUint16LengthPrefixed(&exts) {
		return version, nil
	}
	for !exts.Empty() {
		var kind uint16
		var data cryptobyte.String
		if !exts.ReadUint16(&kind) || !exts.ReadUint16LengthPrefixed(&data) {
			return version, ErrShort
		}
		if kind == extSupportedVersions {
			data.ReadUint16(&version)
		}
	}
	return version, nil
}

// Certificate is what rules ask about a server's own certificate.
type Certificate struct {
	Subject, Issuer string // "C=JP, O=Example, CN=www.example.jp"
	Serial          string // "01:AB:…"
	DER             [][]byte
}

// Certificates reads the Certificate message of TLS 1.2 and older (RFC 5246
// section 7.4.2).
func Certificates(b []byte) (c Certificate, err error) {
	s := cryptobyte.String(b)
	var kind uint8
	var body, list cryptobyte.String
	if !s.ReadUint8(&kind) || kind != TypeCertificate || !s.ReadUint24LengthPrefixed(&body) || !body.ReadUint24LengthPrefixed(&list) {
		return c, ErrShort
	}
	for !list.Empty() && len(c.DER) < maxChain {
		var der cryptobyte.String
		if !list.ReadUint24LengthPrefixed(&der) {
			return c, ErrShort
		}
		c.DER = append(c.DER, der)
	}
	if len(c.DER) == 0 {
		return c, nil
	}
	cert, err := x509.ParseCertificate(c.DER[0])
	if err != nil {
		return c, fmt.Errorf("clienthello: %w", err)
	}
	c.Subject, c.Issuer = ordered(cert.Subject.String()), ordered(cert.Issuer.String())
	c.Serial = strings.ToUpper(fmt.Sprintf("% x", cert.SerialNumber.Bytes()))
	c.Serial = strings.ReplaceAll(c.Serial, " ", ":")
	return c, nil
}

// ordered turns RFC 2253 order ("CN=…,O=…,C=…") into the one that rules are
// written for ("C=…, O=…, CN=…").
func ordered(name string) string {
	var parts []string
	start, quoted := 0, false
	for i := 0; i < len(name); i++ {
		switch {
		case name[i] == '\\':
			i++
		case name[i] == '"':
			quoted = !quoted
		case name[i] == ',' && !quoted:
			parts, start = append(parts, name[start:i]), i+1
		}
	}
	parts = append(parts, name[start:])
	for i, j := 0, len(parts)-1; i < j; i, j = i+1, j-1 {
		parts[i], parts[j] = parts[j], parts[i]
	}
	return unescape(strings.Join(parts, ", "))
}

// unescape takes off the backslashes of RFC 2253: rules are written for the bare text.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
