package tlsmsg

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	crand "crypto/rand"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/told"
)

// recorded copies what is read from a connection.
type recorded struct {
	net.Conn
	dir  int
	talk *told.Talk
}

func (r recorded) Read(b []byte) (int, error) {
	n, err := r.Conn.Read(b)
	*r.talk = append(*r.talk, told.Part{Dir: r.dir, B: string(b[:n])})
	return n, err
}

var subject = pkix.Name{Country: []string{"JP"}, Organization: []string{`Example, "Best" Inc.`}, CommonName: "www.example.jp"}

func certificateFor(t testing.TB, subject pkix.Name) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), crand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(0x01ab0c), Subject: subject, NotBefore: time.Unix(1_600_000_000, 0), NotAfter: time.Unix(3_000_000_000, 0),
		DNSNames: []string{"www.example.jp", "example.jp"}, IPAddresses: []net.IP{net.IPv4(192, 0, 2, 1)}}
	der, err := x509.CreateCertificate(crand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der, der}, PrivateKey: key}
}

// handshake lets the standard library talk to itself. Both directions are recorded one
// after the other's bytes, as they were read.
func handshake(t testing.TB, client *tls.Config, ask bool) (talk told.Talk, info *tls.ClientHelloInfo, state tls.ConnectionState) {
	t.Helper()
	client.InsecureSkipVerify = true
	server := &tls.Config{Certificates: []tls.Certificate{certificateFor(t, subject)}, NextProtos: client.NextProtos,
		GetConfigForClient: func(i *tls.ClientHelloInfo) (*tls.Config, error) { info = i; return nil, nil }}
	if ask {
		server.ClientAuth = tls.RequestClientCert
	}
	a, b := net.Pipe()
	var toClient, toServer told.Talk
	done := make(chan error, 1)
	go func() {
		s := tls.Server(recorded{b, app.ToServer, &toServer}, server)
		done <- s.HandshakeContext(context.Background())
		_, _ = s.Read(make([]byte, 1)) // until the client goes
		_ = b.Close()
		close(done)
	}()
	c := tls.Client(recorded{a, app.ToClient, &toClient}, client)
	if err := c.HandshakeContext(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	state = c.ConnectionState()
	_ = a.Close()
	<-done
	return inTurn(toServer, toClient), info, state
}

// inTurn puts both directions in the order in which they spoke: the client changes its
// cipher before the server does.
func inTurn(toServer, toClient told.Talk) told.Talk {
	client, server := joined(toServer), joined(toClient)
	first := recordHead + int(client[3])<<8 + int(client[4])
	change := 0
	for change < len(server) && server[change] != recordChange {
		change += recordHead + int(server[change+3])<<8 + int(server[change+4])
	}
	return told.Talk{{Dir: 0, B: client[:first]}, {Dir: 1, B: server[:change]}, {Dir: 0, B: client[first:]}, {Dir: 1, B: server[change:]}}
}

func joined(talk told.Talk) (out string) {
	for _, p := range talk {
		out += p.B
	}
	return out
}

func reader(cfg Config) func(app.Sink) app.Reader {
	return func(s app.Sink) app.Reader { return New(s, cfg) }
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

// TestAgainstStandardLibrary: real handshakes are read as their ends read them, in any
// cut.
func TestAgainstStandardLibrary(t *testing.T) {
	t.Parallel()
	for name, cfg := range configs() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			talk, info, state := handshake(t, cfg, false)
			got := told.Of(talk, 0, reader(Config{}))
			want := []string{
				fmt.Sprintf("tx0 0 ja3.string=%q", ja3Of(info)), fmt.Sprintf("tx0 1 tls.version=%d", state.Version),
				fmt.Sprintf("tx0 0 tls.version=%d", info.SupportedVersions[0]), `"version":"` + VersionName(state.Version) + `"`, "ssl_state=1", "ssl_state=2",
			}
			if info.ServerName != "" {
				want = append(want, fmt.Sprintf("tx0 0 tls.sni=%q", info.ServerName))
			}
			for _, p := range info.SupportedProtos {
				want = append(want, fmt.Sprintf("tx0 0 tls.alpn=%q", p))
			}
			if state.NegotiatedProtocol != "" && state.Version == tls.VersionTLS12 {
				want = append(want, fmt.Sprintf("tx0 1 tls.alpn=%q", state.NegotiatedProtocol))
			}
			if state.Version == tls.VersionTLS12 {
				want = append(want, certificateLines(state.PeerCertificates[0])...)
			}
			for _, w := range want {
				if !got.Has(w) {
					t.Errorf("%s is missing", w)
				}
			}
			if got.Has("app-layer-event") || strings.Count(got.String(), "log tls") != 1 {
				t.Error(got)
			}
			for _, n := range told.Cuts {
				if again := told.Of(talk, n, reader(Config{})); again.String() != got.String() {
					t.Fatalf("%s\nin parts of %d bytes: %s", got, n, again)
				}
			}
		})
	}
}

