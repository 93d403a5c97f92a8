package oidc

import (
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/clock"
	"otasuke/internal/throttle"
)

//go:embed migrate
var migrations embed.FS

// Schema is the tables of this room; they point to those of tenant.
func Schema() store.Schema { return store.Sub("oidc", migrations) }

const (
	// AttemptLife is how long somebody may take at the provider: a password is looked for, a telephone too.
	AttemptLife = 10 * time.Minute
	// leeway is by how much the clocks of centre and provider may differ.
	leeway = 2 * time.Minute
	// wait is how long one answer of the provider may take: somebody sits before the page.
	wait = 10 * time.Second
	// maxAnswer bounds each answer of the provider, in bytes: the key sets of large ones have 20 KiB.
	maxAnswer = 1 << 20
	// maxToken bounds an ID token, in bytes: with hundreds of groups in it real ones have 16 KiB.
	maxToken = 64 << 10
	// maxWord bounds code, state and subject, in bytes. The subject has at most 255 (Core, 2); Microsoft's codes have 2 KiB.
	maxCode, maxState, maxSubject = 8 << 10, 200, 255
	// known is how long the provider's description of itself is believed before it is asked for anew.
	known = 24 * time.Hour
	// pause is how long the provider is left alone after it did not answer.
	pause = 5 * time.Second
)

// Errors. Who is not let in for who they are is [tenant.ErrLogin], whatever the reason.
var (
	// ErrConfig: a configuration that cannot work.
	ErrConfig = errors.New("oidc: configuration")
	// ErrStale: the login took too long, was finished already, or is not this browser's. The same again works.
	ErrStale = errors.New("oidc: login expired, used or of elsewhere")
	// ErrDeclined: the person, or the provider, said no.
	ErrDeclined = errors.New("oidc: declined at the provider")
	// ErrAway: the provider cannot be reached.
	ErrAway = errors.New("oidc: provider cannot be reached")
	// ErrClock: by its times the provider's answer is of the past or of the future: one of the clocks is wrong.
	ErrClock = errors.New("oidc: the clocks of centre and provider differ")
	// ErrSetup: the provider does not know the centre as it is configured, or is not who it should be.
	ErrSetup = errors.New("oidc: provider and configuration do not fit")
	// ErrWeak: the provider did not prove a second factor.
	ErrWeak = errors.New("oidc: no second factor")
)

// Proof is who answers for the second factor.
type Proof string

// Proofs.
const (
	ProofOurs     Proof = "ours"     // the centre asks for its own, as after a password
	ProofClaim    Proof = "claim"    // the provider says so in the token, in amr or acr
	ProofProvider Proof = "provider" // the provider's own policy makes sure and does not say so
)

// Config says which provider, and what is asked of it.
type Config struct {
	Store   *store.Store
	Tenants *tenant.Service
	// Name of the provider as staff know it, for the button.
	Name string
	// Issuer is the provider, exactly as it names itself.
	Issuer string
	// ClientID and Secret are the centre as the provider knows it.
	ClientID, Secret string
	// Redirect is where browsers come back, exactly as the provider knows it.
	Redirect string
	// Ended is where browsers come back from logging out at the provider, exactly as it knows it. Empty: that is not offered.
	Ended string
	// Proof is who answers for the second factor. Default: ours.
	Proof Proof
	// AMR and ACR are values of these claims of which one is needed with [ProofClaim].
	AMR, ACR []string
	// HostedDomain is the organisation that Google's accounts must belong to (claim hd).
	HostedDomain string
	// Only: people of the organisation have no other way in.
	Only bool

	Client *http.Client // default: one of its own; tests take another
	Clock  clock.Clock  // default: the machine's
	Log    *slog.Logger // gets refused logins, without secrets; default: discarded
	Rand   io.Reader    // default: crypto/rand
}

// google is an issuer at which anybody may have an account.
const google = "https://accounts.google.com"

