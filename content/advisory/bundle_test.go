package advisory

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// pair is a key made of a seed.
func pair(seed byte) (ed25519.PublicKey, ed25519.PrivateKey) {
	k := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
	return k.Public().(ed25519.PublicKey), k
}

func bundle(t testing.TB) Bundle {
	t.Helper()
	rules, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return Bundle{Serial: 7, Made: "2026-11-20", Until: "2026-12-20", Rules: rules}
}

// What was signed comes out as it went in; anybody else's, and each change on the way, does not.
func TestBundle(t *testing.T) {
	t.Parallel()
	ours, secret := pair(1)
	theirs, other := pair(2)
	b := bundle(t)
	data, err := b.Sign(other, secret)
	if err != nil {
		t.Fatal(err)
	}
	got, err := OpenBundle(data, []ed25519.PublicKey{ours})
	if err != nil || !cmp.Equal(got, b) || !Sealed(data) {
		t.Errorf("%v\n%s", err, cmp.Diff(b, got))
	}
	third, _ := pair(3)
	var e envelope
	if err := json.Unmarshal(data, &e); err != nil {
		t.Fatal(err)
	}
	changed := func(fn func(e *envelope)) []byte {
		c := e
		c.Payload, c.Signatures = bytes.Clone(e.Payload), append([]signature{}, e.Signatures...)
		fn(&c)
		out, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	// sealed signs any text.
	sealed := func(text string) []byte {
		return changed(func(e *envelope) {
			e.Payload, e.Signatures = []byte(text), []signature{{"", ed25519.Sign(secret, pae([]byte(text)))}}
		})
	}
	keys := []ed25519.PublicKey{ours, theirs}
	for name, c := range map[string]struct {
		data []byte
		keys []ed25519.PublicKey
		want error
	}{
		"nobody is trusted":      {data, nil, ErrSigned},
		"another's key":          {data, []ed25519.PublicKey{third}, ErrSigned},
		"a version was changed":  {changed(func(e *envelope) { e.Payload = bytes.Replace(e.Payload, []byte("serial = 7"), []byte("serial = 8"), 1) }), keys, ErrSigned},
		"no signature":           {changed(func(e *envelope) { e.Signatures = nil }), keys, ErrSigned},
		"another kind":           {changed(func(e *envelope) { e.Type = "application/vnd.in-toto+json" }), keys, ErrBundle},
		"signed without kind":    {changed(func(e *envelope) { e.Signatures = []signature{{"", ed25519.Sign(secret, e.Payload)}} }), keys, ErrSigned},
		"a hundred signatures":   {changed(func(e *envelope) { e.Signatures = make([]signature, 100) }), keys, ErrBundle},
		"too large":              {make([]byte, MaxBundle+1), keys, ErrBundle},
		"empty":                  {nil, keys, ErrBundle},
		"a table":                {[]byte(table), keys, ErrBundle},
		"signed, but no TOML":    {sealed("\x00"), keys, ErrBundle},
		"signed, no advisory":    {sealed("serial = 1\nmade = \"2026-01-01\"\nuntil = \"2026-02-01\""), keys, ErrBundle},
		"signed, other fields":   {sealed("serial = 1\nrun = \"rm\""), keys, ErrBundle},
		"signed, ends too early": {sealed("serial = 1\nmade = \"2026-03-01\"\nuntil = \"2026-02-01\""), keys, ErrBundle},
	} {
		if _, err := OpenBundle(c.data, c.keys); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	twice := b
	twice.Rules = append(twice.Rules[:len(twice.Rules):len(twice.Rules)], twice.Rules[0])
	wrong := b
	wrong.Rules = []Rule{{ID: "x"}}
	if _, err := twice.Sign(secret); !errors.Is(err, ErrBundle) {
		t.Errorf("an id twice: %v", err)
	}
	if _, err := wrong.Sign(secret); !errors.Is(err, ErrRule) {
		t.Errorf("half an advisory: %v", err)
	}
	if k, err := ParseKey(base64.StdEncoding.EncodeToString(ours)); err != nil || !k.Equal(ours) {
		t.Errorf("%v", err)
	}
	if _, err := ParseKey("AAAA"); !errors.Is(err, ErrSigned) {
		t.Errorf("a short key: %v", err)
	}
}

// Whatever opens was signed, and is in order.
func FuzzBundle(f *testing.F) {
	ours, secret := pair(1)
	b := bundle(f)
	data, err := b.Sign(secret)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"payload":"","payloadType":"application/vnd.otasuke.advisories+toml","signatures":[{"keyid":"","sig":""}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := OpenBundle(data, []ed25519.PublicKey{ours})
		if err == nil && !cmp.Equal(got, b) {
			t.Errorf("something else opened: %+v", got)
		}
	})
}