func certificateLines(c *x509.Certificate) []string {
	name := `C=JP, O=Example, \"Best\" Inc., CN=www.example.jp`
	sum := sha1.Sum(c.Raw)
	return []string{
		`tls.cert_subject="` + name, `tls.cert_issuer="` + name, `tls.cert_serial="01:AB:0C"`, `tls.subjectaltname="www.example.jp"`,
		`tls.subjectaltname="192.0.2.1"`, "tls_cert_notbefore=1600000000", "tls_cert_notafter=3000000000", "tls.cert_chain_len=2",
		fmt.Sprintf("tls.certs=%q", c.Raw), fmt.Sprintf("tls.cert_fingerprint=%q", strings.ReplaceAll(fmt.Sprintf("% x", sum[:]), " ", ":")),
		`"notbefore":"2020-09-13T12:26:40"`, `"notafter":"2065-01-24T05:20:00"`,
	}
}

// ja3Of makes the text from what the server's own parser says.
func ja3Of(i *tls.ClientHelloInfo) string {
	list := func(v []uint16) string {
		var out []string
		for _, n := range v {
			out = append(out, fmt.Sprint(n))
		}
		return strings.Join(out, "-")
	}
	var groups, points []uint16
	for _, g := range i.SupportedCurves {
		groups = append(groups, uint16(g))
	}
	for _, p := range i.SupportedPoints {
		points = append(points, uint16(p))
	}
	return strings.Join([]string{"771", list(i.CipherSuites), list(i.Extensions), list(groups), list(points)}, ",")
}

// TestClientCertificate: that of the client is shown where the client sends it.
func TestClientCertificate(t *testing.T) {
	t.Parallel()
	own := certificateFor(t, pkix.Name{CommonName: "client"})
	talk, _, _ := handshake(t, &tls.Config{MaxVersion: tls.VersionTLS12, Certificates: []tls.Certificate{own}}, true)
	got := told.Of(talk, 0, reader(Config{Client: true, Chain: true, Certificate: true, Handshakes: true}))
	for _, want := range []string{`tx0 0 tls.cert_subject="CN=client"`, `tx0 1 tls.cert_subject="C=JP`, `"client":{"subject":"CN=client"`, `"chain":["`, `"server_handshake":{"version":"TLS 1.2","cipher":`} {
		if !got.Has(want) {
			t.Errorf("%s is missing in %s", want, got)
		}
	}
}

// TestEncrypted: the end of what can be read is told, and another connection begins anew.
func TestEncrypted(t *testing.T) {
	t.Parallel()
	talk, _, _ := handshake(t, configs()["usual"], false)
	l := &told.Log{}
	c := New(l, Config{})
	for _, p := range talk {
		if c.Encrypted() {
			t.Error("too early")
		}
		c.Push(p.Dir, []byte(p.B))
	}
	if !c.Encrypted() {
		t.Error("not told")
	}
	first := l.String()
	l.Lines = nil
	c.Reset(l)
	talk.Cut(c, 0)
	if got := l.String(); got != first {
		t.Errorf("%s\nafter Reset: %s", first, got)
	}
}

// TestMemory: an endless handshake message, or record, does not fill the memory.
func TestMemory(t *testing.T) {
	t.Parallel()
	c := New(&told.Log{}, Config{})
	b := append([]byte{22, 3, 1, 0xff, 0xff, 11, 0xff, 0xff, 0xff}, make([]byte, 0xffff-4)...)
	more := append([]byte{22, 3, 1, 0xff, 0xff}, make([]byte, 0xffff)...)
	for i := range 100 {
		c.Push(0, b)
		b = more
		if h := &c.half[0]; cap(h.buf)+cap(h.hand) > 4*maxMessage {
			t.Fatalf("%d bytes kept after %d records", cap(h.buf)+cap(h.hand), i)
		}
	}
	alerts := bytes.Repeat([]byte{21, 3, 3, 0, 2, 1, 0}, 100_000)
	began := time.Now()
	c.Reset(&told.Log{})
	c.Push(0, alerts)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("tiny records take %v", took)
	}
}
