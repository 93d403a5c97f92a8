package tlsmsg

import (
	"crypto/md5" // the fingerprint's definition, not protection
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"

	"golang.org/x/crypto/cryptobyte"
)

// AppendJA3 appends the JA3 text: version, ciphers, extensions, groups and point
// formats, GREASE left out. Its MD5 is the fingerprint ([AppendMD5]).
func (h *ClientHello) AppendJA3(b []byte) []byte {
	b = strconv.AppendUint(b, uint64(h.Version), 10)
	b = appendList(append(b, ','), h.ciphers)
	b = appendKinds(append(b, ','), h.extensions)
	b = appendList(append(b, ','), h.groups)
	b = append(b, ',')
	for i, p := range h.points {
		if i > 0 {
			b = append(b, '-')
		}
		b = strconv.AppendUint(b, uint64(p), 10)
	}
	return b
}

// AppendJA3S appends the server's text: version, cipher and extensions.
func (h *ServerHello) AppendJA3S(b []byte) []byte {
	b = strconv.AppendUint(b, uint64(h.Legacy), 10)
	b = strconv.AppendUint(append(b, ','), uint64(h.Cipher), 10)
	return appendKinds(append(b, ','), h.extensions)
}

// AppendMD5 appends the fingerprint of a text in hexadecimal.
func AppendMD5(b, text []byte) []byte {
	sum := md5.Sum(text)
	return hex.AppendEncode(b, sum[:])
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

// appendKinds appends the numbers of extensions.
func appendKinds(b []byte, exts cryptobyte.String) []byte {
	first := true
	for kind := range kinds(exts) {
		if !first {
			b = append(b, '-')
		}
		first = false
		b = strconv.AppendUint(b, uint64(kind), 10)
	}
	return b
}

// kinds goes through the numbers of extensions, GREASE left out.
func kinds(exts cryptobyte.String) func(func(uint16) bool) {
	return func(yield func(uint16) bool) {
		exts := exts
		var kind uint16
		var data cryptobyte.String
		for exts.ReadUint16(&kind) && exts.ReadUint16LengthPrefixed(&data) {
			if !grease(kind) && !yield(kind) {
				return
			}
		}
	}
}

// maxCount is the largest that a JA4 text says.
const maxCount = 99

// AppendJA4 appends the JA4 fingerprint of a client (FoxIO, "JA4 Technical details").
func (h *ClientHello) AppendJA4(b []byte, quic bool) []byte {
	transport := byte('t')
	if quic {
		transport = 'q'
	}
	b = append(append(b, transport), ja4Version(h.Preferred)...)
	if h.ServerName != nil {
		b = append(b, 'd')
	} else {
		b = append(b, 'i')
	}
	ciphers, exts := numbers(h.ciphers), slices.Collect(kinds(h.extensions))
	b = appendCount(appendCount(b, len(ciphers)), len(exts))
	b = h.appendALPN(b)
	slices.Sort(ciphers)
	b = appendSum(append(b, '_'), appendHex(nil, ciphers))
	exts = slices.DeleteFunc(exts, func(v uint16) bool { return v == extServerName || v == extALPN })
	slices.Sort(exts)
	text := appendHex(append(appendHex(nil, exts), '_'), numbers(h.signatures))
	return appendSum(append(b, '_'), text)
}

func ja4Version(v uint16) string {
	switch {
	case v == versionTLS13:
		return "13"
	case v == versionTLS12:
		return "12"
	case v == versionTLS11:
		return "11"
	case v == versionTLS10:
		return "10"
	case v == versionSSL3:
		return "s3"
	case v == versionSSL2:
		return "s2"
	}
	return "00"
}

// numbers are those of a list, GREASE left out.
func numbers(list cryptobyte.String) (out []uint16) {
	for v := uint16(0); list.ReadUint16(&v); {
		if !grease(v) {
			out = append(out, v)
		}
	}
	return out
}

func appendCount(b []byte, n int) []byte {
	n = min(n, maxCount)
	return append(b, byte('0'+n/10), byte('0'+n%10))
}

// appendALPN appends the ends of the first protocol.
func (h *ClientHello) appendALPN(b []byte) []byte {
	if len(h.ALPN) == 0 || len(h.ALPN[0]) == 0 {
		return append(b, "00"...)
	}
	p := h.ALPN[0]
	first, last := p[0], p[len(p)-1]
	if len(p) == 2 && grease(uint16(first)<<8|uint16(last)) {
		return append(b, "00"...)
	}
	if !alphanumeric(first) || !alphanumeric(last) {
		const digits = "0123456789abcdef"
		return append(b, digits[first>>4], digits[last&15])
	}
	return append(b, first, last)
}

func alphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// appendHex appends numbers as "1301,1302".
func appendHex(b []byte, list []uint16) []byte {
	for i, v := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = hex.AppendEncode(b, []byte{byte(v >> 8), byte(v)})
	}
	return b
}

// appendSum appends the first twelve digits of the text's SHA-256.
func appendSum(b, text []byte) []byte {
	sum := sha256.Sum256(text)
	return hex.AppendEncode(b, sum[:6])
}
