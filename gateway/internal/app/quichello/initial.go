package quichello

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"errors"

	"golang.org/x/crypto/cryptobyte"
)

// Errors.
var (
	ErrNotInitial = errors.New("quichello: not a client's Initial packet of a known version")
	ErrShort      = errors.New("quichello: packet ends early")
	ErrKey        = errors.New("quichello: packet does not open with its own keys")
	ErrFrame      = errors.New("quichello: frame that an Initial packet cannot have")
	ErrTooLarge   = errors.New("quichello: ClientHello larger than any real one")
	ErrPieces     = errors.New("quichello: ClientHello in more pieces than any client sends")
)

// MaxCrypto bounds the ClientHello that is put together; see clienthello.MaxHello.
const MaxCrypto = 16 << 10

// maxSpans bounds the parts that do not touch: clients that scatter their hello
// on purpose send some twenty frames in all.
const maxSpans = 256

// Versions.
const (
	version1 = 0x00000001
	version2 = 0x6b3343cf
)

// Salts of RFC 9001 section 5.2 and RFC 9369 section 3.3.1.
var (
	salt1 = []byte{0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a}
	salt2 = []byte{0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9}
)

// Initial collects the ClientHello of one connection. The zero value is ready.
type Initial struct {
	version uint32
	dcid    []byte
	keys    keys
	crypto  []byte
	have    []span // parts of crypto that are there, in order, not touching
}

type span struct{ from, to int }

type keys struct {
	aead cipher.AEAD
	hp   cipher.Block
	iv   [12]byte
}

// IsInitial tells whether a datagram looks like a client's Initial packet.
func IsInitial(b []byte) bool {
	if len(b) < 7 || b[0]&0xc0 != 0xc0 {
		return false
	}
	switch binary.BigEndian.Uint32(b[1:]) {
	case version1:
		return b[0]&0x30 == 0x00
	case version2:
		return b[0]&0x30 == 0x10
	}
	return false
}

// Push takes a datagram from the client and returns the ClientHello once it is
// whole, else nil. Coalesced packets behind the Initial are left alone; of those
// that are Initial too, the server ignores what it cannot open or what has
// another destination id (RFC 9000 section 12.2), and so do we.
func (in *Initial) Push(datagram []byte) (hello []byte, err error) {
	if !IsInitial(datagram) {
		return nil, ErrNotInitial
	}
	h, err := parseHeader(datagram)
	if err != nil {
		return nil, err
	}
	if err := in.packet(datagram, h); err != nil {
		return nil, err
	}
	dcid := h.dcid
	for rest := datagram[h.end:]; IsInitial(rest); rest = rest[h.end:] {
		if h, err = parseHeader(rest); err != nil || string(h.dcid) != string(dcid) {
			break
		}
		if err := in.packet(rest, h); err != nil && !errors.Is(err, ErrKey) {
			return nil, err
		}
	}
	return in.whole(), nil
}

// header is an Initial packet's long header (RFC 9000 section 17.2.2).
type header struct {
	version uint32
	dcid    []byte
	pn      int // offset of the packet number
	end     int // of the packet within the datagram
}

