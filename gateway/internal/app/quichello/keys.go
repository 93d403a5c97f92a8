package quichello

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
)

// errKey tells that a packet does not open with its own keys.
var errKey = errors.New("quichello: packet does not open with its own keys")

// Salts of versions: RFC 9001 section 5.2, RFC 9369 section 3.3.1, and drafts of the
// former.
var (
	salt1  = []byte{0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a}
	salt2  = []byte{0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9}
	salt23 = []byte{0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7, 0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02}
	salt29 = []byte{0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97, 0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99}
	saltQ  = []byte{0x50, 0x45, 0x74, 0xef, 0xd0, 0x66, 0xfe, 0x2f, 0x9d, 0x94, 0x5c, 0xfc, 0xdb, 0xd3, 0xa7, 0xf0, 0xd3, 0xb5, 0x6b, 0x45}
)

// saltOf returns the salt of a version, nil when it is not known.
func saltOf(v uint32) []byte {
	switch {
	case v == version2:
		return salt2
	case v == google50:
		return saltQ
	case v>>8 == 0 && v != 0:
		return salt1
	case v>>8 == 0xff0000: // drafts
		switch n := v & 0xff; {
		case n >= 33 && n <= 34:
			return salt1
		case n >= 29 && n <= 32:
			return salt29
		case n >= 23:
			return salt23
		}
	case v == 0xfaceb002: // of Facebook
		return salt23
	}
	return nil
}

// keys open the Initial packets of one direction.
type keys struct {
	aead cipher.AEAD
	hp   cipher.Block
	iv   [12]byte
}

// pair are the keys of both directions.
type pair [2]keys

// initialKeys derives the keys of a connection (RFC 9001 section 5.2), nil when the version
// is not known.
func initialKeys(version uint32, dcid []byte) *pair {
	salt, label := saltOf(version), "quic "
	if salt == nil {
		return nil
	}
	if version == version2 {
		label = "quicv2 "
	}
	secret, err := hkdf.Extract(sha256.New, dcid, salt)
	if err != nil {
		return nil
	}
	p := new(pair)
	for dir, name := range [2]string{"client in", "server in"} {
		if p[dir], err = sideKeys(secret, name, label); err != nil {
			return nil
		}
	}
	return p
}

func sideKeys(secret []byte, name, label string) (k keys, err error) {
	side, err := expand(secret, name, 32)
	if err != nil {
		return k, err
	}
	key, err1 := expand(side, label+"key", 16)
	iv, err2 := expand(side, label+"iv", 12)
	hp, err3 := expand(side, label+"hp", 16)
	if err := errors.Join(err1, err2, err3); err != nil {
		return k, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return k, err
	}
	if k.aead, err = cipher.NewGCM(block); err != nil {
		return k, err
	}
	k.iv = [12]byte(iv)
	k.hp, err = aes.NewCipher(hp)
	return k, err
}

// expand is HKDF-Expand-Label with an empty context (RFC 8446 section 7.1).
func expand(secret []byte, label string, n int) ([]byte, error) {
	full := "tls13 " + label
	info := string([]byte{byte(n >> 8), byte(n), byte(len(full))}) + full + "\x00"
	return hkdf.Expand(sha256.New, secret, info, n)
}

// open takes off header protection and encryption (RFC 9001 sections 5.3, 5.4) of the
// packet at the start of b.
func (k *keys) open(b []byte, h *header) ([]byte, error) {
	pn, end := h.size, h.size+h.length
	if h.length < 4+16 {
		return nil, errKey
	}
	var mask [16]byte
	k.hp.Encrypt(mask[:], b[pn+4:pn+20])
	first := b[0] ^ mask[0]&0x0f
	n := int(first&3) + 1
	head := append([]byte(nil), b[:pn+n]...)
	head[0] = first
	nonce := k.iv
	var number uint64
	for i := range n {
		head[pn+i] ^= mask[1+i]
		number = number<<8 | uint64(head[pn+i])
	}
	for i := range 8 {
		nonce[11-i] ^= byte(number >> (8 * i))
	}
	plain, err := k.aead.Open(nil, nonce[:], b[pn+n:end], head)
	if err != nil {
		return nil, errKey
	}
	return plain, nil
}
