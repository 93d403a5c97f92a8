package clienthello

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	crand "crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
)

// flight is what both sides of a real handshake send.
type flight struct{ client, server []byte }

// recorded copies what is read from a connection.
type recorded struct {
	net.Conn
	read *bytes.Buffer
}

func (r recorded) Read(b []byte) (int, error) {
	n, err := r.Conn.Read(b)
	r.read.Write(b[:n])
	return n, err
}

func certificate(t testing.TB, subject pkix.Name) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), crand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(0x01ab0c), Subject: subject, NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"www.example.jp"}}
	der, err := x509.CreateCertificate(crand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

var subject = pkix.Name{Country: []string{"JP"}, Organization: []string{`Example, "Best" Inc.`}, CommonName: "www.example.jp"}

func handshake(t testing.TB, client *tls.Config) (f flight, info *tls.ClientHelloInfo, state tls.ConnectionState) {
	t.Helper()
	client.InsecureSkipVerify = true
	server := &tls.Config{Certificates: []tls.Certificate{certificate(t, subject)}, NextProtos: client.NextProtos,
		GetConfigForClient: func(i *tls.ClientHelloInfo) (*tls.Config, error) { info = i; return nil, nil }}
	a, b := net.Pipe()
	var toClient, toServer bytes.Buffer
	done := make(chan error, 1)
	go func() {
		s := tls.Server(recorded{b, &toServer}, server)
		done <- s.HandshakeContext(context.Background())
		_, _ = s.Read(make([]byte, 1)) // until the client goes
		_ = b.Close()
		close(done)
	}()
	c := tls.Client(recorded{a, &toClient}, client)
	if err := c.HandshakeContext(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	state = c.ConnectionState()
	_ = a.Close()
	<-done
	return flight{toServer.Bytes(), toClient.Bytes()}, info, state
}

// read gives the handshake messages of one direction and the state at the end.
func read(b []byte, size int) (out [][]byte, s State) {
	var r Records
	for len(b) > 0 && r.State == Reading {
		n := min(size, len(b))
		r.Push(b[:n])
		b = b[n:]
		for m := r.Message(); m != nil; m = r.Message() {
			out = append(out, bytes.Clone(m))
		}
	}
	return out, r.State
}

func configs() map[string]*tls.Config {
	return map[string]*tls.Config{
		"usual":         {ServerName: "www.example.jp", NextProtos: []string{"h2", "http/1.1"}},
		"upper case":    {ServerName: "WWW.Example.JP"},
		"address":       {ServerName: "192.0.2.1"},
		"TLS 1.2":       {ServerName: "www.example.jp", MaxVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}},
		"only TLS 1.3":  {ServerName: strings.Repeat("a.", 100) + "jp", MinVersion: tls.VersionTLS13},
		"other curves":  {ServerName: "x.jp", CurvePreferences: []tls.CurveID{tls.CurveP384, tls.X25519}},
		"few ciphers":   {ServerName: "x.jp", MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}},
		"long protocol": {ServerName: "x.jp", NextProtos: []string{strings.Repeat("p", 255)}},
	}
}

// TestAgainstStandardLibrary: real handshakes are read as the server reads them.
func TestAgainstStandardLibrary(t *testing.T) {
	t.Parallel()
	for name, cfg := range configs() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, info, state := handshake(t, cfg)
			msgs, s := read(f.client, 1<<20)
			if len(msgs) == 0 || s != Encrypted {
				t.Fatalf("%d messages, state %d", len(msgs), s)
			}
			h, err := Parse(msgs[0])
			if err != nil {
				t.Fatal(err)
			}
			if string(h.ServerName) != info.ServerName {
				t.Errorf("name %q, want %q", h.ServerName, info.ServerName)
			}
			alpn := ""
			if len(info.SupportedProtos) > 0 {
				alpn = info.SupportedProtos[0]
			}
			if string(h.ALPN) != alpn || h.Best != info.SupportedVersions[0] || h.ECH {
				t.Errorf("ALPN %q, version %x", h.ALPN, h.Best)
			}
			if got, want := string(h.AppendJA3(nil)), ja3Of(info); got != want {
				t.Errorf("JA3 %s, want %s", got, want)
			}
			msgs, s = read(f.server, 1<<20)
			if v, err := ServerVersion(msgs[0]); err != nil || v != state.Version || s != Encrypted {
				t.Errorf("server chose %x (%v), state %d", v, err, s)
			}
			for size := 1; size < 30; size++ {
				if again, s2 := read(f.server, size); len(again) != len(msgs) || s2 != s || !bytes.Equal(again[0], msgs[0]) {
					t.Fatalf("in parts of %d bytes: %d messages, state %d", size, len(again), s2)
				}
			}
			if state.Version == tls.VersionTLS12 {
				checkCertificate(t, msgs, state.PeerCertificates[0])
			}
		})
	}
}

