package advisory

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/BurntSushi/toml"
)

const (
	// MaxBundle in bytes, with its signatures: 200 advisories with 300 products each have some 3 MiB in base64.
	MaxBundle = 8 << 20
	// maxSigned: those who sign are a handful.
	maxSigned = 10
	// bundleType is what is signed (DSSE, payloadType).
	bundleType = "application/vnd.otasuke.advisories+toml"
)

// Errors of bundles; what is wrong with an advisory in one is [ErrRule].
var (
	// ErrBundle: these bytes are no bundle.
	ErrBundle = errors.New("advisory: no bundle of advisories")
	// ErrSigned: no key that is trusted signed it.
	ErrSigned = errors.New("advisory: the bundle is not signed by a key of the configuration")
)

// Bundle is advisories that somebody signed, so that a maker's warning needs no new program.
type Bundle struct {
	// Serial grows with each bundle: an older one is not taken after a newer.
	Serial int64 `toml:"serial"`
	// Made and Until are days: after Until somebody may be keeping a newer one from us, so it is not taken.
	Made  string `toml:"made"`
	Until string `toml:"until"`
	Rules []Rule `toml:"advisory"`
}

// envelope is a DSSE v1 envelope (github.com/secure-systems-lab/dsse).
type envelope struct {
	Payload    []byte      `json:"payload"`
	Type       string      `json:"payloadType"`
	Signatures []signature `json:"signatures"`
}

type signature struct {
	Key string `json:"keyid"`
	Sig []byte `json:"sig"`
}

// pae is what the signature is over (DSSE v1, Pre-Authentication Encoding): kind and length belong to it.
func pae(payload []byte) []byte {
	return fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(bundleType), bundleType, len(payload), payload)
}

func keyID(k ed25519.PublicKey) string {
	sum := sha256.Sum256(k)
	return hex.EncodeToString(sum[:8])
}

// check says what is wrong with a bundle.
func (b *Bundle) check() error {
	made, err := time.Parse(time.DateOnly, b.Made)
	until, err2 := time.Parse(time.DateOnly, b.Until)
	switch {
	case b.Serial < 1:
		return fmt.Errorf("%w: serial", ErrBundle)
	case err != nil || err2 != nil || until.Before(made):
		return fmt.Errorf("%w: made, until", ErrBundle)
	case len(b.Rules) == 0 || len(b.Rules) > maxRules:
		return fmt.Errorf("%w: 1 to %d advisories", ErrBundle, maxRules)
	}
	var ids []string
	for i := range b.Rules {
		r := &b.Rules[i]
		if err := r.Check(); err != nil {
			return fmt.Errorf("%s: %w", r.ID, err)
		}
		if slices.Contains(ids, r.ID) {
			return fmt.Errorf("%w: %s twice", ErrBundle, r.ID)
		}
		ids = append(ids, r.ID)
	}
	return nil
}

// Sign makes a bundle's bytes.
func (b *Bundle) Sign(keys ...ed25519.PrivateKey) ([]byte, error) {
	if err := b.check(); err != nil {
		return nil, err
	}
	var text bytes.Buffer
	if err := toml.NewEncoder(&text).Encode(b); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBundle, err)
	}
	e := envelope{Payload: text.Bytes(), Type: bundleType}
	for _, k := range keys {
		e.Signatures = append(e.Signatures, signature{keyID(k.Public().(ed25519.PublicKey)), ed25519.Sign(k, pae(e.Payload))})
	}
	out, err := json.Marshal(e)
	if err == nil && len(out) > MaxBundle {
		err = ErrBundle
	}
	return out, err
}

// OpenBundle reads a bundle that one of the keys signed. Nothing of what it says is looked at before that.
func OpenBundle(data []byte, keys []ed25519.PublicKey) (b Bundle, err error) {
	var e envelope
	if len(data) > MaxBundle || json.Unmarshal(data, &e) != nil || e.Type != bundleType || len(e.Signatures) > maxSigned {
		return b, ErrBundle
	}
	message, good := pae(e.Payload), false
	for _, s := range e.Signatures {
		for _, k := range keys { // keyid is only a hint
			good = good || ed25519.Verify(k, message, s.Sig)
		}
	}
	if !good {
		return b, ErrSigned
	}
	meta, err := toml.Decode(string(e.Payload), &b)
	if err != nil {
		return Bundle{}, fmt.Errorf("%w: %w", ErrBundle, err)
	}
	if u := meta.Undecoded(); len(u) > 0 {
		return Bundle{}, fmt.Errorf("%w: unknown field %s", ErrBundle, strconv.Quote(u[0].String()))
	}
	return b, b.check()
}

// Sealed tells that bytes look like a bundle, as opposed to a table.
func Sealed(data []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(data, " \r\n\t\ufeff"), []byte("{"))
}

// ParseKey reads a public key as configurations have it: base64.
func ParseKey(s string) (ed25519.PublicKey, error) {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil || len(b) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("%w: a key is %d bytes in base64", ErrSigned, ed25519.PublicKeySize)
	}
	return b, nil
}

// Read reads one advisory from TOML, as those that are built in.
func Read(text []byte) (r Rule, err error) {
	meta, err := toml.Decode(string(text), &r)
	if err != nil {
		return r, fmt.Errorf("%w: %w", ErrRule, err)
	}
	if u := meta.Undecoded(); len(u) > 0 {
		return r, fmt.Errorf("%w: unknown field %v", ErrRule, u[0])
	}
	return r, r.Check()
}
