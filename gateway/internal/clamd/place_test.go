package clamd

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestPlace(t *testing.T) {
	t.Parallel()
	base, more, folder := t.TempDir(), t.TempDir(), filepath.Join(t.TempDir(), "d")
	write := func(paths ...string) {
		for _, p := range paths {
			if err := os.WriteFile(p, []byte(p), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	is := func(want string) {
		t.Helper()
		names, _ := filepath.Glob(filepath.Join(folder, "*"))
		var got []string
		for _, n := range names {
			text, err := os.ReadFile(n)
			from := "base"
			if strings.HasPrefix(string(text), more) {
				from = "more"
			}
			got = append(got, filepath.Base(n)+":"+from)
			if err != nil {
				t.Error(err)
			}
		}
		if g := strings.Join(got, " "); g != want {
			t.Errorf("got %s, want %s", g, want)
		}
	}
	place := func(m string) {
		t.Helper()
		if err := Place(folder, base, m); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(base, "main.cvd"), filepath.Join(base, "daily.cld"), filepath.Join(more, "daily.cvd"), filepath.Join(more, "own.ndb"))
	place("")
	is("daily.cld:base main.cvd:base")
	place(more)
	is("daily.cvd:more main.cvd:base own.ndb:more")
	if err := os.Remove(filepath.Join(base, "main.cvd")); err != nil {
		t.Fatal(err)
	}
	write(filepath.Join(base, "main.cld")) // freshclam has renewed it
	place(more)
	is("daily.cvd:more main.cld:base own.ndb:more")
	place("")
	is("daily.cld:base main.cld:base")
}

// A real clamd says whether signatures load.
func TestTry(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath(DefaultProgram); err != nil {
		t.Skipf("no clamd here: %v", err)
	}
	for name, c := range map[string]struct {
		text string
		ok   bool
	}{
		"good": {"Otasuke.Test:0:*:6f746173756b652d74657374\n", true},
		"bad":  {"this is no signature\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := t.TempDir()
			if err := errors.Join(os.Chmod(db, 0o755), os.WriteFile(filepath.Join(db, "a.ndb"), []byte(c.text), 0o644)); err != nil {
				t.Fatal(err)
			}
			err := Try(t.Context(), Config{Dir: t.TempDir(), Database: db})
			if (err == nil) != c.ok {
				t.Errorf("got %v", err)
			}
		})
	}
}
