package quichello

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/tls"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/quic-go/quic-go"

	"otasuke/gateway/internal/app/tlsmsg"
)

// sealed makes a client's Initial packet: the writing side of RFC 9001 sections
// 5.3 and 5.4, made from the derived keys that the vectors below pin.
func sealed(t testing.TB, version uint32, dcid []byte, number uint32, plain []byte) []byte {
	t.Helper()
	k, err := clientKeys(version, dcid)
	if err != nil {
		t.Fatal(err)
	}
	kind := byte(0xc3)
	if version == version2 {
		kind = 0xd3
	}
	b := binary.BigEndian.AppendUint32([]byte{kind}, version)
	b = append(append(b, byte(len(dcid))), dcid...)
	b = append(b, 0, 0) // source id, token
	b = binary.BigEndian.AppendUint16(b, 0x4000|uint16(4+len(plain)+16))
	pn := len(b)
	b = binary.BigEndian.AppendUint32(b, number)
	nonce := k.iv
	for i := range 4 {
		nonce[11-i] ^= byte(number >> (8 * i))
	}
	b = k.aead.Seal(b, nonce[:], plain, bytes.Clone(b))
	var mask [16]byte
	k.hp.Encrypt(mask[:], b[pn+4:pn+20])
	b[0] ^= mask[0] & 0x0f
	for i := range 4 {
		b[pn+i] ^= mask[1+i]
	}
	return b
}

func vint(v int) []byte { return binary.BigEndian.AppendUint32(nil, 0x80000000|uint32(v)) }

func crypto(off int, data []byte) []byte {
	return append(append(append([]byte{6}, vint(off)...), vint(len(data))...), data...)
}

// message is a handshake message of n bytes in all.
func message(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i * 31 >> 2)
	}
	n -= 4
	copy(b, []byte{1, byte(n >> 16), byte(n >> 8), byte(n)})
	return b
}

var dcid = []byte{0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestKeyVectors: keys of RFC 9001 appendix A.1 and RFC 9369 appendix A.1, both
// for the destination id 8394c8f03e515708.
func TestKeyVectors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		version     uint32
		key, iv, hp string
	}{
		{version1, "1f369613dd76d5467730efcbe3b1a22d", "fa044b2f42a3fd3b46fb255c", "9f50449e04a0e810283a1e9933adedd2"},
		{version2, "8b1a0bc121284290a29e0971b5cd045d", "91f73e2351d8fa91660e909f", "45b95e15235d6f45a6b19cbcb0294ba9"},
	} {
		k, err := clientKeys(c.version, dcid)
		if err != nil {
			t.Fatal(err)
		}
		if got := hex.EncodeToString(k.iv[:]); got != c.iv {
			t.Errorf("version %x: iv %s, want %s", c.version, got, c.iv)
		}
		block, err := aes.NewCipher(unhex(t, c.key))
		if err != nil {
			t.Fatal(err)
		}
		want, err := cipher.NewGCM(block)
		if err != nil {
			t.Fatal(err)
		}
		text := []byte("a text")
		if !bytes.Equal(k.aead.Seal(nil, k.iv[:], text, nil), want.Seal(nil, k.iv[:], text, nil)) {
			t.Errorf("version %x: other key", c.version)
		}
		hp, err := aes.NewCipher(unhex(t, c.hp))
		if err != nil {
			t.Fatal(err)
		}
		var a, b [16]byte
		hp.Encrypt(a[:], make([]byte, 16))
		k.hp.Encrypt(b[:], make([]byte, 16))
		if a != b {
			t.Errorf("version %x: other header protection key", c.version)
		}
	}
}

