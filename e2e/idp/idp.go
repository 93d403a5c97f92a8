// Package idp is an OpenID provider on this machine, with real keys and tokens, that can be made to misbehave. For tests
// and for looking round; who comes by is logged in at once as whom it was told.
package idp

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// keyBits of the signing key, as providers have them.
const keyBits = 2048

// keyID is what the key is called in the set of keys and in tokens.
const keyID = "of-this-year"

// key is one for all providers of a process, so that what tells them apart is their name alone.
var key = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		panic(err) // no randomness
	}
	return k
})

// Provider is one. Its fields may be changed between logins.
type Provider struct {
	URL              string // the issuer
	ClientID, Secret string
	Redirect         string // the only way back that it knows
	AfterEnd         string // the only one after logging out; "": it stays on its own page
	Ends             int    // how many logged out
	Now              func() time.Time

	// Claims are of who is logged in: sub, email and what else there is.
	Claims map[string]any
	// Sign makes a token of claims; nil: [ByKey].
	Sign func(claims []byte) (string, error)
	// Fault answers in the provider's place and says whether it did.
	Fault func(w http.ResponseWriter, r *http.Request) bool
	// Lenient gives a token for a code as often as it is asked.
	Lenient bool
	// About is changed in the provider's description of itself.
	About map[string]any

	server *httptest.Server
	mu     sync.Mutex
	codes  map[string]url.Values // what each was asked for with
}

// New starts one; end it with Close.
func New(clientID, secret string) *Provider {
	p := &Provider{ClientID: clientID, Secret: secret, Now: time.Now, codes: map[string]url.Values{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.describe)
	mux.HandleFunc("GET /keys", p.keys)
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	mux.HandleFunc("GET /end", p.end)
	p.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.Fault == nil || !p.Fault(w, r) {
			mux.ServeHTTP(w, r)
		}
	}))
	p.URL = p.server.URL
	return p
}

// Close ends it.
func (p *Provider) Close() { p.server.Close() }

func answer(w http.ResponseWriter, status int, what any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(what)
}

func (p *Provider) describe(w http.ResponseWriter, _ *http.Request) {
	about := map[string]any{"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "end_session_endpoint": p.URL + "/end", "jwks_uri": p.URL + "/keys",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"}, "id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"},
		"code_challenge_methods_supported": []string{"S256"}, "authorization_response_iss_parameter_supported": true}
	maps.Copy(about, p.About)
	answer(w, http.StatusOK, about)
}

func (p *Provider) keys(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key().Public(), KeyID: keyID, Algorithm: "RS256", Use: "sig"}}})
}

// authorize logs whoever comes in and sends them back with a code.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("response_type") != "code" || q.Get("client_id") != p.ClientID || q.Get("redirect_uri") != p.Redirect || q.Get("code_challenge_method") != "S256" ||
		len(q.Get("code_challenge")) != base64.RawURLEncoding.EncodedLen(sha256.Size) || q.Get("nonce") == "" || !strings.Contains(q.Get("scope"), "openid") {
		http.Error(w, "no such request: "+r.URL.RawQuery, http.StatusBadRequest)
		return
	}
	code := rand.Text()
	p.mu.Lock()
	p.codes[code] = q
	p.mu.Unlock()
	http.Redirect(w, r, p.Redirect+"?"+url.Values{"code": {code}, "state": {q.Get("state")}, "iss": {p.URL}}.Encode(), http.StatusFound)
}

// end logs whoever comes out (OpenID Connect RP-Initiated Logout 1.0) and sends them back to where it was told of before,
// and nowhere else.
func (p *Provider) end(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("client_id") != p.ClientID {
		http.Error(w, "no such client: "+r.URL.RawQuery, http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	p.Ends++
	p.mu.Unlock()
	if p.AfterEnd == "" || q.Get("post_logout_redirect_uri") != p.AfterEnd {
		_, _ = io.WriteString(w, "logged out")
		return
	}
	http.Redirect(w, r, p.AfterEnd+"?"+url.Values{"state": {q.Get("state")}}.Encode(), http.StatusFound)
}

// token gives one for a code, once.
func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	id, secret, ok := r.BasicAuth()
	id, _ = url.QueryUnescape(id) // RFC 6749, 2.3.1
	secret, _ = url.QueryUnescape(secret)
	if !ok || id != p.ClientID || secret != p.Secret {
		answer(w, http.StatusUnauthorized, map[string]string{"error": "invalid_client", "error_description": "not " + secret})
		return
	}
	code := r.PostFormValue("code")
	p.mu.Lock()
	q, known := p.codes[code]
	if !p.Lenient {
		delete(p.codes, code)
	}
	p.mu.Unlock()
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if !known || r.PostFormValue("redirect_uri") != p.Redirect || base64.RawURLEncoding.EncodeToString(sum[:]) != q.Get("code_challenge") {
		answer(w, http.StatusBadRequest, map[string]string{"error": "invalid_grant"})
		return
	}
	now := p.Now()
	all := map[string]any{"iss": p.URL, "aud": p.ClientID, "nonce": q.Get("nonce"), "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix()}
	maps.Copy(all, p.Claims)
	raw, err := json.Marshal(all)
	sign := p.Sign
	if sign == nil {
		sign = ByKey
	}
	text, err2 := sign(raw)
	if err := errors.Join(err, err2); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answer(w, http.StatusOK, map[string]any{"access_token": rand.Text(), "token_type": "Bearer", "expires_in": 300, "id_token": text})
}

// Visit does what a browser does at the provider, and gives what it brings back.
func (p *Provider) Visit(address string) (url.Values, error) {
	c := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := c.Get(address)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	to, err := res.Location()
	if err != nil {
		return nil, fmt.Errorf("idp: %s: %w", res.Status, err)
	}
	if there, _, _ := strings.Cut(to.String(), "?"); there != p.Redirect && there != p.AfterEnd {
		return nil, fmt.Errorf("idp: sent to %s", there)
	}
	return to.Query(), nil
}

// ByKey signs as providers do.
func ByKey(claims []byte) (string, error) { return signed(jose.RS256, key(), claims) }

// ByStranger signs with a key that is not the provider's, under its name.
func ByStranger(claims []byte) (string, error) {
	k, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return "", err
	}
	return signed(jose.RS256, k, claims)
}

// ByPublicKey passes the public key off as a shared secret (RFC 8725, 2.1).
func ByPublicKey(claims []byte) (string, error) {
	der, err := x509.MarshalPKIXPublicKey(key().Public())
	if err != nil {
		return "", err
	}
	return signed(jose.HS256, der, claims)
}

// BySecret signs with the client's secret, which OpenID Connect allows and we do not.
func BySecret(secret string) func([]byte) (string, error) {
	sum := crypto.SHA256.New()
	sum.Write([]byte(secret))
	return func(claims []byte) (string, error) { return signed(jose.HS256, sum.Sum(nil), claims) }
}

// Unsigned has the algorithm "none".
func Unsigned(claims []byte) (string, error) {
	part := base64.RawURLEncoding.EncodeToString
	return part([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + part(claims) + ".", nil
}

func signed(alg jose.SignatureAlgorithm, by any, claims []byte) (string, error) {
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: by, KeyID: keyID}}, nil)
	if err != nil {
		return "", err
	}
	made, err := s.Sign(claims)
	if err != nil {
		return "", err
	}
	return made.CompactSerialize()
}
