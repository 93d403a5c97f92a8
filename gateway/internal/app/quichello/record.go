package quichello

import (
	"strings"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/tlsmsg"
)

type record struct {
	Version    string      `json:"version"`
	SNI        string      `json:"sni,omitempty"`
	UA         string      `json:"ua,omitempty"`
	Cyu        []cyuRecord `json:"cyu,omitempty"`
	JA3        *ja3Record  `json:"ja3,omitempty"`
	JA3S       *ja3Record  `json:"ja3s,omitempty"`
	JA4        string      `json:"ja4,omitempty"`
	Extensions []extension `json:"extensions,omitempty"`
}

type cyuRecord struct {
	Hash   string `json:"hash"`
	String string `json:"string"`
}

type ja3Record struct {
	Hash   string `json:"hash"`
	String string `json:"string"`
}

// extension of a hello.
type extension struct {
	Name   string   `json:"name,omitempty"`
	Type   uint16   `json:"type"`
	Values []string `json:"values,omitempty"`
}

// extensionNames are those of IANA's TLS ExtensionType registry, ALPN's by its short name.
var extensionNames = map[uint16]string{
	0: "server_name", 1: "max_fragment_length", 2: "client_certificate_url", 3: "trusted_ca_keys", 4: "truncated_hmac", 5: "status_request",
	6: "user_mapping", 7: "client_authz", 8: "server_authz", 9: "cert_type", 10: "supported_groups", 11: "ec_point_formats", 12: "srp",
	13: "signature_algorithms", 14: "use_srtp", 15: "heartbeat", 16: "alpn", 17: "status_request_v2", 18: "signed_certificate_timestamp",
	19: "client_certificate_type", 20: "server_certificate_type", 21: "padding", 22: "encrypt_then_mac", 23: "extended_master_secret",
	24: "token_binding", 25: "cached_info", 27: "compress_certificate", 28: "record_size_limit", 34: "delegated_credentials", 35: "session_ticket",
	41: "pre_shared_key", 42: "early_data", 43: "supported_versions", 44: "cookie", 45: "psk_key_exchange_modes", 47: "certificate_authorities",
	48: "oid_filters", 49: "post_handshake_auth", 50: "signature_algorithms_cert", 51: "key_share", 57: "quic_transport_parameters",
	0xfe0d: "encrypted_client_hello", 0xff01: "renegotiation_info",
}

// extend takes the extensions of a hello.
func (p *packet) extend(list []tlsmsg.Extension) {
	for _, e := range list {
		x := extension{Name: extensionNames[e.Kind], Type: e.Kind}
		for _, v := range e.Values {
			x.Values = append(x.Values, text(v))
		}
		p.extensions = append(p.extensions, x)
	}
}

// text makes bytes fit for JSON.
func text(b []byte) string { return strings.ToValidUTF8(string(b), "\ufffd") }

// Record returns the packet as EVE has it.
func (c *Conn) Record(*app.Tx) []app.Field {
	p := &c.at
	r := record{Version: p.version, SNI: text(p.sni), UA: text(p.ua), JA4: string(p.ja4), Extensions: p.extensions}
	for _, y := range p.cyu {
		r.Cyu = append(r.Cyu, cyuRecord{y.hash, y.text})
	}
	if p.ja3 != nil {
		j := &ja3Record{string(p.ja3Hash), string(p.ja3)}
		if p.fromClient {
			r.JA3 = j
		} else {
			r.JA3S = j
		}
	}
	return []app.Field{{Name: "quic", Value: r}}
}
