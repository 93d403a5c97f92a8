package device

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
)

// alphabet of claim codes: no I, O, 0 and 1, which look alike on paper and sound
// alike on the telephone.
const alphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"

// A code is 15 random characters of 5 bits (75 bits: nobody guesses one of a
// million open codes within the life of the universe) and a check character.
const (
	codeLength = 16
	codeGroup  = 4
)

// maxCodeInput bounds what is looked at; people put spaces, hyphens and line
// ends between the groups.
const maxCodeInput = 64

// ErrCodeMalformed: not a claim code; a character is wrong, missing or too much.
var ErrCodeMalformed = errors.New("device: claim code is mistyped")

// newCode makes a code in groups of four: "7K2M-9QXA-RT4H-W3ZC".
func newCode(random io.Reader) (string, error) {
	raw := make([]byte, codeLength-1)
	if _, err := io.ReadFull(random, raw); err != nil {
		return "", fmt.Errorf("device: random: %w", err)
	}
	for i, b := range raw {
		raw[i] = alphabet[b%32] // 256 is a multiple of 32: no bias
	}
	return Group(string(raw) + string(checkCharacter(string(raw)))), nil
}

// Group writes a code of 16 characters in groups of four.
func Group(code string) string {
	var groups []string
	for ; len(code) > codeGroup; code = code[codeGroup:] {
		groups = append(groups, code[:codeGroup])
	}
	return strings.Join(append(groups, code), "-")
}

// ParseCode reads a code as people type it: letters of either case and of either
// width, spaces and hyphens of any kind between them. It returns the 16
// characters, or [ErrCodeMalformed].
func ParseCode(typed string) (string, error) {
	if len(typed) > maxCodeInput*3 { // a full-width character has three bytes
		return "", ErrCodeMalformed
	}
	var code strings.Builder
	for _, r := range typed {
		if r >= '！' && r <= '～' { // full-width forms of ASCII
			r -= '！' - '!'
		}
		switch {
		case strings.ContainsRune(" \t\r\n-　‐‑–—―−ーｰ", r):
			continue
		case r >= 'a' && r <= 'z':
			r -= 'a' - 'A'
		}
		if r >= 0x80 || !strings.ContainsRune(alphabet, r) {
			return "", ErrCodeMalformed
		}
		code.WriteRune(r)
	}
	c := code.String()
	if len(c) != codeLength || c[codeLength-1] != checkCharacter(c[:codeLength-1]) {
		return "", ErrCodeMalformed
	}
	return c, nil
}

// checkCharacter is the Luhn check for 32 characters (ISO/IEC 7812-1 annex B,
// with base 32): it finds every single wrong character and nearly every swap of
// two neighbours.
func checkCharacter(body string) byte {
	const n = len(alphabet)
	sum := 0
	for i := range len(body) {
		v := strings.IndexByte(alphabet, body[len(body)-1-i])
		if i%2 == 0 { // the last one is doubled
			v *= 2
			v = v/n + v%n
		}
		sum += v
	}
	return alphabet[(n-sum%n)%n]
}

// hashCode is what is kept of a code. 75 random bits need no slow hash.
func hashCode(code string) string {
	sum := sha256.Sum256([]byte("claim code\x00" + code))
	return hex.EncodeToString(sum[:])
}
