package quichello

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/tls"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/quic-go/quic-go"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/told"
)

func reader(s app.Sink) app.Reader { return New(s) }

// seal makes an Initial packet: the writing side of RFC 9001 sections 5.3 and 5.4, made
// from the derived keys that the vectors below pin.
func seal(t testing.TB, dir int, version uint32, key, dcid []byte, number uint32, plain []byte) []byte {
	t.Helper()
	pairs := initialKeys(version, key)
	if pairs == nil {
		t.Fatal("no keys")
	}
	k := &pairs[dir]
	first := byte(0xc3)
	if version == version2 {
		first = 0xd3
	}
	b := binary.BigEndian.AppendUint32([]byte{first}, version)
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

func sealed(t testing.TB, version uint32, dcid []byte, number uint32, plain []byte) string {
	return string(seal(t, app.ToServer, version, dcid, dcid, number, plain))
}

func vint(v int) []byte { return binary.BigEndian.AppendUint32(nil, 0x80000000|uint32(v)) }

func frame(off int, data []byte) []byte {
	return append(append(append([]byte{6}, vint(off)...), vint(len(data))...), data...)
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

// hello is that of RFC 9001 appendix A.2.
func hello(t testing.TB) []byte {
	return unhex(t, "010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e86804fe3a47f06a2b69484c"+
		"00000413011302010000c000000010000e00000b6578616d706c652e636f6dff01000100000a00080006001d0017001800100007000504616c706e"+
		"000500050100000000003300260024001d00209370b2c9caa47fbabaf4559fedba753de171fa71f50f1ce15d43e994ec74d748"+
		"002b0003020304000d0010000e0403050306030203080408050806002d00020101001c00024001003900320408ffffffffffffffff05048000ffff07048000ffff0801100104800075300901100f088394c8f03e51570806048000ffff")
}

// TestKeyVectors: keys of RFC 9001 appendix A.1 and RFC 9369 appendix A.1, both
// for the destination id 8394c8f03e515708.
func TestKeyVectors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		version     uint32
		dir         int
		key, iv, hp string
	}{
		{version1, 0, "1f369613dd76d5467730efcbe3b1a22d", "fa044b2f42a3fd3b46fb255c", "9f50449e04a0e810283a1e9933adedd2"},
		{version1, 1, "cf3a5331653c364c88f0f379b6067e37", "0ac1493ca1905853b0bba03e", "c206b8d9b9f0f37644430b490eeaa314"},
		{version2, 0, "8b1a0bc121284290a29e0971b5cd045d", "91f73e2351d8fa91660e909f", "45b95e15235d6f45a6b19cbcb0294ba9"},
		{version2, 1, "82db637861d55e1d011f19ea71d5d2a7", "dd13c276499c0249d3310652", "edf6d05c83121201b436e16877593c3a"},
	} {
		pairs := initialKeys(c.version, dcid)
		if pairs == nil {
			t.Fatal("no keys")
		}
		k := &pairs[c.dir]
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

// TestPacketVectors: the client's first packet of RFC 9001 appendix A.2: its ClientHello
// padded to 1162 bytes, number 2.
func TestPacketVectors(t *testing.T) {
	t.Parallel()
	f := append([]byte{6, 0, 0x40, 0xf1}, hello(t)...)
	plain := append(f, make([]byte, 1162-len(f))...)
	for version, c := range map[uint32]struct{ start, name string }{
		version1: {"c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11", "1"},
		version2: {"d76b3343cf088394c8f03e5157080000449ea0c95e82ffe67b6abcdb4298b485", "6b3343cf"},
	} {
		b := sealed(t, version, dcid, 2, plain)
		if got := hex.EncodeToString([]byte(b[:32])); got != c.start || len(b) != 1200 {
			t.Errorf("packet starts with %s, want %s", got, c.start)
		}
		got := told.Of(told.Talk{{Dir: 0, B: b}}, 0, reader)
		for _, want := range []string{`tx0 0 quic.sni="example.com"`, `tx0 0 quic.version="` + c.name + `"`, `tx0 0 ja3.string="771,4865-4866,0-65281-10-16-5-51-43-13-45-28-57,29-23-24,"`,
			`tx0 0 ja4.hash="q13d0211an_`, `"sni":"example.com"`, `{"name":"server_name","type":0,"values":["example.com"]}`, `{"name":"alpn","type":16,"values":["alpn"]}`} {
			if !got.Has(want) {
				t.Errorf("%s is missing in %s", want, got)
			}
		}
	}
}

// TestServer: the server's hello, and what is behind both.
func TestServer(t *testing.T) {
	t.Parallel()
	answer := append([]byte{2, 0, 0, 46, 3, 3}, make([]byte, 32)...)
	answer = append(answer, 0, 0x13, 1, 0, 0, 6, 0, 43, 0, 2, 3, 4)
	l := &told.Log{}
	c := New(l)
	c.Push(0, []byte(sealed(t, version1, dcid, 0, frame(0, hello(t)))))
	server := seal(t, 1, version1, dcid, []byte{9, 9}, 0, append([]byte{2, 0, 0, 0, 0}, frame(0, answer)...))
	handshake := append(binary.BigEndian.AppendUint32([]byte{0xe3}, version1), 0, 0, 1, 2, 3)
	c.Push(1, append(server, handshake...))
	if !c.Done() || !l.Has(`tx1 1 ja3s.string="771,4865,43"`) || l.Has("tx2") || l.Has("event") {
		t.Error(l)
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
	c := New(&told.Log{})
	buf := make([]byte, 2048)
	for len(out) < 6 && !c.half[0].hello {
		if err := l.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
			t.Fatal(err)
		}
		n, _, err := l.ReadFrom(buf)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, bytes.Clone(buf[:n]))
		c.Push(0, buf[:n])
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
				var talk told.Talk
				for i := range datagrams {
					if reversed {
						i = len(datagrams) - 1 - i
					}
					talk = append(talk, told.Part{Dir: 0, B: string(datagrams[i])})
				}
				if got := told.Of(talk, 0, reader); !got.Has(`quic.sni="`+name+`"`) || !got.Has(`"values":["h3"]`) || got.Has("event") {
					t.Errorf("version %v: %s", v, got)
				}
			}
		}
	}
}

