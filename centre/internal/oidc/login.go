package oidc

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/throttle"
)

// Begin gives the address at the provider where somebody logs in. browser is [Service.NewBrowser]'s. [ErrAway] or [ErrSetup].
func (s *Service) Begin(ctx context.Context, browser string) (string, error) {
	a, err := s.begin(browser, toLogin)
	if err != nil {
		return "", err
	}
	p, err := s.provider(ctx)
	if err != nil {
		return "", err
	}
	options := []oauth2.AuthCodeOption{oidc.Nonce(a.nonce), oauth2.S256ChallengeOption(a.verifier)}
	if len(s.cfg.ACR) > 0 {
		options = append(options, oauth2.SetAuthURLParam("acr_values", strings.Join(s.cfg.ACR, " ")))
	}
	if s.cfg.HostedDomain != "" {
		options = append(options, oauth2.SetAuthURLParam("hd", s.cfg.HostedDomain))
	}
	return p.AuthCodeURL(a.state, options...), nil
}

// Finish begins a session by what the provider had a browser bring back. [tenant.ErrLogin] for who has no account here,
// [tenant.ErrTooMany], or one of the errors of this room; each is written down.
func (s *Service) Finish(ctx context.Context, browser string, answer url.Values, from tenant.From) (x tenant.Session, token string, err error) {
	address := throttle.Address(from.Addr)
	if _, ok := s.byAddress.Take(address); !ok {
		s.cfg.Log.Warn("too many logins by the identity provider", "address", address)
		return x, "", tenant.ErrTooMany
	}
	a, err := s.check(browser, toLogin, answer.Get("state"))
	if err != nil { // not ours to ask about: nobody may have been at the provider
		return x, "", err
	}
	c, err := s.prove(ctx, &a, answer)
	if err == nil {
		x, token, err = s.enter(ctx, &a, c, from)
	}
	if err != nil {
		s.cfg.Log.Info("login by the identity provider refused", "address", address, "why", brief(err))
	}
	if errors.Is(err, tenant.ErrLogin) || errors.Is(err, ErrWeak) {
		var who stranger
		errors.As(err, &who)
		err = errors.Join(err, s.cfg.Tenants.Refused(ctx, tenant.Person{TenantID: tenant.House, ID: who.personID}, address))
	}
	return x, token, err
}

// prove brings an answer of the provider to claims that hold.
func (s *Service) prove(ctx context.Context, a *attempt, answer url.Values) (*claims, error) {
	p, err := s.provider(ctx)
	if err != nil {
		return nil, err
	}
	// RFC 9207, against a provider that passes on what another one answered. Keycloak and Microsoft send it.
	if iss := answer.Get("iss"); iss != s.cfg.Issuer && (iss != "" || p.names) {
		return nil, fmt.Errorf("%w: the answer is of %q", ErrSetup, iss)
	}
	switch fault := answer.Get("error"); fault {
	case "":
	case "access_denied", "login_required", "interaction_required", "consent_required":
		return nil, fmt.Errorf("%w: %q", ErrDeclined, fault)
	case "temporarily_unavailable", "server_error":
		return nil, fmt.Errorf("%w: %q", ErrAway, fault)
	default:
		return nil, fmt.Errorf("%w: %q", ErrSetup, fault)
	}
	code := answer.Get("code")
	if code == "" || len(code) > maxCode {
		return nil, fmt.Errorf("%w: code of %d bytes", ErrStale, len(code))
	}
	raw, err := s.exchange(ctx, p, code, a.verifier)
	if err != nil {
		return nil, err
	}
	got, err := p.verify.Verify(ctx, raw)
	switch {
	case err != nil && strings.Contains(err.Error(), "fetching keys"): // the library wraps it as text
		return nil, fmt.Errorf("%w: %w", ErrAway, err)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrSetup, err)
	}
	c := &claims{}
	if err := got.Claims(c); err != nil {
		return nil, fmt.Errorf("%w: claims: %w", ErrSetup, err)
	}
	return c, s.judge(c, got, a)
}

// claims of an ID token beyond those that the library knows.
type claims struct {
	Subject   string       `json:"sub"`
	Party     string       `json:"azp"`
	NotBefore *json.Number `json:"nbf"`
	Email     string       `json:"email"`
	Verified  yes          `json:"email_verified"`
	Owned     yes          `json:"xms_edov"` // Microsoft's word for it
	Domain    string       `json:"hd"`       // Google's organisation
	AMR       words        `json:"amr"`
	ACR       string       `json:"acr"`
	Contexts  words        `json:"acrs"` // Microsoft's authentication contexts
}

// yes is true for true, "true", 1 and "1": providers differ, and everything else is no.
type yes bool

// UnmarshalJSON implements [json.Unmarshaler].
func (y *yes) UnmarshalJSON(b []byte) error {
	*y = yes(slices.Contains([]string{"true", `"true"`, "1", `"1"`}, string(b)))
	return nil
}

// words is a list of words, or one.
type words []string

// UnmarshalJSON implements [json.Unmarshaler]. What is neither has no words in it.
func (w *words) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*w = words{one}
		return nil
	}
	var all []string
	if json.Unmarshal(b, &all) != nil {
		all = nil
	}
	*w = all
	return nil
}