// TestPacketVectors: the client's first packet of RFC 9001 appendix A.2: its
// ClientHello padded to 1162 bytes, number 2.
func TestPacketVectors(t *testing.T) {
	t.Parallel()
	hello := unhex(t, "010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e86804fe3a47f06a2b69484c"+
		"00000413011302010000c000000010000e00000b6578616d706c652e636f6dff01000100000a00080006001d0017001800100007000504616c706e"+
		"000500050100000000003300260024001d00209370b2c9caa47fbabaf4559fedba753de171fa71f50f1ce15d43e994ec74d748"+
		"002b0003020304000d0010000e0403050306030203080408050806002d00020101001c00024001003900320408ffffffffffffffff05048000ffff07048000ffff0801100104800075300901100f088394c8f03e51570806048000ffff")
	frame := append([]byte{6, 0, 0x40, 0xf1}, hello...)
	plain := append(frame, make([]byte, 1162-len(frame))...)
	b := sealed(t, version1, dcid, 2, plain)
	if len(b) != 1200 {
		t.Fatalf("%d bytes", len(b))
	}
	if start := "c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11"; hex.EncodeToString(b[:32]) != start {
		t.Errorf("packet starts with %x, want %s", b[:32], start)
	}
	if tail := "e221af44860018ab0856972e194cd934"; hex.EncodeToString(b[len(b)-16:]) != tail {
		t.Errorf("packet ends with %x, want %s", b[len(b)-16:], tail)
	}
	two := sealed(t, version2, dcid, 2, plain) // RFC 9369 appendix A.2: the same contents
	if start := "d76b3343cf088394c8f03e5157080000449ea0c95e82ffe67b6abcdb4298b485"; hex.EncodeToString(two[:32]) != start {
		t.Errorf("packet of version 2 starts with %x, want %s", two[:32], start)
	}
	var in Initial
	if got, err := in.Push(two); err != nil || !bytes.Equal(got, hello) {
		t.Fatalf("version 2: %x, %v", got, err)
	}
	in = Initial{}
	got, err := in.Push(b)
	if err != nil || !bytes.Equal(got, hello) {
		t.Fatalf("%x, %v", got, err)
	}
	var h tlsmsg.ClientHello
	fault, _ := h.Parse(got[4:])
	if fault != "" || string(h.ServerName) != "example.com" {
		t.Errorf("name %q, %v", h.ServerName, fault)
	}
}

// dial records what quic-go sends first. The listener never answers.
func dial(t testing.TB, versions []quic.Version, name string) (out [][]byte) {
	t.Helper()
	l, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = quic.DialAddr(ctx, l.LocalAddr().String(), &tls.Config{ServerName: name, NextProtos: []string{"h3"}}, &quic.Config{Versions: versions})
	}()
	var in Initial
	buf := make([]byte, 2048)
	for len(out) < 6 {
		if err := l.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
			t.Fatal(err)
		}
		n, _, err := l.ReadFrom(buf)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, bytes.Clone(buf[:n]))
		if msg, err := in.Push(buf[:n]); err != nil || msg != nil {
			break
		}
	}
	cancel()
	<-done
	return out
}

func TestAgainstQUICGo(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("long-label-of-a-name.", 11) + "example.jp"
	for _, v := range []quic.Version{quic.Version1, quic.Version2} {
		for _, name := range []string{"www.example.jp", long} {
			datagrams := dial(t, []quic.Version{v}, name)
			for _, reversed := range []bool{false, true} {
				var in Initial
				var msg []byte
				for i := range datagrams {
					d := datagrams[i]
					if reversed {
						d = datagrams[len(datagrams)-1-i]
					}
					var err error
					if msg, err = in.Push(d); err != nil {
						t.Fatalf("version %v, datagram %d: %v", v, i, err)
					}
				}
				var h tlsmsg.ClientHello
				fault, _ := h.Parse(msg[4:])
				if fault != "" || string(h.ServerName) != name || string(h.ALPN[0]) != "h3" || h.Preferred != tls.VersionTLS13 {
					t.Errorf("version %v: %q %q, %v", v, h.ServerName, h.ALPN, fault)
				}
			}
		}
	}
}

