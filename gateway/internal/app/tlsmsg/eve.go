package tlsmsg

import (
	"encoding/base64"
	"slices"
	"time"
	"unicode/utf8"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/eve/object"
)

// record is the "tls" part of an EVE record.
type record struct {
	Resumed         bool        `json:"session_resumed,omitempty"`
	Subject         string      `json:"subject,omitempty"`
	Issuer          string      `json:"issuerdn,omitempty"`
	Serial          string      `json:"serial,omitempty"`
	Fingerprint     string      `json:"fingerprint,omitempty"`
	SNI             string      `json:"sni,omitempty"`
	Version         string      `json:"version,omitempty"`
	NotBefore       string      `json:"notbefore,omitempty"`
	NotAfter        string      `json:"notafter,omitempty"`
	Names           []string    `json:"subjectaltname,omitempty"`
	Certificate     string      `json:"certificate,omitempty"`
	Chain           []string    `json:"chain,omitempty"`
	JA3             *ja3Record  `json:"ja3,omitempty"`
	JA3S            *ja3Record  `json:"ja3s,omitempty"`
	JA4             string      `json:"ja4,omitempty"`
	ClientALPNs     []string    `json:"client_alpns,omitempty"`
	ServerALPNs     []string    `json:"server_alpns,omitempty"`
	Client          *certRecord `json:"client,omitempty"`
	ClientHandshake *helloLog   `json:"client_handshake,omitempty"`
	ServerHandshake *helloLog   `json:"server_handshake,omitempty"`
}

type ja3Record struct {
	Hash   string `json:"hash"`
	String string `json:"string"`
}

type certRecord struct {
	Subject     string   `json:"subject,omitempty"`
	Issuer      string   `json:"issuerdn,omitempty"`
	Fingerprint string   `json:"fingerprint,omitempty"`
	Serial      string   `json:"serial,omitempty"`
	NotBefore   string   `json:"notbefore,omitempty"`
	NotAfter    string   `json:"notafter,omitempty"`
	Names       []string `json:"subjectaltname,omitempty"`
	Certificate string   `json:"certificate,omitempty"`
	Chain       []string `json:"chain,omitempty"`
}

// helloLog is what a hello offers or chooses.
type helloLog struct {
	Version    string   `json:"version,omitempty"`
	Ciphers    []uint16 `json:"ciphers,omitempty"`
	Cipher     uint16   `json:"cipher,omitempty"`
	Extensions []uint16 `json:"exts,omitempty"`
	Signatures []uint16 `json:"sig_algs,omitempty"`
}

func (l *helloLog) client(h *ClientHello) {
	*l = helloLog{Version: VersionName(h.Preferred), Ciphers: numbers(h.ciphers), Signatures: numbers(h.signatures)}
	for kind := range kinds(h.extensions) {
		l.Extensions = append(l.Extensions, kind)
	}
}

func (l *helloLog) server(h *ServerHello) {
	*l = helloLog{Version: VersionName(h.Version), Cipher: h.Cipher}
	for kind := range kinds(h.extensions) {
		l.Extensions = append(l.Extensions, kind)
	}
}

// AppendJSON writes r as its tags say.
func (r *record) AppendJSON(b []byte) []byte {
	b = object.BoolIf(object.Open(b), "session_resumed", r.Resumed)
	b = object.StringIf(b, "subject", r.Subject)
	b = object.StringIf(b, "issuerdn", r.Issuer)
	b = object.StringIf(b, "serial", r.Serial)
	b = object.StringIf(b, "fingerprint", r.Fingerprint)
	b = object.StringIf(b, "sni", r.SNI)
	b = object.StringIf(b, "version", r.Version)
	b = object.StringIf(b, "notbefore", r.NotBefore)
	b = object.StringIf(b, "notafter", r.NotAfter)
	b = object.StringsIf(b, "subjectaltname", r.Names)
	b = object.StringIf(b, "certificate", r.Certificate)
	b = object.StringsIf(b, "chain", r.Chain)
	b = r.JA3.appendJSON(b, "ja3")
	b = r.JA3S.appendJSON(b, "ja3s")
	b = object.StringIf(b, "ja4", r.JA4)
	b = object.StringsIf(b, "client_alpns", r.ClientALPNs)
	b = object.StringsIf(b, "server_alpns", r.ServerALPNs)
	if r.Client != nil {
		b = object.Value(b, "client", r.Client)
	}
	if r.ClientHandshake != nil {
		b = object.Value(b, "client_handshake", r.ClientHandshake)
	}
	if r.ServerHandshake != nil {
		b = object.Value(b, "server_handshake", r.ServerHandshake)
	}
	return object.Close(b)
}

