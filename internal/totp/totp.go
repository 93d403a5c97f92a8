// Package totp is one-time passwords by time (RFC 6238), as authenticator programs on
// telephones make them: SHA-1, 30 seconds, 6 digits, the only kind that all of them know.
//
// It asks no clock and keeps nothing: who uses it remembers the step of the last code that
// was taken and passes it on, so that no code is taken twice (RFC 6238 5.2).
package totp

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"strings"
	"time"
)

const (
	// SecretBytes of a new secret: RFC 4226 4 (R6) asks for 128 bits and recommends 160.
	SecretBytes = 20
	// Digits of a code.
	Digits = 6
	period = 30 // seconds, RFC 6238 5.2
	// late is how many steps ago a code may have been shown: it is typed for some seconds (RFC 6238 5.2 allows one).
	late = 1
	// ahead is how far a telephone's clock may be ahead of ours: they ask the network for the time. A whole step would give every code
	// half a minute more to be stolen in (ASVS 5.0 6.5.5).
	ahead = 5 * time.Second
)

// Step is the number of the 30 seconds that t is in.
func Step(t time.Time) int64 { return t.Unix() / period }

// Code is the code of a step.
func Code(secret []byte, step int64) string {
	mac := hmac.New(sha1.New, secret)
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(step))
	mac.Write(counter[:])
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0xf // dynamic truncation, RFC 4226 5.3
	return fmt.Sprintf("%0*d", Digits, binary.BigEndian.Uint32(sum[at:])&0x7fffffff%1_000_000)
}

// Check says whether code is right at t and newer than step after, and of which step it is.
// Spaces in code do not matter.
func Check(secret []byte, code string, t time.Time, after int64) (step int64, ok bool) {
	code = Clean(code)
	for s := Step(t) - late; s <= Step(t.Add(ahead)); s++ {
		// All are compared, whichever fits: the time taken tells nothing.
		if subtle.ConstantTimeCompare([]byte(code), []byte(Code(secret, s))) == 1 && s > after {
			step, ok = s, true
		}
	}
	return step, ok
}

// Clean takes out what people type between digits, and turns the digits of Japanese
// keyboards into plain ones.
func Clean(code string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case r == ' ' || r == '-' || r == '\u3000' || r == '\t':
			return -1
		}
		return r
	}, code)
}

var encoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// Text is a secret as people type it: base32 in groups of four.
func Text(secret []byte) string {
	s := encoding.EncodeToString(secret)
	var b strings.Builder
	for i := 0; i < len(s); i += 4 {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(s[i:min(i+4, len(s))])
	}
	return b.String()
}

// URI is what authenticators read from a QR code (the "Key Uri Format" of Google
// Authenticator, which all follow). Issuer and account are ASCII to keep it short.
func URI(issuer, account string, secret []byte) string {
	return "otpauth://totp/" + url.PathEscape(issuer) + ":" + url.PathEscape(account) + "?secret=" + encoding.EncodeToString(secret) + "&issuer=" + url.QueryEscape(issuer)
}
