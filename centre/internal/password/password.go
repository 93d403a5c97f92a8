package password

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/trustelem/zxcvbn"
	"golang.org/x/crypto/argon2"
)

// Password rules: NIST SP 800-63B-4 3.1.1.2 asks for a minimum length and no
// rules of composition; the maximum keeps hashing cheap.
const (
	minimum  = 10
	maximum  = 256
	Salt     = 16 // bytes
	keyBytes = 32
)

// MaxBytes of a password; characters have up to four.
const MaxBytes = maximum * utf8.UTFMax

// atOnce bounds the memory of logins: each takes Cost.Memory.
const atOnce = 4

// Cost is how hard a password hash is to compute (argon2id, RFC 9106).
type Cost struct {
	Time    uint32 // passes
	Memory  uint32 // KiB
	Threads uint8
}

// Default is above the least that OWASP's cheat sheet asks for (19 MiB, 2 passes).
var Default = Cost{Time: 2, Memory: 32 << 10, Threads: 1}

// maxCost bounds what a stored hash may make us compute.
var maxCost = Cost{Time: 16, Memory: 1 << 20, Threads: 16}

var errHash = errors.New("password: stored hash is malformed")

// minGuesses is how many somebody who knows what people choose has to try: at a login, where ten wrong ones close the door for
// a while, more than anybody can; zxcvbn calls it "safely unguessable" (score 3).
const minGuesses = 1e8

// maxGuessed is how many characters are looked at for that: the work grows with the square of their number, and of those that
// stand for letters ("4@8({<[…") every reading is tried. With 64 such ones it took half a second, with these a twentieth.
const maxGuessed = 32

// ours are words that are the first guesses here.
var ours = []string{"otasuke", "otasuketai", "cyber", "security"}

// Check says what is wrong with a new password. The words are what others know of the person: address, name, company.
func Check(password string, words ...string) error {
	switch n := utf8.RuneCountInString(password); {
	case !utf8.ValidString(password):
		return errors.New("password is not text")
	case n < minimum:
		return fmt.Errorf("password is shorter than %d characters", minimum)
	case len(password) > MaxBytes || n > maximum:
		return fmt.Errorf("password is longer than %d characters", maximum)
	case tooSimple(password, words):
		return errors.New("password is too simple: guessers try such ones first")
	}
	return nil
}

// Fault says what is wrong with a new password: "", "short", "long" or "simple".
func Fault(password string, words ...string) string {
	switch n := utf8.RuneCountInString(password); {
	case Check(password, words...) == nil:
		return ""
	case n < minimum:
		return "short"
	case n > maximum || !utf8.ValidString(password):
		return "long"
	}
	return "simple"
}

// tooSimple finds what is guessed first: passwords that many people have, in all their spellings, names, words, dates, keys
// beside each other, repetitions (zxcvbn's lists of tens of thousands), and the person's own words. The list of leaked
// passwords that NIST asks for besides is too large to be carried.
func tooSimple(password string, words []string) bool {
	if all := []rune(password); len(all) > maxGuessed {
		password = string(all[:maxGuessed])
	}
	return zxcvbn.PasswordStrength(password, append(known(words), ours...)).Guesses < minGuesses
}

// known are words and their parts, in lower case: of an address the name and the company, and what they are put together of.
func known(words []string) (all []string) {
	for _, w := range words {
		w = strings.ToLower(w)
		all = append(all, w)
		for _, between := range []func(rune) bool{
			func(r rune) bool { return strings.ContainsRune("@. 　", r) },
			func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) },
		} {
			for _, part := range strings.FieldsFunc(w, between) {
				if len(part) >= minWord {
					all = append(all, part)
				}
			}
		}
	}
	return all
}

// minWord is the length, in bytes, from which a part of a word says something.
const minWord = 3

// Hasher computes password hashes, a few at a time. May be used by several goroutines.
type Hasher struct {
	cost  Cost
	rand  io.Reader
	slots chan struct{}
}

// New makes one that hashes at a cost, with salts from rand.
func New(cost Cost, rand io.Reader) *Hasher {
	return &Hasher{cost: cost, rand: rand, slots: make(chan struct{}, atOnce)}
}

// Derive hashes a text with a salt of the caller's, to look it up by.
func (h *Hasher) Derive(ctx context.Context, text string, salt [Salt]byte) ([]byte, error) {
	return h.derive(ctx, text, salt[:], h.cost)
}

func (h *Hasher) derive(ctx context.Context, password string, salt []byte, c Cost) ([]byte, error) {
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return argon2.IDKey([]byte(password), salt, c.Time, c.Memory, c.Threads, keyBytes), nil
}

// Hash makes the usual text form, which says its own cost, so that the cost can
// be raised later.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, Salt)
	if _, err := io.ReadFull(h.rand, salt); err != nil {
		return "", fmt.Errorf("password: random: %w", err)
	}
	key, err := h.derive(ctx, password, salt, h.cost)
	if err != nil {
		return "", err
	}
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.cost.Memory, h.cost.Time, h.cost.Threads, b64(salt), b64(key)), nil
}

// Verify says whether password is the one in stored. With stored "" (nobody, or
// somebody without a password) it works as long and says no.
func (h *Hasher) Verify(ctx context.Context, password, stored string) (bool, error) {
	if stored == "" {
		_, err := h.derive(ctx, password, make([]byte, Salt), h.cost)
		return false, err
	}
	cost, salt, want, err := parseHash(stored)
	if err != nil {
		return false, err
	}
	got, err := h.derive(ctx, password, salt, cost)
	return err == nil && subtle.ConstantTimeCompare(got, want) == 1, err
}

func parseHash(stored string) (c Cost, salt, key []byte, err error) {
	parts := strings.Split(stored, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, errHash
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.Memory, &c.Time, &c.Threads); err != nil {
		return c, nil, nil, errHash
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	key, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(key) != keyBytes || c.Time == 0 || c.Threads == 0 ||
		c.Time > maxCost.Time || c.Memory > maxCost.Memory || c.Threads > maxCost.Threads {
		return c, nil, nil, errHash
	}
	return c, salt, key, nil
}
