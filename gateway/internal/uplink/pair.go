package uplink

import (
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"otasuke/internal/atomicfile"
	"otasuke/wire"
)

const (
	// pairFile keeps the code that is shown: after a power cut the box goes on with it.
	pairFile = "pairing.json"
	// companyFile says whose box it is, for the page.
	companyFile = "company.json"
	// pairRetry and pairRetryMax are the pauses after a failure: somebody may stand before the
	// page and put the cable in right now.
	pairRetry    = 2 * time.Second
	pairRetryMax = 30 * time.Second
)

// Pairing is how far the box is on its way to a company, for people to see.
type Pairing struct {
	Code    string    `json:"code"`    // to be entered at the centre; "" for none yet
	Number  string    `json:"-"`       // of the box's key, to compare
	Site    string    `json:"site"`    // where the code is entered
	Phone   string    `json:"phone"`   // whom to call; "" when nobody said
	Expires time.Time `json:"expires"` // of the code
	Trouble error     `json:"-"`       // why the centre is not reached; nil when it is
}

// pairing is what of it is kept.
type pairing struct {
	Pairing
	Token string        `json:"token"`
	Every time.Duration `json:"every"`
}

// pairer gets one box to its company.
type pairer struct {
	Config
	key    *ecdsa.PrivateKey
	csr    string
	client *http.Client
	show   func(Pairing)
	now    pairing
}

// Pair gets the box to its company by a code that show gets, each time that something about
// it changes; it repeats until the box has its identity or ctx ends.
func (c Config) Pair(ctx context.Context, show func(Pairing)) (resp wire.ClaimResponse, err error) {
	p := &pairer{Config: c, show: show, client: c.stranger()}
	defer p.client.CloseIdleConnections()
	if p.key, p.csr, err = c.request(); err != nil {
		return resp, err
	}
	spki, err := x509.MarshalPKIXPublicKey(p.key.Public())
	if err != nil {
		return resp, fmt.Errorf("uplink: %w", err)
	}
	p.now = c.kept()
	p.now.Number = wire.KeyNumber(spki)
	wait := pairRetry
	for {
		err := p.step(ctx, &resp)
		if err == nil && resp.BoxID != "" {
			return resp, nil
		}
		if ctx.Err() != nil {
			return resp, ctx.Err()
		}
		pause := p.now.Every
		if err != nil {
			pause, wait = wait, min(2*wait, pairRetryMax)
		} else {
			wait = pairRetry
		}
		p.now.Trouble = err
		p.show(p.now.Pairing)
		select {
		case <-ctx.Done():
			return resp, ctx.Err()
		case <-time.After(pause):
		}
	}
}

// step asks for a code, or whether the code was entered.
func (p *pairer) step(ctx context.Context, resp *wire.ClaimResponse) error {
	if p.now.Token == "" || !time.Now().Before(p.now.Expires) {
		return p.ask(ctx)
	}
	var got wire.PairAnswer
	err := p.post(ctx, wire.PathPairPoll, wire.PairPoll{Version: wire.Version, Token: p.now.Token, CSR: p.csr, Model: p.Model, Software: p.Software}, &got)
	var refused *wire.Error
	switch {
	case errors.As(err, &refused) && refused.Code == "waiting":
		return nil
	case errors.As(err, &refused) && refused.Code == "code":
		p.forget()
		return err // a new one after a pause: the centre has said why in the log
	case err != nil:
		return err
	case got.Claim == nil:
		return fmt.Errorf("%w: no claim", ErrAnswer)
	}
	if err := p.keep(*got.Claim); err != nil {
		p.forget()
		return err
	}
	*resp = *got.Claim
	_ = os.Remove(filepath.Join(p.Dir, pairFile))
	return nil
}

func (p *pairer) forget() { p.now.Code, p.now.Token = "", "" }

func (p *pairer) ask(ctx context.Context) error {
	p.forget()
	var got wire.PairResponse
	if err := p.post(ctx, wire.PathPair, wire.PairRequest{Version: wire.Version, CSR: p.csr, Model: p.Model, Software: p.Software}, &got); err != nil {
		return err
	}
	if err := got.Check(); err != nil {
		return fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	p.now.Code, p.now.Token, p.now.Site, p.now.Phone = got.Code, got.Token, got.Site, got.Phone
	p.now.Expires, p.now.Every = time.Now().Add(time.Duration(got.Expires)*time.Second), time.Duration(got.Every)*time.Second
	text, err := json.Marshal(p.now)
	if err == nil {
		err = atomicfile.Write(filepath.Join(p.Dir, pairFile), text, 0o600)
	}
	if err != nil {
		return fmt.Errorf("uplink: %w", err)
	}
	return nil
}

func (p *pairer) post(ctx context.Context, path string, body, answer any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("uplink: %w", err)
	}
	return call(ctx, p.client, p.URL+path, "application/json", text, answer)
}

// kept is the pairing of before, if it can still come to something.
func (c Config) kept() (p pairing) {
	text, err := os.ReadFile(filepath.Join(c.Dir, pairFile))
	if err != nil || json.Unmarshal(text, &p) != nil || p.Every < time.Second || time.Until(p.Expires) > 24*time.Hour {
		return pairing{}
	}
	return p
}

// Owner is whose box this is, and whom the company may call.
type Owner struct {
	Company string `json:"company"`
	Phone   string `json:"phone"`
}

// Owner is the zero one when it is nobody's, or was claimed by a program that did not write it
// down.
func (c Config) Owner() Owner {
	var o Owner
	text, err := os.ReadFile(filepath.Join(c.Dir, companyFile))
	if err != nil || json.Unmarshal(text, &o) != nil || !c.Claimed() {
		return Owner{}
	}
	return o
}

// keepOwner writes down whose box it is. Without it only the page says less.
func (c Config) keepOwner(o Owner) {
	if text, err := json.Marshal(o); err == nil {
		_ = atomicfile.Write(filepath.Join(c.Dir, companyFile), text, 0o644)
	}
}

// request makes the box's key, if there is none, and a certificate request for it.
func (c Config) request() (*ecdsa.PrivateKey, string, error) {
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, "", fmt.Errorf("uplink: %w", err)
	}
	key, err := c.key()
	if err != nil {
		return nil, "", err
	}
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		return nil, "", fmt.Errorf("uplink: %w", err)
	}
	return key, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: csr})), nil
}

// stranger speaks with the centre without an identity.
func (c Config) stranger() *http.Client {
	return &http.Client{Timeout: callTimeout, Transport: &http.Transport{TLSClientConfig: c.pinned(), ForceAttemptHTTP2: true}}
}

// keep checks an identity and keeps it for good.
func (c Config) keep(resp wire.ClaimResponse) error {
	if err := c.check(resp); err != nil {
		return err
	}
	c.keepOwner(Owner{resp.Company, resp.Phone})
	// The certificate is written last: it is what makes the box claimed.
	if err := atomicfile.Write(filepath.Join(c.Dir, caFile), []byte(resp.CA), 0o644); err != nil {
		return fmt.Errorf("uplink: %w", err)
	}
	if err := atomicfile.Write(filepath.Join(c.Dir, certFile), []byte(resp.Certificate), 0o644); err != nil {
		return fmt.Errorf("uplink: %w", err)
	}
	return nil
}

// WrongClock tells that an error comes of a clock that is far off: certificates are not valid
// yet, or not any more.
func WrongClock(err error) bool {
	var invalid x509.CertificateInvalidError
	return errors.As(err, &invalid) && invalid.Reason == x509.Expired
}
