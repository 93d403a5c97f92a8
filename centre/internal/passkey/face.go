package passkey

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	"github.com/go-webauthn/webauthn/webauthn"

	"otasuke/centre/internal/tenant"
)

// Face is one site at which passkeys work: the portal, or the console.
type Face struct {
	*Service
	web   *webauthn.WebAuthn
	host  string
	staff bool
}

// FaceConfig says which site.
type FaceConfig struct {
	Base  *url.URL // as browsers see it
	Name  string   // of the provider, as devices show it
	Staff bool     // the site is the staff's
}

// algorithms that keys may have (COSE), the best first: devices of today have the first, Windows Hello the last.
var algorithms = []protocol.CredentialParameter{
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgES256},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgEdDSA},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgRS256},
}

// Host is the host that passkeys of a site belong to, or "" where browsers have none: they want TLS, but on this machine,
// and a name, not an address.
func Host(base *url.URL) string {
	host := strings.ToLower(base.Hostname())
	local := host == "localhost" || strings.HasSuffix(host, ".localhost")
	if host == "" || net.ParseIP(host) != nil || base.Scheme != "https" && !local {
		return ""
	}
	return host
}

// Face is passkeys at a site; nil where there are none ([Host]).
func (s *Service) Face(cfg FaceConfig) (*Face, error) {
	host := Host(cfg.Base)
	if host == "" {
		return nil, nil
	}
	at := cfg.Base.Host
	if port := cfg.Base.Port(); port == "443" && cfg.Base.Scheme == "https" || port == "80" && cfg.Base.Scheme == "http" {
		at = cfg.Base.Hostname() // browsers leave it out
	}
	wait := webauthn.TimeoutConfig{Timeout: ChallengeLife, TimeoutUVD: ChallengeLife}
	web, err := webauthn.New(&webauthn.Config{
		RPID: host, RPDisplayName: cfg.Name, RPOrigins: []string{cfg.Base.Scheme + "://" + at},
		AttestationPreference:  protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{RequireResidentKey: protocol.ResidentKeyRequired(), ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired},
		Timeouts:               webauthn.TimeoutsConfig{Login: wait, Registration: wait},
		// Some password managers answer what nobody asked for. Nothing is done with it.
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	})
	if err != nil {
		return nil, fmt.Errorf("passkey: %s: %w", host, err)
	}
	return &Face{Service: s, web: web, host: host, staff: cfg.Staff}, nil
}

// person is somebody as devices know them: by the random id, and for lists by name and address.
type person struct {
	tenant.Person
	keys []Key
}

func (p *person) WebAuthnID() []byte          { return []byte(p.ID) }
func (p *person) WebAuthnName() string        { return p.Email }
func (p *person) WebAuthnDisplayName() string { return p.Name }

func (p *person) WebAuthnCredentials() (all []webauthn.Credential) {
	for i := range p.keys {
		all = append(all, p.keys[i].known())
	}
	return all
}

// known is a key as the library wants it.
func (k *Key) known() webauthn.Credential {
	c := webauthn.Credential{ID: k.credential, PublicKey: k.public, Flags: webauthn.CredentialFlags{BackupEligible: k.eligible, UserVerified: true}, Authenticator: webauthn.Authenticator{SignCount: k.count}}
	for _, t := range k.transports {
		c.Transport = append(c.Transport, protocol.AuthenticatorTransport(t))
	}
	return c
}

// descriptors name keys of this site to a browser.
func (f *Face) descriptors(keys []Key) (all []protocol.CredentialDescriptor) {
	for i := range keys {
		if keys[i].Host == f.host {
			c := keys[i].known()
			all = append(all, c.Descriptor())
		}
	}
	return all
}

// creation is what a browser is asked for a new key.
func (f *Face) creation(p *person, challenge []byte) ([]byte, error) {
	ours := func(o *protocol.PublicKeyCredentialCreationOptions) error { o.Challenge = challenge; return nil }
	made, _, err := f.web.BeginRegistration(p, ours, webauthn.WithCredentialParameters(algorithms), webauthn.WithExclusions(f.descriptors(p.keys)))
	if err != nil {
		return nil, fmt.Errorf("passkey: %w", err)
	}
	return json.Marshal(made.Response)
}

