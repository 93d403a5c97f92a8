package repo

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/sigstore/sigstore/pkg/signature"
	"github.com/theupdateframework/go-tuf/v2/metadata"

	"otasuke/internal/atomicfile"
)

// ErrKey: a file is not a key of ours, or there are too few.
var ErrKey = errors.New("repo: key")

// blockKey is the PEM type of a key's file.
const blockKey = "PRIVATE KEY"

// key is a key that can sign.
type key struct {
	id      string
	public  *metadata.Key
	private ed25519.PrivateKey
}

func wrapKey(private ed25519.PrivateKey) (*key, error) {
	public, err := metadata.KeyFromPublicKey(private.Public())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	id, err := public.ID()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	return &key{id, public, private}, nil
}

// makeKey makes a key and writes it to path, which must not exist.
func makeKey(path string) (*key, error) {
	if _, err := os.Stat(path); err == nil {
		return nil, fmt.Errorf("%w: %s is there already", ErrKey, path)
	}
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	if err := atomicfile.Write(path, pem.EncodeToMemory(&pem.Block{Type: blockKey, Bytes: der}), 0o600); err != nil {
		return nil, err
	}
	return wrapKey(private)
}

func readKey(path string) (*key, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != blockKey {
		return nil, fmt.Errorf("%w: %s is no PEM file of a private key", ErrKey, path)
	}
	any, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrKey, path, err)
	}
	private, ok := any.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%w: %s is not ed25519", ErrKey, path)
	}
	return wrapKey(private)
}

// readKeys reads all keys of a folder whose files match pattern, in the order of names.
func readKeys(dir, pattern string) (all []*key, err error) {
	names, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	slices.Sort(names)
	for _, name := range names {
		k, err := readKey(name)
		if err != nil {
			return nil, err
		}
		all = append(all, k)
	}
	return all, nil
}

// sign signs anew by each of keys.
func sign[T metadata.Roles](m *metadata.Metadata[T], keys ...*key) error {
	m.ClearSignatures()
	done := map[string]bool{}
	for _, k := range keys {
		if done[k.id] {
			continue
		}
		done[k.id] = true
		signer, err := signature.LoadED25519Signer(k.private)
		if err == nil {
			_, err = m.Sign(signer)
		}
		if err != nil {
			return fmt.Errorf("%w: %w", ErrKey, err)
		}
	}
	return nil
}

// among are the keys that ids name.
func among(keys []*key, ids []string) (out []*key) {
	for _, k := range keys {
		if slices.Contains(ids, k.id) {
			out = append(out, k)
		}
	}
	return out
}
