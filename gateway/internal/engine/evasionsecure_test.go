package engine

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"testing"
)

const sniRule = `tls tls.sni; content:"evil.example"; nocase;`

func u16(n int) string { return string([]byte{byte(n >> 8), byte(n)}) }

// sized is s behind its length.
func sized(s string) string { return u16(len(s)) + s }

// clientHello is a handshake message (RFC 8446 section 4.1.2) with extensions before and
// behind that of the name.
func clientHello(name, before, behind string) string {
	sni := "\x00\x00" + sized(sized("\x00"+sized(name)))
	versions := "\x00\x2b\x00\x05\x04\x03\x04\x03\x03"
	body := "\x03\x03" + strings.Repeat("r", 32) + "\x00" + sized("\x13\x01\xc0\x2f") + "\x01\x00" + sized(before+sni+versions+behind)
	return "\x01\x00" + sized(body)
}

// records puts a handshake into records of n bytes (RFC 8446 section 5.1).
func records(handshake string, n int) string {
	var b strings.Builder
	for len(handshake) > 0 {
		part := handshake[:min(n, len(handshake))]
		handshake = handshake[len(part):]
		b.WriteString("\x16\x03\x01" + sized(part))
	}
	return b.String()
}

func TestTLSTricks(t *testing.T) {
	t.Parallel()
	secure := func() *ends { return between("192.168.1.12:50000", "198.51.100.80:443") }
	greet := func(make func(name string) string) func(string) []string {
		return func(w string) []string { return []string{">" + make(nameOf(w))} }
	}
	all := []speech{
		{name: "plain", rule: sniRule, say: greet(func(n string) string { return records(clientHello(n, "", ""), 9999) })},
		{name: "TLS record splitting: records of 5 bytes", rule: sniRule, say: greet(func(n string) string { return records(clientHello(n, "", ""), 5) })},
		{name: "TLS record splitting: a byte each", rule: sniRule, say: greet(func(n string) string { return records(clientHello(n, "", ""), 1) })},
		{name: "TLS record splitting: within the name", rule: sniRule, say: greet(func(n string) string {
			h := clientHello(n, "", "")
			return records(h, strings.Index(h, ".example")-2)
		})},
		{name: "GREASE", rule: sniRule, say: greet(func(n string) string {
			return records(clientHello(n, "\x3a\x3a\x00\x00\x4a\x4a"+sized("x"), "\xfa\xfa"+sized("yy")), 9999)
		})},
		{name: "padding before the name", rule: sniRule, say: greet(func(n string) string {
			return records(clientHello(n, "\x00\x15"+sized(strings.Repeat("\x00", 900)), ""), 9999)
		})},
		{name: "padding of many segments before the name", rule: sniRule, say: greet(func(n string) string {
			return records(clientHello(n, "\x00\x15"+sized(strings.Repeat("\x00", 12000)), ""), 9999)
		})},
		{name: "name in capital letters", rule: sniRule, say: greet(func(n string) string { return records(clientHello(strings.ToUpper(n), "", ""), 9999) })},
		{name: "old record version", rule: sniRule, say: greet(func(n string) string { return "\x16\x03\x00" + records(clientHello(n, "", ""), 9999)[3:] })},
		{name: "an alert before", rule: sniRule, say: greet(func(n string) string { return "\x15\x03\x01\x00\x02\x01\x70" + records(clientHello(n, "", ""), 9999) })},
		{name: "HelloRetryRequest: the name in the second hello", rule: sniRule, say: func(w string) []string {
			retry := "\x02\x00" + sized("\x03\x03"+"\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8\x33\x9c"+
				"\x00\x13\x01\x00"+sized("\x00\x2b\x00\x02\x03\x04"+"\x00\x33\x00\x02\x00\x1d"))
			return []string{">" + records(clientHello(nameOf(w), "", ""), 9999), "<" + records(retry, 9999), ">" + records(clientHello(nameOf(w), "", ""), 9999)}
		}},
	}
	for i := range all {
		all[i].between = secure
	}
	playSpeeches(t, all)
}

// initialSealer makes Initial packets of QUIC version 1 (RFC 9001 section 5), apart from
// the reader's own code.
type initialSealer struct {
	t    testing.TB
	dcid string
	key  cipher.AEAD
	iv   []byte
	hp   cipher.Block
}

