package uplink

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"otasuke/internal/atomicfile"
	"otasuke/wire"
)

// Errors.
var (
	ErrNotClaimed  = errors.New("uplink: this box has no identity yet: claim it with a code from the centre")
	ErrFingerprint = errors.New("uplink: the centre is not the one that the configuration names (centre_fingerprint)")
	ErrAnswer      = errors.New("uplink: the centre's answer is not understood")
)

// Config of the uplink.
type Config struct {
	// URL of the centre's box listener, "https://centre.example:8443".
	URL string
	// Fingerprint is the SHA-256 of the centre's CA certificate, hex.
	Fingerprint string
	// Dir keeps key and certificates.
	Dir string
	// Model and Software are told to the operator.
	Model, Software string
}

const (
	keyFile  = "box.key"
	certFile = "box.crt"
	caFile   = "centre-ca.crt"
	// callTimeout of one request: a batch is under a MiB, lines are slow.
	callTimeout = 30 * time.Second
)

// Claimed tells whether the box has an identity.
func (c Config) Claimed() bool {
	_, err := os.Stat(filepath.Join(c.Dir, certFile))
	return err == nil
}

// Claim makes the box's key, if there is none, and exchanges a claim code for a
// certificate. A *wire.Error tells what the centre did not like.
func (c Config) Claim(ctx context.Context, code string) (wire.ClaimResponse, error) {
	var resp wire.ClaimResponse
	_, csr, err := c.request()
	if err != nil {
		return resp, err
	}
	body, err := json.Marshal(wire.ClaimRequest{Version: wire.Version, Code: code, Model: c.Model, Software: c.Software, CSR: csr})
	if err != nil {
		return resp, fmt.Errorf("uplink: %w", err)
	}
	client := c.stranger()
	defer client.CloseIdleConnections()
	if err := call(ctx, client, c.URL+wire.PathClaim, "application/json", body, &resp); err != nil {
		return resp, err
	}
	return resp, c.keep(resp)
}

// check makes sure that an identity works before it is kept for good.
func (c Config) check(resp wire.ClaimResponse) error {
	if fingerprint([]byte(resp.CA)) != normal(c.Fingerprint) {
		return ErrFingerprint
	}
	key, err := os.ReadFile(filepath.Join(c.Dir, keyFile))
	if err != nil {
		return fmt.Errorf("uplink: %w", err)
	}
	if _, err := tls.X509KeyPair([]byte(resp.Certificate), key); err != nil {
		return fmt.Errorf("%w: certificate: %w", ErrAnswer, err)
	}
	return nil
}

// CheckFingerprint says whether text can be a fingerprint as the centre shows it.
func CheckFingerprint(text string) error {
	if b, err := hex.DecodeString(normal(text)); err != nil || len(b) != sha256.Size {
		return fmt.Errorf("uplink: %q is no fingerprint: one has 64 hexadecimal digits", text)
	}
	return nil
}

// key reads the box's key or makes it.
func (c Config) key() (*ecdsa.PrivateKey, error) {
	path := filepath.Join(c.Dir, keyFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, fmt.Errorf("uplink: %w", err)
		}
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			return nil, fmt.Errorf("uplink: %w", err)
		}
		text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
		return key, atomicfile.Write(path, text, 0o600)
	}
	if err != nil {
		return nil, fmt.Errorf("uplink: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("uplink: %s is not a key; move it away and claim the box again", path)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("uplink: %s: %w", path, err)
	}
	ec, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("uplink: %s: not an ECDSA key", path)
	}
	return ec, nil
}

func normal(fp string) string {
	return strings.NewReplacer("sha256", "", ":", "", " ", "").Replace(strings.ToLower(fp))
}

// fingerprint of a PEM certificate.
func fingerprint(text []byte) string {
	block, _ := pem.Decode(text)
	if block == nil {
		return ""
	}
	sum := sha256.Sum256(block.Bytes)
	return hex.EncodeToString(sum[:])
}

// pinned accepts a server for the URL's host whose chain ends in the CA with the
// known fingerprint.
func (c Config) pinned() *tls.Config {
	want, host := normal(c.Fingerprint), ""
	if u, err := url.Parse(c.URL); err == nil {
		host = u.Hostname() // the connection's own ServerName is empty for addresses
	}
	return &tls.Config{
		MinVersion:         tls.VersionTLS13,
		InsecureSkipVerify: true, // replaced by the check below, which is stricter
		VerifyConnection: func(s tls.ConnectionState) error {
			if host == "" {
				return ErrFingerprint
			}
			for _, cert := range s.PeerCertificates[1:] {
				sum := sha256.Sum256(cert.Raw)
				if hex.EncodeToString(sum[:]) != want {
					continue
				}
				roots := x509.NewCertPool()
				roots.AddCert(cert)
				_, err := s.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: roots, DNSName: host})
				return err
			}
			return ErrFingerprint
		},
	}
}

// client speaks with the box's certificate.
func (c Config) client() (*http.Client, error) {
	cert, err := tls.LoadX509KeyPair(filepath.Join(c.Dir, certFile), filepath.Join(c.Dir, keyFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotClaimed
	}
	if err != nil {
		return nil, fmt.Errorf("uplink: %w", err)
	}
	ca, err := os.ReadFile(filepath.Join(c.Dir, caFile))
	if err != nil {
		return nil, fmt.Errorf("uplink: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		return nil, fmt.Errorf("uplink: %s holds no certificate", caFile)
	}
	return &http.Client{Timeout: callTimeout, Transport: &http.Transport{
		TLSClientConfig:   &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: roots, Certificates: []tls.Certificate{cert}},
		ForceAttemptHTTP2: true, IdleConnTimeout: 90 * time.Second,
	}}, nil
}

// refusal is an answer of the centre that is not 2xx. It unwraps to a *wire.Error.
type refusal struct {
	status int
	err    error
}

func (r *refusal) Error() string { return r.err.Error() }
func (r *refusal) Unwrap() error { return r.err }

// body tells that the centre will never take this message as it is.
func (r *refusal) body() bool {
	return r.status == http.StatusBadRequest || r.status == http.StatusRequestEntityTooLarge
}

// call posts a body and reads the JSON answer.
func call(ctx context.Context, client *http.Client, target, kind string, body []byte, answer any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("uplink: %w", err)
	}
	req.Header.Set("Content-Type", kind)
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("uplink: %w", err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, wire.MaxControlBytes))
	if err != nil {
		return fmt.Errorf("uplink: %w", err)
	}
	if resp.StatusCode/100 != 2 {
		e := new(wire.Error)
		if json.Unmarshal(text, e) == nil && e.Code != "" {
			return &refusal{resp.StatusCode, e}
		}
		return &refusal{resp.StatusCode, fmt.Errorf("uplink: centre answered %s", resp.Status)}
	}
	var v struct {
		Version int `json:"version"`
	}
	if err := errors.Join(json.Unmarshal(text, &v), json.Unmarshal(text, answer)); err != nil {
		return fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	if v.Version == 0 {
		return fmt.Errorf("%w: no version", ErrAnswer)
	}
	return nil
}