// ja3Of makes the text from what the server's own parser says.
func ja3Of(i *tls.ClientHelloInfo) string {
	list := func(v []uint16) string {
		var out []string
		for _, n := range v {
			out = append(out, big.NewInt(int64(n)).String())
		}
		return strings.Join(out, "-")
	}
	var groups []uint16
	for _, g := range i.SupportedCurves {
		groups = append(groups, uint16(g))
	}
	var points []uint16
	for _, p := range i.SupportedPoints {
		points = append(points, uint16(p))
	}
	return strings.Join([]string{"771", list(i.CipherSuites), list(i.Extensions), list(groups), list(points)}, ",")
}

func checkCertificate(t *testing.T, msgs [][]byte, want *x509.Certificate) {
	t.Helper()
	for _, m := range msgs {
		if m[0] != TypeCertificate {
			continue
		}
		c, err := Certificates(m)
		if err != nil || len(c.DER) != 1 || !bytes.Equal(c.DER[0], want.Raw) {
			t.Errorf("%d certificates: %v", len(c.DER), err)
		}
		if text := `C=JP, O=Example, "Best" Inc., CN=www.example.jp`; c.Subject != text || c.Issuer != text || c.Serial != "01:AB:0C" {
			t.Errorf("certificate %+v", c)
		}
		return
	}
	t.Error("no certificate")
}

// hello builds a ClientHello from its extensions.
func hello(exts func(*cryptobyte.Builder)) []byte {
	var b cryptobyte.Builder
	b.AddUint8(1)
	b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) {
		b.AddUint16(0x0303)
		b.AddBytes(make([]byte, 32))
		b.AddUint8LengthPrefixed(func(*cryptobyte.Builder) {})
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddUint16(0x0a0a); b.AddUint16(0x1301); b.AddUint16(0xc02f) })
		b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddUint8(0) })
		if exts != nil {
			b.AddUint16LengthPrefixed(exts)
		}
	})
	return b.BytesOrPanic()
}

func ext(kind uint16, data ...byte) func(*cryptobyte.Builder) {
	return func(b *cryptobyte.Builder) {
		b.AddUint16(kind)
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(data) })
	}
}

func name(s string) []byte {
	n := byte(len(s))
	return append([]byte{0, n + 3, 0, 0, n}, s...)
}

func TestMalformed(t *testing.T) {
	t.Parallel()
	good := hello(ext(0, name("x.jp")...))
	for what, c := range map[string]struct {
		in   []byte
		want error
	}{
		"nothing":                    {nil, ErrNotHello},
		"ServerHello":                {append([]byte{2}, good[1:]...), ErrNotHello},
		"type alone":                 {good[:1], ErrShort},
		"length over the message":    {good[:len(good)-1], ErrShort},
		"random cut":                 {[]byte{1, 0, 0, 10, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0}, ErrShort},
		"session over the message":   {append([]byte{1, 0, 0, 36, 3, 3}, append(make([]byte, 32), 9, 9)...), ErrShort},
		"extension cut":              {hello(func(b *cryptobyte.Builder) { b.AddBytes([]byte{0, 0, 0}) }), ErrShort},
		"extension over the list":    {hello(func(b *cryptobyte.Builder) { b.AddBytes([]byte{0, 99, 0, 9, 1}) }), ErrShort},
		"name list over extension":   {hello(ext(0, 0, 99)), ErrShort},
		"name over its list":         {hello(ext(0, 0, 3, 0, 0, 9)), ErrShort},
		"name with a zero":           {hello(ext(0, name("good.example\x00.bad.example")...)), ErrName},
		"name with a blank":          {hello(ext(0, name("a b")...)), ErrName},
		"name that is not ASCII":     {hello(ext(0, name("日本.jp")...)), ErrName},
		"groups cut":                 {hello(ext(10, 0, 9)), ErrShort},
		"point formats cut":          {hello(ext(11, 9)), ErrShort},
		"protocols cut":              {hello(ext(16, 0, 9)), ErrShort},
		"first protocol cut":         {hello(ext(16, 0, 1, 9)), ErrShort},
		"versions cut":               {hello(ext(43, 9)), ErrShort},
		"extension list over length": {append(bytes.Clone(hello(nil)[:43]), 0xff), ErrShort},
	} {
		if what == "extension list over length" {
			c.in = append(bytes.Clone(hello(nil)), 0xff)
			c.in[3]++
		}
		if _, err := Parse(c.in); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
	}
}

