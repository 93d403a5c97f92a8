package passkey

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"otasuke/centre/internal/passkey/softkey"
)

// answers are one of a new passkey and one of a proof, that are right.
func answers(t testing.TB) (creation, assertion string) {
	t.Helper()
	const options = `{"challenge":"AAAAAAAAAAAAAAAAAAAAAA","rpId":"portal.example.jp","user":{"id":"aGFuYWtv"}}`
	var k softkey.Key
	creation, err := k.Create([]byte(options), "https://portal.example.jp")
	if err != nil {
		t.Fatal(err)
	}
	assertion, err = k.Prove([]byte(options), "https://portal.example.jp")
	if err != nil {
		t.Fatal(err)
	}
	return creation, assertion
}

// object is an answer whose attestation object is these bytes.
func object(raw string) string {
	return fmt.Sprintf(`{"id":"AAAA","rawId":"AAAA","type":"public-key","response":{"clientDataJSON":"e30","attestationObject":%q}}`, base64.RawURLEncoding.EncodeToString([]byte(raw)))
}

// malformed answers, by what is wrong with them.
var malformed = map[string]string{
	"empty":                       "",
	"no JSON":                     "{",
	"null":                        "null",
	"something after it":          object("\xa0") + "x",
	"no object":                   `[1]`,
	"no response":                 `{"id":"AAAA","rawId":"AAAA","type":"public-key"}`,
	"two ids":                     `{"id":"AAAA","rawId":"BBBB","type":"public-key","response":{"clientDataJSON":"e30","attestationObject":"oA"}}`,
	"other kind":                  `{"id":"AAAA","rawId":"AAAA","type":"password","response":{"clientDataJSON":"e30"}}`,
	"base64 of other letters":     `{"id":"+/+/","rawId":"+/+/","type":"public-key","response":{"clientDataJSON":"e30"}}`,
	"client data is no JSON":      `{"id":"AAAA","rawId":"AAAA","type":"public-key","response":{"clientDataJSON":"AAAA","attestationObject":"oA","authenticatorData":"AAAA"}}`,
	"CBOR cut short":              object("\xa3\x63fmt"),
	"CBOR of endless depth":       object(strings.Repeat("\x81", 4000)),
	"CBOR says more than is":      object("\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x5a\x7f\xff\xff\xff"),
	"CBOR of indefinite length":   object("\xbf\x63fmt\x64none"),
	"CBOR key twice":              object("\xa4\x63fmt\x64none\x63fmt\x64none\x67attStmt\xa0\x68authData\x40"),
	"authenticator data of 3":     object("\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x43abc"),
	"credential id of 64 KiB":     object("\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58\x37" + strings.Repeat("\x00", 32) + "\x45\x00\x00\x00\x00" + strings.Repeat("\x00", 16) + "\xff\xff"),
	"counter without attestation": object("\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58\x25" + strings.Repeat("\x00", 32) + "\x05\x00\x00\x00\x01"),
}

func TestMalformedAnswers(t *testing.T) {
	t.Parallel()
	creation, assertion := answers(t)
	if _, err := readCreation(creation); err != nil {
		t.Fatal(err)
	}
	if _, err := readAssertion(assertion); err != nil {
		t.Fatal(err)
	}
	malformed["a proof"] = assertion
	for name, answer := range malformed {
		if _, err := readCreation(answer); !errors.Is(err, ErrAnswer) {
			t.Errorf("%s as a new passkey: %v", name, err)
		}
		if name == "a proof" {
			continue
		}
		if _, err := readAssertion(answer); !errors.Is(err, ErrAnswer) {
			t.Errorf("%s as a proof: %v", name, err)
		}
	}
	large := creation + strings.Repeat(" ", MaxAnswer-len(creation))
	if _, err := readCreation(large); err != nil {
		t.Error(err)
	}
	if _, err := readCreation(large + " "); !errors.Is(err, ErrAnswer) {
		t.Errorf("too large: %v", err)
	}
	if _, err := readAssertion(assertion + strings.Repeat(" ", MaxAnswer)); !errors.Is(err, ErrAnswer) {
		t.Errorf("too large: %v", err)
	}
}

func fuzzFace(t testing.TB) *Face {
	t.Helper()
	f, err := New(Config{}).Face(FaceConfig{Base: &url.URL{Scheme: "https", Host: "portal.example.jp"}, Name: "x"})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Whatever is sent as a new passkey: it is refused as an answer, or it has an id and a key of bounded size.
func FuzzCreation(f *testing.F) {
	creation, assertion := answers(f)
	for _, seed := range malformed {
		f.Add(seed)
	}
	f.Add(creation)
	f.Add(assertion)
	face := fuzzFace(f)
	f.Fuzz(func(t *testing.T, answer string) {
		c, err := readCreation(answer)
		if err == nil {
			var k Key
			if k, err = face.made("hanako", c); err == nil && (len(k.credential) == 0 || len(k.credential) > 1023 || len(k.public) == 0) {
				t.Errorf("%+v", k)
			}
		}
		if err != nil && !errors.Is(err, ErrAnswer) {
			t.Error(err)
		}
	})
}

// Whatever is sent as a proof: without the secret it proves nothing.
func FuzzAssertion(f *testing.F) {
	creation, assertion := answers(f)
	for _, seed := range malformed {
		f.Add(seed)
	}
	f.Add(creation)
	f.Add(assertion)
	face := fuzzFace(f)
	const public = "\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20\x6b\x17\xd1\xf2\xe1\x2c\x42\x47\xf8\xbc\xe6\xe5\x63\xa4\x40\xf2\x77\x03\x7d\x81\x2d\xeb\x33\xa0\xf4\xa1\x39\x45\xd8\x98\xc2\x96\x22\x58\x20\x4f\xe3\x42\xe2\xfe\x1a\x7f\x9b\x8e\xe7\xeb\x4a\x7c\x0f\x9e\x16\x2b\xce\x33\x57\x6b\x31\x5e\xce\xcb\xb6\x40\x68\x37\xbf\x51\xf5"
	f.Fuzz(func(t *testing.T, answer string) {
		a, err := readAssertion(answer)
		if err == nil {
			k := Key{PersonID: "hanako", credential: a.RawID, public: []byte(public)}
			_, _, err = face.proved(&k, a)
			if err == nil {
				t.Error("proved")
			}
		}
		if err != nil && !errors.Is(err, ErrAnswer) {
			t.Error(err)
		}
	})
}
