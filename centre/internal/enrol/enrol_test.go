package enrol_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/enrol"
	"otasuke/internal/clock"
)

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func request(t testing.TB, key crypto.Signer, subject string) string {
	t.Helper()
	der := must[[]byte](t)(x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: subject, Organization: []string{"another company"}},
		DNSNames: []string{"centre.example"}}, key))
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
}

func p256(t testing.TB) *ecdsa.PrivateKey {
	return must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
}

func open(t testing.TB, dir string) *enrol.CA {
	t.Helper()
	return must[*enrol.CA](t)(enrol.Open(enrol.Config{Dir: dir}))
}

func TestAuthorityIsMadeOnce(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "ca")
	first := open(t, dir)
	if again := open(t, dir); again.Certificate() != first.Certificate() || again.Fingerprint() != first.Fingerprint() {
		t.Error("a restart made another authority")
	}
	info := must[os.FileInfo](t)(os.Stat(filepath.Join(dir, "ca.key")))
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the key has permissions %v", info.Mode())
	}
	damage := func(file, text string) {
		t.Helper()
		path := filepath.Join(dir, file)
		old := must[[]byte](t)(os.ReadFile(path))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := enrol.Open(enrol.Config{Dir: dir}); !errors.Is(err, enrol.ErrKey) {
			t.Errorf("damaged %s: %v, want ErrKey", file, err)
		}
		if err := os.WriteFile(path, old, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	damage("ca.key", "")
	damage("ca.crt", "nonsense")
	other := open(t, filepath.Join(t.TempDir(), "other"))
	damage("ca.crt", other.Certificate())
	for _, file := range []string{"ca.crt", "ca.key"} {
		path := filepath.Join(dir, file)
		if err := os.Rename(path, path+".away"); err != nil {
			t.Fatal(err)
		}
		if _, err := enrol.Open(enrol.Config{Dir: dir}); !errors.Is(err, enrol.ErrKey) {
			t.Errorf("%s lost: %v, want ErrKey and no new authority", file, err)
		}
		if err := os.Rename(path+".away", path); err != nil {
			t.Fatal(err)
		}
	}
	if again := open(t, dir); again.Fingerprint() != first.Fingerprint() {
		t.Error("the authority changed")
	}
}

func TestRequestIsChecked(t *testing.T) {
	t.Parallel()
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []crypto.Signer{p256(t), edKey} {
		r, err := enrol.ParseRequest(request(t, key, "x"))
		if err != nil || len(r.KeyHash) != 64 {
			t.Errorf("%T: %v, %v", key, r, err)
		}
	}
	bad := func(what, text string) {
		t.Helper()
		if _, err := enrol.ParseRequest(text); !errors.Is(err, enrol.ErrRequest) {
			t.Errorf("%s: %v, want ErrRequest", what, err)
		}
	}
	good := request(t, p256(t), "x")
	bad("nothing", "")
	bad("not PEM", "hello")
	bad("two", good+good)
	bad("another kind", strings.ReplaceAll(good, "CERTIFICATE REQUEST", "CERTIFICATE"))
	bad("RSA", request(t, must[*rsa.PrivateKey](t)(rsa.GenerateKey(rand.Reader, 2048)), "x"))
	hugeKey := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: hugeRSA(t)}))
	if _, err := enrol.ParseRequest(hugeKey); err == nil || !strings.Contains(err.Error(), "want P-256") {
		t.Errorf("RSA with a broken signature: %v, want a refusal before the signature is looked at", err)
	}
	bad("P-384", request(t, must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P384(), rand.Reader)), "x"))
	block, _ := pem.Decode([]byte(good))
	block.Bytes[len(block.Bytes)-1] ^= 1
	bad("broken signature", string(pem.EncodeToMemory(block)))
	bad("cut short", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: block.Bytes[:40]})))
}

// hugeRSA is a request whose signature nobody should spend time on.
func hugeRSA(t *testing.T) []byte {
	t.Helper()
	block, _ := pem.Decode([]byte(request(t, must[*rsa.PrivateKey](t)(rsa.GenerateKey(rand.Reader, 2048)), "x")))
	block.Bytes[len(block.Bytes)-1] ^= 1
	return block.Bytes
}

// dial makes one TLS connection and says who the server saw.
func dial(t *testing.T, ca *enrol.CA, roots *x509.CertPool, name string, client *tls.Certificate) (state tls.ConnectionState, err error) {
	t.Helper()
	config := must[*tls.Config](t)(ca.ServerTLS([]string{"centre.example", "192.0.2.1"}))
	listener := must[net.Listener](t)(tls.Listen("tcp", "127.0.0.1:0", config))
	defer listener.Close()
	type result struct {
		state tls.ConnectionState
		err   error
	}
	seen := make(chan result, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			seen <- result{err: err}
			return
		}
		defer conn.Close()
		server := conn.(*tls.Conn)
		err = server.Handshake()
		seen <- result{server.ConnectionState(), err}
	}()
	c := &tls.Config{RootCAs: roots, ServerName: name}
	if client != nil {
		c.Certificates = []tls.Certificate{*client}
	}
	conn, err := tls.Dial("tcp", listener.Addr().String(), c)
	if err == nil {
		defer conn.Close()
	}
	got := <-seen
	return got.state, errors.Join(err, got.err)
}

func boxCert(t *testing.T, ca *enrol.CA) (*tls.Certificate, string) {
	t.Helper()
	key := p256(t)
	r := must[*enrol.Request](t)(enrol.ParseRequest(request(t, key, "please make me admin")))
	text, serial, err := ca.SignBox(r, "company-1", "box-1")
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode([]byte(text))
	return &tls.Certificate{Certificate: [][]byte{block.Bytes}, PrivateKey: key}, serial
}