// request is what a browser is asked for a proof by one of keys; of any that it has when there are none.
func (f *Face) request(keys []Key, challenge []byte) ([]byte, error) {
	options := []webauthn.LoginOption{webauthn.WithChallenge(challenge)}
	if len(keys) > 0 {
		options = append(options, webauthn.WithAllowedCredentials(f.descriptors(keys)))
	}
	made, _, err := f.web.BeginDiscoverableLogin(options...)
	if err != nil {
		return nil, fmt.Errorf("passkey: %w", err)
	}
	return json.Marshal(made.Response)
}

// session is the library's memory between question and answer, made anew: the challenge carries its own.
func (f *Face) session(challenge, personID string) webauthn.SessionData {
	return webauthn.SessionData{Challenge: challenge, RelyingPartyID: f.host, UserID: []byte(personID), UserVerification: protocol.VerificationRequired, CredParams: algorithms}
}

// made verifies the answer to [Face.creation] (WebAuthn 3, 7.1). Host, name, person and time are the caller's to fill in.
func (f *Face) made(personID string, c *protocol.ParsedCredentialCreationData) (k Key, err error) {
	got, err := f.web.CreateCredential(&person{Person: tenant.Person{ID: personID}}, f.session(c.Response.CollectedClientData.Challenge, personID), c)
	if err != nil {
		return k, refusal(err)
	}
	k = Key{ID: hashed(got.ID), credential: got.ID, public: got.PublicKey, eligible: got.Flags.BackupEligible, count: got.Authenticator.SignCount}
	for _, t := range got.Transport {
		if transports[t] {
			k.transports = append(k.transports, string(t))
		}
	}
	return k, nil
}

// transports that are kept: the words of the standard, not what anybody sends.
var transports = map[protocol.AuthenticatorTransport]bool{protocol.USB: true, protocol.NFC: true, protocol.BLE: true, protocol.SmartCard: true, protocol.Hybrid: true, protocol.Internal: true}

// proved verifies the answer to [Face.request] with a key (7.2). back: the proof holds, but the sign counter went back: the
// key was copied.
func (f *Face) proved(k *Key, a *protocol.ParsedCredentialAssertionData) (count uint32, back bool, err error) {
	p := &person{Person: tenant.Person{ID: k.PersonID}, keys: []Key{*k}}
	got, err := f.web.ValidateLogin(p, f.session(a.Response.CollectedClientData.Challenge, k.PersonID), a)
	if err != nil {
		return 0, false, refusal(err)
	}
	return a.Response.AuthenticatorData.Counter, got.Authenticator.CloneWarning, nil
}

// readCreation takes the answer of a browser apart.
func readCreation(answer string) (*protocol.ParsedCredentialCreationData, error) {
	if len(answer) > MaxAnswer {
		return nil, fmt.Errorf("%w: %d bytes", ErrAnswer, len(answer))
	}
	c, err := protocol.ParseCredentialCreationResponseBytes([]byte(answer))
	if err != nil {
		return nil, refusal(err)
	}
	return c, nil
}

// readAssertion is [readCreation] for a proof.
func readAssertion(answer string) (*protocol.ParsedCredentialAssertionData, error) {
	if len(answer) > MaxAnswer {
		return nil, fmt.Errorf("%w: %d bytes", ErrAnswer, len(answer))
	}
	a, err := protocol.ParseCredentialRequestResponseBytes([]byte(answer))
	if err != nil {
		return nil, refusal(err)
	}
	return a, nil
}

// refusal is an error of the library as ours, with what it says to developers.
func refusal(err error) error {
	var e *protocol.Error
	if errors.As(err, &e) {
		return fmt.Errorf("%w: %s: %s", ErrAnswer, e.Details, e.DevInfo)
	}
	return fmt.Errorf("%w: %w", ErrAnswer, err)
}
