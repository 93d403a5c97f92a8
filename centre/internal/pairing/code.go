package pairing

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
)

// alphabet of codes: no vowels, so that no words come of it and Japanese keyboards leave
// the letters as they are (RFC 8628 section 6.1); no N, which they make ん; of signs that
// look alike only one each.
const alphabet = "BCDFGHJKLMPQRSTVWXZ3479"

// A code has 8 characters of 23: 78 thousand million, of which at most maxWaiting count.
const (
	codeLength = 8
	codeGroup  = 4
	// maxInput bytes are looked at: people put spaces between, and wide letters have three bytes.
	maxInput = 96
)

// ErrMalformed: not a code; a character is wrong, missing or too much.
var ErrMalformed = errors.New("pairing: code is mistyped")

// newCode makes the 8 characters of a code.
func newCode(random io.Reader) (string, error) {
	code := make([]byte, 0, codeLength)
	var b [1]byte
	for len(code) < codeLength {
		if _, err := io.ReadFull(random, b[:]); err != nil {
			return "", fmt.Errorf("pairing: random: %w", err)
		}
		if n := len(alphabet); int(b[0]) < 256/n*n { // else the first ones would be likelier
			code = append(code, alphabet[int(b[0])%n])
		}
	}
	return string(code), nil
}

// Group writes a code in groups of four: "BCDF-GHJK".
func Group(code string) string { return code[:codeGroup] + "-" + code[codeGroup:] }

// spelled is what people type in place of a character: of signs that look alike the one that
// codes have, and no separators.
var spelled = strings.NewReplacer("8", "B", "5", "S", "2", "Z", "6", "G")

// Parse reads a code as people type it: letters of either case and width, spaces and
// hyphens of any kind between them, also through a Japanese keyboard that makes っ of a
// doubled consonant. It returns the 8 characters, or [ErrMalformed].
func Parse(typed string) (string, error) {
	if len(typed) > maxInput {
		return "", ErrMalformed
	}
	var code []rune
	double := false
	for _, r := range typed {
		if r >= '！' && r <= '～' { // wide forms of ASCII
			r -= '！' - '!'
		}
		switch {
		case strings.ContainsRune(" \t\r\n-_.・　‐‑–—―−ーｰ", r):
			continue
		case r == 'っ' || r == 'ッ' || r == 'ｯ':
			if double {
				return "", ErrMalformed
			}
			double = true
			continue
		case r >= 'a' && r <= 'z':
			r -= 'a' - 'A'
		}
		if double {
			code = append(code, r)
		}
		code, double = append(code, r), false
	}
	c := spelled.Replace(string(code))
	if double || len(c) != codeLength || strings.Trim(c, alphabet) != "" {
		return "", ErrMalformed
	}
	return c, nil
}

// hashCode is what is kept of a code. Who reads the database can find codes that count by
// trying all: they live for minutes and are worth nothing without the box's key.
func hashCode(code string) string {
	sum := sha256.Sum256([]byte("pairing code\x00" + code))
	return hex.EncodeToString(sum[:])
}
