package tlsmsg

import "golang.org/x/crypto/cryptobyte"

// Extension numbers (IANA TLS ExtensionType registry).
const (
	extServerName        = 0
	extSupportedGroups   = 10
	extPointFormats      = 11
	extSignatures        = 13
	extALPN              = 16
	extSessionTicket     = 35
	extEarlyData         = 42
	extSupportedVersions = 43
	extECH               = 0xfe0d
)

// maxServerName is the longest host name (RFC 1035 section 2.3.4).
const maxServerName = 255

// maxALPN bounds the protocols of a hello that are kept: browsers offer two.
const maxALPN = 64

// ClientHello is what a ClientHello tells (RFC 8446 section 4.1.2). Slices point into the
// message.
type ClientHello struct {
	Version uint16 // legacy_version
	// Preferred is the first version that exists of the list, else Version.
	Preferred uint16
	Random    []byte
	Session   []byte
	// ServerName is as sent, nil when there is none.
	ServerName []byte
	ALPN       [][]byte
	ECH        bool // encrypted_client_hello is there: the name is an outer one
	EarlyData  bool
	Ticket     bool // a session ticket that is not empty
	Versions   bool // supported_versions is there

	ciphers, extensions, groups, points, signatures cryptobyte.String
}

// Fault is what is wrong with a message, as an event without its protocol; empty for
// nothing.
type Fault string

// Faults.
const (
	faultLength    Fault = "handshake_invalid_length"
	faultSNIType   Fault = "invalid_sni_type"
	faultSNILength Fault = "invalid_sni_length"
	// faultSNIs does not end the reading.
	faultSNIs Fault = "multiple_sni_extensions"
)

// Parse reads a ClientHello without its type and length. twice tells that a second server
// name was passed over.
func (h *ClientHello) Parse(b []byte) (fault Fault, twice bool) {
	*h = ClientHello{ALPN: h.ALPN[:0]}
	s := cryptobyte.String(b)
	var session, compression cryptobyte.String
	if !s.ReadUint16(&h.Version) || !s.ReadBytes(&h.Random, 32) || !s.ReadUint8LengthPrefixed(&session) ||
		!s.ReadUint16LengthPrefixed(&h.ciphers) || len(h.ciphers)%2 != 0 || !s.ReadUint8LengthPrefixed(&compression) {
		return faultLength, false
	}
	h.Preferred, h.Session = h.Version, session
	if len(s) < 2 {
		return "", false // no extensions
	}
	var exts cryptobyte.String
	if !s.ReadUint16LengthPrefixed(&exts) {
		return faultLength, false
	}
	h.extensions = exts
	for !exts.Empty() {
		var kind uint16
		var data cryptobyte.String
		if !exts.ReadUint16(&kind) || !exts.ReadUint16LengthPrefixed(&data) {
			return faultLength, twice
		}
		fault := h.extension(kind, data)
		if fault == faultSNIs {
			twice = true
		} else if fault != "" {
			return fault, twice
		}
	}
	return "", twice
}

func (h *ClientHello) extension(kind uint16, data cryptobyte.String) Fault {
	switch kind {
	case extServerName:
		return h.serverName(data)
	case extSupportedGroups:
		return list16(data, &h.groups)
	case extPointFormats:
		if len(data) > 0 && !data.ReadUint8LengthPrefixed(&h.points) {
			return faultLength
		}
	case extSignatures:
		return list16(data, &h.signatures)
	case extALPN:
		return h.protocols(data)
	case extSupportedVersions:
		return h.versions(data)
	case extSessionTicket:
		h.Ticket = len(data) > 0
	case extEarlyData:
		h.EarlyData = true
	case extECH:
		h.ECH = true
	}
	return ""
}

// list16 reads a list behind its length. An empty extension has none.
func list16(data cryptobyte.String, to *cryptobyte.String) Fault {
	if len(data) > 0 && !data.ReadUint16LengthPrefixed(to) {
		return faultLength
	}
	return ""
}

// serverName takes the first name (RFC 6066 section 3).
func (h *ClientHello) serverName(data cryptobyte.String) Fault {
	if data.Empty() {
		return ""
	}
	var kind uint8
	var name cryptobyte.String
	switch {
	case !data.Skip(2) || !data.ReadUint8(&kind):
		return faultLength
	case kind != 0:
		return faultSNIType
	case len(data) < 2:
		return faultLength
	case !data.ReadUint16LengthPrefixed(&name) || len(name) == 0 || len(name) > maxServerName:
		return faultSNILength
	case h.ServerName != nil:
		return faultSNIs
	}
	h.ServerName = name
	return ""
}

// protocols reads those of the next layer (RFC 7301 section 3.1).
func (h *ClientHello) protocols(data cryptobyte.String) Fault {
	if data.Empty() {
		return ""
	}
	var list, name cryptobyte.String
	if !data.ReadUint16LengthPrefixed(&list) {
		return faultLength
	}
	for !list.Empty() {
		if !list.ReadUint8LengthPrefixed(&name) {
			return faultLength
		}
		if len(h.ALPN) < maxALPN {
			h.ALPN = append(h.ALPN, name)
		}
	}
	return ""
}

func (h *ClientHello) versions(data cryptobyte.String) Fault {
	var list cryptobyte.String
	if data.Empty() {
		return ""
	}
	if !data.ReadUint8LengthPrefixed(&list) || len(list) < 2 {
		return faultLength
	}
	h.Versions = true
	for v := uint16(0); list.ReadUint16(&v); {
		if validVersion(v) {
			h.Preferred = v
			break
		}
	}
	return ""
}

// ServerHello is what a ServerHello tells (RFC 8446 section 4.1.3). Slices point into the
// message.
type ServerHello struct {
	Legacy  uint16 // the version of the message
	Version uint16 // the version chosen
	Random  []byte
	Session []byte
	Cipher  uint16
	ALPN    []byte // nil when none was chosen

	extensions cryptobyte.String
}

// Parse reads a ServerHello without its type and length.
func (h *ServerHello) Parse(b []byte) Fault {
	*h = ServerHello{}
	s := cryptobyte.String(b)
	var session cryptobyte.String
	if !s.ReadUint16(&h.Legacy) || !s.ReadBytes(&h.Random, 32) {
		return faultLength
	}
	// Drafts of TLS 1.3 before the 22nd had neither a session nor a compression.
	full := h.Legacy <= versionTLS12
	if full && !s.ReadUint8LengthPrefixed(&session) || !s.ReadUint16(&h.Cipher) || full && !s.Skip(1) {
		return faultLength
	}
	h.Version, h.Session = h.Legacy, session
	if len(s) < 2 {
		return ""
	}
	var exts cryptobyte.String
	if !s.ReadUint16LengthPrefixed(&exts) {
		return faultLength
	}
	h.extensions = exts
	for !exts.Empty() {
		var kind uint16
		var data, list, name cryptobyte.String
		if !exts.ReadUint16(&kind) || !exts.ReadUint16LengthPrefixed(&data) {
			return faultLength
		}
		switch {
		case kind == extSupportedVersions:
			if len(data) != 2 || !data.ReadUint16(&h.Version) {
				return faultLength
			}
		case kind == extALPN && len(data) > 0:
			if !data.ReadUint16LengthPrefixed(&list) || !list.Empty() && !list.ReadUint8LengthPrefixed(&name) {
				return faultLength
			}
			h.ALPN = name
		}
	}
	return ""
}