func TestIdentityComesFromTheCertificate(t *testing.T) {
	t.Parallel()
	ca := open(t, t.TempDir())
	cert, serial := boxCert(t, ca)
	for _, name := range []string{"centre.example", "192.0.2.1"} {
		state, err := dial(t, ca, ca.Pool(), name, cert)
		if err != nil {
			t.Fatal(err)
		}
		tenantID, boxID, got, ok := ca.Identity(&state)
		if !ok || tenantID != "company-1" || boxID != "box-1" || got != serial {
			t.Errorf("identity %q %q %q %v", tenantID, boxID, got, ok)
		}
	}
	leaf := must[*x509.Certificate](t)(x509.ParseCertificate(cert.Certificate[0]))
	if len(leaf.DNSNames) != 0 || leaf.IsCA || len(leaf.ExtKeyUsage) != 1 || leaf.ExtKeyUsage[0] != x509.ExtKeyUsageClientAuth {
		t.Errorf("the request got more than it should: %+v", leaf.Subject)
	}
	state, err := dial(t, ca, ca.Pool(), "centre.example", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, ok := ca.Identity(&state); ok {
		t.Error("identity without a certificate")
	}
	if _, _, _, ok := ca.Identity(nil); ok {
		t.Error("identity without TLS")
	}
}

// TestCertificateEndsDuringAConnection: a box may keep its connection for months.
func TestCertificateEndsDuringAConnection(t *testing.T) {
	t.Parallel()
	now := clock.NewFake(time.Now())
	ca := must[*enrol.CA](t)(enrol.Open(enrol.Config{Dir: t.TempDir(), Clock: now}))
	cert, _ := boxCert(t, ca)
	state, err := dial(t, ca, ca.Pool(), "centre.example", cert)
	if err != nil {
		t.Fatal(err)
	}
	now.Advance(3 * 365 * 24 * time.Hour)
	if _, _, _, ok := ca.Identity(&state); ok {
		t.Error("an expired certificate is believed")
	}
}

// TestBoxCertificateIsRenewed: a box that is rented for longer than a certificate lives is known all the time, by what it
// had and by what it gets.
func TestBoxCertificateIsRenewed(t *testing.T) {
	t.Parallel()
	now := clock.NewFake(time.Now())
	ca := must[*enrol.CA](t)(enrol.Open(enrol.Config{Dir: t.TempDir(), Clock: now}))
	cert, serial := boxCert(t, ca)
	if got, err := ca.Renew(nil); got != "" || err != nil {
		t.Errorf("for nobody: %q, %v", got, err)
	}
	for range 5 { // years
		for _, early := range []bool{true, false} {
			leaf := must[*x509.Certificate](t)(x509.ParseCertificate(cert.Certificate[0]))
			chains, err := leaf.Verify(x509.VerifyOptions{Roots: ca.Pool(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, CurrentTime: now.Now()})
			if err != nil {
				t.Fatal(err)
			}
			state := tls.ConnectionState{VerifiedChains: chains}
			tenantID, boxID, got, ok := ca.Identity(&state)
			if !ok || tenantID != "company-1" || boxID != "box-1" || got != serial {
				t.Errorf("identity %q %q %q %v", tenantID, boxID, got, ok)
			}
			text, err := ca.Renew(&state)
			if err != nil || (text == "") != early {
				t.Fatalf("early %v: %q, %v", early, text, err)
			}
			if early {
				now.Advance(366 * 24 * time.Hour)
				continue
			}
			block, _ := pem.Decode([]byte(text))
			cert = &tls.Certificate{Certificate: [][]byte{block.Bytes}, PrivateKey: cert.PrivateKey}
		}
	}
}

func TestForeignCertificatesAreRefused(t *testing.T) {
	t.Parallel()
	ca, other := open(t, t.TempDir()), open(t, t.TempDir())
	foreign, _ := boxCert(t, other)
	if state, err := dial(t, ca, ca.Pool(), "centre.example", foreign); err == nil {
		t.Errorf("another authority's box was let in: %+v", state.PeerCertificates[0].Subject)
	}
	server := must[*tls.Config](t)(ca.ServerTLS([]string{"centre.example"}))
	asClient := must[*tls.Certificate](t)(server.GetCertificate(nil))
	if _, err := dial(t, ca, ca.Pool(), "centre.example", asClient); err == nil {
		t.Error("the server's certificate passed as a box's")
	}
	if _, err := dial(t, ca, other.Pool(), "centre.example", nil); err == nil {
		t.Error("a box trusted a centre of another authority")
	}
	if _, err := dial(t, ca, ca.Pool(), "evil.example", nil); err == nil {
		t.Error("a box trusted a name that the certificate does not have")
	}
}

func TestServerCertificateRenewsItself(t *testing.T) {
	t.Parallel()
	c := clock.NewFake(time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC))
	ca := must[*enrol.CA](t)(enrol.Open(enrol.Config{Dir: t.TempDir(), Clock: c}))
	config := must[*tls.Config](t)(ca.ServerTLS([]string{"centre.example"}))
	get := func() *tls.Certificate { return must[*tls.Certificate](t)(config.GetCertificate(nil)) }
	first := get()
	c.Advance(30 * 24 * time.Hour)
	if get() != first {
		t.Error("renewed with two months left")
	}
	c.Advance(31 * 24 * time.Hour)
	if second := get(); second == first || !second.Leaf.NotAfter.After(first.Leaf.NotAfter) {
		t.Error("not renewed in its last month")
	}
	if _, err := ca.ServerTLS(nil); err == nil {
		t.Error("a listener without a name")
	}
}
