package uplink

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"otasuke/internal/atomicfile"
)

// worthIt is by how much longer a certificate must live to be taken: the centre goes on giving it as long as a connection of
// before is open.
const worthIt = 24 * time.Hour

// client is how the centre is spoken to now.
func (u *Uplink) client() *http.Client {
	if c := u.newer.Load(); c != nil {
		return c
	}
	return u.http
}

// renew takes a certificate in place of the one that ends sooner. Whatever comes of it, that one goes on.
func (u *Uplink) renew(text string) {
	c, err := u.cfg.renew(text)
	switch {
	case err != nil:
		u.parts.Log.Error("the box's next certificate cannot be kept, trying again", "err", err)
	case c != nil:
		u.parts.Log.Info("the box has another certificate")
		before := u.client()
		u.newer.Store(c)
		before.CloseIdleConnections()
	}
}

// renew keeps a certificate that is for the box's key and name and lives longer; the client is nil for one that does not.
func (c Config) renew(text string) (*http.Client, error) {
	keyText, err := os.ReadFile(filepath.Join(c.Dir, keyFile))
	if err != nil {
		return nil, fmt.Errorf("uplink: %w", err)
	}
	caText, err := os.ReadFile(filepath.Join(c.Dir, caFile))
	if err != nil {
		return nil, fmt.Errorf("uplink: %w", err)
	}
	have, err := tls.LoadX509KeyPair(filepath.Join(c.Dir, certFile), filepath.Join(c.Dir, keyFile))
	if err != nil {
		return nil, fmt.Errorf("uplink: %w", err)
	}
	next, err := tls.X509KeyPair([]byte(text), keyText)
	if err != nil {
		return nil, fmt.Errorf("%w: certificate: %w", ErrAnswer, err)
	}
	if next.Leaf.NotAfter.Sub(have.Leaf.NotAfter) < worthIt {
		return nil, nil
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(caText)
	_, err = next.Leaf.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	if next.Leaf.Subject.String() != have.Leaf.Subject.String() {
		err = errors.Join(err, errors.New("it is another box's"))
	}
	if err != nil {
		return nil, fmt.Errorf("%w: certificate: %w", ErrAnswer, err)
	}
	if err := atomicfile.Write(filepath.Join(c.Dir, certFile), []byte(text), 0o644); err != nil {
		return nil, fmt.Errorf("uplink: %w", err)
	}
	return c.client()
}
