package uplink

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"otasuke/wire"
)

// authority is the centre's CA.
type authority struct {
	t    testing.TB
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	pem  string
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a := &authority{t: t, key: key, cert: &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "centre"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}}
	der, err := x509.CreateCertificate(rand.Reader, a.cert, a.cert, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	a.pem = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return a
}

func (a *authority) fingerprint() string {
	sum := sha256.Sum256(a.cert.Raw)
	return hex.EncodeToString(sum[:])
}

func (a *authority) sign(public any, host string) []byte {
	a.t.Helper()
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "x"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	if ip := net.ParseIP(host); ip != nil {
		tmpl.IPAddresses = []net.IP{ip}
	} else {
		tmpl.DNSNames = []string{host}
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, a.cert, public, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	return der
}

// serve starts the box listener of a centre.
func (a *authority) serve(host string, h http.Handler) string {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	s := httptest.NewUnstartedServer(h)
	s.TLS = &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{a.sign(key.Public(), host), a.cert.Raw}, PrivateKey: key}},
		ClientAuth:   tls.VerifyClientCertIfGiven, ClientCAs: pool,
	}
	s.StartTLS()
	a.t.Cleanup(s.Close)
	return s.URL
}

// desk answers claims.
type desk struct {
	*authority
	public []string // keys that claimed
	spoil  func(*wire.ClaimResponse)
	fail   int // so many times the answer is lost
}

func (d *desk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var req wire.ClaimRequest
	body, _ := io.ReadAll(r.Body)
	if err := json.Unmarshal(body, &req); err != nil || r.URL.Path != wire.PathClaim {
		http.Error(w, "bad", http.StatusBadRequest)
		return
	}
	if req.Code != "GOOD-CODE" {
		w.WriteHeader(http.StatusNotFound)
		_ = json.NewEncoder(w).Encode(wire.Error{Code: "code", Message: "there is no such code"})
		return
	}
	block, _ := pem.Decode([]byte(req.CSR))
	csr, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		d.t.Error(err)
		return
	}
	der, _ := x509.MarshalPKIXPublicKey(csr.PublicKey)
	d.public = append(d.public, string(der))
	if d.fail > 0 {
		d.fail--
		panic(http.ErrAbortHandler)
	}
	resp := wire.ClaimResponse{Version: 1, BoxID: "box1", CA: d.pem, Company: "なにわ製作所",
		Certificate: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: d.sign(csr.PublicKey, "box1")}))}
	if d.spoil != nil {
		d.spoil(&resp)
	}
	_ = json.NewEncoder(w).Encode(resp)
}

func TestClaim(t *testing.T) {
	t.Parallel()
	d := &desk{authority: newAuthority(t)}
	url := d.serve("127.0.0.1", d)
	colons := "SHA256:" + strings.ToUpper(d.fingerprint()[:2]+":"+d.fingerprint()[2:])
	for i, fp := range []string{d.fingerprint(), colons} {
		c := Config{URL: url, Fingerprint: fp, Dir: filepath.Join(t.TempDir(), "id"), Model: "m", Software: "s"}
		if i == 0 {
			d.fail = 1
			if _, err := c.Claim(t.Context(), "GOOD-CODE"); err == nil || c.Claimed() {
				t.Error("the first answer was lost, but the box is claimed")
			}
		}
		resp, err := c.Claim(t.Context(), "GOOD-CODE")
		if err != nil || !c.Claimed() || resp.Company != "なにわ製作所" {
			t.Fatalf("%s: %+v %v", fp, resp, err)
		}
		if info, err := os.Stat(filepath.Join(c.Dir, keyFile)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("key file: %v %v", info.Mode(), err)
		}
		client, err := c.client()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Get(url); err != nil {
			t.Errorf("%s: the identity does not work: %v", fp, err)
		}
		client.CloseIdleConnections()
	}
	if len(d.public) != 3 || d.public[0] != d.public[1] {
		t.Error("a repeated claim must come with the same key")
	}
}

func TestClaimRefused(t *testing.T) {
	t.Parallel()
	d := &desk{authority: newAuthority(t)}
	other := newAuthority(t)
	url := d.serve("127.0.0.1", d)
	tests := []struct {
		name  string
		c     Config
		code  string
		spoil func(*wire.ClaimResponse)
		want  error
		text  string
	}{
		{name: "wrong code", code: "BAD", text: "there is no such code"},
		{name: "wrong fingerprint", c: Config{Fingerprint: other.fingerprint()}, want: ErrFingerprint},
		{name: "no fingerprint", c: Config{Fingerprint: " "}, want: ErrFingerprint},
		{name: "another host's certificate", c: Config{URL: d.serve("other.example", d)}, text: "certificate"},
		{name: "another centre's server", c: Config{URL: other.serve("127.0.0.1", d)}, want: ErrFingerprint},
		{name: "another CA in the answer", spoil: func(r *wire.ClaimResponse) { r.CA = other.pem }, want: ErrFingerprint},
		{name: "no CA in the answer", spoil: func(r *wire.ClaimResponse) { r.CA = "x" }, want: ErrFingerprint},
		{name: "another key's certificate", spoil: func(r *wire.ClaimResponse) { r.Certificate = other.pem }, want: ErrAnswer},
		{name: "no certificate", spoil: func(r *wire.ClaimResponse) { r.Certificate = "" }, want: ErrAnswer},
		{name: "nobody there", c: Config{URL: "https://127.0.0.1:1"}, text: "connect"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := tt.c
			c.Dir = t.TempDir()
			if c.URL == "" {
				c.URL = url
			}
			if c.Fingerprint == "" {
				c.Fingerprint = d.fingerprint()
			}
			if tt.code == "" {
				tt.code = "GOOD-CODE"
			}
			d.spoil = tt.spoil
			_, err := c.Claim(context.Background(), tt.code)
			if err == nil || tt.want != nil && !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("got %v", err)
			}
			var refused *wire.Error
			if tt.name == "wrong code" && (!errors.As(err, &refused) || refused.Code != "code") {
				t.Errorf("the refusal is lost: %v", err)
			}
			if c.Claimed() {
				t.Error("claimed in spite of it")
			}
		})
	}
}

func TestIdentityDamaged(t *testing.T) {
	t.Parallel()
	c := Config{Dir: t.TempDir()}
	if _, err := New(c, Parts{}); !errors.Is(err, ErrNotClaimed) {
		t.Errorf("not claimed: %v", err)
	}
	for name, text := range map[string]string{"empty": "", "garbage": "x", "not a key": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"} {
		if err := os.WriteFile(filepath.Join(c.Dir, keyFile), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Claim(t.Context(), "GOOD-CODE"); err == nil || !strings.Contains(err.Error(), "box.key") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCheckFingerprint(t *testing.T) {
	t.Parallel()
	good := strings.Repeat("ab", 32)
	for _, s := range []string{good, strings.ToUpper(good), "sha256:" + good, "SHA256:" + good, "AB:" + good[2:], good[:10] + " " + good[10:]} {
		if err := CheckFingerprint(s); err != nil {
			t.Errorf("%s: %v", s, err)
		}
	}
	for _, s := range []string{"", "x", good[1:], good + "00", strings.Repeat("z", 64)} {
		if CheckFingerprint(s) == nil {
			t.Errorf("%q is taken", s)
		}
	}
}
