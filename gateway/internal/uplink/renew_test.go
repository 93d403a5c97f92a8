package uplink

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"otasuke/wire"
)

// A box whose certificate ends some day goes by the one that the centre gives it before, also after a start; none that is
// not its own is taken.
func TestRenewedCertificate(t *testing.T) {
	t.Parallel()
	d := &desk{authority: newAuthority(t)}
	var cameWith *x509.Certificate
	var give []byte // of the next answer
	cfg := Config{Fingerprint: d.fingerprint(), Dir: t.TempDir()}
	cfg.URL = d.serve("127.0.0.1", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == wire.PathClaim {
			d.ServeHTTP(w, r)
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		cameWith = r.TLS.PeerCertificates[0]
		resp := wire.HeartbeatResponse{Version: wire.Version}
		if give != nil {
			resp.Certificate = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: give}))
		}
		_ = json.NewEncoder(w).Encode(resp)
	}))
	if _, err := cfg.Claim(t.Context(), "GOOD-CODE"); err != nil {
		t.Fatal(err)
	}
	start := func() *Uplink {
		t.Helper()
		u, err := New(cfg, Parts{Log: slog.New(slog.DiscardHandler), Health: func() wire.Health { return wire.Health{} }})
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	u := start()
	beat := func() {
		t.Helper()
		if _, err := u.beat(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	beat()
	old := cameWith
	longer := func(a *authority, change func(*x509.Certificate), key any) []byte {
		t.Helper()
		c := *old
		c.NotAfter = c.NotAfter.Add(365 * 24 * time.Hour)
		change(&c)
		der, err := x509.CreateCertificate(rand.Reader, &c, a.cert, key, a.key)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	same := func(*x509.Certificate) {}
	for what, bad := range map[string][]byte{
		"rubbish":               []byte("rubbish"),
		"of another authority":  longer(newAuthority(t), same, old.PublicKey),
		"for another key":       longer(d.authority, same, d.key.Public()),
		"for another box":       longer(d.authority, func(c *x509.Certificate) { c.Subject.CommonName, c.RawSubject = "other", nil }, old.PublicKey),
		"that ends as this one": longer(d.authority, func(c *x509.Certificate) { c.NotAfter = old.NotAfter }, old.PublicKey),
	} {
		give = bad
		beat()
		u, give = start(), nil
		if beat(); !cameWith.Equal(old) {
			t.Errorf("a certificate %s is taken", what)
		}
	}
	give = longer(d.authority, same, old.PublicKey)
	beat()
	for _, again := range []bool{false, true} {
		if again {
			u = start()
		}
		if beat(); cameWith.Equal(old) || !cameWith.NotAfter.After(old.NotAfter) {
			t.Errorf("after a start %v: it goes on with the one of before", again)
		}
	}
}
