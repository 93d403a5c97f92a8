// Package softkey is an authenticator in software, as a telephone or a PC has one: it makes passkeys and proves with them,
// and can be told to do it wrongly. It shares no code with what verifies.
//
// Tests only.
package softkey

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
)

// Flags of authenticator data (WebAuthn 3, 6.1).
const (
	present  = 1 << 0
	verified = 1 << 2
	eligible = 1 << 3
	attested = 1 << 6
)

// Key is one passkey, and what may be wrong with its next answer.
type Key struct {
	ID     []byte
	User   []byte // handle of whose it is
	Count  uint32 // of the last answer; 0 with Still
	secret *ecdsa.PrivateKey

	Still      bool   // counts nothing, as synchronised passkeys
	Unverified bool   // nobody showed finger, face or PIN
	Host       string // in place of the options' host
	Challenge  string // in place of the options' challenge
	Nameless   bool   // says no user handle
}

// options are what both kinds have in common, as far as they are needed.
type options struct {
	Challenge string `json:"challenge"`
	Host      string `json:"rpId"`
	RP        struct {
		ID string `json:"id"`
	} `json:"rp"`
	User struct {
		ID string `json:"id"`
	} `json:"user"`
}

var b64 = base64.RawURLEncoding

func read(raw []byte) (o options, err error) {
	err = json.Unmarshal(raw, &o)
	if o.Host == "" {
		o.Host = o.RP.ID
	}
	return o, err
}

// Create answers the options for a new passkey at an origin, as a browser's script sends it.
func (k *Key) Create(raw []byte, origin string) (string, error) {
	o, err := read(raw)
	if err != nil {
		return "", err
	}
	if k.secret, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return "", err
	}
	if k.ID == nil {
		k.ID = make([]byte, 32)
		_, _ = rand.Read(k.ID)
	}
	if k.User, err = b64.DecodeString(o.User.ID); err != nil {
		return "", err
	}
	point, err := k.secret.PublicKey.Bytes() // 4, x, y
	if err != nil {
		return "", err
	}
	// COSE_Key (RFC 9053, 7.1.1): {1: 2, 3: -7, -1: 1, -2: x, -3: y}
	cose := append([]byte{0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 0x20}, point[1:33]...)
	cose = append(append(cose, 0x22, 0x58, 0x20), point[33:]...)
	data := k.data(&o, attested)
	data = append(data, make([]byte, 16)...) // AAGUID
	data = binary.BigEndian.AppendUint16(data, uint16(len(k.ID)))
	data = append(append(data, k.ID...), cose...)
	// {"fmt": "none", "attStmt": {}, "authData": data}
	object := append([]byte("\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59"), byte(len(data)>>8), byte(len(data)))
	return k.answer(map[string]any{"clientDataJSON": k.client("webauthn.create", &o, origin), "attestationObject": b64.EncodeToString(append(object, data...)), "transports": []string{"internal"}})
}

// Prove answers the options for a login at an origin.
func (k *Key) Prove(raw []byte, origin string) (string, error) {
	o, err := read(raw)
	if err != nil {
		return "", err
	}
	if !k.Still {
		k.Count++
	}
	data, client := k.data(&o, 0), k.client("webauthn.get", &o, origin)
	clear, _ := b64.DecodeString(client)
	hash := sha256.Sum256(clear)
	digest := sha256.Sum256(append(append([]byte{}, data...), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, k.secret, digest[:])
	if err != nil {
		return "", err
	}
	response := map[string]any{"clientDataJSON": client, "authenticatorData": b64.EncodeToString(data), "signature": b64.EncodeToString(signature)}
	if !k.Nameless {
		response["userHandle"] = b64.EncodeToString(k.User)
	}
	return k.answer(response)
}

// data is authenticator data up to the counter.
func (k *Key) data(o *options, more byte) []byte {
	host := o.Host
	if k.Host != "" {
		host = k.Host
	}
	flags := more | present | verified
	if k.Unverified {
		flags &^= verified
	}
	if k.Still {
		flags |= eligible
	}
	hash := sha256.Sum256([]byte(host))
	return binary.BigEndian.AppendUint32(append(hash[:], flags), k.Count)
}

func (k *Key) client(kind string, o *options, origin string) string {
	challenge := o.Challenge
	if k.Challenge != "" {
		challenge = k.Challenge
	}
	return b64.EncodeToString(fmt.Appendf(nil, `{"type":%q,"challenge":%q,"origin":%q,"crossOrigin":false}`, kind, challenge, origin))
}

func (k *Key) answer(response map[string]any) (string, error) {
	id := b64.EncodeToString(k.ID)
	out, err := json.Marshal(map[string]any{"id": id, "rawId": id, "type": "public-key", "clientExtensionResults": map[string]any{}, "response": response})
	return string(out), err
}