func parseHeader(b []byte) (h header, err error) {
	s := cryptobyte.String(b[1:])
	var dcid, scid cryptobyte.String
	if !s.ReadUint32(&h.version) || !s.ReadUint8LengthPrefixed(&dcid) || !s.ReadUint8LengthPrefixed(&scid) || len(dcid) > 20 || len(scid) > 20 {
		return h, ErrShort
	}
	h.dcid = dcid
	token, ok := varint(&s)
	if !ok || token > uint64(len(s)) || !s.Skip(int(token)) {
		return h, ErrShort
	}
	length, ok := varint(&s)
	if !ok || length > uint64(len(s)) || length < 20 {
		return h, ErrShort
	}
	h.pn = len(b) - len(s)
	h.end = h.pn + int(length)
	return h, nil
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

// packet opens one Initial packet.
func (in *Initial) packet(b []byte, h header) error {
	// The keys come from the destination id that the client chose first. The
	// server's answer changes the id and not the keys, a Retry changes both.
	if in.keys.aead != nil && h.version == in.version {
		plain, err := in.keys.open(b, h)
		if err == nil {
			return in.frames(plain)
		}
		if string(in.dcid) == string(h.dcid) {
			return err
		}
	}
	k, err := clientKeys(h.version, h.dcid)
	if err != nil {
		return err
	}
	plain, err := k.open(b, h)
	if err != nil {
		return err // the keys that we have stay: anyone can send a packet that does not open
	}
	in.keys, in.version, in.dcid = k, h.version, append(in.dcid[:0], h.dcid...)
	return in.frames(plain)
}

// clientKeys derives the client's Initial keys (RFC 9001 section 5.2).
func clientKeys(version uint32, dcid []byte) (k keys, err error) {
	salt, label := salt1, "quic "
	if version == version2 {
		salt, label = salt2, "quicv2 "
	}
	secret, err := hkdf.Extract(sha256.New, dcid, salt)
	if err != nil {
		return k, err
	}
	client, err := expand(secret, "client in", 32)
	if err != nil {
		return k, err
	}
	key, err1 := expand(client, label+"key", 16)
	iv, err2 := expand(client, label+"iv", 12)
	hp, err3 := expand(client, label+"hp", 16)
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

// open takes off header protection and encryption (RFC 9001 sections 5.3, 5.4).
func (k *keys) open(b []byte, h header) ([]byte, error) {
	if h.pn+20 > len(b) {
		return nil, ErrShort
	}
	var mask [16]byte
	k.hp.Encrypt(mask[:], b[h.pn+4:h.pn+20])
	first := b[0] ^ mask[0]&0x0f
	n := int(first&3) + 1
	head := append([]byte(nil), b[:h.pn+n]...)
	head[0] = first
	nonce := k.iv
	var number uint64
	for i := range n {
		head[h.pn+i] ^= mask[1+i]
		number = number<<8 | uint64(head[h.pn+i])
	}
	for i := range 8 {
		nonce[11-i] ^= byte(number >> (8 * i))
	}
	plain, err := k.aead.Open(nil, nonce[:], b[h.pn+n:h.end], head)
	if err != nil {
		return nil, ErrKey
	}
	return plain, nil
}

// frames reads the frames that an Initial packet may have (RFC 9000 section 12.4).
func (in *Initial) frames(b []byte) error {
	s := cryptobyte.String(b)
	for !s.Empty() {
		kind, ok := varint(&s)
		if !ok {
			return ErrShort
		}
		switch kind {
		case 0x00, 0x01: // padding, ping
		case 0x02, 0x03:
			if !skipAck(&s, kind == 0x03) {
				return ErrShort
			}
		case 0x06:
			if err := in.cryptoFrame(&s); err != nil {
				return err
			}
		case 0x1c: // close
			return nil
		default:
			return ErrFrame
		}
	}
	return nil
}

func skipAck(s *cryptobyte.String, ecn bool) bool {
	_, ok1 := varint(s)
	_, ok2 := varint(s)
	ranges, ok3 := varint(s)
	n := 1 + 2*ranges
	if ecn {
		n += 3
	}
	if !ok1 || !ok2 || !ok3 || ranges > uint64(len(*s)) {
		return false
	}
	for range n {
		if _, ok := varint(s); !ok {
			return false
		}
	}
	return true
}

func (in *Initial) cryptoFrame(s *cryptobyte.String) error {
	off, ok1 := varint(s)
	size, ok2 := varint(s)
	if !ok1 || !ok2 || size > uint64(len(*s)) {
		return ErrShort
	}
	if off+size > MaxCrypto {
		return ErrTooLarge
	}
	data := (*s)[:size]
	s.Skip(int(size))
	from, to := int(off), int(off+size)
	if to > len(in.crypto) {
		in.crypto = append(in.crypto, make([]byte, to-len(in.crypto))...)
	}
	if in.fill(from, to, data); len(in.have) > maxSpans {
		return ErrPieces
	}
	return nil
}

// fill copies data into the parts that are not there yet: the first copy wins,
// as for TCP.
func (in *Initial) fill(from, to int, data []byte) {
	if from == to {
		return
	}
	at := from
	merged := span{from, to}
	var out []span
	for _, h := range in.have {
		if h.to < from || h.from > to {
			out = append(out, h)
			continue
		}
		if h.from > at {
			copy(in.crypto[at:h.from], data[at-from:])
		}
		at = max(at, h.to)
		merged = span{min(merged.from, h.from), max(merged.to, h.to)}
	}
	if at < to {
		copy(in.crypto[at:to], data[at-from:])
	}
	i := 0
	for i < len(out) && out[i].from < merged.from {
		i++
	}
	in.have = append(out[:i:i], append([]span{merged}, out[i:]...)...)
}

// whole returns the handshake message at the start when all of it is there.
func (in *Initial) whole() []byte {
	if len(in.have) == 0 || in.have[0].from != 0 || in.have[0].to < 4 {
		return nil
	}
	size := 4 + int(in.crypto[1])<<16 + int(in.crypto[2])<<8 + int(in.crypto[3])
	if in.have[0].to < size {
		return nil
	}
	return in.crypto[:size]
}
