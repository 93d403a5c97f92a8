package advisory

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"otasuke/internal/atomicfile"
)

// NewKey writes a new Ed25519 key to a file (PKCS #8, PEM), never over another one, and returns its public half in base64.
func NewKey(path string) (string, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return "", fmt.Errorf("advisory: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return "", fmt.Errorf("advisory: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", fmt.Errorf("advisory: %w", err)
	}
	if err := errors.Join(pem.Encode(f, &pem.Block{Type: "PRIVATE KEY", Bytes: der}), f.Sync(), f.Close()); err != nil {
		return "", fmt.Errorf("advisory: %w", err)
	}
	return base64.StdEncoding.EncodeToString(public), nil
}

// readKey reads what NewKey wrote.
func readKey(path string) (ed25519.PrivateKey, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("advisory: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("advisory: %s is no key", path)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	key, fits := parsed.(ed25519.PrivateKey)
	if err != nil || !fits {
		return nil, fmt.Errorf("advisory: %s is no Ed25519 key", path)
	}
	return key, nil
}

// SignFolder makes a bundle of a folder's *.toml, in the order of their names, good for so many days, and writes it, signed, to out.
func SignFolder(folder, keyFile, out string, serial int64, now time.Time, days int) (b Bundle, err error) {
	key, err := readKey(keyFile)
	if err != nil {
		return b, err
	}
	names, err := filepath.Glob(filepath.Join(folder, "*.toml"))
	if err != nil {
		return b, fmt.Errorf("advisory: %w", err)
	}
	slices.Sort(names)
	b = Bundle{Serial: serial, Made: now.Format(time.DateOnly), Until: now.AddDate(0, 0, days).Format(time.DateOnly)}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return b, fmt.Errorf("advisory: %w", err)
		}
		r, err := Read(text)
		if err != nil {
			return b, fmt.Errorf("advisory: %s: %w", name, err)
		}
		b.Rules = append(b.Rules, r)
	}
	data, err := b.Sign(key)
	if err != nil {
		return b, err
	}
	return b, atomicfile.Write(out, data, 0o644)
}