func TestMalformed(t *testing.T) {
	t.Parallel()
	good := sealed(t, version1, dcid, 1, crypto(0, message(300)))
	with := func(off int, v ...byte) []byte { b := bytes.Clone(good); copy(b[off:], v); return b }
	for what, c := range map[string]struct {
		in   []byte
		want error
	}{
		"nothing":                      {nil, ErrNotInitial},
		"short header":                 {with(0, 0x40), ErrNotInitial},
		"fixed bit off":                {with(0, 0x80), ErrNotInitial},
		"handshake packet":             {with(0, 0xe0), ErrNotInitial},
		"unknown version":              {with(1, 0xff, 0, 0, 29), ErrNotInitial},
		"version negotiation":          {with(1, 0, 0, 0, 0), ErrNotInitial},
		"version 2 bits in version 1":  {with(0, 0xd0), ErrNotInitial},
		"destination id cut":           {good[:9], ErrShort},
		"destination id of 21 bytes":   {with(5, 21), ErrShort},
		"source id cut":                {good[:14], ErrShort},
		"source id of 21 bytes":        {with(14, 21), ErrShort},
		"token over the packet":        {with(15, 0x7f, 0xff), ErrShort},
		"token cut":                    {good[:15], ErrShort},
		"length cut":                   {good[:17], ErrShort},
		"length over the packet":       {with(16, 0x7f, 0xff), ErrShort},
		"length under a sample":        {with(16, 0x40, 19), ErrShort},
		"packet cut":                   {good[:len(good)-1], ErrShort},
		"one bit changed":              {with(100, good[100]^1), ErrKey},
		"tag changed":                  {with(len(good)-1, good[len(good)-1]^1), ErrKey},
		"frame that is not allowed":    {sealed(t, version1, dcid, 1, append([]byte{0x08}, make([]byte, 30)...)), ErrFrame},
		"crypto frame cut":             {sealed(t, version1, dcid, 1, append(make([]byte, 20), 6, 0)), ErrShort},
		"crypto over the packet":       {sealed(t, version1, dcid, 1, append(make([]byte, 20), 6, 0, 9, 1)), ErrShort},
		"crypto far off":               {sealed(t, version1, dcid, 1, crypto(MaxCrypto-100, make([]byte, 101))), ErrTooLarge},
		"crypto at the end of numbers": {sealed(t, version1, dcid, 1, append(append([]byte{6}, bytes.Repeat([]byte{0xff}, 8)...), append([]byte{20}, make([]byte, 20)...)...)), ErrTooLarge},
		"acknowledgement cut":          {sealed(t, version1, dcid, 1, append(make([]byte, 20), 2, 0, 0, 9, 0)), ErrShort},
		"frame type cut":               {sealed(t, version1, dcid, 1, append(make([]byte, 20), 0xc0)), ErrShort},
	} {
		var in Initial
		if msg, err := in.Push(c.in); !errors.Is(err, c.want) || msg != nil {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
		if msg, err := in.Push(good); err != nil && c.want != ErrTooLarge || msg == nil && err == nil {
			t.Errorf("%s: a good packet behind it is not read: %v", what, err)
		}
	}
}

func TestFrames(t *testing.T) {
	t.Parallel()
	m := message(900)
	f := func(what string, plains ...[]byte) {
		t.Helper()
		var in Initial
		var got []byte
		for i, p := range plains {
			var err error
			if got, err = in.Push(sealed(t, version1, dcid, uint32(i), append(p, make([]byte, 20)...))); err != nil {
				t.Errorf("%s: %v", what, err)
			}
			if got != nil && i < len(plains)-1 {
				t.Errorf("%s: whole too early", what)
			}
		}
		if !bytes.Equal(got, m) {
			t.Errorf("%s: %d bytes", what, len(got))
		}
	}
	f("one frame", crypto(0, m))
	f("acknowledgements and pings around", append(append([]byte{1, 2, 0, 0, 1, 0, 0, 0}, 3, 0, 0, 0, 0, 1, 2, 3), crypto(0, m)...))
	f("backwards in a packet", append(crypto(500, m[500:]), crypto(0, m[:500])...))
	f("two packets", crypto(0, m[:400]), crypto(400, m[400:]))
	f("two packets backwards", crypto(400, m[400:]), crypto(0, m[:400]))
	f("overlaps", crypto(100, m[100:600]), append(crypto(0, m[:200]), crypto(500, m[500:])...))
	f("the first copy wins", crypto(0, m[:300]), append(crypto(0, bytes.Repeat([]byte{7}, 300)), crypto(300, m[300:])...))
	f("empty frames", append(crypto(5, nil), crypto(0, m)...))
	f("more behind the hello", crypto(0, append(bytes.Clone(m), 4, 0, 0, 1)))
	rng := rand.New(rand.NewPCG(1, 1))
	for range 50 {
		var frames [][]byte
		for from := 0; from < len(m); {
			to := min(len(m), from+1+rng.IntN(60))
			frames = append(frames, crypto(max(0, from-rng.IntN(5)), m[max(0, from-0):to]))
			frames[len(frames)-1] = crypto(from, m[from:to])
			from = to
		}
		rng.Shuffle(len(frames), func(i, j int) { frames[i], frames[j] = frames[j], frames[i] })
		f("scattered", bytes.Join(frames, []byte{0}))
	}
}

func TestPieces(t *testing.T) {
	t.Parallel()
	var in Initial
	var err error
	for i := 0; i < 16000 && err == nil; i += 32 {
		_, err = in.Push(sealed(t, version1, dcid, uint32(i), append(crypto(i, []byte{1}), make([]byte, 20)...)))
	}
	if !errors.Is(err, ErrPieces) || len(in.have) > maxSpans+1 || len(in.crypto) > MaxCrypto {
		t.Errorf("%d pieces: %v", len(in.have), err)
	}
}

func TestCoalesced(t *testing.T) {
	t.Parallel()
	m, other := message(600), message(700)
	first := sealed(t, version1, dcid, 0, crypto(0, m[:300]))
	second := sealed(t, version1, dcid, 1, crypto(300, m[300:]))
	f := func(what string, datagram []byte, want []byte) {
		t.Helper()
		var in Initial
		if got, err := in.Push(datagram); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, %v", what, len(got), err)
		}
	}
	f("two packets", append(bytes.Clone(first), second...), m)
	f("zeros behind", append(append(bytes.Clone(first), second...), make([]byte, 100)...), m)
	whole := sealed(t, version1, dcid, 0, crypto(0, m))
	f("something that does not open behind", append(bytes.Clone(whole), first[:len(first)-1]...), m)
	f("garbage with a good header behind", append(bytes.Clone(whole), append(bytes.Clone(first[:60]), make([]byte, len(first)-60)...)...), m)
	f("another id behind", append(bytes.Clone(first), sealed(t, version1, []byte("another1"), 1, crypto(300, other[300:]))...), nil)
}