func TestMalformed(t *testing.T) {
	t.Parallel()
	good := sealed(t, version1, dcid, 1, frame(0, hello(t)))
	with := func(off int, v ...byte) string { b := []byte(good); copy(b[off:], v); return string(b) }
	plain := func(b ...byte) string { return sealed(t, version1, dcid, 1, append(make([]byte, 20), b...)) }
	const failed, broken = "quic.failed_decrypt", "quic.error_on_data"
	for what, c := range map[string]struct{ in, event string }{
		"nothing":                      {"", ""},
		"short header":                 {with(0, 0x40), ""},
		"fixed bit off":                {with(0, 0x80), failed},
		"handshake packet":             {with(0, 0xe0), ""},
		"unknown version":              {with(1, 0xff, 0, 0, 1), ""},
		"destination id cut":           {good[:9], ""},
		"source id cut":                {good[:14], ""},
		"token over the packet":        {with(15, 0x7f, 0xff), ""},
		"token cut":                    {good[:15], ""},
		"length cut":                   {good[:17], ""},
		"length over the packet":       {with(16, 0x7f, 0xff), ""},
		"length under a sample":        {with(16, 0x40, 19), failed},
		"packet cut":                   {good[:len(good)-1], ""},
		"one bit changed":              {with(100, good[100]^1), failed},
		"tag changed":                  {with(len(good)-1, good[len(good)-1]^1), failed},
		"frame of another type":        {plain(0x08, 1, 2), ""},
		"crypto frame cut":             {plain(6, 0), broken},
		"crypto over the packet":       {plain(6, 0, 9, 1), broken},
		"crypto far off":               {plain(frame(maxCrypto-100, make([]byte, 101))...), "quic.crypto_frag_too_long"},
		"crypto at the end of numbers": {plain(append(append([]byte{6}, bytes.Repeat([]byte{0xff}, 8)...), 1, 0)...), "quic.crypto_frag_too_long"},
		"acknowledgement cut":          {plain(2, 0, 0, 9, 0), broken},
		"acknowledgement of many":      {plain(2, 0, 0, 0xbf, 0xff, 0xff, 0xff, 0), broken},
		"stream cut":                   {plain(0xa0, 1, 9), broken},
		"hello that is none":           {plain(frame(0, []byte{1, 0, 0, 2, 3, 3})...), ""},
	} {
		l := &told.Log{}
		r := New(l)
		r.Push(0, []byte(c.in))
		if l.Has("app-layer-event") != (c.event != "") || !l.Has(c.event) {
			t.Errorf("%s: %s, want %s", what, l, c.event)
		}
		r.Push(0, []byte(good))
		if what != "unknown version" && what != "hello that is none" && !l.Has(`quic.sni="example.com"`) {
			t.Errorf("%s: a good packet behind it is not read: %s", what, l)
		}
	}
}

