package password_test

import (
	"crypto/rand"
	"strings"
	"testing"

	"otasuke/centre/internal/password"
)

func cheap() *password.Hasher {
	return password.New(password.Cost{Time: 1, Memory: 64, Threads: 1}, rand.Reader)
}

func TestHash(t *testing.T) {
	t.Parallel()
	h, word := cheap(), "ひみつの合言葉です。本当に"
	one, err := h.Hash(t.Context(), word)
	if err != nil {
		t.Fatal(err)
	}
	two, err := h.Hash(t.Context(), word)
	if err != nil || one == two {
		t.Error("two hashes of a password are equal", err)
	}
	dear := password.New(password.Cost{Time: 2, Memory: 128, Threads: 1}, rand.Reader) // raised since
	for said, want := range map[string]bool{word: true, word + " ": false, "": false} {
		if got, err := dear.Verify(t.Context(), said, one); err != nil || got != want {
			t.Errorf("%q: %v %v", said, got, err)
		}
		if got, err := h.Verify(t.Context(), said, ""); err != nil || got {
			t.Errorf("%q is the password of nobody: %v", said, err)
		}
	}
}

func TestMalformed(t *testing.T) {
	t.Parallel()
	good, err := cheap().Hash(t.Context(), "some password")
	if err != nil {
		t.Fatal(err)
	}
	for name, stored := range map[string]string{
		"other kind": "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy", "cut": good[:len(good)-20],
		"no numbers": strings.Replace(good, "m=64", "m=x", 1), "no passes": strings.Replace(good, "t=1", "t=0", 1),
		"too dear": strings.Replace(good, "m=64", "m=4294967295", 1), "salt": strings.Replace(good, "p=1$", "p=1$!!", 1),
	} {
		if ok, err := cheap().Verify(t.Context(), "some password", stored); ok || err == nil {
			t.Errorf("%s: %v %v", name, ok, err)
		}
	}
}

func TestFault(t *testing.T) {
	t.Parallel()
	sato := []string{"hanako@sato-seisaku.example", "佐藤 花子", "株式会社佐藤製作所", "サトウセイサクショ", "Sato Manufacturing"}
	for word, want := range map[string]string{
		"short": "short", strings.Repeat("あ", 9): "short", strings.Repeat("ab", 200): "long", "bad \xff text here": "long", "aaaaaaaaaaaa": "simple", "1234567890": "simple",
		"abcdefgh12": "simple", "correct horse": "", "むずかしい合言葉です": "",
		"password2024": "simple", "P@ssw0rd123!": "simple", "qwertyuiop": "simple", "iloveyou1985": "simple", "19850412sato": "simple", strings.Repeat("aB3$", 60): "simple", strings.Repeat("p4ssw0rd", 9): "simple",
		"Sato-Seisaku1": "simple", "hanakosato": "simple", "otasuke2026": "simple", "manufacturing": "simple",
		"himawari no niwa": "", "mikan yama fuji": "", strings.Repeat("きょうもよい天気", 8) + "aaaaaaaaaaaaaaaaaaaaaaaaa": "",
	} {
		if got := password.Fault(word, sato...); got != want {
			t.Errorf("%q: %q, not %q", word, got, want)
		}
	}
	if got := password.Fault("Sato-Seisaku1"); got != "" {
		t.Errorf("somebody else's word: %q", got)
	}
}

// Whatever is typed gets an answer, and words of one's own make nothing stronger.
func FuzzFault(f *testing.F) {
	f.Add("correct horse", "佐藤製作所")
	f.Add(strings.Repeat("@", 256), "@")
	f.Add(strings.Repeat("p4$", 85), "p4$p4$")
	f.Add(strings.Repeat("4@8({<[3690|!1$5+7%2", 12), "abcegilostxz") // each stands for letters
	f.Add("１２３４５６７８９０\u0130\u212a", "\u0130")
	f.Fuzz(func(t *testing.T, word, known string) {
		if password.Fault(word, known) == "" && password.Fault(word) != "" {
			t.Errorf("%q is strong only because of %q", word, known)
		}
	})
}

func FuzzVerify(f *testing.F) {
	f.Add("$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=4294967295,t=4294967295,p=255$$")
	f.Fuzz(func(t *testing.T, stored string) {
		if strings.Contains(stored, "m=") && !strings.Contains(stored, "m=64,t=1,p=1") {
			return // as dear as it says
		}
		_, _ = cheap().Verify(t.Context(), "a password", stored)
	})
}
