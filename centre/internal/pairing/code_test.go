package pairing

import (
	"bytes"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for _, typed := range []string{"BCDF-3KKZ", "bcdf3kkz", " ｂｃｄｆ－３ｋｋｚ　", "ＢＣＤＦー３ＫＫＺ", "bcdf・3っkz", "ｂｃｄｆ3ッｋｚ", "BCDF 3ｯKZ\r\n", "8CDF–3KK2", "B.C.D.F_3K‐KZ"} {
		if got, err := Parse(typed); err != nil || got != "BCDF3KKZ" {
			t.Errorf("%q: %q, %v", typed, got, err)
		}
	}
	for what, typed := range map[string]string{
		"nothing": "", "a character missing": "BCDF-3KK", "one too much": "BCDF-3KKZZ", "a vowel": "BCDE-3KKZ", "kana": "びCDF-3KKZ", "double at the end": "BCDF-3KKっ", "double of a double": "BCDF-3っっK",
		"N": "NCDF-3KKZ", "another script": "ВСDF-3KKZ", "too long": strings.Repeat("-", 97), "no text": "\xff\xfe",
	} {
		if got, err := Parse(typed); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %q, %v", what, got, err)
		}
	}
}

func TestNewCode(t *testing.T) {
	t.Parallel()
	seen := map[rune]int{}
	for range 2000 {
		code, err := newCode(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := Parse(Group(code)); back != code || err != nil {
			t.Fatalf("%s came back as %s, %v", code, back, err)
		}
		for _, c := range code {
			seen[c]++
		}
	}
	for _, c := range alphabet {
		if n := seen[c]; n < 500 || n > 900 { // 696 are expected, 26 is one deviation
			t.Errorf("%c came %d times", c, n)
		}
	}
	if _, err := newCode(bytes.NewReader(make([]byte, 3))); err == nil {
		t.Error("a code without randomness")
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"BCDF-3KKZ", "ｂｃｄｆ－３っｋｚ", "っっ", "\xff", "8526-8526"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		code, err := Parse(typed)
		if err != nil {
			return
		}
		if again, err := Parse(Group(code)); err != nil || again != code || len(code) != codeLength || strings.Trim(code, alphabet) != "" {
			t.Errorf("%q: %q, then %q %v", typed, code, again, err)
		}
	})
}
