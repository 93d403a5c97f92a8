package enrol

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"time"

	"otasuke/internal/atomicfile"
	"otasuke/internal/clock"
)

// Files in Config.Dir.
const (
	keyFile  = "ca.key"
	certFile = "ca.crt"
)

// Lives of certificates.
const (
	caLife     = 20 * 365 * 24 * time.Hour // longer than any box
	boxLife    = 2 * 365 * 24 * time.Hour  // renewed when half of it is over: a box may lie on a shelf for a year
	serverLife = 90 * 24 * time.Hour
	renewAhead = 30 * 24 * time.Hour // a server certificate is replaced when less is left
	// backdate allows for boxes whose clock is behind at first boot.
	backdate = 24 * time.Hour
)

// ErrKey: the authority's files are damaged or do not belong together. They are
// never replaced by themselves: every box would be locked out.
var ErrKey = errors.New("enrol: cannot use the authority's files")

// Config says where the authority lives.
type Config struct {
	// Dir holds the key and certificate; it is made when missing.
	Dir string
	// Clock tells the time. Default: the machine's.
	Clock clock.Clock
}

// CA is the authority. It is safe for concurrent use.
type CA struct {
	clock clock.Clock
	key   crypto.Signer
	cert  *x509.Certificate
}

// Open reads the authority's files, or makes them when there are none. One
// without the other is [ErrKey]: restore it from the backup.
func Open(cfg Config) (*CA, error) {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("enrol: %w", err)
	}
	ca := &CA{clock: cfg.Clock}
	keyPath, certPath := filepath.Join(cfg.Dir, keyFile), filepath.Join(cfg.Dir, certFile)
	_, noKey := os.Stat(keyPath)
	_, noCert := os.Stat(certPath)
	if errors.Is(noKey, fs.ErrNotExist) && errors.Is(noCert, fs.ErrNotExist) {
		if err := create(cfg.Clock.Now(), keyPath, certPath); err != nil {
			return nil, err
		}
	}
	var err error
	if ca.key, err = readKey(keyPath); err != nil {
		return nil, err
	}
	if ca.cert, err = readCert(certPath); err != nil {
		return nil, err
	}
	if pub, ok := ca.key.Public().(*ecdsa.PublicKey); !ok || !pub.Equal(ca.cert.PublicKey) || !ca.cert.IsCA {
		return nil, fmt.Errorf("%w: %s and %s do not belong together", ErrKey, keyFile, certFile)
	}
	return ca, nil
}

func create(now time.Time, keyPath, certPath string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("enrol: %w", err)
	}
	serial, err := newSerial()
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "Otasuke box authority"},
		NotBefore: now.Add(-backdate), NotAfter: now.Add(caLife),
		KeyUsage: x509.KeyUsageCertSign, BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return fmt.Errorf("enrol: %w", err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("enrol: %w", err)
	}
	if err := atomicfile.Write(certPath, encode("CERTIFICATE", der), 0o644); err != nil {
		return fmt.Errorf("enrol: %w", err)
	}
	if err := atomicfile.Write(keyPath, encode("PRIVATE KEY", secret), 0o600); err != nil {
		return fmt.Errorf("enrol: %w", err)
	}
	return nil
}

func readKey(path string) (crypto.Signer, error) {
	der, err := readPEM(path, "PRIVATE KEY")
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrKey, keyFile, err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("%w: %s cannot sign", ErrKey, keyFile)
	}
	return signer, nil
}

func readCert(path string) (*x509.Certificate, error) {
	der, err := readPEM(path, "CERTIFICATE")
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrKey, certFile, err)
	}
	return cert, nil
}

func readPEM(path, kind string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != kind {
		return nil, fmt.Errorf("%w: %s has no %s", ErrKey, filepath.Base(path), kind)
	}
	return block.Bytes, nil
}

func encode(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// newSerial is 127 random bits: unique without a register (RFC 5280 4.1.2.2).
func newSerial() (*big.Int, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, fmt.Errorf("enrol: random: %w", err)
	}
	return serial.Add(serial, big.NewInt(1)), nil
}

// Certificate is the authority's own, in PEM, for boxes to trust.
func (ca *CA) Certificate() string { return string(encode("CERTIFICATE", ca.cert.Raw)) }

// Fingerprint is the SHA-256 of the authority's certificate in hexadecimal.
func (ca *CA) Fingerprint() string {
	sum := sha256.Sum256(ca.cert.Raw)
	return hex.EncodeToString(sum[:])
}

// Pool trusts this authority and no other.
func (ca *CA) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(ca.cert)
	return pool
}