// Check says what of a configuration cannot work.
func (c *Config) Check() error {
	for _, need := range []struct{ name, value string }{{"name", c.Name}, {"issuer", c.Issuer}, {"client_id", c.ClientID}} {
		if need.value == "" {
			return fmt.Errorf("%w: %s is missing", ErrConfig, need.name)
		}
	}
	u, err := url.Parse(c.Issuer)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return fmt.Errorf("%w: issuer is not an address like https://login.example.jp/realms/staff", ErrConfig)
	case u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())):
		return fmt.Errorf("%w: issuer must begin with https://", ErrConfig)
	case u.Host == "login.microsoftonline.com" && !strings.ContainsAny(strings.Split(strings.TrimPrefix(u.Path, "/"), "/")[0], "0123456789"):
		return fmt.Errorf("%w: issuer is of all of Microsoft's customers; name your directory: https://login.microsoftonline.com/<tenant id>/v2.0", ErrConfig)
	case c.Issuer == google && c.HostedDomain == "":
		return fmt.Errorf("%w: hosted_domain is missing: everybody may have an account at Google", ErrConfig)
	case c.HostedDomain != "" && c.Issuer != google:
		return fmt.Errorf("%w: hosted_domain is for Google only", ErrConfig)
	}
	switch c.Proof {
	case "", ProofOurs, ProofProvider:
		if len(c.AMR)+len(c.ACR) > 0 {
			return fmt.Errorf(`%w: amr and acr are for second_factor = "claim"`, ErrConfig)
		}
	case ProofClaim:
		if len(c.AMR)+len(c.ACR) == 0 {
			return fmt.Errorf(`%w: second_factor = "claim" needs amr or acr`, ErrConfig)
		}
	default:
		return fmt.Errorf("%w: second_factor is %q, not %q, %q or %q", ErrConfig, c.Proof, ProofOurs, ProofClaim, ProofProvider)
	}
	if c.Only && (c.Proof == "" || c.Proof == ProofOurs) {
		return fmt.Errorf("%w: only needs second_factor = %q or %q: without a password nobody can set one of ours up", ErrConfig, ProofClaim, ProofProvider)
	}
	return nil
}

// loopback tells this machine, for trying things out.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Service is the way in. It is safe for concurrent use.
type Service struct {
	cfg       Config
	byAddress *throttle.Limiter

	mu     sync.Mutex
	peer   *peer // nil before the provider was reached
	failed error // why it was not, and when
	at     time.Time
}

// New makes the service; the provider is asked when somebody logs in first. The tables must have been migrated.
func New(cfg Config) (*Service, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	if cfg.Secret == "" {
		return nil, fmt.Errorf("%w: the client's secret is missing", ErrConfig)
	}
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	cfg.Client = bounded(cfg.Client)
	return &Service{cfg: cfg,
		// As for passwords: an office of 30 behind one address logs in within minutes on Monday.
		byAddress: throttle.New(throttle.Config{Burst: 60, Every: 10 * time.Second, Clock: cfg.Clock})}, nil
}

// Name of the provider as staff know it.
func (s *Service) Name() string { return s.cfg.Name }

// Only says that people of the organisation have no other way in.
func (s *Service) Only() bool { return s.cfg.Only }

// Link is what an account is bound to.
type Link struct {
	ID, PersonID, Issuer, Subject string
	Created, Used                 time.Time
}

// Bound is the account of the configured provider that a person is bound to, or [store.ErrNotFound].
func (s *Service) Bound(ctx context.Context, personID string) (l Link, err error) {
	err = s.cfg.Store.Read(ctx, tenant.House, func(tx *store.Tx) (err error) {
		l, err = selectLinkOf(tx, personID, s.cfg.Issuer)
		return err
	})
	return l, err
}

// Unbind lets a person's account go from the provider's, so that the next login by the right address binds anew; the person's
// sessions end. For who runs the centre, when an account at the provider was made anew.
func (s *Service) Unbind(ctx context.Context, who, personID string) error {
	return s.cfg.Store.Write(ctx, tenant.House, func(tx *store.Tx) error {
		if _, err := selectLinkOf(tx, personID, s.cfg.Issuer); err != nil {
			return err
		}
		return errors.Join(dropLinks(tx, personID), tenant.EndOthers(tx, personID, ""), s.changed(tx, who, personID, "person.oidc_off"))
	})
}

// Drop takes a person's bonds away who leaves or whose login is recovered.
func Drop(tx *store.Tx, personID string) error { return dropLinks(tx, personID) }