func TestUnusual(t *testing.T) {
	t.Parallel()
	f := func(what string, in []byte, check func(Hello) bool) {
		t.Helper()
		h, err := Parse(in)
		if err != nil || !check(h) {
			t.Errorf("%s: %+v, %v", what, h, err)
		}
	}
	f("no extensions", hello(nil), func(h Hello) bool { return h.ServerName == nil && h.Best == 0x0303 })
	f("empty list", hello(func(*cryptobyte.Builder) {}), func(h Hello) bool { return h.ServerName == nil })
	f("empty name extension", hello(ext(0)), func(h Hello) bool { return h.ServerName == nil })
	f("other kind of name", hello(ext(0, 0, 4, 7, 0, 1, 'x')), func(h Hello) bool { return h.ServerName == nil })
	f("two names", hello(ext(0, append([]byte{0, 8, 0, 0, 1, 'a'}, 0, 0, 1, 'b')...)), func(h Hello) bool { return string(h.ServerName) == "a" })
	f("ECH", hello(ext(extECH, 1)), func(h Hello) bool { return h.ECH })
	f("GREASE version", hello(ext(43, 6, 0xfa, 0xfa, 3, 4, 3, 3)), func(h Hello) bool { return h.Best == 0x0304 })
}

// TestJA3 compares with texts written out by hand after the fingerprint's definition.
func TestJA3(t *testing.T) {
	t.Parallel()
	for want, in := range map[string][]byte{
		"771,4865-49199,,,": hello(nil),
		"771,4865-49199,0-10-11-65281,29-23,0": hello(func(b *cryptobyte.Builder) {
			ext(0x1a1a)(b)
			ext(0, name("x.jp")...)(b)
			ext(10, 0, 6, 0x2a, 0x2a, 0, 29, 0, 23)(b)
			ext(11, 1, 0)(b)
			ext(0xff01, 0)(b)
			ext(0xeaea, 0)(b)
		}),
	} {
		h, err := Parse(in)
		if err != nil || string(h.AppendJA3([]byte(">"))) != ">"+want {
			t.Errorf("%s, want %s (%v)", h.AppendJA3(nil), want, err)
		}
	}
	if grease(0x0a1a) || !grease(0xfafa) || grease(0x0b0b) {
		t.Error("GREASE values are those of RFC 8701")
	}
}

func record(kind byte, data ...byte) []byte {
	return append([]byte{kind, 3, 1, byte(len(data) >> 8), byte(len(data))}, data...)
}

func TestRecords(t *testing.T) {
	t.Parallel()
	m := hello(ext(0, name("x.jp")...))
	var tiny []byte
	for _, c := range m {
		tiny = append(tiny, record(22, c)...)
	}
	for _, c := range []struct {
		what  string
		in    []byte
		n     int
		state State
	}{
		{"one record", record(22, m...), 1, Reading},
		{"two messages in a record", record(22, append(bytes.Clone(m), m...)...), 2, Reading},
		{"a byte in each record", tiny, 1, Reading},
		{"empty records between", append(record(22), record(22, m...)...), 1, Reading},
		{"alert before", append(record(21, 1, 0), record(22, m...)...), 1, Reading},
		{"encrypted", append(record(22, m...), record(23, 1, 2)...), 1, Encrypted},
		{"change of cipher", append(record(22, m...), record(20, 1)...), 1, Encrypted},
		{"HTTP", []byte("GET / HTTP/1.1"), 0, NotTLS},
		{"SSL 2", []byte{0x80, 0x2e, 1, 0, 2}, 0, NotTLS},
		{"version 2", []byte{22, 2, 0, 0, 1, 1}, 0, NotTLS},
		{"record longer than any", []byte{22, 3, 1, 0xff, 0xff}, 0, NotTLS},
		{"message longer than any", bytes.Repeat(record(22, append([]byte{1, 0xff, 0xff, 0xff}, make([]byte, 16000)...)...), 3), 0, NotTLS},
	} {
		for _, size := range []int{1 << 20, 7, 1} {
			if out, s := read(c.in, size); len(out) != c.n || s != c.state {
				t.Errorf("%s in parts of %d: %d messages, state %d", c.what, size, len(out), s)
			}
		}
	}
	var r Records
	r.Push([]byte("GET"))
	r.Reset()
	if r.Push(record(22, m...)); !bytes.Equal(r.Message(), m) || r.Message() != nil {
		t.Error("after Reset a message is read")
	}
}

