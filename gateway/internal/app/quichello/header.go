package quichello

import (
	"encoding/binary"
	"strconv"

	"golang.org/x/crypto/cryptobyte"
)

// Versions.
const (
	version1 = 0x00000001
	version2 = 0x6b3343cf
	googleQ0 = 0x51303030 // "Q000"
	googleX  = 0xffffff00 // mask of the digits that change
	google39 = 0x51303339
	google43 = 0x51303433
	google44 = 0x51303434
	google45 = 0x51303435
	google46 = 0x51303436
	google50 = 0x51303530
)

// kind is what a packet is for.
type kind uint8

const (
	kindShort kind = iota
	kindInitial
	kindZeroRTT
	kindHandshake
	kindRetry
	kindVersions
)

// header is that of a packet (RFC 8999, RFC 9000 section 17).
type header struct {
	kind    kind
	version uint32
	dcid    []byte
	size    int // of the header without the packet number
	length  int // of what follows it
}

// google tells versions without encryption of the handshake: "Q" and a number below 50.
func google(v uint32) bool { return v&0xffff0000 == googleQ0&0xffff0000 && v < google50 }

// versionName names a version as EVE and rules do.
func versionName(v uint32) string {
	switch v {
	case google39, google43, google44, google45, google46:
		return string([]byte{'Q', byte(v >> 16), byte(v >> 8), byte(v)})
	}
	return strconv.FormatUint(uint64(v), 16)
}

// parseHeader reads the header at the start of b.
func parseHeader(b []byte) (h header, ok bool) {
	switch {
	case len(b) == 0:
		return h, false
	case b[0]&0x80 != 0:
		return longHeader(b)
	case b[0]&0x40 == 0 && b[0]&publicVersion != 0:
		return publicHeader(b)
	}
	return header{kind: kindShort}, true
}

// Flags of the first byte of Google's QUIC before version 44.
const (
	publicVersion = 0x01
	publicID      = 0x08
)

// publicHeader reads one of Google's QUIC before version 44, with its version.
func publicHeader(b []byte) (h header, ok bool) {
	s := cryptobyte.String(b[1:])
	h.kind = kindInitial
	if b[0]&publicID != 0 && !s.ReadBytes(&h.dcid, 8) || !s.ReadUint32(&h.version) {
		return h, false
	}
	skip := [4]int{1, 2, 4, 6}[b[0]>>4&3] // the packet number
	if google(h.version) {
		skip += 12 // the hash of the message
	}
	if !s.Skip(skip) {
		return h, false
	}
	h.size, h.length = len(b)-len(s), len(s)
	return h, true
}

// longHeader reads one with a version (RFC 8999 section 5.1).
func longHeader(b []byte) (h header, ok bool) {
	if len(b) < 5 {
		return h, false
	}
	h.version = binary.BigEndian.Uint32(b[1:])
	h.kind = kindOf(b[0], h.version)
	s := cryptobyte.String(b[5:])
	if google(h.version) {
		ok = h.googleIDs(&s)
	} else {
		ok = h.ids(&s)
	}
	if !ok {
		return h, false
	}
	h.size, h.length = len(b)-len(s), len(s)
	if h.kind == kindZeroRTT && !google(h.version) {
		// An Initial packet may hide behind it (RFC 9000 sections 12.2 and 17.2.3).
		if length, ok := varint(&s); ok && length <= uint64(len(s)) {
			h.size, h.length = len(b)-len(s), int(length)
		}
		return h, true
	}
	if h.kind != kindInitial {
		return h, true
	}
	if google(h.version) {
		ok = s.Skip(4 + 12) // packet number, hash of the message
		h.size, h.length = len(b)-len(s), len(s)
		return h, ok
	}
	token, ok1 := varint(&s)
	if !ok1 || token > uint64(len(s)) || !s.Skip(int(token)) {
		return h, false
	}
	length, ok2 := varint(&s)
	if !ok2 || length > uint64(len(s)) {
		return h, false
	}
	h.size, h.length = len(b)-len(s), int(length)
	return h, true
}

// kindOf reads the type of a long header; version 2 has other numbers (RFC 9369 section
// 3.2).
func kindOf(first byte, version uint32) kind {
	n := first >> 4 & 3
	switch version {
	case 0:
		return kindVersions
	case version2:
		n = (n + 3) & 3
	}
	return [4]kind{kindInitial, kindZeroRTT, kindHandshake, kindRetry}[n]
}

func (h *header) ids(s *cryptobyte.String) bool {
	var dcid, scid cryptobyte.String
	if !s.ReadUint8LengthPrefixed(&dcid) || !s.ReadUint8LengthPrefixed(&scid) {
		return false
	}
	h.dcid = dcid
	return true
}

// googleIDs reads ids whose lengths share a byte.
func (h *header) googleIDs(s *cryptobyte.String) bool {
	var lengths uint8
	if !s.ReadUint8(&lengths) {
		return false
	}
	size := func(n uint8) int {
		if n == 0 {
			return 0
		}
		return int(n) + 3
	}
	return s.ReadBytes(&h.dcid, size(lengths>>4)) && s.Skip(size(lengths&15))
}

// varint reads a variable-length integer (RFC 9000 section 16).
func varint(s *cryptobyte.String) (v uint64, ok bool) {
	var first uint8
	if !s.ReadUint8(&first) {
		return 0, false
	}
	v = uint64(first & 0x3f)
	for range 1<<(first>>6) - 1 {
		var b uint8
		if !s.ReadUint8(&b) {
			return 0, false
		}
		v = v<<8 | uint64(b)
	}
	return v, true
}
