package oidc

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"time"

	"otasuke/centre/internal/store"
)

// A login begins with a random value that only one browser has, in a cookie: its pre-login session. What goes to the provider
// is made of it: state is 16 random bytes and when it expires, with a seal by that value over both; nonce and the verifier of
// PKCE are derived from both. So whoever comes back without the cookie, or with that of another browser, has none of the
// three, and nothing is kept here meanwhile.
const (
	browserBytes = 32
	nonceBytes   = 16
	bodyBytes    = nonceBytes + 8
)

var b64 = base64.RawURLEncoding

// attempt is one login on its way.
type attempt struct {
	state           string
	expires         time.Time
	nonce, verifier string
}

// NewBrowser makes the value of the cookie.
func (s *Service) NewBrowser() (string, error) {
	raw := make([]byte, browserBytes)
	if _, err := io.ReadFull(s.cfg.Rand, raw); err != nil {
		return "", fmt.Errorf("oidc: random: %w", err)
	}
	return b64.EncodeToString(raw), nil
}

// IsBrowser says whether a cookie can be one of ours.
func IsBrowser(value string) bool {
	raw, err := b64.DecodeString(value)
	return err == nil && len(raw) == browserBytes
}

// What a browser is sent to the provider for: a state of one is none of the other.
const (
	toLogin = "state"
	toEnd   = "end"
)

// begin makes an attempt of a browser.
func (s *Service) begin(browser, purpose string) (a attempt, err error) {
	if !IsBrowser(browser) {
		return a, ErrStale
	}
	raw := make([]byte, bodyBytes, bodyBytes+sha256.Size)
	if _, err := io.ReadFull(s.cfg.Rand, raw[:nonceBytes]); err != nil {
		return a, fmt.Errorf("oidc: random: %w", err)
	}
	binary.BigEndian.PutUint64(raw[nonceBytes:], uint64(store.Micros(s.cfg.Clock.Now().Add(AttemptLife))))
	return derived(browser, b64.EncodeToString(append(raw, seal(browser, purpose, raw)...)), raw), nil
}

// check is the attempt of a browser that a state belongs to, or [ErrStale].
func (s *Service) check(browser, purpose, state string) (a attempt, err error) {
	if !IsBrowser(browser) || len(state) > maxState {
		return a, ErrStale
	}
	raw, err := b64.DecodeString(state)
	if err != nil || len(raw) != bodyBytes+sha256.Size || !hmac.Equal(raw[bodyBytes:], seal(browser, purpose, raw[:bodyBytes])) {
		return a, ErrStale
	}
	if a = derived(browser, state, raw[:bodyBytes]); !s.cfg.Clock.Now().Before(a.expires) {
		return attempt{}, ErrStale
	}
	return a, nil
}

func derived(browser, state string, body []byte) attempt {
	return attempt{state: state, expires: store.Time(int64(binary.BigEndian.Uint64(body[nonceBytes:bodyBytes]))),
		nonce: b64.EncodeToString(seal(browser, "nonce", body)), verifier: b64.EncodeToString(seal(browser, "verifier", body))}
}

func seal(browser, purpose string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(browser))
	_, _ = fmt.Fprintf(mac, "otasuke oidc %s ", purpose)
	mac.Write(body)
	return mac.Sum(nil)
}

// hashed is how the tables know states and accounts.
func hashed(parts ...string) string {
	mac := sha256.New()
	for _, p := range parts {
		_, _ = fmt.Fprintf(mac, "%q ", p) // quoted, so that no two lists read the same
	}
	return hex.EncodeToString(mac.Sum(nil))
}