// TestRecordsBounded: no input makes a reader keep more than a record and a message.
func TestRecordsBounded(t *testing.T) {
	t.Parallel()
	var r Records
	alerts := bytes.Repeat(record(21), 13000)
	began := time.Now()
	for range 200 {
		r.Push(alerts)
	}
	if took := time.Since(began); took > 5*time.Second { // 13 MB; quadratic work took minutes
		t.Errorf("tiny records take %v", took)
	}
	if r.State != Reading || len(r.buf) != 0 || len(r.hand) != 0 {
		t.Errorf("state %d, %d and %d bytes kept", r.State, len(r.buf), len(r.hand))
	}
	part := record(22, make([]byte, 16000)...)
	for range 3 {
		r.Push(part)
	}
	if len(r.hand) > MaxHello || r.buf != nil || r.State != NotTLS {
		t.Errorf("%d bytes kept", len(r.hand))
	}
}

func TestServerMalformed(t *testing.T) {
	t.Parallel()
	sh := func(exts ...byte) []byte {
		b := append([]byte{2, 0, 0, 0, 3, 3}, make([]byte, 32)...)
		b = append(b, 0, 0x13, 1, 0)
		b = append(b, exts...)
		b[3] = byte(len(b) - 4)
		return b
	}
	f := func(what string, in []byte, want uint16, ok bool) {
		t.Helper()
		if v, err := ServerVersion(in); v != want || (err == nil) != ok {
			t.Errorf("%s: %x, %v", what, v, err)
		}
	}
	f("without extensions", sh(), 0x0303, true)
	f("chosen by extension", sh(0, 6, 0, 43, 0, 2, 3, 4), 0x0304, true)
	f("extension cut", sh(0, 3, 0, 43, 0), 0x0303, false)
	f("nothing", nil, 0, false)
	f("random cut", []byte{2, 0, 0, 4, 3, 3, 0, 0}, 0, false)
	f("client's", hello(nil), 0, false)

	g := func(what string, in []byte, n int, ok bool) {
		t.Helper()
		if c, err := Certificates(in); len(c.DER) != n || (err == nil) != ok {
			t.Errorf("%s: %d certificates, %v", what, len(c.DER), err)
		}
	}
	g("empty chain", []byte{11, 0, 0, 3, 0, 0, 0}, 0, true)
	g("not a certificate", []byte{11, 0, 0, 7, 0, 0, 4, 0, 0, 1, 9}, 1, false)
	g("list over message", []byte{11, 0, 0, 3, 0, 0, 9}, 0, false)
	g("certificate over list", []byte{11, 0, 0, 6, 0, 0, 3, 0, 0, 9}, 0, false)
	der := certificate(t, subject).Certificate[0]
	var b cryptobyte.Builder
	b.AddUint8(11)
	b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) {
		b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) {
			for range 3 * maxChain {
				b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(der) })
			}
		})
	})
	g("endless chain", b.BytesOrPanic(), maxChain, true)
}

// realHello was made by crypto/tls for the name www.example.jp (TLS 1.2 only).
func realHello(t testing.TB) flight {
	f, _, _ := handshake(t, &tls.Config{ServerName: "www.example.jp", NextProtos: []string{"h2"}, MaxVersion: tls.VersionTLS12})
	return f
}

func FuzzParse(f *testing.F) {
	real := realHello(f)
	for _, side := range [][]byte{real.client, real.server} {
		msgs, _ := read(side, 1<<20)
		for _, m := range msgs {
			f.Add(m)
		}
	}
	f.Add(hello(ext(0, name("x.jp")...)))
	f.Fuzz(func(t *testing.T, b []byte) {
		if h, err := Parse(b); err == nil {
			if strings.ContainsAny(string(h.ServerName), "\x00 \n") || strings.Count(string(h.AppendJA3(nil)), ",") != 4 {
				t.Fatalf("%+v", h)
			}
		}
		_, _ = ServerVersion(b)
		if c, err := Certificates(b); err == nil && len(c.DER) > maxChain {
			t.Fatalf("%d certificates", len(c.DER))
		}
	})
}

func FuzzStream(f *testing.F) {
	real := realHello(f)
	f.Add(real.client, byte(3))
	f.Add(real.server, byte(100))
	b, err := hex.DecodeString("1503010000160301000101")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b, byte(1))
	f.Fuzz(func(t *testing.T, b []byte, size byte) {
		if len(b) > MaxHello {
			return // the limit counts what waits, which depends on the cuts
		}
		whole, s1 := read(b, 1<<20)
		parts, s2 := read(b, 1+int(size))
		if len(whole) != len(parts) || s1 != s2 {
			t.Fatalf("%d messages, state %d; in parts %d, %d", len(whole), s1, len(parts), s2)
		}
		for i := range whole {
			if !bytes.Equal(whole[i], parts[i]) {
				t.Fatalf("message %d depends on the cuts", i)
			}
		}
	})
}
