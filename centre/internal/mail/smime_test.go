package mail

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"mime"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"
)

// authority signs certificates of addresses, by way of one below it.
type authority struct {
	*testing.T
	root, below       *x509.Certificate
	rootKey, belowKey crypto.Signer
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{T: t}
	a.rootKey, a.belowKey = ecKey(t), ecKey(t)
	ca := func(name string) *x509.Certificate {
		return &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(5, 0, 0),
			IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	}
	root := ca("Root")
	a.root = a.made(root, root, a.rootKey, a.rootKey)
	a.below = a.made(ca("Below"), a.root, a.belowKey, a.rootKey)
	return a
}

func ecKey(t *testing.T) crypto.Signer {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func (a *authority) made(c, parent *x509.Certificate, key, by crypto.Signer) *x509.Certificate {
	a.Helper()
	der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), by)
	if err != nil {
		a.Fatal(err)
	}
	got, err := x509.ParseCertificate(der)
	if err != nil {
		a.Fatal(err)
	}
	return got
}

// issue makes the PEM files of an address; change may spoil the certificate.
func (a *authority) issue(key crypto.Signer, change func(*x509.Certificate)) (certificates, keys []byte) {
	a.Helper()
	c := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "お助けセンター"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
		EmailAddresses: []string{"alert@alert.example.jp"}, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection}}
	if change != nil {
		change(c)
	}
	made := a.made(c, a.below, key, a.belowKey)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.Fatal(err)
	}
	return append(block("CERTIFICATE", made.Raw), block("CERTIFICATE", a.below.Raw)...), block("PRIVATE KEY", der)
}

func block(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// openssl verifies as mail programs do, and gives what was signed.
func (a *authority) openssl(raw []byte) (string, error) {
	a.Helper()
	dir := a.TempDir()
	for name, b := range map[string][]byte{"mail": raw, "root": block("CERTIFICATE", a.root.Raw)} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			a.Fatal(err)
		}
	}
	out, err := exec.CommandContext(a.Context(), "openssl", "cms", "-verify", "-in", filepath.Join(dir, "mail"), "-CAfile", filepath.Join(dir, "root"), "-purpose", "smimesign", "-out", filepath.Join(dir, "text")).CombinedOutput()
	if err != nil {
		return string(out), err
	}
	text, err := os.ReadFile(filepath.Join(dir, "text"))
	return string(text), err
}

func needOpenSSL(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed: it verifies signatures in this test (apt install openssl)")
	}
}

// Signatures hold for a verifier that is not ours, for whole and long mails, and DKIM holds over the result.
func TestSMIMEVerifies(t *testing.T) {
	t.Parallel()
	needOpenSSL(t)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(rsaKey.Public())
	if err != nil {
		t.Fatal(err)
	}
	plain, threaded, leave := message(), message(), message()
	plain.HTML = ""
	threaded.References = []string{"a.1@alert.example.jp", "a.2@alert.example.jp", "a.3@alert.example.jp"}
	leave.Unsubscribe = "https://portal.example.jp/n/leave/abc"
	for name, key := range map[string]crypto.Signer{"rsa": rsaKey, "ecdsa": ecKey(t)} {
		for kind, m := range map[string]Message{"text": plain, "text and HTML, in a thread": threaded, "with a way out": leave} {
			t.Run(name+" "+kind, func(t *testing.T) {
				t.Parallel()
				a, box := newAuthority(t), &sink{}
				certificates, pemKey := a.issue(key, nil)
				signer, err := ParseSMIME(certificates, pemKey)
				if err != nil {
					t.Fatal(err)
				}
				s := sender(t, box.start(t, nil), func(c *Config) {
					c.SMIME, c.DKIM = signer, &DKIM{"alert.example.jp", "s2026", rsaKey}
				})
				if err := s.Send(t.Context(), m); err != nil {
					t.Fatal(err)
				}
				raw := box.all()[0].raw
				read, err := mail.ReadMessage(bytes.NewReader(raw))
				if err != nil {
					t.Fatal(err)
				}
				typ, params, err := mime.ParseMediaType(read.Header.Get("Content-Type"))
				if err != nil || typ != "multipart/signed" || params["protocol"] != "application/pkcs7-signature" || params["micalg"] != "sha-256" {
					t.Errorf("Content-Type %q %v %v", typ, params, err)
				}
				if text, err := a.openssl(raw); err != nil || !strings.Contains(text, "Content-Transfer-Encoding: base64") {
					t.Errorf("openssl: %v\n%.500s", err, text)
				}
				body, err := io.ReadAll(read.Body)
				if err != nil {
					t.Fatal(err)
				}
				i := bytes.Index(body, []byte("base64\r\n\r\n")) + len("base64\r\n\r\n") + 5
				changed := bytes.Clone(raw)
				changed[len(raw)-len(body)+i] ^= 1
				if text, err := a.openssl(changed); err == nil {
					t.Errorf("a changed letter still verifies: %.200s", text)
				}
				lookup := func(string) ([]string, error) {
					return []string{"v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(public)}, nil
				}
				v, err := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{LookupTXT: lookup})
				if err != nil || len(v) != 1 || v[0].Err != nil {
					t.Errorf("DKIM: %v %+v", err, v)
				}
				if name == "rsa" && kind == "text and HTML, in a thread" {
					if id := read.Header.Get("Message-ID"); id != "<"+m.ID+">" || read.Header.Get("References") == "" {
						t.Errorf("headers are lost: %v", read.Header)
					}
				}
			})
		}
	}
}