func newSealer(t testing.TB, dcid string) *initialSealer {
	t.Helper()
	must := func(b []byte, err error) []byte {
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	expand := func(secret []byte, label string, n int) []byte {
		label = "tls13 " + label
		return must(hkdf.Expand(sha256.New, secret, u16(n)+string(byte(len(label)))+label+"\x00", n))
	}
	salt := []byte("\x38\x76\x2c\xf7\xf5\x59\x34\xb3\x4d\x17\x9a\xe6\xa4\xc8\x0c\xad\xcc\xbb\x7f\x0a")
	client := expand(must(hkdf.Extract(sha256.New, []byte(dcid), salt)), "client in", 32)
	block, err := aes.NewCipher(expand(client, "quic key", 16))
	if err != nil {
		t.Fatal(err)
	}
	s := &initialSealer{t: t, dcid: dcid, iv: expand(client, "quic iv", 12)}
	if s.key, err = cipher.NewGCM(block); err != nil {
		t.Fatal(err)
	}
	if s.hp, err = aes.NewCipher(expand(client, "quic hp", 16)); err != nil {
		t.Fatal(err)
	}
	return s
}

// initial seals frames; token is that of a Retry.
func (s *initialSealer) initial(number byte, dcid, token, frames string) string {
	if len(frames) < 24 {
		frames += strings.Repeat("\x00", 24)
	}
	head := []byte("\xc0\x00\x00\x00\x01" + string(byte(len(dcid))) + dcid + "\x00" + string(byte(len(token))) + token)
	head = binary.BigEndian.AppendUint16(head, 0x4000|uint16(1+len(frames)+16))
	head = append(head, number)
	nonce := append([]byte(nil), s.iv...)
	nonce[11] ^= number
	out := s.key.Seal(append([]byte(nil), head...), nonce, []byte(frames), head)
	var mask [16]byte
	pn := len(head) - 1
	s.hp.Encrypt(mask[:], out[pn+4:pn+20])
	out[0] ^= mask[0] & 15
	out[pn] ^= mask[1]
	return string(out)
}

// crypto is a CRYPTO frame (RFC 9000 section 19.6).
func crypto(off int, data string) string {
	return "\x06" + u16(0x4000|off) + u16(0x4000|len(data)) + data
}

func TestQUICTricks(t *testing.T) {
	t.Parallel()
	const dcid = "\x83\x94\xc8\xf0\x3e\x51\x57\x08"
	secure := func() *ends { return between("192.168.1.12:50000", "198.51.100.80:443") }
	const rule = `quic quic.sni; content:"evil.example"; nocase;`
	pad := strings.Repeat("\x00", 700)
	send := func(make func(s *initialSealer, hello string) []string) func(string) []string {
		return func(w string) []string {
			var out []string
			for _, d := range make(newSealer(t, dcid), clientHello(nameOf(w), "", "")) {
				out = append(out, ">"+d)
			}
			return out
		}
	}
	all := []speech{
		{name: "plain", rule: rule, say: send(func(s *initialSealer, h string) []string { return []string{s.initial(0, dcid, "", crypto(0, h)+pad)} })},
		{name: "CRYPTO frames out of order", rule: rule, say: send(func(s *initialSealer, h string) []string {
			return []string{s.initial(0, dcid, "", crypto(60, h[60:])+"\x01"+crypto(20, h[20:60])+"\x00\x00"+crypto(0, h[:20])+pad)}
		})},
		{name: "CRYPTO frames of a byte", rule: rule, say: send(func(s *initialSealer, h string) []string {
			var b strings.Builder
			for i := len(h) - 1; i >= 0; i-- {
				b.WriteString(crypto(i, h[i:i+1]))
			}
			return []string{s.initial(0, dcid, "", b.String())}
		})},
		{name: "QUIC reordering: packets out of order", rule: rule, say: send(func(s *initialSealer, h string) []string {
			return []string{s.initial(1, dcid, "", crypto(70, h[70:])+pad), s.initial(0, dcid, "", crypto(0, h[:70])+pad)}
		})},
		{name: "QUIC coalescing: two packets in a datagram", rule: rule, say: send(func(s *initialSealer, h string) []string {
			return []string{s.initial(0, dcid, "", crypto(0, h[:70])) + s.initial(1, dcid, "", crypto(70, h[70:])+pad)}
		})},
		{name: "QUIC coalescing: behind a packet of another kind", rule: rule, say: send(func(s *initialSealer, h string) []string {
			zeroRTT := "\xd0\x00\x00\x00\x01\x08" + dcid + "\x00" + u16(0x4000|40) + strings.Repeat("z", 40)
			return []string{s.initial(0, dcid, "", crypto(0, h[:70])), zeroRTT + s.initial(1, dcid, "", crypto(70, h[70:])+pad)}
		})},
		{name: "overlapping CRYPTO frames", rule: rule, say: send(func(s *initialSealer, h string) []string {
			return []string{s.initial(0, dcid, "", crypto(0, h[:80])+crypto(60, h[60:])+pad)}
		})},
		{name: "the same packet again", rule: rule, say: send(func(s *initialSealer, h string) []string {
			first := s.initial(0, dcid, "", crypto(0, h[:70])+pad)
			return []string{first, first, s.initial(1, dcid, "", crypto(70, h[70:])+pad)}
		})},
		{name: "Retry: a new key", rule: rule, say: func(w string) []string {
			h := clientHello(nameOf(w), "", "")
			const next = "\x11\x22\x33\x44\x55\x66\x77\x88"
			retry := "\xf0\x00\x00\x00\x01\x00\x08" + next + "token" + strings.Repeat("t", 16)
			return []string{">" + newSealer(t, dcid).initial(0, dcid, "", crypto(0, clientHello("a.example", "", ""))+pad), "<" + retry,
				">" + newSealer(t, next).initial(1, next, "token", crypto(0, h)+pad)}
		}},
	}
	for i := range all {
		all[i].between, all[i].udp = secure, true
	}
	playSpeeches(t, all)
}