// TestPieces: a hello in any pieces and order is read once all of it is there.
func TestPieces(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 1))
	h := hello(t)
	for range 200 {
		var frames [][]byte
		for at := 0; at < len(h); {
			n := min(1+rng.IntN(60), len(h)-at)
			frames = append(frames, frame(at, h[at:at+n]))
			if rng.IntN(3) == 0 && at > 0 { // parts that repeat
				frames = append(frames, frame(at-1, h[at-1:at+n]))
			}
			at += n
		}
		rng.Shuffle(len(frames), func(i, j int) { frames[i], frames[j] = frames[j], frames[i] })
		var talk told.Talk
		for i, f := range frames {
			talk = append(talk, told.Part{Dir: 0, B: sealed(t, version1, dcid, uint32(i), append(f, make([]byte, 20)...))})
		}
		if got := told.Of(talk, 0, reader); !got.Has(`quic.sni="example.com"`) || got.Has("event") {
			t.Fatalf("%d pieces: %s", len(frames), got)
		}
	}
}

// TestOtherIDs: what the client does with its ids, and what others may send in between,
// hides no hello.
func TestOtherIDs(t *testing.T) {
	t.Parallel()
	h := hello(t)
	id2 := []byte{1, 2, 3, 4, 5}
	first, second := frame(0, h[:100]), frame(100, h[100:])
	retry := string(append(binary.BigEndian.AppendUint32([]byte{0xf0}, version1), 0, 5, 1, 2, 3, 4, 5))
	versions := string(append([]byte{0x80, 0, 0, 0, 0, 0, 0}, "\x00\x00\x00\x01"...))
	good := sealed(t, version1, id2, 1, frame(0, h))
	for what, talk := range map[string]told.Talk{
		"junk before":        {{Dir: 0, B: string(append(binary.BigEndian.AppendUint32([]byte{0xc0}, version1), append([]byte{8, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 25}, make([]byte, 25)...)...))}, {Dir: 0, B: good}},
		"the server's id":    {{Dir: 0, B: sealed(t, version1, dcid, 1, first)}, {Dir: 0, B: string(seal(t, 0, version1, dcid, id2, 2, second))}},
		"retry":              {{Dir: 0, B: sealed(t, version1, dcid, 1, first)}, {Dir: 1, B: retry}, {Dir: 0, B: good}},
		"retry behind hello": {{Dir: 0, B: sealed(t, version1, dcid, 1, frame(0, bytes.Replace(h, []byte("example"), []byte("another"), 1)))}, {Dir: 1, B: retry}, {Dir: 0, B: good}},
		"other versions":     {{Dir: 1, B: versions}, {Dir: 0, B: good}},
		"same ports again":   {{Dir: 0, B: sealed(t, version1, dcid, 1, frame(0, bytes.Replace(h, []byte("example"), []byte("another"), 1)))}, {Dir: 0, B: good}},
		"coalesced":          {{Dir: 0, B: sealed(t, version1, dcid, 1, first) + sealed(t, version1, dcid, 2, second)}},
	} {
		if got := told.Of(talk, 0, reader); !got.Has(`quic.sni="example.com"`) {
			t.Errorf("%s: %s", what, got)
		}
	}
}

// chlo makes a hello of Google's QUIC.
func chlo(tags ...string) string {
	head, list, values := append([]byte("CHLO"), byte(len(tags)/2), 0, 0, 0), []byte(nil), ""
	for i := 0; i < len(tags); i += 2 {
		values += tags[i+1]
		list = binary.LittleEndian.AppendUint32(append(list, (tags[i] + "\x00\x00")[:4]...), uint32(len(values)))
	}
	return string(head) + string(list) + values
}