func TestOtherIDs(t *testing.T) {
	t.Parallel()
	m := message(600)
	var in Initial
	push := func(b []byte) []byte {
		t.Helper()
		got, err := in.Push(b)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	push(sealed(t, version1, dcid, 0, crypto(0, m[:300])))
	junk := sealed(t, version1, []byte("junkjunk"), 0, crypto(0, m))
	junk[len(junk)-1] ^= 1
	if _, err := in.Push(junk); !errors.Is(err, ErrKey) {
		t.Errorf("junk: %v", err)
	}
	// The server chose an id: the header changes, the keys do not.
	b := rename(t, dcid, []byte("serverid"), 1, crypto(300, m[300:]))
	if got := push(b); !bytes.Equal(got, m) {
		t.Errorf("after the server's answer: %d bytes", len(got))
	}
	in = Initial{}
	push(sealed(t, version1, dcid, 0, crypto(0, m[:300])))
	if got := push(sealed(t, version1, []byte("fromretry"), 0, crypto(0, m))); !bytes.Equal(got, m) {
		t.Errorf("after a Retry: %d bytes", len(got))
	}
}

// rename seals with the keys of one id under the header of another.
func rename(t *testing.T, keyID, id []byte, number uint32, plain []byte) []byte {
	t.Helper()
	k, err := clientKeys(version1, keyID)
	if err != nil {
		t.Fatal(err)
	}
	b := append(append([]byte{0xc3, 0, 0, 0, 1, byte(len(id))}, id...), 0, 0)
	b = binary.BigEndian.AppendUint16(b, 0x4000|uint16(4+len(plain)+16))
	pn := len(b)
	b = binary.BigEndian.AppendUint32(b, number)
	nonce := k.iv
	nonce[11] ^= byte(number)
	b = k.aead.Seal(b, nonce[:], plain, bytes.Clone(b))
	var mask [16]byte
	k.hp.Encrypt(mask[:], b[pn+4:pn+20])
	b[0] ^= mask[0] & 0x0f
	for i := range 4 {
		b[pn+i] ^= mask[1+i]
	}
	return b
}

func FuzzParse(f *testing.F) {
	f.Add(sealed(f, version1, dcid, 0, crypto(0, message(300))))
	f.Add(sealed(f, version2, dcid, 0, crypto(0, message(300))))
	for _, d := range dial(f, nil, "www.example.jp") {
		f.Add(d)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var in Initial
		msg, err := in.Push(b)
		if err != nil && msg != nil || len(in.crypto) > MaxCrypto {
			t.Fatalf("%x, %v", msg, err)
		}
	})
}

// FuzzFrames skips the encryption, which fuzzing cannot get through.
func FuzzFrames(f *testing.F) {
	m := message(100)
	f.Add(crypto(0, m))
	f.Add(append(crypto(50, m[50:]), crypto(0, m[:60])...))
	f.Add([]byte{2, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 0, 1, 2, 3, 6, 0, 1, 1, 0x1c})
	f.Fuzz(func(t *testing.T, b []byte) {
		var in Initial
		err := in.frames(b)
		for i, h := range in.have {
			if h.from >= h.to || h.to > len(in.crypto) || i > 0 && in.have[i-1].to >= h.from {
				t.Fatalf("parts %v", in.have)
			}
		}
		if len(in.crypto) > MaxCrypto || err == nil && len(in.have) > maxSpans {
			t.Fatalf("%d bytes in %d parts", len(in.crypto), len(in.have))
		}
		if msg := in.whole(); msg != nil && len(msg) != 4+int(msg[1])<<16+int(msg[2])<<8+int(msg[3]) {
			t.Fatalf("message of %d bytes", len(msg))
		}
	})
}

func BenchmarkPush(b *testing.B) {
	d := sealed(b, version1, dcid, 0, append(crypto(0, message(500)), make([]byte, 600)...))
	b.ReportAllocs()
	for b.Loop() {
		var in Initial
		if _, err := in.Push(d); err != nil {
			b.Fatal(err)
		}
	}
}