// judge looks at what the library leaves to us (Core, 3.1.3.7): signature, issuer and audience hold by now.
func (s *Service) judge(c *claims, t *oidc.IDToken, a *attempt) error {
	now := s.cfg.Clock.Now()
	before, early := time.Time{}, false
	if c.NotBefore != nil {
		seconds, err := c.NotBefore.Float64()
		if err != nil {
			return fmt.Errorf("%w: nbf: %w", ErrSetup, err)
		}
		before = time.Unix(int64(seconds), 0)
		early = now.Add(leeway).Before(before)
	}
	switch {
	case subtle.ConstantTimeCompare([]byte(t.Nonce), []byte(a.nonce)) != 1:
		return fmt.Errorf("%w: the token is of another login (nonce)", ErrStale)
	case c.Party != "" && c.Party != s.cfg.ClientID, c.Party == "" && len(t.Audience) > 1:
		return fmt.Errorf("%w: the token is for %q (azp)", ErrSetup, c.Party)
	case c.Subject == "" || len(c.Subject) > maxSubject:
		return fmt.Errorf("%w: subject of %d bytes", ErrSetup, len(c.Subject))
	case t.Expiry.IsZero() || t.IssuedAt.IsZero():
		return fmt.Errorf("%w: a token without times", ErrSetup)
	case early, now.Add(leeway).Before(t.IssuedAt), !now.Add(-leeway).Before(t.Expiry):
		return fmt.Errorf("%w: here it is %s; the token is of %s, valid until %s", ErrClock, now.UTC().Format(time.RFC3339), t.IssuedAt.UTC().Format(time.RFC3339), t.Expiry.UTC().Format(time.RFC3339))
	case s.cfg.HostedDomain != "" && !strings.EqualFold(c.Domain, s.cfg.HostedDomain):
		return stranger{why: fmt.Sprintf("account of the organisation %q (hd)", c.Domain)}
	}
	return nil
}

// strong says whether the claims prove a second factor as it is configured.
func (s *Service) strong(c *claims) bool {
	if s.cfg.Proof != ProofClaim {
		return true
	}
	has := func(one string) bool { return slices.Contains(c.AMR, one) }
	is := func(one string) bool { return c.ACR == one || slices.Contains(c.Contexts, one) }
	return slices.ContainsFunc(s.cfg.AMR, has) || slices.ContainsFunc(s.cfg.ACR, is)
}

// stranger is somebody whom the provider knows and we do not let in: [tenant.ErrLogin], with the reason for the log.
type stranger struct {
	why      string
	personID string // "" for nobody here
}

func (e stranger) Error() string { return "oidc: " + e.why }
func (e stranger) Unwrap() error { return tenant.ErrLogin }

// enter lets in whom the claims are of.
func (s *Service) enter(ctx context.Context, a *attempt, c *claims, from tenant.From) (x tenant.Session, token string, err error) {
	now, id := s.cfg.Clock.Now(), hashed(s.cfg.Issuer, c.Subject)
	err = s.cfg.Store.Write(ctx, tenant.House, func(tx *store.Tx) error {
		if err := dropSpent(tx, now); err != nil {
			return err
		}
		if err := insertSpent(tx, hashed(a.state), a.expires); err != nil {
			return err
		}
		l, err := selectLink(tx, id)
		if errors.Is(err, store.ErrNotFound) {
			l, err = s.bind(tx, id, c, now)
		}
		if err != nil {
			return err
		}
		if !s.strong(c) {
			return errors.Join(fmt.Errorf("%w: amr %q, acr %q", ErrWeak, c.AMR, c.ACR), stranger{why: "no second factor", personID: l.PersonID})
		}
		x, token, err = s.cfg.Tenants.EnterVouched(tx, l.PersonID, s.cfg.Proof == ProofClaim || s.cfg.Proof == ProofProvider, from)
		if errors.Is(err, tenant.ErrLogin) {
			return stranger{why: "not one of the organisation's people any more", personID: l.PersonID}
		}
		if err != nil {
			return err
		}
		return errors.Join(useLink(tx, id, now), tenant.Audit(tx, now, tenant.Entry{Who: l.PersonID, Action: "login.oidc", Object: l.PersonID}))
	})
	if errors.Is(err, store.ErrTaken) { // of two at once this one is later, in whatever
		err = ErrStale
	}
	return x, token, err
}

// bind ties an account at the provider to one that is here, by an address that the provider has verified.
func (s *Service) bind(tx *store.Tx, id string, c *claims, now time.Time) (l Link, err error) {
	switch {
	case c.Email == "":
		return l, stranger{why: "an account without an address (email)"}
	case !bool(c.Verified || c.Owned):
		return l, stranger{why: "the provider has not verified the address (email_verified, xms_edov)"}
	}
	p, err := tenant.InsideByEmail(tx, c.Email)
	if errors.Is(err, store.ErrNotFound) {
		return l, stranger{why: "nobody of the organisation's people has that address here"}
	}
	if err != nil {
		return l, err
	}
	_, err = selectLinkOf(tx, p.ID, s.cfg.Issuer)
	if err == nil {
		return l, stranger{why: "that person is bound to another account of the provider", personID: p.ID}
	}
	if !errors.Is(err, store.ErrNotFound) {
		return l, err
	}
	l = Link{ID: id, PersonID: p.ID, Issuer: s.cfg.Issuer, Subject: c.Subject, Created: now}
	return l, errors.Join(insertLink(tx, &l), s.changed(tx, p.ID, p.ID, "person.oidc_on"))
}

// changed writes down what became of a person's way in, and tells that person.
func (s *Service) changed(tx *store.Tx, who, personID, action string) error {
	return errors.Join(tenant.Audit(tx, s.cfg.Clock.Now(), tenant.Entry{Who: who, Action: action, Object: personID}),
		job.Enqueue(tx, job.Job{Kind: tenant.KindTell, Args: tenant.TellArgs{What: tenant.TellChanged, Note: action, Person: personID}}))
}