func TestGoogle(t *testing.T) {
	t.Parallel()
	body := chlo("PAD\x00", "----", "SNI\x00", "example.com", "UAID", "Chrome/1")
	stream := "\xa0\x01" + string(binary.BigEndian.AppendUint16(nil, uint16(len(body)))) + body
	hash := strings.Repeat("h", 12)
	for what, c := range map[string]struct {
		in   string
		want []string
	}{
		"Q043":                             {"\x09" + "12345678" + "Q043" + "\x01" + hash + stream, []string{`quic.version="Q043"`, `quic.sni="example.com"`, `quic.ua="Chrome/1"`, `quic.cyu.string="43,PAD-SNI-UAID"`, `"cyu":[{"hash":"`}},
		"Q046":                             {"\xc3" + "Q046" + "\x50" + "12345678" + "\x00\x00\x00\x01" + hash + stream, []string{`quic.version="Q046"`, `quic.sni="example.com"`, `quic.cyu.string="46,PAD-SNI-UAID"`}},
		"Q039":                             {"\x09" + "12345678" + "Q039" + "\x01" + hash + stream, []string{`quic.version="Q039"`, `quic.sni="example.com"`}},
		"Q046, without length of the data": {"\xc3" + "Q046" + "\x50" + "12345678" + "\x00\x00\x00\x01" + hash + "\x80\x01" + body, []string{`quic.sni="example.com"`}},
		"length of another order":          {"\x09" + "12345678" + "Q033" + "\x01" + hash + "\xa0\x01\x14\x05" + body, []string{"quic.error_on_data"}},
		"tag beyond the hello":             {"\x09" + "12345678" + "Q043" + "\x01" + hash + strings.Replace(stream, "\x04\x00\x00\x00", "\xff\xff\x00\x00", 1), []string{`quic.version="Q043"`}},
		"data without a version":           {"\x08" + "12345678" + "\x01" + hash + stream, nil},
	} {
		got := told.Of(told.Talk{{Dir: 0, B: c.in}}, 0, reader)
		for _, w := range c.want {
			if !got.Has(w) {
				t.Errorf("%s: %s is missing in %s", what, w, got)
			}
		}
		if c.want == nil && got.Has("tx0") {
			t.Errorf("%s: %s", what, got)
		}
	}
}

func TestReset(t *testing.T) {
	t.Parallel()
	l := &told.Log{}
	c := New(l)
	b := []byte(sealed(t, version1, dcid, 1, frame(0, hello(t))))
	c.Push(0, b)
	first := l.String()
	l.Lines = nil
	c.Reset(l)
	c.Push(0, b)
	if got := l.String(); got != first {
		t.Errorf("%s, want %s", got, first)
	}
}

func FuzzConn(f *testing.F) {
	f.Add([]byte(sealed(f, version1, dcid, 1, frame(0, hello(f)))), []byte{0xf0, 0, 0, 0, 1, 0, 0})
	f.Add([]byte("\x09"+"12345678"+"Q043"+"\x01"+"hashhashhash"+"\x80\x01"+chlo("SNI\x00", "a")), []byte("\xc3Q046\x50"))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		c := New(&told.Log{})
		for range 3 {
			c.Push(0, a)
			c.Push(1, b)
			c.Push(0, b)
		}
	})
}

func FuzzFrames(f *testing.F) {
	f.Add(frame(0, hello(f)))
	f.Add([]byte("\x80\x01" + chlo("SNI\x00", "a")))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := frameSink{crypto: new(crypto)}
		s.frames(b)
		if len(s.crypto.data) > maxCrypto || len(s.crypto.have) > maxSpans+1 {
			t.Fatalf("%d bytes in %d parts", len(s.crypto.data), len(s.crypto.have))
		}
		s.crypto.whole()
	})
}

func BenchmarkPush(b *testing.B) {
	p := []byte(sealed(b, version1, dcid, 1, append(frame(0, hello(b)), make([]byte, 900)...)))
	l := &told.Log{}
	c := New(l)
	for b.Loop() {
		l.Lines = nil
		c.Reset(l)
		c.Push(0, p)
	}
}
