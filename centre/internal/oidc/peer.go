package oidc

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// algorithms of signatures that count: those of a key pair. Not "none", and none of a shared secret, for which a public key
// could be passed off (RFC 8725, 2.1).
var algorithms = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.EdDSA}

// peer is the provider as it describes itself (OpenID Connect Discovery 1.0).
type peer struct {
	oauth2.Config
	verify *oidc.IDTokenVerifier
	names  bool     // answers name the issuer (RFC 9207)
	end    *url.URL // where it logs people out; nil where it does not
	at     time.Time
}

// bounded is a client that waits and reads only so much, and goes nowhere else than it was sent.
func bounded(c *http.Client) *http.Client {
	own := http.Client{}
	if c != nil {
		own = *c
	}
	if own.Transport == nil {
		own.Transport = http.DefaultTransport
	}
	own.Transport, own.Timeout = limited{own.Transport}, wait
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return errors.New("oidc: the provider sends elsewhere") }
	return &own
}

// limited ends answers that are too long.
type limited struct{ http.RoundTripper }

func (l limited) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := l.RoundTripper.RoundTrip(r)
	if err == nil {
		res.Body = http.MaxBytesReader(nil, res.Body, maxAnswer)
	}
	return res, err
}

// provider is the peer, asked for when it is not known or was long ago. Who is known goes on when it cannot be asked.
func (s *Service) provider(ctx context.Context) (*peer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.cfg.Clock.Now()
	switch {
	case s.peer != nil && now.Sub(s.peer.at) < known:
		return s.peer, nil
	case s.failed != nil && now.Sub(s.at) < pause:
		if s.peer != nil {
			return s.peer, nil
		}
		return nil, s.failed
	}
	p, err := s.discover(context.WithoutCancel(ctx)) // whoever closes the page must not leave the next one waiting
	if err != nil {
		s.failed, s.at = err, now
		s.cfg.Log.Error("identity provider", "issuer", s.cfg.Issuer, "error", brief(err))
		if s.peer != nil {
			return s.peer, nil
		}
		return nil, err
	}
	p.at = now
	s.peer, s.failed = p, nil
	return p, nil
}

func (s *Service) discover(ctx context.Context) (*peer, error) {
	found, err := oidc.NewProvider(oidc.ClientContext(ctx, s.cfg.Client), s.cfg.Issuer)
	var other *oidc.IssuerMismatchError
	if errors.As(err, &other) {
		return nil, fmt.Errorf("%w: %w", ErrSetup, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAway, err)
	}
	var more struct {
		Methods []string `json:"token_endpoint_auth_methods_supported"`
		PKCE    []string `json:"code_challenge_methods_supported"`
		Names   bool     `json:"authorization_response_iss_parameter_supported"`
		End     any      `json:"end_session_endpoint"` // whatever it is: a login does not depend on it
	}
	if err := found.Claims(&more); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSetup, err)
	}
	end := found.Endpoint()
	for _, address := range []string{end.AuthURL, end.TokenURL} {
		if !strings.HasPrefix(address, "https://") && !strings.HasPrefix(s.cfg.Issuer, "http://") {
			return nil, fmt.Errorf("%w: %q is not by TLS", ErrSetup, address)
		}
	}
	if len(more.PKCE) > 0 && !slices.Contains(more.PKCE, "S256") {
		return nil, fmt.Errorf("%w: the provider has no PKCE with S256", ErrSetup)
	}
	end.AuthStyle = oauth2.AuthStyleInHeader // as is usual when nothing is said (Discovery, 3)
	if len(more.Methods) > 0 && !slices.Contains(more.Methods, "client_secret_basic") {
		end.AuthStyle = oauth2.AuthStyleInParams
	}
	return &peer{
		Config: oauth2.Config{ClientID: s.cfg.ClientID, ClientSecret: s.cfg.Secret, Endpoint: end, RedirectURL: s.cfg.Redirect, Scopes: []string{oidc.ScopeOpenID, oidc.ScopeEmail}},
		// Times are looked at by ourselves, to tell a wrong clock from a wrong token.
		verify: found.Verifier(&oidc.Config{ClientID: s.cfg.ClientID, SupportedSigningAlgs: algorithms, SkipExpiryCheck: true}),
		names:  more.Names,
		end:    s.ending(more.End),
	}, nil
}

// exchange gives a code for an ID token.
func (s *Service) exchange(ctx context.Context, p *peer, code, verifier string) (string, error) {
	got, err := p.Exchange(oidc.ClientContext(ctx, s.cfg.Client), code, oauth2.VerifierOption(verifier))
	var refused *oauth2.RetrieveError
	switch {
	case errors.As(err, &refused):
		status := 0
		if refused.Response != nil {
			status = refused.Response.StatusCode
		}
		why := fmt.Errorf("code refused: status %d, %s", status, brief(errors.New(refused.ErrorCode))) // not its body, which may repeat what was sent
		switch {
		case refused.ErrorCode == "invalid_grant":
			return "", fmt.Errorf("%w: %w", ErrStale, why)
		case status >= http.StatusInternalServerError || status == http.StatusTooManyRequests:
			return "", fmt.Errorf("%w: %w", ErrAway, why)
		}
		return "", fmt.Errorf("%w: %w", ErrSetup, why)
	case err != nil && strings.Contains(err.Error(), "server response missing access_token"), err == nil && got.Extra("id_token") == nil:
		return "", fmt.Errorf("%w: the provider gave no ID token", ErrSetup)
	case err != nil:
		return "", fmt.Errorf("%w: %w", ErrAway, err)
	}
	raw, _ := got.Extra("id_token").(string)
	if raw == "" || len(raw) > maxToken {
		return "", fmt.Errorf("%w: ID token of %d bytes", ErrSetup, len(raw))
	}
	return raw, nil
}

// maxWhy bounds a line of the log: parts of it are what others sent.
const maxWhy = 300

// brief is an error fit for a line of the log.
func brief(err error) string {
	text := strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) {
			return ' '
		}
		return r
	}, err.Error())
	if len(text) > maxWhy {
		text = strings.ToValidUTF8(text[:maxWhy], "") + "…"
	}
	return text
}
