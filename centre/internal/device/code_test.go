package device

import (
	"bytes"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
)

func TestParseCode(t *testing.T) {
	t.Parallel()
	code, err := newCode(bytes.NewReader([]byte{5, 18, 20, 0, 7, 22, 31, 8, 15, 25, 2, 14, 30, 1, 28}))
	if err != nil || len(code) != 19 || strings.Count(code, "-") != 3 {
		t.Fatalf("code %q, %v", code, err)
	}
	plain := strings.ReplaceAll(code, "-", "")
	wide := strings.Map(func(r rune) rune { return r + '！' - '!' }, plain)
	good := func(typed string) {
		t.Helper()
		if got, err := ParseCode(typed); err != nil || got != plain {
			t.Errorf("ParseCode(%q) = %q, %v; want %q", typed, got, err, plain)
		}
	}
	good(code)
	good(plain)
	good(strings.ToLower(code))
	good(" " + strings.ReplaceAll(code, "-", " - ") + "\r\n")
	good(wide)
	good(wide[:12] + "　" + wide[12:24] + "ー" + wide[24:])
	bad := func(what, typed string) {
		t.Helper()
		if got, err := ParseCode(typed); !errors.Is(err, ErrCodeMalformed) || got != "" {
			t.Errorf("%s: ParseCode(%q) = %q, %v", what, typed, got, err)
		}
	}
	bad("nothing", "")
	bad("one character short", plain[:15])
	bad("one too many", plain+"2")
	bad("an O", "O"+plain[1:])
	bad("a one", "1"+plain[1:])
	bad("a letter of another script", "Ａ\u0391"+plain[2:])
	bad("very long", strings.Repeat("-", 10_000)+plain)
	for i := range plain {
		for _, c := range alphabet {
			if byte(c) != plain[i] {
				bad("one wrong character", plain[:i]+string(c)+plain[i+1:])
			}
		}
	}
	for i := range len(plain) - 1 {
		if plain[i] != plain[i+1] {
			swapped := plain[:i] + string(plain[i+1]) + string(plain[i]) + plain[i+2:]
			bad("two neighbours swapped", swapped)
		}
	}
}

func TestCodesDiffer(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 1000 {
		code, err := newCode(rand.Reader)
		if err != nil || seen[code] {
			t.Fatalf("code %q again, %v", code, err)
		}
		seen[code] = true
	}
	if _, err := newCode(strings.NewReader("short")); err == nil {
		t.Error("a code without randomness")
	}
}

func FuzzParseCode(f *testing.F) {
	code, err := newCode(rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(code)
	f.Add(strings.ToLower(code))
	f.Add("７Ｋ２Ｍ－９ＱＸＡ－ＲＴ４Ｈ－Ｗ３ＺＣ")
	f.Add("")
	f.Add("\xff\xfe")
	f.Fuzz(func(t *testing.T, typed string) {
		code, err := ParseCode(typed)
		if err != nil {
			if code != "" || !errors.Is(err, ErrCodeMalformed) {
				t.Errorf("ParseCode(%q) = %q, %v", typed, code, err)
			}
			return
		}
		again, err := ParseCode(Group(code))
		if err != nil || again != code || len(code) != codeLength {
			t.Errorf("%q read as %q, which reads as %q, %v", typed, code, again, err)
		}
	})
}