func (r *ja3Record) appendJSON(b []byte, name string) []byte {
	if r == nil {
		return b
	}
	b = object.String(object.Open(object.Member(b, name)), "hash", r.Hash)
	return object.Next(object.Close(object.String(b, "string", r.String)))
}

// Record returns the handshake as EVE has it.
func (c *Conn) Record(*app.Tx) []app.Field {
	client, server := &c.half[0], &c.half[1]
	r := &record{SNI: text(c.client.sni), Version: VersionName(c.version()), JA4: string(c.client.ja4), ClientALPNs: slices.Clone(c.client.alpn),
		Resumed: c.resumed && server.certs.first == nil && server.hello && !c.withoutCert}
	own := server.certs.record(c.cfg.Certificate, c.cfg.Chain)
	r.Subject, r.Issuer, r.Serial, r.Fingerprint, r.Names = own.Subject, own.Issuer, own.Serial, own.Fingerprint, own.Names
	r.NotBefore, r.NotAfter, r.Certificate, r.Chain = own.NotBefore, own.NotAfter, own.Certificate, own.Chain
	if len(c.client.ja3) > 0 {
		r.JA3 = &ja3Record{string(c.client.ja3Hash), string(c.client.ja3)}
	}
	if len(c.server.ja3) > 0 {
		r.JA3S = &ja3Record{string(c.server.ja3Hash), string(c.server.ja3)}
	}
	if c.server.alpn != "" {
		r.ServerALPNs = []string{c.server.alpn}
	}
	if c.cfg.Client && client.certs.first != nil {
		r.Client = client.certs.record(c.cfg.Certificate, c.cfg.Chain)
	}
	if c.cfg.Handshakes {
		r.ClientHandshake, r.ServerHandshake = new(client.cipherLog), new(server.cipherLog)
	}
	if c.cfg.Only != nil {
		r.only(c.cfg.Only)
	}
	return []app.Field{{Name: "tls", Value: r}}
}

// only leaves out the members that are not wanted, by their names in a configuration.
func (r *record) only(want map[string]bool) {
	for name, s := range map[string]*string{"subject": &r.Subject, "issuer": &r.Issuer, "serial": &r.Serial, "fingerprint": &r.Fingerprint, "sni": &r.SNI,
		"version": &r.Version, "not_before": &r.NotBefore, "not_after": &r.NotAfter, "certificate": &r.Certificate, "ja4": &r.JA4} {
		if !want[name] {
			*s = ""
		}
	}
	for name, list := range map[string]*[]string{"subjectaltname": &r.Names, "chain": &r.Chain, "client_alpns": &r.ClientALPNs, "server_alpns": &r.ServerALPNs} {
		if !want[name] {
			*list = nil
		}
	}
	r.Resumed = r.Resumed && want["session_resumed"]
	if !want["ja3"] {
		r.JA3 = nil
	}
	if !want["ja3s"] {
		r.JA3S = nil
	}
	if !want["client_handshake"] {
		r.ClientHandshake = nil
	}
	if !want["server_handshake"] {
		r.ServerHandshake = nil
	}
}

// record writes the certificates of an end.
func (c *chain) record(first, all bool) *certRecord {
	r := new(certRecord)
	if x := c.first; x != nil {
		*r = certRecord{Subject: text([]byte(x.subject)), Issuer: text([]byte(x.issuer)), Serial: x.serial, Fingerprint: c.fingerprint,
			NotBefore: stamp(x.notBefore), NotAfter: stamp(x.notAfter)}
		for _, name := range x.names {
			r.Names = append(r.Names, text([]byte(name)))
		}
	}
	for i, der := range c.all {
		b := base64.StdEncoding.EncodeToString(der)
		if first && i == 0 {
			r.Certificate = b
		}
		if all {
			r.Chain = append(r.Chain, b)
		}
	}
	return r
}

func stamp(t time.Time) string { return t.Format("2006-01-02T15:04:05") }

// text makes bytes fit for JSON: what is no UTF-8 has all bytes beyond ASCII as "\\xNN".
func text(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	const digits = "0123456789abcdef"
	out := make([]byte, 0, len(b)+16)
	for _, c := range b {
		if c < utf8.RuneSelf {
			out = append(out, c)
		} else {
			out = append(out, '\\', 'x', digits[c>>4], digits[c&15])
		}
	}
	return string(out)
}
