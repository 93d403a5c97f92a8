package clienthello

import (
	"errors"
	"strconv"

	"golang.org/x/crypto/cryptobyte"
)

// Errors.
var (
	ErrShort    = errors.New("clienthello: message ends early")
	ErrNotHello = errors.New("clienthello: not a ClientHello")
	ErrName     = errors.New("clienthello: server name is not a host name")
)

// Extension numbers (IANA TLS ExtensionType registry).
const (
	extServerName        = 0
	extSupportedGroups   = 10
	extPointFormats      = 11
	extALPN              = 16
	extSupportedVersions = 43
	extECH               = 0xfe0d
)

// Hello is what a ClientHello tells. Slices point into the message.
type Hello struct {
	Version    uint16 // legacy_version
	Best       uint16 // highest version offered, GREASE left out
	ServerName []byte // nil when there is none; as sent, not lowered
	ALPN       []byte // first protocol offered
	ECH        bool   // encrypted_client_hello is there: the name is an outer one
	ja3        ja3
}

// ja3 holds the raw lists that the fingerprint is made of.
type ja3 struct {
	ciphers, extensions, groups, points cryptobyte.String
}

// Parse reads a handshake message that starts with its type and length.
func Parse(b []byte) (h Hello, err error) {
	s := cryptobyte.String(b)
	var kind uint8
	var body, session, ciphers, compression cryptobyte.String
	if !s.ReadUint8(&kind) || kind != 1 {
		return h, ErrNotHello
	}
	if !s.ReadUint24LengthPrefixed(&body) || !body.ReadUint16(&h.Version) || !body.Skip(32) ||
		!body.ReadUint8LengthPrefixed(&session) || !body.ReadUint16LengthPrefixed(&ciphers) ||
		!body.ReadUint8LengthPrefixed(&compression) {
		return h, ErrShort
	}
	h.Best, h.ja3.ciphers = h.Version, ciphers
	if body.Empty() {
		return h, nil // SSL 3.0 style: no extensions
	}
	var exts cryptobyte.String
	if !body.ReadUint16LengthPrefixed(&exts) {
		return h, ErrShort
	}
	h.ja3.extensions = exts
	for !exts.Empty() {
		var kind uint16
		var data cryptobyte.String
		if !exts.ReadUint16(&kind) || !exts.ReadUint16LengthPrefixed(&data) {
			return h, ErrShort
		}
		if err := h.extension(kind, data); err != nil {
			return h, err
		}
	}
	return h, nil
}

func (h *Hello) extension(kind uint16, data cryptobyte.String) error {
	switch kind {
	case extServerName:
		return h.serverName(data)
	case extSupportedGroups:
		if !data.ReadUint16LengthPrefixed(&h.ja3.groups) {
			return ErrShort
		}
	case extPointFormats:
		if !data.ReadUint8LengthPrefixed(&h.ja3.points) {
			return ErrShort
		}
	case extALPN:
		var list, first cryptobyte.String
		if !data.ReadUint16LengthPrefixed(&list) || !list.ReadUint8LengthPrefixed(&first) {
			return ErrShort
		}
		h.ALPN = first
	case extSupportedVersions:
		var list cryptobyte.String
		if !data.ReadUint8LengthPrefixed(&list) {
			return ErrShort
		}
		for v := uint16(0); list.ReadUint16(&v); {
			if !grease(v) && v > h.Best {
				h.Best = v
			}
		}
	case extECH:
		h.ECH = true
	}
	return nil
}

// serverName takes the first host_name. A name with bytes that no host name has
// is refused: it would not be looked up the way the server reads it.
func (h *Hello) serverName(data cryptobyte.String) error {
	if data.Empty() {
		return nil
	}
	var list cryptobyte.String
	if !data.ReadUint16LengthPrefixed(&list) {
		return ErrShort
	}
	for !list.Empty() {
		var kind uint8
		var name cryptobyte.String
		if !list.ReadUint8(&kind) || !list.ReadUint16LengthPrefixed(&name) {
			return ErrShort
		}
		if kind != 0 || h.ServerName != nil {
			continue
		}
		for _, c := range name {
			if c <= ' ' || c >= 0x7f {
				return ErrName
			}
		}
		h.ServerName = name
	}
	return nil
}

// grease tells reserved values that clients mix in (RFC 8701).
func grease(v uint16) bool { return v&0x0f0f == 0x0a0a && v>>8 == v&0xff }

// AppendJA3 appends the JA3 text: version, ciphers, extensions, groups and point
// formats, GREASE left out. Its MD5 is the fingerprint.
func (h *Hello) AppendJA3(b []byte) []byte {
	b = strconv.AppendUint(b, uint64(h.Version), 10)
	b = appendList(append(b, ','), h.ja3.ciphers)
	b = append(b, ',')
	exts, first := h.ja3.extensions, true
	for !exts.Empty() {
		var kind uint16
		var data cryptobyte.String
		if !exts.ReadUint16(&kind) || !exts.ReadUint16LengthPrefixed(&data) {
			break
		}
		if grease(kind) {
			continue
		}
		if !first {
			b = append(b, '-')
		}
		first = false
		b = strconv.AppendUint(b, uint64(kind), 10)
	}
	b = appendList(append(b, ','), h.ja3.groups)
	b = append(b, ',')
	for i, p := range h.ja3.points {
		if i > 0 {
			b = append(b, '-')
		}
		b = strconv.AppendUint(b, uint64(p), 10)
	}
	return b
}

func appendList(b []byte, list cryptobyte.String) []byte {
	first := true
	for v := uint16(0); list.ReadUint16(&v); {
		if grease(v) {
			continue
		}
		if !first {
			b = append(b, '-')
		}
		first = false
		b = strconv.AppendUint(b, uint64(v), 10)
	}
	return b
}
