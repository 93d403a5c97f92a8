package oidc

import (
	"context"
	"net/url"
	"strings"
)

// Logging out at the provider too (OpenID Connect RP-Initiated Logout 1.0). Our own session is over before anybody is asked;
// what follows is between the browser and the provider. No ID token is kept, so none is sent as a hint (2 RECOMMENDS it):
// client_id says who asks, and the provider asks the person, which is right where other sites' work hangs on that login.

// maxEnd bounds the provider's address for it, in bytes: it becomes a header.
const maxEnd = 2 << 10

// ending is the address at which the provider logs people out, by its description of itself; nil for none that is fit to
// send a browser to. A strange one is no reason to let nobody in.
func (s *Service) ending(said any) *url.URL {
	text, _ := said.(string)
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || len(text) > maxEnd || u.Host == "" || u.User != nil || u.Fragment != "" || u.Scheme != "https" && !(u.Scheme == "http" && strings.HasPrefix(s.cfg.Issuer, "http://")) {
		s.cfg.Log.Warn("identity provider: end_session_endpoint is not used", "address", brief(errText(text)))
		return nil
	}
	return u
}

type errText string

func (e errText) Error() string { return string(e) }

// Ends says whether the provider logs people out who ask for it. One that cannot be reached does not.
func (s *Service) Ends(ctx context.Context) bool {
	if s.cfg.Ended == "" {
		return false
	}
	p, err := s.provider(ctx)
	return err == nil && p.end != nil
}

// End gives the address at the provider where somebody logs out there. browser is [Service.NewBrowser]'s. [ErrSetup] where
// the provider has none, or [ErrAway].
func (s *Service) End(ctx context.Context, browser string) (string, error) {
	a, err := s.begin(browser, toEnd)
	if err != nil {
		return "", err
	}
	p, err := s.provider(ctx)
	switch {
	case err != nil:
		return "", err
	case p.end == nil || s.cfg.Ended == "":
		return "", ErrSetup
	}
	to := *p.end
	q := to.Query() // Microsoft's addresses for some customers have a question of their own
	q.Set("client_id", s.cfg.ClientID)
	q.Set("post_logout_redirect_uri", s.cfg.Ended)
	q.Set("state", a.state)
	to.RawQuery = q.Encode()
	return to.String(), nil
}

// HasEnded says whether a browser comes back from logging out at the provider, as it was sent there: nil, or [ErrStale].
// Nothing is done by it, so it is not spent.
func (s *Service) HasEnded(browser, state string) error {
	_, err := s.check(browser, toEnd, state)
	return err
}