// With a certificate that has ended mails go out, without it.
func TestSMIMEEnds(t *testing.T) {
	t.Parallel()
	a, box := newAuthority(t), &sink{}
	for name, change := range map[string]func(*x509.Certificate){
		"ended":   func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) },
		"not yet": func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Hour) },
	} {
		certificates, key := a.issue(ecKey(t), change)
		signer, err := ParseSMIME(certificates, key)
		if err != nil {
			t.Fatal(err)
		}
		if err := sender(t, box.start(t, nil), func(c *Config) { c.SMIME = signer }).Send(t.Context(), message()); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	for _, got := range box.all() {
		if bytes.Contains(got.raw, []byte("multipart/signed")) || !bytes.Contains(got.raw, []byte("multipart/alternative")) {
			t.Errorf("%.600s", got.raw)
		}
	}
}

// What mail programs would warn of is refused at the start, with a reason.
func TestSMIMEFilesAreChecked(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good, key := a.issue(ecKey(t), nil)
	_, otherKey := a.issue(ecKey(t), nil)
	refused := func(name string, certificates, key []byte, words string) {
		t.Helper()
		if s, err := ParseSMIME(certificates, key); !errors.Is(err, errConfig) || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %v, %v", name, s, err)
		}
	}
	refused("nothing", nil, nil, "failed to find")
	refused("another's key", good, otherKey, "does not match")
	refused("authority first", append(block("CERTIFICATE", a.below.Raw), good...), key, "does not match")
	f := func(name string, key crypto.Signer, change func(*x509.Certificate), words string) {
		t.Helper()
		c, k := a.issue(key, change)
		refused(name, c, k, words)
	}
	f("a short key", short, nil, "too short")
	f("an unknown kind", ed, nil, "RSA and ECDSA")
	f("a web server's", ecKey(t), func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }, "not for mail")
	f("for encryption", ecKey(t), func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyAgreement }, "not for signatures")
	f("an authority", ecKey(t), func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = true, true }, "authority's")

	other, otherKey := a.issue(ecKey(t), func(c *x509.Certificate) { c.EmailAddresses = []string{"desk@example.jp"} })
	signer, err := ParseSMIME(other, otherKey)
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{Addr: "127.0.0.1:25", TLS: TLSNone, From: Address{Email: "alert@alert.example.jp"}, SMIME: signer}
	if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), `is for ["desk@example.jp"], and mails come from "alert@alert.example.jp"`) {
		t.Errorf("another address: %v", err)
	}
	older, olderKey := a.issue(ecKey(t), func(c *x509.Certificate) {
		c.EmailAddresses, c.Subject.ExtraNames = nil, []pkix.AttributeTypeAndValue{{Type: emailAddress, Value: "Alert@alert.example.jp"}}
	})
	if cfg.SMIME, err = ParseSMIME(older, olderKey); err != nil {
		t.Fatal(err)
	}
	if _, err := New(cfg); err != nil {
		t.Errorf("the address as older certificates have it: %v", err)
	}
}

// FuzzSMIMEFiles: files of whatever are read or refused.
func FuzzSMIMEFiles(f *testing.F) {
	f.Add([]byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), []byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"))
	f.Fuzz(func(t *testing.T, certificates, key []byte) {
		if s, err := ParseSMIME(certificates, key); err == nil && (s.Certificate == nil || s.Key == nil) || err != nil && !errors.Is(err, errConfig) {
			t.Errorf("%+v %v", s, err)
		}
	})
}
