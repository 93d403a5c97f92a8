package enrol

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"strings"
	"sync"
	"time"
)

// ErrRequest: a certificate request that cannot be signed.
var ErrRequest = errors.New("enrol: bad certificate request")

// Request is a checked certificate request.
type Request struct {
	key     any
	KeyHash string // SHA-256 of the public key, hexadecimal
}

// ParseRequest checks a PEM certificate request (PKCS #10, RFC 2986): it is signed
// with the key that it names, which is on P-256 or is Ed25519. Subject and
// extensions are ignored.
func ParseRequest(text string) (*Request, error) {
	block, rest := pem.Decode([]byte(text))
	if block == nil || block.Type != "CERTIFICATE REQUEST" || len(strings.TrimSpace(string(rest))) > 0 {
		return nil, fmt.Errorf("%w: want one PEM block CERTIFICATE REQUEST", ErrRequest)
	}
	csr, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRequest, err)
	}
	// The kind of key comes first: checking a signature by a huge RSA key takes long,
	// and anybody can ask for it.
	switch key := csr.PublicKey.(type) {
	case *ecdsa.PublicKey:
		if key.Curve != elliptic.P256() {
			return nil, fmt.Errorf("%w: the key is on %s, want P-256", ErrRequest, key.Curve.Params().Name)
		}
	case ed25519.PublicKey:
	default:
		return nil, fmt.Errorf("%w: the key is %T, want P-256 or Ed25519", ErrRequest, key)
	}
	if err := csr.CheckSignature(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRequest, err)
	}
	sum := sha256.Sum256(csr.RawSubjectPublicKeyInfo)
	return &Request{key: csr.PublicKey, KeyHash: hex.EncodeToString(sum[:])}, nil
}

// SignBox gives a box its certificate in PEM and says its serial number as in
// [Identity].
func (ca *CA) SignBox(r *Request, tenantID, boxID string) (certificate, serial string, err error) {
	number, err := newSerial()
	if err != nil {
		return "", "", err
	}
	certificate, err = ca.signBox(r.key, tenantID, boxID, number)
	return certificate, number.Text(16), err
}

// Renew gives the box of a connection another certificate in PEM when half the life of the one that it came with is over,
// "" before. It is for the same key and has the same number, by which the centre knows the box: whether it arrives, never or
// twice, the box is known by both. RFC 5280 section 4.1.2.2 wants a number of its own for each, for lists of those that are
// taken back; a box that is taken back is in the database.
func (ca *CA) Renew(state *tls.ConnectionState) (certificate string, err error) {
	tenantID, boxID, _, ok := ca.Identity(state)
	if !ok {
		return "", nil
	}
	leaf := state.VerifiedChains[0][0]
	if leaf.NotAfter.Sub(ca.clock.Now()) > boxLife/2 {
		return "", nil
	}
	return ca.signBox(leaf.PublicKey, tenantID, boxID, leaf.SerialNumber)
}

func (ca *CA) signBox(key any, tenantID, boxID string, number *big.Int) (certificate string, err error) {
	now := ca.clock.Now()
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: number,
		Subject:      pkix.Name{CommonName: boxID, Organization: []string{tenantID}},
		NotBefore:    now.Add(-backdate), NotAfter: now.Add(boxLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
	}, ca.cert, key, ca.key)
	if err != nil {
		return "", fmt.Errorf("enrol: %w", err)
	}
	return string(encode("CERTIFICATE", der)), nil
}

// Identity is what the certificate of a TLS client says. ok is false unless the
// client's certificate was verified to be of this authority's boxes, and is still
// valid: a connection may be kept open for longer than that.
func (ca *CA) Identity(state *tls.ConnectionState) (tenantID, boxID, serial string, ok bool) {
	if state == nil || len(state.VerifiedChains) == 0 || len(state.VerifiedChains[0]) < 2 {
		return "", "", "", false
	}
	chain := state.VerifiedChains[0]
	leaf, root := chain[0], chain[len(chain)-1]
	if !root.Equal(ca.cert) || len(leaf.Subject.Organization) != 1 || leaf.Subject.CommonName == "" || leaf.Subject.Organization[0] == "" {
		return "", "", "", false
	}
	if ca.clock.Now().After(leaf.NotAfter) {
		return "", "", "", false
	}
	return leaf.Subject.Organization[0], leaf.Subject.CommonName, leaf.SerialNumber.Text(16), true
}

// ServerTLS is the configuration of the box listener: TLS 1.3 only, a server
// certificate for names (host names or addresses) that renews itself, and client
// certificates of this authority verified where they are given. Which paths need
// one is for the handler to say.
func (ca *CA) ServerTLS(names []string) (*tls.Config, error) {
	if len(names) == 0 {
		return nil, errors.New("enrol: the box listener needs a name")
	}
	server := &serverCert{ca: ca, names: names}
	if _, err := server.get(nil); err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion:     tls.VersionTLS13,
		GetCertificate: server.get,
		ClientAuth:     tls.VerifyClientCertIfGiven,
		ClientCAs:      ca.Pool(),
		NextProtos:     []string{"h2", "http/1.1"},
		Time:           ca.clock.Now,
	}, nil
}

// serverCert makes the listener's certificate when it is needed.
type serverCert struct {
	ca    *CA
	names []string
	mu    sync.Mutex
	now   *tls.Certificate
}

func (s *serverCert) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.ca.clock.Now()
	if s.now != nil && now.Before(s.now.Leaf.NotAfter.Add(-renewAhead)) {
		return s.now, nil
	}
	cert, err := s.ca.signServer(now, s.names)
	if err == nil {
		s.now = cert
	}
	return cert, err
}

func (ca *CA) signServer(now time.Time, names []string) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("enrol: %w", err)
	}
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: names[0]},
		NotBefore: now.Add(-backdate), NotAfter: now.Add(serverLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca.cert, key.Public(), ca.key)
	if err != nil {
		return nil, fmt.Errorf("enrol: %w", err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("enrol: %w", err)
	}
	// The authority goes along, so that a box at its first claim can show or pin it.
	return &tls.Certificate{Certificate: [][]byte{der, ca.cert.Raw}, PrivateKey: key, Leaf: leaf}, nil
}
